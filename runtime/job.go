package runtime

import (
	goruntime "runtime"
	"sync/atomic"
	"time"
)

// job is a launch that several workers share. It belongs to a frame and is used again for the frame's
// next launch, in the next round. Helpers may come late and find it in any round, so they hold to one rule:
// read nothing but the atomics before taking a chunk, and nothing after giving the last one back.
// Between the two the caller waits, and the round cannot change.
type job struct {
	left    atomic.Int64 // chunks nobody has taken; zero or less if there are none
	invited atomic.Int64 // workers that may take part; never more than the frame has
	_       [lineSize]byte
	open    atomic.Int64 // chunks that are not finished
	waiting atomic.Bool  // the caller sleeps, or is about to
	joined  chan struct{}

	frame  *frame
	launch *launch
	loop   *loop  // not nil: the chunks are positions of it
	round  uint64 // counts the launches that it was used for
	chunk  int64
	chunks int64
	procs  int
	done   <-chan struct{}
	cut    atomic.Bool // done was closed before the last chunk was taken
}

// run shares a launch between the caller, which is worker 0, and helpers; the pool is the caller's. It
// returns when all tasks have run, or false when done was closed before and none runs any more.
func (j *job) run(l *launch, loop *loop, done <-chan struct{}, workers, procs int) bool {
	j.launch, j.loop, j.done, j.procs = l, loop, done, procs
	j.round++
	j.chunk = l.chunkFor(workers)
	j.chunks = (l.tasks + j.chunk - 1) / j.chunk
	j.cut.Store(false)
	j.invited.Store(int64(workers))
	j.open.Store(j.chunks)
	j.left.Store(j.chunks) // opens the round
	helpers.publish(j, workers-1)
	j.work(0)
	helpers.current.Store(nil)
	j.join()
	return !j.cut.Load()
}

// work takes chunks until none is left.
func (j *job) work(w int) {
	for {
		c := j.left.Add(-1)
		if c < 0 {
			return
		}
		finished := int64(1)
		if ended(j.done) {
			j.cut.Store(true)
			finished += max(0, j.left.Swap(0))
		} else {
			lo := (j.chunks - 1 - c) * j.chunk
			j.part(w, lo, min(lo+j.chunk, j.launch.tasks))
		}
		if j.open.Add(-finished) == 0 && j.waiting.CompareAndSwap(true, false) {
			// The channel may hold a token of an earlier round; then this one is not needed.
			select {
			case j.joined <- struct{}{}:
			default:
			}
		}
	}
}

// part runs some tasks, or some positions of a loop.
func (j *job) part(w int, lo, hi int64) {
	if j.loop == nil {
		first := j.launch.begin(j.frame.workers[0].at)
		j.launch.call(j.frame.args(w, j.launch, j.round), first+lo, first+hi, j.procs)
	} else if !j.frame.positions(j.loop, w, lo, hi, j.done, j.procs) {
		j.cut.Store(true)
	}
}

// join waits for the chunks others have taken: awake for about the time of one, then asleep.
func (j *job) join() {
	if j.open.Load() == 0 {
		return
	}
	for start, i := time.Now(), 0; j.open.Load() != 0; i++ {
		pause()
		if i%spinsPerLook == spinsPerLook-1 {
			if time.Since(start) > spinTime {
				break
			}
			goruntime.Gosched() // the helper may be waiting for this P
		}
	}
	for j.open.Load() != 0 {
		j.waiting.Store(true)
		if j.open.Load() == 0 && j.waiting.CompareAndSwap(true, false) {
			return
		}
		<-j.joined
	}
}
