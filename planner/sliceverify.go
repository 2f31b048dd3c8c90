package planner

import (
	"fmt"

	"github.com/einc-lang/einc/parser"
)

// verifyLoops checks that loops are nested, that their pieces fit their indices, and the windows.
func (p *Plan) verifyLoops() error {
	for l := range p.Loops {
		if err := p.verifyLoop(l); err != nil {
			return fmt.Errorf("loop %d: %w", l, err)
		}
	}
	for i := range p.Buffers {
		if p.Buffers[i].Window == nil {
			continue
		}
		if err := p.verifyWindow(i); err != nil {
			return fmt.Errorf("buffer %d: %w", i, err)
		}
	}
	if len(p.Loops) == 0 {
		return nil
	}
	t := p.loopTree()
	for i := range p.Steps {
		var err error
		s := &p.Steps[i]
		check := func(b int) {
			if e := p.verifyReach(&t, i, b); e != nil && err == nil {
				err = e
			}
		}
		s.uses(check)
		if check(s.Out.Buffer); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
	}
	return nil
}

func (p *Plan) verifyLoop(l int) error {
	o := &p.Loops[l]
	if o.First < 0 || o.End <= o.First || o.End > len(p.Steps) || o.Begin < 0 || o.Chunk < 1 || o.Count < 1 {
		return fmt.Errorf("steps %d to %d for %d pieces of %d items from %d on", o.First, o.End, o.Count, o.Chunk, o.Begin)
	}
	known := func(i parser.IndexID) bool { return i >= 0 && int(i) < len(p.Problem.Indices) }
	if !known(o.Index) || o.Count > (p.Problem.Indices[o.Index].Extent-o.Begin)/o.Chunk {
		return fmt.Errorf("its pieces are beyond the extent of index %d", o.Index)
	}
	if (o.Piece == parser.NoIndex) != (o.Chunk == 1) || o.Piece != parser.NoIndex && (!known(o.Piece) || p.Problem.Indices[o.Piece].Extent != o.Chunk) {
		return fmt.Errorf("index %d does not stand for pieces of %d items", o.Piece, o.Chunk)
	}
	for k := range l {
		if q := &p.Loops[k]; o.First < q.End && (o.First < q.First || o.End > q.End || o.Parallel) {
			return fmt.Errorf("it is not properly inside loop %d", k)
		}
	}
	return nil
}

func (p *Plan) verifyWindow(i int) error {
	b := &p.Buffers[i]
	if b.Window.Of < 0 || b.Window.Of >= len(p.Buffers) {
		return fmt.Errorf("a window of buffer %d, which is not there", b.Window.Of)
	}
	of := &p.Buffers[b.Window.Of]
	if of.Window != nil || of.Kind != b.Kind || len(of.Shape) != len(b.Shape) || of.DType != b.DType {
		return fmt.Errorf("a window of another kind of buffer")
	}
	moved := make([]bool, len(b.Shape))
	for _, m := range b.Window.Moves {
		if m.Axis < 0 || m.Axis >= len(moved) || moved[m.Axis] || m.Loop < 0 || m.Loop >= len(p.Loops) {
			return fmt.Errorf("axis %d moves with loop %d", m.Axis, m.Loop)
		}
		l := &p.Loops[m.Loop]
		if moved[m.Axis] = true; b.Shape[m.Axis] != l.Chunk || l.Begin+l.Chunk*l.Count > of.Shape[m.Axis] {
			return fmt.Errorf("axis %d of extent %d does not fit loop %d", m.Axis, b.Shape[m.Axis], m.Loop)
		}
	}
	for a, n := range b.Shape {
		if !moved[a] && n != of.Shape[a] {
			return fmt.Errorf("axis %d has extent %d of %d and does not move", a, n, of.Shape[a])
		}
	}
	return nil
}

// verifyReach checks that a step sees a buffer only where it stands still or moves with the step, and
// that no worker sees another one's private temporaries.
func (p *Plan) verifyReach(t *loopTree, step, b int) error {
	if b < 0 || b >= len(p.Buffers) {
		return fmt.Errorf("no buffer %d", b)
	}
	if w := p.Buffers[b].Window; w != nil {
		for _, m := range w.Moves {
			if l := &t.loops[m.Loop]; step < l.First || step >= l.End {
				return fmt.Errorf("buffer %d moves with loop %d, which is not around it", b, m.Loop)
			}
		}
	}
	if o := &p.Buffers[p.whole(b)]; o.Private && (o.First < 0 || t.private(step) != t.private(o.First)) {
		return fmt.Errorf("buffer %d is private to another loop", b)
	}
	return nil
}

// writesMore reports whether a step may write a buffer that was written: to add to it, or to write
// another piece of it.
func (p *Plan) writesMore(s *Step) bool {
	out := s.Out.Buffer
	return p.Buffers[out].Window != nil || s.Old >= 0 && s.Old == out
}
