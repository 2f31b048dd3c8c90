package llvm

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
	"github.com/llir/llvm/ir"
	"github.com/llir/llvm/ir/enum"
	"github.com/llir/llvm/ir/value"
)

// op writes one operation of a nest.
func (e *fn) op(o *loop.Op) {
	dst := e.nest.Regs[o.Dst]
	args := make([]val, len(o.Args))
	for i, r := range o.Args {
		args[i] = e.regs[r]
	}
	switch o.Code {
	case loop.OpConst:
		e.regs[o.Dst] = literal(dst, o.Value, o.Int)
	case loop.OpShuffle:
		e.regs[o.Dst] = e.pick(e.nest.Regs[o.Args[0]], args[0], args[1], o.Pick)
	case loop.OpShl, loop.OpShr, loop.OpSar:
		e.regs[o.Dst] = val{re: e.shift(o.Code, args[0].re, o.Int)}
	default:
		e.regs[o.Dst] = e.apply(o.Code, e.nest.Regs[o.Args[0]], dst, args)
	}
}

// apply computes the operations without constants. t is the type of the first argument.
func (e *fn) apply(c loop.Code, t, dst loop.Type, a []val) val {
	switch c {
	case loop.OpSplat:
		return e.splat(a[0], dst.Lanes)
	case loop.OpConvert:
		return e.convert(a[0], t.DType, dst.DType)
	case loop.OpBits:
		return val{re: e.bits(a[0].re, part(dst))}
	case loop.OpSelect:
		return each(func(ps ...value.Value) value.Value { return e.put(ir.NewSelect(a[0].re, ps[0], ps[1])) }, a[1], a[2])
	case loop.OpLt, loop.OpLe, loop.OpEq, loop.OpNe:
		return val{re: e.relate(c, t.DType, a[0].re, a[1].re)}
	case loop.OpRe:
		return val{re: a[0].re}
	case loop.OpIm:
		return val{re: a[0].im}
	case loop.OpComplex:
		return val{a[0].re, a[1].re}
	case loop.OpFoldAdd, loop.OpFoldMul, loop.OpFoldMin, loop.OpFoldMax:
		return e.fold(c, t, a[0])
	}
	return e.arith(c, t.DType, a...)
}

// arith computes operations whose arguments and result are of one type.
func (e *fn) arith(c loop.Code, d tensor.DType, a ...val) val {
	if d.IsComplex() {
		return e.complexArith(c, a)
	}
	xs := make([]value.Value, len(a))
	for i := range a {
		xs[i] = a[i].re
	}
	var r value.Value
	switch {
	case d == tensor.Bool:
		r = e.boolArith(c, xs)
	case d.IsInt():
		r = e.intArith(c, xs)
	case d == tensor.F32 || d == tensor.F64:
		r = e.floatArith(c, xs)
	}
	if r == nil {
		e.fail("no operation %s on %s: convert to a type that has it", c, d)
		r = xs[0]
	}
	return val{re: r}
}

func (e *fn) boolArith(c loop.Code, x []value.Value) value.Value {
	switch c {
	case loop.OpAdd, loop.OpMax, loop.OpOr:
		return e.put(ir.NewOr(x[0], x[1]))
	case loop.OpMul, loop.OpMin, loop.OpAnd:
		return e.put(ir.NewAnd(x[0], x[1]))
	case loop.OpXor:
		return e.put(ir.NewXor(x[0], x[1]))
	case loop.OpFMA:
		return e.put(ir.NewOr(e.put(ir.NewAnd(x[0], x[1])), x[2]))
	}
	return nil
}

func (e *fn) intArith(c loop.Code, x []value.Value) value.Value {
	switch c {
	case loop.OpAdd:
		return e.put(ir.NewAdd(x[0], x[1]))
	case loop.OpSub:
		return e.put(ir.NewSub(x[0], x[1]))
	case loop.OpMul:
		return e.put(ir.NewMul(x[0], x[1]))
	case loop.OpFMA:
		return e.put(ir.NewAdd(e.put(ir.NewMul(x[0], x[1])), x[2]))
	case loop.OpAnd:
		return e.put(ir.NewAnd(x[0], x[1]))
	case loop.OpOr:
		return e.put(ir.NewOr(x[0], x[1]))
	case loop.OpXor:
		return e.put(ir.NewXor(x[0], x[1]))
	case loop.OpNeg:
		return e.put(ir.NewSub(ints(x[0].Type(), 0), x[0]))
	case loop.OpAbs:
		minus := e.put(ir.NewSub(ints(x[0].Type(), 0), x[0]))
		below := e.put(ir.NewICmp(enum.IPredSLT, x[0], ints(x[0].Type(), 0)))
		return e.put(ir.NewSelect(below, minus, x[0]))
	case loop.OpMin:
		return e.put(ir.NewSelect(e.put(ir.NewICmp(enum.IPredSLT, x[0], x[1])), x[0], x[1]))
	case loop.OpMax:
		return e.put(ir.NewSelect(e.put(ir.NewICmp(enum.IPredSGT, x[0], x[1])), x[0], x[1]))
	}
	return nil
}

func (e *fn) floatArith(c loop.Code, x []value.Value) value.Value {
	switch c {
	case loop.OpAdd:
		return e.put(ir.NewFAdd(x[0], x[1]))
	case loop.OpSub:
		return e.put(ir.NewFSub(x[0], x[1]))
	case loop.OpMul:
		return e.put(ir.NewFMul(x[0], x[1]))
	case loop.OpDiv:
		return e.put(ir.NewFDiv(x[0], x[1]))
	case loop.OpFMA:
		return e.fma(x[0], x[1], x[2])
	case loop.OpNeg:
		return e.put(ir.NewFNeg(x[0]))
	case loop.OpAbs:
		return e.call("llvm.fabs", suffix(x[0].Type()), x[0].Type(), x[0])
	case loop.OpSqrt:
		return e.call("llvm.sqrt", suffix(x[0].Type()), x[0].Type(), x[0])
	case loop.OpMin, loop.OpMax:
		return e.extremum(c, x[0], x[1])
	}
	return nil
}

// fma is x*y + z, rounded once where the nest says so, and never by contraction elsewhere.
func (e *fn) fma(x, y, z value.Value) value.Value {
	if e.nest.FMA {
		return e.call("llvm.fma", suffix(x.Type()), x.Type(), x, y, z)
	}
	return e.put(ir.NewFAdd(e.put(ir.NewFMul(x, y)), z))
}

// complexArith spells the formulas of loop.Code out.
func (e *fn) complexArith(c loop.Code, a []val) val {
	switch c {
	case loop.OpAdd, loop.OpSub, loop.OpNeg:
		return each(func(ps ...value.Value) value.Value { return e.floatArith(c, ps) }, a...)
	case loop.OpMul:
		x, y := a[0], a[1]
		re, im := e.put(ir.NewFMul(x.re, y.re)), e.put(ir.NewFMul(x.re, y.im))
		return e.addTurned(x.im, y, val{re, im})
	case loop.OpFMA:
		x, y, z := a[0], a[1], a[2]
		re, im := e.fma(x.re, y.re, z.re), e.fma(x.re, y.im, z.im)
		return e.addTurned(x.im, y, val{re, im})
	}
	e.fail("no operation %s on complex values: approx builds division and modulus from real ones", c)
	return a[0]
}

// addTurned is z + i·x·y, for a real x.
func (e *fn) addTurned(x value.Value, y, z val) val {
	im := e.fma(x, y.re, z.im)
	if e.nest.FMA {
		return val{e.fma(e.put(ir.NewFNeg(x)), y.im, z.re), im}
	}
	return val{e.put(ir.NewFSub(z.re, e.put(ir.NewFMul(x, y.im)))), im}
}

// extremum is llvm.minimum or llvm.maximum. Only aarch64 has an instruction for it; x86 has one that
// gives the second argument if either is a NaN or both are zeros, so it is asked both ways round, and
// the results differ in these cases only. Or-ing their bits makes a minimum right: -0 wins, and NaNs,
// whose exponent is all ones, stay. And-ing them makes +0 win, but may lose a NaN, which is put back.
func (e *fn) extremum(c loop.Code, x, y value.Value) value.Value {
	t := x.Type()
	name, pred := "llvm.minimum", enum.FPredOLT
	if c == loop.OpMax {
		name, pred = "llvm.maximum", enum.FPredOGT
	}
	if e.target.arch() == "aarch64" {
		return e.call(name, suffix(t), t, x, y)
	}
	pick := func(x, y value.Value) value.Value {
		return e.bits(e.put(ir.NewSelect(e.put(ir.NewFCmp(pred, x, y)), x, y)), asInt(t))
	}
	a, b := pick(x, y), pick(y, x)
	if c == loop.OpMin {
		return e.bits(e.put(ir.NewOr(a, b)), t)
	}
	r := e.bits(e.put(ir.NewAnd(a, b)), t)
	return e.put(ir.NewSelect(e.put(ir.NewFCmp(enum.FPredUNO, x, y)), e.put(ir.NewFAdd(x, y)), r))
}

// relate compares integers or floats.
func (e *fn) relate(c loop.Code, d tensor.DType, x, y value.Value) value.Value {
	i := c - loop.OpLt
	if d.IsInt() {
		p := [...]enum.IPred{enum.IPredSLT, enum.IPredSLE, enum.IPredEQ, enum.IPredNE}[i]
		return e.put(ir.NewICmp(p, x, y))
	}
	if d != tensor.F32 && d != tensor.F64 {
		e.fail("no comparison %s on %s: convert to a type that has it", c, d)
		return x
	}
	p := [...]enum.FPred{enum.FPredOLT, enum.FPredOLE, enum.FPredOEQ, enum.FPredUNE}[i]
	return e.put(ir.NewFCmp(p, x, y))
}

// shift shifts integers by a constant.
func (e *fn) shift(c loop.Code, x value.Value, n int64) value.Value {
	by := ints(x.Type(), n)
	switch c {
	case loop.OpShl:
		return e.put(ir.NewShl(x, by))
	case loop.OpShr:
		return e.put(ir.NewLShr(x, by))
	}
	return e.put(ir.NewAShr(x, by))
}

// fold reduces a vector by halves.
func (e *fn) fold(c loop.Code, t loop.Type, v val) val {
	code := [...]loop.Code{loop.OpAdd, loop.OpMul, loop.OpMin, loop.OpMax}[c-loop.OpFoldAdd]
	for n := t.Lanes; n > 1; n /= 2 {
		low := each(func(ps ...value.Value) value.Value { return e.half(ps[0], 0) }, v)
		high := each(func(ps ...value.Value) value.Value { return e.half(ps[0], n/2) }, v)
		v = e.arith(code, t.DType, low, high)
	}
	return v
}

// half is the half of a vector that starts at lane first; a scalar if there are two lanes.
func (e *fn) half(x value.Value, first int) value.Value {
	n := lanes(x.Type()) / 2
	if n == 1 {
		return e.extract(x, first)
	}
	return e.shuffle(x, x, every(first, 1, n))
}
