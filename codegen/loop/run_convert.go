package loop

import (
	"math"

	"github.com/einc-lang/einc/tensor"
)

// converter compiles OpConvert from a to d. Halves go by way of F32.
func converter(to, from tensor.DType, d, a value) step {
	lanes := max(len(d.i), len(d.f), len(d.d))
	switch {
	case to == from:
		return func() { d.set(a) }
	case isHalf(from):
		wide := newValue(tensor.F32, lanes)
		next := converter(to, tensor.F32, d, wide)
		return func() {
			widen(from, wide.f, a.i)
			next()
		}
	case isHalf(to) && from != tensor.F32:
		wide := newValue(tensor.F32, lanes)
		first, next := converter(tensor.F32, from, wide, a), converter(to, tensor.F32, d, wide)
		return func() {
			first()
			next()
		}
	case isHalf(to):
		return func() { halve(to, d.i, a.f) }
	case to == tensor.Bool:
		return func() { truth(d.i, a) }
	case to.IsInt() && a.i != nil:
		return func() {
			copy(d.i, a.i)
			narrow(to, d.i)
		}
	case to.IsInt():
		return func() {
			truncate(to, d.i, a.f)
			truncate(to, d.i, a.d)
		}
	}
	return func() {
		round(d.f, a.i, a.f, a.d)
		round(d.d, a.i, a.f, a.d)
		round(d.fi, nil, a.fi, a.di)
		round(d.di, nil, a.fi, a.di)
	}
}

func isHalf(t tensor.DType) bool { return t == tensor.F16 || t == tensor.BF16 }

func widen(t tensor.DType, d []float32, a []int64) {
	for i, x := range a {
		if t == tensor.F16 {
			d[i] = tensor.F16ToF32(uint16(x))
		} else {
			d[i] = tensor.BF16ToF32(uint16(x))
		}
	}
}

func halve(t tensor.DType, d []int64, a []float32) {
	for i, x := range a {
		if t == tensor.F16 {
			d[i] = int64(int16(tensor.F32ToF16(x)))
		} else {
			d[i] = int64(int16(tensor.F32ToBF16(x)))
		}
	}
}

// round fills d, if it has lanes, from the one source that has; an imaginary part that has no source
// is +0.
func round[T real](d []T, i []int64, f []float32, e []float64) {
	if d == nil {
		return
	}
	clear(d)
	for j, x := range i {
		d[j] = T(x)
	}
	for j, x := range f {
		d[j] = T(x)
	}
	for j, x := range e {
		d[j] = T(x)
	}
}

func truth(d []int64, a value) {
	for j := range d {
		d[j] = b2i(nonzero(a.i, j) || nonzero(a.f, j) || nonzero(a.fi, j) || nonzero(a.d, j) || nonzero(a.di, j))
	}
}

func nonzero[T int64 | float32 | float64](s []T, j int) bool { return s != nil && s[j] != 0 }

// truncate rounds toward zero and saturates; NaN gives 0.
func truncate[T real](t tensor.DType, d []int64, a []T) {
	limit := math.Ldexp(1, t.Size()*8-1)
	most := int64(math.MaxInt64) >> (64 - t.Size()*8)
	for j, x := range a {
		switch v := float64(x); {
		case v != v:
			d[j] = 0
		case v >= limit:
			d[j] = most
		case v < -limit:
			d[j] = -most - 1
		default:
			d[j] = int64(v)
		}
	}
	narrow(t, d)
}
