package lower

import (
	"strings"
	"testing"

	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// Short rows of terms that follow each other are summed eight at a time, others four, as are complex ones, which take two registers each.
func TestSumsReadRowsThatFollow(t *testing.T) {
	rows := func(d tensor.DType, terms int) int {
		c := caseOf{expr: "abc,ac->b", types: []tensor.DType{d}, layouts: "c", span: 1, extent: map[rune]int{'a': 16, 'b': 24, 'c': terms}}
		p, err := Lower(c.build(newRand(1)).plan, targets()[2], Options{})
		require.NoError(t, err)
		return strings.Count(p.Nests[0].String(), "fold.add")
	}
	require.Equal(t, 8, rows(tensor.F32, 40), "three vectors")
	require.Equal(t, 4, rows(tensor.F32, 80), "five")
	require.Equal(t, 4, rows(tensor.C64, 20), "three")
}

// Sums along vectors of terms share what they load by tiles, as large as registers allow.
func TestSumsShareWhatTheyLoad(t *testing.T) {
	for i, tile := range [][2]int{{4, 2}, {4, 3}, {6, 4}} {
		c := caseOf{expr: "ab,cb->ac", types: []tensor.DType{tensor.F32}, layouts: "c", span: 1, extent: map[rune]int{'a': 12, 'b': 128, 'c': 12}}
		p, err := Lower(c.build(newRand(1)).plan, targets()[i], Options{})
		require.NoError(t, err)
		text := p.Nests[0].String()
		require.Equal(t, tile[0]+tile[1], strings.Count(text, "load "), "%v: %s", tile, text)
		require.Equal(t, tile[0]*tile[1], strings.Count(text, "fold.add"), "%v: %s", tile, text)
	}
}
