package planner

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
)

// Verify checks all that the package comment promises of a plan, and that its lifetimes, offsets and
// peak are right. Plans of Search pass: tests of this and other packages hold theirs against it.
func (p *Plan) Verify() error {
	if err := p.verifyLoops(); err != nil {
		return err
	}
	written := make([]bool, len(p.Buffers))
	for i := range p.Buffers {
		b := &p.Buffers[i]
		if b.Kind == Operand {
			written[i] = true
			if b.Operand < 0 || b.Operand >= p.Problem.Operands {
				return fmt.Errorf("buffer %d: no operand %d", i, b.Operand)
			}
		}
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		if err := p.verifyStep(s, written); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
		written[p.whole(s.Out.Buffer)] = true
	}
	for i := range p.Buffers {
		if !written[p.whole(i)] {
			return fmt.Errorf("buffer %d is never written", i)
		}
	}
	if err := p.verifyLifetimes(); err != nil {
		return err
	}
	return p.verifyArena()
}

func (p *Plan) verifyStep(s *Step, written []bool) error {
	refs := append([]Ref{s.Out}, s.Inputs...)
	for _, r := range append(refs, s.Extra...) {
		if err := p.verifyRef(r); err != nil {
			return err
		}
	}
	var unwritten error
	s.uses(func(b int) {
		if b >= len(written) || !written[p.whole(b)] {
			unwritten = fmt.Errorf("buffer %d is read before it is written", b)
		}
	})
	switch {
	case unwritten != nil:
		return unwritten
	case written[p.whole(s.Out.Buffer)] && !p.writesMore(s):
		return fmt.Errorf("buffer %d is written twice", s.Out.Buffer)
	case s.Old >= 0 && !slices.Equal(p.Buffers[s.Old].Shape, p.Buffers[s.Out.Buffer].Shape):
		return fmt.Errorf("the old value has another shape than the output")
	case len(s.K) == 0 && len(s.Epilogue) > 0:
		return fmt.Errorf("an epilogue without a reduction")
	case len(s.Body) == 0:
		return fmt.Errorf("no body")
	}
	if err := p.verifyClass(s); err != nil {
		return err
	}
	if err := p.verifyScalar(s.Body, s.Inputs, -1, tensor.Invalid); err != nil {
		return fmt.Errorf("body: %w", err)
	}
	if err := p.verifyScalar(s.Epilogue, s.Extra, 0, s.Body[len(s.Body)-1].DType); err != nil {
		return fmt.Errorf("epilogue: %w", err)
	}
	return nil
}

// verifyRef checks that a view's indices have the extents of the buffer's axes.
func (p *Plan) verifyRef(r Ref) error {
	if r.Buffer < 0 || r.Buffer >= len(p.Buffers) {
		return fmt.Errorf("no buffer %d", r.Buffer)
	}
	shape := p.Buffers[r.Buffer].Shape
	if len(shape) != len(r.Axes) {
		return fmt.Errorf("buffer %d has %d axes, its view %d", r.Buffer, len(shape), len(r.Axes))
	}
	for a, i := range r.Axes {
		extent := 1
		if i != parser.NoIndex {
			if i < 0 || int(i) >= len(p.Problem.Indices) {
				return fmt.Errorf("no index %d", i)
			}
			extent = p.Problem.Indices[i].Extent
		}
		if shape[a] != extent {
			return fmt.Errorf("axis %d of buffer %d has extent %d, its index %d", a, r.Buffer, shape[a], extent)
		}
	}
	return nil
}

// verifyClass checks that every index is in the one list it belongs to.
func (p *Plan) verifyClass(s *Step) error {
	var core [2][]parser.IndexID
	for c, i := range s.Core {
		if i >= len(s.Inputs) {
			return fmt.Errorf("core operand %d of %d inputs", i, len(s.Inputs))
		}
		if i >= 0 {
			core[c] = s.Inputs[i].Axes
		}
	}
	free, reduced := slices.Concat(s.B, s.M, s.N), slices.Clone(s.K)
	all := slices.Concat(free, reduced)
	slices.Sort(all)
	if len(slices.Compact(slices.Clone(all))) != len(all) {
		return fmt.Errorf("an index has two classes")
	}
	slices.Sort(free)
	if out := legsOf([]Ref{s.Out}); !slices.Equal(free, out) {
		return fmt.Errorf("the free indices %v are not those of the output, %v", free, out)
	}
	for _, i := range legsOf(s.Inputs) {
		if !contains(all, i) {
			return fmt.Errorf("index %d has no class", i)
		}
	}
	for _, i := range legsOf(s.Extra) {
		if !contains(free, i) {
			return fmt.Errorf("the epilogue reads index %d, which the output does not have", i)
		}
	}
	for _, i := range free {
		left, right := slices.Contains(core[0], i), slices.Contains(core[1], i)
		if slices.Contains(s.M, i) != (left && !right) || slices.Contains(s.N, i) != (right && !left) {
			return fmt.Errorf("index %d is in the wrong class", i)
		}
	}
	return nil
}

// verifyScalar checks an expression over refs; input core, of type t, is the reduced value.
func (p *Plan) verifyScalar(e parser.Expr, refs []Ref, core int, t tensor.DType) error {
	for id := range e {
		n := &e[id]
		for _, a := range n.Args {
			if int(a) >= id || a < 0 {
				return fmt.Errorf("node %d comes before its argument %d", id, a)
			}
		}
		switch n.Kind {
		case parser.NodeInput:
			want := t
			if n.Input != core {
				r := n.Input - core - 1
				if r < 0 || r >= len(refs) {
					return fmt.Errorf("node %d: no input %d", id, n.Input)
				}
				want = p.Buffers[refs[r].Buffer].DType
			}
			if n.DType != want {
				return fmt.Errorf("node %d: input %d is %s, not %s", id, n.Input, want, n.DType)
			}
		case parser.NodeConst, parser.NodeApply:
			if n.DType != n.DType.Accum() {
				return fmt.Errorf("node %d computes in %s", id, n.DType)
			}
		default:
			return fmt.Errorf("node %d is of a kind that steps do not have", id)
		}
	}
	return nil
}

func (p *Plan) verifyLifetimes() error {
	again := Plan{Steps: p.Steps, Buffers: slices.Clone(p.Buffers), Loops: p.Loops}
	again.lifetimes()
	for i := range p.Buffers {
		if a, b := &p.Buffers[i], &again.Buffers[i]; a.First != b.First || a.Last != b.Last || a.Private != b.Private {
			return fmt.Errorf("buffer %d is live from %d to %d, not %d to %d", i, b.First, b.Last, a.First, a.Last)
		}
	}
	return nil
}

// verifyArena checks that temporaries that are live at once do not overlap, and the totals.
func (p *Plan) verifyArena() error {
	var ends [2]int64
	for side, size := range [2]int64{p.Arena, p.Private} {
		temps := p.temporaries(side == 1)
		for _, i := range temps {
			b := &p.Buffers[i]
			if b.Offset%align != 0 || b.Offset < 0 || b.Offset+b.Bytes > size {
				return fmt.Errorf("buffer %d lies at %d, %d bytes, in an arena of %d", i, b.Offset, b.Bytes, size)
			}
			ends[side] = max(ends[side], roundUp(b.Offset+b.Bytes))
		}
		if err := p.verifyApart(temps); err != nil {
			return err
		}
	}
	if ends[0] != p.Arena || ends[1] != p.Private || p.Peak != p.Arena+p.workspace() {
		return fmt.Errorf("arena %d, private %d and peak %d, which should be %d, %d and %d", p.Arena, p.Private, p.Peak, ends[0], ends[1], ends[0]+p.workspace())
	}
	return nil
}

// temporaries lists those in the arena, or the private ones, in the order in which they are written.
func (p *Plan) temporaries(private bool) []int {
	count, of := 0, func(b *Buffer) bool { return b.Kind == Temp && b.Window == nil && b.Private == private }
	for i := range p.Buffers {
		if of(&p.Buffers[i]) {
			count++
		}
	}
	if count == 0 {
		return nil
	}
	temps := make([]int, 0, count)
	for i := range p.Buffers {
		if of(&p.Buffers[i]) {
			temps = append(temps, i)
		}
	}
	slices.SortStableFunc(temps, func(a, b int) int { return cmp.Compare(p.Buffers[a].First, p.Buffers[b].First) })
	return temps
}

// verifyApart checks that temporaries, in the order in which they are written, do not overlap while
// they live.
func (p *Plan) verifyApart(temps []int) error {
	var live []int
	for _, i := range temps {
		b := &p.Buffers[i]
		live = slices.DeleteFunc(live, func(o int) bool { return p.Buffers[o].Last < b.First })
		for _, o := range live {
			if other := &p.Buffers[o]; b.Offset < other.Offset+other.Bytes && other.Offset < b.Offset+b.Bytes {
				return fmt.Errorf("buffers %d and %d are live at once and overlap", o, i)
			}
		}
		live = append(live, i)
	}
	return nil
}
