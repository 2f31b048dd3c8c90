package golden_test

import (
	"math/rand/v2"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// workerCases have enough to do for several workers, in every strategy, and sums that are rounded.
var workerCases = []struct {
	expr   string
	shapes [][]int
}{
	{"ik,kj->ij", [][]int{{200, 500}, {500, 300}}},               // packed
	{"ik,kj->ij", [][]int{{30, 900}, {900, 1500}}},               // packed, each task for itself
	{"ik,kj->ij", [][]int{{170, 9000}, {9000, 170}}},             // packed, with many blocks of few tasks
	{"ik,kj->ij", [][]int{{24, 100000}, {100000, 40}}},           // packed, K in parts
	{"ki,kj->ij", [][]int{{9000, 170}, {9000, 6}}},               // sums that are kept
	{"ki,kj->ji", [][]int{{140001, 50}, {140001, 8}}},            // the same, K in parts
	{"bik,bkj->bij", [][]int{{40, 40, 400}, {40, 400, 50}}},      // batched
	{"bik,bkj->bij", [][]int{{500, 12, 20}, {500, 20, 12}}},      // direct
	{"ijk,ja,ka->ia", [][]int{{60, 70, 80}, {70, 16}, {80, 16}}}, // with factors
	{"ij,j->i", [][]int{{900, 1100}, {1100}}}, {"ji,j->i", [][]int{{1100, 900}, {1100}}},
	{"ij->", [][]int{{1000, 999}}}, {"ij->i", [][]int{{1000, 999}}}, {"ij->j", [][]int{{1000, 999}}}, {"i,i->", [][]int{{999999}, {999999}}},
}

// TestWorkersGiveTheSameBits calls code that was made for one to four workers, for known extents and for open ones.
func TestWorkersGiveTheSameBits(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 13))
	hostLevels(t)
	for _, c := range workerCases {
		var operands []*tensor.Tensor
		for _, shape := range c.shapes {
			operands = append(operands, randomReals(t, r, shape))
		}
		for _, dynamic := range [][]string{nil, {einc.AllLabels}} {
			var want []byte
			for workers := 1; workers <= 4; workers++ {
				opts := options(einc.Native)
				opts.Workers, opts.Dynamic = workers, dynamic
				f, err := einc.CompileFor(t.Context(), c.expr, opts, operands)
				require.NoError(t, err)
				out, err := f.NewOutputFor(operands...)
				require.NoError(t, err)
				require.NoError(t, f.Call(out, operands...))
				if want == nil {
					want = out.Bytes()
				}
				require.Equal(t, want, out.Bytes(), "%s %v, open %v, %d workers", c.expr, c.shapes, dynamic, workers)
				require.NoError(t, f.Close())
			}
		}
	}
}

// randomReals makes a tensor of f32 between -½ and ½.
func randomReals(t *testing.T, r *rand.Rand, shape []int) *tensor.Tensor {
	n := 1
	for _, extent := range shape {
		n *= extent
	}
	values := make([]float32, n)
	for i := range values {
		values[i] = r.Float32() - 0.5
	}
	x, err := tensor.From(values, shape...)
	require.NoError(t, err)
	return x
}
