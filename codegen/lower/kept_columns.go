package lower

import (
	"slices"

	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
)

// Sums of columns that wait. In D[d,j] = X[i,d,j]*Y[i,j], or D[j] = X[i,j,d]^2, all summed that D has not, the largest input goes on, after
// what a tile takes of a term i, with what the next tile takes of it, while the next term is pages away. As with sums that are swept, all
// tiles of a task pass over some terms before any goes on; here tiles have rows, or terms that lie side by side.

const keptTerms = 8 // that a tile takes at a time

// keepColumns cuts the outermost reduced axis of such a sum, and has sums wait for its blocks.
func (k *kernel) keepColumns(t cost.Target, s *planner.Step) {
	if k.runtime || k.inBlocks || k.factors != nil || k.inputs == 0 || len(k.red) == 0 || len(k.red) == 1 && packs(k.l, s) || k.l.moves(s.M) && k.l.moves(s.N) {
		return
	}
	x := &k.axes[k.red[0]]
	if x.clamp != nil || x.pinned || x.extent < 2*keptTerms || !k.goesOn(k.shape(t)) {
		return
	}
	cut := *k
	cut.axes = slices.Clone(k.axes)
	by := cut.cutAxis(k.red[0], keptTerms)
	cut.axes[by].pinned = true
	cut.red, cut.keeps = append([]int{by}, k.red...), true
	if cut.goesOn(cut.shape(t)) {
		*k = cut
	}
}

// rivals tells whether an input is not much smaller than the largest, and lies otherwise.
func (k *kernel) rivals(acc, large int) bool {
	return k.bytes(acc)*cost.Outweighs > k.bytes(large) && slices.ContainsFunc(k.axes, func(x axis) bool { return x.at[acc] != x.at[large] })
}

// goesOn tells whether the largest input goes on after a tile's columns with the next ones, and its outermost terms are far apart.
func (k *kernel) goesOn(s shape) bool {
	if s.kvec >= 0 || s.col < 0 || s.side >= 0 || s.sweep || s.copying || s.across || s.stretch || k.spills(s.size()) {
		return false
	}
	large := k.largest()
	if slices.ContainsFunc(k.inputNumbers(), func(acc int) bool { return k.rivals(acc, large) }) {
		return false
	}
	at := func(id int) int64 { return k.axes[id].at[large].n }
	near := int64(1) // terms that lie side by side
	for _, id := range slices.Backward(k.red) {
		if at(id) != near {
			break
		}
		near *= k.axes[id].extent
	}
	run := s.cols * s.lanes * near
	return k.isLarge(large) && at(s.col) == near && k.axes[s.col].extent >= 2*s.cols*s.lanes &&
		run*int64(k.accs[large].DType.Size()) <= waitRun && k.moves(k.red[0], large) >= cost.Page &&
		(s.row < 0 || at(s.row) != 0 || k.axes[s.row].extent <= mostServed)
}
