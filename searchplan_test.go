package einc_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// regular is a closed network of n tensors with three indices of extent 2 each, as an expression and as a file.
func regular(n int) (expr string, specs []einc.Spec, file string) {
	r := rand.New(rand.NewPCG(5, 6))
	ends := make([]int, 0, 3*n)
	for i := range 3 * n {
		ends = append(ends, i/3)
	}
	for met := true; met; { // no tensor meets itself
		r.Shuffle(len(ends), func(i, j int) { ends[i], ends[j] = ends[j], ends[i] })
		met = slices.ContainsFunc(slices.Collect(slices.Chunk(ends, 2)), func(p []int) bool { return p[0] == p[1] })
	}
	inputs, terms := make([][]int, n), make([]string, n)
	for k, t := range ends {
		inputs[t] = append(inputs[t], k/2)
		terms[t] += string(rune('\u4e00' + k/2))
	}
	sizes := slices.Repeat([]int{2}, len(ends)/2)
	for range n {
		specs = append(specs, einc.Spec{Shape: []int{2, 2, 2}, DType: tensor.F64})
	}
	in, _ := json.Marshal(inputs)
	sz, _ := json.Marshal(sizes)
	return strings.Join(terms, ",") + "->", specs, fmt.Sprintf(`{"inputs":%s,"output":[],"sizes":%s}`, in, sz)
}

// planned is what the tests read of a plan.
type planned struct {
	Flops float64 `json:"log10_flops"`
	Peak  int64   `json:"peak_bytes"`
	Cuts  [][]int `json:"sliced"`
}

func read(t *testing.T, p *einc.Planned) (out planned) {
	text, err := p.Format("json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &out))
	return out
}

// An expression whose order has to be cut a dozen times is ordered with its slices, as a network is: an order
// found without the limit takes more work once it is cut.
func TestExpressionsAreOrderedWithTheirSlices(t *testing.T) {
	expr, specs, file := regular(110)
	opts := &einc.Options{MaxMemory: 32 << 10, Workers: 1}
	p, err := einc.PlanExpr(t.Context(), expr, specs, opts)
	require.NoError(t, err)
	got := read(t, p)
	require.LessOrEqual(t, got.Peak, opts.MaxMemory)
	require.NotEmpty(t, got.Cuts)
	require.NoError(t, einc.PlanNetworks(t.Context(), strings.NewReader(file), false, tensor.F64, opts, func(p *einc.Planned) error {
		want := read(t, p)
		require.NotEmpty(t, want.Cuts)
		require.Less(t, got.Flops, want.Flops+0.08, "cuts that make room for workspace cost little")
		return nil
	}))
}

// Where nothing fits, the error names a limit that does.
func TestSearchNamesALimitThatHolds(t *testing.T) {
	expr, specs, _ := regular(18)
	opts := &einc.Options{MaxMemory: 1, Workers: 1}
	_, err := einc.PlanExpr(t.Context(), expr, specs, opts)
	var short planner.MemoryError
	require.ErrorAs(t, err, &short)
	require.EqualValues(t, 1, short.Limit)
	opts.MaxMemory = short.Least
	p, err := einc.PlanExpr(t.Context(), expr, specs, opts)
	require.NoError(t, err)
	require.LessOrEqual(t, read(t, p).Peak, short.Least)
}

// Where slices of the order that was searched for do not fit, those of the greedy one may.
func TestTightLimitsTryTheGreedyOrder(t *testing.T) {
	const n = 14
	r := rand.New(rand.NewPCG(n, 0))
	terms := make([]string, n)
	for k := range 2 * n {
		i, j := k/2, r.IntN(n)
		if i == j {
			j = (i + 1) % n
		}
		index := string(rune('\u4e00' + k))
		terms[i], terms[j] = terms[i]+index, terms[j]+index
	}
	var specs []einc.Spec
	for _, term := range terms {
		specs = append(specs, einc.Spec{Shape: slices.Repeat([]int{2}, utf8.RuneCountInString(term)), DType: tensor.F64})
	}
	opts := &einc.Options{MaxMemory: 256, Workers: 1}
	p, err := einc.PlanExpr(t.Context(), strings.Join(terms, ",")+"->", specs, opts)
	require.NoError(t, err)
	require.LessOrEqual(t, read(t, p).Peak, opts.MaxMemory)
	require.NotEmpty(t, read(t, p).Cuts)
}

// A plan file runs its slices as the plan did: loops that workers share take memory for each of them.
func TestPlanFilesKeepTheWayOfSlices(t *testing.T) {
	specs := []einc.Spec{{Shape: []int{8, 200, 300}, DType: tensor.F64}, {Shape: []int{8, 300, 100}, DType: tensor.F64}, {Shape: []int{8, 100, 200}, DType: tensor.F64}}
	const expr = "bij,bjk,bkl->bil"
	opts := &einc.Options{Workers: 4, MaxMemory: 330_000}
	p, err := einc.PlanExpr(t.Context(), expr, specs, opts)
	require.NoError(t, err)
	text, err := p.File()
	require.NoError(t, err)
	f, err := einc.ReadPlan(bytes.NewReader(text))
	require.NoError(t, err)
	require.True(t, f.Serial, "the limit is too small for loops side by side")
	again, err := einc.PlanExpr(t.Context(), expr, specs, &einc.Options{Workers: 4, Plan: f})
	require.NoError(t, err)
	require.Equal(t, read(t, p).Peak, read(t, again).Peak)
	require.EqualValues(t, read(t, p).Peak, f.PeakBytes)
}
