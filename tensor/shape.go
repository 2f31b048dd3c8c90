package tensor

import (
	"math"
	"math/bits"
)

// The limits of a shape.
const (
	MaxRank  = 1024
	MaxBytes = 1 << 46
)

// CheckedLen is the number of elements of a shape: 1 for rank 0, 0 if an extent is 0. It fails with
// ErrRank, ErrExtent or ErrSize. The limit holds for the product of the extents that are not 0, so
// that strides of empty tensors cannot overflow either.
func CheckedLen(shape []int) (int, error) {
	n, err := count("shape", 1, shape)
	if err != nil {
		return 0, err
	}
	return n, nil
}

// CheckedBytes is the number of bytes of a row-major tensor. Beyond CheckedLen's errors it fails with
// ErrDType.
func CheckedBytes(d DType, shape []int) (int, error) {
	if err := checkDType("shape", d); err != nil {
		return 0, err
	}
	n, err := count("shape", d.Size(), shape)
	if err != nil {
		return 0, err
	}
	return n * d.Size(), nil
}

// count is the number of elements of size bytes, checked against every limit.
func count(op string, size int, shape []int) (int, *Error) {
	if len(shape) > MaxRank {
		return 0, fail(op, ErrRank, "%d axes: the limit is %d", len(shape), MaxRank)
	}
	limit := min(uint64(MaxBytes), math.MaxInt)
	bytes, empty := uint64(size), false
	for axis, e := range shape {
		switch {
		case e < 0:
			return 0, fail(op, ErrExtent, "axis %d has extent %d: an extent is 0 or more", axis, e)
		case e == 0:
			empty = true
		default:
			hi, lo := bits.Mul64(bytes, uint64(e))
			if hi != 0 || lo > limit {
				return 0, fail(op, ErrSize, "a tensor of shape %s with %d-byte elements exceeds the limit of %d bytes",
					tuple(shape), size, limit)
			}
			bytes = lo
		}
	}
	if empty {
		return 0, nil
	}
	return int(bytes) / size, nil
}

func checkDType(op string, d DType) *Error {
	if d == Invalid || d >= endDType {
		return fail(op, ErrDType, "element type number %d does not exist: use tensor.F32 or another of tensor.DTypes()", d)
	}
	return nil
}

// RowMajor fills in and returns the strides, in elements, of a dense tensor whose last axis is fastest. An extent of 0
// counts as 1, as in NumPy. Strides beyond an int are the greatest one: what is so vast has no addresses.
func RowMajor(strides, shape []int) []int {
	run := 1
	for axis := len(shape) - 1; axis >= 0; axis-- {
		strides[axis] = run
		n := max(1, shape[axis])
		run = min(run, math.MaxInt/n) * n
	}
	return strides
}

// rowMajor gives the strides of a freshly stored shape.
func rowMajor(shape []int) []int { return RowMajor(make([]int, len(shape)), shape) }

// BroadcastShapes is the shape that all the given ones stretch to: aligned at the right, each axis has
// one extent beside any number of 1s. It fails with ErrShape where two extents disagree.
func BroadcastShapes(shapes ...[]int) ([]int, error) {
	rank := 0
	for _, s := range shapes {
		rank = max(rank, len(s))
	}
	out := make([]int, rank)
	from := make([]int, rank) // the shape an extent came from
	for axis := range out {
		out[axis] = 1
	}
	for k, s := range shapes {
		for i, e := range s {
			axis := rank - len(s) + i
			switch {
			case e == 1 || e == out[axis]:
			case out[axis] == 1:
				out[axis], from[axis] = e, k
			default:
				return nil, fail("broadcast", ErrShape, "shape %d %s and shape %d %s disagree at axis %d from the right: %d and %d",
					from[axis], tuple(shapes[from[axis]]), k, tuple(s), rank-axis, out[axis], e)
			}
		}
	}
	if _, err := count("broadcast", 1, out); err != nil {
		return nil, err
	}
	return out, nil
}
