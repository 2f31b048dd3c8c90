package lower

import (
	"strings"
	"testing"

	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// While a tile is computed, it asks for what it will write, and for what the next one reads, of operands that
// caches do not keep.
func TestTilesAskForTheNext(t *testing.T) {
	prefetches := func(batch, rows int, layouts string) (reads, writes int) {
		c := caseOf{expr: "xab,xbc->xac", types: []tensor.DType{tensor.F32}, layouts: layouts, span: 1,
			extent: map[rune]int{'x': batch, 'a': rows, 'b': 32, 'c': 16}}
		p, err := Lower(c.build(newRand(1)).plan, avx2, Options{})
		require.NoError(t, err)
		first, _, _ := strings.Cut(p.Nests[0].String(), "store")
		writes = strings.Count(first, "prefetch out")
		return strings.Count(first, "prefetch") - writes, writes
	}
	reads, writes := prefetches(1000, 24, "c")
	require.Equal(t, []int{6 + 2, 12}, []int{reads, writes}, "6 rows and 2 vectors: the right operand is of the next item")
	reads, _ = prefetches(1000, 60, "c")
	require.Equal(t, 6, reads, "ten tiles of 6 rows need not ask for the same")
	_, writes = prefetches(2000, 24, "c")
	require.Zero(t, writes, "13 MB pass through the cache: what is written goes past it")
	reads, writes = prefetches(40, 24, "c")
	require.Equal(t, []int{0, 0}, []int{reads, writes}, "what is smaller stays near")
	reads, _ = prefetches(1000, 60, "fc")
	require.Zero(t, reads, "rows that do not lie together are not read to the end of a line")
}
