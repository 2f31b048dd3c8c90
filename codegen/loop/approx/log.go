package approx

import (
	"math"

	"github.com/einc-lang/einc/codegen/loop"
)

// Log is the natural logarithm of x = 2^k·(1 + f) with 1+f between √½ and √2.
//
// With s = f/(2+f), log(1+f) = 2·atanh(s) = 2s + s·R(s²). As s = f/2·(1 − s) the first term is
// f − f²/2·(1−s), so that the whole is f − (h − s·(h + R)), h = f²/2: f is exact, and the rest is small
// beside it.
func Log(b *loop.Builder, x loop.Reg) loop.Reg {
	e := of(b, x)
	k, m := e.exponent(x)
	f := e.sub(m, e.num(1))
	s := e.div(f, e.add(f, e.num(2)))
	z := e.mul(s, s)
	h := e.mul(e.mul(f, e.num(0.5)), f)
	r := e.mul(z, e.poly(z, e.log))
	small := e.fma(s, e.add(h, r), e.mul(k, e.num(e.ln2[1])))
	y := e.add(e.mul(k, e.num(e.ln2[0])), e.sub(f, e.sub(h, small)))

	y = e.choose(e.less(x, e.num(math.Inf(1))), y, e.add(x, x)) // Inf and NaN
	y = e.choose(e.less(x, e.num(0)), e.num(math.NaN()), y)
	return e.choose(e.equal(x, e.num(0)), e.num(math.Inf(-1)), y)
}

// exponent takes positive finite x apart into k, a whole number, and m from √½ to √2.
func (e term) exponent(x loop.Reg) (k, m loop.Reg) {
	up := e.mantissa + 2
	tiny := e.less(x, e.num(e.normal))
	raised := e.choose(tiny, e.mul(x, e.num(math.Ldexp(1, int(up)))), x)
	lowered := e.choose(tiny, e.int(-up), e.int(0))
	u := e.bits(raised)
	n := e.b.Shift(loop.OpSar, e.b.Same(loop.OpSub, u, e.int(e.intBits(math.Sqrt2/2))), e.mantissa)
	m = e.float(e.b.Same(loop.OpSub, u, e.b.Shift(loop.OpShl, n, e.mantissa)))
	// Adding n to the bits of magic adds it to the number; vectors of I64 have no conversion on many machines.
	n = e.b.Same(loop.OpAdd, e.b.Same(loop.OpAdd, n, lowered), e.int(e.intBits(e.magic)))
	return e.sub(e.float(n), e.num(e.magic)), m
}
