package tensor

import (
	"math"

	"github.com/x448/float16"
)

// F16ToF32 widens IEEE binary16. It is exact; signalling NaNs become quiet.
func F16ToF32(h uint16) float32 { return float16.Frombits(h).Float32() }

// F32ToF16 rounds to the nearest binary16, ties to even; beyond the range it gives an infinity.
func F32ToF16(f float32) uint16 { return float16.Fromfloat32(f).Bits() }

// BF16ToF32 widens bfloat16. It is exact and keeps the bits of NaNs.
func BF16ToF32(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }

// F32ToBF16 rounds to the nearest bfloat16, ties to even. NaNs become quiet, lest dropping their low
// bits make an infinity of them.
func F32ToBF16(f float32) uint16 {
	b := math.Float32bits(f)
	if f != f {
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
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
