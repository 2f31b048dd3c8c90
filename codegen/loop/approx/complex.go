package approx

import (
	"math"

	"github.com/einc-lang/einc/codegen/loop"
)

// parts takes a complex value apart.
func parts(b *loop.Builder, x loop.Reg) (re, im loop.Reg) {
	t := b.Type(x)
	t.DType = t.DType.Real()
	return b.Op(loop.OpRe, t, x), b.Op(loop.OpIm, t, x)
}

// ComplexAbs is the modulus of a complex value: the larger part times √(1 + ratio²), so that nothing
// overflows that need not. It is Inf if a part is, whatever the other.
func ComplexAbs(b *loop.Builder, x loop.Reg) loop.Reg {
	re, im := parts(b, x)
	e := of(b, re)
	re, im = e.abs(re), e.abs(im)
	big, small := e.max(re, im), e.min(re, im)
	r := e.div(small, big)
	r = e.choose(e.equal(big, e.num(0)), big, r)
	m := e.mul(big, b.Same(loop.OpSqrt, e.fma(r, r, e.num(1))))
	inf := e.num(math.Inf(1))
	either := b.Same(loop.OpOr, e.equal(re, inf), e.equal(im, inf))
	return e.choose(either, inf, m)
}

// ComplexDiv is x/y after Smith (1962): with the larger part p of the divisor, the smaller q and r = q/p,
// both parts of the quotient have the divisor p + q·r. All four parts are first multiplied by a power of 2
// if one is very large or the divisor very small, so that no step overflows or loses the result.
// Each part is within a few ulps of the quotient's modulus. A divisor of 0 gives x's parts divided by +0.
func ComplexDiv(b *loop.Builder, x, y loop.Reg) loop.Reg {
	a, i := parts(b, x)
	c, d := parts(b, y)
	e := of(b, a)
	swap := e.less(e.abs(c), e.abs(d))
	p, q := e.choose(swap, d, c), e.choose(swap, c, d)
	u, v := e.choose(swap, i, a), e.choose(swap, a, i)
	f := e.rescale(e.abs(p), e.max(e.abs(u), e.abs(v)))
	p, q, u, v = e.mul(p, f), e.mul(q, f), e.mul(u, f), e.mul(v, f)

	zero := e.num(0)
	none := e.equal(p, zero)
	r := e.choose(none, zero, e.div(q, p))
	den := e.choose(none, zero, e.fma(q, r, p))
	re := e.div(e.fma(v, r, u), den)
	im := e.div(e.sub(v, e.mul(u, r)), den)
	return b.Op(loop.OpComplex, b.Type(x), re, e.choose(swap, e.neg(im), im))
}

// rescale is the power of 2 that brings a divisor and a dividend to where Smith's formula is safe.
func (e term) rescale(divisor, dividend loop.Reg) loop.Reg {
	huge, tiny := e.num(e.most/4), e.num(e.normal*math.Ldexp(1, int(e.mantissa)+2))
	down := e.b.Same(loop.OpOr, e.less(huge, divisor), e.less(huge, dividend))
	up := e.choose(e.less(divisor, tiny), e.num(math.Ldexp(1, int(e.mantissa)+2)), e.num(1))
	return e.choose(down, e.num(0.25), up)
}
