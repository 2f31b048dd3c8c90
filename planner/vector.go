package planner

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/einc-lang/einc/planner/cost"
)

// vectors tells how the direct strategy's vectors run: how far, and what they fetch element by element.
func (q *question) vectors(w *cost.Work) {
	v, row := q.turning()
	rows := q.repeated()
	q.stretch()
	switch {
	case q.stretches():
		v = q.out.unit
	case rows > 1:
		v, row = q.out.unit, none
	case row == none:
		v = q.along()
	}
	w.Run = 1
	if v != none {
		w.Run = q.run(v) * rows
	}
	for k := range q.in {
		switch r := &q.in[k]; {
		case v == none:
			w.Fetches, w.FetchedBytes = w.Fetches+1, w.FetchedBytes+r.bytes()
		case r.unit == v:
		case !r.has(v):
			if q.is(r.unit, ofBatch) && !q.stretches() {
				w.Lone += r.covered
				w.LoneLines += r.covered / float64(q.ext[r.unit])
			}
		case row != none && r.unit == row:
			w.Turns++
		default:
			q.oneByOne(w, r, v, rows)
		}
	}
	if w.Folds = q.is(v, summed); v != none && len(q.k) > 0 && (len(q.in) == 1 || w.Product && (len(q.in) == 2 || w.Factors > 0)) {
		q.view()
		var t fewest
		if !w.Folds {
			t = q.tiles(w, v)
		}
		q.loops(w, v, t)
	}
	if w.Factors > 0 && w.Inner > 1 {
		q.view()
		q.views = q.views[:3] // what is fetched of factors is counted with their elements
		q.factored(w)
	}
	w.AlongBatch = q.is(v, ofBatch)
	if c := q.s.Core[0]; c >= 0 {
		w.Jumps = q.jumps(&q.in[c])
	}
	w.Scattered = v != none && q.out.unit != v && q.out.has(v) && q.across(v) == 0
	for k := range q.extra {
		if r := &q.extra[k]; r.has(q.out.unit) && r.unit != q.out.unit {
			w.GathersBeside++
		}
	}
}

// view lists the views that loops are said to move along: those of the core, the output's, and those of the largest factors.
func (q *question) view() {
	if len(q.in) == 1 {
		q.still.walks = resized(q.still.walks, len(q.ext))
		q.views = append(q.views[:0], &q.in[0], &q.still, &q.out)
		return
	}
	q.views = append(q.views[:0], q.core(0), q.core(1), &q.out)
	if len(q.in) == 2 {
		return
	}
	for k := range q.in {
		if !q.inCore(k) {
			q.views = append(q.views, &q.in[k])
		}
	}
	slices.SortStableFunc(q.views[3:], func(a, b *laid) int { return cmp.Compare(b.covered, a.covered) })
	q.views = q.views[:min(len(q.views), cost.MostArrays)]
}

// oneByOne counts what vectors along v fetch of an input element by element, for so many rows at once.
func (q *question) oneByOne(w *cost.Work, r *laid, v number, rows float64) {
	if rows == 1 && q.turnsTerms(r, v) {
		w.Turning += 1 / q.sharing(r, v)
		return
	}
	switch near := q.usesUp(r, v); near {
	case none:
		w.Fetches += 1 / q.sharing(r, v) / rows
		w.FetchedBytes += r.bytes()
	case v:
		w.Nearby += 1 / q.sharing(r, v)
	default:
		w.Nearby += 1 / q.sharing(r, v)
		w.NearbyLines += q.linesUntil(near, v)
	}
}

// turning is the output's unit-stride index v, and the row of tiles that turn inputs around: where nothing is reduced, the
// unit-stride index of the first input that has v at another stride. It is none where there is none, or where it does not
// fill vectors; v may be short.
func (q *question) turning() (v, row number) {
	v = q.out.unit
	long := func(i number) bool { return i != none && q.run(i) >= math.Floor(q.lanes/2) }
	if len(q.k) > 0 || q.lanes < 2 || v == none {
		return v, none
	}
	if n := int(q.run(v)); !long(v) && (n < 2 || n&(n-1) > 0 && !q.masks()) {
		return v, none
	}
	for k := range q.in {
		r := &q.in[k]
		u := r.unit
		if u == v || u == none || !r.has(v) {
			continue
		}
		if !long(u) {
			u = none
		}
		return v, u
	}
	return v, none
}

// repeated is how many rows of the output, one after the other, take the same rows of some inputs, where vectors run on from
// row to row, as rows are no whole vectors, or lie across in such an input. It is 1 where vectors end with rows.
func (q *question) repeated() float64 {
	v, s := q.out.unit, q.s
	if len(s.K) > 0 || v == none || q.lanes < 2 || s.Old >= 0 {
		return 1
	}
	n, first, outer := q.runOf(v)
	if outer == none || !q.composed(q.extra, outer, first) {
		return 1
	}
	row, rows, lanes, some := int(n), int(q.run(outer)), int(q.lanes), false
	for k := range q.in {
		switch r := &q.in[k]; {
		case q.compose(r, outer, first) && (r.unit == v || !r.has(v)):
		case r.has(outer):
			return 1
		case r.unit != v && rows < cost.LeastRepeats:
			return 1
		default:
			some = some || row%lanes > 0 || r.unit != v
		}
	}
	period := row * (lanes / min(row&-row, lanes)) // vectors hold a power of two
	if !some || period > cost.MostRepeats*lanes || row*rows < period || !q.masks() && row*rows%lanes > 0 {
		return 1
	}
	return float64(rows)
}

// along is the index that vectors run along: the one with the fewest operations an item; none where elements one by
// one are as good.
func (q *question) along() number {
	if q.out.unit != none && float64(q.extent(q.out.unit)) >= q.lanes && !q.crossed(q.out.unit) {
		return q.out.unit // which nothing beats
	}
	best, least := none, q.ops+float64(len(q.in))+1/q.terms
	for _, axes := range [2][]number{q.out.axes, q.k} {
		for _, v := range slices.Backward(axes) {
			if q.extent(v) < 2 {
				continue
			}
			if c := q.itemCost(v); c < least {
				best, least = v, c
			}
		}
	}
	return best
}

// crossed reports whether an input has an index at another stride than 1.
func (q *question) crossed(v number) bool {
	for k := range q.in {
		r := &q.in[k]
		if r.unit != v && r.has(v) {
			return true
		}
	}
	return false
}

// itemCost counts the vector operations of an item with vectors along v: loads, gathers, a multiply-add, and a
// share of the store or, along a reduced index, of the fold.
func (q *question) itemCost(v number) float64 {
	reduced, lanes := q.is(v, summed), q.lanes
	n := q.run(v)
	share := math.Ceil(n/lanes) / n
	if !q.masks() {
		if n < lanes && n > 0 {
			lanes = float64(int(1) << (bits.Len(uint(n)) - 1)) // a power of two
		}
		vectors := math.Floor(n / lanes)
		share = (vectors + n - vectors*lanes) / n
	}
	access := func(unit number, r *laid) float64 {
		switch {
		case unit == v:
			return share
		case r.has(v):
			return cost.Gather
		}
		return share / 2
	}
	c := share * q.ops
	served := q.served(v)
	for k := range q.in {
		r := &q.in[k]
		fetch := access(r.unit, r)
		switch {
		case r.unit == v:
			fetch = cost.Load(share, served)
		case fetch != cost.Gather:
		case !reduced && q.turnsTerms(r, v):
			fetch = cost.Turned(share, q.rowsBeside(r, v))
		default:
			fetch = cost.Fetch(share, served, q.rowsBeside(r, v))
		}
		c += fetch
	}
	out := 0.0
	if reduced {
		out = cost.Fold(int64(min(lanes, n)))
	} else {
		out = access(q.out.unit, &q.out)
	}
	if out == cost.Gather {
		out = cost.Scatter(q.terms)
		if vectors := q.across(v); vectors > 0 {
			out = min(out, vectors*share)
		}
	}
	return c + out/q.terms
}

// turnsTerms reports whether tiles of vectors along v turn terms of an input around in registers, as these lie side by side in it;
// those of products with factors do not.
func (q *question) turnsTerms(r *laid, v number) bool {
	if q.words.Factors > 0 || !q.is(r.unit, summed) || q.is(v, summed) || r.dtype != q.dtype || r.dtype.IsComplex() || !r.alone {
		return false
	}
	side := cost.Square(r.dtype)
	lanes := min(int64(q.lanes), int64(q.run(v)))
	if side < 2 || lanes < side || q.served(v) >= cost.LeastServed || cost.Crowd(lanes, int64(r.stride(v)*r.size), q.rowsBeside(r, v)) {
		return false
	}
	terms := q.inOrder(false)
	return len(terms) > 0 && terms[len(terms)-1] == r.unit
}

// across is what a vector along v of sums costs where tiles of them are turned around before they are stored along their rows,
// which share vectors or, of few terms, load their own; 0 where they cannot be.
func (q *question) across(v number) float64 {
	square := cost.Square(q.out.dtype)
	if len(q.k) == 0 || q.out.unit == none || int64(q.run(q.out.unit)) < square {
		return 0
	}
	shares, some, apart := false, false, false
	for k := range q.in {
		r := &q.in[k]
		row := r.has(q.out.unit)
		switch {
		case r.unit == v:
			shares, some = shares || !row, true
		case row && r.has(v):
			apart = true
		}
	}
	if shares || some && !apart && q.terms <= q.lanes && q.lanes <= q.run(v) && q.served(q.out.unit) < cost.LeastServed {
		return cost.Across(shares, q.terms)
	}
	return 0
}

// served is how many vectors of the other input each vector along an index is multiplied by, in tiles that have rows of both
// inputs; 0 where there are no such tiles.
func (q *question) served(v number) int64 {
	if in := q.in; len(in) == 2 && len(q.k) > 0 && in[0].has(v) && in[1].has(v) && q.out.has(v) {
		return int64(min(q.ownRun(&in[0], &in[1]), q.ownRun(&in[1], &in[0])))
	}
	return 0
}

// ownRun is the longest run of the output along an index that one input has and the other has not.
func (q *question) ownRun(r, other *laid) (longest float64) {
	for _, i := range q.out.axes {
		if i != none && q.extent(i) > 1 && r.has(i) && !other.has(i) {
			longest = max(longest, q.run(i))
		}
	}
	return longest
}

// linesUntil is how many lines vectors along v fetch elements of until the next term along u, which lies in them.
func (q *question) linesUntil(u, v number) float64 {
	lines, terms := min(q.lanes, q.run(v)), q.inOrder(false)
	for _, i := range terms[slices.Index(terms, u)+1:] {
		if i != v {
			lines *= float64(q.extent(i))
		}
	}
	return lines
}

// reach is how far the inputs move along an index, together.
func (q *question) reach(i number) (sum int) {
	for k := range q.in {
		r := &q.in[k]
		sum += r.stride(i)
	}
	return sum
}

// sharing is the number of rows of a tile that share the elements of an input r which vectors along v fetch one by one.
func (q *question) sharing(r *laid, v number) float64 {
	if n := cost.Served(q.served(v)); n > 0 {
		return n
	}
	return cost.Sharing(q.rowsBeside(r, v))
}

// rowsBeside is the longest axis of rows beside vectors along v that share what they fetch of an input r.
func (q *question) rowsBeside(r *laid, v number) (rows int64) {
	if len(q.k) == 0 {
		return 0
	}
	for _, i := range q.out.axes {
		if i != none && i != v && !r.has(i) {
			rows = max(rows, int64(q.run(i)))
		}
	}
	return rows
}

// masks reports whether the last vector of a run may be a part of one.
func (d *draft) masks() bool { return d.opts.Target.Masks() }

// run is how many elements lie in a row from v on, in the output or among the terms of a sum, and in every input that
// moves along them.
func (q *question) run(v number) float64 {
	if q.runs[v] == 0 {
		q.runs[v], _, _ = q.runOf(v)
	}
	return q.runs[v]
}

// longestRun is where runs end that integers do not hold, in temporaries that are priced before they are cut to slices.
const longestRun = 1 << 53

// runOf is the length of the run from v on, its slowest index, and the index that it ends before; none if there is none.
func (q *question) runOf(v number) (length float64, inner, outer number) {
	length, axes, reduced := float64(q.extent(v)), q.out.axes, q.is(v, summed)
	if reduced {
		axes = nil // all terms are one, if every input stretches along v
		if i := slices.IndexFunc(q.in, func(r laid) bool { return r.has(v) }); i >= 0 {
			axes = q.in[i].axes
		}
	}
	inner = v
	for a := slices.Index(axes, v) - 1; a >= 0; a-- {
		switch outer = axes[a]; {
		case q.extent(outer) == 1:
			continue
		case reduced && !q.is(outer, summed), !q.runsOn(outer, inner):
			return length, inner, outer
		}
		length = min(length*float64(q.extent(outer)), longestRun)
		inner = outer
	}
	return length, inner, none
}

// compose reports whether a view moves along two indices as along one, or along neither.
func (q *question) compose(r *laid, outer, inner number) bool {
	return r.stride(outer) == r.stride(inner)*q.extent(inner)
}

// runsOn reports whether all that a step reads runs from an index of the output or of a sum on to the next outer one, what its epilogue
// reads too.
func (q *question) runsOn(outer, inner number) bool {
	return outer == q.stretched.outer || q.composed(q.in, outer, inner) && q.composed(q.extra, outer, inner)
}

// composed reports whether all of some views do.
func (q *question) composed(views []laid, outer, inner number) bool {
	for k := range views {
		if !q.compose(&views[k], outer, inner) {
			return false
		}
	}
	return true
}

// usesUp is the index along which the lines are used up that vectors along v fetch elements of: v itself, whose other lanes lie in
// them, or that of the next terms of a sum; none if every element takes a line.
func (q *question) usesUp(r *laid, v number) number {
	reach := cost.Line / r.size
	near := func(i number) bool {
		n := r.stride(i)
		return q.extent(i) > 1 && n != 0 && max(n, -n) < reach
	}
	if near(v) {
		return v
	}
	if k := slices.IndexFunc(q.k, near); k >= 0 {
		return q.k[k]
	}
	return none
}

// strided counts the lines that items of the batch take short runs of a view from.
func (q *question) strided(r *laid) float64 {
	if len(q.b) == 0 || r.unit == none {
		return 0
	}
	nearest := slices.MinFunc(q.b, func(a, b number) int { return cmp.Compare(r.stride(a), r.stride(b)) })
	run, size := r.stride(nearest), r.size
	if run <= 0 || run*size >= cost.Line {
		return 0
	}
	inLine := max(cost.Line/(float64(run*size)*float64(q.extent(nearest))), 1)
	return r.covered / (float64(run) * inLine)
}

// jumps counts the runs of terms in the left operand, which its rows are read in; none if a row is one run.
func (q *question) jumps(a *laid) float64 {
	if !q.unitAlong(a, summed) {
		return 0
	}
	run := 1.0
	for _, i := range slices.Backward(a.axes) {
		if q.extent(i) != 1 && !q.is(i, summed) {
			break
		}
		run *= float64(max(q.extent(i), 1))
	}
	if run >= q.volume(q.k) {
		return 0
	}
	return a.covered / run
}
