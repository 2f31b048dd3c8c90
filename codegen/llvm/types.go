package llvm

import (
	"fmt"
	"math"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
	"github.com/llir/llvm/ir"
	"github.com/llir/llvm/ir/constant"
	"github.com/llir/llvm/ir/types"
	"github.com/llir/llvm/ir/value"
)

// scalar is the type of a register's part with one lane.
func scalar(d tensor.DType) types.Type {
	switch d {
	case tensor.Bool:
		return types.I1
	case tensor.I8:
		return types.I8
	case tensor.I16, tensor.F16, tensor.BF16:
		return types.I16
	case tensor.I32:
		return types.I32
	case tensor.I64:
		return types.I64
	case tensor.F32, tensor.C64:
		return types.Float
	}
	return types.Double
}

// memory is the type of an element's part in memory.
func memory(d tensor.DType) types.Type {
	if d == tensor.Bool {
		return types.I8
	}
	return scalar(d)
}

// parts is how many parts an element has.
func parts(d tensor.DType) int64 {
	if d.IsComplex() {
		return 2
	}
	return 1
}

// align is what accesses of elements may assume: Go slices and .npy payloads promise no more.
func align(d tensor.DType) ir.Align { return ir.Align(d.Real().Size()) }

// vector is n lanes of t; one lane is t itself.
func vector(t types.Type, n int) types.Type {
	if n == 1 {
		return t
	}
	return types.NewVector(uint64(n), t)
}

// part is the type of a register's part.
func part(t loop.Type) types.Type { return vector(scalar(t.DType), t.Lanes) }

// lanes is the number of lanes of a type.
func lanes(t types.Type) int {
	if v, ok := t.(*types.VectorType); ok {
		return int(v.Len)
	}
	return 1
}

// like is the type of elements t with as many lanes as x.
func like(x value.Value, t types.Type) types.Type { return vector(t, lanes(x.Type())) }

// suffix is how intrinsics spell a type.
func suffix(t types.Type) string {
	switch x := t.(type) {
	case *types.VectorType:
		return fmt.Sprintf("v%d%s", x.Len, suffix(x.ElemType))
	case *types.IntType:
		return fmt.Sprintf("i%d", x.BitSize)
	}
	if t.Equal(types.Float) {
		return "f32"
	}
	return "f64"
}

// float is a floating-point constant. llir's own goes through decimal text and 24 bits, which is wrong
// for denormals; LLVM takes the bits of the value as a double for either type, exactly.
type float struct {
	t    types.Type
	bits uint64
}

func newFloat(t types.Type, v float64) float {
	if v != v {
		return float{t, 0x7ff8 << 48}
	}
	if t.Equal(types.Float) {
		v = float64(float32(v))
	}
	return float{t, math.Float64bits(v)}
}

func (c float) IsConstant()      {}
func (c float) Type() types.Type { return c.t }
func (c float) Ident() string    { return fmt.Sprintf("0x%016X", c.bits) }
func (c float) String() string   { return c.t.String() + " " + c.Ident() }

// integer is an integer constant, wrapped to the type's width.
func integer(t *types.IntType, v int64) constant.Constant {
	s := 64 - t.BitSize
	if t.BitSize == 1 {
		return constant.NewBool(v&1 != 0)
	}
	return constant.NewInt(t, v<<s>>s)
}

// fill is the constant c in every lane of t.
func fill(t types.Type, c constant.Constant) constant.Constant {
	v, ok := t.(*types.VectorType)
	if !ok {
		return c
	}
	elems := make([]constant.Constant, v.Len)
	for i := range elems {
		elems[i] = c
	}
	return constant.NewVector(v, elems...)
}

// ints is the integer v in every lane of t.
func ints(t types.Type, v int64) constant.Constant {
	e := t
	if x, ok := t.(*types.VectorType); ok {
		e = x.ElemType
	}
	return fill(t, integer(e.(*types.IntType), v))
}

// zero is a value of t with every bit 0.
func zero(t loop.Type) val {
	z := val{re: constant.NewZeroInitializer(part(t))}
	if t.Lanes == 1 {
		z.re = literal(t, 0, 0).re
	}
	if t.DType.IsComplex() {
		z.im = z.re
	}
	return z
}

// literal is the value of an OpConst. The half types, which have none in nests, take their bits.
func literal(t loop.Type, f float64, i int64) val {
	p := part(t)
	switch d := t.DType; {
	case d == tensor.Bool && f != 0:
		return val{re: ints(p, 1)}
	case d == tensor.Bool:
		return val{re: ints(p, 0)}
	case d.IsInt(), d == tensor.F16, d == tensor.BF16:
		return val{re: ints(p, i)}
	}
	v := val{re: fill(p, newFloat(scalar(t.DType), f))}
	if t.DType.IsComplex() {
		v.im = fill(p, newFloat(scalar(t.DType), 0))
	}
	return v
}
