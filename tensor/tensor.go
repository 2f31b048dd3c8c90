package tensor

import (
	"slices"
	"unsafe"
)

// Tensor is a strided view of storage that other views may share. The element at [i0, i1, …] lies
// Σ i·stride elements after the element at [0, 0, …]. The zero Tensor is not valid: use New, From,
// FromBytes, OpenNpy or a view of another Tensor.
type Tensor struct {
	data    unsafe.Pointer
	shape   []int
	strides []int
	length  int
	offset  int // elements of the storage before the element at [0, 0, …]
	store   *storage
	dtype   DType
}

// DType is the type of the elements.
func (t *Tensor) DType() DType { return t.dtype }

// Shape is the extent of each axis. The slice is the tensor's own: do not write it.
func (t *Tensor) Shape() []int { return t.shape }

// Strides is the distance of neighbours along each axis, in elements; 0 where an axis is broadcast,
// negative where it runs backwards. The slice is the tensor's own: do not write it.
func (t *Tensor) Strides() []int { return t.strides }

// Rank is the number of axes.
func (t *Tensor) Rank() int { return len(t.shape) }

// Len is the number of elements of the view, broadcast ones counted as often as they are seen.
func (t *Tensor) Len() int { return t.length }

// Offset is the place of the element at [0, 0, …], in elements from the beginning of the storage; 0 if
// the view is empty.
func (t *Tensor) Offset() int { return t.offset }

// Data is the address of the element at [0, 0, …], aligned to the parts of an element. It is never nil;
// that of an empty tensor must not be read. The memory lives as long as the Tensor or a view of it: who
// hands the address to code that Go does not see must runtime.KeepAlive the Tensor until after the call.
func (t *Tensor) Data() unsafe.Pointer { return t.data }

// Bytes is the whole storage that t looks at, other views' elements included: for a tensor fresh from
// New, exactly its elements in row-major order. Keep the Tensor while the bytes are used.
func (t *Tensor) Bytes() []byte { return t.store.bytes }

// newTensor places a view in a storage. The caller guarantees that it fits.
func newTensor(s *storage, d DType, shape, strides []int, offset, length int) *Tensor {
	if length == 0 {
		offset = 0
	}
	return &Tensor{
		data: unsafe.Add(s.base, offset*d.Size()), shape: shape, strides: strides,
		length: length, offset: offset, store: s, dtype: d,
	}
}

// view is a view of t's elements, at an offset from t's first.
func (t *Tensor) view(shape, strides []int, offset int) *Tensor {
	length := 1
	for _, e := range shape {
		length *= e
	}
	return newTensor(t.store, t.dtype, shape, strides, t.offset+offset, length)
}

// Contiguous reports whether the elements lie row-major without gaps. Strides of axes of extent 1, and
// all those of empty tensors, do not matter.
func (t *Tensor) Contiguous() bool {
	run := 1
	for axis := len(t.shape) - 1; axis >= 0; axis-- {
		if e := t.shape[axis]; e != 1 && t.strides[axis] != run && t.length != 0 {
			return false
		} else {
			run *= e
		}
	}
	return true
}

// elements is the number of elements the storage holds.
func (t *Tensor) elements() int { return len(t.store.bytes) / t.dtype.Size() }

// Clone copies the elements into fresh row-major storage. It fails with ErrMemory, and with ErrSize
// only for views that repeat their elements.
func (t *Tensor) Clone() (*Tensor, error) {
	c, err := create("clone", t.dtype, slices.Clone(t.shape))
	if err != nil {
		return nil, err
	}
	copyElements(c, t)
	return c, nil
}
