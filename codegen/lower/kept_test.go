package lower

import (
	"testing"

	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// Where an input goes on along its rows after what a tile takes, all tiles have some terms of a block before any goes on; where it goes on
// along the terms, a tile has all of them. That sums are right, and those of blocks, TestBlocksOfTerms and TestDirectSumsBlocksAsPackedDoes
// tell.
func TestKeptSums(t *testing.T) {
	tall := caseOf{expr: "ba,bc->ac", types: []tensor.DType{tensor.F64}, extent: map[rune]int{'a': 150, 'b': 900, 'c': 6}, layouts: "c", span: 1}
	text := func(c caseOf) string { return c.build(newRand(1)).lowered(t, targets()[2]).Nests[0].String() }
	require.Regexp(t, `for "b'"[^\n]*\n *for a`, text(tall))
	require.Regexp(t, `(?s)for "b'"#\d+ 0\.\.4\n.*for "b'"#\d+ 0\.\.min\(32, 113 - \("b'"#\d+\*32\)\)\n *for a#\d+ 0\.\.150 step`, text(tall))
	for name, c := range map[string]caseOf{
		"the terms of a row follow each other": {expr: "ab,bc->ac", extent: tall.extent},
		"a tile takes all of a term":           {expr: "ba,bc->ac", extent: map[rune]int{'a': 8, 'b': 20000, 'c': 6}},
		"a cache has all":                      {expr: "ba,bc->ac", extent: map[rune]int{'a': 150, 'b': 600, 'c': 6}},
		"there is one block":                   {expr: "ba,bc->ac", extent: map[rune]int{'a': 900, 'b': 256, 'c': 6}},
	} {
		c.types, c.layouts, c.span = tall.types, tall.layouts, tall.span
		require.NotRegexp(t, `for "b'"[^\n]*\n *for a`, text(c), name)
	}
}
