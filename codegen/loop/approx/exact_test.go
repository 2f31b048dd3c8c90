package approx_test

import (
	"math"
	"math/big"
)

// Exact values of the functions, by series with far more digits than a float64 has.

const prec = 320

func num(x float64) *big.Float { return new(big.Float).SetPrec(prec).SetFloat64(x) }

func zero(p uint) *big.Float { return new(big.Float).SetPrec(p) }

// bigExp halves the argument until the Taylor series is short, then squares.
func bigExp(x *big.Float) *big.Float {
	p := x.Prec()
	halvings := max(0, x.MantExp(nil)+12)
	r := zero(p).SetMantExp(x, -halvings)
	sum, t := zero(p).SetInt64(1), zero(p).SetInt64(1)
	for k := int64(1); t.Sign() != 0 && t.MantExp(nil) > -int(p)-8; k++ {
		t.Quo(t.Mul(t, r), zero(p).SetInt64(k))
		sum.Add(sum, t)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}

// bigLog improves a float64 by Halley's method: y += 2(x − e^y)/(x + e^y).
func bigLog(x *big.Float) *big.Float {
	m := zero(prec)
	exponent := x.MantExp(m)
	f, _ := m.Float64()
	y := zero(prec).SetFloat64(math.Log(f) + float64(exponent)*math.Ln2)
	for range 3 {
		e := bigExp(y)
		d := zero(prec).Quo(zero(prec).Sub(x, e), zero(prec).Add(x, e))
		y.Add(y, d.Add(d, d))
	}
	return y
}

func bigTanh(x *big.Float) *big.Float {
	if x.Sign() == 0 || x.MantExp(nil) < -120 {
		return x
	}
	e := bigExp(zero(prec).Add(x, x))
	one := zero(prec).SetInt64(1)
	return zero(prec).Quo(zero(prec).Sub(e, one), zero(prec).Add(e, one))
}

func bigSigmoid(x *big.Float) *big.Float {
	one := zero(prec).SetInt64(1)
	e := bigExp(zero(prec).Neg(x))
	return zero(prec).Quo(one, e.Add(e, one))
}

// bigGelu is x·Φ(x) by Φ(x) = 1/2 + φ(x)·Σ x^(2k+1)/(2k+1)!!, with digits enough for what cancels.
func bigGelu(x *big.Float) *big.Float {
	f, _ := x.Float64()
	p := uint(prec + 3*math.Abs(f)*math.Abs(f))
	y := zero(p).Set(x)
	sq := zero(p).Mul(y, y)
	sum, t := zero(p), zero(p).Set(y)
	for k := int64(1); t.Sign() != 0 && t.MantExp(nil) > -int(p)-8; k++ {
		sum.Add(sum, t)
		t.Quo(t.Mul(t, sq), zero(p).SetInt64(2*k+1))
	}
	e := bigExp(zero(p).SetMantExp(zero(p).Neg(sq), -1))
	sum.Mul(sum, e).Quo(sum, rootTwoPi(p))
	return sum.Add(sum, zero(p).SetFloat64(0.5)).Mul(sum, y)
}

// rootTwoPi is √(2π), π by Machin's formula 16·atan(1/5) − 4·atan(1/239).
func rootTwoPi(p uint) *big.Float {
	atan := func(n int64) *big.Float {
		x := zero(p).Quo(zero(p).SetInt64(1), zero(p).SetInt64(n))
		sq, sum := zero(p).Mul(x, x), zero(p)
		for k := int64(1); x.MantExp(nil) > -int(p)-8; k += 2 {
			sum.Add(sum, zero(p).Quo(x, zero(p).SetInt64(k)))
			x.Neg(x.Mul(x, sq))
		}
		return sum
	}
	pi := zero(p).Sub(zero(p).Mul(zero(p).SetInt64(16), atan(5)), zero(p).Mul(zero(p).SetInt64(4), atan(239)))
	return pi.Sqrt(pi.Add(pi, pi))
}
