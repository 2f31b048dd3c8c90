package parser

import "github.com/einc-lang/einc/tensor"

// NewSpec describes a row-major operand by the name of its element type, einc's or NumPy's.
func NewSpec(name, dtype string, shape ...int) (Spec, error) {
	d, err := tensor.ParseDType(dtype)
	return Spec{Name: name, DType: d, Shape: shape}, err
}
