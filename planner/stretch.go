package planner

import "github.com/einc-lang/einc/planner/cost"

// stretching is a short run of a sum's output that goes on along the next outer index, also of inputs that move along that index alone: vectors
// run on, as codegen/lower has each of their elements in registers as often as the run is long.
type stretching struct {
	outer number // the index; none if there is no such run
	run   float64
}

// stretch finds such a run. From then on, runs go on along its outer index.
func (q *question) stretch() {
	v := q.out.unit
	if q.terms < 2 || v == none || q.s.Old >= 0 || q.dtype.IsComplex() || q.words.Factors > 0 {
		return
	}
	n, first, outer := q.runOf(v)
	if outer == none || !q.compose(&q.out, outer, first) || !cost.Stretches(int64(n), int64(q.run(outer)), int64(q.lanes)) {
		return
	}
	along := func(r *laid) bool {
		return q.compose(r, outer, first) && (!r.has(first) || r.alone && r.unit == v)
	}
	some := false
	for k := range q.in {
		r := &q.in[k]
		stretched := r.unit == outer && r.alone && r.stride(first) == 0
		if some = some || stretched; !stretched && !along(r) {
			return
		}
	}
	for k := range q.extra {
		if !along(&q.extra[k]) {
			return
		}
	}
	if some {
		q.stretched = stretching{outer, n}
		clear(q.runs)
	}
}

// stretches reports whether there is such a run.
func (q *question) stretches() bool { return q.stretched.outer != none }

// moves is how many bytes a view moves along an index: those that vectors over a run take of what is stretched over it are fewer.
func (q *question) moves(r *laid, i number) float64 {
	by := r.stride(i)
	if by == 0 && i == q.out.unit && q.stretches() {
		return float64(r.stride(q.stretched.outer)*r.size) / q.stretched.run
	}
	return float64(by * r.size)
}
