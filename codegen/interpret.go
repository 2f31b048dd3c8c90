package codegen

import (
	"context"
	"fmt"
	"unsafe"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/codegen/lower"
	"github.com/einc-lang/einc/planner"
)

// Interpret runs a lowered plan in Go, one phase after the other. ptrs are the addresses of the
// output's and the operands' first elements, dims the runtime strides, if any. It is the engine where
// LLVM is missing and the second opinion in tests; it checks every access.
func Interpret(ctx context.Context, plan *planner.Plan, prog *lower.Program, ptrs []unsafe.Pointer, dims []int64) error {
	m := memory{
		plan:   plan,
		ptrs:   ptrs,
		arena:  make([]byte, plan.Arena),
		shared: make([]byte, prog.Shared),
		worker: make([]byte, prog.Worker),
		actual: actualStrides(plan, prog, dims),
	}
	for i, ph := range prog.Phases {
		if err := ctx.Err(); err != nil {
			return err
		}
		nest := prog.Nests[ph.Nest]
		if err := loop.Run(nest, m.args(nest, ph.Args), dims[:nest.Dims], ph.First, ph.First+ph.Tasks); err != nil {
			return fmt.Errorf("phase %d: %w", i, err)
		}
	}
	return nil
}

// memory is what the phases of an interpreted run share.
type memory struct {
	plan                  *planner.Plan
	ptrs                  []unsafe.Pointer
	arena, shared, worker []byte
	actual                map[int][]int64 // by buffer, strides that came at run time
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

func (m *memory) args(nest *loop.Nest, args []lower.Arg) []loop.Mem {
	mems := make([]loop.Mem, len(args))
	for i, a := range args {
		mems[i] = m.area(nest.Params[i], a)
	}
	return mems
}

// area is the memory of one parameter. For the caller's tensors it is exactly what the parameter may
// touch, so that the interpreter's bounds check is as strict as the verifier's promise; where strides
// come at run time that is what they reach, not what the layout at compile time did.
func (m *memory) area(p loop.Param, a lower.Arg) loop.Mem {
	switch p.Role {
	case loop.Shared:
		return loop.Mem{Data: m.shared, Origin: int(a.Offset)}
	case loop.Worker:
		return loop.Mem{Data: m.worker, Origin: int(a.Offset)}
	}
	b := &m.plan.Buffers[a.Buffer]
	if b.Kind == planner.Temp {
		return loop.Mem{Data: m.arena, Origin: int(b.Offset + a.Offset)}
	}
	lo, hi := p.Lo, p.Hi
	if strides := m.actual[a.Buffer]; strides != nil {
		lo, hi = reach(b.Shape, strides)
	}
	if hi <= lo {
		return loop.Mem{}
	}
	size := int64(p.DType.Size())
	first := unsafe.Add(m.ptrs[slot(b)], lo*size+a.Offset)
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

// slot is the position of a caller's tensor among the pointers of a call: the output first.
func slot(b *planner.Buffer) int {
	if b.Kind == planner.Output {
		return 0
	}
	return 1 + b.Operand
}
