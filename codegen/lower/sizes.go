package lower

import (
	"cmp"
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
)

// Dim is an entry of the dims array: a stride or a size that a call decides, or what follows from entries
// before it. Code for open extents has no other numbers of that kind, so that a caller who knows the
// entries can run it for any extents.
type Dim struct {
	Op           DimOp
	Buffer, Axis int   // of DimStride: an axis of a plan's buffer; DimSize has the number of the size in Axis
	A, B         int   // entries before this one; B is -1 where Value is the second operand
	Value        int64 // see B
	Most         int64 // what the code relies on the entry not to exceed, or 0
}

// DimOp says how an entry of the dims array comes about.
type DimOp uint8

// The operations. All but the first two take A, and B or Value.
const (
	DimStride  DimOp = iota // a stride, in elements
	DimSize                 // an open size
	DimAdd                  // A + B
	DimMul                  // A · B
	DimCeilDiv              // A / B, rounded up
	DimMin                  // the smaller of A and B
	DimMax                  // the larger of A and B
)

// entry is the place of an entry, counted from where the step's piece of the array begins. Steps number
// their own entries, so that those that do the same share nests.
func (l *lowering) entry(d Dim) int {
	i, ok := l.dims[d]
	if ok {
		return i
	}
	i = len(l.dims)
	l.dims[d] = i
	if d.Op > DimSize {
		d.A += l.first
		if d.B >= 0 {
			d.B += l.first
		}
	}
	l.prog.Dims = append(l.prog.Dims, d)
	return i
}

// StrideOf is the entry for the stride of an axis of a buffer.
func StrideOf(buffer, axis int) Dim {
	return Dim{Op: DimStride, Buffer: buffer, Axis: axis, A: -1, B: -1}
}

// absolute is a size whose entry is counted from the beginning of the array.
func (l *lowering) absolute(s loop.Size) loop.Size {
	if s.Dim > 0 {
		s.Dim += l.first
	}
	return s
}

// placeTemps lays out the temporaries of a program for open extents: those that live at the same time one
// behind the other, in the order in which the plan has them for its example.
func (l *lowering) placeTemps() {
	l.first = len(l.prog.Dims)
	clear(l.dims)
	var temps []int
	for b := range l.plan.Buffers {
		if x := &l.plan.Buffers[b]; x.Kind == planner.Temp && x.Window == nil {
			temps = append(temps, b)
		}
	}
	slices.SortStableFunc(temps, func(a, b int) int { return cmp.Compare(l.plan.Buffers[a].Offset, l.plan.Buffers[b].Offset) })
	l.prog.Temps = map[int]loop.Size{}
	ends := map[int]loop.Size{}
	arena := loop.Const(0)
	for i, b := range temps {
		x, at := &l.plan.Buffers[b], loop.Const(0)
		for _, e := range temps[:i] {
			if y := &l.plan.Buffers[e]; x.First <= y.Last && y.First <= x.Last {
				at = l.derive(DimMax, ends[e], at)
			}
		}
		bytes := loop.Const(int64(x.DType.Size()))
		for a := range x.Shape {
			bytes = l.derive(DimMul, l.axisExtent(b, a), bytes)
		}
		lines := l.derive(DimMul, l.derive(DimCeilDiv, bytes, loop.Const(lineBytes)), loop.Const(lineBytes))
		l.prog.Temps[b], ends[b] = l.absolute(at), l.derive(DimAdd, at, lines)
		arena = l.derive(DimMax, arena, ends[b])
	}
	l.prog.Arena = l.absolute(arena)
}

// derive is an operation on two sizes: a number if both are, else an entry. The first operand of a division
// must be one that is not known, or both must be.
func (l *lowering) derive(op DimOp, a, b loop.Size) loop.Size {
	if a.Dim == 0 && b.Dim == 0 {
		return loop.Const(op.of(a.Value, b.Value))
	}
	if a.Dim == 0 {
		a, b = b, a
	}
	switch {
	case b == loop.Const(1) && (op == DimMul || op == DimCeilDiv), b == loop.Const(0) && op == DimAdd:
		return a
	case b == loop.Const(0) && op == DimMul:
		return b
	}
	d, most := Dim{Op: op, A: a.Dim - 1, B: b.Dim - 1}, int64(0)
	if b.Dim == 0 {
		if d.Value = b.Value; a.Value > 0 && (op == DimMul || op == DimCeilDiv) {
			most = op.of(a.Value, b.Value) // what the operand keeps to, the result does
		}
	}
	return loop.Size{Dim: l.entry(d) + 1, Value: most}
}

// atMost is a size that code may rely on not to exceed a number.
func (l *lowering) atMost(s loop.Size, most int64) loop.Size {
	if s.Dim == 0 {
		return s
	}
	return loop.Size{Dim: l.entry(Dim{Op: DimMin, A: s.Dim - 1, B: -1, Value: most, Most: most}) + 1, Value: most}
}

func (op DimOp) of(a, b int64) int64 {
	switch op {
	case DimAdd:
		return a + b
	case DimMul:
		return a * b
	case DimCeilDiv:
		return ceilDiv(a, b)
	case DimMin:
		return min(a, b)
	}
	return max(a, b)
}

// isOpen tells whether calls decide an index's extent.
func (l *lowering) isOpen(ix parser.IndexID) bool {
	return l.sizes != nil && ix != parser.NoIndex && l.sizes.OfIndex[ix] >= 0
}

// extent is an index's extent.
func (l *lowering) extent(ix parser.IndexID) loop.Size {
	if !l.isOpen(ix) {
		return loop.Const(int64(l.plan.Problem.Indices[ix].Extent))
	}
	return loop.Dim(l.entry(Dim{Op: DimSize, Axis: l.sizes.OfIndex[ix], A: -1, B: -1}))
}

// axisExtent is the extent of an axis of a buffer.
func (l *lowering) axisExtent(buffer, axis int) loop.Size {
	if n := l.axisSize(buffer, axis); n >= 0 {
		return loop.Dim(l.entry(Dim{Op: DimSize, Axis: n, A: -1, B: -1}))
	}
	return loop.Const(int64(l.plan.Buffers[buffer].Shape[axis]))
}

// axisSize is the size that calls decide for an axis of a buffer, or -1.
func (l *lowering) axisSize(buffer, axis int) int {
	if l.sizes == nil {
		return -1
	}
	if l.views == nil {
		l.views = viewsOf(l.plan)
	}
	if ix := l.views[buffer][axis]; ix != parser.NoIndex {
		return l.sizes.OfIndex[ix]
	}
	return -1
}

// viewsOf finds an index for every axis of every buffer that a step sees it by.
func viewsOf(p *planner.Plan) [][]parser.IndexID {
	views := make([][]parser.IndexID, len(p.Buffers))
	for b := range views {
		views[b] = slices.Repeat([]parser.IndexID{parser.NoIndex}, len(p.Buffers[b].Shape))
	}
	see := func(r planner.Ref) {
		for a, ix := range r.Axes {
			if ix != parser.NoIndex {
				views[r.Buffer][a] = ix
			}
		}
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		see(s.Out)
		for _, r := range slices.Concat(s.Inputs, s.Extra) {
			see(r)
		}
		if s.Old >= 0 {
			see(planner.Ref{Buffer: s.Old, Axes: s.Out.Axes})
		}
	}
	return views
}

// axisStride is the stride of an axis of a buffer. In code for open extents, the strides 1 and 0, and which
// axes are one run with the next, are what a class of layouts is told by; other strides are entries.
func (l *lowering) axisStride(buffer, axis int) stride {
	b := &l.plan.Buffers[buffer]
	strides := b.Strides()
	s := stride{n: int64(strides[axis])}
	switch {
	case l.dims == nil, b.Kind == planner.Temp && l.sizes == nil:
		return s
	case l.sizes == nil || b.Kind != planner.Temp && l.strides:
		s.dim = l.strideEntry(buffer, axis)
		return s
	case axis == len(b.Shape)-1 && s.n == 1:
		return s
	case b.Kind == planner.Temp || l.dense || parser.Fused(b.Shape, strides, axis):
		next := l.axisStride(buffer, axis+1)
		size := l.derive(DimMul, l.axisExtent(buffer, axis+1), next.size())
		if size.Dim == 0 {
			s.n = size.Value
		}
		s.dim = size.Dim
	case s.n != 0 && s.n != 1:
		s.dim = l.strideEntry(buffer, axis)
	}
	return s
}

// strideEntry is the entry of the dims array that holds a stride, counted from 1.
func (l *lowering) strideEntry(buffer, axis int) int {
	if w := l.plan.Buffers[buffer].Window; w != nil {
		buffer = w.Of
	}
	return l.entry(StrideOf(buffer, axis)) + 1
}

// stepStrides makes the entries of a step's strides before its nests ask for any: of the output, then of each
// operand, by axis. That is the order in which callers have them, and strategies, which differ from level to
// level, do not change it.
func (l *lowering) stepStrides(step int) {
	if !l.strides {
		return
	}
	s := &l.plan.Steps[step]
	whole := []int{l.whole(s.Out.Buffer)}
	for _, r := range slices.Concat(s.Inputs, s.Extra) {
		whole = append(whole, l.whole(r.Buffer))
	}
	if s.Old >= 0 {
		whole = append(whole, l.whole(s.Old))
	}
	slices.SortFunc(whole, l.byParameter)
	for _, b := range slices.Compact(whole) {
		for a := range l.plan.Buffers[b].Shape {
			if l.plan.Buffers[b].Kind != planner.Temp {
				l.strideEntry(b, a)
			}
		}
	}
}

// byParameter orders the output and the operands as callers have them.
func (l *lowering) byParameter(a, b int) int {
	place := func(b int) int {
		if x := &l.plan.Buffers[b]; x.Kind != planner.Output {
			return 1 + x.Operand
		}
		return 0
	}
	return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a, b))
}

// times is a stride of so many items.
func (l *lowering) times(s stride, n int64) stride {
	return stride{n: s.n * n, dim: l.derive(DimMul, s.size(), loop.Const(n)).Dim}
}
