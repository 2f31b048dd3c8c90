package tensor

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// halfType is a 16-bit float as the tests see it.
type halfType struct {
	name     string
	widen    func(uint16) float32
	narrow   func(float32) uint16
	narrow64 func(float64) uint16
	inf      uint16
	quiet    uint16
}

var halfTypes = []halfType{
	{"f16", F16ToF32, F32ToF16, F64ToF16, 0x7c00, 0x0200},
	{"bf16", BF16ToF32, F32ToBF16, F64ToBF16, 0x7f80, 0x0040},
}

// exact computes a half's value from its fields, independently of the conversions.
func (h halfType) exact(u uint16) float64 {
	mantissa := 10
	if h.name == "bf16" {
		mantissa = 7
	}
	bias := 1<<(14-mantissa) - 1
	exp, frac := int(u&0x7fff)>>mantissa, float64(u&(1<<mantissa-1))
	v := math.Ldexp(frac, 1-bias-mantissa)
	if exp > 0 {
		v = math.Ldexp(frac+float64(int(1)<<mantissa), exp-bias-mantissa)
	}
	return math.Copysign(v, float64(1)-float64(u>>15)*2)
}

func TestHalfAllValues(t *testing.T) {
	for _, h := range halfTypes {
		for i := range 1 << 16 {
			u := uint16(i)
			f := h.widen(u)
			switch low := u & 0x7fff; {
			case low > h.inf: // NaN: stays one, quiet, with its sign
				require.True(t, f != f, "%s %#x", h.name, u)
				require.Equal(t, u|h.quiet, h.narrow(f), "%s %#x", h.name, u)
				require.Equal(t, u|h.quiet, h.narrow64(float64(f)), "%s %#x", h.name, u)
				continue
			case low == h.inf:
				require.Equal(t, math.Inf(1-2*int(u>>15)), float64(f), "%s %#x", h.name, u)
			default:
				require.Equal(t, math.Float64bits(h.exact(u)), math.Float64bits(float64(f)), "%s %#x", h.name, u)
			}
			require.Equal(t, u, h.narrow(f), "%s %#x", h.name, u)
			require.Equal(t, u, h.narrow64(float64(f)), "%s %#x", h.name, u)
		}
	}
}

// Between two neighbours the midpoint goes to the even one, and the values next to the midpoint to the
// nearer one: in float64 that fails if the value is rounded to float32 on the way.
func TestHalfRounding(t *testing.T) {
	for _, h := range halfTypes {
		for u := uint16(0); u < h.inf; u++ {
			lo, hi := h.exact(u), h.exact(u+1) // exact gives infinity the value that would follow
			mid := lo + (hi-lo)/2
			even := u + u&1
			for _, sign := range []float64{1, -1} {
				s := uint16(0)
				if sign < 0 {
					s = 0x8000
				}
				require.Equal(t, s|even, h.narrow64(sign*mid), "%s %#x", h.name, u)
				require.Equal(t, s|u, h.narrow64(sign*math.Nextafter(mid, lo)), "%s %#x", h.name, u)
				require.Equal(t, s|(u+1), h.narrow64(sign*math.Nextafter(mid, hi)), "%s %#x", h.name, u)
				m := float32(sign * mid)
				require.Equal(t, s|even, h.narrow(m), "%s %#x", h.name, u)
				require.Equal(t, s|u, h.narrow(math.Nextafter32(m, float32(sign*lo))), "%s %#x", h.name, u)
				if u+1 < h.inf {
					require.Equal(t, s|(u+1), h.narrow(math.Nextafter32(m, float32(sign*hi))), "%s %#x", h.name, u)
				}
			}
		}
		require.Equal(t, h.inf, h.narrow64(math.MaxFloat64), h.name)
		require.Equal(t, h.inf, h.narrow(math.MaxFloat32), h.name)
		require.Equal(t, uint16(0), h.narrow64(math.SmallestNonzeroFloat64), h.name)
		require.Equal(t, uint16(0x8000), h.narrow64(math.Copysign(0, -1)), h.name)
	}
}

func TestIntToBF16RoundsOnce(t *testing.T) {
	for _, i := range []int64{0, 1, -1, 257, 1 << 53, 1<<53 + 1, 1<<62 + 1<<54 + 1, 1<<62 + 1<<54, -(1<<62 + 1<<54 + 1),
		1<<62 + 1<<54 - 1, math.MaxInt64, math.MinInt64} {
		src := Scalar(i)
		got, err := src.Convert(BF16)
		require.NoError(t, err)
		v, err := got.At()
		require.NoError(t, err)
		f, _ := new(big.Float).SetPrec(8).SetMode(big.ToNearestEven).SetInt64(i).Float64()
		require.Equal(t, f, v, "%d", i)
	}
}
