package loop

import "github.com/einc-lang/einc/tensor"

// real is what a floating-point lane is held in.
type real interface{ float32 | float64 }

// value is the lanes of a register. Integers, Bool (0 or 1) and the bits of half floats are held sign
// extended in i; F32 and the parts of C64 in f and fi; F64 and the parts of C128 in d and di.
type value struct {
	i     []int64
	f, fi []float32
	d, di []float64
}

func newValue(t tensor.DType, lanes int) value {
	var v value
	switch t {
	case tensor.C64:
		v.fi = make([]float32, lanes)
		fallthrough
	case tensor.F32:
		v.f = make([]float32, lanes)
	case tensor.C128:
		v.di = make([]float64, lanes)
		fallthrough
	case tensor.F64:
		v.d = make([]float64, lanes)
	default:
		v.i = make([]int64, lanes)
	}
	return v
}

// set copies all lanes of a value of the same type.
func (v value) set(w value) {
	copy(v.i, w.i)
	copy(v.f, w.f)
	copy(v.fi, w.fi)
	copy(v.d, w.d)
	copy(v.di, w.di)
}

// lanes is the part [lo, hi) of a value.
func (v value) lanes(lo, hi int) value {
	return value{cut(v.i, lo, hi), cut(v.f, lo, hi), cut(v.fi, lo, hi), cut(v.d, lo, hi), cut(v.di, lo, hi)}
}

func cut[T any](s []T, lo, hi int) []T {
	if s == nil {
		return nil
	}
	return s[lo:hi]
}

// zero clears all lanes.
func (v value) zero() {
	clear(v.i)
	clear(v.f)
	clear(v.fi)
	clear(v.d)
	clear(v.di)
}

// splat copies the lane of w to all lanes.
func (v value) splat(w value) {
	spread(v.i, w.i)
	spread(v.f, w.f)
	spread(v.fi, w.fi)
	spread(v.d, w.d)
	spread(v.di, w.di)
}

func spread[T any](d, s []T) {
	for i := range d {
		d[i] = s[0]
	}
}

// choose is a where the mask is not 0, b elsewhere.
func (v value) choose(mask []int64, a, b value) {
	chooseLanes(mask, v.i, a.i, b.i)
	chooseLanes(mask, v.f, a.f, b.f)
	chooseLanes(mask, v.fi, a.fi, b.fi)
	chooseLanes(mask, v.d, a.d, b.d)
	chooseLanes(mask, v.di, a.di, b.di)
}

func chooseLanes[T any](mask []int64, d, a, b []T) {
	for i := range d {
		if mask[i] != 0 {
			d[i] = a[i]
		} else {
			d[i] = b[i]
		}
	}
}

// narrow wraps integers to their type.
func narrow(t tensor.DType, d []int64) {
	switch t {
	case tensor.I8:
		for i, x := range d {
			d[i] = int64(int8(x))
		}
	case tensor.I16, tensor.F16, tensor.BF16:
		for i, x := range d {
			d[i] = int64(int16(x))
		}
	case tensor.I32:
		for i, x := range d {
			d[i] = int64(int32(x))
		}
	}
}

// pick fills the lanes with those of two values: lanes of a, then lanes of b.
func (v value) pick(lanes []int, a, b value) {
	pickLanes(v.i, lanes, a.i, b.i)
	pickLanes(v.f, lanes, a.f, b.f)
	pickLanes(v.fi, lanes, a.fi, b.fi)
	pickLanes(v.d, lanes, a.d, b.d)
	pickLanes(v.di, lanes, a.di, b.di)
}

func pickLanes[T any](dst []T, lanes []int, a, b []T) {
	for i := range dst {
		if l := lanes[i]; l < len(a) {
			dst[i] = a[l]
		} else {
			dst[i] = b[l-len(a)]
		}
	}
}
