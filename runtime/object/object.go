package object

// Object is compiled code and everything needed to run it: no part of einc above this package is
// asked again.
type Object struct {
	Einc     string // build id of the einc that made it
	LLVM     string // version of LLVM, as "22.1.8"
	Triple   string
	CPU      string   // the level it was compiled for, as "x86-64-v3"
	Features []string // CPU features the code uses, by their names in cpuid; the loader checks them
	Modules  [][]byte // relocatable ELF files
	Symbols  []Symbol
	Launches []Launch // run in order, with a barrier between them
	Loops    []Loop   // around runs of launches; an outer one comes before those inside it
	Params   []Param  // the output first, then the operands
	Sizes    []string // names of the sizes that are left open: an axis of a parameter has one where its extent is Open(i)
	Dims     []Dim    // what to put in the dims array, if any
	Arena    int64    // bytes of temporaries
	ArenaDim int      // if not 0, entry ArenaDim-1 of dims has the bytes of temporaries, and Arena is 0
	Shared   int64    // bytes of workspace shared by all workers
	Worker   int64    // bytes of workspace of each worker
}

// Symbol is a kernel: void name(void **args, int64_t task_begin, int64_t task_end).
type Symbol struct {
	Name   string
	Module int
	Frame  int // bytes of stack it needs, proved by the compiler, alignment and return address included
}

// Launch runs a symbol for tasks First…First+Tasks-1. Args has an entry for every pointer of its args block.
// Entries of dims are counted from 1 here, 0 being none.
type Launch struct {
	Symbol   int
	First    int64
	Tasks    int64
	TasksDim int     // the entry of dims that has the number of tasks, in place of Tasks
	Advance  int     // position p of loop Advance-1, which is around it and stands at items 0, 1, …, begins at task First + p·tasks; 0: no loop moves it on
	Nanos    float64 // estimated time of one task
	Scale    int     // the entry of dims that Nanos is to be multiplied by
	Args     []Arg
}

// Loop repeats the launches First…End-1, End excluded, once for each of Count positions, in order. At
// position p it stands at item Begin+p·Step. Positions of a parallel loop, which is inside no other, may
// run at once, each with all its launches on one worker.
type Loop struct {
	First, End         int
	Begin, Step, Count int64
	CountDim           int // if not 0, entry CountDim-1 of dims has the count
	Parallel           bool
}

// Area is a piece of memory an argument points into.
type Area uint8

// The areas.
const (
	AreaParam  Area = iota // Params[Index]
	AreaArena              // the arena, at Offset bytes
	AreaShared             // shared workspace, at Offset bytes
	AreaWorker             // the worker's workspace, at Offset bytes
	AreaDims               // the dims array
)

// Arg is one pointer of an args block. Loops around its launch move it.
type Arg struct {
	Area   Area
	Index  int
	Offset int64
	Dim    int // if not 0, entry Dim-1 of dims has the offset, and Offset is 0
	Moves  []Move
}

// Move adds Bytes to a pointer for every item of the position of a loop; times an entry of the dims array,
// unless Dim is NoDim.
type Move struct {
	Loop  int
	Bytes int64
	Dim   int
}

// DimSize is the bytes of an entry of the dims array: the unit of an argument's offset in it.
const DimSize = 8

// NoDim is the Dim of a move by a constant.
const NoDim = -1

// Param describes the output or an operand as the code expects it. Strides count elements; nil means
// that they come through dims. An extent that is left open is Open(i), i being its place in Object.Sizes.
type Param struct {
	Name    string
	DType   string
	Size    int // bytes of an element
	Shape   []int
	Strides []int
}

// Open is the extent that stands for size i, which calls choose; OpenSize is i, or -1 for an extent that
// is a number.
func Open(i int) int { return -1 - i }

// OpenSize is the inverse of Open.
func OpenSize(extent int) int { return max(-1, -1-extent) }

// IsOpen tells whether any size is left to calls.
func (o *Object) IsOpen() bool { return len(o.Sizes) > 0 }
