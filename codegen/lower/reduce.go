package lower

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/parser"
)

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
