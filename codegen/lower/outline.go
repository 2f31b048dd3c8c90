package lower

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
)

// outline says of a step all that its nests depend on, with indices and buffers numbered in the order
// in which the step names them: steps with equal outlines have equal nests. Networks have many of those.
type outline struct {
	key     []byte
	buffers []int // by number
	indices []parser.IndexID
}

// phases is what an outline was lowered to.
type phases struct {
	first, end int    // of the program's phases
	dims       [2]int // where its piece of the dims array begins and ends
	buffers    []int  // of the step that was lowered
}

// repeat lowers a step like an earlier one with the same outline; false if there was none. It returns the
// outline.
func (l *lowering) repeat(step int) (*outline, bool) {
	o := l.outline(step)
	old, ok := l.known[string(o.key)]
	if !ok {
		return o, false
	}
	moved := l.first - old.dims[0]
	for _, s := range l.prog.Dims[old.dims[0]:old.dims[1]] {
		l.prog.Dims = append(l.prog.Dims, l.likeOld(s, old, o, moved))
	}
	later := func(s loop.Size) loop.Size {
		if s.Dim > 0 {
			s.Dim += moved
		}
		return s
	}
	for _, t := range l.prog.Turns {
		if t.First >= old.first && t.End <= old.end {
			by := len(l.prog.Phases) - old.first
			l.prog.Turns = append(l.prog.Turns, Turns{t.First + by, t.End + by, later(t.Count)})
		}
	}
	for _, ph := range l.prog.Phases[old.first:old.end] {
		ph.Step, ph.Dims, ph.Args, ph.Tasks = step, l.first, slices.Clone(ph.Args), later(ph.Tasks)
		if ph.Scale > 0 {
			ph.Scale += moved
		}
		for i := range ph.Args {
			if a := &ph.Args[i]; a.Buffer >= 0 {
				a.Buffer = o.buffers[slices.Index(old.buffers, a.Buffer)]
			}
		}
		l.prog.Phases = append(l.prog.Phases, ph)
	}
	return o, true
}

// likeOld is an entry of the dims array for a step that does what an earlier one does.
func (l *lowering) likeOld(d Dim, old phases, o *outline, moved int) Dim {
	switch {
	case d.Op == DimStride:
		at := slices.IndexFunc(old.buffers, func(b int) bool { return l.whole(b) == d.Buffer })
		d.Buffer = l.whole(o.buffers[at])
	case d.Op > DimSize:
		d.A += moved
		if d.B >= 0 {
			d.B += moved
		}
	}
	return d
}

// remember notes what a step was lowered to: the phases from number first on.
func (l *lowering) remember(o *outline, first int) {
	l.known[string(o.key)] = phases{first, len(l.prog.Phases), [2]int{l.first, len(l.prog.Dims)}, o.buffers}
}

// whole is the buffer that b is a window of, or b.
func (l *lowering) whole(b int) int {
	if w := l.plan.Buffers[b].Window; w != nil {
		return w.Of
	}
	return b
}

func (l *lowering) outline(step int) *outline {
	s, o := &l.plan.Steps[step], &outline{key: make([]byte, 0, 256)}
	l.view(o, s.Out)
	o.refs(l, s.Inputs)
	o.refs(l, s.Extra)
	if o.int(s.Old); s.Old >= 0 {
		l.view(o, planner.Ref{Buffer: s.Old, Axes: s.Out.Axes})
	}
	for _, ids := range [][]parser.IndexID{s.B, s.M, s.N, s.K} {
		o.ids(l, ids)
	}
	o.int(int(s.OldOp), s.Core[0], s.Core[1], int(s.Reduce))
	shared := 0
	if l.inLoop != nil && l.inLoop[step] {
		shared = 1
	}
	o.int(shared)
	o.expr(s.Body)
	o.expr(s.Epilogue)
	e := &s.Estimate
	o.key = append(o.key, e.Strategy...)
	o.key = binary.AppendUvarint(o.key, math.Float64bits(e.Nanos))
	o.int(int(e.Shared), int(e.PerWorker))
	return o
}

func (o *outline) int(ns ...int) {
	for _, n := range ns {
		o.key = binary.AppendVarint(o.key, int64(n))
	}
}

// ids adds indices by number; one that is new brings its extent.
func (o *outline) ids(l *lowering, ids []parser.IndexID) {
	o.int(len(ids))
	for _, id := range ids {
		if id == parser.NoIndex {
			o.int(-1)
			continue
		}
		n := slices.Index(o.indices, id)
		if n < 0 {
			n = len(o.indices)
			o.indices = append(o.indices, id)
			o.int(n, l.plan.Problem.Indices[id].Extent)
			if l.isOpen(id) {
				o.int(-2 - l.sizes.OfIndex[id])
			}
			continue
		}
		o.int(n)
	}
}

func (o *outline) refs(l *lowering, refs []planner.Ref) {
	o.int(len(refs))
	for _, r := range refs {
		l.view(o, r)
	}
}

// buffer adds a buffer by number, and reports whether it is new.
func (o *outline) buffer(b int) bool {
	n := slices.Index(o.buffers, b)
	if n >= 0 {
		o.int(n)
		return false
	}
	o.int(len(o.buffers))
	o.buffers = append(o.buffers, b)
	return true
}

// view adds what a reference reads or writes, and how it lies in memory.
func (l *lowering) view(o *outline, r planner.Ref) {
	b := &l.plan.Buffers[r.Buffer]
	if o.buffer(r.Buffer) {
		o.int(int(b.Kind), int(b.DType))
		if b.Window != nil {
			o.buffer(b.Window.Of)
		}
		for a, n := range b.Strides() {
			o.int(b.Shape[a], n)
		}
	}
	o.ids(l, r.Axes)
}

func (o *outline) expr(e parser.Expr) {
	o.int(len(e))
	for i := range e {
		n := &e[i]
		o.int(int(n.Kind), int(n.DType), int(n.Fn), n.Input, int(n.Int), len(n.Args))
		for _, a := range n.Args {
			o.int(int(a))
		}
		o.key = binary.AppendUvarint(o.key, math.Float64bits(n.Value))
	}
}
