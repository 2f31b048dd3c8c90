package planner

import (
	"math"
	"slices"

	"github.com/einc-lang/einc/planner/cost"
)

// tiles tells what tiles of vectors along v take, and read of the inputs.
func (q *question) tiles(w *cost.Work, v number) {
	row, m, square := q.rowOf(v), 1.0, int64(1)
	if row != none {
		m = q.run(row)
		if q.across(v) > 0 {
			square, w.Across = cost.Square(q.out.dtype), float64(q.out.stride(v)*q.out.size)
		}
	}
	shared := slices.ContainsFunc(q.in, func(r laid) bool { return r.has(v) && !r.has(row) })
	run := w.Run
	vectors := math.Ceil(run / q.lanes)
	cycles, tileRows, tileVectors := q.opts.Target.FewestCycles(w.Type, int64(m), int64(vectors), square, w.K, shared)
	planes := q.volume(q.out.axes) / (m * run)
	w.Cycles = cycles * planes
	rows, cols := float64(tileRows), float64(tileVectors)
	tiles := planes * math.Ceil(m/rows) * math.Ceil(vectors/cols)
	for k := range q.in {
		r := &q.in[k]
		w.Footprints[k] = q.footprint(r, v, row, min(run, cols*q.lanes), min(m, rows))
		w.Footprints[k].Tiles = tiles
	}
}

// rowOf is the index of the tile's rows beside vectors along v.
func (q *question) rowOf(v number) (row number) {
	row, shared := none, false
	for _, i := range q.out.axes {
		if i == none || i == v || q.extent(i) < 2 || q.is(i, ofBatch) {
			continue
		}
		shares := false
		for k := range q.in {
			r := &q.in[k]
			shares = shares || r.has(v) && !r.has(i)
		}
		if row == none || shares && !shared {
			row, shared = i, shares
		}
	}
	if q.out.unit != v && q.across(v) > 0 {
		return q.out.unit
	}
	return row
}

// apart is the largest power of two, in bytes, whose multiples are all places that a view moves to in sums and along v, but for
// those in one line. Those a page apart are in the same sets of the first level, and farther ones in no fewer.
func (q *question) apart(r *laid, v number) float64 {
	size := r.size
	places := cost.Page | q.place(v, r.stride(v)*size)
	for _, i := range q.k {
		places |= q.place(i, r.stride(i)*size)
	}
	return float64(places & -places)
}

// place is how far, in bytes, a view moves along an index that it moves along by so many; 0 within a line.
func (q *question) place(i number, bytes int) int {
	if bytes < cost.Line || q.extent(i) < 2 {
		return 0
	}
	return bytes
}

// footprint is what a tile of vectors along v and rows reads of an input.
func (q *question) footprint(r *laid, v, row number, columns, rows float64) cost.Footprint {
	size := r.size
	p, side, places := cost.Footprint{Lines: 1}, 1.0, cost.Page // lines that lie side by side
	touch := func(i number, n float64) {
		apart := r.stride(i) * size
		places |= q.place(i, apart)
		if apart == 0 || n <= 1 {
			return
		}
		lines := max(n*min(float64(apart)/cost.Line, 1), 1)
		p.Lines *= lines
		if apart < cost.Line {
			side *= lines
		}
	}
	for _, i := range q.k {
		touch(i, float64(q.extent(i)))
	}
	touch(v, columns)
	p.Again, p.Until = q.rereads(r, p.Lines)
	p.Stay = p.Lines
	if row != none && r.has(row) {
		touch(row, rows)
		p.Again, p.Until = q.rereads(r, p.Lines)
		p.Stay = q.untilAgain(r, v, row)
	}
	p.Until *= float64(places & -places)
	p.Apart = max(float64(places&-places)/side, cost.Line)
	return p
}

// rereads is how often beyond the first a tile reads each of so many lines of an input, if they do not stay in a cache, and how many
// pass until it does: those of the terms between, as loops over terms are nested by strides, where terms that lie in a line do not follow
// each other.
func (q *question) rereads(r *laid, lines float64) (again, until float64) {
	size := r.size
	for _, u := range q.k {
		n, extent := float64(r.stride(u)*size), float64(q.extent(u))
		if n <= 0 || n >= cost.Line || extent < 2 {
			continue
		}
		outer, between, reach := 1.0, false, q.reach(u)
		for _, i := range q.k {
			switch apart := float64(r.stride(i) * size); {
			case i == u || apart == 0:
			case q.reach(i) > reach:
				outer *= max(float64(q.extent(i))*min(apart/cost.Line, 1), 1)
			case apart >= cost.Line:
				between = true
			}
		}
		if between {
			return min(cost.Line/n, extent) - 1, lines / (outer * max(extent*n/cost.Line, 1))
		}
	}
	return 0, 0
}

// untilAgain is how many lines of an input all tiles of rows read until the first reads its own again, or what it left of them.
func (q *question) untilAgain(r *laid, v, row number) float64 {
	inLine := float64(cost.Line / r.size)
	if u := r.unit; u != row && u != v && q.out.has(u) {
		inLine = min(inLine, float64(q.extent(u)))
	}
	lines := r.covered / inLine
	for _, i := range q.b {
		lines /= float64(q.extent(i))
	}
	return lines
}
