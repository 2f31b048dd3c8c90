package planner

import "math"

// partitioning is a way to take a graph apart.
type partitioning struct {
	slack float64     // how far a half may be above half
	leaf  int         // tensors from which on pieces are not cut
	like  greedyScore // of the greedy search for pieces beyond mostBlock
}

// dissector builds a tree by cutting the graph in two along few indices, and the halves again
// (nested dissection).
type dissector struct {
	g       *graph
	how     partitioning
	rng     *rng
	holders []int32
	local   []int32
	block   *block
	steps   tree
	work    float64
}

func dissect(g *graph, how partitioning, a aim, r *rng) (tree, float64) {
	d := &dissector{g: g, how: how, rng: r, holders: g.holders(), local: make([]int32, len(g.lg)), block: newBlock(a)}
	all := make([]int32, len(g.legs))
	for t := range all {
		all[t] = int32(t)
	}
	for i := range d.local {
		d.local[i] = -1
	}
	d.piece(all)
	return d.steps, d.work
}

// piece appends the steps that contract some of the tensors and returns the result's number. Its
// depth is that of a tree whose branches weigh at most 0.9 of their parents.
func (d *dissector) piece(tensors []int32) int32 {
	if len(tensors) == 1 {
		return tensors[0]
	}
	s := d.g.restrict(tensors, d.holders, d.local)
	d.work += float64(20 * len(tensors))
	if len(tensors) <= d.how.leaf {
		return d.splice(d.leafTree(s), tensors)
	}
	parts := s.parts()
	if len(parts) == 1 {
		d.work += float64(600 * len(tensors))
		side := newHypergraph(s).bisect(d.rng, d.how.slack)
		parts = [][]int32{nil, nil}
		for v, k := range side {
			parts[k] = append(parts[k], int32(v))
		}
		if len(parts[0]) == 0 || len(parts[1]) == 0 || max(len(parts[0]), len(parts[1]))*10 > len(tensors)*9 && len(tensors) > 100 {
			like := d.how.like
			t, work := greedily(s, like, d.rng)
			d.work += work
			return d.splice(t, tensors)
		}
	}
	out := make([]int32, len(parts))
	for k, part := range parts {
		for j, v := range part {
			part[j] = tensors[v]
		}
		out[k] = d.piece(part)
	}
	for len(out) > 1 {
		r := int32(len(d.g.legs) + len(d.steps))
		d.steps = append(d.steps, [2]int32{min(out[0], out[1]), max(out[0], out[1])})
		out = append(out[2:], r)
	}
	return out[0]
}

// leafTree orders a small piece.
func (d *dissector) leafTree(s *graph) tree {
	if len(s.legs) <= mostBlock {
		small, _ := s.compact()
		if t, ok := d.block.tree(small); ok {
			d.work += 200
			return t
		}
	}
	t, work := greedily(s, d.how.like, d.rng)
	d.work += work
	return t
}

// splice appends a tree over some of the tensors and returns the result's number.
func (d *dissector) splice(t tree, tensors []int32) int32 {
	d.steps = appendTree(d.steps, t, tensors, len(d.g.legs))
	return int32(len(d.g.legs) + len(d.steps) - 1)
}

// tree finds the best tree of a small graph; false if it is beyond the block's numbers.
func (k *block) tree(g *graph) (tree, bool) {
	k.begin(len(g.legs))
	if !k.describe(g) {
		return nil, false
	}
	k.prepare()
	return k.least(make(tree, 0, k.parts-1))
}

// least finds the best tree of all parts, in an empty one; false if it is beyond the block's numbers.
func (k *block) least(room tree) (tree, bool) {
	full := uint32(1)<<k.parts - 1
	if math.IsInf(k.solve(1e300), 1) {
		return nil, false
	}
	return readTree(k.split, full, room), true
}
