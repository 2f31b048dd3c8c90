package planner

import (
	"context"
	"math"
	"math/bits"
)

// Annealing: a move takes pair x = (u,v) below pair p = (x,c) and makes it (u,c), so that p = (x,v).
// It is taken if the cost of the two steps falls, and with probability exp(-beta·rise) if it rises,
// where the rise is in bits (Kalachev et al., 2021).

// annealer anneals a contraction tree.
type annealer struct {
	b       *mutableTree
	rng     *rng
	scratch []uint64
	stack   []int32
	left    []int32 // the best shape of this run
	right   []int32
	root    int32
	best    float64
	work    float64 // units spent
}

func newAnnealer(b *mutableTree, r *rng) *annealer {
	return &annealer{b: b, rng: r, scratch: make([]uint64, b.s.words), stack: make([]int32, 0, b.n),
		left: make([]int32, len(b.left)), right: make([]int32, len(b.right)), best: math.Inf(1)}
}

// moveUnits is the work of a visit, in units of about ten nanoseconds.
func moveUnits(words int) float64 { return 5 + float64(words)/2 }

// cooling is how beta grows: from one bound to the other, at first slowly if even is false.
type cooling struct {
	from, to float64
	even     bool
}

// at is beta when a share of the work is done.
func (c cooling) at(done float64) float64 {
	if !c.even {
		done *= done
	}
	return c.from + (c.to-c.from)*done
}

// run sweeps while beta grows, until units of work are spent or ctx ends, and leaves the tree at the
// best shape of the second half, or the one it had if that is better.
func (a *annealer) run(ctx context.Context, c cooling, units float64) {
	b := a.b
	a.best = math.Inf(1)
	a.keep()
	sweep := moveUnits(b.s.words) * float64(b.n-1)
	sweeps := sweepsIn(units, sweep)
	if b.n < 3 {
		return
	}
	for k := 0; k < sweeps && ctx.Err() == nil; k++ {
		a.sweep(c.at(float64(k) / float64(max(sweeps-1, 1))))
		a.work += sweep
		if 2*k >= sweeps {
			a.keep()
		}
	}
	a.keep()
	b.adopt(a.left, a.right, a.root)
}

// sweepsIn is how many sweeps units of work are, each of which takes so many; of more than anyone waits for, as many as can
// be counted.
func sweepsIn(units, each float64) int {
	const most = 1 << 40
	return int(min(units/each, most))
}

// keep notes the shape if it is the best.
func (a *annealer) keep() {
	t := a.b.total()
	if t >= a.best {
		return
	}
	a.best, a.root = t, a.b.root
	copy(a.left, a.b.left)
	copy(a.right, a.b.right)
}

// sweep offers a move at every pair, from the root down.
func (a *annealer) sweep(beta float64) {
	b, n := a.b, a.b.n
	inverse := 1 / beta
	stack := append(a.stack[:0], b.root)
	for len(stack) > 0 {
		p := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if b.left[p] >= n || b.right[p] >= n {
			a.visit(p, inverse)
		}
		if l := b.left[p]; l >= n {
			stack = append(stack, l)
		}
		if r := b.right[p]; r >= n {
			stack = append(stack, r)
		}
	}
}

// rotation is a move at a pair of x and c, where x is the pair of u and v: x becomes the pair of u and c, and its other
// part is v.
type rotation struct{ x, c, u, v int32 }

// rotation picks one of the moves at pair p, one of whose parts is a pair, by random bits.
func (a *annealer) rotation(p int32, random uint64) rotation {
	b := a.b
	x, c := b.left[p], b.right[p]
	if x < b.n || c >= b.n && random&1 == 0 {
		x, c = c, x
	}
	u, v := b.left[x], b.right[x]
	if random&2 == 0 {
		u, v = v, u
	}
	return rotation{x, c, u, v}
}

// rotate makes a move at pair p, which leaves x of that size and the two of these costs, and the row in scratch.
func (a *annealer) rotate(p int32, m rotation, size, first, second float64) {
	b := a.b
	copy(b.row(m.x), a.scratch)
	b.left[m.x], b.right[m.x] = m.u, m.c
	b.left[p], b.right[p] = m.x, m.v
	b.size[m.x], b.cost[m.x], b.cost[p] = size, first, second
}

// visit offers a random move at pair p, one of whose parts is a pair.
func (a *annealer) visit(p int32, inverse float64) {
	b := a.b
	random := a.rng.next()
	m := a.rotation(p, random)
	x, c, u, v := m.x, m.c, m.u, m.v
	bound := plus(b.cost[x], b.cost[p]) + exponential(random)*inverse
	ru, rc := b.row(u), b.row(c)
	first := b.s.union(ru, rc)
	if first > bound && !b.aim.flat {
		return
	}
	size, second := b.s.swap(a.scratch, ru, rc, b.row(v), b.row(p))
	if !b.aim.plain() {
		first, second = b.aim.step(first, size), b.aim.step(second, b.size[p])
	}
	if plus(first, second) <= bound {
		a.rotate(p, m, size, first, second)
	}
}

// log2Table is log2(1+m/256).
var log2Table = func() (t [256]float32) {
	for m := range t {
		t[m] = float32(math.Log2(1 + (float64(m)+0.5)/256))
	}
	return t
}()

// log2 is about the binary logarithm of a positive number, within 0.003.
func log2(x float64) float64 {
	b := math.Float64bits(x)
	return float64(int(b>>52)-1023) + float64(log2Table[b>>44&255])
}

// exponential makes of random bits a number that is distributed as -ln of a uniform one.
func exponential(random uint64) float64 {
	zeros := bits.LeadingZeros64(random | 1<<12)
	return (float64(zeros+1) - float64(log2Table[random>>4&255])) * math.Ln2
}
