package approx

import (
	"math"

	"github.com/einc-lang/einc/codegen/loop"
)

// exponential is e^x = 2^n·(1 + p).
type exponential struct {
	n loop.Reg // integers
	p pair     // |p| is below 0.42
}

// exponential reduces x + low by multiples of ln 2 (Cody and Waite): n·ln2[0] and n·ln2[1] are exact, and
// so are the differences but for a rounding that is kept in rest. x lies between lowest and highest.
func (e term) exponential(x loop.Reg, low *loop.Reg) exponential {
	magic := e.num(e.magic)
	t := e.fma(x, e.num(math.Log2E), magic)
	n := e.sub(t, magic)
	a := e.sub(x, e.mul(n, e.num(e.ln2[0])))
	b := e.mul(n, e.num(e.ln2[1]))
	r := e.sub(a, b)
	rest := e.sub(e.sub(a, r), b)
	if low != nil {
		rest = e.add(rest, *low)
	}
	z := e.mul(r, r)
	q := e.mul(z, e.fma(r, e.poly(r, e.exp), e.num(0.5)))
	q = e.fma(rest, e.add(r, q), e.add(q, rest)) // e^(r+rest) = e^r + rest·e^r
	count := e.b.Same(loop.OpSub, e.bits(t), e.int(e.intBits(e.magic)))
	return exponential{count, e.fast(r, q)}
}

// significand is 1 + p.
func (e term) significand(x exponential) pair {
	s := e.fast(e.num(1), x.p.hi)
	return pair{s.hi, e.add(s.lo, x.p.lo)}
}

// clamp keeps x where exponential takes it. NaN stays.
func (e term) clamp(x loop.Reg) loop.Reg {
	return e.max(e.min(x, e.num(e.highest)), e.num(e.lowest))
}

// Exp is e^x.
func Exp(b *loop.Builder, x loop.Reg) loop.Reg {
	e := of(b, x)
	y := e.exponential(e.clamp(x), nil)
	s := e.significand(y)
	return e.scale(e.add(s.hi, s.lo), y.n)
}

// aroundOne is 1 ± 2^n·(1 + p) for n from −mantissa to 0: 1 ± 2^n is exact, so that a small p
// loses nothing where the ones cancel.
func (e term) aroundOne(x exponential, c loop.Code) pair {
	one, power := e.num(1), e.power(x.n)
	if c == loop.OpSub {
		power = e.neg(power)
	}
	s := e.fast(one, power)
	t := e.fast(s.hi, e.mul(power, x.p.hi))
	return pair{t.hi, e.add(e.fma(power, x.p.lo, t.lo), s.lo)}
}

// Tanh is (1 − E)/(1 + E) with E = e^(−2|x|), with the sign of x.
func Tanh(b *loop.Builder, x loop.Reg) loop.Reg {
	e := of(b, x)
	a := e.min(e.abs(x), e.num(e.one))
	y := e.exponential(e.mul(a, e.num(-2)), nil)
	r := e.ratio(e.aroundOne(y, loop.OpSub), e.aroundOne(y, loop.OpAdd))
	sign := e.b.Same(loop.OpXor, e.bits(x), e.bits(e.abs(x)))
	return e.float(e.b.Same(loop.OpOr, e.bits(r), sign))
}

// Sigmoid is 1/(1 + e^−x), which for negative x is E/(1 + E) with E = e^x. The power of 2 in the
// numerator's E comes last, as the result may be denormal.
func Sigmoid(b *loop.Builder, x loop.Reg) loop.Reg {
	e := of(b, x)
	y := e.exponential(e.max(e.neg(e.abs(x)), e.num(e.lowest)), nil)
	s := e.significand(y)
	below := e.less(x, e.num(0))
	over := pair{e.choose(below, s.hi, e.num(1)), e.choose(below, s.lo, e.num(0))}
	shift := e.choose(below, y.n, e.int(0))
	y.n = e.b.Same(loop.OpMax, y.n, e.int(-e.bias+1))
	return e.scale(e.ratio(over, e.aroundOne(y, loop.OpAdd)), shift)
}
