package planner

import (
	"math"
	"slices"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
)

// tiles tells what tiles of vectors along v take, and read of the inputs.
func (x *inner) tiles(w *cost.Work, v parser.IndexID) {
	row, m, square := x.rowOf(v), 1.0, int64(1)
	if row != parser.NoIndex {
		m = x.run(x.s, row)
		if x.across(v) > 0 {
			t := x.plan.Buffers[x.s.Out.Buffer].DType
			square, w.Across = cost.Square(t), float64(x.stride(x.s.Out, v)*t.Size())
		}
	}
	shared := slices.ContainsFunc(x.s.Inputs, func(r Ref) bool { return slices.Contains(r.Axes, v) && !slices.Contains(r.Axes, row) })
	run := w.Run
	vectors := math.Ceil(run / x.lanes)
	cycles, tileRows, tileVectors := x.opts.Target.FewestCycles(w.Type, int64(m), int64(vectors), square, w.K, shared)
	planes := x.volume(x.s.Out.Axes) / (m * run)
	w.Cycles = cycles * planes
	rows, cols := float64(tileRows), float64(tileVectors)
	tiles := planes * math.Ceil(m/rows) * math.Ceil(vectors/cols)
	for k, r := range x.s.Inputs {
		w.Footprints[k] = x.footprint(r, v, row, min(run, cols*x.lanes), min(m, rows))
		w.Footprints[k].Tiles = tiles
	}
}

// rowOf is the index of the tile's rows beside vectors along v.
func (x *inner) rowOf(v parser.IndexID) (row parser.IndexID) {
	row, shared := parser.NoIndex, false
	for _, i := range x.s.Out.Axes {
		if i == parser.NoIndex || i == v || x.extent(i) < 2 || slices.Contains(x.s.B, i) {
			continue
		}
		shares := false
		for _, r := range x.s.Inputs {
			shares = shares || slices.Contains(r.Axes, v) && !slices.Contains(r.Axes, i)
		}
		if row == parser.NoIndex || shares && !shared {
			row, shared = i, shares
		}
	}
	if x.unit != v && x.across(v) > 0 {
		return x.unit
	}
	return row
}

// apart is the largest power of two, in bytes, whose multiples are all places that a view moves to in sums and along v, but for
// those in one line. Those a page apart are in the same sets of the first level, and farther ones in no fewer.
func (x *inner) apart(r Ref, v parser.IndexID) float64 {
	size := x.plan.Buffers[r.Buffer].DType.Size()
	places := cost.Page | x.place(v, x.stride(r, v)*size)
	for _, i := range x.s.K {
		places |= x.place(i, x.stride(r, i)*size)
	}
	return float64(places & -places)
}

// place is how far, in bytes, a view moves along an index that it moves along by so many; 0 within a line.
func (x *inner) place(i parser.IndexID, bytes int) int {
	if bytes < cost.Line || x.extent(i) < 2 {
		return 0
	}
	return bytes
}

// footprint is what a tile of vectors along v and rows reads of an input.
func (x *inner) footprint(r Ref, v, row parser.IndexID, columns, rows float64) cost.Footprint {
	size := x.plan.Buffers[r.Buffer].DType.Size()
	p, side, places := cost.Footprint{Lines: 1}, 1.0, cost.Page // lines that lie side by side
	touch := func(i parser.IndexID, n float64) {
		apart := x.stride(r, i) * size
		places |= x.place(i, apart)
		if apart == 0 || n <= 1 {
			return
		}
		lines := max(n*min(float64(apart)/cost.Line, 1), 1)
		p.Lines *= lines
		if apart < cost.Line {
			side *= lines
		}
	}
	for _, i := range x.s.K {
		touch(i, float64(x.extent(i)))
	}
	touch(v, columns)
	p.Again, p.Until = x.rereads(r, p.Lines)
	p.Stay = p.Lines
	if row != parser.NoIndex && slices.Contains(r.Axes, row) {
		touch(row, rows)
		p.Again, p.Until = x.rereads(r, p.Lines)
		p.Stay = x.untilAgain(r, v, row)
	}
	p.Until *= float64(places & -places)
	p.Apart = max(float64(places&-places)/side, cost.Line)
	return p
}

// rereads is how often beyond the first a tile reads each of so many lines of an input, if they do not stay in a cache, and how many
// pass until it does: those of the terms between, as loops over terms are nested by strides, where terms that lie in a line do not follow
// each other.
func (x *inner) rereads(r Ref, lines float64) (again, until float64) {
	size := x.plan.Buffers[r.Buffer].DType.Size()
	for _, u := range x.s.K {
		n, extent := float64(x.stride(r, u)*size), float64(x.extent(u))
		if n <= 0 || n >= cost.Line || extent < 2 {
			continue
		}
		outer, between, reach := 1.0, false, x.reach(u)
		for _, i := range x.s.K {
			switch apart := float64(x.stride(r, i) * size); {
			case i == u || apart == 0:
			case x.reach(i) > reach:
				outer *= max(float64(x.extent(i))*min(apart/cost.Line, 1), 1)
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
func (x *inner) untilAgain(r Ref, v, row parser.IndexID) float64 {
	inLine := float64(cost.Line / x.plan.Buffers[r.Buffer].DType.Size())
	if u := x.unitIndex(r); u != row && u != v && slices.Contains(x.s.Out.Axes, u) {
		inLine = min(inLine, float64(x.extent(u)))
	}
	lines := x.covered(r) / inLine
	for _, i := range x.s.B {
		lines /= float64(x.extent(i))
	}
	return lines
}
