package llvm

import (
	"github.com/llir/llvm/ir"
	"github.com/llir/llvm/ir/constant"
	"github.com/llir/llvm/ir/enum"
	"github.com/llir/llvm/ir/value"
)

// Local value numbering: index arithmetic that a block has already is not written again. LLVM would find out, but only
// after the text was printed and parsed, which for unrolled loops is half of it.

// numbering is what a block has.
type numbering struct {
	block  *ir.Block
	values map[expression]value.Value
}

// find gives a value that a block has; nil if it has it not.
func (n *numbering) find(b *ir.Block, x expression) value.Value {
	if n.block != b {
		n.block, n.values = b, map[expression]value.Value{}
	}
	return n.values[x]
}

// expression is an operation on values. Types follow from those of the operands.
type expression struct {
	op   operation
	pred enum.IPred
	args [3]operand
}

// operand is a value, or a constant, which is equal to others of its width and value.
type operand struct {
	x    value.Value
	c    int64
	bits uint64
}

type operation uint8

const (
	opAdd operation = iota + 1
	opSub
	opMul
	opUDiv
	opURem
	opSRem
	opPointer
	opCompare
	opSelect
)

// formula is what an instruction computes; false of those that are not index arithmetic.
func formula(inst instruction) (expression, bool) {
	switch x := inst.(type) {
	case *ir.InstAdd:
		return expressionOf(opAdd, x.X, x.Y), true
	case *ir.InstSub:
		return expressionOf(opSub, x.X, x.Y), true
	case *ir.InstMul:
		return expressionOf(opMul, x.X, x.Y), true
	case *ir.InstUDiv:
		return expressionOf(opUDiv, x.X, x.Y), true
	case *ir.InstURem:
		return expressionOf(opURem, x.X, x.Y), true
	case *ir.InstSRem:
		return expressionOf(opSRem, x.X, x.Y), true
	case *ir.InstGetElementPtr:
		if len(x.Indices) == 1 {
			return expressionOf(opPointer, x.Src, x.Indices[0]), true
		}
	case *ir.InstICmp:
		e := expressionOf(opCompare, x.X, x.Y)
		e.pred = x.Pred
		return e, true
	case *ir.InstSelect:
		return expressionOf(opSelect, x.Cond, x.ValueTrue, x.ValueFalse), true
	}
	return expression{}, false
}

func expressionOf(op operation, args ...value.Value) expression {
	e := expression{op: op}
	for i, x := range args {
		if c, ok := x.(*constant.Int); ok {
			e.args[i] = operand{c: c.X.Int64(), bits: c.Typ.BitSize}
		} else {
			e.args[i] = operand{x: x}
		}
	}
	return e
}
