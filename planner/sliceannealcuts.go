package planner

import (
	"math"
	"math/bits"
)

// Changing cuts: one is taken back, and what suits the tree as it is now takes its place. What an index would cost
// to cut, and what it would save, follows for all of them from one walk over the tree: another loop, innermost,
// repeats the steps above the one that sums the index, and results that are too large to be kept for its next turn.

// shift changes the cuts: one is taken back, and up to two others are made, or the same. Where something does not
// fit, it only cuts one more.
func (x *sliceAnnealer) shift(beta float64) {
	x.arrange()
	if x.over {
		if i := x.needed(); i >= 0 {
			x.mark(i, true)
		}
		return
	}
	if len(x.loops) > 0 {
		x.mark(x.loops[x.rng.below(len(x.loops))], false)
	}
	for range 2 {
		i := x.draw(beta)
		if i < 0 {
			return
		}
		x.mark(i, true)
	}
}

// needed is the index that is best cut where something does not fit: the one that costs least for what it saves,
// with some noise; -1 if none helps.
func (x *sliceAnnealer) needed() int32 {
	const noise, least = 0.2, 0.05
	x.weighCuts()
	best, score := int32(-1), math.Inf(1)
	for i, cut := range x.cut {
		if cut || x.saves[i] <= 0 {
			continue
		}
		cost := math.Log2(1+x.more(i)) + least
		relief := -math.Log2(max(1-x.saves[i], 1e-9))
		if s := math.Log2(cost/relief) - noise*x.rng.gumbel(); s < score {
			best, score = int32(i), s
		}
	}
	return best
}

// more is what the loop over an index would add, as a share of the whole.
func (x *sliceAnnealer) more(i int) float64 { return (math.Exp2(x.b.g.lg[i]) - 1) * x.repeats[i] }

// draw picks an index whose cut makes all cheaper, with a probability by how much, or -1 for none.
func (x *sliceAnnealer) draw(beta float64) int32 {
	const price, sharp = 0.1, 4 // bits; times as cold as moves, which are judged by two steps and not by all
	x.weighCuts()
	n, least := len(x.cut), 0.0
	for i := range n {
		x.odds[i] = math.Inf(1)
		if x.cut[i] {
			continue
		}
		if c := math.Log2(max(1+x.more(i)-x.saves[i], 1e-9)) + price; c <= 0 {
			x.odds[i], least = c, min(least, c)
		}
	}
	x.odds[n] = 0
	sum := 0.0
	for i, c := range x.odds {
		x.odds[i] = math.Exp(sharp * beta * (least - c))
		sum += x.odds[i]
	}
	at := x.rng.float() * sum
	for i, p := range x.odds[:n] {
		if at -= p; at < 0 {
			return int32(i)
		}
	}
	return -1
}

// weighCuts finds for each index the shares of the whole cost that a loop over it repeats, and that it saves as
// less is too large.
func (x *sliceAnnealer) weighCuts() {
	b := x.b
	x.whole = b.total()
	clear(x.repeats)
	clear(x.saves)
	clear(x.along)
	for k := len(x.order) - 1; k >= 0; k-- {
		if v := x.order[k]; v != b.root && b.size[v] > x.keeps {
			x.along[v] = x.share(v) + x.along[b.left[v]] + x.along[b.right[v]]
		}
	}
	const least = 1e-7
	x.above[b.root] = 0
	for _, v := range x.order {
		share, l, r := x.share(v), b.left[v], b.right[v]
		x.above[l] = x.above[v] + share + x.along[r]
		x.above[r] = x.above[v] + share + x.along[l]
		if max(share, x.along[l], x.along[r], x.above[v]) > least {
			x.weighCutsOf(v, share, share > least && x.strained(v))
		}
	}
}

// strained reports whether a step takes more memory than there is.
func (x *sliceAnnealer) strained(v int32) bool {
	b, d := x.b, x.depth[v]
	return x.live(b.size[v], x.held(b.left[v], d), x.held(b.right[v], d)) > x.room[d]
}

// share is a step's part of the whole cost.
func (x *sliceAnnealer) share(v int32) float64 {
	if d := x.b.cost[v] - x.whole; d > -30 {
		return math.Exp2(d)
	}
	return 0
}

// weighCutsOf adds what a step tells of its indices.
func (x *sliceAnnealer) weighCutsOf(v int32, share float64, strained bool) {
	b, l, r := x.b, x.b.left[v], x.b.right[v]
	rl, rr, rv := b.row(l), b.row(r), b.row(v)
	for w := range rv {
		for any := rl[w] | rr[w]; any != 0; any &= any - 1 {
			k := bits.TrailingZeros64(any)
			i := b.s.index[64*w+k]
			inL, inR, out := rl[w]>>k&1, rr[w]>>k&1, rv[w]>>k&1
			if inL == 0 {
				x.repeats[i] += x.along[l]
			}
			if inR == 0 {
				x.repeats[i] += x.along[r]
			}
			if out == 0 {
				x.repeats[i] += x.above[v]
			}
			if strained {
				// In all slices together a step that has the index costs what it did, but for the strain.
				e := b.s.lg[64*w+k]
				d := x.depth[v]
				next := x.weight(x.pure[v], b.size[v]-e*float64(out), x.held(l, d)-e*float64(inL), x.held(r, d)-e*float64(inR), d)
				x.saves[i] += share * (1 - math.Exp2(next-b.cost[v]))
			}
		}
	}
}
