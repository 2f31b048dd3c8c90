package planner

import (
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// Plan is a Problem put in order: the steps to run one after the other, and where their results live.
type Plan struct {
	Problem *parser.Problem
	Steps   []Step
	Buffers []Buffer
	Loops   []SliceLoop  // around runs of steps; empty unless the plan is sliced
	Slices  []SliceIndex // what Loops were made for, outermost first
	Way     SliceWay     // how they were made
	Arena   int64        // bytes of the arena that holds the temporaries
	Copied  int64        // bytes of operands and results that copies are made of, in all slices
	Private int64        // bytes of temporaries that each worker has for itself, inside parallel loops
	Peak    int64        // Arena, the largest workspace of any step, and Private, for Workers workers
	Workers int          // the count Peak is stated for
	Method  string       // how the order was found: "exact", "greedy"
	Cost    Cost
	uncut   *Plan // what was sliced, or nil
}

// Unsliced is the plan without its slices. Its temporaries may be larger than a plan can have.
func (p *Plan) Unsliced() *Plan {
	if p.uncut != nil {
		return p.uncut
	}
	return p
}

// Workspace tells what memory a step of a plan takes beside temporaries and the caller's: bytes that all
// workers share, and bytes that each has for itself.
type Workspace func(*Plan, *Step) (shared, worker int64)

// Cost sums up steps. Flops are multiply-adds; they are floats because networks overflow integers.
type Cost struct {
	Flops float64 // multiply-adds
	Naive float64 // multiply-adds of one loop nest over all indices of every statement
	Size  float64 // elements of the largest tensor written
	Bytes float64 // bytes read and written by all steps
	Nanos float64 // estimated time
}

// BufferKind says who owns a buffer.
type BufferKind uint8

// The kinds of buffer.
const (
	Operand BufferKind = iota // the caller's, read only
	Output                    // the caller's
	Temp                      // in the arena
)

// Buffer is the storage of a tensor: operand number Operand, the output, or a row-major piece of the
// arena that is live from step First to step Last.
type Buffer struct {
	Kind    BufferKind
	Private bool // of Temp: written and read inside one parallel loop
	Name    string
	Operand int
	parser.Tensor
	Bytes       int64
	Offset      int64   // into the arena, for Temp, or into the worker's private part of it; a multiple of 64
	First, Last int     // steps that write it first and read it last; loops around only one of them count whole
	Window      *Window // not nil: a part of another buffer, without storage of its own
}

// Strides are how many elements lie between neighbours of each axis: those of an operand or of the whole that a window is
// part of, or of a dense array.
func (b *Buffer) Strides() []int {
	if b.lies() {
		return b.Layout.Strides
	}
	return tensor.RowMajor(make([]int, len(b.Shape)), b.Shape)
}

// lies reports whether a buffer's layout says how it lies: other buffers are dense.
func (b *Buffer) lies() bool {
	return (b.Kind == Operand || b.Window != nil) && b.Layout.Strides != nil
}

// Ref is a buffer seen through indices, one an axis. A repeat is a diagonal; parser.NoIndex fixes an
// axis at 0.
type Ref struct {
	Buffer int
	Axes   []parser.IndexID
}

// Step is one loop nest's worth of work:
//
//	Out[…] = Epilogue( Old ⊕ Reduce over K of Body(Inputs…), Extra… )   when Epilogue is not empty
//
// for every B, M and N. Old is combined after the epilogue: Out = Old ⊕ Epilogue(Reduce…).
type Step struct {
	Out      Ref
	Old      int // buffer of Out's shape to combine with by OldOp, or -1
	OldOp    parser.ReduceOp
	Reduce   parser.ReduceOp // meaningful if K is not empty
	Inputs   []Ref
	Core     [2]int      // the inputs of the two-operand product, or -1; the others are fused factors
	Body     parser.Expr // over NodeInput 0…len(Inputs)-1
	Extra    []Ref
	Epilogue parser.Expr // NodeInput 0 is the reduced value, 1+i is Extra[i]; empty for the identity
	Class
	Slice    []parser.IndexID // the indices of the loops around it, outermost first; empty unless plans are sliced
	Estimate cost.Estimate
	Flops    float64
}

// Class sorts a step's indices: B in both core operands and the output, M in the left one and the
// output, N in the right one and the output, K reduced. Indices only of fused factors count as B. Each
// list is in the order of the output's axes (K: of the left operand's).
type Class struct {
	B, M, N, K []parser.IndexID
}
