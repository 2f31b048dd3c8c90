package runtime

import (
	"math"
	"unsafe"

	"github.com/einc-lang/einc/runtime/object"
)

// part is a run of launches, one after the other, or a loop.
type part struct {
	launches []launch
	loop     *loop
}

// loop is an object.Loop made ready.
type loop struct {
	id          int // its place among the items that workers stand at
	begin, step int64
	count       int // entry of dims, counted from 1, that has the number of positions; 0: none
	parallel    bool
	positions   launch // their number, and the time of one
	body        []part
}

// loadBody makes the launches ready and puts them into their loops.
func (k *Kernel) loadBody(o *object.Object) error {
	all := make([]launch, len(o.Launches))
	for i := range o.Launches {
		var err error
		if all[i], err = k.newLaunch(o, &o.Launches[i]); err != nil {
			return err
		}
	}
	next := 0
	k.body, _ = k.parts(o, all, 0, len(all), &next, false)
	return nil
}

// parts is the body of launches lo…hi-1, of which loops from number next on take some, and the time it
// takes one worker. Within a parallel loop no launch is shared.
func (k *Kernel) parts(o *object.Object, all []launch, lo, hi int, next *int, alone bool) (body []part, nanos float64) {
	for lo < hi {
		end := hi
		if *next < len(o.Loops) {
			end = min(hi, o.Loops[*next].First)
		}
		for i := lo; i < end; i++ {
			nanos += all[i].nanos
			if !alone {
				k.widen(&all[i])
			}
		}
		if end > lo {
			body = append(body, part{launches: all[lo:end]})
		}
		if lo = end; lo == hi {
			break
		}
		from := &o.Loops[*next]
		l := &loop{id: *next, begin: from.Begin, step: from.Step, count: from.CountDim, parallel: from.Parallel}
		*next++
		var one float64
		l.body, one = k.parts(o, all, from.First, from.End, next, alone || l.parallel)
		l.positions = launch{tasks: from.Count, task: max(one, 1)}
		l.positions.nanos = l.positions.task * float64(from.Count)
		l.positions.chunk = object.CallTasks(l.positions.task)
		if l.parallel {
			k.widen(&l.positions)
		}
		nanos += l.positions.nanos
		body = append(body, part{loop: l})
		lo = from.End
	}
	return body, nanos
}

// widen notes what workers may share.
func (k *Kernel) widen(l *launch) {
	k.long = k.long || l.nanos > object.ShortNanos
	k.width = max(k.width, l.width(math.MaxInt32, false))
}

// looks is how many short launches run between two looks at whether the call was cancelled.
const looks = 64

// walk runs a body, each launch to its end before the next. It reports false if done was closed before
// the last task ran.
func (f *frame) walk(body []part, done <-chan struct{}, workers, procs int) bool {
	for i := range body {
		p := &body[i]
		switch {
		case p.loop == nil:
			if !f.launches(p.launches, done, workers, procs) {
				return false
			}
		case p.loop.parallel:
			if !f.share(&p.loop.positions, p.loop, done, p.loop.positions.width(workers, false), procs) {
				return false
			}
		default:
			for n := range p.loop.positions.tasks {
				if ended(done) { // its launches may be too few to look
					return false
				}
				f.workers[0].at[p.loop.id] = p.loop.begin + n*p.loop.step
				if !f.walk(p.loop.body, done, workers, procs) {
					return false
				}
			}
		}
	}
	return true
}

// launches runs some, with helpers where they are worth it.
func (f *frame) launches(ls []launch, done <-chan struct{}, workers, procs int) bool {
	for i := range ls {
		l := &ls[i]
		n := l.width(workers, f.idle < dozeNanos)
		if n > 1 || l.nanos > object.ShortNanos {
			if !f.share(l, nil, done, n, procs) {
				return false
			}
			continue
		}
		f.idle += l.nanos
		if i%looks == looks-1 && ended(done) {
			return false
		}
		if l.tasks > 0 {
			k := &f.workers[0]
			first := l.begin(k.at)
			call(l.stack, true, l.fn, unsafe.Pointer(f.fill(k, l, k.at)), first, first+l.tasks)
		}
	}
	return true
}

// share runs the tasks of a launch, or the positions of a loop, on n workers, unless somebody else has the helpers.
func (f *frame) share(l *launch, of *loop, done <-chan struct{}, n, procs int) bool {
	if f.idle += l.nanos; n > 1 {
		f.idle = 0
	}
	if n > 1 && l.tasks > 0 && helpers.acquire() {
		whole := f.job.run(l, of, done, n, procs)
		helpers.release()
		return whole
	}
	if of != nil {
		return f.positions(of, 0, 0, l.tasks, done, procs)
	}
	return f.alone(0, l, f.workers[0].at, done, procs)
}

// positions runs some of a loop on worker w alone.
func (f *frame) positions(l *loop, w int, lo, hi int64, done <-chan struct{}, procs int) bool {
	at := f.workers[w].at
	for n := lo; n < hi; n++ {
		at[l.id] = l.begin + n*l.step
		if ended(done) || !f.walkAlone(l.body, w, done, procs) {
			return false
		}
	}
	return true
}

// walkAlone runs a body on worker w, whose own items its loops stand at.
func (f *frame) walkAlone(body []part, w int, done <-chan struct{}, procs int) bool {
	k := &f.workers[w]
	for i := range body {
		p := &body[i]
		if p.loop != nil {
			if !f.positions(p.loop, w, 0, p.loop.positions.tasks, done, procs) {
				return false
			}
			continue
		}
		for j := range p.launches {
			if j%looks == looks-1 && ended(done) || !f.alone(w, &p.launches[j], k.at, done, procs) {
				return false
			}
		}
	}
	return true
}

// alone runs a launch on worker w.
func (f *frame) alone(w int, l *launch, at []int64, done <-chan struct{}, procs int) bool {
	args, lo := f.fill(&f.workers[w], l, at), l.begin(at)
	end := lo + l.tasks
	if l.nanos <= object.ShortNanos {
		if l.tasks > 0 {
			l.call(args, lo, end, procs)
		}
		return true
	}
	// To come back from a call that was long takes 20 to 30 µs: where nobody asks for its end, there is one.
	if done == nil && l.outside(args, lo, end, procs) {
		return true
	}
	for ; lo < end; lo += l.chunk {
		if ended(done) {
			return false
		}
		l.call(args, lo, min(lo+l.chunk, end), procs)
	}
	return true
}
