package golden

import (
	"unsafe"

	"github.com/einc-lang/einc/tensor"
)

// address is where an element lies.
func address(t *tensor.Tensor, pos []int) unsafe.Pointer {
	off := 0
	for a, x := range pos {
		off += x * t.Strides()[a]
	}
	return unsafe.Add(t.Data(), off*t.DType().Size())
}

// load reads an element; half types come as their float32 value.
func load(t *tensor.Tensor, pos []int) number {
	p := address(t, pos)
	switch t.DType() {
	case tensor.Bool:
		return number{i: min(1, int64(*(*uint8)(p)))}
	case tensor.I8:
		return number{i: int64(*(*int8)(p))}
	case tensor.I16:
		return number{i: int64(*(*int16)(p))}
	case tensor.I32:
		return number{i: int64(*(*int32)(p))}
	case tensor.I64:
		return number{i: *(*int64)(p)}
	case tensor.F16:
		return number{c: complex(float64(tensor.F16ToF32(*(*uint16)(p))), 0)}
	case tensor.BF16:
		return number{c: complex(float64(tensor.BF16ToF32(*(*uint16)(p))), 0)}
	case tensor.F32:
		return number{c: complex(float64(*(*float32)(p)), 0)}
	case tensor.F64:
		return number{c: complex(*(*float64)(p), 0)}
	case tensor.C64:
		return number{c: complex128(*(*complex64)(p))}
	}
	return number{c: *(*complex128)(p)}
}

// store writes an element, rounding to the half types.
func store(t *tensor.Tensor, pos []int, v number) {
	p := address(t, pos)
	switch t.DType() {
	case tensor.Bool, tensor.I8:
		*(*int8)(p) = int8(v.i)
	case tensor.I16:
		*(*int16)(p) = int16(v.i)
	case tensor.I32:
		*(*int32)(p) = int32(v.i)
	case tensor.I64:
		*(*int64)(p) = v.i
	case tensor.F16:
		*(*uint16)(p) = tensor.F32ToF16(float32(real(v.c)))
	case tensor.BF16:
		*(*uint16)(p) = tensor.F32ToBF16(float32(real(v.c)))
	case tensor.F32:
		*(*float32)(p) = float32(real(v.c))
	case tensor.F64:
		*(*float64)(p) = real(v.c)
	case tensor.C64:
		*(*complex64)(p) = complex64(v.c)
	case tensor.C128:
		*(*complex128)(p) = v.c
	}
}

// positions calls f for every element's position, row-major.
func positions(shape []int, f func(pos []int)) {
	pos := make([]int, len(shape))
	for _, n := range shape {
		if n == 0 {
			return
		}
	}
	for {
		f(pos)
		a := len(shape) - 1
		for a >= 0 {
			if pos[a]++; pos[a] < shape[a] {
				break
			}
			pos[a] = 0
			a--
		}
		if a < 0 {
			return
		}
	}
}

// copyElements copies between tensors of one shape, whatever their types and strides.
func copyElements(to, from *tensor.Tensor) {
	positions(to.Shape(), func(pos []int) {
		store(to, pos, convert(load(from, pos), from.DType().Accum(), to.DType().Accum()))
	})
}
