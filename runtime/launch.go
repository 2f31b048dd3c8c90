package runtime

import (
	"fmt"
	"unsafe"

	"github.com/einc-lang/einc/runtime/object"
)

// How work is handed out, in modelled nanoseconds. Launches of up to object.ShortNanos run on the caller alone.
const (
	workerNanos = 25e3 // a helper is asked only for at least so much
	awakeNanos  = 15e3 // as object.ShortNanos, while helpers are awake: handing out work then costs about a microsecond
	eachNanos   = 5e3  // as workerNanos, while helpers are awake
	dozeNanos   = 40e3 // helpers that had nothing to do for longer may be asleep
	cutsPerHead = 4    // calls per worker, so that they finish together
)

// launch is an object.Launch made ready: code found, stack chosen, cut into calls.
type launch struct {
	fn    uintptr
	stack stackClass
	first int64 // number of the launch's first task, before loops move it on
	loop  int   // 1 + the loop whose positions do; 0: none
	tasks int64
	task  float64 // nanoseconds of one task
	nanos float64 // of all tasks
	chunk int64   // tasks of one call
	args  []slot
	open  entries
}

// slot is one pointer of an args block: a base of the frame, or the worker's own space, and an offset.
type slot struct {
	base   int
	offset int64
	dim    int // entry of dims, counted from 1, that has the offset; 0: none
	moves  []object.Move
}

// ownSpace is the base of a slot in the worker's own workspace.
const ownSpace = -1

// maxTasks keeps sums of two counts in range.
const maxTasks = 1 << 62

// newLaunch resolves a launch of an object that was checked.
func (k *Kernel) newLaunch(o *object.Object, from *object.Launch) (launch, error) {
	y := o.Symbols[from.Symbol]
	fn, err := k.images[y.Module].symbol(y.Name)
	if err != nil {
		return launch{}, fmt.Errorf("module %d: %w", y.Module, err)
	}
	stack, err := classOf(y.Frame)
	if err != nil {
		return launch{}, fmt.Errorf("kernel %s: %w", y.Name, err)
	}
	if from.Tasks > maxTasks {
		return launch{}, fmt.Errorf("kernel %s has %d tasks; the limit is %d", y.Name, from.Tasks, int64(maxTasks))
	}
	l := launch{fn: fn, stack: stack, first: from.First, loop: from.Advance, tasks: from.Tasks, open: newEntries(from)}
	l.task = l.open.nanos
	l.time()
	l.args = make([]slot, len(from.Args))
	for i, a := range from.Args {
		l.args[i] = newSlot(a, len(o.Params))
	}
	return l, nil
}

// time works out what follows from the tasks' number and time.
func (l *launch) time() {
	l.nanos = l.task * float64(l.tasks)
	l.chunk = object.CallTasks(l.task)
}

// newSlot numbers the bases as frame.bind fills them.
func newSlot(a object.Arg, params int) slot {
	switch a.Area {
	case object.AreaParam:
		return slot{a.Index, a.Offset, 0, a.Moves}
	case object.AreaArena:
		return slot{params + arenaBase, a.Offset, a.Dim, a.Moves}
	case object.AreaShared:
		return slot{params + sharedBase, a.Offset, 0, a.Moves}
	case object.AreaDims:
		return slot{params + dimsBase, a.Offset, 0, nil}
	}
	return slot{ownSpace, a.Offset, 0, a.Moves}
}

// width is how many of so many workers the launch is worth, if helpers are awake or if they must be woken.
func (l *launch) width(workers int, awake bool) int {
	short, each := object.ShortNanos, workerNanos
	if awake {
		short, each = awakeNanos, eachNanos
	}
	if l.nanos <= short {
		return 1
	}
	return max(1, int(min(float64(workers), float64(l.tasks), l.nanos/each)))
}

// chunkFor is the number of tasks a call gets when so many workers share the launch.
func (l *launch) chunkFor(workers int) int64 {
	cuts := int64(workers * cutsPerHead)
	return min(l.chunk, max(1, (l.tasks+cuts-1)/cuts))
}

// begin is the number of the first task, of loops that stand at the given items.
func (l *launch) begin(at []int64) int64 {
	if l.loop == 0 {
		return l.first
	}
	return l.first + at[l.loop-1]*l.tasks
}

// call runs tasks lo to hi-1, as the kernel counts them, with a filled args block.
func (l *launch) call(args *unsafe.Pointer, lo, hi int64, procs int) {
	if l.task*float64(hi-lo) <= object.ShortNanos || !l.outside(args, lo, hi, procs) {
		call(l.stack, true, l.fn, unsafe.Pointer(args), lo, hi)
	}
}

// outside is call without a P, if it may go without. A thread in such a call may lose its P, and Go may start another
// for that P. To keep the number of threads bounded, only as many as there are Ps may be in one.
func (l *launch) outside(args *unsafe.Pointer, lo, hi int64, procs int) bool {
	may := callsOutside.Add(1) <= int64(procs)
	if may {
		call(l.stack, false, l.fn, unsafe.Pointer(args), lo, hi)
	}
	callsOutside.Add(-1)
	return may
}
