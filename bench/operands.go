package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"unsafe"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/tensor"
)

// random makes a row-major tensor of numbers between -1 and 1, or of small integers, always the same.
func random(d tensor.DType, seed uint64, shape []int) (*einc.Tensor, error) {
	t, err := tensor.New(d, shape...)
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(seed, 1))
	real := func() float32 { return 2*r.Float32() - 1 }
	whole := func() int8 { return int8(r.IntN(17) - 8) }
	switch d {
	case tensor.F32, tensor.C64:
		fill(t, real)
	case tensor.F64, tensor.C128:
		fill(t, func() float64 { return 2*r.Float64() - 1 })
	case tensor.F16:
		fill(t, func() uint16 { return tensor.F32ToF16(real()) })
	case tensor.BF16:
		fill(t, func() uint16 { return tensor.F32ToBF16(real()) })
	case tensor.I8:
		fill(t, whole)
	case tensor.I32:
		fill(t, func() int32 { return int32(whole()) })
	case tensor.I64:
		fill(t, func() int64 { return int64(whole()) })
	default:
		return nil, fmt.Errorf("no numbers are made of type %v", d)
	}
	return t, nil
}

func fill[T any](t *einc.Tensor, next func() T) {
	v := view[T](t.Bytes())
	for i := range v {
		v[i] = next()
	}
}

// view reads bytes as elements.
func view[T any](b []byte) []T {
	var zero T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(zero)))
}

// compare checks that two results agree: integers exactly, others up to a share of the largest element that
// grows with the number of terms summed.
func compare(d tensor.DType, want, got []byte, terms float64) error {
	if len(want) != len(got) {
		return fmt.Errorf("the result has %d bytes, not %d", len(got), len(want))
	}
	switch d {
	case tensor.F32, tensor.C64:
		return near(view[float32](want), view[float32](got), 1e-6*math.Sqrt(terms)+1e-5)
	case tensor.F64, tensor.C128:
		return near(view[float64](want), view[float64](got), 1e-15*math.Sqrt(terms)+1e-13)
	case tensor.F16: // some peers keep sums in 16 bits
		return near(widened(tensor.F16ToF32, want), widened(tensor.F16ToF32, got), 5e-4*math.Sqrt(terms)+2e-3)
	case tensor.BF16:
		return near(widened(tensor.BF16ToF32, want), widened(tensor.BF16ToF32, got), 4e-3*math.Sqrt(terms)+2e-2)
	}
	for i := range want {
		if want[i] != got[i] {
			return fmt.Errorf("the results differ in element %d", i/d.Size())
		}
	}
	return nil
}

func widened(wide func(uint16) float32, b []byte) (v []float32) {
	for _, h := range view[uint16](b) {
		v = append(v, wide(h))
	}
	return v
}

// near compares what is finite: from small operands, nothing else comes.
func near[T float32 | float64](want, got []T, tolerance float64) error {
	var largest, off float64
	at := 0
	for i := range want {
		e := math.Abs(float64(want[i]) - float64(got[i]))
		if math.IsNaN(e) || math.IsInf(e, 0) {
			return fmt.Errorf("element %d is %v, einc has %v", i, got[i], want[i])
		}
		largest = max(largest, math.Abs(float64(want[i])))
		if e > off {
			off, at = e, i
		}
	}
	if off > tolerance*largest {
		return fmt.Errorf("element %d is %v, einc has %v", at, got[at], want[at])
	}
	return nil
}
