package planner

import (
	"math"
	"math/bits"
	"slices"

	"github.com/einc-lang/einc/planner/cost"
)

// hopeless is added to the cost of a result beyond the byte limit, so that the search avoids it wherever it can: nanoseconds
// that nobody waits, beside which seconds still count, as slices may follow the best of trees that all have such results.
const hopeless = 1e25

// subsets is the state of the exact search: a row for every set of factors.
type subsets struct {
	n     *network
	words int       // of a row of legs
	ext   []float64 // of each group of indices
	legs  []uint64  // rows of the groups that the contraction of a set keeps
	size  []float64 // elements of it
	best  []float64 // least time to compute it, without what every step takes
	split []uint32  // one of the two sets it is then made of
	rest  []float64 // least time to read all factors beside it and to write the last result
	limit float64   // on the cost of the whole
	last  float64   // least time of the last step
	bound cost.Bound
	bytes float64  // of an element
	known []priced // the last pairs that were priced, by a hash of their extents
	round int      // the number of this search

	holders []incidence // of each group
	number  []int32     // 1 + the group, by factors and by whether it is open
	sets    []uint32    // of the vertices of a tree
}

// priced is the time of a pair by the products of the extents of its classes; +Inf if it is only known to be no less than least.
type priced struct {
	b, m, n, k, nanos, least float64
	round                    int // the search that found it
}

// exact finds a tree of least estimated time by looking at every split of every subset of the factors,
// outer products included, that can be part of a tree that takes no longer than a greedy one. Of equal splits
// the first met wins. The time is at most 3^n; n is at most ExactLimit.
func (d *draft) exact(n *network) (tree, error) {
	count := len(n.legs)
	switch count {
	case 0, 1:
		return nil, nil
	case 2:
		return append(d.pairs.Empty(1), [2]int32{0, 1}), nil
	}
	s := d.subsets.begin(n)
	full := uint32(1)<<count - 1
	s.bind(full)
	for set := uint32(3); set <= full; set++ {
		if bits.OnesCount32(set) < 2 {
			continue
		}
		s.search(set, full)
		if err := d.spend(1 << bits.OnesCount32(set)); err != nil {
			return nil, err
		}
	}
	if math.IsInf(s.best[full], 1) { // costs are more than floats hold
		t, _ := greedily(n.graph(), greedyScore{c: 1}, nil)
		return t, nil
	}
	return readTree(s.split, full, d.pairs.Empty(count-1)), nil
}

// greedy is the cost of a tree as search counts it, and of its last step: of the tree that contracts the pair whose product takes
// least memory more than its operands, again and again. The splits are those of this tree.
func (s *subsets) greedy(full uint32) (cost, last float64) {
	var room [ExactLimit]uint32
	parts := room[:0]
	for set := uint32(1); set < full; set <<= 1 {
		parts = append(parts, set)
	}
	for len(parts) > 1 {
		i, j := s.leastGrowth(parts)
		a, b := parts[i], parts[j]
		last = s.step(a, b, full)
		cost += last
		s.split[a|b] = max(a, b)
		parts[i] = a | b
		parts = slices.Delete(parts, j, j+1)
	}
	return cost, last
}

// leastGrowth finds the two parts whose product takes least memory more than they do.
func (s *subsets) leastGrowth(parts []uint32) (first, second int) {
	least := math.Inf(1)
	for j, b := range parts {
		for i, a := range parts[:j] {
			if more := s.size[a|b] - s.size[a] - s.size[b]; more < least || second == 0 {
				first, second, least = i, j, more
			}
		}
	}
	return first, second
}

// price is the cost of a tree as search counts it; +Inf for none.
func (s *subsets) price(t tree) float64 {
	if t == nil {
		return math.Inf(1)
	}
	sets := s.sets[:0]
	for f := range s.n.legs {
		sets = append(sets, 1<<f)
	}
	cost := 0.0
	full := uint32(1)<<len(s.n.legs) - 1
	for _, p := range t {
		a, b := sets[p[0]], sets[p[1]]
		sets = append(sets, a|b)
		cost += s.step(a, b, full)
	}
	s.sets = sets
	return cost
}

// step is the cost of a pair.
func (s *subsets) step(a, b, full uint32) float64 {
	batch, k := s.shared(a, b, a|b)
	return s.extra(a|b, full) + s.nanos(a, b, batch, k, math.Inf(1))
}

// extra is added to the cost of a result that is too large, but for the last one.
func (s *subsets) extra(set, full uint32) float64 {
	if set != full && s.size[set]*s.bytes > float64(maxBytes) {
		return hopeless
	}
	return 0
}

// Searches remember at least and at most so many pairs: powers of two.
const leastKnown, mostKnown = 64, 256

// begin groups indices that the same factors have, and fills in legs and sizes, in the place of an earlier search.
func (s *subsets) begin(n *network) *subsets {
	s.n, s.last, s.bound, s.bytes = n, 0, n.model.Bound(n.dtype), float64(n.dtype.Size())
	s.group()
	s.words = (len(s.holders) + 63) / 64
	rows := 1 << len(n.legs)
	if s.round++; len(s.known) < min(rows, mostKnown) {
		s.known = make([]priced, min(max(rows, leastKnown), mostKnown))
	}
	s.legs, s.size = resized(s.legs, rows*s.words), resized(s.size, rows)
	s.best, s.split = resized(s.best, rows), resized(s.split, rows)
	for g, h := range s.holders {
		for f := h.factors; f != 0; f &= f - 1 {
			s.legs[int(f&-f)*s.words+g/64] |= 1 << (g % 64)
		}
	}
	for w := range s.words {
		open := uint64(0)
		for g, h := range s.holders[64*w : min(64*w+64, len(s.holders))] {
			if h.open {
				open |= 1 << g
			}
		}
		spread(s.legs[w:], s.words, open)
	}
	for set := range s.size {
		s.size[set] = s.volume(s.legs[set*s.words:][:s.words])
	}
	s.bounds()
	return s
}

// bounds fills in what it takes at least to read all factors that are not in a set and to write the last result.
func (s *subsets) bounds() {
	full := len(s.size) - 1
	s.rest = resized(s.rest, full+1)
	s.rest[0] = s.move(uint32(full))
	for bit := 1; bit <= full; bit <<= 1 {
		s.rest[0] += s.move(uint32(bit))
	}
	for set := 1; set <= full; set++ {
		s.rest[set] = s.rest[set&(set-1)] - s.move(uint32(set&-set))
	}
}

// move is a time that it takes at least to read or write a result or a factor.
func (s *subsets) move(set uint32) float64 { return s.bound.Nanos(0, s.size[set]*s.bytes) }

// most is what a set may cost at most in a tree within the limit; by what the last step takes, in one that is as good as that.
func (s *subsets) most(set, full uint32) float64 {
	if set == full {
		return s.limit
	}
	return min(s.limit-s.rest[set]-s.move(set), alikeCost*s.limit-s.last)
}

// bind sets the limit to the cost of a greedy tree, and finds what the last step takes at least, whatever it multiplies, where it is
// most of that: of trees with a large result.
func (s *subsets) bind(full uint32) {
	cost, last := s.greedy(full)
	s.limit, s.last = cost*(1+1e-9), 0
	if last < cost/2 {
		return
	}
	s.last = last
	for a := (full - 1) & full; a > full&^a; a = (a - 1) & full {
		s.last = min(s.last, s.within(0, a, full&^a, s.last))
	}
}

// volume is the product of the extents of a set of groups.
func (s *subsets) volume(row []uint64) float64 {
	v := 1.0
	for w, x := range row {
		for ; x != 0; x &= x - 1 {
			v *= s.ext[w*64+bits.TrailingZeros64(x)]
		}
	}
	return v
}

// spread makes a word of the legs of every set of tensors from those of single ones: the groups that the
// set has and that something outside has too, or that are open. Words are stride apart.
func spread(legs []uint64, stride int, open uint64) {
	sets := (len(legs) + stride - 1) / stride
	for set := 1; set < sets; set++ {
		legs[set*stride] |= legs[(set&(set-1))*stride] | legs[(set&-set)*stride]
	}
	for set := range sets / 2 {
		in, out := &legs[set*stride], &legs[(sets-1-set)*stride]
		*in, *out = *in&(*out|open), *out&(*in|open)
	}
}

// incidence is what tells groups of indices apart.
type incidence struct {
	factors uint32
	open    bool
}

// group finds the distinct incidences of indices, in the order of the indices, and their extents.
func (s *subsets) group() {
	all := resized(s.holders, len(s.n.ext)) // of each index at first
	for f, legs := range s.n.legs {
		for _, l := range legs {
			all[l].factors |= 1 << f
		}
	}
	s.number = resized(s.number, 2<<len(s.n.legs))
	s.ext = s.ext[:0]
	for l, h := range all {
		h.open = s.n.open[l]
		at := 2 * h.factors
		if h.open {
			at++
		}
		if s.number[at] == 0 {
			all[len(s.ext)] = h
			s.ext = append(s.ext, 1)
			s.number[at] = int32(len(s.ext))
		}
		s.ext[s.number[at]-1] *= s.n.ext[l]
	}
	s.holders = all[:len(s.ext)]
}

// search finds the best split of set, all of whose subsets are done; best is +Inf if every split
// exceeds the limit. Most splits need no estimate, as a bound tells that they do.
func (s *subsets) search(set, full uint32) {
	extra := s.extra(set, full)
	s.best[set] = math.Inf(1)
	most := s.most(set, full)
	if extra+s.bound.Nanos(s.size[set], s.size[set]*s.bytes) >= most { // a multiply-add for each element at least
		return
	}
	for a := (set - 1) & set; a > set&^a; a = (a - 1) & set {
		b := set &^ a
		c := s.best[a] + s.best[b] + extra
		if c >= most {
			continue
		}
		if c = s.within(c, a, b, most); c < most {
			most, s.best[set], s.split[set] = c, c, a
		}
	}
}

// within adds the time to contract sets a and b to a cost; or some of it, where that tells that the whole is not below most.
func (s *subsets) within(c float64, a, b uint32, most float64) float64 {
	batch, k := s.shared(a, b, a|b)
	points := s.size[a] * s.size[b] / (batch * k)
	if least := c + s.bound.Nanos(points, (s.size[a]+s.size[b]+s.size[a|b])*s.bytes); least >= most {
		return least
	}
	return c + s.nanos(a, b, batch, k, most-c)
}

// nanos is the time to contract sets a and b, which share a batch and sum over k, beyond what every step
// takes: all trees have as many steps, and limits are tighter so. It may be +Inf if it is not below most.
func (s *subsets) nanos(a, b uint32, batch, k, most float64) float64 {
	return s.pair(batch, s.size[a]/batch/k, s.size[b]/batch/k, k, most+s.bound.Fixed) - s.bound.Fixed
}

// pair is the time of a pair by the products of the extents of its classes. It may be +Inf if it is not below most.
func (s *subsets) pair(batch, m, n, k, most float64) float64 {
	m, n = min(m, n), max(m, n)
	hash := math.Float64bits(batch) + 3*math.Float64bits(m) + 5*math.Float64bits(n) + 7*math.Float64bits(k)
	p := &s.known[mix(hash)&uint64(len(s.known)-1)]
	if p.round == s.round && p.b == batch && p.m == m && p.n == n && p.k == k && (p.nanos < math.Inf(1) || most <= p.least) {
		return p.nanos
	}
	*p = priced{batch, m, n, k, s.n.nanosWithin(batch, m, n, k, most), most, s.round}
	return p.nanos
}

// shared is the product of the extents that sets a and b both have and their product, set, keeps, and
// of those that it sums.
func (s *subsets) shared(a, b, set uint32) (batch, k float64) {
	batch, k = 1, 1
	for w := range s.words {
		at := func(row uint32) uint64 { return s.legs[int(row)*s.words+w] }
		both, out := at(a)&at(b), at(set)
		for x := both; x != 0; x &= x - 1 {
			if g := bits.TrailingZeros64(x); out>>g&1 != 0 {
				batch *= s.ext[w*64+g]
			} else {
				k *= s.ext[w*64+g]
			}
		}
	}
	return batch, k
}

// readTree reads a tree of all factors off the splits of sets of them, into an empty one.
func readTree(split []uint32, full uint32, t tree) tree {
	type branch struct {
		set    uint32
		first  int // of a pair: where its parts are
		number int32
	}
	var room [2 * ExactLimit]branch
	order, count := append(room[:0], branch{set: full}), bits.OnesCount32(full) // parents before children
	for i := 0; i < len(order); i++ {
		if set := order[i].set; set&(set-1) != 0 {
			order[i].first = len(order)
			order = append(order, branch{set: split[set]}, branch{set: set &^ split[set]})
		}
	}
	for i := len(order) - 1; i >= 0; i-- {
		p := &order[i]
		if p.first == 0 {
			p.number = int32(bits.TrailingZeros32(p.set))
			continue
		}
		a, b := order[p.first].number, order[p.first+1].number
		p.number = int32(count + len(t))
		t = append(t, [2]int32{min(a, b), max(a, b)})
	}
	return t
}
