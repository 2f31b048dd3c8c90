package lower

import (
	"cmp"
	"slices"

	"github.com/einc-lang/einc/planner/cost"
)

// The order of terms. Loops over them are nested before a tile is chosen: which lines of the inputs are used up while they are near depends
// on it, and which axis vectors may run along.

// sortTerms puts the reduced axes in order: by the inputs' strides, and by those of the largest before others if memory is read for it
// above all; or so that lines are used up while they are in a cache: axes along which each input has neighbours inside of the others, the
// longest outermost, or as fetches the fewest lines.
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
	switch near, lines := k.neighbours(); {
	case near == nil && !k.shape(k.l.target).copying:
		k.nestTerms()
	case lines > cost.LinesStay:
		slices.SortStableFunc(near, func(a, b int) int { return cmp.Compare(k.axes[b].extent, k.axes[a].extent) })
		k.red = append(slices.DeleteFunc(k.red, func(id int) bool { return slices.Contains(near, id) }), near...)
	}
}

// outweighs is the input that is so much larger than the others, and than what stays in a cache, that memory had better be read as it
// lies; 0 if none is.
func (k *kernel) outweighs() int {
	if k.inputs != 2 {
		return 0
	}
	most := k.largest()
	if !k.isLarge(most) || k.bytes(most) < cost.Outweighs*k.bytes(3-most) {
		return 0
	}
	return most
}

// neighbours lists the reduced axes along which inputs have neighbours among their terms, and tells how many lines of an input are touched
// at most until the next neighbour comes; nil if some input has none.
func (k *kernel) neighbours() (near []int, lines float64) {
	for acc := 1; acc <= k.inputs; acc++ {
		at := slices.IndexFunc(k.red, func(id int) bool { return k.axes[id].at[acc].n == 1 })
		if at < 0 {
			return nil, 0
		}
		if !slices.Contains(near, k.red[at]) {
			near = append(near, k.red[at])
		}
		lines = max(lines, k.linesOf(k.red[at+1:], acc))
	}
	return near, lines
}

// nestTerms puts the reduced axes in the order in which tiles of rows fetch the fewest lines.
func (k *kernel) nestTerms() {
	if k.inputs != 2 || len(k.red) > cost.MostLoops {
		return
	}
	var t cost.Terms
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
