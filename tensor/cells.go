package tensor

import "unsafe"

// Elements are read and written in chunks of a carrier type that holds every value of a kind exactly:
// int64 for Bool and integers, float64 for floats, complex128 for complex. The switch over element
// types is then outside the loop, and n types need n readers and n writers rather than n² converters.
const chunk = 512

type scalar interface {
	int8 | int16 | int32 | int64 | float32 | float64
}

// gather reads len(dst) elements that lie step bytes apart.
func gather[S, D scalar](dst []D, p unsafe.Pointer, step int) {
	for i := range dst {
		dst[i] = D(*(*S)(unsafe.Add(p, i*step)))
	}
}

func gatherHalf(dst []float64, p unsafe.Pointer, step int, widen func(uint16) float32) {
	for i := range dst {
		dst[i] = float64(widen(*(*uint16)(unsafe.Add(p, i*step))))
	}
}

// getInts reads Bool (as 0 or 1) and integers.
func getInts(dst []int64, d DType, p unsafe.Pointer, step int) {
	switch d {
	case Bool:
		for i := range dst {
			dst[i] = 0
			if *(*byte)(unsafe.Add(p, i*step)) != 0 {
				dst[i] = 1
			}
		}
	case I8:
		gather[int8](dst, p, step)
	case I16:
		gather[int16](dst, p, step)
	case I32:
		gather[int32](dst, p, step)
	case I64:
		gather[int64](dst, p, step)
	}
}

// getReals reads every type but the complex ones. I64 beyond 2^53 rounds.
func getReals(dst []float64, d DType, p unsafe.Pointer, step int) {
	switch d {
	case F16:
		gatherHalf(dst, p, step, F16ToF32)
	case BF16:
		gatherHalf(dst, p, step, BF16ToF32)
	case F32:
		gather[float32](dst, p, step)
	case F64:
		gather[float64](dst, p, step)
	default:
		var buf [chunk]int64
		for at := 0; at < len(dst); at += chunk {
			part := dst[at:min(at+chunk, len(dst))]
			getInts(buf[:len(part)], d, unsafe.Add(p, at*step), step)
			for i := range part {
				part[i] = float64(buf[i])
			}
		}
	}
}

// getComplex reads every type.
func getComplex(dst []complex128, d DType, p unsafe.Pointer, step int) {
	switch d {
	case C64:
		for i := range dst {
			dst[i] = complex128(*(*complex64)(unsafe.Add(p, i*step)))
		}
	case C128:
		for i := range dst {
			dst[i] = *(*complex128)(unsafe.Add(p, i*step))
		}
	default:
		var buf [chunk]float64
		for at := 0; at < len(dst); at += chunk {
			part := dst[at:min(at+chunk, len(dst))]
			getReals(buf[:len(part)], d, unsafe.Add(p, at*step), step)
			for i := range part {
				part[i] = complex(buf[i], 0)
			}
		}
	}
}

func row[T any](p unsafe.Pointer, n int) []T { return unsafe.Slice((*T)(p), n) }

func fill[D, S scalar](p unsafe.Pointer, src []S) {
	for i, d := 0, row[D](p, len(src)); i < len(src); i++ {
		d[i] = D(src[i])
	}
}

func fillWith[D, S any](p unsafe.Pointer, src []S, f func(S) D) {
	for i, d := 0, row[D](p, len(src)); i < len(src); i++ {
		d[i] = f(src[i])
	}
}

// putInts writes adjacent elements of any type. Integers wrap, others round once.
func putInts(d DType, p unsafe.Pointer, src []int64) {
	switch d {
	case Bool:
		fillWith(p, src, func(v int64) bool { return v != 0 })
	case I8:
		fill[int8](p, src)
	case I16:
		fill[int16](p, src)
	case I32:
		fill[int32](p, src)
	case I64:
		fill[int64](p, src)
	case F16:
		fillWith(p, src, func(v int64) uint16 { return F64ToF16(intToOdd(v)) })
	case BF16:
		fillWith(p, src, func(v int64) uint16 { return F64ToBF16(intToOdd(v)) })
	case F32:
		fill[float32](p, src)
	case F64:
		fill[float64](p, src)
	case C64:
		fillWith(p, src, func(v int64) complex64 { return complex(float32(v), 0) })
	case C128:
		fillWith(p, src, func(v int64) complex128 { return complex(float64(v), 0) })
	}
}

// putReals writes adjacent elements of any type. Floats round once; toward integers see truncate.
func putReals(d DType, p unsafe.Pointer, src []float64) {
	switch d {
	case Bool:
		fillWith(p, src, func(v float64) bool { return v != 0 })
	case I8:
		fillWith(p, src, func(v float64) int8 { return int8(truncate(v, 8)) })
	case I16:
		fillWith(p, src, func(v float64) int16 { return int16(truncate(v, 16)) })
	case I32:
		fillWith(p, src, func(v float64) int32 { return int32(truncate(v, 32)) })
	case I64:
		fillWith(p, src, func(v float64) int64 { return truncate(v, 64) })
	case F16:
		fillWith(p, src, F64ToF16)
	case BF16:
		fillWith(p, src, F64ToBF16)
	case F32:
		fill[float32](p, src)
	case F64:
		fill[float64](p, src)
	case C64:
		fillWith(p, src, func(v float64) complex64 { return complex(float32(v), 0) })
	case C128:
		fillWith(p, src, func(v float64) complex128 { return complex(v, 0) })
	}
}

// putComplex writes adjacent elements of any type; the real ones but Bool drop the imaginary part.
func putComplex(d DType, p unsafe.Pointer, src []complex128) {
	switch d {
	case Bool:
		fillWith(p, src, func(v complex128) bool { return v != 0 })
	case C64:
		fillWith(p, src, func(v complex128) complex64 { return complex64(v) })
	case C128:
		copy(row[complex128](p, len(src)), src)
	default:
		var buf [chunk]float64
		for at := 0; at < len(src); at += chunk {
			part := src[at:min(at+chunk, len(src))]
			for i := range part {
				buf[i] = real(part[i])
			}
			putReals(d, unsafe.Add(p, at*d.Size()), buf[:len(part)])
		}
	}
}

// truncate drops the fraction and saturates at the ends of a signed integer of some bits; NaN gives 0.
// NumPy leaves both cases to the machine; this is what compiled kernels do.
func truncate(v float64, bits uint) int64 {
	top := int64(1)<<(bits-1) - 1
	switch {
	case v != v:
		return 0
	case v >= float64(top): // for 64 bits float64(top) is 2^63, which is out of range already
		return top
	case v <= float64(-top-1):
		return -top - 1
	}
	return int64(v)
}
