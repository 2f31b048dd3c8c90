package lower

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// direct lowers any step: a phase that fills what an embedded diagonal leaves out, then the step's
// kernel, in two phases if the reduction is long.
func direct(l *lowering, step int) error {
	ks, err := l.kernels(&l.plan.Steps[step])
	if err != nil || len(ks) == 0 {
		return err
	}
	return l.run(step, ks, l.plan.Steps[step].Estimate.Nanos)
}

// kernels are what the phases of a step run; none if the output has no elements.
func (l *lowering) kernels(s *planner.Step) ([]*kernel, error) {
	k := l.kernel(s)
	if err := k.ordered(); err != nil || k.extent(k.free) == 0 {
		return nil, err
	}
	ks := []*kernel{}
	if len(unique(s.Out.Axes)) < axesWithIndex(s.Out.Axes) {
		ks = append(ks, l.fill(s))
	}
	if k.empty {
		k.reduceNothing()
	}
	k.arrange()
	k.repeatRows(l.target)
	parts := k.splitReduction(l.target)
	parts[0].cutTerms(l.target)
	parts[0].cutBlocks(l.target, s)
	parts[0].keepColumns(l.target, s)
	return append(ks, parts...), nil
}

// ordered refuses maxima and minima of complex values.
func (k *kernel) ordered() error {
	if k.reduces && k.reduce >= parser.Max && k.valueType().IsComplex() {
		return undefined(k.reduce.Fn(), "complex")
	}
	if k.hasOld && k.oldOp >= parser.Max && k.accs[0].DType.IsComplex() {
		return undefined(k.oldOp.Fn(), "complex")
	}
	return nil
}

func axesWithIndex(axes []parser.IndexID) int {
	n := 0
	for _, ix := range axes {
		if ix != parser.NoIndex {
			n++
		}
	}
	return n
}

// run appends a phase for each kernel. The estimate of all is shared out in proportion.
func (l *lowering) run(step int, ks []*kernel, estimate float64) error {
	total := 0.0
	for _, k := range ks {
		total += k.nanos(k.shape(l.target))
	}
	scale := 1.0
	if estimate > total {
		scale = estimate / total
	}
	for _, k := range ks {
		s := k.shape(l.target)
		nanos := k.nanos(s) * scale
		c := k.cut(s, nanos)
		e := newEmitter(l, k, s, c)
		e.nest(c)
		if e.err != nil {
			return e.err
		}
		tasks := l.tasksOf(k, c)
		if err := l.phase(step, e.b.Nest, tasks, nanos/float64(max(c.tasks, 1)), e.args()); err != nil {
			return err
		}
		l.scaleTime(k)
	}
	return nil
}

// tasksOf is the number of tasks that a kernel is cut into.
func (l *lowering) tasksOf(k *kernel, c cuts) loop.Size {
	if !k.runtime {
		return loop.Const(c.tasks)
	}
	tasks := loop.Const(1)
	for _, id := range c.order {
		if c.cut[id] {
			tasks = l.derive(DimMul, l.derive(DimCeilDiv, k.axes[id].size(), loop.Const(c.block[id])), tasks)
		}
	}
	return tasks
}

// scaleTime makes the time of a task of the last phase a multiple of its terms, if their number is open.
func (l *lowering) scaleTime(k *kernel) {
	terms, example := loop.Const(1), int64(1)
	for _, id := range k.red {
		terms, example = l.derive(DimMul, k.axes[id].size(), terms), example*k.axes[id].extent
	}
	if terms.Dim > 0 {
		ph := &l.prog.Phases[len(l.prog.Phases)-1]
		ph.Nanos, ph.Scale = ph.Nanos/float64(example), l.absolute(terms).Dim
	}
}

// Rates of the model, for cutting tasks only.
const (
	opNanos   = 0.25 // a vector operation
	byteNanos = 0.06 // a byte from memory
)

// nanos estimates the time of a kernel on one worker.
func (k *kernel) nanos(s shape) float64 {
	items := float64(k.extent(k.free)) * float64(max(k.extent(k.red), 1))
	bytes := 0.0
	for acc := range k.accs {
		if k.accs[acc].Hi < openElements {
			bytes += float64(k.bytes(acc))
		}
	}
	return max(items*s.unit*opNanos, bytes*byteNanos, 100)
}

// fill makes the kernel that sets all of the output to its old value, or to zero: what an embedded
// diagonal does not write.
func (l *lowering) fill(s *planner.Step) *kernel {
	out := l.buffer(s.Out.Buffer, loop.Out)
	d := out.DType
	k := &kernel{l: l, accs: []access{out}, body: parser.Expr{{Kind: parser.NodeConst, DType: d}}, strategy: cost.Direct}
	ids := []int{s.Out.Buffer}
	if s.Old >= 0 {
		k.accs = append(k.accs, l.buffer(s.Old, loop.In))
		k.inputs = 1
		k.body = parser.Expr{{Kind: parser.NodeInput, DType: k.accs[1].DType}}
		ids = append(ids, s.Old)
	}
	for a, extent := range l.plan.Buffers[s.Out.Buffer].Shape {
		x := axis{label: string(rune('a'+a%26)) + "'", extent: int64(extent)}
		if n := l.axisExtent(s.Out.Buffer, a); n.Dim > 0 {
			x.open = n
		} else if extent == 1 {
			continue
		}
		for _, id := range ids {
			x.at = append(x.at, l.axisStride(id, a))
		}
		k.axes = append(k.axes, x)
		k.free = append(k.free, len(k.axes)-1)
		k.runtime = k.runtime || x.dynamic()
	}
	k.arrange()
	return k
}

// reduceNothing makes the value the identity of the reduction, over no axes and inputs.
func (k *kernel) reduceNothing() {
	d := k.valueType()
	value, whole := k.reduce.Identity(d)
	k.body = parser.Expr{{Kind: parser.NodeConst, DType: d, Value: value, Int: whole}}
	k.accs = append(k.accs[:1:1], k.accs[1+k.inputs:]...)
	for i := range k.axes {
		at := k.axes[i].at
		k.axes[i].at = append(at[:1:1], at[1+k.inputs:]...)
	}
	k.inputs, k.red, k.reduces = 0, nil, false
}

// nest builds the loops: tasks, the free axes outside the tile, the tile's own.
func (e *emitter) nest(c cuts) {
	for _, id := range e.red {
		e.whole[id] = e.axes[id].clamp == nil
	}
	e.taskLoop(c, func() { e.loops(c, c.order, tile{rows: 1, sides: 1, cols: 1, lanes: 1, cuts: c}, e.tile) })
}

// loops makes the loops over the given axes, and calls f for the tiles inside them.
func (e *emitter) loops(c cuts, order []int, t tile, f func(tile)) {
	if len(order) == 0 {
		f(t)
		return
	}
	id := order[0]
	// inside are the axes of the sums that wait
	if !t.kept && (e.kept && len(order) == len(e.keptAxes(e.shape)) || e.copying && len(order) == len(e.waitAxes(e.shape))) {
		t.kept = true
		if e.copying {
			e.copiedTiles(c, order, t)
		} else {
			e.keepSums(c, order, t)
		}
		return
	}
	if id == e.waits && !t.kept {
		t.kept = true
		e.keepFolds(c, t)
		return
	}
	if c.block[id] == 1 && c.cut[id] {
		e.loops(c, order[1:], t, f) // the task counts it
		return
	}
	if id == e.col && e.sweep {
		e.sweepAll(c, t)
		return
	}
	kind, cs := loop.Seq, []chunk{{step: 1, n: 1, lanes: 1}}
	switch id {
	case e.row:
		cs = e.rowChunks(c, id, e.rows)
	case e.side:
		cs = e.rowChunks(c, id, e.sides)
	case e.col:
		e.repeats = e.repeated()
		cs = e.colChunks()
		kind = loop.Vector
	}
	for _, ch := range cs {
		inner := t
		switch id {
		case e.row:
			inner.rows = ch.n
		case e.side:
			inner.sides = ch.n
		case e.col:
			inner.cols, inner.lanes, inner.active = ch.n, ch.lanes, ch.active
		}
		if ch.lanes == 1 {
			kind = loop.Seq
		}
		e.span(id, ch, kind, e.count(id, c), nil, func([]loop.Reg) []loop.Reg {
			e.loops(c, order[1:], inner, f)
			return nil
		})
	}
}

// rowChunks cuts an axis of rows into tiles of at most n.
func (e *emitter) rowChunks(c cuts, id int, n int64) []chunk {
	x := &e.axes[id]
	if n == 1 || e.turned || e.across || c.cut[id] || x.clamp != nil || x.pinned {
		return chunks(x.extent, 1, n)
	}
	return evenChunks(x.extent, n)
}

func (e *emitter) colChunks() []chunk {
	if e.axes[e.col].isOpen() {
		return openChunks(e.lanes, e.cols)
	}
	if !e.masked {
		return chunks(e.axes[e.col].extent, e.lanes, e.cols)
	}
	return maskedChunks(e.axes[e.col].extent, e.lanes, e.cols, e.spills(e.size()))
}

// storage converts a value to the type an array is stored in, by way of the type it is computed in.
func storage(b *loop.Builder, r loop.Reg, d tensor.DType) loop.Reg {
	return b.Convert(b.Convert(r, d.Accum()), d)
}
