package codegen

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/einc-lang/einc/codegen/libllvm"
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/codegen/lower"
	"github.com/stretchr/testify/require"
)

// nests makes a unit of empty nests of strategies.
func nests(strategies ...string) *Unit {
	u := &Unit{Program: &lower.Program{}}
	for i, s := range strategies {
		u.Program.Nests = append(u.Program.Nests, &loop.Nest{Strategy: s, Vars: []string{"t"}, Body: []loop.Node{&loop.For{Kind: loop.Task, Step: 1}}})
		u.Symbols = append(u.Symbols, fmt.Sprint("einc_", i))
	}
	u.Target.Level = "x86-64-v3"
	return u
}

func TestModules(t *testing.T) {
	groups := func(u *Unit, by Split) (g [][]int) {
		for _, m := range u.modules(by) {
			g = append(g, m.nests)
		}
		return g
	}
	u := nests("packed/b", "direct", "packed/tile", "reduce")
	require.Equal(t, [][]int{{0, 1, 2, 3}}, groups(u, Whole))
	require.Equal(t, [][]int{{0, 2}, {1, 3}}, groups(u, ByPasses))
	require.Equal(t, [][]int{{0}, {1, 3}, {2}}, groups(u, ByNest))
	many := make([]string, 10*maxModules)
	for i := range many {
		many[i] = []string{"packed/b", "direct"}[i%2]
	}

	count := 0
	for _, g := range groups(nests(many...), ByNest) {
		count += len(g)
	}
	require.Equal(t, len(many), count)
	require.LessOrEqual(t, len(nests(many...).modules(ByNest)), maxModules)
}

// Modules that another unit has compiled are not compiled again, unless they are for another CPU.
func TestModuleCache(t *testing.T) {
	var compiled atomic.Int32
	compile := func(context.Context, libllvm.Request) (*libllvm.Result, error) {
		compiled.Add(1)
		return &libllvm.Result{Code: []byte{1}}, nil
	}
	u := nests("packed/b")
	u.Cache = &ModuleCache{}
	object := func(symbol, level string, want int32) {
		u.Symbols[0], u.Target.Level = symbol, level
		r, err := u.object(t.Context(), compile, u.modules(ByNest)[0])
		require.NoError(t, err)
		require.NotNil(t, r)
		require.Equal(t, want, compiled.Load())
	}
	object("einc_a", "x86-64-v3", 1)
	object("einc_a", "x86-64-v3", 1)
	object("einc_b", "x86-64-v3", 2)
	object("einc_a", "x86-64-v4", 3)
	object("einc_a", "x86-64-v3", 3)
}

func TestModuleCacheForgets(t *testing.T) {
	c := &ModuleCache{}
	for i := range 5 {
		c.put([32]byte{byte(i)}, &libllvm.Result{Code: make([]byte, moduleCacheBytes/3)})
	}
	for i := range 5 {
		require.Equal(t, i >= 2, c.get([32]byte{byte(i)}) != nil, i)
	}
	c.put([32]byte{9}, &libllvm.Result{Code: make([]byte, 2*moduleCacheBytes)})
	require.NotNil(t, c.get([32]byte{9}), "the newest stays, however large")
	require.Len(t, c.known, 1)
}
