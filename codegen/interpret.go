package codegen

import (
	"context"
	"fmt"
	"unsafe"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/codegen/lower"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/runtime/object"
)

// Interpret runs a lowered plan in Go, one phase after the other, those in loops once for every position
// of the loop. ptrs are the addresses of the output's and the operands' first elements, dims the runtime
// strides, if any. It is the engine where LLVM is missing and the second opinion in tests; it checks
// every access.
func Interpret(ctx context.Context, plan *planner.Plan, prog *lower.Program, ptrs []unsafe.Pointer, dims []int64) error {
	u := &Unit{Plan: plan, Program: prog}
	s := spaceOf(plan, prog)
	m := &memory{ctx: ctx, plan: plan, prog: prog, ptrs: ptrs, dims: dims, actual: actualStrides(plan, prog, dims)}
	m.areas[object.AreaArena] = make([]byte, plan.Arena)
	m.areas[object.AreaShared] = make([]byte, prog.Shared)
	m.areas[object.AreaWorker] = make([]byte, s.size)
	for _, ph := range prog.Phases {
		m.launches = append(m.launches, u.launch(ph, s))
	}
	m.loops = u.loops(m.launches)
	m.at = make([]int64, len(m.loops))
	return m.run(0, len(prog.Phases), 0)
}

// memory is what the phases of an interpreted run share.
type memory struct {
	ctx      context.Context
	plan     *planner.Plan
	prog     *lower.Program
	launches []object.Launch
	loops    []object.Loop
	at       []int64 // the item that each loop stands at
	ptrs     []unsafe.Pointer
	dims     []int64
	actual   map[int][]int64 // by buffer, strides that came at run time
	areas    [object.AreaDims][]byte
}

// run runs phases lo…hi-1; loops from number next on are inside.
func (m *memory) run(lo, hi, next int) error {
	for i := lo; i < hi; {
		for next < len(m.loops) && m.loops[next].First < i {
			next++
		}
		if next < len(m.loops) && m.loops[next].First == i && m.loops[next].End <= hi {
			l := &m.loops[next]
			for p := range l.Count {
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
	if err := m.ctx.Err(); err != nil {
		return err
	}
	ph := &m.prog.Phases[i]
	nest := m.prog.Nests[ph.Nest]
	mems := make([]loop.Mem, len(ph.Args))
	for j := range mems {
		mems[j] = m.area(nest.Params[j], ph.Args[j].Buffer, m.launches[i].Args[j])
	}
	if err := loop.Run(nest, mems, m.dims[ph.Dims:][:nest.Dims], ph.First, ph.First+ph.Tasks); err != nil {
		return fmt.Errorf("phase %d: %w", i, err)
	}
	return nil
}

// area is the memory of one parameter. For the caller's tensors it is exactly what the parameter may
// touch, so that the interpreter's bounds check is as strict as the verifier's promise; where strides
// come at run time that is what they reach, not what the layout at compile time did.
func (m *memory) area(p loop.Param, buffer int, a object.Arg) loop.Mem {
	offset := a.Offset
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
	if strides := m.actual[buffer]; strides != nil {
		lo, hi = reach(b.Shape, strides)
	}
	if hi <= lo {
		return loop.Mem{}
	}
	size := int64(p.DType.Size())
	first := unsafe.Add(m.ptrs[a.Index], lo*size+offset)
	return loop.Mem{Data: unsafe.Slice((*byte)(first), (hi-lo)*size), Origin: int(-lo * size)}
}

// reach is the range [lo, hi) of elements that strides reach within a shape.
func reach(shape []int, strides []int64) (lo, hi int64) {
	for a, n := range shape {
		if n == 0 {
			return 0, 0
		}
		if d := int64(n-1) * strides[a]; d < 0 {
			lo += d
		} else {
			hi += d
		}
	}
	return lo, hi + 1
}

// actualStrides gathers what a call says of the layouts that the nests leave open.
func actualStrides(plan *planner.Plan, prog *lower.Program, dims []int64) map[int][]int64 {
	if len(prog.Dims) == 0 {
		return nil
	}
	actual := map[int][]int64{}
	for i, d := range prog.Dims {
		if actual[d.Buffer] == nil {
			actual[d.Buffer] = make([]int64, len(plan.Buffers[d.Buffer].Shape))
		}
		actual[d.Buffer][d.Axis] = dims[i]
	}
	return actual
}

// slot is the position of a caller's tensor among the pointers of a call: the output first.
func slot(b *planner.Buffer) int {
	if b.Kind == planner.Output {
		return 0
	}
	return 1 + b.Operand
}
