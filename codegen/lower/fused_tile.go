package lower

import (
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/planner/cost"
)

// The nests of products with factors: see fused.go.

// scaled computes the values of a tile with factors.
func (e *emitter) scaled(t tile) []loop.Reg {
	outer := e.outer()
	if len(outer) == 0 {
		return e.addScaled(t, 1, nil)
	}
	accs := e.start(t.lanes, t.size())
	return e.reduceLoops(t, outer[:len(outer)-1], loop.Seq, accs, func(regs []loop.Reg) []loop.Reg {
		last := outer[len(outer)-1]
		for _, c := range e.fewAtATime(last, max(e.kaccs, 1)) {
			regs = e.span(last, c, loop.Seq, e.count(last, t.cuts), regs, func(cur []loop.Reg) []loop.Reg {
				return e.addScaled(t, c.n, cur)
			})
		}
		return regs
	})
}

// fewAtATime cuts a reduced axis into chunks of n items; blocks of different sizes end one by one.
func (e *emitter) fewAtATime(id int, n int64) []chunk {
	if e.axes[id].clamp == nil || n == 1 {
		return chunks(e.axes[id].extent, 1, n)
	}
	return []chunk{{step: n, n: n, lanes: 1}, {step: 1, from: n, n: 1, lanes: 1}}
}

// addScaled sums the core at the points of a tile, for n items of the outer axis, and adds the products of
// the sums and the factors to the accumulators, in the order of the items. Without accumulators it gives
// the products.
func (e *emitter) addScaled(t tile, n int64, accs []loop.Reg) []loop.Reg {
	var ps []point
	for u := range n {
		for _, p := range t.points() {
			p.u = u
			ps = append(ps, p)
		}
	}
	sums := e.coreSums(t, ps)
	f := e.values(e.factors, 1+coreInputs, t, e.col)
	next := slices.Clone(accs)
	for i, p := range ps {
		f.given = func(point) loop.Reg { return sums[i] }
		if accs == nil {
			next = append(next, f.root(p))
			continue
		}
		at := i % len(accs)
		next[at] = e.accumulateOne(f, p, next[at])
	}
	return next
}

// coreSums sums the core at some points over the inner axes.
func (e *emitter) coreSums(t tile, ps []point) []loop.Reg {
	v := e.values(e.body, 0, t, e.col)
	v.hoist(ps)
	add := func(regs []loop.Reg) []loop.Reg {
		v.next()
		return e.accumulate(v, ps, regs)
	}
	inner := e.red[len(e.outer()):]
	last := inner[len(inner)-1]
	accs := e.start(t.lanes, int64(len(ps)))
	if len(e.ahead(t, ps, last)) == 0 {
		return e.reduceLoops(t, inner, loop.Unroll, accs, add)
	}
	return e.reduceLoops(t, inner[:len(inner)-1], loop.Seq, accs, func(regs []loop.Reg) []loop.Reg {
		for _, c := range e.fewAtATime(last, e.fetchItems(e.largeCore(), last)) {
			regs = e.span(last, c, loop.Seq, e.count(last, t.cuts), regs, func(regs []loop.Reg) []loop.Reg {
				for _, a := range e.ahead(t, ps, last) {
					e.b.Add(&loop.Prefetch{At: a})
				}
				return e.steps(last, c.n, regs, add)
			})
		}
		return regs
	})
}

// largeCore is an input of the core that is so large that it is not to be passed over in pieces; 0 for none.
func (k *kernel) largeCore() int {
	best, most := 0, int64(cost.LargeCore-1)
	for acc := 1; acc <= coreInputs; acc++ {
		if size := k.bytes(acc); size > most {
			best, most = acc, size
		}
	}
	return best
}

// fetchItems is how many items along an inner axis lie in a cache line of an input.
func (e *emitter) fetchItems(acc, id int) int64 {
	if n := e.axes[id].at[acc].n; n == 1 {
		return max(lineBytes/int64(e.accs[acc].DType.Size()), 1)
	}
	return 1
}

// ahead lists what to fetch while the core is summed at some points: the lines that the next points read of a
// large input, be they the next ones along the outer axis or those of the next outer term. There are none for
// inputs of which every line would be fetched for few of its elements.
func (e *emitter) ahead(t tile, ps []point, inner int) []loop.Addr {
	outer, acc := e.outer(), e.largeCore()
	if len(outer) == 0 || e.runtime || acc == 0 {
		return nil
	}
	along := func(id int) int64 {
		if id < 0 {
			return 0
		}
		return e.axes[id].at[acc].n
	}
	if along(inner) != 1 && along(e.row) != 1 && along(e.col) != 1 && along(e.kvec) != 1 {
		return nil
	}
	apart := along(outer[len(outer)-1]) * max(e.kaccs, 1)
	line := max(lineBytes/int64(e.accs[acc].DType.Size()), 1)
	var list []loop.Addr
	for _, p := range ps {
		a := e.addr(acc, p, t.lanes)
		a.Off.Const += apart
		near := func(b loop.Addr) bool { return max(a.Off.Const-b.Off.Const, b.Off.Const-a.Off.Const) < line }
		if !slices.ContainsFunc(list, near) {
			list = append(list, a)
		}
	}
	return list
}

// steps moves along an axis n times from where it is, carrying regs through f.
func (e *emitter) steps(id int, n int64, regs []loop.Reg, f func([]loop.Reg) []loop.Reg) []loop.Reg {
	if n == 1 {
		return f(regs)
	}
	l := &loop.For{Var: e.b.Var(e.axes[id].label), Kind: loop.Unroll, Count: loop.Bound{Max: loop.Const(n)}, Step: 1}
	pos := &e.pos[id]
	pos.terms = append(pos.terms, place{l.Var, 1})
	cur := e.carry(l, regs, f)
	pos.terms = pos.terms[:len(pos.terms)-1]
	return cur
}
