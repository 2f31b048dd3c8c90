package planner

import (
	"errors"
	"fmt"
	"slices"

	"github.com/einc-lang/einc/internal/fault"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
)

// slicing makes a sliced plan of one that is not.
type slicing struct {
	*draft           // of the new plan
	from    *Plan    // the old one
	depend  SliceWay // what of the way makes a difference
	all     []component
	member  [][]int  // of each step: the components that it is in, outermost first
	items   [][]item // of each component's loop, and last of what is outside all of them
	open    []piece  // of each component whose loop is being written
	into    []int    // of each step, as in sliceable
	buffer  []int    // of each old buffer: the new one
	windows map[string]int
	pieces  map[SliceIndex]parser.IndexID
	path    []int // open loops of the new plan
	sums    map[int]*sum
	now     int   // the old step that is being written
	source  []int // of each new step: the old one that it is for
}

// item is a step, or the loop of a component.
type item struct {
	step, loop int // loop is -1 for a step
}

// piece is what an open loop makes of its index.
type piece struct {
	id   parser.IndexID
	loop int // of the new plan
}

// sum is the result of a component's top while its pieces are added up.
type sum struct {
	out   Ref  // what they are added to
	apart bool // out is not the step's own output: a last step finishes it
}

// mostSteps bounds what remainders may make of a plan: that many times its steps, and a few more.
const mostSteps = 4

// errSteps is the error of slices that would multiply a plan's steps.
var errSteps = errors.New("einc: too many of the slices have a smaller last piece: use chunks that divide the extents")

// slice makes a plan that runs from's steps piece by piece. Slices of indices that no two steps share
// change nothing.
func (d *draft) slice(from *Plan, cuts []SliceIndex, way SliceWay) (*Plan, error) {
	s, err := d.slicing(from, cuts, way)
	if err != nil {
		return nil, err
	}
	return s.plan, nil
}

func (d *draft) slicing(from *Plan, cuts []SliceIndex, way SliceWay) (*slicing, error) {
	if len(from.Loops) > 0 {
		return nil, fault.Errorf("a plan in slices is to be sliced again")
	}
	p := *from.Problem
	p.Indices = slices.Clone(p.Indices)
	s := &slicing{from: from, windows: map[string]int{}, pieces: map[SliceIndex]parser.IndexID{}, sums: map[int]*sum{}}
	s.draft = &draft{ctx: d.ctx, p: &p, opts: d.opts,
		plan: &Plan{Problem: &p, Workers: from.Workers, Method: from.Method, Copied: from.Copied, Slices: cuts, Way: way, uncut: from}}
	if err := s.find(cuts); err != nil {
		return nil, err
	}
	s.declareBuffers()
	if err := s.body(len(s.all)); err != nil {
		return nil, err
	}
	if err := s.place(); err != nil {
		return nil, err
	}
	s.plan.Cost.Naive = from.Cost.Naive
	return s, nil
}

// find takes the components of the cuts and nests their loops.
func (s *slicing) find(cuts []SliceIndex) error {
	a := newSliceable(s.from)
	s.into = a.into
	s.member = make([][]int, len(s.from.Steps))
	for rank, c := range cuts {
		if c.Index < 0 || int(c.Index) >= len(s.p.Indices) || c.Chunk < 1 {
			return fmt.Errorf("einc: no index %d to cut into pieces of %d", c.Index, c.Chunk)
		}
		if slices.ContainsFunc(cuts[:rank], func(o SliceIndex) bool { return o.Index == c.Index }) {
			return fmt.Errorf("einc: index %d is to be cut twice", c.Index)
		}
		if c.Chunk >= s.extent(c.Index) {
			continue
		}
		for _, m := range a.components(c.Index) {
			m.chunk, m.rank = c.Chunk, rank
			for _, i := range m.steps {
				s.member[i] = append(s.member[i], len(s.all))
			}
			s.all = append(s.all, m)
		}
	}
	for i := range s.member {
		slices.SortFunc(s.member[i], func(x, y int) int {
			switch {
			case outer(&s.all[x], &s.all[y]):
				return -1
			case outer(&s.all[y], &s.all[x]):
				return 1
			}
			return 0
		})
	}
	s.nestLoops()
	return nil
}

// nestLoops puts steps and loops into the loops around them: a loop goes where its top was.
func (s *slicing) nestLoops() {
	s.open = slices.Repeat([]piece{{loop: -1}}, len(s.all))
	s.items = make([][]item, len(s.all)+1)
	place := func(loop int) int {
		if loop < 0 {
			return len(s.all)
		}
		return loop
	}
	for c := range s.all {
		for _, m := range s.member[s.all[c].top] {
			if m == c {
				break
			}
			s.all[c].parent = m
		}
	}
	for i, in := range s.member {
		at := -1
		if len(in) > 0 {
			at = in[len(in)-1]
		}
		s.items[place(at)] = append(s.items[place(at)], item{i, -1})
		for k := len(in) - 1; k >= 0; k-- {
			if c := &s.all[in[k]]; c.top == i {
				s.items[place(c.parent)] = append(s.items[place(c.parent)], item{i, in[k]})
			}
		}
	}
}

// declareBuffers makes what exists as a whole: operands, the output and what several steps read.
func (s *slicing) declareBuffers() {
	s.buffer = make([]int, len(s.from.Buffers))
	inner := make([]bool, len(s.from.Buffers))
	for i := range s.from.Steps {
		inner[s.from.Steps[i].Out.Buffer] = s.into[i] >= 0
	}
	for b := range s.from.Buffers {
		if s.buffer[b] = -1; !inner[b] {
			s.buffer[b] = len(s.plan.Buffers)
			o := s.from.Buffers[b]
			o.Offset = 0
			s.plan.Buffers = append(s.plan.Buffers, o)
		}
	}
}

// body writes the items of a loop.
func (s *slicing) body(loop int) error {
	for _, it := range s.items[loop] {
		var err error
		if it.loop >= 0 {
			err = s.loop(it.loop)
		} else {
			err = s.step(it.step)
		}
		if err != nil {
			return err
		}
		if len(s.plan.Steps) > mostSteps*len(s.from.Steps)+64 {
			return errSteps
		}
	}
	return s.spend(16)
}

// loop writes a component: the loop over its whole pieces and the one over the rest, and around the
// outermost of those that sum in the same step what begins and what ends the sum.
func (s *slicing) loop(c int) error {
	m := &s.all[c]
	begins := m.sum && (m.parent < 0 || s.all[m.parent].top != m.top || !s.all[m.parent].sum)
	if begins {
		if err := s.beginSum(m.top); err != nil {
			return err
		}
	}
	extent := s.extent(m.index)
	if n := extent / m.chunk; n > 0 {
		if err := s.section(c, 0, m.chunk, n); err != nil {
			return err
		}
	}
	if rest := extent % m.chunk; rest > 0 {
		if err := s.section(c, extent-rest, rest, 1); err != nil {
			return err
		}
	}
	if begins {
		return s.endSum(m.top)
	}
	return nil
}

// section writes one loop of a component.
func (s *slicing) section(c, begin, chunk, count int) error {
	m, l := &s.all[c], len(s.plan.Loops)
	s.open[c] = piece{id: s.pieceOf(m.index, chunk), loop: l}
	s.plan.Loops = append(s.plan.Loops, SliceLoop{Index: m.index, Piece: s.open[c].id, First: len(s.plan.Steps),
		Begin: begin, Chunk: chunk, Count: count, Parallel: s.shares(m, count)})
	s.path = append(s.path, l)
	if err := s.body(c); err != nil {
		return err
	}
	s.path, s.open[c].loop = s.path[:len(s.path)-1], -1
	s.plan.Loops[l].End = len(s.plan.Steps)
	return nil
}

// shares reports whether workers share the loop of a component, as its positions write disjoint pieces.
func (s *slicing) shares(m *component, count int) bool {
	if len(s.path) > 0 || m.sum || count < 2 || s.opts.Target.Workers < 2 {
		return false
	}
	s.depend.Serial = true
	return !s.plan.Way.Serial
}

// pieceOf is the index that stands for pieces of another one.
func (s *slicing) pieceOf(id parser.IndexID, chunk int) parser.IndexID {
	if chunk == 1 {
		return parser.NoIndex
	}
	key := SliceIndex{id, chunk}
	if known, ok := s.pieces[key]; ok {
		return known
	}
	s.p.Indices = append(s.p.Indices, parser.Index{Name: s.p.Indices[id].Name, Extent: chunk})
	s.pieces[key] = parser.IndexID(len(s.p.Indices) - 1)
	return s.pieces[key]
}

// of is what a step calls an index, and the loop that moves it, or -1.
func (s *slicing) of(step int, id parser.IndexID) (parser.IndexID, int) {
	for _, c := range s.member[step] {
		if m := &s.all[c]; m.index == id && s.open[c].loop >= 0 {
			return s.open[c].id, s.open[c].loop
		}
	}
	return id, -1
}

// names maps axes, or a class.
func (s *slicing) names(step int, ids []parser.IndexID) []parser.IndexID {
	out := make([]parser.IndexID, len(ids))
	for i, id := range ids {
		out[i], _ = s.of(step, id)
	}
	return out
}

func (s *slicing) class(step int, ids []parser.IndexID) []parser.IndexID {
	return slices.DeleteFunc(s.names(step, ids), func(i parser.IndexID) bool { return i == parser.NoIndex })
}

// ref maps what a step reads, or writes if it exists as a whole.
func (s *slicing) ref(step int, r Ref) Ref {
	return Ref{Buffer: s.window(step, r), Axes: s.names(step, r.Axes)}
}

// refs maps a list.
func (s *slicing) refs(step int, rs []Ref) []Ref {
	if rs == nil {
		return nil
	}
	out := make([]Ref, len(rs))
	for i, r := range rs {
		out[i] = s.ref(step, r)
	}
	return out
}

// window is the part of a buffer that the open loops stand at.
func (s *slicing) window(step int, r Ref) int {
	whole := s.buffer[r.Buffer]
	b := &s.plan.Buffers[whole]
	if s.inner(r.Buffer) {
		return whole // it holds a piece already
	}
	w := Window{Of: whole}
	shape := slices.Clone(b.Shape)
	key := fmt.Appendf(nil, "%d", whole)
	for a, id := range r.Axes {
		if n, l := s.of(step, id); l >= 0 {
			w.Moves = append(w.Moves, WindowMove{Axis: a, Loop: l})
			shape[a] = s.extent(n)
			key = fmt.Appendf(key, " %d:%d", a, l)
		}
	}
	if len(w.Moves) == 0 {
		return whole
	}
	if known, ok := s.windows[string(key)]; ok {
		return known
	}
	n := *b
	n.Window, n.Shape, n.Layout = &w, shape, part(n.Layout, b.Shape, shape)
	n.Bytes, _ = byteSize(n.DType, shape)
	s.plan.Buffers = append(s.plan.Buffers, n)
	s.windows[string(key)] = len(s.plan.Buffers) - 1
	return len(s.plan.Buffers) - 1
}

// inner reports whether an old buffer exists piece by piece only.
func (s *slicing) inner(b int) bool {
	o := &s.from.Buffers[b]
	return o.Kind == Temp && o.First >= 0 && s.into[o.First] >= 0
}

// part is the layout of a window.
func part(l parser.Layout, whole, shape []int) parser.Layout {
	if l.Strides == nil {
		l = rowMajor(whole)
	}
	n := parser.Layout{Strides: l.Strides, UnitAxis: -1, Fuses: slices.Clone(l.Fuses)}
	for a, e := range shape {
		if e > 1 && l.Strides[a] == 1 {
			n.UnitAxis = a
		}
		n.Broadcast = n.Broadcast || e > 1 && l.Strides[a] == 0
		if a > 0 && a-1 < len(n.Fuses) {
			n.Fuses[a-1] = l.Strides[a-1] == e*l.Strides[a]
		}
	}
	return n
}

// output is where a step writes: a new temporary, if only one step reads it.
func (s *slicing) output(step int) Ref {
	o := s.from.Steps[step].Out
	if !s.inner(o.Buffer) {
		return s.ref(step, o)
	}
	r := s.fresh(step, s.from.Buffers[o.Buffer].DType, o.Axes)
	s.buffer[o.Buffer] = r.Buffer
	s.plan.Buffers[r.Buffer].Name = s.from.Buffers[o.Buffer].Name
	return r
}

// fresh makes a temporary for a piece.
func (s *slicing) fresh(step int, t tensor.DType, axes []parser.IndexID) Ref {
	return s.temp(t, s.names(step, axes))
}

// step writes a step for the pieces that the open loops stand at.
func (s *slicing) step(i int) error {
	s.now = i
	if acc := s.sums[i]; acc != nil {
		return s.addPiece(i, acc)
	}
	n, err := s.copyStep(i)
	if err != nil {
		return err
	}
	n.Out = s.output(i)
	s.add(n)
	return nil
}

// copyStep maps all of a step but its output.
func (s *slicing) copyStep(i int) (Step, error) {
	n := s.from.Steps[i]
	n.Inputs, n.Extra = s.refs(i, n.Inputs), s.refs(i, n.Extra)
	if n.Old >= 0 {
		n.Old = s.window(i, Ref{Buffer: n.Old, Axes: n.Out.Axes})
	}
	n.B, n.M, n.N, n.K = s.class(i, n.B), s.class(i, n.M), s.class(i, n.N), s.class(i, n.K)
	return n, s.spend(1)
}

// add appends a step.
func (s *slicing) add(n Step) {
	n.Slice = nil
	for _, l := range s.path {
		n.Slice = append(n.Slice, s.plan.Loops[l].Index)
	}
	copies := n.Flops == 0
	if s.estimate(&n); copies {
		n.Flops = 0
	}
	s.plan.Steps = append(s.plan.Steps, n)
	s.source = append(s.source, s.now)
}
