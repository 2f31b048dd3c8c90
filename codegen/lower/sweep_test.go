package lower

import (
	"strings"
	"testing"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// TestSweeps sums rows that no registers hold, of every type and width, with tails of rows and columns.
func TestSweeps(t *testing.T) {
	f32 := tensor.F32
	relu := parser.Expr{input(0, f32), input(1, f32), call(parser.FnAdd, f32, 0, 1), call(parser.FnRelu, f32, 2)}
	for i, target := range targets() {
		for _, d := range tensor.DTypes() {
			c := caseOf{expr: "ab,a->b", types: []tensor.DType{d}, extent: map[rune]int{'a': 17 + i, 'b': 431}, span: 1}
			p := c.check(t, target, int64(d))
			require.True(t, d != f32 || strings.Contains(p.String(), "sums"))
			if !d.IsComplex() {
				c = caseOf{expr: "cab->cb", types: []tensor.DType{d}, extent: map[rune]int{'a': 24, 'b': 390, 'c': 2}, reduce: parser.Max}
				c.check(t, target, int64(d))
			}
		}
		for _, c := range []caseOf{
			{expr: "ab,a,b->b", extent: map[rune]int{'a': 100, 'b': 403}, types: []tensor.DType{f32}, extras: 1, epilogue: relu},
			{expr: "abc,ac->b", extent: map[rune]int{'a': 5, 'b': 410, 'c': 19}, types: []tensor.DType{f32}},
			{expr: "ab,a->b", extent: map[rune]int{'a': 16, 'b': 9001}, types: []tensor.DType{f32}, old: "c"},
		} {
			c.check(t, target, int64(i))
		}
	}
	for rows, swept := range map[int]bool{2*sweepRows - 1: false, 2 * sweepRows: true} {
		c := caseOf{expr: "ab,a->b", extent: map[rune]int{'a': rows, 'b': 431}, types: []tensor.DType{f32}}
		require.Equal(t, swept, strings.Contains(c.check(t, avx2, 1).String(), "sums"), "%d rows", rows)
	}
	c := caseOf{expr: "ab,a->b", extent: map[rune]int{'a': 1030, 'b': 4100}, types: []tensor.DType{f32}, span: 1}
	require.Len(t, c.check(t, avx2, 1).Phases, 2, "blocks of rows, and their sum")
}

// Rows of tiles are to share vectors. Where they share elements only, a tile takes a run as long as its registers hold.
func TestRunsAreLongWhereRowsShareNoVectors(t *testing.T) {
	for _, c := range []struct {
		expr       string
		extent     map[rune]int
		rows, cols int64
		sweep      bool
	}{
		{"c,acb->ab", map[rune]int{'a': 30, 'b': 80, 'c': 20}, 1, 10, false},
		{"c,acb->ab", map[rune]int{'a': 30, 'b': 112, 'c': 20}, 1, sweepCols, true}, // longer than registers
		{"c,acb->ab", map[rune]int{'a': 30, 'b': 24, 'c': 20}, 4, 3, false},         // too short to give up elements that are at hand
		{"ac,cb->ab", map[rune]int{'a': 30, 'b': 80, 'c': 20}, 6, 2, false},         // rows share vectors of b
		{"c,acb->ba", map[rune]int{'a': 32, 'b': 80, 'c': 20}, 1, 10, false},        // though rows lie along the output
		{"c,acb->ba", map[rune]int{'a': 32, 'b': 112, 'c': 20}, 1, sweepCols, true},
		{"c,acb->ba", map[rune]int{'a': 32, 'b': 56, 'c': 20}, 6, 2, false}, // too short to be stored element by element
		{"c,acb->ba", map[rune]int{'a': 32, 'b': 80, 'c': 6}, 8, 1, false},  // so few terms that sums are turned around
	} {
		b := caseOf{expr: c.expr, types: []tensor.DType{tensor.F32}, extent: c.extent, span: 1, layouts: "c"}.build(newRand(1))
		k := newLowering(b.plan, avx2, Options{}).kernel(&b.plan.Steps[0])
		k.arrange()
		s := k.shape(avx2)
		require.Equal(t, []any{c.rows, c.cols, c.sweep}, []any{s.rows, s.cols, s.sweep}, "%s %v", c.expr, c.extent)
		caseOf{expr: c.expr, types: []tensor.DType{tensor.F32}, extent: c.extent, layouts: "c"}.check(t, avx2, 1)
	}
}
