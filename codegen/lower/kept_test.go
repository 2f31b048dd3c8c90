package lower

import (
	"strings"
	"testing"

	"github.com/einc-lang/einc/parser"
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
	rows := caseOf{expr: "bac,b->ca", types: tall.types, extent: map[rune]int{'a': 60, 'b': 300, 'c': 24}, layouts: "c", span: 1}
	require.Regexp(t, `for "b'"[^\n]*\n *for [ac]`, text(rows), "rows follow each other")
	for name, c := range map[string]caseOf{
		"rows follow each other after long runs": {expr: "bac,b->ca", extent: map[rune]int{'a': 8, 'b': 300, 'c': 200}},
		"the terms of a row follow each other":   {expr: "ab,bc->ac", extent: tall.extent},
		"a tile takes all of a term":             {expr: "ba,bc->ac", extent: map[rune]int{'a': 8, 'b': 20000, 'c': 6}},
		"a cache has all":                        {expr: "ba,bc->ac", extent: map[rune]int{'a': 150, 'b': 600, 'c': 6}},
		"there is one block":                     {expr: "ba,bc->ac", extent: map[rune]int{'a': 900, 'b': 256, 'c': 6}},
	} {
		c.types, c.layouts, c.span = tall.types, tall.layouts, tall.span
		require.NotRegexp(t, `for "b'"[^\n]*\n *for a`, text(c), name)
	}
}

// Sums of no more terms than a block has are kept, too, where an input comes from memory for few of them, and its terms lie pages apart.
func TestSumsOfOneBlockAreKept(t *testing.T) {
	tall := map[rune]int{'a': 21001, 'b': 50, 'c': 2}
	for _, c := range []struct {
		expr   string
		extent map[rune]int
		reduce parser.ReduceOp
		kept   bool
	}{
		{"ba,bc->ac", tall, parser.Sum, true},
		{"ba,bc->ac", tall, parser.Max, false},
		{"ba,bc->ac", map[rune]int{'a': 23001, 'b': 47, 'c': 2}, parser.Sum, false},          // few terms
		{"ba,bc->ac", map[rune]int{'a': 20901, 'b': 50, 'c': 2}, parser.Sum, false},          // a cache has all
		{"ba,bc->ac", map[rune]int{'a': 21001, 'b': 50, 'c': 25}, parser.Sum, false},         // each element serves many sums
		{"dba,bc->dac", map[rune]int{'a': 500, 'b': 50, 'c': 2, 'd': 42}, parser.Sum, false}, // terms lie near each other
		{"ab,bc->ac", tall, parser.Sum, false},
	} {
		b := caseOf{expr: c.expr, types: []tensor.DType{tensor.F64}, extent: c.extent, reduce: c.reduce, layouts: "c", span: 1}.build(newRand(1))
		text := b.lowered(t, targets()[2]).Nests[0].String()
		require.Equal(t, c.kept, strings.Contains(text, `for "b'"`), "%+v", c)
	}
	caseOf{expr: "ba,bc->ac", types: []tensor.DType{tensor.F64}, extent: tall, layouts: "c", span: 1}.check(t, targets()[2], 2)
}
