package parser

import (
	"math"
	"math/bits"
)

// constant computes a function of literals: of integers as an integer where the function keeps them,
// else in f64.
func (l *lowering) constant(fn Fn, args []value, at Span) (*Number, error) {
	ints := keepsInts(fn)
	for _, v := range args {
		ints = ints && v.lit.IsInt
	}
	if !ints {
		x := args[0].lit.Float
		for _, v := range args[1:] {
			x = binary(fn, x, v.lit.Float)
		}
		if len(args) == 1 {
			x = unary(fn, x)
		}
		return &Number{Float: x}, nil
	}
	n, ok := args[0].lit.Int, true
	if len(args) == 1 {
		n, ok = unaryInt(fn, n)
	}
	for _, v := range args[1:] {
		if n, ok = binaryInt(fn, n, v.lit.Int); !ok {
			break
		}
	}
	if !ok {
		return nil, l.fail(CodeNumberRange, at, "the value of this constant does not fit i64").hint("write one of the numbers with a decimal point")
	}
	return &Number{IsInt: true, Int: n, Float: float64(n)}, nil
}

func keepsInts(fn Fn) bool {
	switch fn {
	case FnAdd, FnSub, FnMul, FnNeg, FnAbs, FnRelu, FnSign, FnMin, FnMax:
		return true
	}
	return false
}

func unaryInt(fn Fn, n int64) (int64, bool) {
	switch {
	case fn == FnRelu:
		return max(n, 0), true
	case fn == FnSign:
		return max(-1, min(n, 1)), true
	case fn == FnAbs && n >= 0:
		return n, true
	}
	return -n, n != math.MinInt64
}

// binaryInt computes in 64 bits; false on overflow.
func binaryInt(fn Fn, a, b int64) (int64, bool) {
	switch fn {
	case FnMin:
		return min(a, b), true
	case FnMax:
		return max(a, b), true
	case FnSub:
		return a - b, (a >= b) == (a-b >= 0)
	case FnMul:
		hi, lo := bits.Mul64(magnitude(a), magnitude(b))
		negative := (a < 0) != (b < 0)
		return a * b, hi == 0 && (lo <= math.MaxInt64 || negative && lo == 1<<63)
	}
	return a + b, (b >= 0) == (a+b >= a)
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func binary(fn Fn, a, b float64) float64 {
	switch fn {
	case FnSub:
		return a - b
	case FnMul:
		return a * b
	case FnDiv:
		return a / b
	case FnMin:
		return math.Min(a, b)
	case FnMax:
		return math.Max(a, b)
	}
	return a + b
}

// logarithm is math.Log, which on amd64 is wrong below the normal numbers.
func logarithm(x float64) float64 {
	if x > 0 && x < 0x1p-1022 {
		return math.Log(x*0x1p52) - 52*math.Ln2
	}
	return math.Log(x)
}

func unary(fn Fn, x float64) float64 {
	switch fn {
	case FnNeg:
		return -x
	case FnAbs:
		return math.Abs(x)
	case FnExp:
		return math.Exp(x)
	case FnLog:
		return logarithm(x)
	case FnSqrt:
		return math.Sqrt(x)
	case FnTanh:
		return math.Tanh(x)
	case FnSigmoid:
		return 1 / (1 + math.Exp(-x))
	case FnRelu:
		return math.Max(x, 0)
	case FnSign:
		return sign(x)
	case FnLeakyRelu:
		return math.Max(x, 0) + 0.01*math.Min(x, 0)
	case FnGelu:
		return gelu(x)
	}
	return x
}

// gelu is x times the normal distribution function. That is 1+erf(x/√2), halved, but the sum cancels where x is
// negative.
func gelu(x float64) float64 {
	if math.IsInf(x, -1) {
		return 0
	}
	return x / 2 * math.Erfc(-x/math.Sqrt2)
}

// sign is -1, 0 or 1; NaN for NaN.
func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x - x
}
