package runtime

import (
	"math"
	"slices"

	"github.com/einc-lang/einc/runtime/object"
)

// Code for open extents learns its counts from the dims array of a call. A frame of such a kernel has a body
// of its own, which every call fills in anew.

// entries are the entries of dims, counted from 1, that decide a launch; 0 stands for what is fixed.
type entries struct {
	tasks, scale int
	nanos        float64
}

// newEntries is what a launch takes from dims.
func newEntries(from *object.Launch) entries {
	return entries{tasks: from.TasksDim, scale: from.Scale, nanos: from.TaskNanos()}
}

// copyBody copies a body as far as calls change it.
func copyBody(body []part) []part {
	body = slices.Clone(body)
	for i := range body {
		p := &body[i]
		p.launches = slices.Clone(p.launches)
		if p.loop != nil {
			l := *p.loop
			l.body = copyBody(l.body)
			p.loop = &l
		}
	}
	return body
}

// settle fills in the body for the dims of a call.
func (f *frame) settle(body []part) {
	for i := range body {
		p := &body[i]
		for j := range p.launches {
			p.launches[j].settle(f.dims)
		}
		if p.loop == nil {
			continue
		}
		if p.loop.count > 0 {
			p.loop.positions.tasks = f.dims[p.loop.count-1]
		}
		f.settle(p.loop.body)
	}
}

func (l *launch) settle(dims []int64) {
	if l.open.tasks > 0 {
		l.tasks = dims[l.open.tasks-1]
	}
	if l.task = l.open.nanos; l.open.scale > 0 {
		l.task *= math.Max(float64(dims[l.open.scale-1]), 1)
	}
	l.time()
}

// reserve makes the arena large enough for a call.
func (f *frame) reserve(s *frameShape) error {
	if s.arenaDim == 0 {
		return nil
	}
	need := f.dims[s.arenaDim-1]
	if need <= f.room {
		return nil
	}
	b, err := newBlock(need)
	if err != nil {
		return err
	}
	f.arena.free()
	f.bytes += need - f.room
	f.arena, f.room = b, need
	f.bases[s.params+arenaBase] = b.base
	return nil
}
