package planner_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
)

// machine runs sliced plans on memory of its own for each whole buffer.
type machine struct {
	*planner.Plan
	r       *rand.Rand
	buffers []array
	at      []int // the first item of each loop's position
}

func runSliced(pl *planner.Plan, operands []array, r *rand.Rand) array {
	m := &machine{Plan: pl, r: r, at: make([]int, len(pl.Loops))}
	result := 0
	for i, b := range pl.Buffers {
		if b.Window != nil {
			m.buffers = append(m.buffers, array{})
			continue
		}
		m.buffers = append(m.buffers, newArray(b.Shape))
		switch b.Kind {
		case planner.Operand:
			m.buffers[i] = operands[b.Operand]
		case planner.Output:
			result = i
		}
		if b.Kind != planner.Operand {
			poison(m.buffers[i].data)
		}
	}
	m.run(0, len(pl.Steps), 0)
	return m.buffers[result]
}

func poison(data []float64) {
	for i := range data {
		data[i] = math.NaN()
	}
}

// run runs steps lo…hi-1; loops from number l on are inside.
func (m *machine) run(lo, hi, l int) {
	for i := lo; i < hi; {
		for l < len(m.Loops) && m.Loops[l].First < i {
			l++
		}
		if l < len(m.Loops) && m.Loops[l].First == i && m.Loops[l].End <= hi {
			m.loop(l)
			i = m.Loops[l].End
			continue
		}
		m.step(&m.Steps[i])
		i++
	}
}

// loop runs positions in any order where workers share them, and forgets what it wrote in the last.
func (m *machine) loop(l int) {
	o := &m.Loops[l]
	for p, q := range m.r.Perm(o.Count) {
		if o.Parallel {
			p = q
		}
		for i, b := range m.Buffers {
			if b.Kind == planner.Temp && b.Window == nil && b.First >= o.First && b.Last < o.End {
				poison(m.buffers[i].data)
			}
		}
		m.at[l] = o.Begin + p*o.Chunk
		m.run(o.First, o.End, l+1)
	}
}

// place is the element of a view.
func (m *machine) place(r planner.Ref, env []int) *float64 {
	b, p := &m.Buffers[r.Buffer], 0
	whole, of := r.Buffer, b
	shift := make([]int, len(r.Axes))
	if b.Window != nil {
		whole, of = b.Window.Of, &m.Buffers[b.Window.Of]
		for _, v := range b.Window.Moves {
			shift[v.Axis] = m.at[v.Loop]
		}
	}
	for a, e := range of.Shape {
		p = p*e + shift[a]
		if r.Axes[a] != parser.NoIndex {
			p += env[r.Axes[a]]
		}
	}
	return &m.buffers[whole].data[p]
}

func (m *machine) step(s *planner.Step) {
	env := make([]int, len(m.Problem.Indices))
	read := func(refs []planner.Ref) []float64 {
		v := make([]float64, len(refs))
		for i, r := range refs {
			v[i] = *m.place(r, env)
		}
		return v
	}
	if len(distinct(s.Out.Axes)) < len(slices.DeleteFunc(slices.Clone(s.Out.Axes), func(i parser.IndexID) bool { return i == parser.NoIndex })) {
		out := m.buffers[s.Out.Buffer].data // never a window: diagonals are not sliced
		clear(out)
		if s.Old >= 0 {
			copy(out, m.buffers[s.Old].data)
		}
	}
	each(m.Problem, slices.Concat(s.B, s.M, s.N), env, func() {
		value := func() float64 { return evalScalar(s.Body, read(s.Inputs)) }
		v := 0.0
		if len(s.K) > 0 {
			v = fold(m.Problem, s.Reduce, s.K, env, value)
		} else {
			v = value()
		}
		if len(s.Epilogue) > 0 {
			v = evalScalar(s.Epilogue, append([]float64{v}, read(s.Extra)...))
		}
		if s.Old >= 0 {
			v = combine(s.OldOp, *m.place(planner.Ref{Buffer: s.Old, Axes: s.Out.Axes}, env), v)
		}
		*m.place(s.Out, env) = v
	})
}

// randomSlices cuts some indices into pieces of any size.
func randomSlices(r *rand.Rand, p *parser.Problem) []planner.SliceIndex {
	var cuts []planner.SliceIndex
	for _, i := range r.Perm(len(p.Indices)) {
		if e := p.Indices[i].Extent; e > 1 && r.IntN(2) == 0 {
			cuts = append(cuts, planner.SliceIndex{Index: parser.IndexID(i), Chunk: 1 + r.IntN(e)})
		}
	}
	return cuts
}

// checkSliced compares a sliced plan with the definition.
func checkSliced(t *testing.T, p *parser.Problem, r *rand.Rand, cuts []planner.SliceIndex, name string) *planner.Plan {
	pl, err := planner.Search(context.Background(), p, planner.Options{Target: target, Slices: cuts, Fusing: planner.FusePairs})
	require.NoError(t, err, name)
	require.NoError(t, pl.Verify(), "%s\n%s", name, pl)
	var operands []array
	for i := range p.Operands {
		operands = append(operands, newArray(p.Tensors[i].Shape))
		for e := range operands[i].data {
			operands[i].data[e] = float64(r.IntN(5) - 2)
		}
	}
	require.Equal(t, naive(p, operands).data, runSliced(pl, operands, r).data, "%s\n%s", name, pl)
	return pl
}

func TestSlicedEinsums(t *testing.T) {
	sliced, parallel := 0, 0
	for seed := range uint64(800) {
		r := rand.New(rand.NewPCG(seed, 3))
		eq, extents := randomEinsum(r, 2+r.IntN(7))
		p := einsum(eq, extents, tensor.I64)
		pl := checkSliced(t, p, r, randomSlices(r, p), fmt.Sprintf("seed %d: %s %v", seed, eq, extents))
		if len(pl.Loops) > 0 {
			sliced++
		}
		for _, l := range pl.Loops {
			if l.Parallel {
				parallel++
			}
		}
	}
	require.Greater(t, sliced, 100)
	require.Greater(t, parallel, 60)
}

// The programs divide and take exponentials, whose values depend on the order of summation: what they
// are compared with is the same plan unsliced, so integers it is.
func TestSlicedPrograms(t *testing.T) {
	sliced := 0
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 2))
		p := randomProgram(r)
		cuts := randomSlices(r, p)
		pl, err := planner.Search(context.Background(), p, planner.Options{Target: target, Slices: cuts, Fusing: planner.FusePairs})
		require.NoError(t, err, "seed %d", seed)
		require.NoError(t, pl.Verify(), "seed %d\n%s", seed, pl)
		var operands []array
		for i := range p.Operands {
			operands = append(operands, newArray(p.Tensors[i].Shape))
			for e := range operands[i].data {
				operands[i].data[e] = float64(r.IntN(3) + 1)
			}
		}
		want, got := naive(p, operands).data, runSliced(pl, operands, r).data
		for i := range want {
			same := want[i] == got[i] || math.IsNaN(want[i]) || math.Abs(want[i]-got[i]) <= 1e-9*math.Abs(want[i])
			require.True(t, same || math.IsInf(want[i], 0), "seed %d: %v, want %v\n%s", seed, got[i], want[i], pl)
		}
		if len(pl.Loops) > 0 {
			sliced++
		}
	}
	require.Greater(t, sliced, 20)
}

// chainOf is a product of matrices with a wide index in the middle.
func chainOf() *parser.Problem {
	return einsum("ab,bc,cd,de->ae", map[byte]int{'a': 64, 'b': 30, 'c': 2000, 'd': 31, 'e': 60}, tensor.F32)
}

func TestMemoryLimit(t *testing.T) {
	search := func(p *parser.Problem, limit int64, workers int) (*planner.Plan, error) {
		to := target
		to.Workers = workers
		return planner.Search(context.Background(), p, planner.Options{Target: to, MaxMemory: limit, Fusing: planner.FusePairs})
	}
	for _, p := range []*parser.Problem{
		einsum("abc,cde,bef,dfg->ag", map[byte]int{'a': 50, 'b': 13, 'c': 7, 'd': 11, 'e': 9, 'f': 8, 'g': 40}, tensor.F32),
		einsum("abx,bcx,cax->x", map[byte]int{'a': 60, 'b': 61, 'c': 62, 'x': 40}, tensor.F64),
	} {
		free, err := search(p, 0, 2)
		require.NoError(t, err)
		require.Empty(t, free.Loops)
		var none planner.MemoryError
		_, err = search(p, 1, 2)
		require.True(t, errors.As(err, &none))
		require.Equal(t, planner.MemoryError{Need: none.Need, Limit: 1, Least: none.Least}, none)
		require.LessOrEqual(t, none.Need, free.Peak, "copies are no need")
		require.Less(t, none.Least, free.Peak/4, free.String())
		for limit := none.Need - 1; limit > none.Least; limit = limit * 2 / 3 {
			pl, err := search(p, limit, 2)
			require.NoError(t, err)
			require.NoError(t, pl.Verify())
			require.LessOrEqual(t, pl.Peak, limit)
			require.NotEmpty(t, pl.Loops)
		}
		least, err := search(p, none.Least, 2)
		require.NoError(t, err, "the smallest limit named holds")
		require.LessOrEqual(t, least.Peak, none.Least)
		_, err = search(p, none.Least-1, 2)
		require.True(t, errors.As(err, &none))
	}
}

// Where one worker runs all loops, plans of the same slices are made once until a limit holds.
func TestFittingTriesSlicesOnce(t *testing.T) {
	to, p := target, chainOf()
	to.Workers = 1
	plans, cuts := map[*planner.Plan]bool{}, map[string]bool{}
	pl, err := planner.Search(context.Background(), p, planner.Options{Target: to, MaxMemory: 500, Fusing: planner.FusePairs,
		Workspace: func(pl *planner.Plan, _ *planner.Step) (int64, int64) {
			plans[pl], cuts[fmt.Sprint(pl.Slices)] = true, true
			return 0, 0
		}})
	require.NoError(t, err)
	require.NotEmpty(t, pl.Loops)
	require.Len(t, plans, len(cuts))
}

// Who ends the search for slices gets the plan that fits, or an error that says why there is none.
func TestStopEndsFitting(t *testing.T) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	p := chainOf()
	path := [][2]int{{0, 1}, {2, 3}, {4, 5}} // both halves are wide
	free, err := planner.SearchPath(context.Background(), p, planner.Options{Target: target}, path)
	require.NoError(t, err)
	opts := planner.Options{Target: target, MaxMemory: free.Peak / 2, Stop: ended}
	_, err = planner.SearchPath(context.Background(), p, opts, path)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, planner.MemoryError{Need: free.Peak, Limit: opts.MaxMemory, Least: free.Peak, Cause: context.Canceled}, err)
	require.ErrorContains(t, err, "was interrupted: raise the limit, use")
	opts.Slices, opts.Way = []planner.SliceIndex{{Index: 2, Chunk: 100}}, planner.SliceWay{Serial: true, Lean: true}
	pl, err := planner.SearchPath(context.Background(), p, opts, path)
	require.NoError(t, err, "the slices that are asked for fit")
	require.LessOrEqual(t, pl.Peak, opts.MaxMemory)
	opts.Slices, opts.Stop = nil, context.Background()
	_, err = planner.SearchPath(context.Background(), p, opts, path)
	require.NoError(t, err)
}

// Temporaries beyond what can be are sliced like others: no path is dropped for one nest over all indices.
func TestVastTemporaries(t *testing.T) {
	long := map[byte]int{'a': 9000000, 'b': 3, 'c': 9000000, 'd': 3, 'e': 2}
	cube := map[byte]int{}
	for i := range byte(12) {
		cube['a'+i] = 2000
	}
	fivefold := map[byte]int{'i': 1 << 20, 'j': 1 << 20, 'k': 1 << 20, 'l': 1 << 20, 'm': 1 << 20, 'x': 2}
	for _, c := range []struct {
		equation string
		extents  map[byte]int
		path     [][2]int // nil to search
	}{
		{"ab,bc,cd,de->ae", long, [][2]int{{0, 1}, {2, 3}, {4, 5}}},
		{"ab,bc,cd,de->ae", long, [][2]int{{0, 1}, {2, 4}, {3, 5}}},
		{"ix,jx,kx,lx,mx,i,j,k,l,m->", fivefold, [][2]int{{0, 1}, {2, 10}, {3, 11}, {4, 12}, {5, 13}, {6, 14}, {7, 15}, {8, 16}, {9, 17}}}, // 2^103 bytes
		{"abc,ade,bfg,dfh,cij,eik,gjl,hkl->", cube, nil},
	} {
		p := einsum(c.equation, c.extents, tensor.F64)
		for _, limit := range []int64{0, 1 << 30, 1 << 50} {
			opts := planner.Options{Target: target, MaxMemory: limit}
			pl, err := planner.Search(context.Background(), p, opts)
			if c.path != nil {
				pl, err = planner.SearchPath(context.Background(), p, opts, c.path)
			}
			require.NoError(t, err, c.equation)
			require.NoError(t, pl.Verify())
			require.NotEmpty(t, pl.Loops)
			require.LessOrEqual(t, pl.Peak, min(cmp.Or(limit, 1<<46), 1<<46))
			path, groups, err := pl.Unsliced().Path()
			require.NoError(t, err)
			require.LessOrEqual(t, len(slices.Concat(groups...)), p.Operands-2, "no single step")
			if c.path != nil && len(groups) == 0 {
				require.ElementsMatch(t, c.path, path)
			}
			opts.Whole = true
			if c.path != nil {
				_, err = planner.SearchPath(context.Background(), p, opts, c.path)
				require.ErrorContains(t, err, "the temporary [")
			}
		}
	}
}

// What does not have the sliced index is computed once.
func TestHoisting(t *testing.T) {
	p := einsum("ab,bc,cx,xd->ad", map[byte]int{'a': 9, 'b': 10, 'c': 11, 'x': 12, 'd': 13}, tensor.I64)
	pl := checkSliced(t, p, rand.New(rand.NewPCG(1, 1)), []planner.SliceIndex{{Index: 3, Chunk: 5}}, "hoisting")
	for i := range pl.Steps {
		if !slices.ContainsFunc(pl.Steps[i].Slice, func(i parser.IndexID) bool { return i == 3 }) {
			return
		}
	}
	t.Fatalf("every step is repeated\n%s", pl)
}

func TestSliceErrors(t *testing.T) {
	refused := func(why string, cuts ...planner.SliceIndex) {
		_, err := planner.Search(context.Background(), chainOf(), planner.Options{Target: target, Slices: cuts})
		require.ErrorContains(t, err, why)
	}
	for _, cut := range []planner.SliceIndex{{Index: 99, Chunk: 1}, {Index: -1, Chunk: 1}, {Index: 0, Chunk: 0}} {
		refused("no index", cut)
	}
	for i := range parser.IndexID(5) { // a sum over pieces of pieces would have every term several times
		refused("twice", planner.SliceIndex{Index: i, Chunk: 8}, planner.SliceIndex{Index: i, Chunk: 4})
	}
}

func TestVerifyLoops(t *testing.T) {
	damage := func(what string, f func(*planner.Plan)) {
		pl, err := planner.Search(context.Background(), chainOf(), planner.Options{Target: target, Fusing: planner.FusePairs,
			Slices: []planner.SliceIndex{{Index: 4, Chunk: 15}, {Index: 1, Chunk: 14}}})
		require.NoError(t, err)
		require.NoError(t, pl.Verify())
		require.Len(t, pl.Loops, 3, pl.String())
		require.Contains(t, pl.String(), "for 4 slices of e=60, 15 at a time, side by side\n")
		f(pl)
		require.Error(t, pl.Verify(), what)
	}
	damage("beyond the extent", func(pl *planner.Plan) { pl.Loops[0].Count++ })
	damage("so many pieces that their number times their size wraps", func(pl *planner.Plan) { pl.Loops[0].Count = 1 << 62 })
	damage("beyond the steps", func(pl *planner.Plan) { pl.Loops[0].End = len(pl.Steps) + 1 })
	damage("not nested", func(pl *planner.Plan) { pl.Loops[0].End = pl.Loops[1].End - 1 })
	damage("a piece of another extent", func(pl *planner.Plan) { pl.Loops[0].Piece = 1 })
	damage("a parallel loop inside", func(pl *planner.Plan) { pl.Loops[1].Parallel = true })
	damage("a window beyond its loop", func(pl *planner.Plan) { pl.Steps[len(pl.Steps)-1].Inputs[0].Buffer = 0 })
	damage("private", func(pl *planner.Plan) { pl.Private += 64 })
	damage("window of nothing", func(pl *planner.Plan) {
		for i := range pl.Buffers {
			if w := pl.Buffers[i].Window; w != nil {
				w.Of = len(pl.Buffers)
			}
		}
	})
}

func TestSlicesFor(t *testing.T) {
	got := planner.SlicesFor(chainOf(), []planner.Slice{{Index: 2, Parts: 3}, {Index: 0, Parts: 1}, {Index: 1, Parts: 30}})
	require.Equal(t, []planner.SliceIndex{{Index: 2, Chunk: 667}, {Index: 1, Chunk: 1}}, got)
	got = planner.SlicesFor(chainOf(), []planner.Slice{{Index: 2, Parts: math.MaxInt64}})
	require.Equal(t, []planner.SliceIndex{{Index: 2, Chunk: 1}}, got)
}

// Slices that are asked for are where fitting into memory begins.
func TestSlicesAreCutFurther(t *testing.T) {
	opts := planner.Options{Target: target, Fusing: planner.FusePairs, Slices: []planner.SliceIndex{{Index: 0, Chunk: 32}}}
	asked, err := planner.Search(context.Background(), chainOf(), opts)
	require.NoError(t, err)
	opts.MaxMemory = asked.Peak
	same, err := planner.Search(context.Background(), chainOf(), opts)
	require.NoError(t, err)
	require.Equal(t, opts.Slices, same.Slices, "what fits is left alone")
	opts.MaxMemory = asked.Peak / 2
	less, err := planner.Search(context.Background(), chainOf(), opts)
	require.NoError(t, err)
	require.NoError(t, less.Verify())
	require.LessOrEqual(t, less.Peak, opts.MaxMemory)
	require.LessOrEqual(t, less.Slices[0].Chunk, 32)
	require.EqualValues(t, 0, less.Slices[0].Index)
}
