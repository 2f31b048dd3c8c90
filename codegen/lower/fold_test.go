package lower

import (
	"strings"
	"testing"

	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

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
