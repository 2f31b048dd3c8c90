package lower

import (
	"testing"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// firstKernel is that of a case's first phase.
func firstKernel(t *testing.T, c caseOf) *kernel {
	c.layouts, c.span = "c", 1
	b := c.build(newRand(1))
	ks, err := newLowering(b.plan, targets()[2], Options{}).kernels(&b.plan.Steps[0])
	require.NoError(t, err)
	return ks[0]
}

// Sums of columns wait where the largest input goes on along them, and the next term is far away.
func TestColumnsWait(t *testing.T) {
	for _, c := range []struct {
		expr   string
		extent map[rune]int
		waits  bool
	}{
		{"idj,ij->dj", map[rune]int{'i': 200, 'd': 3, 'j': 500}, true},
		{"ijd->j", map[rune]int{'i': 200, 'd': 3, 'j': 500}, true},
		{"ijd,id->j", map[rune]int{'i': 200, 'd': 3, 'j': 500}, true},
		{"idj,idj->dj", map[rune]int{'i': 200, 'd': 3, 'j': 500}, false},          // these are swept
		{"idj,ij->dj", map[rune]int{'i': 15, 'd': 3, 'j': 5000}, false},           // few terms
		{"idj,ij->dj", map[rune]int{'i': 900, 'd': 3, 'j': 50}, false},            // near each other
		{"idj,ij->dj", map[rune]int{'i': 50, 'd': 3, 'j': 500}, false},            // a cache has all
		{"idj,jid->dj", map[rune]int{'i': 200, 'd': 3, 'j': 500}, false},          // another input is as large
		{"idj,eij->dej", map[rune]int{'i': 20, 'd': 30, 'j': 500, 'e': 3}, false}, // elements serve several sums
	} {
		require.Equal(t, c.waits, firstKernel(t, caseOf{expr: c.expr, extent: c.extent, types: []tensor.DType{tensor.F32}}).keeps, "%+v", c)
	}
}

// They are right, of all types and reductions, with rows and without, where tiles and blocks of terms are not full, and for more sums than
// a task keeps.
func TestColumnsThatWaitAreRight(t *testing.T) {
	of := func(i, d, j int) map[rune]int { return map[rune]int{'i': i, 'd': d, 'j': j, 'k': 2} }
	f64, f32 := []tensor.DType{tensor.F64}, []tensor.DType{tensor.F32}
	cases := []caseOf{
		{expr: "idj,ij->dj", types: f64, extent: of(77, 3, 601)},
		{expr: "idj,ij->dj", types: f32, extent: of(77, 5, 1031)},
		{expr: "ijd->j", types: f32, extent: of(177, 3, 601)},
		{expr: "ijd->j", types: f32, extent: of(90, 3, 1033)},
		{expr: "ijd,id->j", types: f32, extent: of(177, 3, 601)},
		{expr: "ijd,id->j", types: f32, extent: of(40, 2, 4099)},
		{expr: "ijd->j", types: f32, extent: of(177, 3, 601), reduce: parser.Max},
		{expr: "kidj,ij->kdj", types: f64, extent: of(60, 3, 401)},
		{expr: "ijd->j", types: f32, extent: of(177, 3, 601), old: "c", oldOp: parser.Sum},
	}
	for _, c := range cases {
		require.True(t, firstKernel(t, c).keeps, "%+v", c)
	}
	checkAll(t, cases)
}

// Sums that wait are shared out to all workers where there are too few of them for tasks of the usual size, and the same for any number.
func TestWorkersShareColumns(t *testing.T) {
	c := caseOf{expr: "ij->j", types: []tensor.DType{tensor.F64}, extent: map[rune]int{'i': 400, 'j': 1000}, layouts: "c", span: 1}
	for workers, tasks := range map[int]int{1: 1, 2: 2, 4: 4, 64: 8} {
		target := targets()[2]
		target.Workers = workers
		p := c.build(newRand(1)).lowered(t, target)
		require.Len(t, p.Phases, 1)
		require.EqualValues(t, tasks, p.Phases[0].Tasks.Value, "%d workers", workers)
		c.check(t, target, 1)
	}
}
