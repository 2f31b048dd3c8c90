package lower

import "github.com/einc-lang/einc/codegen/loop"

// chunk is a part of an axis that one loop runs over: from its first item on, step items at a time,
// which the body takes as n vectors, the last of which may have only some lanes active (0: all).
type chunk struct {
	step   int64
	from   int64 // For.From: the loops before took all whole multiples of it
	n      int64
	lanes  int64
	active int64
	base   int64 // with count: the chunk is count items from item base on, of an axis that is not cut
	count  int64
}

// chunks cuts an axis of which extent items, or blocks that are multiples of n·lanes and a last rest,
// are to be run over: whole tiles of n vectors, the vectors that are left, the items that are left.
func chunks(extent, lanes, n int64) []chunk {
	var cs []chunk
	step := n * lanes
	if extent >= step {
		cs = append(cs, chunk{step: step, n: n, lanes: lanes})
	}
	rest := extent % step
	if q := rest / lanes; q > 0 {
		cs = append(cs, chunk{step: q * lanes, from: step, n: q, lanes: lanes})
	}
	if rest%lanes > 0 {
		cs = append(cs, chunk{step: 1, from: lanes, n: 1, lanes: 1})
	}
	return cs
}

// openChunks is chunks for an axis of any extent.
func openChunks(lanes, n int64) []chunk {
	cs := []chunk{{step: n * lanes, n: n, lanes: lanes}}
	if n > 1 {
		cs = append(cs, chunk{step: lanes, from: n * lanes, n: 1, lanes: lanes})
	}
	if lanes > 1 {
		cs = append(cs, chunk{step: 1, from: lanes, n: 1, lanes: 1})
	}
	return cs
}

// maskedChunks is chunks for machines that load and store parts of vectors: what is left after the
// whole tiles is one more tile. If apart is set, a partial vector is a tile of its own.
func maskedChunks(extent, lanes, n int64, apart bool) []chunk {
	cs := chunks(extent, lanes, n)
	last := &cs[len(cs)-1]
	if lanes == 1 || last.lanes > 1 {
		return cs
	}
	rest := extent % lanes
	if len(cs) > 1 && cs[len(cs)-2].from > 1 && !apart {
		cs = cs[:len(cs)-1]
		last = &cs[len(cs)-1]
		last.n++
		last.step += rest
		last.active = rest
		return cs
	}
	*last = chunk{step: rest, from: last.from, n: 1, lanes: lanes, active: rest}
	return cs
}

// evenChunks cuts an axis that is run over as a whole into tiles of at most n items whose sizes differ
// by no more than one.
func evenChunks(extent, n int64) []chunk {
	tiles := ceilDiv(extent, n)
	small := extent / tiles
	large := extent % tiles // tiles of one item more
	if large == 0 {
		return []chunk{{step: small, n: small, lanes: 1, count: extent}}
	}
	n = small + 1
	return []chunk{{step: n, n: n, lanes: 1, count: large * n},
		{step: small, n: small, lanes: 1, base: large * n, count: extent - large*n}}
}

// first and trips tell what a loop over a chunk of a whole axis does.
func (c chunk) first(extent int64) int64 {
	switch {
	case c.count > 0:
		return c.base
	case c.from > 1:
		return extent - extent%c.from
	}
	return 0
}

func (c chunk) trips(extent int64) int64 {
	if c.count > 0 {
		return c.count / c.step
	}
	return (extent - c.first(extent)) / c.step
}

// span runs f over a chunk of an axis. A loop carries regs, whose next values f returns; span returns
// the last. No loop is made for a single iteration of known position.
func (e *emitter) span(id int, c chunk, kind loop.Kind, count loop.Bound, regs []loop.Reg, f func([]loop.Reg) []loop.Reg) []loop.Reg {
	extent := e.axes[id].extent
	pos := &e.pos[id]
	if e.whole[id] && !e.axes[id].isOpen() && c.trips(extent) == 1 {
		pos.base = c.first(extent)
		regs = f(regs)
		pos.base = 0
		return regs
	}
	if c.count > 0 {
		pos.base, count = c.base, loop.Bound{Max: loop.Const(c.count)}
	}
	l := &loop.For{Var: e.b.Var(e.axes[id].label), Kind: kind, Count: count, Step: c.step, From: c.from}
	e.multiple[l.Var] = c.step
	if c.from > 1 && c.from%c.step != 0 {
		e.multiple[l.Var] = 1
	}
	pos.terms = append(pos.terms, place{l.Var, 1})
	cur := e.carry(l, regs, f)
	pos.terms = pos.terms[:len(pos.terms)-1]
	pos.base = 0
	return cur
}

// carry appends a loop that carries regs, whose next values f returns; it gives the last.
func (e *emitter) carry(l *loop.For, regs []loop.Reg, f func([]loop.Reg) []loop.Reg) []loop.Reg {
	cur := make([]loop.Reg, len(regs))
	for i, r := range regs {
		cur[i] = e.b.Reg(e.b.Type(r))
	}
	e.b.For(l, func() {
		for i, next := range f(cur) {
			l.Carry = append(l.Carry, loop.Carry{Reg: cur[i], Init: regs[i], Next: next})
		}
	})
	return cur
}
