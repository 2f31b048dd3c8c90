package planner_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// randomPath contracts n tensors in any order.
func randomPath(rng *rand.Rand, n int) [][2]int {
	var path [][2]int
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	for next := n; len(list) > 1; next++ {
		rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		path = append(path, [2]int{list[0], list[1]})
		list = append(list[2:], next)
	}
	return path
}

// TestSearchPath runs random equations along random paths, and along the paths that plans say they took.
func TestSearchPath(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	kept := 0
	for range 400 {
		n := 1 + rng.IntN(6)
		eq, extents := randomEinsum(rng, n)
		p := einsum(eq, extents, tensor.F64)
		operands := numbers(p, rng)
		want := naive(p, operands)
		net, _, ok := planner.Product(p)
		require.True(t, ok, eq)
		require.Len(t, net.Inputs, n)
		path := randomPath(rng, n)
		for range 2 {
			pl, err := planner.SearchPath(context.Background(), p, planner.Options{}, path)
			require.NoError(t, err, eq)
			require.NoError(t, pl.Verify(), "%s %v", eq, path)
			require.True(t, slices.EqualFunc(want.data, execute(pl, operands).data, same), "%s %v\n%s", eq, path, pl)
			took, groups, err := pl.Path()
			require.NoError(t, err, eq)
			if along, ok := planner.Regroup(path, took, groups, n); ok {
				require.Equal(t, len(slices.Concat(groups...)), len(slices.Concat(along...)), "%s %v as %v %v: %v", eq, path, took, groups, along)
				_, err = planner.NewReport(net, &planner.Order{Path: path}, along, planner.Options{}.Target, tensor.F64)
				require.NoError(t, err, "%s %v %v", eq, path, along)
				kept++
			}
			path = took
			_, err = planner.NewReport(net, &planner.Order{Path: path}, groups, planner.Options{}.Target, tensor.F64)
			require.NoError(t, err, "%s %v %v", eq, path, groups)
		}
	}
	require.Greater(t, kept, 700, "of 800")
	_, ok := planner.Regroup([][2]int{{0, 2}, {1, 3}}, [][2]int{{0, 1}, {2, 3}}, nil, 3)
	require.False(t, ok, "another tree")
}

// TestPathIsFollowed demands that the pairs of large products run as they are given.
func TestPathIsFollowed(t *testing.T) {
	p := einsum("ab,bc,cd,de->ae", map[byte]int{'a': 200, 'b': 300, 'c': 200, 'd': 300, 'e': 200}, tensor.F64)
	rng := rand.New(rand.NewPCG(9, 10))
	for range 20 {
		path := randomPath(rng, 4)
		pl, err := planner.SearchPath(context.Background(), p, planner.Options{}, path)
		require.NoError(t, err)
		got, groups, err := pl.Path()
		require.NoError(t, err)
		require.Empty(t, groups)
		require.ElementsMatch(t, leaves(path, 4), leaves(got, 4), "%v as %v", path, got)
	}
}

// leaves lists the operands below each pair.
func leaves(path [][2]int, n int) []string {
	below := make([][]int, n, n+len(path))
	for i := range below {
		below[i] = []int{i}
	}
	var all []string
	for _, p := range path {
		b := slices.Sorted(slices.Values(slices.Concat(below[p[0]], below[p[1]])))
		below = append(below, b)
		text := ""
		for _, i := range b {
			text += string(rune('0' + i))
		}
		all = append(all, text)
	}
	return all
}

func TestSearchPathErrors(t *testing.T) {
	p := einsum("ab,bc->ac", map[byte]int{'a': 2, 'b': 3, 'c': 2}, tensor.F64)
	_, err := planner.SearchPath(context.Background(), p, planner.Options{}, nil)
	require.ErrorContains(t, err, "0 pairs for 2 tensors")
	program, err := parser.Parse("Y[i] = relu(X[i,k]*W[k])", parser.ModeAuto)
	require.NoError(t, err)
	p, err = program.Bind([]parser.Spec{{DType: tensor.F64, Shape: []int{2, 3}}, {DType: tensor.F64, Shape: []int{3}}})
	require.NoError(t, err)
	_, _, ok := planner.Product(p)
	require.False(t, ok)
	_, err = planner.SearchPath(context.Background(), p, planner.Options{}, [][2]int{{0, 1}})
	require.ErrorContains(t, err, "single product")
}
