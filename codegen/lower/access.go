package lower

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
)

// access is an array as a kernel sees it: a buffer of the plan or a piece of workspace.
type access struct {
	loop.Param
	arg Arg
}

// stride is how far one item along an axis moves an access, in elements: n if dim is 0, else entry dim of
// the dims array, counted from 1; n then holds what the problem's own layout has, a hint. period > 0 makes it
// the stride of items i mod period.
type stride struct {
	n      int64
	dim    int
	period int64
}

func (s stride) isZero() bool { return s.n == 0 && s.dim == 0 }

// bounds are the elements [lo, hi) that strides reach within a shape.
func bounds(shape, strides []int) (lo, hi int64) {
	for a, e := range shape {
		if e == 0 {
			return 0, 0
		}
		if d := int64(e-1) * int64(strides[a]); d < 0 {
			lo += d
		} else {
			hi += d
		}
	}
	return lo, hi + 1
}

// openElements stands for the number of elements of an operand where extents are open.
const openElements = 1 << 46

// buffer makes the access to a buffer.
func (l *lowering) buffer(id int, role loop.Role) access {
	b := &l.plan.Buffers[id]
	lo, hi := bounds(b.Shape, b.Strides())
	if l.sizes != nil {
		lo, hi = 0, openElements // what the nest may touch is for the caller to know
	}
	return access{Param: loop.Param{Name: b.Name, DType: b.DType, Role: role, Lo: lo, Hi: hi}, arg: Arg{Buffer: id}}
}

// workspace makes the access to size elements at a byte offset of shared or worker memory.
func workspace(name string, role loop.Role, d tensor.DType, size, offset int64) access {
	return access{Param: loop.Param{Name: name, DType: d, Role: role, Hi: size}, arg: Arg{Buffer: -1, Offset: offset}}
}

// stride is how far index ix moves a reference: the sum over the axes that carry it.
func (l *lowering) stride(ref planner.Ref, ix parser.IndexID) stride {
	var s stride
	sum := loop.Const(0)
	for a, x := range ref.Axes {
		if x == ix {
			one := l.axisStride(ref.Buffer, a)
			s.n += one.n
			sum = l.derive(DimAdd, one.size(), sum)
		}
	}
	s.dim = sum.Dim
	return s
}

// size is a stride as a Size.
func (s stride) size() loop.Size {
	if s.dim > 0 {
		return loop.Dim(s.dim - 1)
	}
	return loop.Const(s.n)
}
