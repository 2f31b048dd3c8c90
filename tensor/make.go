package tensor

import (
	"math"
	"slices"
	"unsafe"
)

// Elem is a Go type that stands for an element type. The half types have none: use FromBytes, or
// Convert from float32.
type Elem interface {
	bool | int8 | int16 | int32 | int64 | float32 | float64 | complex64 | complex128
}

// DTypeOf is the element type that a Go type stands for.
func DTypeOf[T Elem]() DType {
	switch any(*new(T)).(type) {
	case bool:
		return Bool
	case int8:
		return I8
	case int16:
		return I16
	case int32:
		return I32
	case int64:
		return I64
	case float32:
		return F32
	case float64:
		return F64
	case complex64:
		return C64
	}
	return C128
}

// New makes a row-major tensor of zeros. It fails with ErrDType, ErrRank, ErrExtent, ErrSize or
// ErrMemory.
func New(d DType, shape ...int) (*Tensor, error) {
	t, err := create("new", d, slices.Clone(shape))
	if err != nil {
		return nil, err
	}
	return t, nil
}

// create is New for a shape that nobody else will write.
func create(op string, d DType, shape []int) (*Tensor, *Error) {
	if err := checkDType(op, d); err != nil {
		return nil, err
	}
	n, err := count(op, d.Size(), shape)
	if err != nil {
		return nil, err
	}
	s, err := allocate(op, n*d.Size())
	if err != nil {
		return nil, err
	}
	return newTensor(s, d, shape, rowMajor(shape), 0, n), nil
}

// From makes a row-major tensor of the caller's slice without copying: the two share memory. The slice
// must have exactly as many elements as the shape (ErrLength).
func From[T Elem](data []T, shape ...int) (*Tensor, error) {
	d := DTypeOf[T]()
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(data))), len(data)*d.Size())
	t, err := over("from", d, bytes, shape)
	if err != nil {
		return nil, err
	}
	return t, nil
}

// FromBytes makes a row-major tensor of bytes in the machine's byte order without copying. There must
// be exactly as many as the shape needs (ErrLength), at an address that is a multiple of the alignment
// of the elements' parts (ErrAlign).
func FromBytes(d DType, data []byte, shape ...int) (*Tensor, error) {
	if err := checkDType("from bytes", d); err != nil {
		return nil, err
	}
	if a := d.Real().Size(); len(data) > 0 && uintptr(unsafe.Pointer(&data[0]))%uintptr(a) != 0 {
		return nil, fail("from bytes", ErrAlign,
			"the data of %s does not begin at a multiple of %d bytes: copy it into the Bytes of a New tensor", d, a)
	}
	t, err := over("from bytes", d, data, shape)
	if err != nil {
		return nil, err
	}
	return t, nil
}

func over(op string, d DType, bytes []byte, shape []int) (*Tensor, *Error) {
	n, err := count(op, d.Size(), shape)
	if err != nil {
		return nil, err
	}
	if n*d.Size() != len(bytes) {
		return nil, fail(op, ErrLength, "shape %s takes %d elements of %s (%d bytes), but there are %d bytes",
			tuple(shape), n, d, n*d.Size(), len(bytes))
	}
	shape = slices.Clone(shape)
	return newTensor(wrap(bytes), d, shape, rowMajor(shape), 0, n), nil
}

// Scalar makes a tensor of rank 0.
func Scalar[T Elem](v T) *Tensor {
	d := DTypeOf[T]()
	cell := &[1]T{v}
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(cell)), d.Size())
	return newTensor(wrap(bytes), d, []int{}, []int{}, 0, 1)
}

// Full makes a row-major tensor whose elements are all v. Its errors are New's. To see one value in
// many places without storing it again, Expand a Scalar.
func Full[T Elem](v T, shape ...int) (*Tensor, error) {
	t, err := create("full", DTypeOf[T](), slices.Clone(shape))
	if err != nil {
		return nil, err
	}
	elements := unsafe.Slice((*T)(t.data), t.length)
	for i := range elements {
		elements[i] = v
	}
	return t, nil
}

// Arange makes the vector 0, 1, …, n-1. Integers wrap and halves round, as in Convert.
func Arange(d DType, n int) (*Tensor, error) {
	t, err := create("arange", d, []int{n})
	if err != nil {
		return nil, err
	}
	var buf [chunk]int64
	for at := 0; at < n; at += chunk {
		part := buf[:min(chunk, n-at)]
		for i := range part {
			part[i] = int64(at + i)
		}
		putInts(d, unsafe.Add(t.data, at*d.Size()), part)
	}
	return t, nil
}

// AsStrided looks at t's storage with any shape and strides, the element at [0, 0, …] being number
// offset of the storage. It fails with ErrIndex if an element would lie outside the storage.
func (t *Tensor) AsStrided(offset int, shape, strides []int) (*Tensor, error) {
	n, err := count("as strided", t.dtype.Size(), shape)
	if err != nil {
		return nil, err
	}
	if len(strides) != len(shape) {
		return nil, fail("as strided", ErrAxis, "%d extents with %d strides: give one stride an axis", len(shape), len(strides))
	}
	lo, hi, ok := reach(shape, strides)
	if n > 0 && (!ok || offset < -lo || offset >= t.elements()-hi) {
		return nil, fail("as strided", ErrIndex, "shape %s with strides %s from element %d leaves the %d elements of the storage",
			tuple(shape), tuple(strides), offset, t.elements())
	}
	strides = slices.Clone(strides)
	for axis, e := range shape {
		if e <= 1 {
			strides[axis] = 0 // never taken, so it may be any number: keep it out of later arithmetic
		}
	}
	return newTensor(t.store, t.dtype, slices.Clone(shape), strides, offset, n), nil
}

// reach gives the first and the last element that a view touches, relative to its element at
// [0, 0, …]; not ok if the distance exceeds anything that can be stored.
func reach(shape, strides []int) (lo, hi int, ok bool) {
	const bound = math.MaxInt / 4 // so that a sum of two cannot overflow
	for axis, e := range shape {
		s := strides[axis]
		if e <= 1 || s == 0 {
			continue
		}
		if s > bound/e || s < -bound/e {
			return 0, 0, false
		}
		lo, hi = lo+min(0, (e-1)*s), hi+max(0, (e-1)*s)
		if lo < -bound || hi > bound {
			return 0, 0, false
		}
	}
	return lo, hi, true
}
