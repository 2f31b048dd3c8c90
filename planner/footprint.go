package planner

import (
	"math"
	"slices"

	"github.com/einc-lang/einc/planner/cost"
)

// fewest is the tiles of vectors along an index of the output that take the fewest cycles.
type fewest struct {
	row           number // the index of their rows, or none
	rows, columns float64
}

// tiles tells what tiles of vectors along v take, and which they are.
func (q *question) tiles(w *cost.Work, v number) (t fewest) {
	t.row = q.rowOf(v)
	shared := slices.ContainsFunc(q.in, func(r laid) bool { return r.has(v) && !r.has(t.row) })
	vectors := math.Ceil(w.Run / q.lanes)
	if q.stretches() || !shared && q.runsLong(w, v, t.row) {
		t.row = none
	}
	m, square := 1.0, int64(1)
	if t.row != none {
		m = q.run(t.row)
		if q.across(v) > 0 {
			square, w.Across = cost.Square(q.out.dtype), float64(q.out.stride(v)*q.out.size)
		}
	}
	cycles, rows, columns := q.opts.Target.FewestCycles(w.Type, int64(m), int64(vectors), square, w.K, shared)
	w.Cycles = cycles * q.volume(q.out.axes) / (m * w.Run)
	t.rows, t.columns = float64(rows), float64(columns)*q.lanes
	if w.Turning > 0 && !q.runsAlong(v) {
		t.columns = q.lanes
	}
	return t
}

// runsLong reports whether vectors along v make up runs that rows which do not share them would only cut short.
func (q *question) runsLong(w *cost.Work, v, row number) bool {
	if row != q.out.unit {
		return w.Run >= cost.LongRun*q.lanes
	}
	return w.Run >= cost.LongerRun*q.lanes && q.across(v) == 0 && q.runsAlong(v)
}

// runsAlong reports whether vectors along v load an input as it lies.
func (q *question) runsAlong(v number) bool {
	return slices.ContainsFunc(q.in, func(r laid) bool { return r.unit == v })
}

// rowOf is the index of the tile's rows beside vectors along v.
func (q *question) rowOf(v number) (row number) {
	row, shared := none, false
	for _, i := range q.out.axes {
		if len(q.in) == 1 || i == none || i == v || q.extent(i) < 2 || q.is(i, ofBatch) {
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
