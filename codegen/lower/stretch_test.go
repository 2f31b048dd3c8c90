package lower

import (
	"testing"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// Tiles stretch an input that moves along the columns alone, where all else goes on over rows and columns and rows are short.
func TestStretchedTiles(t *testing.T) {
	sums := map[rune]int{'i': 40, 'j': 30, 'd': 3}
	for _, c := range []struct {
		expr      string
		extent    map[rune]int
		stretches bool
	}{
		{"ij,ijd->jd", sums, true},
		{"ij,ijd,d->jd", sums, false},                                           // of d alone there would be a vector for each row
		{"ij,ijd,i->jd", sums, true},                                            // the same for all
		{"ij,ijd->dj", sums, false},                                             // the output does not go on
		{"ij,jid->jd", sums, false},                                             // nor does an input
		{"ji,ijd->jd", sums, false},                                             // one is strided
		{"ij,ijd->ijd", sums, false},                                            // no sum
		{"ijd,ijd->jd", sums, false},                                            // nothing to stretch
		{"ij,ijd->jd", map[rune]int{'i': 40, 'j': 30, 'd': 9}, false},           // rows are vectors
		{"ij,ijd->jd", map[rune]int{'i': 40, 'j': 7, 'd': 3}, false},            // too few columns
		{"kij,kijd->kjd", map[rune]int{'i': 20, 'j': 30, 'd': 3, 'k': 3}, true}, // others outside
		{"ikj,ikjd->kjd", map[rune]int{'i': 20, 'j': 5, 'd': 3, 'k': 3}, true},  // that are one with the columns
		{"kij,kijd->jd", map[rune]int{'i': 20, 'j': 30, 'd': 2, 'k': 3}, true},  // several terms
		{"ij,ijde->jde", map[rune]int{'i': 20, 'j': 30, 'd': 2, 'e': 3}, true},  // rows of two axes
	} {
		k := firstKernel(t, caseOf{expr: c.expr, types: []tensor.DType{tensor.F64}, extent: c.extent})
		require.Equal(t, c.stretches, k.shape(targets()[2]).stretch, "%+v", c)
	}
}

// Their sums are right, of all types and targets, where tiles are not full and where they wait in memory and where not.
func TestStretchedSumsAreRight(t *testing.T) {
	of := func(i, j, d int) map[rune]int { return map[rune]int{'i': i, 'j': j, 'd': d, 'k': 3} }
	f64, f32 := []tensor.DType{tensor.F64}, []tensor.DType{tensor.F32}
	checkAll(t, []caseOf{
		{expr: "ij,ijd->jd", types: f64, extent: of(40, 30, 3)},
		{expr: "ij,ijd->jd", types: f64, extent: of(7, 61, 3)},
		{expr: "ij,ijd->jd", types: f64, extent: of(50, 1200, 5)},
		{expr: "ij,ijd->jd", types: f32, extent: of(33, 70, 7)},
		{expr: "ij,ijd->jd", types: f32, extent: of(5, 35, 2)},
		{expr: "ij,ijd->jd", types: []tensor.DType{tensor.I64}, extent: of(40, 29, 3)},
		{expr: "ij,ijd->jd", types: []tensor.DType{tensor.I16}, extent: of(40, 129, 3)},
		{expr: "ij,ijd->jd", types: []tensor.DType{tensor.F16}, extent: of(20, 70, 3)},
		{expr: "ij,ijd->jd", types: []tensor.DType{tensor.F32, tensor.F64}, out: tensor.F64, extent: of(20, 70, 3)},
		{expr: "ij,ijd->jd", types: f64, extent: of(40, 30, 4), reduce: parser.Max},
		{expr: "kij,kijd->kjd", types: f64, extent: of(20, 30, 3)},
		{expr: "kij,kijd->jd", types: f64, extent: of(20, 30, 6)},
		{expr: "ij,ijd,i->jd", types: f64, extent: of(20, 30, 3)},
		{expr: "ij,ijd->jd", types: f64, extent: of(40, 30, 3), old: "c", oldOp: parser.Sum},
	})
}

// The planner's model has vectors run on over rows and columns, and fetch nothing.
func TestTheModelKnowsOfStretchedTiles(t *testing.T) {
	plan := planOf(t, "ij,ijd->jd", map[rune]int{'i': 40, 'j': 100, 'd': 3}, targets()[2])
	w := plan.Work(&plan.Steps[0], targets()[2])
	require.Equal(t, []float64{300, 0, 0, 0}, []float64{w.Run, w.Fetches, w.Nearby, w.Lone})
	last := w.Nest.Loops[w.Nest.Depth-1]
	require.Equal(t, [3]float64{4.0 / 3, 4, 4}, [3]float64(last.Moves[:3]), "bytes along X, Y and the output")
	require.Equal(t, cost.Direct, plan.Steps[0].Estimate.Strategy)
}
