package codegen

import (
	"cmp"
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/codegen/lower"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/runtime/object"
)

// space is how a worker's own memory is used: what nests ask for comes first; in loops that workers
// share, temporaries and what is shared elsewhere follow.
type space struct {
	temps, shared, size int64
	in                  []bool // of each step: a loop that workers share is around it
}

func spaceOf(plan *planner.Plan, prog *lower.Program) space {
	up := func(n int64) int64 { return (n + object.Align - 1) / object.Align * object.Align }
	s := space{size: prog.Worker, in: plan.InParallel()}
	if plan.Private > 0 || prog.Apart > 0 {
		s.temps = up(prog.Worker)
		s.shared = s.temps + up(plan.Private)
		s.size = s.shared + prog.Apart
	}
	return s
}

// inside reports whether one worker alone runs a step, while others run it for other slices.
func (s space) inside(step int) bool { return s.in != nil && s.in[step] }

// arg finds where a parameter of a step's nest lies and what moves it.
func (u *Unit) arg(p loop.Param, a lower.Arg, s space, step int) object.Arg {
	switch {
	case (p.Role == loop.Shared || a.Buffer == lower.Sums) && s.inside(step):
		return object.Arg{Area: object.AreaWorker, Offset: s.shared + a.Offset}
	case p.Role == loop.Shared || a.Buffer == lower.Sums:
		return object.Arg{Area: object.AreaShared, Offset: a.Offset}
	case p.Role == loop.Worker:
		return object.Arg{Area: object.AreaWorker, Offset: a.Offset}
	}
	b, moves := &u.Plan.Buffers[a.Buffer], u.moves(a.Buffer)
	if b.Window != nil {
		b = &u.Plan.Buffers[b.Window.Of]
	}
	switch {
	case b.Kind == planner.Temp && b.Private:
		return object.Arg{Area: object.AreaWorker, Offset: s.temps + b.Offset + a.Offset, Moves: moves}
	case b.Kind == planner.Temp && u.Sizes != nil:
		at := u.Program.Temps[a.Buffer]
		if at.Dim > 0 {
			return object.Arg{Area: object.AreaArena, Dim: at.Dim}
		}
		return object.Arg{Area: object.AreaArena, Offset: at.Value}
	case b.Kind == planner.Temp:
		return object.Arg{Area: object.AreaArena, Offset: b.Offset + a.Offset, Moves: moves}
	}
	return object.Arg{Area: object.AreaParam, Index: slot(b), Offset: a.Offset, Moves: moves}
}

// moves tells how loops move a window. Their loops are the plan's until Unit.loops numbers them.
func (u *Unit) moves(buffer int) []object.Move {
	b := &u.Plan.Buffers[buffer]
	if b.Window == nil {
		return nil
	}
	var ms []object.Move
	for _, m := range b.Window.Moves {
		size := int64(b.DType.Size())
		move := object.Move{Loop: m.Loop, Bytes: int64(b.Layout.Strides[m.Axis]) * size, Dim: object.NoDim}
		if d := slices.Index(u.Program.Dims, lower.StrideOf(b.Window.Of, m.Axis)); d >= 0 {
			move.Bytes, move.Dim = size, d
		}
		ms = append(ms, move)
	}
	return ms
}

// loops turns the plan's loops around steps, and the turns of steps, into loops around launches, an outer one before those
// inside it. It renumbers the moves, and lets turns move launches on.
func (u *Unit) loops(launches []object.Launch) []object.Loop {
	around := append(u.planLoops(), u.turns()...)
	slices.SortStableFunc(around, func(a, b looped) int { return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(b.End, a.End)) })
	number := make([]int, len(u.Plan.Loops))
	loops := make([]object.Loop, len(around))
	for i, l := range around {
		if loops[i] = l.Loop; l.plan >= 0 {
			number[l.plan] = i
			continue
		}
		for j := l.First; j < l.End; j++ {
			launches[j].Advance = i + 1
		}
	}
	for i := range launches {
		for j := range launches[i].Args {
			ms := launches[i].Args[j].Moves
			for k := range ms {
				ms[k].Loop = number[ms[k].Loop]
			}
		}
	}
	return loops
}

// looped is a loop around launches, and its number in the plan; -1 for the turns of a step, which are inside all loops of the
// plan.
type looped struct {
	object.Loop
	plan int
}

// planLoops are the plan's loops, but for those around nothing.
func (u *Unit) planLoops() (loops []looped) {
	first := make([]int, len(u.Plan.Steps)+1) // launch of each step
	for i, at := 0, 0; i < len(first); i++ {
		for at < len(u.Program.Phases) && u.Program.Phases[at].Step < i {
			at++
		}
		first[i] = at
	}
	for i, l := range u.Plan.Loops {
		if first[l.First] < first[l.End] {
			loops = append(loops, looped{object.Loop{First: first[l.First], End: first[l.End], Begin: int64(l.Begin),
				Step: int64(l.Chunk), Count: int64(l.Count), Parallel: l.Parallel}, i})
		}
	}
	return loops
}

// turns are the loops of steps that are done in turns.
func (u *Unit) turns() (loops []looped) {
	for _, t := range u.Program.Turns {
		l := object.Loop{First: t.First, End: t.End, Step: 1, CountDim: t.Count.Dim}
		if l.CountDim == 0 {
			l.Count = t.Count.Value
		}
		loops = append(loops, looped{l, -1})
	}
	return loops
}
