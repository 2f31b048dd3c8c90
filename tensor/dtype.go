package tensor

import "fmt"

// DType is the type of a tensor's elements.
type DType uint8

// The element types. Bool is stored as one byte, 0 or 1. F16 is IEEE binary16, BF16 the upper half of
// binary32; both are stored in two bytes and computed with in F32. Complex elements are a real part
// followed by an imaginary part.
const (
	Invalid DType = iota
	Bool
	I8
	I16
	I32
	I64
	F16
	BF16
	F32
	F64
	C64
	C128
	endDType
)

var dtypes = [endDType]struct {
	name, numpy string
	size        int
}{
	Invalid: {"invalid", "invalid", 0},
	Bool:    {"bool", "bool", 1},
	I8:      {"i8", "int8", 1},
	I16:     {"i16", "int16", 2},
	I32:     {"i32", "int32", 4},
	I64:     {"i64", "int64", 8},
	F16:     {"f16", "float16", 2},
	BF16:    {"bf16", "bfloat16", 2},
	F32:     {"f32", "float32", 4},
	F64:     {"f64", "float64", 8},
	C64:     {"c64", "complex64", 8},
	C128:    {"c128", "complex128", 16},
}

// Types is more than any DType as a number.
const Types = int(endDType)

// DTypes lists every element type, narrow before wide inside a kind.
func DTypes() []DType {
	return []DType{Bool, I8, I16, I32, I64, F16, BF16, F32, F64, C64, C128}
}

// Valid reports whether d is one of DTypes.
func (d DType) Valid() bool { return d > Invalid && d < endDType }

// ParseDType reads einc's short name ("f32") or NumPy's name ("float32").
func ParseDType(s string) (DType, error) {
	for _, d := range DTypes() {
		if s == dtypes[d].name || s == dtypes[d].numpy {
			return d, nil
		}
	}
	return Invalid, fmt.Errorf("unknown element type %q: use one of bool i8 i16 i32 i64 f16 bf16 f32 f64 c64 c128", s)
}

// Size is the number of bytes of one element; 0 if d is not valid.
func (d DType) Size() int { return dtypes[d.known()].size }

// String is the short name, as in "f32".
func (d DType) String() string { return dtypes[d.known()].name }

// NumPy is NumPy's name of the type, as in "float32".
func (d DType) NumPy() string { return dtypes[d.known()].numpy }

// known is d, or Invalid for a number that no type has.
func (d DType) known() DType {
	if d >= endDType {
		return Invalid
	}
	return d
}

// IsInt reports whether d is one of the integer types; Bool is not.
func (d DType) IsInt() bool { return d >= I8 && d <= I64 }

// IsFloat reports whether d is a real floating-point type.
func (d DType) IsFloat() bool { return d >= F16 && d <= F64 }

// IsComplex reports whether d is C64 or C128.
func (d DType) IsComplex() bool { return d == C64 || d == C128 }

// Accum is the type that values of type d are computed and accumulated in: F32 for the two half
// types, d itself for every other.
func (d DType) Accum() DType {
	if d == F16 || d == BF16 {
		return F32
	}
	return d
}

// Real is the type of a complex type's parts, and d itself otherwise.
func (d DType) Real() DType {
	switch d {
	case C64:
		return F32
	case C128:
		return F64
	}
	return d
}

// Promote is the smallest type that holds both, by NumPy's table: i16 with f16 gives f32, i32 with
// f32 gives f64, f64 with c64 gives c128. BF16, which NumPy lacks, goes like F16; the two together
// give F32.
func Promote(a, b DType) DType {
	if a > b {
		a, b = b, a
	}
	switch {
	case a == b || a == Bool:
		return b
	case b.IsInt():
		return b // both are integers
	case b.IsComplex():
		if promoteReal(a, F32) == F64 {
			return C128
		}
		return b
	}
	return promoteReal(a, b)
}

// promoteReal is Promote for a narrower kind a and a real or complex-part type b.
func promoteReal(a, b DType) DType {
	a = a.Real()
	switch {
	case a == I32 || a == I64 || a == F64 || b == F64:
		return F64
	case a == I16 && b != F64, a == F16 && b == BF16, a == F32:
		return F32
	}
	return b
}
