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
	Dims     []Dim    // what to put in the dims array, if any
	Arena    int64    // bytes of temporaries
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
type Launch struct {
	Symbol int
	First  int64
	Tasks  int64
	Nanos  float64 // estimated time of one task
	Args   []Arg
}

// Loop repeats the launches First…End-1, End excluded, once for each of Count positions, in order. At
// position p it stands at item Begin+p·Step. Positions of a parallel loop, which is inside no other, may
// run at once, each with all its launches on one worker.
type Loop struct {
	First, End         int
	Begin, Step, Count int64
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
// that they come through dims.
type Param struct {
	Name    string
	DType   string
	Size    int // bytes of an element
	Shape   []int
	Strides []int
}

// Dim is an entry of the dims array: the stride, in elements, of an axis of a parameter.
type Dim struct {
	Param, Axis int
}
