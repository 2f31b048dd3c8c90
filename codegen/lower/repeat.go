package lower

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/planner/cost"
)

// Repeated short rows. In D[a,b,c] = X[a,c] - M[b,c], c short, the output and M are contiguous over (b,c),
// and X repeats itself. The two axes become one, over which X has a period: as many vectors as
// hold whole periods are put together in registers once for every a, and serve all of b.

// maxRepeat bounds the vectors that hold whole periods.
const maxRepeat = 8

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
// their short unit-stride rows of y along x.
func (k *kernel) repeats(x, y int, lanes int64) bool {
	a, b := &k.axes[x], &k.axes[y]
	if b.extent%lanes == 0 || b.extent > 2*lanes || lcm(b.extent, lanes)/lanes > maxRepeat || a.pinned || b.pinned || a.clamp != nil || b.clamp != nil {
		return false
	}
	some := false
	for i := range a.at {
		switch {
		case a.at[i].n == b.extent*b.at[i].n:
		case i > 0 && i <= k.inputs && a.at[i].n == 0 && b.at[i].n == 1:
			some = true
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
		first := e.b.LoadActive(e.addr(acc, point{}, e.lanes), loop.Const(1), int(e.lanes), int(min(period, e.lanes)))
		second := first
		if period > e.lanes {
			a := e.addr(acc, point{}, e.lanes)
			a.Off.Const += e.lanes
			second = e.b.LoadActive(a, loop.Const(1), int(e.lanes), int(period-e.lanes))
		}
		for c := range e.cols {
			pick := make([]int, e.lanes)
			for j := range pick {
				pick[j] = int((c*e.lanes + int64(j)) % period)
			}
			vecs[acc] = append(vecs[acc], e.b.Shuffle(first, second, pick))
		}
	}
	return vecs
}

func lcm(a, b int64) int64 {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	return a / x * b
}
