package lower

import (
	"fmt"
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/internal/fault"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// strategy is a way to lower steps.
type strategy struct {
	name  cost.Strategy
	fits  func(*lowering, *planner.Step) bool
	build func(l *lowering, step int) error
	space func(*lowering, *planner.Step) (shared, worker int64) // bytes of workspace that build's nests take
}

// strategies lists the builders. The cost model names one for each step; a step that it does not fit is
// lowered by the last, which takes any.
var strategies = [...]strategy{
	{cost.Packed, packs, packed, packedSpace},
	{cost.Fused, fuses, fused, fusedSpace},
	{cost.Direct, func(*lowering, *planner.Step) bool { return true }, direct, directSpace},
}

// lowering is a program in the making.
type lowering struct {
	plan     *planner.Plan
	target   cost.Target
	dims     map[Dim]int // entries of the step's piece of the dims array; nil if nothing is left to it
	strides  bool        // all strides are
	dense    bool        // none are, though extents may be
	sizes    *parser.Sizes
	views    [][]parser.IndexID // of each buffer's axes, once asked for
	first    int                // where the step's piece begins
	prog     *Program
	seen     map[string]int // nests by what they compile to
	known    map[string]phases
	inLoop   []bool // of each step: a loop that workers share is around it; nil for none
	blocking func(d tensor.DType, place cost.Places, batch, m, n, k int64) cost.Blocking
	past     int64 // bytes of C from which tiles store past the cache
}

// Lower turns a plan into nests for a target. It fails on expressions that no operation computes (the
// error names the step), and with an internal error if a nest is not sound.
func Lower(plan *planner.Plan, target cost.Target, opts Options) (*Program, error) {
	return newLowering(plan, target, opts).lower(opts)
}

func newLowering(plan *planner.Plan, target cost.Target, opts Options) *lowering {
	l := sketch(plan, target, opts)
	l.prog, l.seen, l.known, l.inLoop = &Program{}, map[string]int{}, map[string]phases{}, plan.InParallel()
	return l
}

// sketch is a lowering that makes kernels of steps, but no program of them.
func sketch(plan *planner.Plan, target cost.Target, opts Options) *lowering {
	l := &lowering{plan: plan, target: target, blocking: target.Blocking, past: tileStreamBytes}
	l.strides, l.dense, l.sizes = opts.RuntimeStrides, opts.Dense, opts.Sizes
	if l.strides || l.sizes != nil {
		l.dims, l.prog = map[Dim]int{}, &Program{}
	}
	return l
}

func (l *lowering) lower(opts Options) (*Program, error) {
	for i := range l.plan.Steps {
		l.first = len(l.prog.Dims)
		clear(l.dims)
		o, done := l.repeat(i)
		if done {
			continue
		}
		l.stepStrides(i)
		first := len(l.prog.Phases)
		if err := l.step(i, opts); err != nil {
			return nil, fmt.Errorf("step %d: %w", i, err)
		}
		l.remember(o, first)
	}
	if l.dims != nil {
		l.windowDims()
	}
	if l.sizes != nil {
		l.placeTemps()
	}
	return l.prog, nil
}

// windowDims adds the strides that loops move windows by, where no step has them.
func (l *lowering) windowDims() {
	has := map[Dim]bool{}
	for _, s := range l.prog.Dims {
		has[s] = true
	}
	for i := range l.plan.Buffers {
		b := &l.plan.Buffers[i]
		if b.Window == nil || b.Kind == planner.Temp {
			continue
		}
		for _, m := range b.Window.Moves {
			if s := StrideOf(b.Window.Of, m.Axis); !has[s] {
				has[s] = true
				l.prog.Dims = append(l.prog.Dims, s)
			}
		}
	}
}

func (l *lowering) step(i int, opts Options) error {
	s := &l.plan.Steps[i]
	if len(s.Body) == 0 {
		return fault.Errorf("no body")
	}
	return l.strategy(s, opts).build(l, i)
}

// strategy is the one that lowers a step.
func (l *lowering) strategy(s *planner.Step, opts Options) *strategy {
	last := len(strategies) - 1
	for i := range strategies[:last] {
		if st := &strategies[i]; !opts.DirectOnly && l.wants(st.name, s) && st.fits(l, s) {
			return st
		}
	}
	return &strategies[last]
}

// wants tells whether a step is to be lowered by a strategy, if it fits: the one that is cheapest, or, for open rows, columns
// or terms, packing, which is right for large products and bearable for small ones. What is cheapest is estimated of code for
// known extents: without them, the direct strategy has no tiles of rows.
func (l *lowering) wants(strategy cost.Strategy, s *planner.Step) bool {
	open := slices.ContainsFunc(slices.Concat(s.M, s.N, s.K), l.isOpen)
	if strategy == cost.Packed && open && l.mayFillTiles(s.M) && l.mayFillTiles(s.N) {
		return true
	}
	return strategy == s.Estimate.Strategy
}

// mayFillTiles tells whether rows or columns of some indices are open, or enough for tiles to be worth packing for.
func (l *lowering) mayFillTiles(ids []parser.IndexID) bool {
	const least = 8
	n := 1
	for _, ix := range ids {
		if l.isOpen(ix) {
			return true
		}
		n = min(n*l.plan.Problem.Indices[ix].Extent, least)
	}
	return n >= least
}

// phase appends a phase that runs tasks of a nest. Equal nests are kept once.
func (l *lowering) phase(step int, n *loop.Nest, tasks loop.Size, nanos float64, args []Arg) error {
	ph := Phase{Step: step, Tasks: l.absolute(tasks), Nanos: nanos, Dims: l.first, Args: args}
	if n.Dims > 0 {
		n.Dims = len(l.dims)
	}
	if err := loop.Verify(n); err != nil {
		return fault.Errorf("nest %q: %w", n.Strategy, err)
	}
	key := n.Strategy + "\n" + n.Canonical()
	id, ok := l.seen[key]
	if !ok {
		id = len(l.prog.Nests)
		l.seen[key] = id
		l.prog.Nests = append(l.prog.Nests, n)
	}
	for i, p := range n.Params {
		l.takes(step, p, args[i])
	}
	ph.Nest = id
	l.prog.Phases = append(l.prog.Phases, ph)
	return nil
}

// takes counts the workspace of a parameter.
func (l *lowering) takes(step int, p loop.Param, a Arg) {
	size := p.Hi
	if a.Buffer == Sums {
		size, p.Role = cost.MostSums, loop.Shared
	}
	end := wholeLines(a.Offset + size*int64(p.DType.Size()))
	switch {
	case p.Role == loop.Shared && l.inLoop != nil && l.inLoop[step]:
		l.prog.Apart = max(l.prog.Apart, end)
	case p.Role == loop.Shared:
		l.prog.Shared = max(l.prog.Shared, end)
	case p.Role == loop.Worker:
		l.prog.Worker = max(l.prog.Worker, end)
	}
}
