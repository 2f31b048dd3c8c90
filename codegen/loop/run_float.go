package loop

import "math"

// floatOp does the operations on floats that are not FMA. Conversions of products keep Go from fusing.
func floatOp[T real](c Code, d, a, b []T) {
	for i := range d {
		switch c {
		case OpAdd:
			d[i] = a[i] + b[i]
		case OpSub:
			d[i] = a[i] - b[i]
		case OpMul:
			d[i] = a[i] * b[i]
		case OpDiv:
			d[i] = a[i] / b[i]
		case OpNeg:
			d[i] = -a[i]
		case OpAbs:
			d[i] = T(math.Abs(float64(a[i])))
		case OpSqrt:
			// A root in double precision rounds to single like the exact one.
			d[i] = T(math.Sqrt(float64(a[i])))
		case OpMin:
			d[i] = min(a[i], b[i])
		case OpMax:
			d[i] = max(a[i], b[i])
		}
	}
}

func fmaOp[T real](fma func(x, y, z T) T, d, a, b, c []T) {
	for i := range d {
		d[i] = fma(a[i], b[i], c[i])
	}
}

// unfused is what OpFMA does without Nest.FMA.
func unfused[T real](x, y, z T) T { return z + T(x*y) }

// complexOp computes by the formulas in Code's comment: they are the same with a fused fma and without.
func complexOp[T real](c Code, fma func(x, y, z T) T, d, x, y, z [2][]T) {
	for i := range d[0] {
		a, b := x[0][i], x[1][i]
		switch c {
		case OpAdd:
			d[0][i], d[1][i] = a+y[0][i], b+y[1][i]
		case OpSub:
			d[0][i], d[1][i] = a-y[0][i], b-y[1][i]
		case OpMul:
			e, f := y[0][i], y[1][i]
			d[0][i], d[1][i] = fma(-b, f, T(a*e)), fma(b, e, T(a*f))
		case OpFMA:
			e, f := y[0][i], y[1][i]
			d[0][i], d[1][i] = fma(-b, f, fma(a, e, z[0][i])), fma(b, e, fma(a, f, z[1][i]))
		case OpNeg:
			d[0][i], d[1][i] = -a, -b
		}
	}
}

// FMA32 is x*y + z rounded once to single precision. The product is exact in double precision; the sum
// is rounded to odd there, after which rounding to single is right (Boldo and Melquiond, 2008).
func FMA32(x, y, z float32) float32 {
	p, c := float64(x)*float64(y), float64(z)
	s := p + c
	const below = 1<<29 - 1 // bits that single precision drops
	normal := s >= 0x1p-126 || s <= -0x1p-126
	if normal && math.Float64bits(s)&below != 1<<28 || math.IsNaN(s) || math.IsInf(s, 0) {
		return float32(s) // no tie, so that rounding twice is like rounding once
	}
	t := s - p
	e := (p - (s - t)) + (c - t) // what the sum lost
	if u := math.Float64bits(s); e != 0 && u&1 == 0 {
		if e > 0 == (s > 0) {
			u++
		} else {
			u--
		}
		s = math.Float64frombits(u)
	}
	return float32(s)
}
