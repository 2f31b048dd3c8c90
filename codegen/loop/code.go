package loop

import "strconv"

// Code is an operation on registers. Integers wrap. Floats follow IEEE 754 with rounding to nearest even
// and gradual underflow, and every operation rounds once: none may be contracted with another, so that
// the interpreter and native code give the same bits (payloads of NaNs aside).
//
// Registers of F16 and BF16 are only loaded, stored, moved (splat, select, carry), converted and
// reinterpreted; arithmetic is on F32 and F64, the complex types, the integers and Bool.
//
// Complex values, with fma(x, y, z) the scalar operation and (ar, ai), (br, bi), (cr, ci) the arguments:
//
//	mul  if Nest.FMA:  re = fma(-ai, bi, ar*br)          im = fma(ai, br, ar*bi)
//	     otherwise:    re = ar*br - ai*bi                im = ar*bi + ai*br
//	fma  if Nest.FMA:  re = fma(-ai, bi, fma(ar,br,cr))  im = fma(ai, br, fma(ar,bi,ci))
//	     otherwise:    re = (cr + ar*br) - ai*bi         im = (ci + ar*bi) + ai*br
//
// Division and the modulus of complex values are no operations: package approx builds them from OpRe,
// OpIm, OpComplex and real operations.
type Code uint8

// The operations. Args are of Dst's type unless the comment says otherwise.
const (
	OpConst Code = iota // the constant Value or Int in every lane
	OpSplat             // the scalar argument in every lane
	OpAdd               // or on Bool
	OpSub
	OpMul  // and on Bool
	OpDiv  // F32 and F64 only; complex: approx.ComplexDiv
	OpFMA  // a*b + c, rounded once if Nest.FMA; on integers and Bool a multiplication and an addition
	OpNeg  // flips the sign bit of floats and of both complex parts
	OpAbs  // clears the sign bit of floats; integers wrap; complex: approx.ComplexAbs
	OpSqrt // F32 and F64, correctly rounded
	OpMin  // real types: the smaller one, NaN if either is, -0 < +0 (as llvm.minimum); and on Bool
	OpMax  // real types: the larger one, NaN if either is, -0 < +0 (as llvm.maximum); or on Bool
	OpAnd  // bitwise on integers, logical on Bool
	OpOr
	OpXor
	OpShl // integers, by the constant Int
	OpShr // zero fills
	OpSar // sign fills
	OpLt  // two integers or floats of one type give Bool; false if either is NaN
	OpLe
	OpEq
	OpNe      // true if either is NaN
	OpSelect  // Bool, a, b
	OpConvert // to another element type, see below
	OpBits    // reinterprets between integers and floats of one size
	OpRe      // the real part of a complex value, in the type of its parts
	OpIm      // the imaginary part
	OpComplex // two reals of one type (real part, imaginary part) make a complex value
	OpShuffle // lanes of two arguments of one type, as Pick says; as many as Dst has

	// Folds of a vector to a scalar, by halves: lane i with lane i+Lanes/2, and again.
	OpFoldAdd
	OpFoldMul
	OpFoldMin
	OpFoldMax
	endCode
)

// OpConvert goes by the pair of types:
//
//	integer to integer   wraps (sign extends, or drops high bits)
//	integer to float     rounds to nearest even, once
//	float to integer     truncates toward zero and saturates; NaN gives 0 (as llvm.fptosi.sat)
//	float to float       rounds to nearest even
//	F16, BF16            from and to anything but F32: by way of F32, rounding twice if need be;
//	                     a NaN stays a NaN (quiet bit set, high payload bits kept)
//	anything to Bool     is != 0 (NaN is true; complex: either part)
//	Bool to anything     0 or 1
//	real to complex      converts to the real part, imaginary part +0
//	complex to real      converts the real part
//	complex to complex   converts both parts
//
// OpShuffle moves bits: it is defined on every type, halves included.

var codeNames = [endCode]string{"const", "splat", "add", "sub", "mul", "div", "fma", "neg", "abs", "sqrt", "min", "max",
	"and", "or", "xor", "shl", "shr", "sar", "lt", "le", "eq", "ne", "select", "convert", "bits",
	"re", "im", "complex", "shuffle",
	"fold.add", "fold.mul", "fold.min", "fold.max"}

// String is the name that nests are printed with.
func (c Code) String() string {
	if c >= endCode {
		return "code" + strconv.Itoa(int(c))
	}
	return codeNames[c]
}

// Arity is the number of arguments.
func (c Code) Arity() int {
	switch c {
	case OpConst:
		return 0
	case OpAdd, OpSub, OpMul, OpDiv, OpMin, OpMax, OpAnd, OpOr, OpXor, OpLt, OpLe, OpEq, OpNe, OpComplex, OpShuffle:
		return 2
	case OpFMA, OpSelect:
		return 3
	}
	return 1
}
