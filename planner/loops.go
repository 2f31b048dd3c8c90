package planner

import (
	"math"
	"math/bits"
	"slices"

	"github.com/einc-lang/einc/planner/cost"
)

// How codegen/lower nests the loops of a product that is computed as it lies: over blocks of long sums, over free indices by the
// output's strides, over tiles of columns, of further rows and of rows, over terms by the inputs' strides, and over what a tile takes of
// each.

// What tiles and blocks take, as codegen/lower has it.
const (
	foldedRows = 4        // of sums whose vectors run along their terms
	foldedCols = 2        // the same, beside the rows
	sideRows   = 4        // of either input where vectors run along the batch
	copiedRows = 128      // the same, where their vectors are copied first
	joinedRows = 32       // and where several of large inputs are copied together
	copiedFrom = 16 << 10 // bytes of vectors that are
	sweptBytes = 16 << 10 // of a block of such sums, if they are more, and have so many terms
	sweptTerms = 16
	longTerms  = 1 << 17 // terms that are cut into blocks
	blockTerms = 1 << 15
	keptTerms  = 8    // of a sum that waits in memory for the next ones,
	waitRun    = 1536 // bytes of the largest input, at most, that tiles of such sums read in a row,
	mostServed = 24   // and rows that share what they read
	waitApart  = 12   // runs of terms of folded sums that lie apart, at least, for these to wait,
	waitRows   = 24   // the same where runs of a tile follow each other,
	waitOn     = 512  // and bytes that all runs before the next terms are more than
)

// tiling is the indices that a tile's vectors, rows and further rows run along, and its extents; none where it has no such rows.
type tiling struct {
	v, row, side            number
	columns, rows, furthers float64
	swept                   bool // columns are a block of sums that wait in memory
}

// loops tells the loops of a product with vectors along v, whose tiles, if they run along the output, are best so.
func (q *question) loops(w *cost.Work, v number, best fewest) {
	n := &q.nest
	n.Depth, n.Arrays, w.Nest = 0, 0, n
	t := q.tiling(w, v, best)
	n.Copied, n.Single = q.copied(&t), len(q.in) == 1
	terms := q.inOrder(n.Copied)
	own := q.sorted[:0] // the indices that tiles cut
	for _, i := range [...]number{t.v, t.row, t.side} {
		if i != none {
			own = q.inRun(own, i)
		}
	}
	q.sorted = own[:0]
	blocks := q.blocks(terms, own)
	for _, c := range blocks {
		q.loop(n, c.trips, c.of, c.items)
	}
	var outside []blocked
	next := none // the index that folded sums wait along
	if len(blocks) == 0 {
		outside, next = q.waiting(w, &t, terms)
	}
	for _, i := range q.byOutput(own) {
		if i != next {
			q.loop(n, float64(q.extent(i)), i, 1)
		}
	}
	for _, c := range outside {
		q.loop(n, c.trips, c.of, c.items)
	}
	if next != none && !slices.Contains(own, next) {
		q.loop(n, float64(q.extent(next)), next, 1)
	}
	along := func(i number, items float64) {
		if i != none {
			q.loop(n, math.Ceil(q.run(i)/items), i, items)
		}
	}
	switch {
	case w.Folds:
	case t.swept: // the last block has what is left
		q.loop(n, q.run(t.v)/t.columns, t.v, t.columns)
	default:
		along(t.v, t.columns)
	}
	along(t.side, t.furthers)
	along(t.row, t.rows)
	for _, i := range terms {
		extent := float64(q.extent(i))
		for _, c := range append(blocks, outside...) { // one of them is empty
			if c.of == i {
				extent = c.items
			}
		}
		if !slices.Contains(own, i) {
			q.loop(n, extent, i, 1)
		}
	}
	if w.Folds {
		along(t.v, t.columns)
	}
	within := func(i number, items float64) {
		if i != none {
			q.loop(n, min(items, q.run(i)), i, 1)
		}
	}
	within(t.side, t.furthers)
	within(t.row, t.rows)
	within(t.v, t.columns)
}

// loop adds a loop that moves so many items along an index each time.
func (q *question) loop(n *cost.Nest, trips float64, i number, items float64) {
	if trips <= 1 {
		return
	}
	if n.Depth == cost.MostLoops { // the two outermost become one
		n.Loops[1].Trips *= n.Loops[0].Trips
		copy(n.Loops[:], n.Loops[1:])
		n.Depth--
	}
	l := &n.Loops[n.Depth]
	n.Depth++
	l.Trips, l.Sums = trips, q.is(i, summed)
	n.Arrays = len(q.views)
	for k, r := range q.views {
		l.Moves[k] = math.Abs(q.moves(r, i)) * items
	}
}

// tiling is the tiles of a product with vectors along v.
func (q *question) tiling(w *cost.Work, v number, best fewest) tiling {
	t := tiling{v: v, row: none, side: none, columns: q.lanes, rows: 1, furthers: 1}
	switch {
	case w.Folds:
		t.row, t.rows = q.anyRow(none), foldedRows
		if t.row != none {
			t.side, t.furthers = q.anyRow(t.row), foldedCols
		}
	case q.served(v) > 0:
		t.row, t.side = q.ownIndex(v, &q.in[0], &q.in[1]), q.ownIndex(v, &q.in[1], &q.in[0])
		t.rows, t.furthers = sideRows, sideRows
		if q.copied(&t) {
			t.rows, t.furthers = copiedRows, copiedRows
			if q.in[0].bytes()+q.in[1].bytes() >= cost.Large {
				t.rows, t.furthers, t.columns = joinedRows, joinedRows, min(cost.CopiedVectors*q.lanes, q.run(v))
			}
		}
	default:
		q.columnTiling(&t, best, w.Turning > 0)
	}
	return t
}

// columnTiling is the tiles of vectors along an index of the output that moves one input: the best, unless they would have no rows.
func (q *question) columnTiling(t *tiling, best fewest, turning bool) {
	if t.row = best.row; t.row != none && (len(q.in) == 2 && q.in[0].has(t.row) && q.in[1].has(t.row) || slices.Contains(q.inRun(q.sorted[:0], t.v), t.row)) {
		t.row = none
	}
	if t.row != none {
		t.rows, t.columns = best.rows, best.columns
		return
	}
	vectors, most := math.Ceil(q.run(t.v)/q.lanes), float64(q.opts.Target.RunVectors(q.dtype))
	if turning {
		most = cost.TurnedColumns
	} else if vectors > most && q.sweeps() {
		most, t.swept = sweptBytes/float64(q.dtype.Accum().Size())/q.lanes, true
	}
	t.columns = min(vectors, most) * q.lanes
}

// sweeps reports whether the innermost terms are so many that sums of long rows wait in memory for them.
func (q *question) sweeps() bool {
	terms := q.inOrder(false)
	return len(terms) > 0 && q.extent(terms[len(terms)-1]) >= sweptTerms
}

// anyRow is the first index of the output that an input has not, beside another one that this input alone has; none if there is none.
func (q *question) anyRow(beside number) number {
	for _, i := range q.out.axes {
		if i == none || i == beside || q.extent(i) < 2 {
			continue
		}
		for k := range q.in {
			if r := &q.in[k]; !r.has(i) && (beside == none || r.has(beside)) {
				return i
			}
		}
	}
	return none
}

// ownIndex is the output's index with the longest run, but for v, that an input has and the other has not; none if there is none.
func (q *question) ownIndex(v number, r, other *laid) (best number) {
	best = none
	for _, i := range q.out.axes {
		if i != none && i != v && q.extent(i) > 1 && r.has(i) && !other.has(i) && (best == none || q.run(i) > q.run(best)) {
			best = i
		}
	}
	return best
}

// copied reports whether the vectors of inputs are copied side by side before tiles multiply them.
func (q *question) copied(t *tiling) bool {
	switch {
	case t.v == none || t.side == none || q.served(t.v) < cost.LeastServed:
		return false
	case q.in[0].unit != t.v || q.in[1].unit != t.v:
		return true
	}
	bytes := (q.run(t.row) + q.run(t.side)) * q.terms * q.lanes * float64(q.in[0].size)
	return q.run(t.v) > q.lanes && bytes >= copiedFrom
}

// inRun appends the indices that a run from v on goes over.
func (q *question) inRun(list []number, v number) []number {
	list = append(list, v)
	axes, reduced := q.out.axes, q.is(v, summed)
	if reduced {
		axes = nil
		if i := slices.IndexFunc(q.in, func(r laid) bool { return r.has(v) }); i >= 0 {
			axes = q.in[i].axes
		}
	}
	inner := v
	for a := slices.Index(axes, v) - 1; a >= 0; a-- {
		switch outer := axes[a]; {
		case q.extent(outer) == 1:
		case reduced && !q.is(outer, summed), !q.runsOn(outer, inner):
			return list
		default:
			list, inner = append(list, outer), outer
		}
	}
	return list
}

// byOutput lists the output's indices by its strides, those with the longest first, but for some.
func (q *question) byOutput(some []number) []number {
	list := q.ordered[:0]
	for _, i := range q.out.axes {
		if q.extent(i) == 1 || slices.Contains(some, i) || slices.Contains(list, i) {
			continue
		}
		list = append(list, i)
	}
	slices.SortStableFunc(list, func(i, j number) int { return q.out.stride(j) - q.out.stride(i) })
	q.ordered = list
	return list
}

// blocked is how an index is cut: so many blocks of items.
type blocked struct {
	of           number
	trips, items float64
}

// blocks are the loops over blocks of a long sum, whose terms are in order: of those that tiles do not cut.
func (q *question) blocks(terms, own []number) (list []blocked) {
	if q.terms <= longTerms {
		return nil
	}
	inside := 1.0
	for at := len(terms) - 1; at >= 0; at-- {
		extent := float64(q.extent(terms[at]))
		if slices.Contains(own, terms[at]) || inside*extent <= blockTerms {
			inside *= extent
			continue
		}
		size := float64(int64(1) << (bits.Len64(uint64(max(blockTerms/inside, 1))) - 1))
		list = append(list, blocked{terms[at], math.Ceil(extent / size), size})
		inside = blockTerms
	}
	slices.Reverse(list)
	return list
}
