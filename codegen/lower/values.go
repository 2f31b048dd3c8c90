package lower

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/internal/fault"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
)

// depends says what a value changes with.
type depends struct {
	row, side, col, red bool
	along               bool // the axis that kvec or turning names
}

func (d depends) or(o depends) depends {
	return depends{d.row || o.row, d.side || o.side, d.col || o.col, d.red || o.red, d.along || o.along}
}

// values computes an expression at the points of a tile. What does not change from point to point is
// computed once, what does not change along the reduced axes before the loops over them.
type values struct {
	e      *emitter
	expr   parser.Expr
	first  int   // access of input 0
	tile   tile  // its lanes are those of the registers
	width  int64 // of a column, for addresses
	along  int   // the axis that the lanes run along
	active int64 // lanes along terms that are there; 0 for all
	terms  int64 // that are in hand, where tiles take some at once; 0 elsewhere
	deps   []depends
	fixed  map[valueKey]loop.Reg
	moves  map[valueKey]loop.Reg   // of one term of the reduction
	given  func(point) loop.Reg    // the reduced value, in an epilogue: input 0
	turned map[valueKey][]loop.Reg // rows of inputs that were turned around or stretched, by input and column
}

type valueKey struct {
	node parser.NodeID
	at   point
}

// values prepares the evaluation of expr. In an epilogue, access first+i is input 1+i.
func (e *emitter) values(expr parser.Expr, first int, t tile, along int) *values {
	v := &values{e: e, expr: expr, first: first, tile: t, width: 1, along: along,
		fixed: map[valueKey]loop.Reg{}, moves: map[valueKey]loop.Reg{}, turned: map[valueKey][]loop.Reg{}}
	if along == e.col {
		v.width = t.lanes
	}
	if first == 0 {
		v.first = 1
	} else {
		v.first = first - 1
	}
	for i := range expr {
		v.deps = append(v.deps, v.depends(&expr[i], first > 0))
	}
	return v
}

func (v *values) depends(n *parser.Node, epilogue bool) depends {
	var d depends
	switch {
	case n.Kind == parser.NodeInput && epilogue && n.Input == 0:
		return depends{row: true, side: true, col: true, red: true, along: true}
	case n.Kind == parser.NodeInput:
		return v.e.depends(v.first + n.Input)
	}
	for _, a := range n.Args {
		d = d.or(v.deps[a])
	}
	return d
}

// depends says what an access changes with.
func (e *emitter) depends(acc int) depends {
	var d depends
	d.row = e.row >= 0 && (!e.axes[e.row].at[acc].isZero() || e.stretch && e.stretched(e.row, e.col, acc))
	d.side = e.side >= 0 && !e.axes[e.side].at[acc].isZero()
	d.col = e.col >= 0 && !e.axes[e.col].at[acc].isZero()
	d.along = e.kvec >= 0 && !e.axes[e.kvec].at[acc].isZero() || e.turning >= 0 && !e.axes[e.turning].at[acc].isZero()
	for _, id := range e.red {
		d.red = d.red || !e.axes[id].at[acc].isZero()
	}
	return d
}

// hoist computes what does not change along the reduced axes.
func (v *values) hoist(ps []point) {
	for i := range v.expr {
		if v.deps[i].red {
			continue
		}
		for _, p := range ps {
			v.value(parser.NodeID(i), p)
		}
	}
}

// next forgets what was computed for other terms of the reduction.
func (v *values) next() {
	clear(v.moves)
	clear(v.turned)
}

// root is the expression's value at a point.
func (v *values) root(p point) loop.Reg { return v.value(parser.NodeID(len(v.expr)-1), p) }

func (v *values) value(id parser.NodeID, p point) loop.Reg {
	d := v.deps[id]
	if !d.row {
		p.row = 0
	}
	if !d.side {
		p.side = 0
	}
	if !d.col {
		p.col = 0
	}
	if !d.along {
		p.u = 0
	}
	memo := v.moves
	if !d.red {
		memo = v.fixed
	}
	key := valueKey{id, p}
	if r, ok := memo[key]; ok {
		return r
	}
	r := v.compute(&v.expr[id], p)
	memo[key] = r
	return r
}

func (v *values) compute(n *parser.Node, p point) loop.Reg {
	b := v.e.b
	t := loop.Type{DType: n.DType.Accum(), Lanes: int(v.tile.lanes)}
	switch n.Kind {
	case parser.NodeConst:
		whole := n.Int
		if whole == 0 {
			whole = int64(n.Value)
		}
		return constant(b, t, n.Value, whole)
	case parser.NodeInput:
		return b.Convert(v.input(n.Input, p), t.DType)
	case parser.NodeApply:
		args := make([]loop.Reg, len(n.Args))
		for i, a := range n.Args {
			args[i] = v.value(a, p)
		}
		r, err := apply(b, *n, args)
		if err == nil {
			return r
		}
		v.e.fail(err)
	default:
		v.e.fail(fault.Errorf("node kind %d in a scalar expression", n.Kind))
	}
	return constant(b, t, 0, 0) // the nest is thrown away
}

// input is an input in the type it is computed with.
func (v *values) input(i int, p point) loop.Reg {
	if v.given != nil && i == 0 {
		return v.given(p)
	}
	acc, e := v.first+i, v.e
	column := v.tile.lanes == e.lanes && v.along == e.col // a vector of it
	if column && e.repeats[acc] != nil {
		return e.b.Convert(e.repeats[acc][p.col], e.accs[acc].DType.Accum())
	}
	stretched := e.stretch && e.stretched(e.row, e.col, acc)
	if column && (stretched || e.turned && e.turnsInput(e.shape, acc)) {
		key := valueKey{parser.NodeID(acc), point{col: p.col}}
		if v.turned[key] == nil && stretched {
			v.turned[key] = v.stretchedInput(acc, p)
		} else if v.turned[key] == nil {
			v.turned[key] = v.turnedInput(acc, p)
		}
		return e.b.Convert(v.turned[key][p.row], e.accs[acc].DType.Accum())
	}
	if v.terms > 1 && column && e.turnsTerms(e.col, acc) && (e.masked || v.terms == cost.Square(e.valueType())) {
		key := valueKey{parser.NodeID(acc), point{row: p.row, side: p.side, col: p.col}}
		if v.turned[key] == nil {
			v.turned[key] = v.turnedTerms(acc, p)
		}
		return v.turned[key][p.u]
	}
	step, active := e.step(acc, v.along, v.tile.lanes), int64(0)
	if v.along == e.col && step != loop.Const(0) {
		active = v.tile.activeLanes(p)
	} else if v.along == e.kvec && step != loop.Const(0) {
		active = v.active
	}
	r := e.b.LoadActive(e.addr(acc, p, v.width), step, int(v.tile.lanes), int(active))
	return e.b.Convert(r, e.accs[acc].DType.Accum())
}

// factors gives the two values whose product the root is; of more factors, the first is the product of
// all but the last.
func (v *values) factors(root *parser.Node, p point) (x, y loop.Reg) {
	d := root.DType.Accum()
	last := len(root.Args) - 1
	x = v.e.b.Convert(v.value(root.Args[0], p), d)
	for _, a := range root.Args[1:last] {
		x = v.e.b.Same(loop.OpMul, x, v.e.b.Convert(v.value(a, p), d))
	}
	return x, v.e.b.Convert(v.value(root.Args[last], p), d)
}
