package planner_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

var target = cost.Target{Arch: "amd64", Level: "x86-64-v3", VectorBytes: 32, Registers: 16, FMA: true,
	L1: 32 << 10, L2: 512 << 10, L3: 32 << 20, Workers: 2}

// wideTarget is target with AVX-512.
func wideTarget() cost.Target {
	wide := target
	wide.Level, wide.VectorBytes, wide.Registers = "x86-64-v4", 64, 32
	return wide
}

// plan searches with method, checks the plan, and returns it.
func plan(t *testing.T, p *parser.Problem, method string) *planner.Plan {
	t.Helper()
	pl, err := planner.Search(context.Background(), p, planner.Options{Target: target, Method: method})
	require.NoError(t, err)
	require.NoError(t, pl.Verify(), pl.String())
	return pl
}

// maker builds problems. Indices are single letters.
type maker struct {
	p      parser.Problem
	extent map[byte]int
	expr   parser.Expr
}

func newMaker(extents map[byte]int) *maker {
	m := &maker{extent: extents}
	for _, l := range sortedKeys(extents) {
		m.p.Indices = append(m.p.Indices, parser.Index{Name: string(l), Extent: extents[l]})
	}
	return m
}

func sortedKeys(m map[byte]int) []byte {
	var keys []byte
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// axes reads index letters; '.' is NoIndex.
func (m *maker) axes(s string) []parser.IndexID {
	keys := sortedKeys(m.extent)
	out := make([]parser.IndexID, len(s))
	for i := range s {
		out[i] = parser.NoIndex
		if s[i] != '.' {
			out[i] = parser.IndexID(slices.Index(keys, s[i]))
		}
	}
	return out
}

func (m *maker) shape(s string) []int {
	out := make([]int, len(s))
	for i := range s {
		out[i] = 1
		if s[i] != '.' {
			out[i] = m.extent[s[i]]
		}
	}
	return out
}

// tensor declares an operand with the shape of the axes.
func (m *maker) tensor(name, axes string, d tensor.DType) int {
	shape := m.shape(axes)
	l := parser.Layout{UnitAxis: -1, Strides: make([]int, len(shape))}
	stride := 1
	for a := len(shape) - 1; a >= 0; a-- {
		l.Strides[a] = stride
		if l.UnitAxis < 0 && shape[a] > 1 {
			l.UnitAxis = a
		}
		stride *= shape[a]
	}
	m.p.Tensors = append(m.p.Tensors, parser.Tensor{Name: name, DType: d, Shape: shape, Layout: l})
	return len(m.p.Tensors) - 1
}

func (m *maker) node(n parser.Node) parser.NodeID {
	m.expr = append(m.expr, n)
	return parser.NodeID(len(m.expr) - 1)
}

func (m *maker) ref(t int, axes string) parser.NodeID {
	return m.node(parser.Node{Kind: parser.NodeRef, Tensor: t, Axes: m.axes(axes), DType: m.p.Tensors[t].DType})
}

func (m *maker) num(v float64, d tensor.DType) parser.NodeID {
	return m.node(parser.Node{Kind: parser.NodeConst, Value: v, Int: int64(v), DType: d})
}

func (m *maker) cast(x parser.NodeID, d tensor.DType) parser.NodeID {
	if m.expr[x].DType == d {
		return x
	}
	return m.node(parser.Node{Kind: parser.NodeApply, Fn: parser.FnCast, DType: d, Args: []parser.NodeID{x}})
}

// fn applies a function after promoting its arguments; a quotient of integers is F64.
func (m *maker) fn(fn parser.Fn, args ...parser.NodeID) parser.NodeID {
	d := m.expr[args[0]].DType
	for _, a := range args[1:] {
		d = tensor.Promote(d, m.expr[a].DType)
	}
	if (fn == parser.FnDiv || fn == parser.FnExp) && d.IsInt() {
		d = tensor.F64
	}
	cast := make([]parser.NodeID, len(args))
	for i, a := range args {
		cast[i] = m.cast(a, d)
	}
	return m.node(parser.Node{Kind: parser.NodeApply, Fn: fn, DType: d, Args: cast})
}

// free lists the free indices of a node.
func (m *maker) free(id parser.NodeID) []parser.IndexID {
	n := &m.expr[id]
	f := distinct(n.Axes)
	for _, a := range n.Args {
		f = distinct(append(f, m.free(a)...))
	}
	return slices.DeleteFunc(f, func(i parser.IndexID) bool { return slices.Contains(n.Over, i) })
}

// reduce folds what is not on the left, if there is any.
func (m *maker) reduce(op parser.ReduceOp, x parser.NodeID, left string) parser.NodeID {
	keep := m.axes(left)
	over := slices.DeleteFunc(m.free(x), func(i parser.IndexID) bool { return slices.Contains(keep, i) })
	if len(over) == 0 {
		return x
	}
	return m.node(parser.Node{Kind: parser.NodeReduce, Reduce: op, DType: m.expr[x].DType, Args: []parser.NodeID{x}, Over: over})
}

// assign ends a statement: the last node is its value. It returns the tensor.
func (m *maker) assign(name, left string, old int, op parser.ReduceOp) int {
	out := m.tensor(name, left, m.expr[len(m.expr)-1].DType)
	m.p.Statements = append(m.p.Statements, parser.Statement{Out: out, Left: m.axes(left), Old: old, Op: op, Expr: m.expr})
	m.expr = nil
	m.p.Output = out
	return out
}

// einsum is the problem of an explicit einsum string over one type.
func einsum(eq string, extents map[byte]int, d tensor.DType) *parser.Problem {
	m := newMaker(extents)
	terms, out, _ := strings.Cut(eq, "->")
	axes := strings.Split(terms, ",")
	for i, a := range axes {
		m.tensor(fmt.Sprintf("T%d", i), a, d)
	}
	m.p.Operands = len(axes)
	refs := make([]parser.NodeID, len(axes))
	for i, a := range axes {
		refs[i] = m.ref(i, a)
	}
	x := refs[0]
	if len(refs) > 1 {
		x = m.fn(parser.FnMul, refs...)
	}
	m.reduce(parser.Sum, x, out)
	m.assign("", out, -1, parser.Sum)
	return &m.p
}

// numbers fills operands: small integers, and powers of two where a name begins with D.
func numbers(p *parser.Problem, r *rand.Rand) []array {
	arrays := make([]array, p.Operands)
	for i := range arrays {
		arrays[i] = newArray(p.Tensors[i].Shape)
		for j := range arrays[i].data {
			arrays[i].data[j] = float64(r.IntN(5) - 2)
			if strings.HasPrefix(p.Tensors[i].Name, "D") {
				arrays[i].data[j] = float64(int(1) << r.IntN(3))
			}
		}
	}
	return arrays
}

// check plans p in every way and compares each plan's result with the naive one.
func check(t *testing.T, p *parser.Problem, r *rand.Rand, note string) {
	t.Helper()
	operands := numbers(p, r)
	want := naive(p, operands)
	for _, method := range []string{"auto", "greedy", "cut", "cut greedy"} {
		opts := planner.Options{Target: target, Method: strings.TrimPrefix(strings.TrimPrefix(method, "cut"), " ")}
		if strings.HasPrefix(method, "cut") {
			opts.Fusing = planner.FusePairs
		}
		pl, err := planner.Search(context.Background(), p, opts)
		require.NoError(t, err, note)
		require.NoError(t, pl.Verify(), "%s %s\n%s", note, method, pl)
		got := execute(pl, operands)
		require.True(t, slices.EqualFunc(want.data, got.data, same), "%s %s: %v, not %v\n%s", note, method, got.data, want.data, pl)
		again, err := planner.Search(context.Background(), p, opts)
		require.NoError(t, err)
		require.Equal(t, pl, again, note)
	}
}

func same(a, b float64) bool { return a == b || a != a && b != b }
