package planner

import (
	"math"
	"slices"

	"github.com/einc-lang/einc/planner/cost"
)

// waiting are the loops over terms that come outside of the tiles along some indices, whose sums wait in memory meanwhile, as codegen/lower has
// them: where the largest input goes on, after what a tile takes of it, with what the next tile takes, and the next term is far away. These
// indices are the columns and rows, or, of folded sums, rows and the next one.
func (q *question) waiting(w *cost.Work, t *tiling, terms []number) (list []blocked, next number) {
	large := &q.in[0]
	for k := range q.in {
		if r := &q.in[k]; r.bytes() > large.bytes() {
			large = r
		}
	}
	rivals := func(r laid) bool { // not much smaller, and lies otherwise
		return r.bytes()*cost.Outweighs > large.bytes() && !slices.Equal(r.walks, large.walks)
	}
	if len(terms) == 0 || t.v == none || w.Factors > 0 || large.bytes() < cost.Large || slices.ContainsFunc(q.in, rivals) {
		return nil, none
	}
	if !w.Folds {
		if q.columnsWait(t, terms, large) {
			list = append(list, blocked{terms[0], math.Ceil(float64(q.extent(terms[0])) / keptTerms), keptTerms})
		}
		return list, none
	}
	run := q.inRun(nil, t.v)
	apart := slices.DeleteFunc(slices.Clone(terms), func(i number) bool { return slices.Contains(run, i) })
	if next = q.foldsWait(t, run, apart, large); next != none {
		for _, i := range apart {
			list = append(list, blocked{i, float64(q.extent(i)), 1})
		}
	}
	return list, next
}

// columnsWait reports whether the sums of columns wait between blocks of the outermost terms.
func (q *question) columnsWait(t *tiling, terms []number, large *laid) bool {
	if t.side != none || t.swept || q.stretches() || q.nest.Copied || len(q.k) == 1 && q.words.Plain ||
		q.volume(q.m) > 1 && q.volume(q.n) > 1 || q.extent(terms[0]) < 2*keptTerms {
		return false
	}
	near := 1
	for _, i := range slices.Backward(terms) {
		if large.stride(i) != near {
			break
		}
		near *= q.extent(i)
	}
	serves := t.row != none && !large.has(t.row) && q.extent(t.row) > mostServed
	return large.stride(t.v) == near && q.run(t.v) >= 2*t.columns && t.columns*float64(near*large.size) <= waitRun &&
		math.Abs(q.moves(large, terms[0])) >= cost.Page && !serves
}

// foldsWait is the index along which folded sums wait between runs of terms, those along some indices, for others that lie apart; none if they
// do not.
func (q *question) foldsWait(t *tiling, along, apart []number, large *laid) (next number) {
	run, last := q.run(t.v), none
	next = none
	for _, i := range q.out.axes {
		if i == none || q.extent(i) == 1 {
			continue
		}
		if last = i; !large.has(i) { // its elements serve several sums
			return none
		}
		if float64(large.stride(i)) == run {
			next = i
		}
	}
	if next == none || t.side != none || !slices.Contains(along, large.unit) {
		return none
	}
	bytes, least, rows := run*float64(large.size), float64(waitApart), 1.0
	if next == t.row || t.row == none && next == last {
		least, rows = waitRows, foldedRows
	}
	all := bytes * q.run(next)
	together := func(i number) bool { return math.Abs(q.moves(large, i)) < max(all, cost.Page) }
	if q.volume(apart) < least || bytes*rows > waitRun || all <= waitOn || slices.ContainsFunc(apart, together) {
		return none
	}
	return next
}
