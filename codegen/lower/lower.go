package lower

import "github.com/einc-lang/einc/codegen/loop"

// Program is a lowered plan: distinct nests, and the phases that run them in order with a barrier
// between them.
type Program struct {
	Nests  []*loop.Nest // no two are equal
	Phases []Phase
	Dims   []Stride // what the dims array holds, when strides are left to run time: a piece a step
	Shared int64    // bytes of workspace shared by all workers
	Apart  int64    // bytes of such workspace that each worker has for itself, in loops that workers share
	Worker int64    // bytes of workspace of each worker
}

// Phase runs one nest over its tasks First…First+Tasks-1.
type Phase struct {
	Nest  int
	Step  int // of the plan
	First int64
	Tasks int64
	Nanos float64 // estimated time of one task on one worker
	Dims  int     // where the nest's piece of the dims array begins
	Args  []Arg   // one for each of the nest's Params
}

// Arg tells where a nest's parameter lives: a buffer of the plan (Buffer ≥ 0; its first element), or,
// with Buffer -1, a piece of workspace (shared or worker, as the parameter's role says) at Offset bytes.
type Arg struct {
	Buffer int
	Offset int64
}

// Stride names an entry of the dims array: the stride of an axis of a plan's buffer.
type Stride struct {
	Buffer, Axis int
}

// Options choose how a plan is lowered. The zero value specialises on the operands' strides.
type Options struct {
	// RuntimeStrides leaves the strides of operands and output to the dims array.
	RuntimeStrides bool
	// DirectOnly uses the direct strategy for every step, as the interpreter does.
	DirectOnly bool
}
