package approx

import "github.com/einc-lang/einc/codegen/loop"

// Gelu is x/2·(1 + erf(x/√2)) = x·Φ(x), Φ the normal distribution; −0 at −Inf.
//
// With a = |x| and w = a·Φ(−a) it is −w for negative x and x − w for others. Φ(−a) is e^(−a²/2)·M(a),
// and (1 + √(2π)/2·a)·M(a) stays between 1/2 and 0.6 for all a ≥ 0: it is a polynomial in
// (a − 5)/(a + 5), a variable after Shepherd and Laframboise (1981). a² is computed exactly, as the
// exponential magnifies its error.
func Gelu(b *loop.Builder, x loop.Reg) loop.Reg {
	e := of(b, x)
	minus := e.less(x, e.num(0))
	// What is too far out to matter must not be computed: its denormals take hundreds of cycles.
	limit := e.choose(minus, e.num(e.tailEnd), e.num(e.tailLost))
	near := e.less(e.abs(x), limit)
	a := e.choose(near, e.abs(x), limit)
	sq := e.square(a)
	half := e.num(-0.5)
	low := e.mul(sq.lo, half)
	y := e.exponential(e.mul(sq.hi, half), &low)
	s := e.significand(y)

	u := e.div(e.add(a, a), e.add(a, e.num(5)))
	p := e.fast(e.num(0.5), e.mul(u, e.poly(e.sub(u, e.num(1)), e.tail)))
	w := e.div(e.mul(a, p.hi), e.add(a, e.num(1)))
	lost := e.fma(e.add(p.lo, p.lo), s.hi, s.lo) // p is about 1/2
	w = e.scale(e.choose(near, e.fma(w, s.hi, e.mul(w, lost)), e.num(0)), y.n)
	return e.choose(minus, e.neg(w), e.sub(x, w))
}

// Relu is x, or 0 for x up to 0; NaN for NaN. It takes integers too. A choice is two instructions, a maximum
// of numbers that may be NaN five.
func Relu(b *loop.Builder, x loop.Reg) loop.Reg {
	t := b.Type(x)
	if t.DType.IsInt() {
		return b.Same(loop.OpMax, x, b.Int(t, 0))
	}
	e, zero := of(b, x), b.Const(t, 0)
	return e.choose(b.Op(loop.OpLe, e.bool, x, zero), zero, x)
}

// LeakyRelu is x, or 0.01·x for negative x.
func LeakyRelu(b *loop.Builder, x loop.Reg) loop.Reg {
	e := of(b, x)
	return e.choose(e.less(x, e.num(0)), e.mul(x, e.num(0.01)), x)
}

// Sign is -1, 0 or 1 as x is negative, 0 or positive; NaN for NaN. It takes integers too.
func Sign(b *loop.Builder, x loop.Reg) loop.Reg {
	t := b.Type(x)
	if t.DType.IsInt() {
		return b.Same(loop.OpMin, b.Same(loop.OpMax, x, b.Int(t, -1)), b.Int(t, 1))
	}
	e := of(b, x)
	rest := e.choose(e.less(x, e.num(0)), e.num(-1), e.sub(x, x))
	return e.choose(e.less(e.num(0), x), e.num(1), rest)
}
