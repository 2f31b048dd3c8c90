package approx

import (
	"math"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
)

// term writes operations of one floating-point type.
type term struct {
	b    *loop.Builder
	t    loop.Type // of the values
	ints loop.Type // integers of the same size
	bool loop.Type
	*format
}

// format is what the algorithms must know about a type, constants first.
type format struct {
	mantissa int64   // stored bits
	bias     int64   // of the exponent
	magic    float64 // 1.5·2^mantissa: adding it rounds to an integer
	normal   float64 // the least normal number
	most     float64 // the largest finite number
	head     int64   // masks the upper half of a significand

	ln2      [2]float64 // ln 2 in two parts; any exponent times a part is exact
	exp      []float64  // (e^r − 1 − r − r²/2)/r³ for |r| ≤ ln 2/2
	lowest   float64    // e^lowest is below half the least denormal
	highest  float64    // e^highest overflows
	log      []float64  // (2·atanh(s) − 2s)/s³ in s²
	tail     []float64  // see gelu.go
	tailEnd  float64    // from here on the tail times its argument is 0
	tailLost float64    // from here on to subtract the tail times its argument changes nothing
	one      float64    // tanh is 1 from here on
}

var f32 = format{
	mantissa: 23, bias: 127, magic: 3 << 22, normal: 0x1p-126, most: math.MaxFloat32, head: -1 << 12,
	ln2: [2]float64{0.693145751953125, 1.4286197256296873e-06},
	exp: []float64{0.1666666716337204, 0.04166647419333458, 0.008333279751241207, 0.0013934201560914516,
		0.0001991105527849868},
	lowest: -105, highest: 89,
	log: []float64{0.6666666269302368, 0.40000447630882263, 0.2853125333786011, 0.23683898150920868},
	tail: []float64{-0.03848417103290558, -0.05306811258196831, 0.08409848064184189, -0.07409613579511642,
		0.047695092856884, -0.023157957941293716, 0.007987607270479202, -0.001466994872316718,
		-0.00021037121769040823, 0.00022294670634437352, -3.288860170869157e-05, -2.429445885354653e-05},
	tailEnd: 14.7, tailLost: 6, one: 12,
}

var f64 = format{
	mantissa: 52, bias: 1023, magic: 3 << 51, normal: 0x1p-1022, most: math.MaxFloat64, head: -1 << 27,
	ln2: [2]float64{0.6931471803691238, 1.908214929270822e-10},
	exp: []float64{0.16666666666666677, 0.04166666666666669, 0.008333333333320743, 0.0013888888888868695,
		0.00019841269888707706, 2.4801587359261585e-05, 2.7557241326204254e-06, 2.755724276014162e-07,
		2.5110128618168442e-08, 2.0924652972103827e-09},
	lowest: -746, highest: 710,
	log: []float64{0.6666666666666821, 0.3999999999895286, 0.2857142883129819, 0.2222219037847455,
		0.1818395584655028, 0.15304694515508696, 0.1488439557668186},
	tail: []float64{-0.03848417014996222, -0.0530681116840467, 0.08409848011000957, -0.07409612772479163,
		0.04769508475852295, -0.023158121514485902, 0.007987706111242356, -0.00146570544868849,
		-0.00021036688903583857, 0.00021815852939254218, -3.5824421040308996e-05, -1.7783379149782783e-05,
		7.887399845536952e-06, 1.1731573990575313e-06, -1.2437226884053698e-06, -6.537087008715923e-08,
		1.9341367944399978e-07, 5.338624415253761e-09, -3.144945983560971e-08, -1.9073456952539734e-09,
		5.001126333943064e-09, 7.714510644914718e-10, -5.647580042149589e-10, -1.6642551519608266e-10},
	tailEnd: 38.8, tailLost: 9, one: 24,
}

// of begins to write in the type of x, which must be F32 or F64.
func of(b *loop.Builder, x loop.Reg) term {
	t := b.Type(x)
	e := term{b: b, t: t, bool: loop.Type{DType: tensor.Bool, Lanes: t.Lanes}}
	switch t.DType {
	case tensor.F32:
		e.format, e.ints = &f32, loop.Type{DType: tensor.I32, Lanes: t.Lanes}
	case tensor.F64:
		e.format, e.ints = &f64, loop.Type{DType: tensor.I64, Lanes: t.Lanes}
	default:
		panic("approx: no functions of " + t.String())
	}
	return e
}

// num is a constant, rounded to the type.
func (e term) num(v float64) loop.Reg {
	if e.t.DType == tensor.F32 {
		v = float64(float32(v))
	}
	return e.b.Const(e.t, v)
}

func (e term) add(x, y loop.Reg) loop.Reg       { return e.b.Same(loop.OpAdd, x, y) }
func (e term) sub(x, y loop.Reg) loop.Reg       { return e.b.Same(loop.OpSub, x, y) }
func (e term) mul(x, y loop.Reg) loop.Reg       { return e.b.Same(loop.OpMul, x, y) }
func (e term) div(x, y loop.Reg) loop.Reg       { return e.b.Same(loop.OpDiv, x, y) }
func (e term) fma(x, y, z loop.Reg) loop.Reg    { return e.b.Same(loop.OpFMA, x, y, z) }
func (e term) neg(x loop.Reg) loop.Reg          { return e.b.Same(loop.OpNeg, x) }
func (e term) abs(x loop.Reg) loop.Reg          { return e.b.Same(loop.OpAbs, x) }
func (e term) min(x, y loop.Reg) loop.Reg       { return e.b.Same(loop.OpMin, x, y) }
func (e term) max(x, y loop.Reg) loop.Reg       { return e.b.Same(loop.OpMax, x, y) }
func (e term) less(x, y loop.Reg) loop.Reg      { return e.b.Op(loop.OpLt, e.bool, x, y) }
func (e term) equal(x, y loop.Reg) loop.Reg     { return e.b.Op(loop.OpEq, e.bool, x, y) }
func (e term) choose(c, x, y loop.Reg) loop.Reg { return e.b.Op(loop.OpSelect, e.b.Type(x), c, x, y) }
func (e term) bits(x loop.Reg) loop.Reg         { return e.b.Op(loop.OpBits, e.ints, x) }
func (e term) float(n loop.Reg) loop.Reg        { return e.b.Op(loop.OpBits, e.t, n) }
func (e term) int(n int64) loop.Reg             { return e.b.Int(e.ints, n) }
func (e term) intBits(v float64) int64 {
	if e.t.DType == tensor.F32 {
		return int64(int32(math.Float32bits(float32(v))))
	}
	return int64(math.Float64bits(v))
}

// poly is Σ c[k]·x^k by Horner's rule.
func (e term) poly(x loop.Reg, c []float64) loop.Reg {
	p := e.num(c[len(c)-1])
	for k := len(c) - 2; k >= 0; k-- {
		p = e.fma(p, x, e.num(c[k]))
	}
	return p
}

// pair is an unevaluated sum: hi is the sum rounded, lo about what rounding lost.
type pair struct{ hi, lo loop.Reg }

// fast adds two numbers exactly, the first of which is 0 or not smaller (Dekker, 1971).
func (e term) fast(x, y loop.Reg) pair {
	s := e.add(x, y)
	return pair{s, e.add(e.sub(x, s), y)}
}

// square is x·x, exact if nothing underflows. It does not count on a fused multiplication.
func (e term) square(x loop.Reg) pair {
	h := e.float(e.b.Same(loop.OpAnd, e.bits(x), e.int(e.head)))
	l := e.sub(x, h)
	s := e.mul(x, x)
	rest := e.sub(e.mul(h, h), s)
	rest = e.add(rest, e.mul(e.add(h, h), l))
	return pair{s, e.add(rest, e.mul(l, l))}
}

// ratio is x/y to a little more than an ulp.
func (e term) ratio(x, y pair) loop.Reg {
	q := e.div(x.hi, y.hi)
	rest := e.sub(x.lo, e.mul(q, y.lo))
	return e.add(q, e.div(rest, y.hi))
}

// power is 2^n for integers n that are exponents of normal numbers.
func (e term) power(n loop.Reg) loop.Reg {
	return e.float(e.b.Shift(loop.OpShl, e.b.Same(loop.OpAdd, n, e.int(e.bias)), e.mantissa))
}

// scale is x·2^n for normal x and any n that exponentials give, rounded once: where the result is
// denormal, the first factor leaves it normal.
func (e term) scale(x, n loop.Reg) loop.Reg {
	half := e.b.Shift(loop.OpSar, n, 1)
	return e.mul(e.mul(x, e.power(half)), e.power(e.b.Same(loop.OpSub, n, half)))
}
