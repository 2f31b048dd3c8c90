package tensor

import (
	"math"

	"github.com/x448/float16"
)

// F16ToF32 widens IEEE binary16 bits, exactly; a NaN comes out quiet with its payload.
func F16ToF32(h uint16) float32 { return float16.Frombits(h).Float32() }

// F32ToF16 rounds to the nearest binary16, ties to even, and beyond the range to an infinity; a NaN comes out quiet with the
// upper bits of its payload.
func F32ToF16(x float32) uint16 { return float16.Fromfloat32(x).Bits() }

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
