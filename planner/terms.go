package planner

import (
	"slices"

	"github.com/einc-lang/einc/planner/cost"
)

// The order in which codegen/lower nests loops over terms.

// inOrder lists the summed indices as loops over terms are nested: by the inputs' strides, and by those of the largest before others if
// it outweighs these; or so that lines are used up while they are in a cache, unless what tiles read is copied.
func (q *question) inOrder(copied bool) []number {
	list := append(q.summing[:0], q.k...)
	q.summing = list
	list = slices.DeleteFunc(list, func(i number) bool { return q.extent(i) == 1 })
	if len(list) < 2 {
		return list
	}
	slices.SortStableFunc(list, func(i, j number) int { return q.reach(j) - q.reach(i) })
	if r := q.outweighs(); r != nil {
		slices.SortStableFunc(list, func(i, j number) int { return r.stride(j) - r.stride(i) })
	}
	var room [2]number
	near, most := room[:0], 0.0
	for k := range q.in {
		r := &q.in[k]
		at := slices.Index(list, r.unit)
		if at < 0 {
			if !copied {
				q.nestTerms(list)
			}
			return list
		}
		if !slices.Contains(near, r.unit) {
			near = append(near, r.unit)
		}
		most = max(most, q.linesOf(list[at+1:], r))
	}
	if most <= cost.LinesStay {
		return list
	}
	slices.SortStableFunc(near, func(i, j number) int { return q.extent(j) - q.extent(i) })
	return append(slices.DeleteFunc(list, func(i number) bool { return slices.Contains(near, i) }), near...)
}

// outweighs is the input that is so much larger than the other, and than what stays in a cache, that its strides decide the order of
// terms; nil if there is none.
func (q *question) outweighs() *laid {
	if len(q.in) != 2 {
		return nil
	}
	a, b := &q.in[0], &q.in[1]
	if a.bytes() < b.bytes() {
		a, b = b, a
	}
	if a.bytes() < cost.Large || a.bytes() < cost.Outweighs*b.bytes() {
		return nil
	}
	return a
}

// nestTerms puts summed indices, which come in the order of strides, in the order in which tiles of rows fetch the fewest lines.
func (q *question) nestTerms(list []number) {
	if len(q.in) != 2 || len(list) > cost.MostLoops {
		return
	}
	t := &q.order
	*t = cost.Terms{Loops: t.Loops[:0]}
	for k := range q.in {
		r := &q.in[k]
		if i := q.ownIndex(none, r, &q.in[1-k]); i != none {
			t.Tile[k].Add(min(int64(q.extent(i)), cost.TileRows), int64(r.stride(i)*r.size))
		}
	}
	first := 0 // of the indices that make up a loop
	for at, i := range list {
		if at > first && !q.composed(q.in, list[at-1], i) {
			first = at
		}
		l := cost.TermLoop{ID: first, Trips: int64(q.extent(i))}
		for k := range q.in {
			l.Moves[k] = int64(q.in[k].stride(i) * q.in[k].size)
		}
		if at > first {
			l.Trips *= t.Loops[len(t.Loops)-1].Trips
			t.Loops = t.Loops[:len(t.Loops)-1]
		}
		t.Loops = append(t.Loops, l)
	}
	if len(t.Loops) < 2 {
		return
	}
	old := append(q.bySteps[:0], list...)
	q.bySteps = old
	t.Nest()
	n := 0
	for _, l := range t.Loops {
		for at := l.ID; at == l.ID || at < len(old) && q.composed(q.in, old[at-1], old[at]); at++ {
			list[n] = old[at]
			n++
		}
	}
}

// linesOf is how many lines of a cache loops over some indices take for an input.
func (q *question) linesOf(list []number, r *laid) float64 {
	var l cost.Lines
	for _, i := range list {
		l.Add(int64(q.extent(i)), int64(r.stride(i)*r.size))
	}
	return l.Count()
}
