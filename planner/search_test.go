package planner_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
)

func TestRandomEinsums(t *testing.T) {
	for seed := range uint64(600) {
		r := rand.New(rand.NewPCG(seed, 1))
		eq, extents := randomEinsum(r, 1+r.IntN(12))
		d := []tensor.DType{tensor.F64, tensor.F32, tensor.F16, tensor.I64}[r.IntN(4)]
		check(t, einsum(eq, extents, d), r, fmt.Sprintf("seed %d: %s %v %s", seed, eq, extents, d))
	}
}

// randomEinsum makes an equation of n terms with hyperedges, diagonals, stretched axes and scalars.
func randomEinsum(r *rand.Rand, n int) (string, map[byte]int) {
	extents := map[byte]int{}
	letters := "abcdef"[:1+r.IntN(6)]
	for i := range letters {
		extents[letters[i]] = 1 + r.IntN(3)
		if i < 3 && n < 6 && r.IntN(2) == 0 { // large enough for more than one step to pay
			extents[letters[i]] = 9 + r.IntN(9)
		}
	}
	if r.IntN(12) == 0 {
		extents[letters[0]] = 0
	}
	var terms []string
	used := ""
	for range n {
		term := ""
		for range r.IntN(4) {
			if r.IntN(8) == 0 {
				term += "."
				continue
			}
			term += string(letters[r.IntN(len(letters))])
		}
		used += term
		terms = append(terms, term)
	}
	out := ""
	for _, i := range r.Perm(len(letters)) {
		if strings.IndexByte(used, letters[i]) >= 0 && r.IntN(2) == 0 {
			out += string(letters[i])
		}
	}
	return strings.Join(terms, ",") + "->" + out, extents
}

func TestRandomPrograms(t *testing.T) {
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 2))
		p := randomProgram(r)
		check(t, p, r, fmt.Sprintf("seed %d", seed))
	}
}

// program is a random problem in the making, with the rules of index notation: each term sums its own
// indices inside the nearest call.
type program struct {
	*maker
	r    *rand.Rand
	axes []string // of each tensor
	left string
}

func randomProgram(r *rand.Rand) *parser.Problem {
	g := &program{maker: newMaker(map[byte]int{'i': 1 + r.IntN(3), 'j': 2, 'k': 1 + r.IntN(3), 'l': r.IntN(4)}), r: r}
	types := []tensor.DType{tensor.F64, tensor.F64, tensor.F32, tensor.F16, tensor.I64}
	for i, name := range []string{"A", "B", "C", "D0", "D1", "S"} {
		axes := ""
		for range []int{2, 2, 3, 1, 2, 0}[i] {
			axes += string("ijkl."[r.IntN(5)])
		}
		g.tensor(name, axes, types[r.IntN(len(types))])
		g.axes = append(g.axes, axes)
	}
	g.p.Operands = len(g.axes)
	for s := range 1 + r.IntN(3) {
		g.statement(fmt.Sprintf("T%d", s))
	}
	return &g.p
}

func (g *program) statement(name string) {
	g.left = []string{"", "i", "ij", "ji", "ijk", "ii", "j.k"}[g.r.IntN(7)]
	old, op := -1, parser.ReduceOp(g.r.IntN(4))
	for t, axes := range g.axes {
		if axes == g.left && g.r.IntN(2) == 0 {
			old = t
		}
	}
	if op == parser.Sum {
		g.sum(2)
	} else {
		g.reduce(op, g.chain(2), g.left)
	}
	if len(g.expr) == 0 {
		panic("empty")
	}
	g.assign(name, g.left, old, op)
	g.axes = append(g.axes, g.left)
}

// sum is an expression of terms that each sum their own indices.
func (g *program) sum(depth int) parser.NodeID {
	var terms []parser.NodeID
	for range 1 + g.r.IntN(2) {
		terms = append(terms, g.reduce(parser.Sum, g.chain(depth), g.left))
	}
	if len(terms) == 1 {
		return terms[0]
	}
	return g.fn([]parser.Fn{parser.FnAdd, parser.FnSub, parser.FnMax}[g.r.IntN(3)], terms...)
}

// chain is a product with quotients and signs.
func (g *program) chain(depth int) parser.NodeID {
	x := g.factor(depth)
	for range g.r.IntN(4) {
		switch g.r.IntN(6) {
		case 0:
			d := 3 + g.r.IntN(2)
			x = g.fn(parser.FnDiv, x, g.ref(d, g.axes[d]))
		case 1:
			x = g.fn(parser.FnNeg, x)
		default:
			x = g.fn(parser.FnMul, x, g.factor(depth))
		}
	}
	return x
}

func (g *program) factor(depth int) parser.NodeID {
	switch g.r.IntN(9) {
	case 0:
		return g.num(float64(g.r.IntN(4)-1), g.expr0())
	case 1:
		return g.fn(parser.FnRelu, g.any())
	case 2:
		return g.fn(parser.FnAdd, g.any(), g.any())
	case 3:
		if depth > 0 {
			return g.fn(parser.FnAbs, g.sum(depth-1))
		}
	case 4:
		x := g.any()
		return g.fn(parser.FnMul, x, x)
	}
	return g.any()
}

func (g *program) expr0() tensor.DType {
	return []tensor.DType{tensor.F64, tensor.I64, tensor.F16}[g.r.IntN(3)]
}

// any reads a tensor that has been assigned.
func (g *program) any() parser.NodeID {
	t := g.r.IntN(len(g.axes))
	return g.ref(t, g.axes[t])
}

func TestNeedsPath(t *testing.T) {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	extents := map[byte]int{}
	for i := range letters {
		extents[letters[i]] = 2 + i%3
	}
	for _, n := range []int{2, 25, 51} {
		var terms []string
		for i := range n {
			terms = append(terms, letters[i:i+2])
		}
		p := einsum(strings.Join(terms, ",")+"->"+letters[:1]+letters[n:n+1], extents, tensor.I64)
		pl := plan(t, p, "")
		require.Less(t, pl.Cost.Flops, float64(40*n))
		chain := numbers(p, rand.New(rand.NewPCG(uint64(n), 3)))
		require.Equal(t, chainProduct(chain).data, execute(pl, chain).data)
	}
}

// chainProduct multiplies matrices from left to right.
func chainProduct(ms []array) array {
	x := ms[0]
	for _, m := range ms[1:] {
		y := newArray([]int{x.shape[0], m.shape[1]})
		for i := range y.shape[0] {
			for j := range y.shape[1] {
				for k := range x.shape[1] {
					y.data[i*y.shape[1]+j] += x.data[i*x.shape[1]+k] * m.data[k*m.shape[1]+j]
				}
			}
		}
		x = y
	}
	return x
}

// bigChain is a sum of products of n matrices along one chain, all indices but the ends summed.
func bigChain(n, extent int) *parser.Problem {
	p := &parser.Problem{Operands: n}
	var e parser.Expr
	var args []parser.NodeID
	var over []parser.IndexID
	for i := range n + 1 {
		p.Indices = append(p.Indices, parser.Index{Name: fmt.Sprint("x", i), Extent: extent + i%2})
		if i > 0 && i < n {
			over = append(over, parser.IndexID(i))
		}
	}
	for i := range n {
		axes := []parser.IndexID{parser.IndexID(i), parser.IndexID(i + 1)}
		p.Tensors = append(p.Tensors, parser.Tensor{DType: tensor.F64, Shape: []int{p.Indices[i].Extent, p.Indices[i+1].Extent}})
		e = append(e, parser.Node{Kind: parser.NodeRef, Tensor: i, Axes: axes, DType: tensor.F64})
		args = append(args, parser.NodeID(i))
	}
	e = append(e, parser.Node{Kind: parser.NodeApply, Fn: parser.FnMul, Args: args, DType: tensor.F64})
	e = append(e, parser.Node{Kind: parser.NodeReduce, Args: []parser.NodeID{parser.NodeID(n)}, Over: over, DType: tensor.F64})
	left := []parser.IndexID{0, parser.IndexID(n)}
	p.Tensors = append(p.Tensors, parser.Tensor{DType: tensor.F64, Shape: []int{p.Indices[0].Extent, p.Indices[n].Extent}})
	p.Statements = []parser.Statement{{Out: n, Left: left, Old: -1, Expr: e}}
	p.Output = n
	return p
}

func TestLargeNetworks(t *testing.T) {
	shared := bigChain(20000, 2) // then all over one index: a hyperedge of 20000 vectors
	for i := range shared.Statements[0].Expr {
		if n := &shared.Statements[0].Expr[i]; n.Kind == parser.NodeRef {
			n.Axes = []parser.IndexID{0}
			shared.Tensors[i].Shape = []int{2}
		} else if n.Kind == parser.NodeReduce {
			n.Over = []parser.IndexID{0}
		}
	}
	shared.Statements[0].Left = nil
	shared.Tensors[20000].Shape = nil
	for _, p := range []*parser.Problem{bigChain(20000, 2), shared} {
		pl := plan(t, p, "")
		require.Equal(t, "search", pl.Method)
		require.LessOrEqual(t, len(pl.Steps), 20000)
		require.Less(t, pl.Cost.Flops, 12.1*20000)
		require.Less(t, len(pl.String()), 10000)
	}
}

func TestDeepExpressionsDoNotRecurse(t *testing.T) {
	m := newMaker(map[byte]int{'i': 2, 'j': 3})
	m.tensor("A", "ij", tensor.F64)
	m.p.Operands = 1
	x := m.ref(0, "ij")
	y := x
	for range 20000 {
		x = m.node(parser.Node{Kind: parser.NodeApply, Fn: parser.FnMul, DType: tensor.F64, Args: []parser.NodeID{x, y}})
	}
	m.node(parser.Node{Kind: parser.NodeReduce, DType: tensor.F64, Args: []parser.NodeID{x}, Over: m.axes("j")})
	m.assign("Y", "i", -1, parser.Sum)
	pl := plan(t, &m.p, "")
	require.Len(t, pl.Steps, 1)
	require.Len(t, pl.Steps[0].Inputs, 1)
}

func TestErrors(t *testing.T) {
	search := func(p *parser.Problem, o planner.Options) error {
		_, err := planner.Search(context.Background(), p, o)
		return err
	}
	small := einsum("ij,jk,kl->il", map[byte]int{'i': 40, 'j': 40, 'k': 40, 'l': 40}, tensor.F64)
	require.ErrorContains(t, search(small, planner.Options{Method: "fast"}), "use auto, exact, greedy, best")
	require.ErrorContains(t, search(&parser.Problem{}, planner.Options{}), "no statement")
	require.ErrorContains(t, search(bigChain(13, 2), planner.Options{Method: "exact"}), "at most 12 factors, this one has 13")

	require.ErrorContains(t, search(small, planner.Options{Objective: "speed"}), "use time, flops, size, write, combo")
	pl := plan(t, small, "")
	var e planner.MemoryError
	require.True(t, errors.As(search(small, planner.Options{Target: target, MaxMemory: 1}), &e))
	require.Equal(t, planner.MemoryError{Need: pl.Peak, Limit: 1, Least: e.Least}, e)
	require.NoError(t, search(small, planner.Options{Target: target, MaxMemory: pl.Peak}))

	huge := map[byte]int{'a': 1 << 20, 'b': 1 << 20, 'c': 1 << 20, 'd': 1 << 20}
	require.ErrorContains(t, search(einsum("ab,bc,cd,da->abcd", huge, tensor.F64), planner.Options{}), "the result of statement 1, [a=1048576,b=")
	m := newMaker(huge) // Σ_abcd relu(Σ_a A[ab]*A[cd]), inner sums in full
	m.tensor("A", "ab", tensor.F64)
	m.p.Operands = 1
	inner := m.reduce(parser.Sum, m.fn(parser.FnMul, m.ref(0, "ab"), m.ref(0, "cd")), "bcd")
	m.reduce(parser.Sum, m.fn(parser.FnRelu, inner), "")
	m.assign("", "", -1, parser.Sum)
	require.NoError(t, search(&m.p, planner.Options{Target: target}), "slices fit")
	require.ErrorContains(t, search(&m.p, planner.Options{Target: target, Whole: true}), "the temporary [b=1048576,c=1048576,d=1048576] would need more than 2^46 bytes")

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := planner.Search(ctx, small, planner.Options{})
	require.ErrorIs(t, err, context.Canceled)
	ctx, cancel = context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_, err = planner.Search(ctx, bigChain(20000, 2), planner.Options{})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestVerifyCatches(t *testing.T) {
	break_ := func(want string, f func(*planner.Plan)) {
		t.Helper()
		pl := plan(t, einsum("ij,jk,kl,lm->im", map[byte]int{'i': 30, 'j': 30, 'k': 30, 'l': 30, 'm': 30}, tensor.F32), "")
		f(pl)
		require.ErrorContains(t, pl.Verify(), want)
	}
	last := func(pl *planner.Plan) *planner.Step { return &pl.Steps[len(pl.Steps)-1] }
	temps := func(pl *planner.Plan) (out []*planner.Buffer) {
		for i := range pl.Buffers {
			if pl.Buffers[i].Kind == planner.Temp {
				out = append(out, &pl.Buffers[i])
			}
		}
		return out
	}
	break_("before it is written", func(pl *planner.Plan) { pl.Steps[0], pl.Steps[1] = pl.Steps[1], pl.Steps[0] })
	break_("overlap", func(pl *planner.Plan) {
		temps(pl)[1].Offset = temps(pl)[0].Offset
		pl.Peak -= pl.Arena - temps(pl)[0].Bytes/64*64 - 64
		pl.Arena = temps(pl)[0].Bytes/64*64 + 64
	})
	break_("arena", func(pl *planner.Plan) { temps(pl)[0].Offset++ })
	break_("peak", func(pl *planner.Plan) { pl.Peak++ })
	break_("no class", func(pl *planner.Plan) { last(pl).K = nil })
	break_("not those of the output", func(pl *planner.Plan) { last(pl).N = nil })
	break_("wrong class", func(pl *planner.Plan) { last(pl).M, last(pl).N = last(pl).N, last(pl).M })
	break_("no input", func(pl *planner.Plan) { last(pl).Body[0].Input = 7 })
	break_("is live", func(pl *planner.Plan) { temps(pl)[0].Last++ })
	break_("extent", func(pl *planner.Plan) { pl.Buffers[last(pl).Out.Buffer].Shape[0]++ })
}
