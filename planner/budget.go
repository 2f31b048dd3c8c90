package planner

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"
)

// setBudget finds the units of the search.
func (h *orderSearch) setBudget(fields []componentTree) {
	if h.opts.MaxMemory > 0 {
		h.cutShare = leastCutShare
	}
	largest := slices.MaxFunc(fields, func(a, b componentTree) int { return cmp.Compare(len(a.part), len(b.part)) }).g
	h.units = h.opts.Budget.Units
	if h.units == 0 && h.opts.Budget.Time > 0 {
		rate := h.rate(largest)
		h.units = printable(rate * max(usedShare*(h.opts.Budget.Time-time.Since(h.start)).Seconds(), 1e-3))
	}
	h.usual = autoUnits(len(largest.legs))
	if h.units > 0 {
		return
	}
	h.units = h.usual
	if h.brief {
		h.units = min(h.units, h.briefUnits(fields))
	}
	if h.opts.Method == "best" {
		h.units *= 10
	}
	h.units = printable(h.units) / (1 - h.cutShare) // a limit that nothing exceeds changes no order
}

// printable rounds units to four digits, so that what is printed of them is all there is.
func printable(units float64) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(units, 'e', 3, 64), 64)
	return rounded
}

// briefUnits is a budget of about ten times what running the greedy orders takes: a unit of work is
// about ten nanoseconds.
func (h *orderSearch) briefUnits(fields []componentTree) float64 {
	const least = 2e5
	nanos := 0.0
	for _, f := range fields {
		t, _ := greedily(f.g, greedyScore{c: 1}, nil)
		n := &nest{steps: t, depth: make([]int, len(t))}
		nanos += h.nanosOf(f.g, n, []float64{1})
	}
	return max(nanos, least)
}

// autoPoints are budgets that suit components of some numbers of tensors.
var autoPoints = []struct{ tensors, units float64 }{{10, 6e5}, {24, 1.7e6}, {50, 3e6}, {100, 5e6}, {300, 4e7}, {1000, 1.2e8}, {3000, 3.2e8}}

// autoUnits is the budget that suits a component of n tensors: what lies between two points is on the
// line between them in logarithms.
func autoUnits(n int) float64 {
	x := max(float64(n), autoPoints[0].tensors)
	for k, to := range autoPoints[1:] {
		if from := autoPoints[k]; x <= to.tensors {
			at := math.Log(x/from.tensors) / math.Log(to.tensors/from.tensors)
			return from.units * math.Pow(to.units/from.units, at)
		}
	}
	return autoPoints[len(autoPoints)-1].units
}

// rate measures how many units a second all workers do at once, on a component, for about a fiftieth of the budget:
// what else the machine does counts, and so does what workers take from each other.
func (h *orderSearch) rate(g *graph) float64 {
	const usual = 1e8
	sample := 0.02 * usual * max(0.1, min(h.opts.Budget.Time.Seconds(), 10))
	s := newScale(g.lg)
	if len(g.legs) < 3 || len(g.legs)*s.words > mostWords {
		return usual * float64(h.workers)
	}
	t, _ := greedily(g, greedyScore{c: 1}, nil)
	sample = max(sample, 4*moveUnits(s.words)*float64(len(g.legs)))
	work := make([]float64, h.workers)
	begin := time.Now()
	h.parallel(h.workers, func(i int) {
		b := newMutableTree(g, s, h.aim)
		b.plant(t)
		a := newAnnealer(b, newRNG(1, uint64(i)))
		a.run(h.ctx, cooling{from: 2, to: 10}, sample)
		work[i] = a.work
	})
	units := 0.0
	for _, w := range work {
		units += w
	}
	h.sampled = units
	return units / max(time.Since(begin).Seconds(), 1e-4)
}
