package planner

import (
	"cmp"
	"context"
	"math"
	"math/bits"
	"slices"
)

// mostBlock is the most parts of a piece that is polished.
const mostBlock = 10

// block is exact search over few tensors: the parts of a piece of a tree, or all of a small graph. Its
// indices are groups that the same parts have.
type block struct {
	parts   int
	ext     [64]float64 // of each group
	pattern [64]uint32  // parts that have it, and bit 31 if the whole keeps it
	groups  int
	table   [][256]float64 // products of extents by bytes of sets of groups
	legs    []uint64       // of each set of parts
	best    []float64
	split   []uint32
	aim     aim
	write   float64

	plain      []float64 // as best and split, by multiply-adds alone, where both are sought
	plainSplit []uint32
}

const kept = 1 << 31

func newBlock(a aim) *block {
	k := &block{}
	k.seek(a)
	return k
}

// seek sets what trees are sought for.
func (k *block) seek(a aim) { k.aim, k.write = a, math.Exp2(a.write) }

// begin starts anew with a number of parts, at most ExactLimit.
func (k *block) begin(parts int) {
	k.parts, k.groups = parts, 0
	if sets := 1 << parts; len(k.best) < sets {
		k.legs, k.best, k.split = make([]uint64, sets), make([]float64, sets), make([]uint32, sets)
	}
}

// add notes an index by the parts that have it; false if there are too many groups.
func (k *block) add(pattern uint32, lg float64) bool {
	for g, p := range k.pattern[:k.groups] {
		if p == pattern {
			k.ext[g] *= math.Exp2(lg)
			return true
		}
	}
	if k.groups == len(k.pattern) {
		return false
	}
	k.pattern[k.groups], k.ext[k.groups] = pattern, math.Exp2(lg)
	k.groups++
	return true
}

// prepare fills in what does not depend on what trees are sought for.
func (k *block) prepare() {
	k.tabulate()
	k.legsOfSets()
}

// solve finds the best tree of all parts that costs less than a limit, and returns its cost: +Inf if
// there is none.
func (k *block) solve(limit float64) float64 {
	full := uint32(1)<<k.parts - 1
	for set := uint32(1); set <= full; set++ {
		if set&(set-1) != 0 {
			k.search(set, limit)
		} else {
			k.best[set] = 0
		}
	}
	return k.best[full]
}

// legsOfSets finds the legs of each set of parts.
func (k *block) legsOfSets() {
	full, open := uint32(1)<<k.parts-1, uint64(0)
	has := k.legs[:full+1] // at first all groups of each part
	clear(has)
	for g, p := range k.pattern[:k.groups] {
		if p&kept != 0 {
			open |= 1 << g
		}
		for p &= full; p != 0; p &= p - 1 {
			has[p&-p] |= 1 << g
		}
	}
	spread(has, 1, open)
}

// tabulate fills the products of extents.
func (k *block) tabulate() {
	if more := max((k.groups+7)/8, 1) - len(k.table); more > 0 {
		k.table = append(k.table, make([][256]float64, more)...)
	}
	for byte := range k.table {
		t := &k.table[byte]
		t[0] = 1
		some := min(max(k.groups-8*byte, 0), 8) // no set has more
		for bit := some - 1; bit >= 0; bit-- {
			step, ext := 1<<bit, k.ext[8*byte+bit]
			for x := step; x < 1<<some; x += 2 * step { // sets of it and of later ones
				t[x] = t[x-step] * ext
			}
		}
	}
}

// volume is the product of the extents of a set of groups.
func (k *block) volume(x uint64) float64 {
	v := k.table[0][x&255]
	for byte := 1; 8*byte < k.groups; byte++ {
		v *= k.table[byte][x>>(8*byte)&255]
	}
	return v
}

// search finds the best split of a set of parts that costs less than a limit. Of equal ones the first
// met wins.
func (k *block) search(set uint32, limit float64) {
	size := k.volume(k.legs[set])
	extra, scale := 0.0, 1.0
	if k.write != 0 {
		extra = size * k.write
	}
	if k.aim.flat {
		extra, scale = size*size, 0
	}
	look := k.few
	if k.groups > 24 {
		look = k.many
	}
	k.best[set], k.split[set] = math.Inf(1), 0
	if least, split := look(set, limit-extra, scale); split != 0 {
		k.best[set], k.split[set] = least+extra, split
	}
}

// few looks at all splits of a set whose multiply-adds count scale times. It computes what it need not,
// as two products cost less than a branch that goes either way.
func (k *block) few(set uint32, least, scale float64) (float64, uint32) {
	legs, best := k.legs, k.best
	low, mid, high, split := &k.table[0], k.byte(1), k.byte(2), uint32(0)
	for a := (set - 1) & set; a > set&^a; a = (a - 1) & set {
		b := set &^ a
		x := legs[a] | legs[b]
		if c := best[a] + best[b] + low[x&255]*mid[x>>8&255]*(high[x>>16&255]*scale); c < least {
			least, split = c, a
		}
	}
	return least, split
}

// byte is the table of a byte of groups.
func (k *block) byte(n int) *[256]float64 {
	if n < len(k.table) {
		return &k.table[n]
	}
	return &noGroups
}

// noGroups is the table of a byte that no group is in.
var noGroups = [256]float64{1}

// many is few for more than three bytes of groups.
func (k *block) many(set uint32, least, scale float64) (float64, uint32) {
	split := uint32(0)
	for a := (set - 1) & set; a > set&^a; a = (a - 1) & set {
		b := set &^ a
		c := k.best[a] + k.best[b]
		if c >= least {
			continue
		}
		if c += k.volume(k.legs[a]|k.legs[b]) * scale; c < least {
			least, split = c, a
		}
	}
	return least, split
}

// polisher replaces pieces of a tree by the best trees of their parts.
type polisher struct {
	b     *mutableTree
	k     *block
	size  int // parts of a piece
	parts []int32
	pairs []int32  // of the piece, to be used again
	now   int32    // number of the next piece
	tried []int32  // of each node: the last piece below it
	built []int32  // of each pair: the last piece that changed it
	split []uint32 // of each set of parts, in the tree that was found
	timed *network // its target and type tell times; nil if costs are what counts
	times subsets  // of the piece, if they do
	work  float64
}

func newPolisher(b *mutableTree, size int) *polisher {
	return &polisher{b: b, k: newBlock(b.aim), size: min(size, mostBlock), now: 1,
		tried: make([]int32, 2*b.n), built: make([]int32, 2*b.n)}
}

// run polishes, the costliest pairs first, until nothing changes, units of work are spent or ctx ends.
func (p *polisher) run(ctx context.Context, units float64) {
	b := p.b
	order := make([]int32, 0, b.n)
	for change := true; change; {
		change = false
		order = b.order(order)
		slices.SortStableFunc(order, func(x, y int32) int { return cmp.Compare(b.cost[y], b.cost[x]) })
		least := b.total() - 18 // bits: what is cheaper matters to nobody
		for k, v := range order {
			if b.cost[v] < least || p.work > units || k&15 == 0 && ctx.Err() != nil {
				break
			}
			change = p.improve(v) || change
		}
		if p.work > units || ctx.Err() != nil {
			return
		}
	}
}

// improve polishes the piece below pair v.
func (p *polisher) improve(v int32) bool {
	p.grow(v)
	count := len(p.parts)
	p.work += float64(10 * count)
	if count < 3 || p.same(v) || !p.describe(v) {
		return false
	}
	better := p.cheaper
	if p.timed != nil {
		better = p.quicker
	}
	if !better() {
		return false
	}
	p.rebuild(v)
	return true
}

// cheaper looks for a tree of the piece that costs less.
func (p *polisher) cheaper() bool {
	p.work += pieceUnits[len(p.parts)]
	old := 0.0
	for _, x := range p.pairs {
		old += math.Exp2(p.b.cost[x])
	}
	p.k.prepare()
	cost := p.k.solve(old * (1 - 1e-6))
	p.split = p.k.split
	return !math.IsInf(cost, 1)
}

// pieceUnits is the work of a piece by the number of its parts.
var pieceUnits = func() (t [mostBlock + 1]float64) {
	for n := range t {
		t[n] = math.Pow(3, float64(n))/6 + 300
	}
	return t
}()

// same reports whether the piece below v is the one that was tried before.
func (p *polisher) same(v int32) bool {
	before := p.tried[v]
	p.tried[v] = p.now
	p.now++
	return before > 0 && !slices.ContainsFunc(p.pairs, func(x int32) bool { return p.built[x] >= before })
}

// grow finds the piece below v: it opens the largest part that is a pair, until there are enough.
func (p *polisher) grow(v int32) {
	b := p.b
	p.parts = append(p.parts[:0], b.left[v], b.right[v])
	p.pairs = append(p.pairs[:0], v)
	for len(p.parts) < p.size {
		at := -1
		for k, x := range p.parts {
			if x >= b.n && (at < 0 || b.size[x] > b.size[p.parts[at]]) {
				at = k
			}
		}
		if at < 0 {
			return
		}
		x := p.parts[at]
		p.pairs = append(p.pairs, x)
		p.parts[at] = b.left[x]
		p.parts = append(p.parts, b.right[x])
	}
}

// describe tells the block of the piece's indices; false if there are too many kinds.
func (p *polisher) describe(v int32) bool {
	b := p.b
	p.k.begin(len(p.parts))
	whole := b.row(v)
	for w := range b.s.words {
		any := uint64(0)
		for _, x := range p.parts {
			any |= b.row(x)[w]
		}
		for ; any != 0; any &= any - 1 {
			bit := bits.TrailingZeros64(any)
			pattern := uint32(0)
			for k, x := range p.parts {
				pattern |= uint32(b.row(x)[w]>>bit&1) << k
			}
			if whole[w]>>bit&1 != 0 {
				pattern |= kept
			}
			if !p.k.add(pattern, b.s.lg[64*w+bit]) {
				return false
			}
		}
	}
	return true
}

// rebuild gives the piece below v the shape that the block found.
func (p *polisher) rebuild(v int32) {
	b, free := p.b, 1 // pairs[0] is v, which stays on top
	sets := append(make([]uint32, 0, 2*mostBlock), uint32(1)<<len(p.parts)-1)
	nodes := append(make([]int32, 0, 2*mostBlock), v)
	take := func(set uint32) int32 {
		if set&(set-1) == 0 {
			return p.parts[bits.TrailingZeros32(set)]
		}
		x := p.pairs[free]
		free++
		sets, nodes = append(sets, set), append(nodes, x)
		return x
	}
	for k := 0; k < len(sets); k++ {
		x, y := p.split[sets[k]], sets[k]&^p.split[sets[k]]
		b.left[nodes[k]], b.right[nodes[k]] = take(x), take(y)
	}
	for k := len(nodes) - 1; k >= 0; k-- {
		x := nodes[k]
		p.built[x] = p.tried[v]
		if k > 0 {
			p.legs(x, sets[k])
		}
		b.weigh(x)
	}
}

// legs writes the row of pair x, the product of a set of parts.
func (p *polisher) legs(x int32, set uint32) {
	row := p.b.row(x)
	rest := (uint32(1)<<len(p.parts) - 1) &^ set
	for w := range row {
		in, out := uint64(0), uint64(0)
		for k, part := range p.parts {
			if set>>k&1 != 0 {
				in |= p.b.row(part)[w]
			} else if rest>>k&1 != 0 {
				out |= p.b.row(part)[w]
			}
		}
		row[w] = in & (out | p.b.row(p.pairs[0])[w])
	}
}
