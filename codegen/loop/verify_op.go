package loop

import "github.com/einc-lang/einc/tensor"

func (v *verifier) op(n *Op) error {
	if n.Code >= endCode {
		return v.errorf(n, "no such operation")
	}
	if len(n.Args) != n.Code.Arity() {
		return v.errorf(n, "%d arguments, %s takes %d", len(n.Args), n.Code, n.Code.Arity())
	}
	if err := v.use(n, n.Args...); err != nil {
		return err
	}
	if err := v.define(n, n.Dst); err != nil {
		return err
	}
	args := make([]Type, len(n.Args))
	for i, r := range n.Args {
		args[i] = v.nest.Regs[r]
	}
	if why := mistyped(n, v.nest.Regs[n.Dst], args); why != "" {
		return v.errorf(n, "%s", why)
	}
	return nil
}

// mistyped says what is wrong with the types of an operation, or nothing.
func mistyped(n *Op, dst Type, args []Type) string {
	switch n.Code {
	case OpConst:
		return unless(!isHalf(dst.DType), "f16 and bf16 have no constants: convert")
	case OpSplat:
		return unless(args[0] == Type{dst.DType, 1}, "the argument is the scalar of the result's type")
	case OpFoldAdd, OpFoldMul, OpFoldMin, OpFoldMax:
		if why := lacks(folded(n.Code), dst.DType); why != "" {
			return why
		}
		return unless(dst == Type{args[0].DType, 1}, "a fold gives a scalar of its argument's type")
	}
	if n.Code == OpShuffle {
		return misshuffled(n, dst, args)
	}
	for _, a := range args {
		if a.Lanes != dst.Lanes {
			return "the lanes differ"
		}
	}
	switch n.Code {
	case OpLt, OpLe, OpEq, OpNe:
		return unless(dst.DType == tensor.Bool && args[0] == args[1] && isReal(args[0].DType), "two integers, f32 or f64 of one type give a bool")
	case OpSelect:
		return unless(args[0].DType == tensor.Bool && args[1] == dst && args[2] == dst, "the arguments are a bool and two of the result's type")
	case OpConvert:
		return unless(args[0].DType != dst.DType, "it has that type already")
	case OpBits:
		ok := args[0].DType.Size() == dst.DType.Size() && args[0].DType.IsInt() != dst.DType.IsInt()
		return unless(ok && (args[0].DType.IsFloat() || dst.DType.IsFloat()), "one side is an integer, the other a float of the same size")
	case OpRe, OpIm:
		return unless(args[0].DType.IsComplex() && args[0].DType.Real() == dst.DType, "the parts of a complex value are reals of half its size")
	case OpComplex:
		return unless(args[0] == args[1] && dst.DType.IsComplex() && dst.DType.Real() == args[0].DType, "two reals make the complex type of twice the size")
	case OpShl, OpShr, OpSar:
		if n.Int < 0 || n.Int >= int64(dst.DType.Size())*8 {
			return "the count is not below the width"
		}
	}
	for _, a := range args {
		if a != dst {
			return "the arguments are of the result's type"
		}
	}
	return lacks(n.Code, dst.DType)
}

func misshuffled(n *Op, dst Type, args []Type) string {
	if args[0] != args[1] || args[0].DType != dst.DType || len(n.Pick) != dst.Lanes {
		return "two arguments of one type, and a pick for every lane of the result"
	}
	for _, l := range n.Pick {
		if l < 0 || l >= 2*args[0].Lanes {
			return "a pick is below the lanes of both arguments"
		}
	}
	return ""
}

func unless(ok bool, why string) string {
	if ok {
		return ""
	}
	return why
}

// isReal reports whether values of a type can be ordered and computed with.
func isReal(t tensor.DType) bool { return t.IsInt() || t == tensor.F32 || t == tensor.F64 }

// lacks says that a type has no such arithmetic.
func lacks(c Code, t tensor.DType) string {
	float, cplx, boolean := t == tensor.F32 || t == tensor.F64, t.IsComplex(), t == tensor.Bool
	ok := false
	switch c {
	case OpAdd, OpMul, OpFMA:
		ok = isReal(t) || cplx || boolean
	case OpSub, OpNeg:
		ok = isReal(t) || cplx
	case OpDiv, OpSqrt:
		ok = float
	case OpAbs:
		ok = isReal(t)
	case OpMin, OpMax:
		ok = isReal(t) || boolean
	case OpAnd, OpOr, OpXor:
		ok = t.IsInt() || boolean
	case OpShl, OpShr, OpSar:
		ok = t.IsInt()
	}
	switch {
	case ok:
		return ""
	case isHalf(t):
		return dtypeName(t) + " has no arithmetic: convert to f32 first"
	case cplx && (c == OpDiv || c == OpAbs):
		return dtypeName(t) + " has no " + c.String() + ": package approx builds it from real operations"
	}
	return dtypeName(t) + " has no " + c.String()
}
