package planner

import (
	"cmp"
	"context"
	"math"
	"math/bits"
	"slices"
)

// mostBlock is the most tensors of which every tree is looked at.
const mostBlock = 10

// block is exact search over few tensors: the parts of a piece of a bush, or all of a small graph. Its
// indices are groups that the same parts have.
type block struct {
	parts   int
	ext     [64]float64 // of each group
	pattern [64]uint32  // parts that have it, and bit 31 if the whole keeps it
	groups  int
	table   [8][256]float64 // products of extents by bytes of sets of groups
	legs    []uint64        // of each set of parts
	best    []float64
	split   []uint32
	aim     aim
	write   float64
}

const kept = 1 << 31

func newBlock(a aim) *block {
	k := &block{aim: a, write: math.Exp2(a.write)}
	k.legs, k.best, k.split = make([]uint64, 1<<mostBlock), make([]float64, 1<<mostBlock), make([]uint32, 1<<mostBlock)
	return k
}

// begin starts anew with a number of parts.
func (k *block) begin(parts int) { k.parts, k.groups = parts, 0 }

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

// solve finds the best tree of all parts and returns its cost, which may be +Inf.
func (k *block) solve() float64 {
	k.tabulate()
	full := uint32(1)<<k.parts - 1
	for set := uint32(1); set <= full; set++ {
		legs := uint64(0)
		for g, p := range k.pattern[:k.groups] {
			if p&set != 0 && (p&^set != 0) {
				legs |= 1 << g
			}
		}
		k.legs[set] = legs
		if set&(set-1) != 0 {
			k.search(set)
		} else {
			k.best[set] = 0
		}
	}
	return k.best[full]
}

// tabulate fills the products of extents.
func (k *block) tabulate() {
	for byte := 0; byte == 0 || 8*byte < k.groups; byte++ {
		t := &k.table[byte]
		t[0] = 1
		for x := 1; x < 256; x++ {
			g := 8*byte + bits.TrailingZeros(uint(x))
			t[x] = t[x&(x-1)]
			if g < k.groups {
				t[x] *= k.ext[g]
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

// search finds the best split of a set of parts. Of equal ones the first met wins.
func (k *block) search(set uint32) {
	size := k.volume(k.legs[set])
	extra, scale := 0.0, 1.0
	if k.write != 0 {
		extra = size * k.write
	}
	if k.aim.flat {
		extra, scale = size*size, 0
	} else if over := math.Log2(size) - k.aim.room; over > 0 {
		scale = math.Exp2(k.aim.steep * over)
	}
	best, split := math.Inf(1), uint32(0)
	for a := (set - 1) & set; a > set&^a; a = (a - 1) & set {
		c := k.best[a] + k.best[set&^a]
		if c >= best {
			continue
		}
		step := extra
		if scale != 0 {
			step = (k.volume(k.legs[a]|k.legs[set&^a]) + extra) * scale
		}
		if c += step; c < best {
			best, split = c, a
		}
	}
	k.best[set], k.split[set] = best, split
}

// polisher replaces pieces of a bush by the best trees of their parts.
type polisher struct {
	b     *bush
	k     *block
	size  int // parts of a piece
	parts []int32
	pairs []int32 // of the piece, to be used again
	work  float64
}

func newPolisher(b *bush, size int) *polisher {
	return &polisher{b: b, k: newBlock(b.aim), size: min(size, mostBlock)}
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
	if count < 3 || !p.describe(v) {
		return false
	}
	p.work += math.Pow(3, float64(count))/8 + 200
	old := 0.0
	for _, x := range p.pairs {
		old += math.Exp2(p.b.cost[x])
	}
	if found := p.k.solve(); !(found < old*(1-1e-6)) {
		return false
	}
	p.rebuild(v)
	return true
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
		x, y := p.k.split[sets[k]], sets[k]&^p.k.split[sets[k]]
		b.left[nodes[k]], b.right[nodes[k]] = take(x), take(y)
	}
	for k := len(nodes) - 1; k >= 0; k-- {
		x := nodes[k]
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
