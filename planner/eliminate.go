package planner

// eliminationScore is how an elimination values indices.
type eliminationScore struct {
	fill bool    // by the pairs of indices that meet for the first time, else by the size of the union
	heat float64 // strength of the noise
}

// eliminator contracts, again and again, all tensors that have one index.
type eliminator struct {
	*pool
	like    eliminationScore
	rng     *rng
	version []int32 // of each index: the last score that counts
	seen    []int32 // of each index: the last union that met it
	round   int32
	heap    heap
}

// eliminate builds a tree by eliminating indices, the one with the best score first. There is none
// if that takes more than most units of work: tensors are large then.
func eliminate(g *graph, like eliminationScore, r *rng, most float64) (tree, float64) {
	e := &eliminator{pool: newPool(g), like: like, rng: r,
		version: make([]int32, len(g.lg)), seen: make([]int32, len(g.lg))}
	for i := range g.lg {
		if e.heap = append(e.heap, e.score(int32(i))); e.work > most {
			return nil, e.work
		}
	}
	e.heap.init()
	for len(e.heap) > 0 {
		c := e.heap.pop()
		if c.b != e.version[c.a] || e.holders[c.a] < 2 {
			continue
		}
		t := e.merge(e.holdersOf(c.a))
		for _, i := range e.legs[t] {
			if e.work > most {
				return nil, e.work
			}
			if e.holders[i] > 1 {
				e.version[i]++
				e.heap.push(e.score(i))
			}
		}
	}
	return e.multiply(), e.work
}

// score values an index: what the tensors that have it span together, in bits.
func (e *eliminator) score(i int32) choice {
	e.round++
	union, apart, steps := 0.0, 0.0, 0
	for _, t := range e.holdersOf(i) {
		steps += len(e.legs[t])
		for _, l := range e.legs[t] {
			if e.seen[l] != e.round {
				e.seen[l] = e.round
				union += e.g.lg[l]
			}
		}
		apart += e.size[t] * e.size[t]
	}
	e.work += float64(steps) / 2
	score := union
	if e.like.fill {
		score = union*union - apart
	}
	if e.like.heat > 0 {
		noise := -e.like.heat * e.rng.gumbel()
		if e.like.fill {
			noise *= max(union, 1)
		}
		score += noise
	}
	return choice{score, union, i, e.version[i]}
}
