package llvm

import (
	"github.com/einc-lang/einc/tensor"
	"github.com/llir/llvm/ir"
	"github.com/llir/llvm/ir/enum"
	"github.com/llir/llvm/ir/types"
	"github.com/llir/llvm/ir/value"
)

// convert changes a value's element type, as loop.OpConvert says.
func (e *fn) convert(v val, from, to tensor.DType) val {
	switch {
	case from == to:
		return v
	case to == tensor.Bool && from.IsComplex():
		return val{re: e.put(ir.NewOr(e.convertReal(v.re, from.Real(), to), e.convertReal(v.im, from.Real(), to)))}
	case from.IsComplex() && to.IsComplex():
		return each(func(ps ...value.Value) value.Value { return e.convertReal(ps[0], from.Real(), to.Real()) }, v)
	case to.IsComplex():
		re := e.convertReal(v.re, from, to.Real())
		return val{re, fill(re.Type(), newFloat(scalar(to), 0))}
	}
	return val{re: e.convertReal(v.re, from.Real(), to)}
}

// convertReal converts between real types; the half types go by way of F32.
func (e *fn) convertReal(x value.Value, from, to tensor.DType) value.Value {
	if from == to {
		return x
	}
	switch from {
	case tensor.F16:
		return e.convertReal(e.widenF16(x), tensor.F32, to)
	case tensor.BF16:
		return e.convertReal(e.widenBF16(x), tensor.F32, to)
	}
	switch to {
	case tensor.F16:
		return e.narrowF16(e.convertReal(x, from, tensor.F32))
	case tensor.BF16:
		return e.narrowBF16(e.convertReal(x, from, tensor.F32))
	case tensor.Bool:
		return e.truth(x, from)
	}
	if to.IsInt() {
		return e.toInt(x, from, to)
	}
	return e.toFloat(x, from, to)
}

// truth is x != 0, which NaN is.
func (e *fn) truth(x value.Value, from tensor.DType) value.Value {
	if from.IsInt() {
		return e.put(ir.NewICmp(enum.IPredNE, x, ints(x.Type(), 0)))
	}
	return e.put(ir.NewFCmp(enum.FPredUNE, x, fill(x.Type(), newFloat(scalar(from), 0))))
}

func (e *fn) toInt(x value.Value, from, to tensor.DType) value.Value {
	t := like(x, scalar(to))
	switch {
	case from == tensor.Bool:
		return e.put(ir.NewZExt(x, t))
	case from.IsFloat():
		return e.call("llvm.fptosi.sat", suffix(t)+"."+suffix(x.Type()), t, x)
	case from.Size() > to.Size():
		return e.put(ir.NewTrunc(x, t))
	}
	return e.put(ir.NewSExt(x, t))
}

func (e *fn) toFloat(x value.Value, from, to tensor.DType) value.Value {
	t := like(x, scalar(to))
	switch {
	case from == tensor.Bool:
		return e.put(ir.NewUIToFP(x, t))
	case from.IsInt():
		return e.put(ir.NewSIToFP(x, t))
	case from == tensor.F64:
		return e.put(ir.NewFPTrunc(x, t))
	}
	return e.put(ir.NewFPExt(x, t))
}

// bits reinterprets x as a value of t.
func (e *fn) bits(x value.Value, t types.Type) value.Value { return e.cast(x, t) }

// asInt is the integer type that holds the bits of floats of type t.
func asInt(t types.Type) types.Type {
	n := types.I64
	if width(t) == 32 {
		n = types.I32
	}
	return vector(n, lanes(t))
}

// width is the bits of an element of t.
func width(t types.Type) int {
	if v, ok := t.(*types.VectorType); ok {
		t = v.ElemType
	}
	if i, ok := t.(*types.IntType); ok {
		return int(i.BitSize)
	}
	if t.Equal(types.Float) {
		return 32
	}
	return 64
}
