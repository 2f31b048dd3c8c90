package lower

import (
	"math"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
)

// identity is what a reduction of nothing gives: value for floats, complex numbers and Bool, whole for
// integers.
func identity(r parser.ReduceOp, d tensor.DType) (value float64, whole int64) {
	switch r {
	case parser.Sum:
		return 0, 0
	case parser.Prod:
		return 1, 1
	case parser.Max:
		if d == tensor.Bool {
			return 0, 0
		}
		return math.Inf(-1), math.MinInt64 >> (64 - 8*d.Size())
	}
	if d == tensor.Bool {
		return 1, 0
	}
	return math.Inf(1), int64(uint64(math.MaxUint64) >> (65 - 8*d.Size()))
}

// constant puts a number into every lane of a register.
func constant(b *loop.Builder, t loop.Type, value float64, whole int64) loop.Reg {
	if t.DType.IsInt() {
		return b.Int(t, whole)
	}
	return b.Const(t, value)
}

// combineCode is the operation that a reduction repeats, and foldCode the one that folds a vector.
func combineCode(r parser.ReduceOp) loop.Code {
	return [...]loop.Code{loop.OpAdd, loop.OpMul, loop.OpMax, loop.OpMin}[r]
}

func foldCode(r parser.ReduceOp) loop.Code {
	return [...]loop.Code{loop.OpFoldAdd, loop.OpFoldMul, loop.OpFoldMax, loop.OpFoldMin}[r]
}
