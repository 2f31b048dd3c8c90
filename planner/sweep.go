package planner

// A sweep contracts tensors one by one into a front that it moves through the network, as matrix product states
// and transfer matrices do. On lattices that close on themselves it is near the best there is, while orders
// that cut in two or contract what is cheapest first pay for both sides of every piece.

// front is the part of a graph that a sweep has contracted.
type front struct {
	g       *graph
	holders [][]int32
	left    []int32   // tensors of each index that are outside
	inside  []bool    // of each index: a tensor that has it is in the front
	grows   []float64 // what each tensor would add to the logarithm of the front's size
	met     []int32   // the step in which each tensor became a neighbour, counted from 1; 0: it is none, -1: it is in
	around  []int32   // the neighbours
	work    float64
}

// sweep makes the tree of a sweep from a random tensor: always the neighbour that makes the front grow least,
// and of equal ones the one met last, so that it closes rows before it starts others. It gives up, with
// no tree, when it has done more than most units of work.
func sweep(g *graph, random *rng, most float64) (tree, float64) {
	n := len(g.legs)
	f := &front{g: g, holders: g.incidences(), left: g.holders(), inside: make([]bool, len(g.lg)), grows: make([]float64, n), met: make([]int32, n)}
	for t, legs := range g.legs {
		for _, i := range legs {
			f.grows[t] += f.adds(i)
		}
	}
	steps := make(tree, 0, n-1)
	last := int32(random.below(n))
	f.take(last, 1)
	for k := 1; k < n; k++ {
		if f.work > most {
			return nil, f.work
		}
		t := f.next()
		f.take(t, int32(k+1))
		steps = append(steps, [2]int32{min(t, last), max(t, last)})
		last = int32(n + k - 1)
	}
	return steps, f.work
}

// adds is what an index of a tensor outside adds to the size of the front when that is taken in.
func (f *front) adds(i int32) float64 {
	stays := f.left[i] > 1 || f.g.open[i]
	switch {
	case f.inside[i] && !stays:
		return -f.g.lg[i]
	case !f.inside[i] && stays:
		return f.g.lg[i]
	}
	return 0
}

// take takes a tensor in.
func (f *front) take(t, step int32) {
	f.met[t] = -1
	for _, i := range f.g.legs[t] {
		was := f.adds(i)
		f.inside[i] = true
		f.left[i]--
		change := f.adds(i) - was
		for _, u := range f.holders[i] {
			f.grows[u] += change
			if f.met[u] == 0 {
				f.met[u] = step
				f.around = append(f.around, u)
			}
		}
		f.work += float64(len(f.holders[i])) / 4
	}
}

// next is the tensor to take in: a neighbour or, where there is none, the first that is outside.
func (f *front) next() int32 {
	best := int32(-1)
	kept := f.around[:0]
	for _, t := range f.around {
		if f.met[t] < 0 {
			continue
		}
		kept = append(kept, t)
		if best < 0 || f.grows[t] < f.grows[best]-1e-9 || f.grows[t] < f.grows[best]+1e-9 && f.met[t] > f.met[best] {
			best = t
		}
	}
	f.around = kept
	f.work += float64(len(kept)) / 4
	if best >= 0 {
		return best
	}
	for t, met := range f.met {
		if met == 0 {
			return int32(t)
		}
	}
	return best
}
