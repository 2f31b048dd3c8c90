package emit

import (
	"fmt"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
)

// typ is the Go type that values of d are computed in.
func (l *loops) typ(d tensor.DType) string {
	d = d.Accum()
	if l.wide && d.IsFloat() {
		d = tensor.F64
	}
	if l.wide && d.IsComplex() {
		d = tensor.C128
	}
	return goType(d)
}

// load takes a stored element to the type that is computed in.
func (l *loops) load(d tensor.DType, at string) string {
	switch {
	case d == tensor.F16 || d == tensor.BF16:
		at = fmt.Sprintf("%sFrom%s(%s)", l.prefix, halfName(d), at)
		if !l.wide {
			return at
		}
	case l.typ(d) == goType(d):
		return at
	}
	return l.typ(d) + "(" + at + ")"
}

// store takes a value to the type that is stored, rounding it once.
func (l *loops) store(d tensor.DType, v string) string {
	switch {
	case d == tensor.F16 || d == tensor.BF16:
		if l.wide {
			v = "float32(" + v + ")"
		}
		return fmt.Sprintf("%sTo%s(%s)", l.prefix, halfName(d), v)
	case l.typ(d) == goType(d):
		return v
	}
	return goType(d) + "(" + v + ")"
}

// halfName is the part that a half type has in the names of helper functions.
func halfName(d tensor.DType) string {
	if d == tensor.BF16 {
		return "BF16"
	}
	return "F16"
}

// cast converts between the types that are computed in.
func (l *loops) cast(from, to tensor.DType, v string) string {
	from, to = from.Accum(), to.Accum()
	switch {
	case from == to:
		return v
	case to == tensor.Bool:
		return v + " != 0"
	case from == tensor.Bool && to.IsComplex():
		return fmt.Sprintf("complex(%s(%sBit(%s)), 0)", l.typ(to.Real()), l.prefix, v)
	case from == tensor.Bool:
		return fmt.Sprintf("%s(%sBit(%s))", l.typ(to), l.prefix, v)
	case to.IsComplex() && !from.IsComplex():
		return fmt.Sprintf("complex(%s(%s), 0)", l.typ(to.Real()), v)
	case from.IsComplex() && !to.IsComplex():
		return fmt.Sprintf("%s(real(%s))", l.typ(to), v)
	}
	return fmt.Sprintf("%s(%s)", l.typ(to), v)
}

// apply2 is a function of two arguments. It needs no brackets where it is the first argument of the same
// function.
func (l *loops) apply2(f parser.Fn, d tensor.DType, a, b string) string {
	op := map[parser.Fn]string{parser.FnAdd: "+", parser.FnSub: "-", parser.FnMul: "*", parser.FnDiv: "/"}[f]
	switch {
	case d == tensor.Bool && (f == parser.FnAdd || f == parser.FnMax):
		op = "||"
	case d == tensor.Bool:
		op = "&&"
	case f == parser.FnMin || f == parser.FnMax:
		return fmt.Sprintf("%s(%s, %s)", f, a, b)
	case f == parser.FnMul && d.IsFloat():
		return fmt.Sprintf("%s(%s*%s)", l.typ(d), a, b) // rounded, never fused with an addition
	}
	return a + " " + op + " " + b
}

// apply1 is a function of one argument.
func (l *loops) apply1(f parser.Fn, d, from tensor.DType, x string) string {
	switch {
	case f == parser.FnNeg:
		return "-" + x
	case from.IsComplex(): // the modulus
		return fmt.Sprintf("%s(cmplx.Abs(complex128(%s)))", l.typ(d), x)
	case d == tensor.Bool:
		return x // abs, relu and sign of a truth value
	case f == parser.FnAbs && d.IsInt():
		return fmt.Sprintf("max(%s, -%[1]s)", x)
	case f == parser.FnRelu:
		return fmt.Sprintf("max(%s, 0)", x)
	case f == parser.FnSign && d.IsInt():
		return fmt.Sprintf("min(max(%s, -1), 1)", x)
	}
	call := map[parser.Fn]string{parser.FnAbs: "math.Abs", parser.FnExp: "math.Exp", parser.FnLog: "math.Log",
		parser.FnSqrt: "math.Sqrt", parser.FnTanh: "math.Tanh"}[f]
	if f == parser.FnLog && d == tensor.F64 { // numbers of narrower types are normal as float64
		call = l.prefix + "Log"
	}
	if f == parser.FnLeakyRelu && d != tensor.F64 { // computed in f32
		call = l.prefix + "LeakyRelu32"
	}
	if call == "" {
		call = l.prefix + map[parser.Fn]string{parser.FnSigmoid: "Sigmoid", parser.FnLeakyRelu: "LeakyRelu", parser.FnGelu: "Gelu", parser.FnSign: "Sign"}[f]
	}
	return fmt.Sprintf("%s(%s(float64(%s)))", l.typ(d), call, x)
}

// helpers are the functions that loops call, by the part of their names after the prefix. They follow the
// loops that use them.
var helpers = []struct{ name, text string }{
	{"Bit", `
func %[1]sBit(b bool) int8 {
	if b {
		return 1
	}
	return 0
}
`},
	{"Log", `
// %[1]sLog is math.Log, which on amd64 is wrong below the normal numbers.
func %[1]sLog(x float64) float64 {
	if x > 0 && x < 0x1p-1022 {
		return math.Log(x*0x1p52) - 52*math.Ln2
	}
	return math.Log(x)
}
`},
	{"Sigmoid", `
func %[1]sSigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
`},
	{"LeakyRelu", `
func %[1]sLeakyRelu(x float64) float64 {
	if x < 0 {
		return 0.01 * x
	}
	return x
}
`},
	{"LeakyRelu32", `
// %[1]sLeakyRelu32 has the slope of float32, of which float64 has exact products.
func %[1]sLeakyRelu32(x float64) float64 {
	if x < 0 {
		return float64(float32(0.01)) * x
	}
	return x
}
`},
	{"Gelu", `
func %[1]sGelu(x float64) float64 {
	if math.IsInf(x, -1) {
		return 0
	}
	return x / 2 * math.Erfc(-x/math.Sqrt2)
}
`},
	{"Sign", `
func %[1]sSign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x - x
}
`},
	{"FromBF16", `
func %[1]sFromBF16(b uint16) float32 { return math.Float32frombits(uint32(b) << 16) }
`},
	{"ToBF16", `
// %[1]sToBF16 rounds to the nearest bfloat16, to the even one of two.
func %[1]sToBF16(x float32) uint16 {
	b := math.Float32bits(x)
	if x != x {
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7FFF + b>>16&1) >> 16)
}
`},
	{"FromF16", `
func %[1]sFromF16(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10&0x1F), uint32(h&0x3FF)
	switch exp {
	case 0:
		x := float32(frac) * (1.0 / (1 << 24))
		return math.Float32frombits(math.Float32bits(x) | sign)
	case 0x1F:
		return math.Float32frombits(sign | 0xFF<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}
`},
	{"ToF16", `
// %[1]sToF16 rounds to the nearest binary16, to the even one of two.
func %[1]sToF16(x float32) uint16 {
	b := math.Float32bits(x)
	sign, b := uint16(b>>16&0x8000), b&0x7FFFFFFF
	switch {
	case b > 0xFF<<23:
		return sign | 0x7E00 | uint16(b>>13&0x3FF)
	case b >= 143<<23:
		return sign | 0x7C00
	case b < 113<<23: // adding 1/2 leaves a multiple of 2⁻²⁴ in the low bits
		return sign | uint16(math.Float32bits(math.Float32frombits(b)+0.5)-126<<23)
	}
	return sign | uint16((b-112<<23+0xFFF+b>>13&1)>>13)
}
`},
}
