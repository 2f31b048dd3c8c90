package tensor

import (
	"math"
	"math/cmplx"
	"slices"
	"unsafe"
)

// Equal reports whether two tensors have one element type, one shape and equal elements: -0 equals 0,
// NaN equals nothing.
func Equal(a, b *Tensor) bool { return a.dtype == b.dtype && AllClose(a, b, 0, 0) }

// AllClose reports whether two tensors of one shape have elements with |a-b| ≤ atol + rtol·|b|, as
// NumPy's allclose; infinities are close to themselves, NaN to nothing. Types may differ, shapes may
// not: nothing is broadcast. Differences of integers are exact.
func AllClose(a, b *Tensor, rtol, atol float64) bool {
	if !slices.Equal(a.shape, b.shape) {
		return false
	}
	switch {
	case a.dtype.IsComplex() || b.dtype.IsComplex():
		return compare(a, b, getComplex, func(x, y complex128) bool {
			return x == y || near(cmplx.Abs(x-y), cmplx.Abs(y), rtol, atol)
		})
	case a.dtype.IsFloat() || b.dtype.IsFloat():
		return compare(a, b, getReals, func(x, y float64) bool {
			return x == y || near(math.Abs(x-y), math.Abs(y), rtol, atol)
		})
	}
	return compare(a, b, getInts, func(x, y int64) bool {
		return x == y || near(float64(uint64(max(x, y))-uint64(min(x, y))), math.Abs(float64(y)), rtol, atol)
	})
}

// near judges a distance that is not 0: infinite or NaN if either value is.
func near(distance, size, rtol, atol float64) bool {
	return !math.IsInf(distance, 1) && distance <= atol+rtol*size
}

func compare[C any](a, b *Tensor, get func([]C, DType, unsafe.Pointer, int), same func(x, y C) bool) bool {
	var x, y [chunk]C
	equal := true
	walk(func(n int, rows []cursor) bool {
		for i := 0; i < n && equal; i += chunk {
			part := min(chunk, n-i)
			get(x[:part], a.dtype, rows[0].at(i), rows[0].step)
			get(y[:part], b.dtype, rows[1].at(i), rows[1].step)
			for k := 0; k < part && equal; k++ {
				equal = same(x[k], y[k])
			}
		}
		return equal
	}, a, b)
	return equal
}
