package planner

import "github.com/einc-lang/einc/parser"

// SliceIndex asks for an index to be cut into pieces of Chunk items, so that what has the index is
// computed piece by piece and needs memory for one piece only. The last piece may be smaller.
type SliceIndex struct {
	Index parser.IndexID
	Chunk int
}

// SliceWay is how the loops over slices run. What serial ones take of memory is for one position, whatever the
// number of workers.
type SliceWay struct {
	Serial bool // one position after the other: workers share the steps, and no loop
	Lean   bool // positions are added to a sum as they come, without a temporary
	Copied bool // copies of what steps read and write against the grain are sliced, too; else there are none
}

// SliceLoop repeats the steps First…End-1, once for each of Count positions. At position p the steps
// work on items Begin+p·Chunk … Begin+(p+1)·Chunk-1 of Index; they name them by the index Piece, of
// extent Chunk, or by parser.NoIndex where Chunk is 1. An extent that Chunk does not divide takes a
// second loop of one position.
//
// Loops are nested properly; an outer one comes first. A temporary that is written and read inside a
// loop holds one position's values. Where the index is summed, the loop adds to what its last step's
// Old holds, in the order of the positions, so that the result does not depend on who runs what.
type SliceLoop struct {
	Index      parser.IndexID
	Piece      parser.IndexID
	First, End int
	Begin      int
	Chunk      int
	Count      int
	// Parallel says that no position reads what another one writes, and that the loop is in no other.
	// Its temporaries are private to the worker that runs a position.
	Parallel bool
}

// Window makes a buffer a part of another one: that which the loops around the step stand at. Along an
// axis in Moves it has the loop's Chunk of items, along others all of them; its strides are those of
// the whole.
type Window struct {
	Of    int
	Moves []WindowMove // by axis
}

// WindowMove shifts a window along an axis, by the position of one of Plan.Loops.
type WindowMove struct {
	Axis, Loop int
}

// whole is the buffer that b is, or is a window of.
func (p *Plan) whole(b int) int {
	if w := p.Buffers[b].Window; w != nil {
		return w.Of
	}
	return b
}

// loopTree is how the loops of a plan enclose each other and the steps.
type loopTree struct {
	loops  []SliceLoop
	parent []int // of each loop, or -1
	inner  []int // the innermost loop around each step, or -1; nil without loops
}

func (p *Plan) loopTree() loopTree {
	t := loopTree{loops: p.Loops}
	if len(p.Loops) == 0 {
		return t
	}
	t.inner = make([]int, len(p.Steps))
	for i := range t.inner {
		t.inner[i] = -1
	}
	for l := range p.Loops {
		t.parent = append(t.parent, t.inner[p.Loops[l].First])
		for i := p.Loops[l].First; i < p.Loops[l].End; i++ {
			t.inner[i] = l
		}
	}
	return t
}

// around is the innermost loop around a step, or -1.
func (t *loopTree) around(step int) int {
	if t.inner == nil {
		return -1
	}
	return t.inner[step]
}

// outermost is the outermost loop around a step for which f holds, or -1.
func (t *loopTree) outermost(step int, f func(l int) bool) int {
	found := -1
	for l := t.around(step); l >= 0; l = t.parent[l] {
		if f(l) {
			found = l
		}
	}
	return found
}

// private is the parallel loop around a step, or -1.
func (t *loopTree) private(step int) int {
	return t.outermost(step, func(l int) bool { return t.loops[l].Parallel })
}

// times is how often a step runs.
func (t *loopTree) times(step int) float64 {
	n := 1.0
	for l := t.around(step); l >= 0; l = t.parent[l] {
		n *= float64(t.loops[l].Count)
	}
	return n
}

// InParallel reports for each step whether a parallel loop is around it; nil if there is none.
func (p *Plan) InParallel() []bool {
	var in []bool
	for _, l := range p.Loops {
		for i := l.First; l.Parallel && i < l.End; i++ {
			if in == nil {
				in = make([]bool, len(p.Steps))
			}
			in[i] = true
		}
	}
	return in
}

// Sliced is what a plan's slices are as an Order has them: parts of indices. It counts the slices, too.
func (p *Plan) Sliced() (sliced []Slice, count float64) {
	count = 1
	for _, c := range p.Slices {
		parts := (p.Problem.Indices[c.Index].Extent-1)/c.Chunk + 1
		sliced = append(sliced, Slice{Index: int32(c.Index), Parts: int64(max(parts, 1))})
		count *= float64(max(parts, 1))
	}
	return sliced, count
}

// SlicesFor turns the slices of an Order of p's Product into those that Options take: parts become the
// smallest pieces of which there are no more.
func SlicesFor(p *parser.Problem, sliced []Slice) []SliceIndex {
	var cuts []SliceIndex
	for _, s := range sliced {
		if n := int64(p.Indices[s.Index].Extent); s.Parts > 1 && n > 1 {
			cuts = append(cuts, SliceIndex{Index: parser.IndexID(s.Index), Chunk: int((n-1)/s.Parts + 1)})
		}
	}
	return cuts
}
