package lower

import (
	"github.com/einc-lang/einc/codegen/loop"
)

// emitter builds the nest of a kernel. While it descends, it knows of every axis the variables that
// make up its position.
type emitter struct {
	*kernel
	shape
	l      *lowering
	b      *loop.Builder
	params []int          // of each access
	sums   int            // parameter for sums that wait, or -1
	pieces []int          // parameters of a task's memory for copies
	taken  []Arg          // their arguments
	copied map[int]*moved // inputs that are copied by now
	pos    []position     // of each axis
	whole  []bool         // the axis is not cut: its loops run over all of it
	stream bool           // the output will leave the caches

	repeats  map[int][]loop.Reg // vectors of whole periods of inputs that repeat
	multiple map[loop.Var]int64 // what the values of a variable are multiples of, if not 1
	err      error
}

// position of an axis: base + Σ scale·variable.
type position struct {
	base  int64
	terms []place
}

type place struct {
	v     loop.Var
	scale int64
}

// point is a place in a tile.
type point struct{ row, side, col, u int64 }

func newEmitter(l *lowering, k *kernel, s shape, c cuts) *emitter {
	e := &emitter{kernel: k, shape: s, l: l, sums: -1, b: loop.NewBuilder(string(k.strategy)),
		multiple: map[loop.Var]int64{}, pos: make([]position, len(k.axes)), whole: make([]bool, len(k.axes))}
	e.stream = k.streamed(s)
	e.b.Nest.FMA, e.b.Nest.F16C = l.target.FMA, l.target.F16C
	if k.runtime {
		e.b.Nest.Dims = len(l.dims)
	}
	for i, a := range k.accs {
		e.params = append(e.params, e.param(i, a))
	}
	if n := k.waiting(s); n > 0 {
		e.sums = e.b.Param(workspace("sums", loop.Worker, k.valueType(), n, 0).Param)
	}
	for _, a := range k.memory(s, c) {
		e.pieces = append(e.pieces, e.b.Param(a.Param))
		e.taken = append(e.taken, a.arg)
	}
	return e
}

// spills tells whether a tile of so many points goes through memory to a loop over its epilogue, lest
// that be written out for each point.
func (k *kernel) spills(points int64) bool {
	return k.reduces && points > 1 && float64(points)*weight(k.epilogue) > maxTileOps
}

// param declares a parameter for an access, once for each array.
func (e *emitter) param(i int, a access) int {
	for j := range i {
		if o := e.accs[j]; o.arg == a.arg && o.Role == a.Role {
			return e.params[j]
		}
	}
	return e.b.Param(a.Param)
}

// args are the arguments of the nest's parameters.
func (e *emitter) args() []Arg {
	args := make([]Arg, len(e.b.Nest.Params))
	for i, p := range e.params {
		args[p] = e.accs[i].arg
	}
	if e.sums >= 0 {
		args[e.sums] = Arg{Buffer: -1}
	}
	for i, p := range e.pieces {
		args[p] = e.taken[i]
	}
	return args
}

func (e *emitter) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

// addr is the element of an access at a point of the tile; lanes is the width of a column vector.
func (e *emitter) addr(acc int, p point, lanes int64) loop.Addr {
	if x := e.copied[acc]; x != nil {
		return x.addr(e, p)
	}
	var off loop.Affine
	for id := range e.axes {
		s, pos := e.axes[id].at[acc], &e.pos[id]
		if s.isZero() || s.period > 0 {
			continue
		}
		items := e.items(id, p, lanes)
		switch {
		case s.dim == 0:
			off.Const += items * s.n
		case items > 0:
			off.Terms = append(off.Terms, e.term(s, place{loop.NoVar, items}))
		}
		for _, t := range pos.terms {
			off.Terms = append(off.Terms, e.term(s, t))
		}
	}
	return loop.Addr{Param: e.params[acc], Off: off}
}

// items is the constant part of an axis' position at a point of the tile.
func (e *emitter) items(id int, p point, lanes int64) int64 {
	items := e.pos[id].base
	switch id {
	case e.row:
		if e.stretch { // rows are vectors, one after the other
			items += p.row * lanes
		} else {
			items += p.row
		}
	case e.side:
		items += p.side
	case e.col:
		items += p.col * lanes
	case e.kvec:
		items += p.u * e.klanes
	case e.turning:
		items += p.u
	}
	return items
}

// term is a variable's part of an address.
func (e *emitter) term(s stride, p place) loop.Term {
	return loop.Term{Var: p.v, Coef: e.l.times(s, p.scale).size()}
}

// count is how many items of an axis the loops inside its block run over.
func (e *emitter) count(id int, c cuts) loop.Bound {
	x := &e.axes[id]
	block := c.block[id]
	switch {
	case x.clamp != nil:
		at := loop.Affine{}
		for _, by := range x.clamp.by {
			for _, t := range e.pos[by.axis].terms {
				at.Terms = append(at.Terms, loop.Term{Var: t.v, Coef: loop.Const(t.scale * by.size)})
			}
		}
		return loop.Bound{Max: loop.Const(x.extent), Clamped: true, Total: loop.Const(x.clamp.total), At: at}
	case !c.cut[id]:
		return loop.Bound{Max: x.size()}
	case !x.isOpen() && x.extent%block == 0:
		return loop.Bound{Max: loop.Const(block)}
	}
	t := e.pos[id].terms[0]
	at := loop.Affine{Terms: []loop.Term{{Var: t.v, Coef: loop.Const(t.scale)}}}
	return loop.Bound{Max: loop.Const(block), Clamped: true, Total: x.size(), At: at}
}
