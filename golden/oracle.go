package golden

import (
	"fmt"
	"math"
	"math/cmplx"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
)

// Eval computes a Problem in the order it is written, element by element.
//
// Integers wrap in their type; F16 and BF16 are computed as float32 and rounded when stored; functions
// are those of package math, rounded to the node's type.
func Eval(p *parser.Problem, operands []*tensor.Tensor) (*tensor.Tensor, error) {
	if len(operands) != p.Operands {
		return nil, fmt.Errorf("oracle: %d operands, want %d", len(operands), p.Operands)
	}
	values := make([]*tensor.Tensor, len(p.Tensors))
	copy(values, operands)
	for _, s := range p.Statements {
		out, err := tensor.New(p.Tensors[s.Out].DType, p.Tensors[s.Out].Shape...)
		if err != nil {
			return nil, err
		}
		values[s.Out] = out
		e := &evaluator{p: p, s: s, values: values, at: make([]int, len(p.Indices))}
		e.statement(out)
	}
	return values[p.Output], nil
}

// number is a value of any element type: i for integers and Bool, c for the rest.
type number struct {
	i int64
	c complex128
}

type evaluator struct {
	p      *parser.Problem
	s      parser.Statement
	values []*tensor.Tensor
	at     []int // the position of each index
}

func (e *evaluator) statement(out *tensor.Tensor) {
	if e.s.Old >= 0 {
		copyElements(out, e.values[e.s.Old])
	}
	free := distinct(e.s.Left)
	e.each(free, func() {
		v := e.eval(parser.NodeID(len(e.s.Expr) - 1))
		d := e.s.Expr[len(e.s.Expr)-1].DType
		v = convert(v, d, out.DType())
		if e.s.Old >= 0 {
			old := load(e.values[e.s.Old], e.position(e.s.Left))
			v = apply2(e.s.Op.Fn(), out.DType().Accum(), old, v)
		}
		store(out, e.position(e.s.Left), v)
	})
}

// each calls f for every position of the indices, the last one fastest.
func (e *evaluator) each(over []parser.IndexID, f func()) {
	if len(over) == 0 {
		f()
		return
	}
	for x := range e.p.Indices[over[0]].Extent {
		e.at[over[0]] = x
		e.each(over[1:], f)
	}
}

func (e *evaluator) position(axes []parser.IndexID) []int {
	pos := make([]int, len(axes))
	for a, ix := range axes {
		if ix != parser.NoIndex {
			pos[a] = e.at[ix]
		}
	}
	return pos
}

func (e *evaluator) eval(id parser.NodeID) number {
	n := &e.s.Expr[id]
	switch n.Kind {
	case parser.NodeRef:
		return load(e.values[n.Tensor], e.position(n.Axes))
	case parser.NodeConst:
		if n.DType.IsInt() {
			return number{i: n.Int}
		}
		return convert(number{c: complex(n.Value, 0)}, tensor.F64, n.DType.Accum())
	case parser.NodeReduce:
		acc, d := identity(n.Reduce, n.DType.Accum()), n.DType.Accum()
		e.each(n.Over, func() { acc = apply2(n.Reduce.Fn(), d, acc, e.eval(n.Args[0])) })
		return acc
	}
	return e.apply(n)
}

func (e *evaluator) apply(n *parser.Node) number {
	d := n.DType.Accum()
	v := e.eval(n.Args[0])
	from := e.s.Expr[n.Args[0]].DType
	switch n.Fn {
	case parser.FnCast:
		return convert(v, from.Accum(), d)
	case parser.FnAdd, parser.FnSub, parser.FnMul, parser.FnDiv, parser.FnMin, parser.FnMax:
		for _, a := range n.Args[1:] {
			v = apply2(n.Fn, d, v, e.eval(a))
		}
		return v
	}
	return apply1(n.Fn, d, from.Accum(), v)
}

// identity is the value of an empty reduction.
func identity(r parser.ReduceOp, d tensor.DType) number {
	var v float64
	switch {
	case r == parser.Prod || (d == tensor.Bool && r == parser.Min):
		v = 1
	case r == parser.Max && d.IsInt():
		return number{i: math.MinInt64 >> (64 - 8*d.Size())}
	case r == parser.Min && d.IsInt():
		return number{i: math.MaxInt64 >> (64 - 8*d.Size())}
	case r == parser.Max && d != tensor.Bool:
		v = math.Inf(-1)
	case r == parser.Min:
		v = math.Inf(1)
	}
	return number{i: int64(v), c: complex(v, 0)}.clean(d)
}

// clean keeps the part of a number that its type uses.
func (x number) clean(d tensor.DType) number {
	if d.IsInt() || d == tensor.Bool {
		return number{i: x.i}
	}
	return number{c: x.c}
}

func apply2(f parser.Fn, d tensor.DType, a, b number) number {
	switch {
	case d == tensor.Bool:
		return boolean(f, a, b)
	case d.IsInt():
		return wrap(integer(f, a.i, b.i), d)
	case d.IsComplex():
		return round(complexes(f, a.c, b.c), d)
	}
	return round(complex(real2(f, real(a.c), real(b.c)), 0), d)
}

func boolean(f parser.Fn, a, b number) number {
	if f == parser.FnAdd || f == parser.FnMax {
		return number{i: a.i | b.i}
	}
	return number{i: a.i & b.i}
}

func integer(f parser.Fn, a, b int64) int64 {
	switch f {
	case parser.FnAdd:
		return a + b
	case parser.FnSub:
		return a - b
	case parser.FnMul:
		return a * b
	case parser.FnMin:
		return min(a, b)
	}
	return max(a, b)
}

func complexes(f parser.Fn, a, b complex128) complex128 {
	switch f {
	case parser.FnAdd:
		return a + b
	case parser.FnSub:
		return a - b
	case parser.FnDiv:
		return a / b
	}
	// Written out: Go's product of complex numbers repairs NaNs that the plain formula gives.
	return complex(real(a)*real(b)-imag(a)*imag(b), real(a)*imag(b)+imag(a)*real(b))
}

func real2(f parser.Fn, a, b float64) float64 {
	switch f {
	case parser.FnAdd:
		return a + b
	case parser.FnSub:
		return a - b
	case parser.FnMul:
		return a * b
	case parser.FnDiv:
		return a / b
	case parser.FnMin:
		return min(a, b)
	}
	return max(a, b)
}

func apply1(f parser.Fn, d, from tensor.DType, x number) number {
	switch {
	case from.IsComplex() && f == parser.FnAbs:
		return round(complex(cmplx.Abs(x.c), 0), d)
	case from.IsComplex():
		return number{c: -x.c}
	case d.IsInt() && f == parser.FnAbs:
		return wrap(max(x.i, -x.i), d)
	case d.IsInt() && f == parser.FnRelu:
		return number{i: max(x.i, 0)}
	case d.IsInt() && f == parser.FnSign:
		return number{i: max(-1, min(x.i, 1))}
	case d.IsInt():
		return wrap(-x.i, d)
	case d == tensor.Bool:
		return x // abs, relu and sign of a truth value
	}
	return round(complex(real1(f, real(x.c)), 0), d)
}

func real1(f parser.Fn, x float64) float64 {
	switch f {
	case parser.FnNeg:
		return -x
	case parser.FnAbs:
		return math.Abs(x)
	case parser.FnExp:
		return math.Exp(x)
	case parser.FnLog:
		if x > 0 && x < 0x1p-1022 { // math.Log is wrong there on amd64
			return math.Log(x*0x1p52) - 52*math.Ln2
		}
		return math.Log(x)
	case parser.FnSqrt:
		return math.Sqrt(x)
	case parser.FnTanh:
		return math.Tanh(x)
	case parser.FnSigmoid:
		return 1 / (1 + math.Exp(-x))
	case parser.FnRelu:
		return max(x, 0)
	case parser.FnSign:
		return sign(x)
	case parser.FnLeakyRelu:
		if x < 0 {
			return 0.01 * x
		}
		return x
	}
	return gelu(x)
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	case x == 0:
		return 0
	}
	return x
}

func gelu(x float64) float64 {
	if math.IsInf(x, -1) {
		return 0
	}
	return x / 2 * math.Erfc(-x/math.Sqrt2)
}

// round rounds to a floating-point or complex type.
func round(c complex128, d tensor.DType) number {
	if d.Real() == tensor.F32 {
		c = complex(float64(float32(real(c))), float64(float32(imag(c))))
	}
	return number{c: c}
}

// wrap keeps the low bits of an integer.
func wrap(i int64, d tensor.DType) number {
	shift := 64 - 8*d.Size()
	return number{i: i << shift >> shift}
}

// convert takes a value between types that values are computed in, and to the half types by storing.
func convert(v number, from, to tensor.DType) number {
	isInt := func(d tensor.DType) bool { return d.IsInt() || d == tensor.Bool }
	switch {
	case to == tensor.Bool && isInt(from):
		return number{i: min(1, v.i&math.MaxInt64|int64(uint64(v.i)>>63))}
	case to == tensor.Bool:
		return number{i: map[bool]int64{true: 1}[v.c != 0]}
	case isInt(to) && isInt(from):
		return wrap(v.i, to)
	case isInt(to):
		return wrap(int64(real(v.c)), to)
	case isInt(from) && to.Accum() == tensor.F32:
		return number{c: complex(float64(float32(v.i)), 0)} // one rounding
	case isInt(from):
		return round(complex(float64(v.i), 0), to)
	case !to.IsComplex():
		return round(complex(real(v.c), 0), to.Accum())
	}
	return round(v.c, to)
}

func distinct(axes []parser.IndexID) []parser.IndexID {
	var out []parser.IndexID
	seen := map[parser.IndexID]bool{parser.NoIndex: true}
	for _, ix := range axes {
		if !seen[ix] {
			out = append(out, ix)
		}
		seen[ix] = true
	}
	return out
}
