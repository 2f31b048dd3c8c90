package loop

import "github.com/einc-lang/einc/tensor"

// Nest is one kernel: a tree of loops over registers and memory. Its root body runs once for every
// task in [task_begin, task_end), which a For of kind Task at the root spells out.
type Nest struct {
	Strategy string   // the builder's name, as in "direct" or "packed/b"
	Params   []Param  // the memory a kernel may touch, in the order of its args block
	Dims     int      // entries of the dims array, which follows the params in the args block; 0: none
	Vars     []string // label of each Var, for printing
	Regs     []Type   // type of each Reg
	FMA      bool     // OpFMA rounds once; otherwise it is a multiplication and an addition
	F16C     bool     // hardware converts F16
	Body     []Node   // exactly one For of kind Task
}

// Role says what a parameter is.
type Role uint8

// The roles. Shared is workspace of the whole launch sequence, Worker belongs to one worker. Both are
// byte areas seen as elements of the parameter's type, starting at the parameter's own offset.
const (
	In Role = iota
	Out
	Shared
	Worker
)

// Param is an array a nest reads or writes. An access must fall in [Lo, Hi), counted in elements from
// the pointer that is passed (Lo is negative below it, for negative strides). In nests with dims the
// caller checks that the runtime strides stay inside the operand; there the bounds are those of the
// whole operand.
type Param struct {
	Name   string
	DType  tensor.DType
	Role   Role
	Lo, Hi int64
}

// Type is the type of a register: a scalar (Lanes 1) or a vector. A comparison gives Bool.
type Type struct {
	DType tensor.DType
	Lanes int
}

// Reg is a virtual register, an index into Nest.Regs. Every register is defined once, before its uses.
type Reg int32

// Var is a loop variable, an index into Nest.Vars.
type Var int32

// Size is a constant, or an entry of the dims array plus nothing else: Dim 0 means the constant Value,
// Dim d > 0 means dims[d-1]. Value then is the most that entry can be, where a nest counts on that, or 0.
type Size struct {
	Value int64
	Dim   int
}

// Const is the Size of a known number.
func Const(v int64) Size { return Size{Value: v} }

// Dim is the Size that dims[i] holds at run time.
func Dim(i int) Size { return Size{Dim: i + 1} }

// Affine is Const + Σ Coef·Var, in elements.
type Affine struct {
	Const int64
	Terms []Term
}

// NoVar stands for 1 in a Term.
const NoVar Var = -1

// Term is one product of an Affine.
type Term struct {
	Var  Var
	Coef Size
}

// Bound is an iteration count: Max, or min(Max, Total−At) where Clamped. A clamped count is what
// is left of Total items for the block that begins at item At.
type Bound struct {
	Max     Size
	Clamped bool
	Total   Size
	At      Affine
}

// Addr is an element of a parameter.
type Addr struct {
	Param int
	Off   Affine
}

// Node is a statement of a nest: *For, *Split, *Op, *Load, *Store, *Prefetch, *Offsets, *Pack or *Tile.
type Node interface{ node() }

func (*For) node()      {}
func (*Split) node()    {}
func (*Op) node()       {}
func (*Load) node()     {}
func (*Store) node()    {}
func (*Prefetch) node() {}
func (*Offsets) node()  {}
func (*Pack) node()     {}
func (*Tile) node()     {}

// Kind says how a For runs.
type Kind uint8

// The kinds of loop.
const (
	Seq    Kind = iota // one iteration after the other
	Task               // iterations are tasks: any order, any worker
	Vector             // as Seq; the body handles Step items by vector registers
	Unroll             // as Seq; the emitter repeats the body for a few iterations at once
	Block              // a grid block on a GPU
	Thread             // a thread of a block on a GPU
)

// For runs Body for Var = First, First+Step, … as long as Var+Step ≤ the count. First is 0, or, if
// From > 1, the count rounded down to a multiple of From: the rest that a loop of Step From leaves.
// Task loops have Step 1, From 0 and no carried registers.
type For struct {
	Var   Var
	Kind  Kind
	Count Bound
	Step  int64
	From  int64
	Carry []Carry
	Body  []Node
}

// Carry is a register that a loop carries: Reg is Init when the loop starts, takes the value of Next
// at the end of each iteration, and keeps its last value after the loop.
type Carry struct {
	Reg, Init, Next Reg
}

// Split writes a variable as mixed-radix digits, the last one fastest. Of runs below the product of
// the radices. Digits count blocks: scale them in addresses.
type Split struct {
	Of    Var
	Into  []Var
	Radix []Size
}

// Op computes a register from registers of the same lane count (OpSplat and the folds aside).
type Op struct {
	Dst   Reg
	Code  Code
	Args  []Reg
	Value float64 // OpConst of a floating-point, complex (real part) or Bool type
	Int   int64   // OpConst of an integer type, and the count of a shift
	Pick  []int   // OpShuffle: for each lane, a lane of the first argument, or, from its lanes on, of the second
}

// Load reads Lanes elements, Stride apart, into Dst: a stride of 1 is a vector access, 0 reads one
// element into every lane, any other gathers lane by lane. The register has the parameter's type.
// Bool elements read as true if their byte is not zero. If Active is not 0, only that many lanes are
// read, and the others are zero.
type Load struct {
	Dst    Reg
	From   Addr
	Stride Size
	Active int
}

// Store is the opposite of Load; its stride is not 0 unless Lanes is 1. If Active is not 0, only that
// many lanes are written. Stream is advice: what is written will leave the cache before it is read
// again, and the stores around this one fill whole cache lines.
type Store struct {
	Src    Reg
	To     Addr
	Stride Size
	Active int
	Stream bool
}

// Prefetch is advice to bring the cache line of an element near, to be written if Write is set. The
// element may be anywhere: nothing is accessed.
type Prefetch struct {
	At    Addr
	Write bool
}

// Group is an axis made of several indices: a mixed-radix number, last digit fastest, whose digit d
// moves an operand by Strides[d] elements.
type Group struct {
	Extents []Size
	Strides []Size
}

// Offsets fills a table of I64 in worker memory: Table[t] = offset in elements of item From+t of
// Group, for t below Count.
type Offsets struct {
	Table Addr
	Group Group
	From  Affine
	Count Bound
}

// Pack copies a block of an operand into panels of Width rows, Apart elements from each other:
//
//	To[r/Width*Apart + k*Width + r%Width] = convert(From[Rows[r] + Cols[k]])   for r < Count, k < Depth
//
// Missing rows of the panels that Count can reach are zeroed. Without Apart, there is one panel. A column
// k of complex elements holds their real parts, then their imaginary ones.
//
// Rows and Cols are tables that Offsets filled. Run > 1 promises that rows come in runs: Rows[r+1] ==
// Rows[r]+1 unless r+1 is a multiple of Run. KRun and KStep promise the same of Cols, of which neighbours lie
// KStep apart. Cut promises runs of rows that panels cut anywhere, and KCut runs of terms that blocks of K do.
type Pack struct {
	To    Addr
	From  Addr
	Rows  Addr // table of Count offsets
	Cols  Addr // table of Depth offsets
	Width int64
	Apart int64
	Count Bound // valid rows
	Depth Bound
	Run   int64
	KRun  int64
	KStep int64
	Cut   *CutRuns
	KCut  *CutRuns
}

// CutRuns promises of a table whose first entry is item At of its group that Table[r+Step] == Table[r]+1
// unless (At+r)/Step+1 is a multiple of Length. A step of 0 is 1; a length of 0 promises no end. The group has
// whole runs: all items of one may be read if one of them may.
type CutRuns struct {
	Length, Step int64
	At           Affine
}

// Panels is the number of panels that a Pack writes.
func (n *Pack) Panels() int64 {
	if n.Apart == 0 || n.Width < 1 {
		return 1
	}
	return max(1, (n.Count.Max.Value+n.Width-1)/n.Width)
}

// Tile is the micro-kernel: it multiplies a panel of A (Depth × MR) by a panel of B (Depth × NR) in
// MR×NR/Lanes vector registers, and puts or adds the Rows × Cols valid elements into C.
//
//	C[CRows[i] + CCols[j]] (+)= Σ_k A[k*MR + i] * B[k*NR + j]
//
// With ARows, A is no panel but lies in place: instead of A[k*MR + i] it reads A[ARows[i] + ACols[k]], and of the
// valid rows only. ACut promises runs of ACols. Without ACols, terms are next to each other: k stands for ACols[k].
//
// With BStep, B is no panel either: instead of B[k*NR + j] it reads B[k*BStep + j], of the valid columns only, of which all
// tiles but the last have NR, unless calls decide how many there are.
//
// It adds to what C holds if Add is a variable that is not 0 (a later block of K), stores otherwise.
// Terms are added in the order of k by OpFMA to accumulators that start at zero; what C holds is added to
// the sum at the end, by OpAdd. Run and Cut are as in Pack, for CCols. The accumulators are of type Acc, and so are
// the panels; C's elements are converted to it and back.
//
// Stream is advice as in Store, for tiles all of whose rows and columns are valid.
//
// With Part, the sums stay in MR×NR elements of type Acc between blocks of K, row by row, and only the
// block that After names writes C.
type Tile struct {
	MR, NR int64
	Lanes  int64
	Acc    tensor.DType
	Depth  Bound
	A, B   Addr
	ARows  *Addr // table of MR offsets
	ACols  *Addr // table of Depth offsets
	ACut   *CutRuns
	BStep  Size // elements between terms of B in place; 0: a panel
	C      Addr
	CRows  Addr // table of MR offsets
	CCols  Addr // table of NR offsets
	Rows   Bound
	Cols   Bound
	Add    Var
	Run    int64
	Cut    *CutRuns
	Stream bool
	Part   *Addr
	After  *After
	Ahead  *Ahead
}

// Ahead is advice to bring near, with each term of a tile, what tiles read later: Step elements from At + k*Step on with
// term k. As for Prefetch, they may be anywhere.
type Ahead struct {
	At   Addr
	Step int64
}

// After is what a tile does to its sums when the variable When is Is, in the last block of K: with Lanes
// neighbouring columns of a row of sums in Sum, it loads what lies beside them, runs Body, which consists
// of Ops, and stores Value, a register of C's type, instead. Columns past the last are never stored, and
// read as anything.
type After struct {
	When   Var
	Is     Size
	Sum    Reg
	Beside []Beside
	Body   []Node
	Value  Reg
}

// Beside is an operand that is read where a tile writes:
//
//	Dst[l] = From[Rows[i] + Cols[j+l]]
//
// A table whose Param is negative stands for zeros. Run is as in Pack, for Cols.
type Beside struct {
	Dst  Reg
	From Addr
	Rows Addr
	Cols Addr
	Run  int64
}
