package lower

import (
	"strings"
	"testing"

	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// Rows of an operand that caches do not keep are asked for while the tile before them is computed; it reads
// as many.
func TestRowsAreAskedForAhead(t *testing.T) {
	ahead := func(batch int, layouts string) int {
		c := caseOf{expr: "xab,xbc->xac", types: []tensor.DType{tensor.F32}, layouts: layouts, span: 1,
			extent: map[rune]int{'x': batch, 'a': 20, 'b': 128, 'c': 64}}
		p, err := Lower(c.build(newRand(1)).plan, avx2, Options{})
		require.NoError(t, err)
		s, _, _ := strings.Cut(p.Nests[0].String(), "store")
		return strings.Count(s, "prefetch")
	}
	require.Positive(t, ahead(200, "c"))
	require.Zero(t, ahead(50, "c"), "half a megabyte stays near")
	require.Zero(t, ahead(200, "f"), "rows that do not lie together are not read to the end of a line")
}
