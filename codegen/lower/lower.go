package lower

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/parser"
)

// Program is a lowered plan: distinct nests, and the phases that run them in order with a barrier
// between them.
type Program struct {
	Nests  []*loop.Nest // no two are equal
	Phases []Phase
	Dims   []Dim // what the dims array holds, when strides or extents are left to run time: a piece a step
	Turns  []Turns
	Arena  loop.Size         // bytes of temporaries, where extents are open: a number, or an entry of Dims
	Temps  map[int]loop.Size // where each temporary begins in them, by buffer
	Shared int64             // bytes of workspace shared by all workers
	Apart  int64             // bytes of such workspace that each worker has for itself, in loops that workers share
	Worker int64             // bytes of workspace of each worker
}

// Turns repeats phases First…End-1, which are of one step, so many times. In turn t a phase takes its tasks from t·Tasks
// on. A program is thus no longer for a large product than for a small one.
type Turns struct {
	First, End int
	Count      loop.Size // a number, or an entry of Dims, counted from 1
}

// Phase runs one nest over its tasks 0…Tasks-1, or over those of its turn.
type Phase struct {
	Nest  int
	Step  int       // of the plan
	Tasks loop.Size // a number, or an entry of Dims, counted from 1
	Nanos float64   // estimated time of one task on one worker
	Scale int       // the entry of Dims that Nanos is a multiple of, counted from 1; 0: none
	Dims  int       // where the nest's piece of the dims array begins
	Args  []Arg     // one for each of the nest's Params
}

// Arg tells where a nest's parameter lives: a buffer of the plan (Buffer ≥ 0; its first element), or,
// with Buffer -1, a piece of workspace (shared or worker, as the parameter's role says) at Offset bytes.
type Arg struct {
	Buffer int
	Offset int64
}

// Sums is the buffer of the sums of parts of K where extents are open: shared workspace from its beginning on, whatever the
// parameter's role, as calls decide what is where in it.
const Sums = -2

// Options choose how a plan is lowered. The zero value specialises on the operands' strides and extents.
type Options struct {
	// RuntimeStrides leaves the strides of operands and output to the dims array.
	RuntimeStrides bool
	// Sizes are the extents that are left to it; nil: none. Of strides, the code then counts on those that
	// are 1 or 0 in the problem, and leaves the others to the dims array, unless RuntimeStrides leaves all.
	Sizes *parser.Sizes
	// Dense promises that operands and output are row-major: then no strides are left to it.
	Dense bool
	// DirectOnly uses the direct strategy for every step, as the interpreter does.
	DirectOnly bool
}
