// Package tensor has the signatures of the real one, and other numbers for its types.
package tensor

type DType uint8

const (
	Invalid DType = iota
	Bool
	F8 // a type of another version
	I8
	F32
	F64
	C64
)

type Tensor struct{}

type Elem interface {
	bool | int8 | float32 | float64 | complex64
}

func New(d DType, shape ...int) (*Tensor, error)                    { return nil, nil }
func From[T Elem](data []T, shape ...int) (*Tensor, error)          { return nil, nil }
func FromBytes(d DType, data []byte, shape ...int) (*Tensor, error) { return nil, nil }
func Full[T Elem](v T, shape ...int) (*Tensor, error)               { return nil, nil }
func Arange(d DType, n int) (*Tensor, error)                        { return nil, nil }
func Scalar[T Elem](v T) *Tensor                                    { return nil }

func (t *Tensor) Transpose(order ...int) (*Tensor, error) { return nil, nil }
