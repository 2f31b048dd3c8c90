package lower

import (
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/planner/cost"
)

// Terms side by side. In C[i,j] = Σ_k A[i,k]·B[j,k] with k short, vectors along i would fetch A element by element, and vectors along k
// would be folded after few terms. Tiles take a few terms at once: of each row of A they load these together, and turn squares of rows
// and terms around in registers. Sums have their terms in the same order as if they came one by one.

// runsAlong tells whether vectors along an axis load an input as it lies: memory likes to be read in long runs.
func (k *kernel) runsAlong(col int) bool {
	return slices.ContainsFunc(k.axes[col].at[1:1+k.inputs], func(s stride) bool { return s.n == 1 })
}

// turnsTerms tells whether tiles of vectors along an axis turn terms of an input around: these lie side by side.
func (k *kernel) turnsTerms(col, acc int) bool {
	if k.runtime || !k.reduces || k.factors != nil || len(k.red) == 0 || col < 0 || acc < 1 || acc > k.inputs {
		return false
	}
	d, term := k.accs[acc].DType, &k.axes[k.red[len(k.red)-1]]
	side, apart := cost.Square(d), k.axes[col].at[acc]
	return d == k.valueType() && !d.IsComplex() && side > 1 && k.axes[col].extent >= side && term.extent > 1 &&
		term.at[acc].n == 1 && apart.n != 0 && apart.n != 1 && k.served(col) < cost.LeastServed &&
		!cost.Crowd(min(k.vectorLanes(k.l.target), k.axes[col].extent), apart.n*int64(d.Size()), k.sharing(col, acc))
}

// turnTerms makes tiles of s take some terms at once, if an input is to be turned around for that.
func (k *kernel) turnTerms(s *shape) {
	if slices.ContainsFunc(k.inputNumbers(), func(acc int) bool { return k.turnsTerms(s.col, acc) }) && s.lanes >= cost.Square(k.valueType()) {
		s.turning = k.red[len(k.red)-1]
		s.atOnce = min(cost.Square(k.valueType()), k.axes[s.turning].extent)
	}
}

// inputNumbers lists the accesses that are inputs.
func (k *kernel) inputNumbers() (list []int) {
	for acc := 1; acc <= k.inputs; acc++ {
		list = append(list, acc)
	}
	return list
}

// addTurned adds the terms of some reduced axes, the last of which is the one that tiles take some terms of at once.
func (e *emitter) addTurned(t tile, v *values, red []int, accs []loop.Reg) []loop.Reg {
	outer := red[:len(red)-1]
	return e.reduceLoops(t, outer, loop.Seq, accs, func(regs []loop.Reg) []loop.Reg {
		for _, c := range e.fewAtATime(e.turning, e.atOnce) {
			regs = e.span(e.turning, c, loop.Seq, e.count(e.turning, t.cuts), regs, func(cur []loop.Reg) []loop.Reg {
				v.next()
				v.terms = c.n
				cur = slices.Clone(cur)
				for i := range t.cols { // one after the other, as what is turned around takes many registers
					for u := range c.n {
						for at, p := range t.points() {
							if p.u = u; p.col == i {
								cur[at] = e.accumulateOne(v, p, cur[at])
							}
						}
					}
				}
				e.fetchAhead(t)
				e.fetchRuns(t, c.n)
				e.fetchTurned(t)
				return cur
			})
		}
		return regs
	})
}

// turnedTerms gives the vectors of an input, along col, of the terms that a tile takes at once: rows of a square lie in the lanes of
// 16 bytes that they have in the result, so that nothing crosses these.
func (v *values) turnedTerms(acc int, p point) []loop.Reg {
	e, t := v.e, v.tile
	active := t.activeLanes(p)
	if active == 0 {
		active = t.lanes
	}
	p.u = 0
	side, by := cost.Square(e.accs[acc].DType), e.axes[e.col].at[acc].n
	squares, last := make([]loop.Reg, side), loop.Reg(0)
	for j := range side {
		var parts []loop.Reg
		for row := j; row < t.lanes; row += side {
			if row < active { // in others are lanes that nobody looks at
				a := e.addr(acc, p, t.lanes)
				a.Off.Const += row * by
				last = e.b.LoadActive(a, loop.Const(1), int(side), int(v.terms%side))
			}
			parts = append(parts, last)
		}
		squares[j] = e.joined(parts)
	}
	return transpose(e.b, squares)[:v.terms]
}

// joined puts vectors one after the other, as many as a power of two.
func (e *emitter) joined(parts []loop.Reg) loop.Reg {
	for ; len(parts) > 1; parts = parts[:len(parts)/2] {
		pick := make([]int, 2*e.b.Type(parts[0]).Lanes)
		for i := range pick {
			pick[i] = i
		}
		for i := range len(parts) / 2 {
			parts[i] = e.b.Shuffle(parts[2*i], parts[2*i+1], pick)
		}
	}
	return parts[0]
}
