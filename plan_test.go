package einc_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// ending is a context that ends when it has been asked so many times.
type ending struct {
	context.Context
	left int
}

func (e *ending) Err() error {
	if e.left--; e.left < 0 {
		return context.Canceled
	}
	return nil
}

// An order is there whenever a search ends: also where every tree is looked at, which is not the best
// one until all of them are.
func TestAPlanIsThereWheneverItsSearchEnds(t *testing.T) {
	const expr = "abcd,aefg,behi,cfhj,dgij,aklm,bkno,clnp,dmop,ejmn,alo,bgp->ij"
	var specs []einc.Spec
	for _, rank := range []int{4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 3, 3} {
		spec := einc.Spec{DType: tensor.F64}
		for range rank {
			spec.Shape = append(spec.Shape, 5)
		}
		specs = append(specs, spec)
	}
	whole, err := einc.PlanExpr(t.Context(), expr, specs, nil)
	require.NoError(t, err)
	best, err := whole.Format("numpy-path")
	require.NoError(t, err)
	early := 0
	for left := 1; left < 12; left++ {
		p, err := einc.PlanExpr(&ending{t.Context(), left}, expr, specs, nil)
		require.NoError(t, err, "%d", left)
		path, err := p.Format("numpy-path")
		require.NoError(t, err)
		if string(path) != string(best) {
			early++
		}
	}
	require.Positive(t, early, "a search that ends at once does not find the best tree")
	_, err = einc.PlanExpr(&ending{t.Context(), 0}, expr, specs, nil)
	require.ErrorIs(t, err, context.Canceled)
}

// A path that is given is the one that is written, though its pairs run as one step.
func TestGivenPathIsKept(t *testing.T) {
	merged := 0
	for _, by := range []int{1, 9, 100} {
		specs := []einc.Spec{specOf(tensor.F64, 2*by, 3*by), specOf(tensor.F64, 3*by, 4), specOf(tensor.F64, 4, 5*by), specOf(tensor.F64, 5*by, 2)}
		for _, path := range []string{"(0, 1), (0, 1), (0, 1)", "(0, 1), (0, 2), (0, 1)", "(2, 3), (0, 1), (0, 1)", "(1, 2), (0, 1), (0, 1)", "(0, 2), (1, 2), (0, 1)"} {
			p, err := einc.PlanExpr(t.Context(), "ij,jk,kl,lm->im", specs, &einc.Options{Path: "[" + path + "]"})
			require.NoError(t, err)
			text, err := p.Format("numpy-path")
			require.NoError(t, err)
			require.Equal(t, "['einsum_path', "+path+"]", strings.TrimSpace(string(text)))
			text, err = p.Format("json")
			require.NoError(t, err)
			if !strings.Contains(string(text), `"groups":[]`) {
				merged++
			}
			file, err := p.File()
			require.NoError(t, err)
			f, err := einc.ReadPlan(bytes.NewReader(file))
			require.NoError(t, err)
			_, err = einc.CheckPlan(t.Context(), f)
			require.NoError(t, err)
		}
	}
	require.Positive(t, merged)
}

// What cannot be planned, checked or compared is refused, whatever calls it.
func TestPlansOfNothing(t *testing.T) {
	for _, d := range []tensor.DType{tensor.Invalid, 255} {
		err := einc.PlanNetworks(t.Context(), strings.NewReader(`{"inputs":[[0,1],[1,2]],"output":[0,2],"sizes":[4,5,6]}`), false, d, nil,
			func(*einc.Planned) error { return nil })
		require.ErrorContains(t, err, "does not exist")
	}
	_, err := einc.CheckPlan(t.Context(), nil)
	require.ErrorContains(t, err, "ReadPlan")
	_, err = einc.ComparePlans(nil, []*einc.Planned{nil})
	require.ErrorContains(t, err, "0 names of optimizers for 1 plans")
	_, err = einc.GenerateGo(t.Context(), einc.GoKernel{Package: "kernels"})
	require.ErrorContains(t, err, "ParseDirective")
}

// A plan file whose costs are of no machine that einc compiles for is refused; caches and workers are as they may be.
func TestReadPlanTarget(t *testing.T) {
	p, err := einc.PlanExpr(t.Context(), "ij,jk->ik", []einc.Spec{specOf(tensor.F64, 2, 3), specOf(tensor.F64, 3, 4)}, &einc.Options{Level: "x86-64-v3"})
	require.NoError(t, err)
	file, err := p.File()
	require.NoError(t, err)
	for _, c := range []struct{ old, new, want string }{
		{`"l1":32768`, `"l1":65536`, ""},
		{`"level":"x86-64-v3"`, `"level":"x86-64-v9"`, `unknown CPU level "x86-64-v9"`},
		{`"level":"x86-64-v3"`, `"level":"x86-64-v4"`, "x86-64-v4 is arch amd64, vector_bytes 64, registers 32, fma true"},
		{`"vector_bytes":32`, `"vector_bytes":63`, "x86-64-v3 is arch amd64, vector_bytes 32, registers 16"},
		{`"arch":"amd64"`, `"arch":"arm64"`, "make it again with einc plan -o"},
		{`"fma":true`, `"fma":false`, "fma true"},
	} {
		require.Contains(t, string(file), c.old)
		_, err := einc.ReadPlan(strings.NewReader(strings.Replace(string(file), c.old, c.new, 1)))
		if c.want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, c.want, c.new)
	}
}

// Where the order is given, nothing is searched, and to ask for a way to search is refused.
func TestOrderAndSearch(t *testing.T) {
	specs := []einc.Spec{specOf(tensor.F64, 2, 3), specOf(tensor.F64, 3, 4), specOf(tensor.F64, 4, 5)}
	plan := func(opts einc.Options) error {
		_, err := einc.PlanExpr(t.Context(), "ij,jk,kl->il", specs, &opts)
		return err
	}
	const path = "[(0,1),(0,1)]"
	require.NoError(t, plan(einc.Options{Path: path, Method: "auto", Objective: "time"}))
	for _, opts := range []einc.Options{{Method: "greedy"}, {Objective: "flops"}, {Budget: einc.Budget{Units: 5}}, {Seed: 1}} {
		require.NoError(t, plan(opts))
		opts.Path = path
		err := plan(opts)
		require.ErrorContains(t, err, "set no Method, Objective, Budget or Seed")
		require.True(t, einc.IsOption(err))
	}
	require.ErrorContains(t, plan(einc.Options{Path: path, Plan: &einc.PlanFile{}}), "set one of them")
	network := strings.NewReader(`{"inputs":[[0,1],[1,2]],"output":[0,2],"sizes":[2,3,4]}`)
	err := einc.PlanNetworks(t.Context(), network, false, tensor.F64, &einc.Options{Path: "[(0,1)]", Seed: 1}, nil)
	require.True(t, einc.IsOption(err), "%v", err)
}

// The names that options take are those that the planner takes.
func TestMethodsAndObjectives(t *testing.T) {
	specs := []einc.Spec{specOf(tensor.F64, 2, 3), specOf(tensor.F64, 3, 4), specOf(tensor.F64, 4, 5)}
	for _, method := range append(einc.Methods(), "") {
		for _, objective := range append(einc.Objectives(), "") {
			_, err := einc.PlanExpr(t.Context(), "ij,jk,kl->il", specs, &einc.Options{Method: method, Objective: objective})
			require.NoError(t, err, "%s %s", method, objective)
		}
	}
	_, err := einc.PlanExpr(t.Context(), "ij,jk,kl->il", specs, &einc.Options{Method: "quick"})
	require.ErrorContains(t, err, "use auto, exact, greedy, best")
	_, err = einc.PlanExpr(t.Context(), "ij,jk,kl->il", specs, &einc.Options{Objective: "speed"})
	require.ErrorContains(t, err, "use time, flops, size, write, combo")
}
