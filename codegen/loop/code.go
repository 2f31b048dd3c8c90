package loop

// Code is an operation on registers. Integers wrap. Floats round to nearest even and follow IEEE 754.
type Code uint8

// The operations. Args are of Dst's type unless the comment says otherwise.
const (
	OpConst Code = iota // the constant Value or Int in every lane
	OpSplat             // the scalar argument in every lane
	OpAdd               // or on Bool
	OpSub
	OpMul  // and on Bool
	OpDiv  // floats and complex only
	OpFMA  // a*b + c, rounded once if Nest.FMA; on integers and Bool a multiplication and an addition
	OpNeg  // flips the sign bit of floats
	OpAbs  // clears the sign bit; of a complex value, its modulus in the type of its parts
	OpSqrt // floats only
	OpMin  // real types: the smaller one, NaN if either is; and on Bool
	OpMax  // real types: the larger one, NaN if either is; or on Bool
	OpAnd  // bitwise on integers, logical on Bool
	OpOr
	OpXor
	OpShl // integers, by the constant Int
	OpShr // zero fills
	OpSar // sign fills
	OpLt  // two real values of one type give Bool; false if either is NaN
	OpLe
	OpEq
	OpNe      // true if either is NaN
	OpSelect  // Bool, a, b
	OpConvert // between types: ints wrap, floats round, float to int truncates toward zero; to Bool is != 0; complex to real takes the real part
	OpBits    // reinterprets between integers and floats of one size

	// Folds of a vector to a scalar, by halves: lane i with lane i+Lanes/2, and again.
	OpFoldAdd
	OpFoldMul
	OpFoldMin
	OpFoldMax
	endCode
)

var codeNames = [endCode]string{"const", "splat", "add", "sub", "mul", "div", "fma", "neg", "abs", "sqrt", "min", "max",
	"and", "or", "xor", "shl", "shr", "sar", "lt", "le", "eq", "ne", "select", "convert", "bits",
	"fold.add", "fold.mul", "fold.min", "fold.max"}

// String is the name that nests are printed with.
func (c Code) String() string { return codeNames[c] }

// Arity is the number of arguments.
func (c Code) Arity() int {
	switch c {
	case OpConst:
		return 0
	case OpAdd, OpSub, OpMul, OpDiv, OpMin, OpMax, OpAnd, OpOr, OpXor, OpLt, OpLe, OpEq, OpNe:
		return 2
	case OpFMA, OpSelect:
		return 3
	}
	return 1
}
