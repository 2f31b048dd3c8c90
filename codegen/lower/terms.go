package lower

import (
	"cmp"
	"slices"

	"github.com/einc-lang/einc/planner/cost"
)

// The order of terms. Loops over them are nested before a tile is chosen: which lines of the inputs are used up while they are near depends
// on it, and which axis vectors may run along.

// sortTerms puts the reduced axes in order: by the inputs' strides, and by those of the largest before others if memory is read for it
// above all; or so that lines are used up while they are in a cache.
func (k *kernel) sortTerms() {
	lo, hi := 1, 1+k.inputs
	byStrides := func(a, b int) int { return cmp.Compare(k.reach(b, lo, hi), k.reach(a, lo, hi)) }
	slices.SortStableFunc(k.red, byStrides)
	if k.runtime || len(k.red) < 2 {
		return
	}
	if most := k.outweighs(); most > 0 {
		lo, hi = most, most+1
		slices.SortStableFunc(k.red, byStrides)
	}
	if near := k.neighbours(); near != nil {
		k.nearInside(near)
	} else if !k.shape(k.l.target).copying {
		k.nestTerms()
	}
}

// outweighs is the input that is so much larger than the others, and than what stays in a cache, that memory had better be read as it
// lies; 0 if none is.
func (k *kernel) outweighs() int {
	var bytes [2]int64
	if k.inputs != 2 {
		return 0
	}
	for i := range bytes {
		bytes[i] = k.bytes(1 + i)
	}
	for i := range bytes {
		if k.isLarge(1+i) && bytes[i] >= cost.Outweighs*bytes[1-i] {
			return 1 + i
		}
	}
	return 0
}

// neighbours lists the reduced axes along which inputs have neighbours among their terms; nil if some input has none.
func (k *kernel) neighbours() (near []int) {
	for acc := 1; acc <= k.inputs; acc++ {
		at := slices.IndexFunc(k.red, func(id int) bool { return k.axes[id].at[acc].n == 1 })
		if at < 0 {
			return nil
		}
		if !slices.Contains(near, k.red[at]) {
			near = append(near, k.red[at])
		}
	}
	return near
}

// nearInside keeps the axes along which there are neighbours inside of the others, the longest outermost, if lines of some input would
// leave the caches before they are used up.
func (k *kernel) nearInside(near []int) {
	most := 0.0
	for acc := 1; acc <= k.inputs; acc++ {
		at := slices.IndexFunc(k.red, func(id int) bool { return k.axes[id].at[acc].n == 1 })
		most = max(most, k.linesOf(k.red[at+1:], acc))
	}
	if most <= cost.LinesStay {
		return
	}
	slices.SortStableFunc(near, func(a, b int) int { return cmp.Compare(k.axes[b].extent, k.axes[a].extent) })
	k.red = append(slices.DeleteFunc(k.red, func(id int) bool { return slices.Contains(near, id) }), near...)
}

// nestTerms puts the reduced axes in the order in which tiles of rows fetch the fewest lines.
func (k *kernel) nestTerms() {
	if k.inputs != 2 || len(k.red) > cost.MostLoops {
		return
	}
	t := cost.Terms{Inputs: k.inputs}
	for acc := 1; acc <= k.inputs; acc++ {
		if id := k.ownAxis(acc, -1); id >= 0 {
			t.Tile[acc-1].Add(min(k.axes[id].extent, cost.TileRows), k.moves(id, acc))
		}
	}
	for _, id := range k.red {
		l := cost.TermLoop{ID: id, Trips: k.axes[id].extent}
		for acc := 1; acc <= k.inputs; acc++ {
			l.Moves[acc-1] = k.moves(id, acc)
		}
		t.Loops = append(t.Loops, l)
	}
	t.Nest()
	for i, l := range t.Loops {
		k.red[i] = l.ID
	}
}

// moves is how many bytes an axis moves along an input.
func (k *kernel) moves(id, acc int) int64 {
	return k.axes[id].at[acc].n * int64(k.accs[acc].DType.Size())
}

// linesOf is how many lines of a cache loops over some axes take for an input.
func (k *kernel) linesOf(ids []int, acc int) float64 {
	var l cost.Lines
	for _, id := range ids {
		l.Add(k.axes[id].extent, k.moves(id, acc))
	}
	return l.Count()
}
