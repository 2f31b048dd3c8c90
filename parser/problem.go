package parser

import (
	"math"
	"strings"

	"github.com/einc-lang/einc/tensor"
)

// IndexID is the dense number of an index of a Problem.
type IndexID int32

// NoIndex stands in an axis list for an axis that stays at position 0: one of extent 1 under a larger
// index, which broadcasting stretches.
const NoIndex IndexID = -1

// Index is a loop variable of the notation: its name for messages and its extent.
type Index struct {
	Name   string
	Extent int
}

// prime is what the name of an index has after its label, if a sum around its own sum has the label, too.
const prime = "'"

// label is the index as written.
func (x Index) label() string { return strings.TrimRight(x.Name, prime) }

// Problem says what to compute, for known shapes and element types. Labels, ellipses and text are
// gone; an index is a dense number.
//
// Tensors are in single-assignment form: the operands come first, then one tensor a statement. A name
// that is assigned twice gives two tensors.
type Problem struct {
	Indices    []Index
	Tensors    []Tensor
	Operands   int // Tensors[:Operands] come from the caller
	Statements []Statement
	Output     int // the tensor that is the result: the last statement's
}

// Tensor is an operand, a temporary or the result.
type Tensor struct {
	Name  string
	DType tensor.DType
	Shape []int
	// Layout describes an operand's memory; temporaries and the result are row-major.
	Layout Layout
}

// Layout is the class of a strided layout: all a strategy asks of it before it looks at strides.
type Layout struct {
	Strides   []int  // elements, one an axis; broadcast axes have 0, and strides may be negative
	UnitAxis  int    // the axis of extent > 1 with stride 1, or -1
	Fuses     []bool // Fuses[a]: axis a and a+1 are one run (stride[a] == extent[a+1]*stride[a+1])
	Broadcast bool   // an axis of extent > 1 has stride 0
}

// Statement computes one tensor: Out[Left…] = Old combined by Op with Expr.
//
// An index repeated in Left embeds a diagonal; elements of Out off it are those of Old, or zero.
type Statement struct {
	Out  int       // into Problem.Tensors
	Left []IndexID // one an axis of Out; NoIndex where the axis has extent 1 and no index
	Old  int       // tensor of Out's shape whose elements are combined with, or -1
	Op   ReduceOp  // how Old and Expr combine: Sum for = and +=, Prod, Max, Min
	Expr Expr
}

// Expr is an expression DAG. Nodes come before their users; the last node is the value.
type Expr []Node

// NodeID is a position in an Expr.
type NodeID int32

// NodeKind tells the forms of a Node apart.
type NodeKind uint8

// The kinds of node.
const (
	NodeRef    NodeKind = iota // an element of Tensor at Axes
	NodeConst                  // the number Value
	NodeApply                  // Fn of Args, element by element
	NodeReduce                 // Reduce of Args[0] over the indices Over
	NodeInput                  // in planner scalars only: input number Input
)

// Node is one value of an expression, of type DType. Values of type F16 and BF16 are computed with as
// F32 and rounded only when they are stored into a tensor.
type Node struct {
	Kind   NodeKind
	DType  tensor.DType
	Fn     Fn
	Reduce ReduceOp // NodeReduce
	Args   []NodeID
	Tensor int       // NodeRef
	Axes   []IndexID // NodeRef: one an axis; a repeat reads a diagonal
	Value  float64   // NodeConst; integers beyond 2^53 are in Int
	Int    int64     // NodeConst of an integer type
	Over   []IndexID // NodeReduce: ascending
	Input  int       // NodeInput
}

// Fn is an element-wise function.
type Fn uint8

// The functions. Add and Mul take any number of arguments and mean or and and on Bool. Cast converts
// its argument to the node's type. LeakyRelu has slope 0.01; Gelu is x/2·(1+erf(x/√2)); Sigmoid is
// 1/(1+exp(−x)); Sign is -1, 0 or 1, and NaN for NaN. Min and Max propagate NaN, as NumPy's minimum and maximum do.
const (
	FnCast Fn = iota
	FnAdd
	FnSub
	FnMul
	FnDiv
	FnNeg
	FnAbs
	FnExp
	FnLog
	FnSqrt
	FnTanh
	FnSigmoid
	FnRelu
	FnLeakyRelu
	FnGelu
	FnSign
	FnMin
	FnMax
)

var fnNames = [...]string{"cast", "add", "sub", "mul", "div", "neg", "abs", "exp", "log", "sqrt", "tanh",
	"sigmoid", "relu", "leaky_relu", "gelu", "sign", "min", "max"}

// String is the function's name in index notation, in lower case.
func (f Fn) String() string { return nameOf("fn", fnNames[:], int(f)) }

// ReduceOp is an associative operation that folds values along summed indices.
type ReduceOp uint8

// The reductions. On Bool, Sum is or and Prod is and; Max is or and Min is and.
const (
	Sum ReduceOp = iota
	Prod
	Max
	Min
)

var reduceNames = [...]string{"sum", "prod", "max", "min"}

// String is the operation's name.
func (r ReduceOp) String() string { return nameOf("reduce", reduceNames[:], int(r)) }

// Fn is the two-argument function that the reduction repeats.
func (r ReduceOp) Fn() Fn { return [...]Fn{FnAdd, FnMul, FnMax, FnMin}[r] }

// Identity is what a reduction of nothing gives: value for floats, complex numbers and Bool, whole for integers.
func (r ReduceOp) Identity(d tensor.DType) (value float64, whole int64) {
	drop := 64 - min(8*d.Size(), 64) // bits that integers of the type have not
	switch {
	case r == Prod, r == Min && d == tensor.Bool:
		return 1, 1
	case r == Sum, d == tensor.Bool:
		return 0, 0
	case r == Max:
		return math.Inf(-1), math.MinInt64 >> drop
	}
	return math.Inf(1), math.MaxInt64 >> drop
}

// Spec describes an operand to Bind. Strides count elements; nil means row-major. Name matches a name
// of index notation, or is empty for operands given in order of first appearance.
type Spec struct {
	Name    string
	DType   tensor.DType
	Shape   []int
	Strides []int
}
