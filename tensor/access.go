package tensor

import (
	"runtime"
	"unsafe"
)

// locate gives the address of an element. Negative positions count from the end of their axis.
func (t *Tensor) locate(op string, index []int) (unsafe.Pointer, *Error) {
	if len(index) != len(t.shape) {
		return nil, fail(op, ErrIndex, "%d positions for %d axes: give one an axis", len(index), len(t.shape))
	}
	off := 0
	for axis, i := range index {
		at, err := position(op, axis, i, t.shape[axis])
		if err != nil {
			return nil, err
		}
		off += at * t.strides[axis]
	}
	return unsafe.Add(t.data, off*t.dtype.Size()), nil
}

// position resolves i on an axis of an extent.
func position(op string, axis, i, extent int) (int, *Error) {
	at := i
	if at < 0 {
		at += extent
	}
	if at < 0 || at >= extent {
		return 0, fail(op, ErrIndex, "position %d is outside axis %d of extent %d", i, axis, extent)
	}
	return at, nil
}

// At reads an element of a type that is not complex (ErrDType: use AtComplex); Bool gives 0 or 1. I64
// beyond 2^53 rounds: use AtInt. Negative positions count from the end; ErrIndex if one is outside.
func (t *Tensor) At(index ...int) (float64, error) {
	if t.dtype.IsComplex() {
		return 0, fail("at", ErrDType, "the elements are %s: use AtComplex", t.dtype)
	}
	return fetch("at", t, index, getReals)
}

// AtInt reads an element of an integer type, or Bool as 0 or 1.
func (t *Tensor) AtInt(index ...int) (int64, error) {
	if t.dtype != Bool && !t.dtype.IsInt() {
		return 0, fail("at", ErrDType, "the elements are %s, not integers: use At or AtComplex", t.dtype)
	}
	return fetch("at", t, index, getInts)
}

// AtComplex reads an element of any type.
func (t *Tensor) AtComplex(index ...int) (complex128, error) {
	return fetch("at", t, index, getComplex)
}

func fetch[C any](op string, t *Tensor, index []int, get func([]C, DType, unsafe.Pointer, int)) (C, error) {
	var cell [1]C
	p, err := t.locate(op, index)
	if err != nil {
		return cell[0], err
	}
	get(cell[:], t.dtype, p, 0)
	runtime.KeepAlive(t)
	return cell[0], nil
}

// SetAt writes an element of any type, converting as Convert does. Views that share the storage see
// it; a file that OpenNpy mapped does not.
func (t *Tensor) SetAt(v float64, index ...int) error { return put(t, v, index, putReals) }

// SetInt is SetAt for integers, exact beyond 2^53.
func (t *Tensor) SetInt(v int64, index ...int) error { return put(t, v, index, putInts) }

// SetComplex is SetAt for complex values. Real types drop the imaginary part.
func (t *Tensor) SetComplex(v complex128, index ...int) error { return put(t, v, index, putComplex) }

func put[C any](t *Tensor, v C, index []int, write func(DType, unsafe.Pointer, []C)) error {
	p, err := t.locate("set", index)
	if err != nil {
		return err
	}
	write(t.dtype, p, []C{v})
	runtime.KeepAlive(t)
	return nil
}
