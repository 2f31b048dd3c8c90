package parser

import (
	"github.com/einc-lang/einc/tensor"
)

// meet is the type that values promote to together. Literals take part by their kind only: a float
// makes integers and bool f64, an integer makes bool i64, and must fit an integer type.
func (l *lowering) meet(vs []value, at Span) (tensor.DType, error) {
	d, anyInt, anyFloat := tensor.Invalid, false, false
	for _, v := range vs {
		switch {
		case v.lit == nil && d == tensor.Invalid:
			d = v.dtype
		case v.lit == nil:
			d = tensor.Promote(d, v.dtype)
		case v.lit.IsInt:
			anyInt = true
		default:
			anyFloat = true
		}
	}
	discrete := d == tensor.Invalid || d == tensor.Bool || d.IsInt()
	switch {
	case anyFloat && discrete:
		return tensor.F64, nil
	case anyInt && (d == tensor.Invalid || d == tensor.Bool):
		return tensor.I64, nil
	case anyInt && d.IsInt():
		return d, l.fits(vs, d, at)
	}
	return d, nil
}

// fits checks that the literals are values of an integer type.
func (l *lowering) fits(vs []value, d tensor.DType, at Span) error {
	most := int64(1)<<(8*d.Size()-1) - 1
	for _, v := range vs {
		if v.lit != nil && v.lit.IsInt && (v.lit.Int > most || v.lit.Int < -most-1) {
			return l.fail(CodeNumberRange, at, "%d does not fit %s, the type of what it meets", v.lit.Int, d).
				hint("write %d.0 to compute in f64", v.lit.Int)
		}
	}
	return nil
}

// signature is the type that fn computes its arguments in, and that of its value.
func (l *lowering) signature(fn Fn, args []value, at Span) (in, out tensor.DType, err error) {
	if in, err = l.meetFor(fn, args, at); err != nil {
		return in, in, err
	}
	switch fn {
	case FnSub, FnNeg:
		if in == tensor.Bool {
			return in, in, l.fail(CodeDType, at, "%s is not defined on bool", fn).hint("make it a number first: (A + 0) is i64")
		}
	case FnAbs:
		return in, in.Real(), nil
	case FnRelu, FnSign, FnMin, FnMax:
		if in.IsComplex() {
			return in, in, l.noOrder(fn.String(), in, at)
		}
	case FnExp, FnLog, FnSqrt, FnTanh, FnSigmoid, FnLeakyRelu, FnGelu:
		if in.IsComplex() {
			return in, in, l.fail(CodeDType, at, "%s is not defined on %s", fn, in).hint("only + - * / and abs take complex numbers")
		}
	}
	return in, in, nil
}

// meetFor is meet, with integers and bool taken to f64 by functions of real numbers.
func (l *lowering) meetFor(fn Fn, args []value, at Span) (tensor.DType, error) {
	switch fn {
	case FnDiv, FnExp, FnLog, FnSqrt, FnTanh, FnSigmoid, FnLeakyRelu, FnGelu:
		d := tensor.Bool
		for _, v := range args {
			if v.lit == nil {
				d = tensor.Promote(d, v.dtype)
			}
		}
		if d == tensor.Bool || d.IsInt() {
			return tensor.F64, nil
		}
	}
	return l.meet(args, at)
}

func (l *lowering) noOrder(what string, d tensor.DType, at Span) error {
	return l.fail(CodeDType, at, "%s is not defined on %s: complex numbers have no order", what, d).hint("compare their abs")
}

// canReduce refuses max= and min= on complex values.
func (l *lowering) canReduce(d tensor.DType, at Span) error {
	if d.IsComplex() && (l.op == Max || l.op == Min) {
		return l.noOrder(l.op.String()+"=", d, at)
	}
	return nil
}
