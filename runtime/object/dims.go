package object

import (
	"fmt"
	"math/bits"
)

// Dim is an entry of the dims array: what a call knows (a stride, a size), or what follows from entries
// before it. Code for sizes that are left open takes all its counts from there.
type Dim struct {
	Op          DimOp
	Param, Axis int   // of DimStride; DimExtent has the place in Object.Sizes in Axis
	A, B        int   // entries before this one; B is NoDim where Value is the second operand
	Value       int64 // see B
	Most        int64 // what the entry must not exceed, because the code counts on it; 0 for no such limit
}

// DimOp says how an entry of the dims array comes about.
type DimOp uint8

// The operations. All but the first two take A, and B or Value.
const (
	DimStride  DimOp = iota // the stride, in elements, of an axis of a parameter
	DimExtent               // one of the sizes that are left open
	DimAdd                  // A + B
	DimMul                  // A · B
	DimCeilDiv              // A / B, rounded up
	DimMin                  // the smaller of A and B
	DimMax                  // the larger of A and B
	dimOps
)

// Stride is the entry for the stride of an axis of a parameter.
func Stride(param, axis int) Dim { return Dim{Op: DimStride, Param: param, Axis: axis} }

// Given reports whether the entry is known from the call alone.
func (d *Dim) Given() bool { return d.Op <= DimExtent }

// Derive computes an entry from those before it. It fails where numbers leave 2^62, divide by less than 1,
// or exceed what the code counts on.
func (d *Dim) Derive(dims []int64) (int64, error) {
	a, b := dims[d.A], d.Value
	if d.B != NoDim {
		b = dims[d.B]
	}
	v, ok := d.Op.apply(a, b)
	if !ok || d.Most > 0 && v > d.Most {
		return 0, fmt.Errorf("the sizes are too large for this code: %s of %d and %d is out of range", d.Op, a, b)
	}
	return v, nil
}

func (op DimOp) apply(a, b int64) (v int64, ok bool) {
	const most = 1 << 62
	switch op {
	case DimAdd:
		v = a + b
		return v, magnitude(a) < most && magnitude(b) < most && magnitude(v) < most
	case DimMul:
		hi, lo := bits.Mul64(magnitude(a), magnitude(b))
		if (a < 0) != (b < 0) {
			return -int64(lo), hi == 0 && lo < most
		}
		return int64(lo), hi == 0 && lo < most
	case DimCeilDiv:
		if b < 1 || a < 0 || a > most-b {
			return 0, false
		}
		return (a + b - 1) / b, true
	case DimMin:
		return min(a, b), true
	}
	return max(a, b), true
}

func magnitude(a int64) uint64 {
	if a < 0 {
		return -uint64(a)
	}
	return uint64(a)
}

var dimOpNames = [dimOps]string{"stride", "size", "sum", "product", "quotient", "minimum", "maximum"}

// String names the operation.
func (op DimOp) String() string {
	if op >= dimOps {
		return fmt.Sprintf("operation %d", uint8(op))
	}
	return dimOpNames[op]
}

func (o *Object) checkDims() error {
	for i := range o.Dims {
		if err := o.checkDim(&o.Dims[i], i); err != nil {
			return fmt.Errorf("dims[%d] %w", i, err)
		}
	}
	for i, l := range o.Launches {
		for _, d := range []int{l.TasksDim, l.Scale} {
			if err := o.checkEntry(d); err != nil {
				return fmt.Errorf("launch %d: %w", i, err)
			}
		}
	}
	return o.checkEntry(o.ArenaDim)
}

// checkEntry checks a number of an entry that counts from 1, 0 being none.
func (o *Object) checkEntry(d int) error {
	if d < 0 || d > len(o.Dims) {
		return fmt.Errorf("entry %d of %d dims", d-1, len(o.Dims))
	}
	return nil
}

func (o *Object) checkDim(d *Dim, i int) error {
	switch {
	case d.Op >= dimOps || d.Most < 0:
		return fmt.Errorf("is no entry: %s, at most %d", d.Op, d.Most)
	case d.Op == DimExtent:
		if d.Axis < 0 || d.Axis >= len(o.Sizes) {
			return fmt.Errorf("is size %d of %d", d.Axis, len(o.Sizes))
		}
	case d.Op != DimStride:
		if d.A < 0 || d.A >= i || d.B != NoDim && (d.B < 0 || d.B >= i) {
			return fmt.Errorf("follows from entries %d and %d, which are not before it", d.A, d.B)
		}
	case d.Param < 0 || d.Param >= len(o.Params):
		return fmt.Errorf("is a stride of parameter %d of %d", d.Param, len(o.Params))
	default:
		if rank := len(o.Params[d.Param].Shape); d.Axis < 0 || d.Axis >= rank {
			return fmt.Errorf("is the stride of axis %d of a parameter of rank %d", d.Axis, rank)
		}
	}
	return nil
}
