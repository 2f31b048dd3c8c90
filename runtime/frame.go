package runtime

import (
	goruntime "runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/einc-lang/einc/runtime/object"
)

// frame is what one call of a kernel needs for itself: argument blocks, temporaries, workspace. Calls
// reuse frames, so a warm call allocates nothing.
type frame struct {
	bases   []unsafe.Pointer // the parameters, then the areas below
	dims    []int64
	arena   *block
	shared  *block
	workers []worker // never shrinks while the frame lives
	bytes   int64
	body    []part  // of a kernel for open extents: as the call has it
	room    int64   // bytes of the arena, where calls decide it
	idle    float64 // modelled nanoseconds since helpers had work
	job     job
}

// The areas' places in bases, counted from the end of the parameters.
const (
	arenaBase = iota
	sharedBase
	dimsBase
	areaCount
)

// worker is what one worker needs for itself. filled is the job's round that its args were filled for.
type worker struct {
	args   []unsafe.Pointer
	space  *block
	filled uint64
	at     []int64 // the item that each loop stands at
}

// frameShape is what all frames of a kernel have in common.
type frameShape struct {
	params, dims, args    int
	loops                 int
	arena, shared, worker int64
	arenaDim              int    // as in object.Object
	open                  []part // what frames copy, of a kernel for open extents
}

func newFrame(s *frameShape) (*frame, error) {
	f := &frame{bases: make([]unsafe.Pointer, s.params+areaCount), dims: make([]int64, s.dims), bytes: s.arena + s.shared}
	f.job.frame = f
	f.job.joined = make(chan struct{}, 1)
	if s.open != nil {
		f.body = copyBody(s.open)
	}
	var err error
	if f.arena, err = newBlock(s.arena); err != nil {
		return nil, err
	}
	if f.shared, err = newBlock(s.shared); err != nil {
		f.free()
		return nil, err
	}
	areas := f.bases[s.params:]
	areas[arenaBase], areas[sharedBase], areas[dimsBase] = f.arena.base, f.shared.base, unsafe.Pointer(unsafe.SliceData(f.dims))
	return f, nil
}

// grow makes the frame fit for n workers.
func (f *frame) grow(s *frameShape, n int) error {
	for len(f.workers) < n {
		space, err := newBlock(s.worker)
		if err != nil {
			return err
		}
		// Whole cache lines, since each worker writes to its own.
		const perLine = lineSize / int(unsafe.Sizeof(unsafe.Pointer(nil)))
		args := make([]unsafe.Pointer, (s.args+perLine-1)/perLine*perLine, max(s.args, 1)+2*perLine)
		f.workers = append(f.workers, worker{args: args[:max(s.args, 1)], space: space, at: make([]int64, s.loops, s.loops+lineSize/8)})
		f.bytes += s.worker
	}
	return nil
}

// bind takes a call's operands. The slices themselves are copied, so that callers can keep them on
// their stacks.
func (f *frame) bind(ptrs []unsafe.Pointer, dims []int64) {
	copy(f.bases, ptrs)
	copy(f.dims, dims)
}

// unbind forgets the operands, so that an idle frame keeps none of them alive.
func (f *frame) unbind(params int) {
	clear(f.bases[:params])
	for i := range f.workers {
		clear(f.workers[i].args)
	}
}

// args fills worker w's block for a launch, unless it was filled in the same round, and returns it.
func (f *frame) args(w int, l *launch, round uint64) *unsafe.Pointer {
	k := &f.workers[w]
	if k.filled != round {
		k.filled = round
		f.fill(k, l, f.workers[0].at)
	}
	return unsafe.SliceData(k.args)
}

// fill fills a worker's block for a launch of loops that stand at the given items.
func (f *frame) fill(k *worker, l *launch, at []int64) *unsafe.Pointer {
	for i := range l.args {
		s := &l.args[i]
		base := k.space.base
		if s.base != ownSpace {
			base = f.bases[s.base]
		}
		offset := s.offset
		if s.dim > 0 {
			offset = f.dims[s.dim-1]
		}
		for _, m := range s.moves {
			by := m.Bytes * at[m.Loop]
			if m.Dim != object.NoDim {
				by *= f.dims[m.Dim]
			}
			offset += by
		}
		k.args[i] = unsafe.Add(base, offset)
	}
	return unsafe.SliceData(k.args)
}

func (f *frame) free() {
	f.arena.free()
	f.shared.free()
	for i := range f.workers {
		f.workers[i].space.free()
	}
}

// idleTime is how long a large frame stays without being used before the system gets its memory back.
const idleTime = 2 * time.Second

// frameList keeps a kernel's unused frames.
type frameList struct {
	frameShape
	slots []atomic.Pointer[frame]
	idle  *time.Timer
}

func newFrameList(o *object.Object, body []part) *frameList {
	s := &frameList{frameShape: frameShape{params: len(o.Params), dims: len(o.Dims), arena: o.Arena, shared: o.Shared, worker: o.Worker,
		loops: len(o.Loops), arenaDim: o.ArenaDim}}
	if o.IsOpen() {
		s.open = body
	}
	for _, l := range o.Launches {
		s.args = max(s.args, len(l.Args))
	}
	s.slots = make([]atomic.Pointer[frame], min(max(4, 2*goruntime.GOMAXPROCS(0)), 64))
	s.idle = time.AfterFunc(time.Hour, func() { s.drain(largeBytes) })
	s.idle.Stop()
	return s
}

// take returns a frame fit for n workers: one that was used before, if there is any.
func (s *frameList) take(n int) (f *frame, err error) {
	for i := range s.slots {
		if s.slots[i].Load() == nil {
			continue
		}
		if f = s.slots[i].Swap(nil); f != nil {
			break
		}
	}
	if f == nil {
		if f, err = newFrame(&s.frameShape); err != nil {
			return nil, err
		}
	}
	if len(f.workers) < n {
		if err := f.grow(&s.frameShape, n); err != nil {
			f.free()
			return nil, err
		}
	}
	return f, nil
}

// put keeps a frame for later calls, or frees it if enough are kept.
func (s *frameList) put(f *frame) {
	if f.bytes >= largeBytes {
		s.idle.Reset(idleTime)
	}
	for i := range s.slots {
		if s.slots[i].Load() == nil && s.slots[i].CompareAndSwap(nil, f) {
			return
		}
	}
	f.free()
}

// drain frees the unused frames that hold at least so many bytes.
func (s *frameList) drain(least int64) {
	if least == 0 {
		s.idle.Stop()
	}
	for i := range s.slots {
		f := s.slots[i].Swap(nil)
		if f == nil {
			continue
		}
		if f.bytes >= least {
			f.free()
		} else if !s.slots[i].CompareAndSwap(nil, f) {
			f.free()
		}
	}
}
