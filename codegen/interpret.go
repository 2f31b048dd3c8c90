package codegen

import (
	"context"
	"fmt"
	"slices"
	"unsafe"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/codegen/lower"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/runtime/object"
)

// Interpret runs the unit in Go, one phase after the other, those in loops once for every position of the
// loop. ptrs are the addresses of the output's and the operands' first elements, dims what Dims lists, if
// anything. It is the engine where LLVM is missing and the second opinion in tests; it checks every access.
func (u *Unit) Interpret(ctx context.Context, ptrs []unsafe.Pointer, dims []int64) error {
	o, err := u.shell("")
	if err != nil {
		return err
	}
	m := &memory{ctx: ctx, unit: u, plan: u.Plan, prog: u.Program, object: o, ptrs: ptrs, dims: dims}
	m.actual = m.layouts()
	m.areas[object.AreaArena] = make([]byte, m.number(o.Arena, o.ArenaDim))
	m.areas[object.AreaShared] = make([]byte, o.Shared)
	m.areas[object.AreaWorker] = make([]byte, o.Worker)
	m.at = make([]int64, len(o.Loops))
	return m.run(0, len(o.Launches), 0)
}

// memory is what the phases of an interpreted run share.
type memory struct {
	ctx    context.Context
	unit   *Unit
	plan   *planner.Plan
	prog   *lower.Program
	object *object.Object
	at     []int64 // the item that each loop stands at
	ptrs   []unsafe.Pointer
	dims   []int64
	actual map[int]layout // by buffer, where anything of it came at run time
	areas  [object.AreaDims][]byte
}

// number is a number, or the entry of dims that has it, counted from 1.
func (m *memory) number(n int64, dim int) int64 {
	if dim > 0 {
		return m.dims[dim-1]
	}
	return n
}

// run runs phases lo…hi-1; loops from number next on are inside.
func (m *memory) run(lo, hi, next int) error {
	loops := m.object.Loops
	for i := lo; i < hi; {
		for next < len(loops) && loops[next].First < i {
			next++
		}
		if next < len(loops) && loops[next].First == i && loops[next].End <= hi {
			l := &loops[next]
			for p := range m.number(l.Count, l.CountDim) {
				m.at[next] = l.Begin + p*l.Step
				if err := m.run(l.First, l.End, next+1); err != nil {
					return err
				}
			}
			i = l.End
			continue
		}
		if err := m.phase(i); err != nil {
			return err
		}
		i++
	}
	return nil
}

func (m *memory) phase(i int) error {
	ph, l := &m.prog.Phases[i], &m.object.Launches[i]
	nest := m.prog.Nests[ph.Nest]
	mems := make([]loop.Mem, len(ph.Args))
	for j := range mems {
		mems[j] = m.area(nest.Params[j], ph.Args[j].Buffer, l.Args[j])
	}
	first, tasks := l.First, m.number(l.Tasks, l.TasksDim)
	if l.Advance > 0 {
		first += m.at[l.Advance-1] * tasks
	}
	err := loop.RunContext(m.ctx, nest, mems, m.dims[ph.Dims:][:nest.Dims], first, first+tasks)
	if err != nil && m.ctx.Err() == nil {
		return fmt.Errorf("phase %d: %w", i, err)
	}
	return m.ctx.Err()
}

// area is the memory of one parameter. For the caller's tensors it is exactly what the parameter may
// touch, so that the interpreter's bounds check is as strict as the verifier's promise; where strides
// come at run time that is what they reach, not what the layout at compile time did.
func (m *memory) area(p loop.Param, buffer int, a object.Arg) loop.Mem {
	offset := m.number(a.Offset, a.Dim)
	for _, v := range a.Moves {
		by := v.Bytes * m.at[v.Loop]
		if v.Dim != object.NoDim {
			by *= m.dims[v.Dim]
		}
		offset += by
	}
	if a.Area != object.AreaParam {
		return loop.Mem{Data: m.areas[a.Area], Origin: int(offset)}
	}
	lo, hi, b := p.Lo, p.Hi, &m.plan.Buffers[buffer]
	if b.Window != nil {
		buffer = b.Window.Of
	}
	if at, ok := m.actual[buffer]; ok {
		shape := slices.Clone(at.shape)
		if b.Window != nil {
			for a, n := range b.Shape {
				shape[a] = int64(n)
			}
		}
		lo, hi = reach(shape, at.strides)
	}
	if hi <= lo {
		return loop.Mem{}
	}
	size := int64(p.DType.Size())
	first := unsafe.Add(m.ptrs[a.Index], lo*size+offset)
	return loop.Mem{Data: unsafe.Slice((*byte)(first), (hi-lo)*size), Origin: int(-lo * size)}
}

// reach is the range [lo, hi) of elements that strides reach within a shape.
func reach(shape, strides []int64) (lo, hi int64) {
	for a, n := range shape {
		if n == 0 {
			return 0, 0
		}
		if d := (n - 1) * strides[a]; d < 0 {
			lo += d
		} else {
			hi += d
		}
	}
	return lo, hi + 1
}

// layouts gathers what a call says of the shapes and layouts that the nests leave open, by buffer. Code for
// open extents has no entry for a stride of 1 or 0, which it counts on, nor for those of dense operands.
func (m *memory) layouts() map[int]layout {
	actual := map[int]layout{}
	for b := range m.plan.Buffers {
		x := &m.plan.Buffers[b]
		if x.Kind == planner.Temp || x.Window != nil || len(m.prog.Dims) == 0 {
			continue
		}
		l := layout{make([]int64, len(x.Shape)), make([]int64, len(x.Shape))}
		run := int64(1) // the stride of an axis that is one run with the next
		for a := len(x.Shape) - 1; a >= 0; a-- {
			l.shape[a] = m.extent(x, a)
			if l.strides[a] = run; !m.unit.dense && x.Layout.Strides != nil && !parser.Fused(x.Shape, x.Layout.Strides, a) {
				l.strides[a] = int64(x.Layout.Strides[a])
			}
			if i := slices.Index(m.prog.Dims, lower.StrideOf(b, a)); i >= 0 {
				l.strides[a] = m.dims[i]
			}
			run = l.strides[a] * l.shape[a]
		}
		actual[b] = l
	}
	return actual
}

// layout is how a tensor of a call lies in memory.
type layout struct{ shape, strides []int64 }

// extent is the extent of an axis of a caller's tensor.
func (m *memory) extent(b *planner.Buffer, axis int) int64 {
	tensor := b.Operand
	if b.Kind == planner.Output {
		tensor = m.plan.Problem.Output
	}
	if s := m.unit.Sizes; s != nil && s.OfAxis[tensor][axis] >= 0 {
		for i, d := range m.prog.Dims {
			if d.Op == lower.DimSize && d.Axis == s.OfAxis[tensor][axis] {
				return m.dims[i]
			}
		}
	}
	return int64(b.Shape[axis])
}

// slot is the position of a caller's tensor among the pointers of a call: the output first.
func slot(b *planner.Buffer) int {
	if b.Kind == planner.Output {
		return 0
	}
	return 1 + b.Operand
}
