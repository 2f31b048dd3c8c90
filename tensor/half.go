package tensor

import "math"

// F16ToF32 widens IEEE binary16 bits, exactly; a NaN comes out quiet with its payload.
func F16ToF32(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10)&31, uint32(h)&1023
	switch {
	case exp == 31 && frac != 0:
		return math.Float32frombits(sign | 0x7fc00000 | frac<<13)
	case exp == 31:
		return math.Float32frombits(sign | 0x7f800000)
	case exp == 0: // denormal: frac · 2^-24
		x := float32(frac) * (1.0 / (1 << 24))
		return math.Float32frombits(math.Float32bits(x) | sign)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}

// F32ToF16 rounds to the nearest binary16, ties to even; a NaN comes out quiet with the upper bits of
// its payload.
func F32ToF16(x float32) uint16 {
	u := math.Float32bits(x)
	sign, u := uint16(u>>16)&0x8000, u&0x7fffffff
	switch {
	case u > 0x7f800000:
		return sign | 0x7e00 | uint16(u>>13)&0x3ff
	case u >= 0x477ff000: // 65520 rounds to infinity
		return sign | 0x7c00
	case u < 0x38800000: // below 2^-14 the grain is 2^-24, which is that of floats in [1/2, 1)
		return sign | uint16(math.Float32bits(math.Float32frombits(u)+0.5)-0x3f000000)
	}
	return sign | uint16((u-0x38000000+0xfff+u>>13&1)>>13)
}

// BF16ToF32 widens the upper half of a binary32, exactly; a NaN comes out quiet.
func BF16ToF32(h uint16) float32 {
	u := uint32(h) << 16
	if u&0x7fffffff > 0x7f800000 {
		u |= 0x400000
	}
	return math.Float32frombits(u)
}

// F32ToBF16 rounds to the nearest bfloat16, ties to even; a NaN comes out quiet with the upper bits of
// its payload.
func F32ToBF16(x float32) uint16 {
	u := math.Float32bits(x)
	if u&0x7fffffff > 0x7f800000 {
		return uint16(u>>16) | 0x40
	}
	return uint16((u + 0x7fff + u>>16&1) >> 16)
}

// F64ToF16 rounds once, straight from binary64.
func F64ToF16(f float64) uint16 { return F32ToF16(roundToOdd(f)) }

// F64ToBF16 rounds once, straight from binary64.
func F64ToBF16(f float64) uint16 { return F32ToBF16(roundToOdd(f)) }

// roundToOdd narrows so that a second rounding to at most 22 bits gives what one rounding would: an
// inexact value is cut off toward zero and its last bit set, so it is never taken for a tie.
func roundToOdd(f float64) float32 {
	r := float32(f)
	wide := float64(r)
	if wide == f || f != f {
		return r
	}
	b := math.Float32bits(r)
	if math.Abs(wide) > math.Abs(f) {
		b--
	}
	return math.Float32frombits(b | 1)
}

// intToOdd is roundToOdd from a 64-bit integer to binary64, exact below 2^53.
func intToOdd(i int64) float64 {
	const low = 1<<11 - 1
	if i>>53 != 0 && i>>53 != -1 && i&low != 0 {
		i = i&^low | (low + 1)
	}
	return float64(i)
}
