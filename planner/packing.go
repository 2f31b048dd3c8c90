package planner

import (
	"cmp"
	"slices"

	"github.com/einc-lang/einc/planner/cost"
)

// packings tells how the packed strategy finds the elements of a product's operands, and how many columns lie in a row of the output.
func (q *question) packings() (packs [2]cost.Packing, columns float64) {
	a, b := &q.in[q.s.Core[0]], &q.in[q.s.Core[1]]
	packs[0], packs[1] = q.packing(a, q.m), q.packing(b, q.n)
	if q.is(b.unit, ofRight) && b.unit != q.out.unit {
		packs[1].Run = 1 // columns go by the output
	}
	if q.unitAlong(a, summed) && q.unitAlong(b, summed) && a.unit != b.unit {
		order, other, side := b, a, 0
		if q.volume(q.m) > q.volume(q.n) {
			order, other, side = a, b, 1
		}
		if !q.mixesTerms(a.unit, b.unit) && q.blockOfK() < cost.LeastTurned*q.between(order, other.unit) {
			packs[side].Terms = 1
		}
	}
	return packs, q.trailing(&q.out, q.n)
}

// mixesTerms tells whether blocks of K hold some neighbours in either operand: the fastest index of one, which is summed, is cut for that, as
// the other has another one and neither is much larger.
func (q *question) mixesTerms(first, other number) bool {
	return q.is(other, summed) && other != first && q.ext[first]%cost.LowPart == 0 && !cost.FollowsLarger(q.volume(q.m), q.volume(q.n))
}

// blockOfK is the most terms of a block of K.
func (q *question) blockOfK() float64 {
	return min(q.volume(q.k), float64(cost.Depth(q.dtype.Accum())))
}

// between is how many terms there are from one to its neighbour along an index, in the order of an operand's strides.
func (q *question) between(order *laid, along number) float64 {
	n := 1.0
	for _, i := range q.k {
		if order.stride(i) < order.stride(along) {
			n *= float64(q.ext[i])
		}
	}
	return n
}

// packing is how elements of an operand lie that has some indices of its own.
func (q *question) packing(r *laid, own []number) cost.Packing {
	return cost.Packing{Run: q.trailing(r, own), Terms: q.trailing(r, q.k)}
}

// trailing is the elements that lie in a row of a view along some of its indices; 1 if the one of stride 1 is none of them.
func (q *question) trailing(r *laid, some []number) float64 {
	next := func(run int) int {
		return slices.IndexFunc(some, func(i number) bool { return q.ext[i] > 1 && r.walks[i].by == run })
	}
	run := 1
	for n := next(run); n >= 0; n = next(run) {
		run *= q.ext[some[n]]
	}
	return float64(run)
}

// turnsRight reports whether the left operand alone has the unit-stride index of the output: it will be the right one.
func (q *question) turnsRight(a, b *laid) bool { return a.has(q.out.unit) && !b.has(q.out.unit) }

// inPlace reports whether the packed strategy reads rows of the left operand where they lie: the terms are neighbours
// in it and lie evenly in the right one, or come in long runs and serve few columns, and nothing is converted.
func (q *question) inPlace() bool {
	a, b := &q.in[q.s.Core[0]], &q.in[q.s.Core[1]]
	if q.opts.Target.Arch != "amd64" || a.dtype != q.dtype.Accum() || !q.unitAlong(a, summed) || q.turnsRight(a, b) {
		return false
	}
	last := a.unit
	for terms := q.ext[last]; float64(terms) < q.volume(q.k); terms *= q.ext[last] {
		next := slices.IndexFunc(q.k, func(i number) bool { return q.ext[i] > 1 && q.compose(a, i, last) && q.compose(b, i, last) })
		if next < 0 {
			return cost.ReadsRuns(q.dtype, int64(q.runOfTerms(a, b)), q.volume(q.n))
		}
		last = q.k[next]
	}
	return true
}

// rowsInPlace reports whether the packed strategy reads rows of the right operand where they lie: its columns are
// neighbours in the output's order, its terms lie evenly in both operands, and rows near enough for the machine.
func (q *question) rowsInPlace() bool {
	a, b := &q.in[q.s.Core[0]], &q.in[q.s.Core[1]]
	if !q.opts.Target.ReadsRows(q.dtype, 1) || len(q.k) == 0 {
		return false // wherever they lie
	}
	if q.turnsRight(a, b) {
		a, b = b, a
	}
	run := 1
	for _, i := range q.nearest(&q.out, q.out.axes) {
		if b.has(i) && !a.has(i) {
			if b.stride(i) != run {
				return false
			}
			run *= q.ext[i]
		}
	}
	terms := q.nearest(b, q.k)
	for n := range max(len(terms), 1) - 1 {
		if !q.compose(a, terms[n+1], terms[n]) || !q.compose(b, terms[n+1], terms[n]) {
			return false
		}
	}
	return len(terms) > 0 && b.dtype == q.dtype && q.opts.Target.ReadsRows(q.dtype, int64(b.stride(terms[0])))
}

// nearest lists those of some indices that are longer than 1, or empty, by the strides that a view has along them, until it is asked
// for others.
func (q *question) nearest(r *laid, some []number) []number {
	list := q.sorted[:0]
	for _, i := range some {
		if q.extent(i) == 1 {
			continue
		}
		list = append(list, i)
		for at := len(list) - 1; at > 0 && r.stride(list[at]) < r.stride(list[at-1]); at-- { // mostly they lie in order
			list[at-1], list[at] = list[at], list[at-1]
		}
	}
	q.sorted = list
	return list
}

// runOfTerms is how many terms are neighbours in the left operand, in the order in which the packed strategy adds them: by the
// strides of the operand whose terms are neighbours, or of the larger one of two, whose fastest index then cuts the
// other's if that has a part to cut.
func (q *question) runOfTerms(a, b *laid) int {
	by, first, other := a, a.unit, b.unit
	cut := q.mixesTerms(first, other)
	if cut && q.ext[first] > cost.LowPart {
		return cost.LowPart
	}
	if q.is(other, summed) && q.volume(q.m) <= q.volume(q.n) {
		by = b
	}
	order := slices.DeleteFunc(slices.Clone(q.k), func(i number) bool { return q.ext[i] == 1 || cut && (i == first || i == other) })
	slices.SortStableFunc(order, func(i, j number) int { return cmp.Compare(by.stride(j), by.stride(i)) })
	if cut {
		order = append(order, other, first)
	}
	run := 1
	for _, i := range slices.Backward(order) {
		if a.stride(i) != run {
			break
		}
		run *= q.ext[i]
	}
	return run
}
