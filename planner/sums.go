package planner

import (
	"math"
	"slices"

	"github.com/einc-lang/einc/planner/cost"
)

// How codegen/lower computes a product with factors: tiles are sums of the core for some rows, along an index of the output or of the
// outer terms, which some factor has, over vectors of columns.

// sums is the tiles of the core's sums.
type sums struct {
	tiling
	along number // the outer terms that rows are; none if the output's are
	outer []number
	kept  bool // sums of many rows wait for outer terms
}

// factored tells how the vectors of a product with factors run, and its loops.
func (q *question) factored(w *cost.Work) {
	t := q.sums()
	s := &q.tiled
	*s = cost.Sums{Lanes: 1, Tile: t.rows}
	w.Sums = s
	if t.v != none {
		run := q.run(t.v)
		s.Lanes = run / math.Ceil(run/q.lanes)
		s.Tile *= t.columns / q.lanes
	}
	for k := range q.in {
		in := &q.in[k]
		switch alone := t.v == none || in.has(t.v) && in.unit != t.v; {
		case !q.inCore(k):
			if t.v != none && alone {
				s.Across += min(s.Lanes, q.lanes)
			}
		case alone:
			s.Fetches += min(s.Lanes, q.lanes)
		case in.has(t.v):
			s.Loads += 1 / t.rows
		default:
			s.Loads += q.lanes / t.columns
		}
	}
	s.Ahead = q.ahead(&t)
	q.sumLoops(&s.Nest, &t)
}

// ahead reports whether tiles ask for lines of a large input before they need them: lines of which they use more than an element.
func (q *question) ahead(t *sums) bool {
	r := q.core(0)
	if o := q.core(1); o.bytes() > r.bytes() {
		r = o
	}
	if r.bytes() < cost.LargeCore || len(t.outer) == 0 || r.unit == none {
		return false
	}
	last := none
	for _, i := range q.inOrder(false) {
		if q.isInner(i) {
			last = i
		}
	}
	return r.unit == last || r.unit == t.row || r.unit == t.v || r.unit == t.along
}

// core is an input of the core.
func (q *question) core(k int) *laid { return &q.in[q.s.Core[k]] }

// inCore reports whether an input is of the core.
func (q *question) inCore(k int) bool { return k == q.s.Core[0] || k == q.s.Core[1] }

// isInner reports whether no factor has a summed index.
func (q *question) isInner(i number) bool {
	for k := range q.in {
		if !q.inCore(k) && q.in[k].has(i) {
			return false
		}
	}
	return true
}

// columnsOf is the index of the output with the fewest operations an item of vectors along it; none if elements are as good.
func (q *question) columnsOf() number {
	v, least, ops := none, 1+float64(len(q.in))+1/q.terms, q.ops
	q.ops = 1
	for _, i := range slices.Backward(q.out.axes) {
		if q.extent(i) < 2 {
			continue
		}
		if n := q.itemCost(i); n < least {
			v, least = i, n
		}
	}
	q.ops = ops
	return v
}

// sums is the tiles of a product with factors.
func (q *question) sums() sums {
	t := sums{tiling: tiling{v: q.columnsOf(), row: none, side: none, rows: 1, columns: q.lanes}, along: none}
	t.outer = q.outer[:0]
	for _, i := range q.inOrder(false) {
		if !q.isInner(i) {
			t.outer = append(t.outer, i)
		}
	}
	q.outer = t.outer
	apart := func(i number) int { return q.core(0).stride(i) + q.core(1).stride(i) }
	still := func(i number) bool { return !q.core(0).has(i) || !q.core(1).has(i) }
	row, each := q.rowOf(t.v), int64(0)
	if row != none && t.v != none && slices.Contains(q.inRun(q.sorted[:0], t.v), row) {
		row = none
	}
	if n := len(t.outer); n > 0 {
		if last := t.outer[n-1]; still(last) && q.extent(last) >= 4 && (row == none || apart(row) >= apart(last)) {
			t.along, row = last, none
		}
	}
	most := int64(1)
	switch {
	case t.along != none:
		most = int64(q.extent(t.along))
	case row != none:
		t.row, most = row, int64(q.run(row))
		t.kept = len(t.outer) > 0 && t.v != none && max(q.core(0).bytes(), q.core(1).bytes()) >= cost.LargeCore
		if !t.kept && len(t.outer) > 0 {
			each = 1
		}
	}
	vectors := int64(1)
	if t.v != none {
		vectors = int64(math.Ceil(q.run(t.v) / q.lanes))
	}
	rows, columns := q.opts.Target.SumTile(q.dtype, vectors, most, each)
	t.rows, t.columns = float64(rows), float64(columns)*q.lanes
	return t
}

// sumLoops tells the loops of a product with factors.
func (q *question) sumLoops(n *cost.Nest, t *sums) {
	own := q.sorted[:0]
	for _, i := range [...]number{t.v, t.row} {
		if i != none {
			own = q.inRun(own, i)
		}
	}
	q.sorted = own[:0]
	for _, i := range q.byOutput(own) {
		q.loop(n, float64(q.extent(i)), i, 1)
	}
	tiles := func(i number, of, items float64) {
		if i != none {
			q.loop(n, math.Ceil(of/items), i, items)
		}
	}
	rows, columns := 0.0, 0.0 // of a block of sums that are kept
	if t.row != none {
		rows = q.run(t.row)
	}
	if t.v != none {
		columns = q.run(t.v)
	}
	if t.kept {
		most := cost.KeptSums / float64(q.dtype.Accum().Size())
		c := min(max(math.Floor(most/t.rows/t.columns), 1)*t.columns, columns)
		r := min(max(math.Floor(most/c/t.rows), 1)*t.rows, rows)
		tiles(t.row, rows, r)
		tiles(t.v, columns, c)
		rows, columns = r, c
	} else {
		tiles(t.row, rows, t.rows)
		tiles(t.v, columns, t.columns)
	}
	for _, i := range t.outer {
		if i == t.along {
			q.loop(n, math.Ceil(float64(q.extent(i))/t.rows), i, t.rows)
		} else {
			q.loop(n, float64(q.extent(i)), i, 1)
		}
	}
	if t.kept {
		tiles(t.row, rows, t.rows)
		tiles(t.v, columns, t.columns)
	}
	for _, i := range q.inOrder(false) {
		if q.isInner(i) {
			q.loop(n, float64(q.extent(i)), i, 1)
		}
	}
	within := func(i number, items float64) {
		if i != none {
			q.loop(n, items, i, 1)
		}
	}
	within(t.along, t.rows)
	within(t.row, min(t.rows, rows))
	within(t.v, min(t.columns, columns))
}
