package planner

import (
	"cmp"
	"math"
	"slices"
)

// account is what the steps of a tree cost, each in logarithms.
type account struct {
	flops, size []float64 // of each step
}

// total is log2 of all multiply-adds.
func (a *account) total() float64 { return logSum(a.flops) }

// audit measures the steps of a tree.
func audit(g *graph, t tree) *account {
	a := &account{make([]float64, 0, len(t)), make([]float64, 0, len(t))}
	measure(g, t, func(x *extents) {
		a.flops, a.size = append(a.flops, x.flops), append(a.size, x.size)
	})
	return a
}

// walk calls f with the legs of the two operands and the result of each step. They are f's to read
// until it returns.
func walk(g *graph, t tree, f func(a, b, out []int32, flops float64)) {
	w := newWalker(g, t)
	for _, p := range t {
		out, flops := g.join(w.legs[p[0]], w.legs[p[1]], w.space(), w.holders)
		f(w.legs[p[0]], w.legs[p[1]], out, flops)
		w.replace(p, out)
	}
}

// measure calls f with the extents of each step.
func measure(g *graph, t tree, f func(x *extents)) {
	w := newWalker(g, t)
	for _, p := range t {
		a, b := w.legs[p[0]], w.legs[p[1]]
		if len(a) < len(b) {
			p[0], p[1], a, b = p[1], p[0], b, a
		}
		if !hubbed(len(a), len(b)) {
			out, x := g.joinExtents(a, b, w.space(), w.holders)
			f(&x)
			w.replace(p, out)
			continue
		}
		if int(p[0]) < len(g.legs) {
			a = slices.Clone(a)
		}
		size, known := w.size[p[0]]
		if !known {
			size = g.size(a)
		}
		out, _, x := g.absorb(a, b, size, w.holders, nil)
		f(&x)
		w.legs[p[0]] = nil // the result has its space
		w.replace(p, out)
		if w.size == nil {
			w.size = map[int32]float64{}
		}
		delete(w.size, p[0])
		w.size[int32(len(w.legs)-1)] = x.size
	}
}

// walker is the legs of what is not contracted yet.
type walker struct {
	n       int
	legs    [][]int32
	holders []int32
	free    [][]int32         // space of results that are gone
	size    map[int32]float64 // of results that were made in place
}

func newWalker(g *graph, t tree) *walker {
	return &walker{n: len(g.legs), holders: g.holders(),
		legs: append(make([][]int32, 0, len(g.legs)+len(t)), g.legs...)}
}

// space is room for the legs of a result.
func (w *walker) space() []int32 {
	if len(w.free) == 0 {
		return nil
	}
	s := last(w.free)
	w.free = w.free[:len(w.free)-1]
	return s[:0]
}

// replace appends a result in place of its operands.
func (w *walker) replace(p [2]int32, out []int32) {
	w.legs = append(w.legs, out)
	for _, x := range p {
		if int(x) >= w.n && w.legs[x] != nil {
			w.free = append(w.free, w.legs[x])
		}
		w.legs[x] = nil
	}
}

// appraise is log2 of what a tree costs by an aim.
func appraise(g *graph, t tree, a aim) float64 {
	acc := audit(g, t)
	for k, f := range acc.flops {
		acc.flops[k] = a.step(f, acc.size[k])
	}
	return acc.total()
}

// elements is 2^lg, a whole number as far as floats know those, and never beyond them.
func elements(lg float64) float64 {
	v := math.Exp2(min(lg, 1000))
	if v < 1<<52 {
		return math.Round(v)
	}
	return v
}

// leastPeak is the least memory, in elements, that a tree takes in an order that finishes a branch before it
// begins the next (J. W. H. Liu, 1986). sizes are log2 of the elements of each step's result.
func leastPeak(t tree, n int, sizes []float64) float64 {
	if len(t) == 0 {
		return 0
	}
	_, peak := branches(t, n, sizes)
	return peak
}

// economicOrder lists the steps in the order that takes as little as leastPeak.
func economicOrder(t tree, n int, sizes []float64) []int32 {
	if len(t) == 0 {
		return nil
	}
	first, _ := branches(t, n, sizes)
	return branchOrder(first, n)
}

// branches puts the part of each step that is to be done first in front, and returns the peak.
func branches(t tree, n int, sizes []float64) (first tree, most float64) {
	size, peak := make([]float64, len(t)), make([]float64, len(t))
	first = make(tree, len(t))
	inner := func(x int32) (float64, float64) {
		if int(x) < n {
			return 0, 0
		}
		return size[int(x)-n], peak[int(x)-n]
	}
	for k, p := range t {
		size[k] = elements(sizes[k])
		sa, pa := inner(p[0])
		sb, pb := inner(p[1])
		first[k] = p
		if pb-sb > pa-sa {
			first[k] = [2]int32{p[1], p[0]}
			sa, pa, sb, pb = sb, pb, sa, pa
		}
		peak[k] = max(pa, sa+pb, sa+sb+size[k])
	}
	return first, peak[len(t)-1]
}

// branchOrder lists the steps below the last one, branch by branch.
func branchOrder(first tree, n int) []int32 {
	order := make([]int32, 0, len(first)) // users first, the part to do last before the other
	stack := []int32{int32(len(first) - 1)}
	for len(stack) > 0 {
		k := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		order = append(order, k)
		for _, x := range first[k] {
			if int(x) >= n {
				stack = append(stack, x-int32(n))
			}
		}
	}
	slices.Reverse(order)
	return order
}

// renumber lists the steps of a tree in another order.
func renumber(t tree, n int, order []int32) tree {
	number := make([]int32, len(t))
	for at, k := range order {
		number[k] = int32(n + at)
	}
	out := make(tree, len(t))
	for at, k := range order {
		for side, x := range t[k] {
			if int(x) >= n {
				x = number[int(x)-n]
			}
			out[at][side] = x
		}
		slices.SortFunc(out[at][:], cmp.Compare[int32])
	}
	return out
}
