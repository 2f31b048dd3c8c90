package main

import (
	"math"
	"slices"
	"strings"
)

// result is a measured row.
type result struct {
	Name, Expr   string
	Type         string // of the elements
	Date, Commit string
	Machine      string  `json:",omitempty"` // if it is not the suite's
	Bars         []bar   `json:"-"`          // the suite's list says them
	Flops, Bytes float64 // of einc's plan (two a multiply-add), and of operands and output
	Einc         float64 // nanoseconds a call, the median over rounds
	Times        []*timing
	Failed       string    `json:",omitempty"` // why there is nothing else
	rounds       []float64 // Einc, round by round, while it is measured
}

// timing is what one peer took, and that over einc's time; or why it did not run.
type timing struct {
	Name, Class string
	Nanos       float64   `json:",omitempty"` // a call, the median over rounds; 0 if it did not run
	Ratio       ratio     `json:",omitzero"`
	Note        string    `json:",omitempty"`
	rounds      []float64 // Nanos, round by round, while it is measured
}

// bar is a ratio to reach: the time of the best peer of a class over einc's.
type bar struct {
	Class string
	Min   float64
	Both  bool // the inverse must reach it too: the times are to be alike
}

// key tells the rows of a suite apart.
func (r *result) key() string { return r.Name + "|" + r.Expr + "|" + r.Type }

// ratio is a median over rounds, and the interval that holds it with 95 % confidence.
type ratio struct{ Median, Low, High float64 }

// best is the quickest peer of a class, nil if none ran.
func (r *result) best(class string) *timing {
	var best *timing
	for _, t := range r.Times {
		if t.Class == class && t.Nanos > 0 && (best == nil || t.Nanos < best.Nanos) {
			best = t
		}
	}
	return best
}

// settle makes medians and ratios of the rounds.
func (r *result) settle() {
	r.Flops, r.Bytes, r.Einc = digits(r.Flops), digits(r.Bytes), digits(median(r.rounds))
	for _, t := range r.Times {
		if len(t.rounds) > 0 {
			t.settle(r.rounds)
		}
	}
}

// settle compares a peer with einc round by round.
func (t *timing) settle(einc []float64) {
	var x []float64
	for i, n := range t.rounds {
		x = append(x, n/einc[i])
	}
	slices.Sort(x)
	k := outside(len(x))
	t.Nanos = digits(median(t.rounds))
	t.Ratio = ratio{digits(median(x)), digits(x[k]), digits(x[len(x)-1-k])}
}

// digits rounds a positive figure to the five digits that are kept of it.
func digits(x float64) float64 {
	if x <= 0 || math.IsInf(x, 0) {
		return x
	}
	unit := math.Pow(10, math.Floor(math.Log10(x))-4)
	if unit < 1 { // whole multiples of 1/unit, so that the result is written with few digits
		return math.Round(x*math.Round(1/unit)) / math.Round(1/unit)
	}
	return math.Round(x/unit) * unit
}

// outside is how many of n ordered values may be left out at each end so that the rest still span the true
// median with 95 % confidence.
func outside(n int) int {
	p, below := math.Pow(0.5, float64(n)), 0.0
	for k := 0; k < n/2; k++ {
		if below += p; below > 0.025 {
			return max(0, k-1)
		}
		p = p * float64(n-k) / float64(k+1)
	}
	return 0
}

// missed tells whether a bar is out of the interval's reach.
func (b bar) missed(x ratio) bool {
	return x.High < b.Min || b.Both && x.Low > 1/b.Min
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	n := len(x)
	return (x[(n-1)/2] + x[n/2]) / 2
}

// mean is the geometric mean of the ratios to the best of a class.
func (x *suiteResult) mean(m mean) (g float64, rows int) {
	sum := 0.0
	for _, r := range x.Results {
		if t := r.best(m.Class); t != nil && strings.HasPrefix(r.Name, m.rows) {
			sum += math.Log(t.Ratio.Median)
			rows++
		}
	}
	return math.Exp(sum / float64(rows)), rows
}

// classes lists the classes of peers in a suite, those with bars first.
func (x *suiteResult) classes() []string {
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, r := range x.Results {
		for _, b := range r.Bars {
			add(b.Class)
		}
	}
	for _, r := range x.Results {
		for _, t := range r.Times {
			add(t.Class)
		}
	}
	return names
}
