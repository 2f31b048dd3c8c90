package lower

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/planner/cost"
)

// Repeated short rows. In D[a,b,c] = X[a,c] - M[b,c], c short, the output and M are contiguous over (b,c),
// and X repeats itself. The two axes become one, over which X has a period: as many vectors as
// hold whole periods are put together in registers once for every a, and serve all of b.

// repeatRows makes one axis of two free axes where that gives full vectors in place of short rows.
func (k *kernel) repeatRows(t cost.Target) {
	if k.reduces || k.runtime || k.hasOld {
		return
	}
	lanes := k.vectorLanes(t)
	for _, y := range k.free {
		for _, x := range k.free {
			if x != y && k.repeats(x, y, lanes) && (k.masks(t) || k.axes[x].extent*k.axes[y].extent%lanes == 0) {
				k.mergeRepeated(x, y)
				return
			}
		}
	}
}

// repeats tells whether axes x and y compose in the output and in every input, but for those that repeat
// their short rows of y along x. Rows of whole vectors are none to repeat, unless they lie across.
func (k *kernel) repeats(x, y int, lanes int64) bool {
	a, b := &k.axes[x], &k.axes[y]
	if lcm(b.extent, lanes)/lanes > cost.MostRepeats || a.pinned || b.pinned || a.clamp != nil || b.clamp != nil {
		return false
	}
	some := false
	for i := range a.at {
		switch {
		case a.at[i].n == b.extent*b.at[i].n:
			if i > 0 && i <= k.inputs && b.at[i].n != 0 && b.at[i].n != 1 {
				return false // tiles had better turn it around
			}
		case i > 0 && i <= k.inputs && a.at[i].n == 0:
			across := b.at[i].n != 1
			if across && a.extent < cost.LeastRepeats {
				return false
			}
			some = some || b.extent%lanes > 0 || across
		default:
			return false
		}
	}
	return some && b.at[0].n == 1 && a.extent*b.extent >= lcm(b.extent, lanes)
}

// mergeRepeated makes y the axis that runs over x and y.
func (k *kernel) mergeRepeated(x, y int) {
	b := &k.axes[y]
	for i, s := range k.axes[x].at {
		if s.n != b.extent*b.at[i].n {
			b.at[i].period = b.extent
		}
	}
	k.merge(x, y)
	for i, id := range k.free {
		if id == x {
			k.free = append(k.free[:i:i], k.free[i+1:]...)
			return
		}
	}
}

// repeatTile makes the tile of a kernel with an axis that repeats: whole periods.
func (k *kernel) repeatTile(s *shape, t cost.Target) bool {
	for _, id := range k.free {
		for _, at := range k.axes[id].at {
			if at.period == 0 {
				continue
			}
			s.col, s.lanes = id, k.repeatLanes(id, t)
			s.cols = lcm(at.period, s.lanes) / s.lanes
			s.unit = 2
			return true
		}
	}
	return false
}

// repeatLanes is the width of vectors along an axis that repeats. Vectors of half the width can be
// streamed where rows of the output are not multiples of whole ones.
func (k *kernel) repeatLanes(id int, t cost.Target) int64 {
	lanes := k.vectorLanes(t)
	size := int64(k.accs[0].DType.Size())
	for _, x := range k.free {
		if n := k.axes[x].at[0].n; x != id && n%lanes != 0 && n%(lanes/2) == 0 && lanes*size == lineBytes {
			return lanes / 2
		}
	}
	return lanes
}

// repeated gives the vectors of whole periods of every input that repeats, made before the loop over
// the columns.
func (e *emitter) repeated() map[int][]loop.Reg {
	vecs := map[int][]loop.Reg{}
	for acc := 1; acc <= e.inputs; acc++ {
		period := e.axes[e.col].at[acc].period
		if period == 0 {
			continue
		}
		vecs[acc] = e.periods(acc, period)
	}
	return vecs
}

// periods gives the vectors of an input that hold whole periods. Those of a short one are shuffled out of the one or two
// vectors that hold it; of a longer one, those that go on from its beginning out of two.
func (e *emitter) periods(acc int, period int64) (vecs []loop.Reg) {
	load := func(item, n int64) loop.Reg {
		a, by := e.addr(acc, point{}, e.lanes), e.axes[e.col].at[acc].n
		a.Off.Const += item * by
		return e.b.LoadActive(a, loop.Const(by), int(e.lanes), int(min(n, e.lanes)%e.lanes))
	}
	first := load(0, period)
	second, short := first, period < 2*e.lanes && period != e.lanes
	if short && period > e.lanes {
		second = load(e.lanes, period-e.lanes)
	}
	for c := range e.cols {
		switch at := c * e.lanes % period; {
		case short:
			vecs = append(vecs, e.choose(first, second, func(j int64) int64 { return (at + j) % period }))
		case at == 0:
			vecs = append(vecs, first)
		case at+e.lanes <= period:
			vecs = append(vecs, load(at, e.lanes))
		default:
			left := period - at
			vecs = append(vecs, e.choose(load(at, left), first, func(j int64) int64 {
				if j >= left {
					return e.lanes + j - left
				}
				return j
			}))
		}
	}
	return vecs
}

// choose makes a vector of lanes of two.
func (e *emitter) choose(x, y loop.Reg, lane func(int64) int64) loop.Reg {
	pick := make([]int, e.lanes)
	for j := range pick {
		pick[j] = int(lane(int64(j)))
	}
	return e.b.Shuffle(x, y, pick)
}

func lcm(a, b int64) int64 {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	return a / x * b
}
