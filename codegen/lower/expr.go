package lower

import (
	"fmt"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/codegen/loop/approx"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
)

// apply appends the operations of node n to b. Arguments are registers of any types with the lanes of
// the result; they are converted to the type the node computes in.
func apply(b *loop.Builder, n parser.Node, args []loop.Reg) (loop.Reg, error) {
	d := n.DType.Accum()
	if len(args) == 0 {
		return 0, fmt.Errorf("%s without arguments", n.Fn)
	}
	if n.Fn == parser.FnAbs && b.Type(args[0]).DType.IsComplex() {
		return b.Convert(approx.ComplexAbs(b, args[0]), d), nil
	}
	x := make([]loop.Reg, len(args))
	for i, a := range args {
		x[i] = b.Convert(a, d)
	}
	switch n.Fn {
	case parser.FnCast:
		return x[0], nil
	case parser.FnAdd:
		return chain(b, loop.OpAdd, x), nil
	case parser.FnMul:
		return chain(b, loop.OpMul, x), nil
	}
	switch {
	case d == tensor.Bool:
		return applyBool(b, n.Fn, x)
	case d.IsInt():
		return applyInt(b, n.Fn, x)
	case d.IsComplex():
		return applyComplex(b, n.Fn, x)
	}
	return applyFloat(b, n.Fn, x)
}

// chain folds arguments from left to right.
func chain(b *loop.Builder, c loop.Code, x []loop.Reg) loop.Reg {
	r := x[0]
	for _, y := range x[1:] {
		r = b.Same(c, r, y)
	}
	return r
}

func undefined(f parser.Fn, kind string) error {
	return fmt.Errorf("%s is not defined on %s values", f, kind)
}

func applyBool(b *loop.Builder, f parser.Fn, x []loop.Reg) (loop.Reg, error) {
	switch f {
	case parser.FnAbs, parser.FnRelu, parser.FnSign:
		return x[0], nil
	case parser.FnMin:
		return chain(b, loop.OpMin, x), nil
	case parser.FnMax:
		return chain(b, loop.OpMax, x), nil
	}
	return 0, undefined(f, "bool")
}

func applyInt(b *loop.Builder, f parser.Fn, x []loop.Reg) (loop.Reg, error) {
	switch f {
	case parser.FnSub:
		return chain(b, loop.OpSub, x), nil
	case parser.FnNeg:
		return b.Same(loop.OpSub, b.Int(b.Type(x[0]), 0), x[0]), nil
	case parser.FnAbs:
		return b.Same(loop.OpAbs, x[0]), nil
	case parser.FnRelu:
		return b.Same(loop.OpMax, x[0], b.Int(b.Type(x[0]), 0)), nil
	case parser.FnSign:
		return approx.Sign(b, x[0]), nil
	case parser.FnMin:
		return chain(b, loop.OpMin, x), nil
	case parser.FnMax:
		return chain(b, loop.OpMax, x), nil
	}
	return 0, undefined(f, "integer")
}

func applyComplex(b *loop.Builder, f parser.Fn, x []loop.Reg) (loop.Reg, error) {
	switch f {
	case parser.FnSub:
		return chain(b, loop.OpSub, x), nil
	case parser.FnNeg:
		return b.Same(loop.OpNeg, x[0]), nil
	case parser.FnDiv:
		r := x[0]
		for _, y := range x[1:] {
			r = approx.ComplexDiv(b, r, y)
		}
		return r, nil
	}
	return 0, undefined(f, "complex")
}

func applyFloat(b *loop.Builder, f parser.Fn, x []loop.Reg) (loop.Reg, error) {
	switch f {
	case parser.FnSub:
		return chain(b, loop.OpSub, x), nil
	case parser.FnDiv:
		return chain(b, loop.OpDiv, x), nil
	case parser.FnMin:
		return chain(b, loop.OpMin, x), nil
	case parser.FnMax:
		return chain(b, loop.OpMax, x), nil
	case parser.FnNeg:
		return b.Same(loop.OpNeg, x[0]), nil
	case parser.FnAbs:
		return b.Same(loop.OpAbs, x[0]), nil
	case parser.FnSqrt:
		return b.Same(loop.OpSqrt, x[0]), nil
	case parser.FnExp:
		return approx.Exp(b, x[0]), nil
	case parser.FnLog:
		return approx.Log(b, x[0]), nil
	case parser.FnTanh:
		return approx.Tanh(b, x[0]), nil
	case parser.FnSigmoid:
		return approx.Sigmoid(b, x[0]), nil
	case parser.FnGelu:
		return approx.Gelu(b, x[0]), nil
	case parser.FnRelu:
		return approx.Relu(b, x[0]), nil
	case parser.FnLeakyRelu:
		return approx.LeakyRelu(b, x[0]), nil
	case parser.FnSign:
		return approx.Sign(b, x[0]), nil
	}
	return 0, undefined(f, "float")
}
