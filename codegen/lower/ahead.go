package lower

import "github.com/einc-lang/einc/codegen/loop"

// aheadBytes is the size from which on what a tile reads next of an operand is asked for: it does not stay in a
// cache near the core from one use to the next.
const aheadBytes = 1 << 20

// manyRows is how many tiles of rows, all of which read the same of an operand, may ask for what follows it.
const manyRows = 4

// fetchAhead asks, with each term of this tile, for the same term of the next one: the rows of an operand, or the
// items of a batch, lie in pieces too short for a machine to see where reading goes on.
func (e *emitter) fetchAhead(t tile) {
	if t.rows < 2 || e.col < 0 || e.runtime {
		return
	}
	term := e.red[len(e.red)-1]
	for acc := 1; acc <= e.inputs; acc++ {
		at := func(id int) stride { return e.axes[id].at[acc] }
		next := e.next(acc, t)
		if next == 0 || !e.isLarge(acc) {
			continue
		}
		rows, cols := int64(1), int64(1)
		switch {
		case at(e.col).n == 1 && t.lanes > 1 && at(e.row).isZero() && e.axes[e.row].extent <= manyRows*t.rows:
			cols = t.cols
		case at(term).n == 1 && at(e.col).isZero():
			rows = t.rows
		default:
			continue
		}
		for r := range rows {
			for c := range cols {
				x := e.addr(acc, point{row: r, col: c}, t.lanes)
				x.Off.Const += next
				e.b.Add(&loop.Prefetch{At: x})
			}
		}
	}
}

// next is how far the next tile that reads something else of an operand reads it; 0 if there is none.
func (e *emitter) next(acc int, t tile) int64 {
	for i := len(t.cuts.order) - 1; i >= 0; i-- {
		id, span := t.cuts.order[i], int64(1)
		switch id {
		case e.row:
			span = t.rows
		case e.col:
			span = t.cols * t.lanes
		}
		if s := e.axes[id].at[acc]; !s.isZero() && e.axes[id].extent > span {
			return span * s.n
		}
	}
	return 0
}

// fetchOutput asks for what a tile will write, if its rows lie together.
func (e *emitter) fetchOutput(t tile) {
	if t.rows < 2 || !e.fetchesOutput() || e.axes[e.col].at[0].n != 1 {
		return
	}
	for _, p := range t.points() {
		e.b.Add(&loop.Prefetch{At: e.addr(0, p, t.lanes), Write: true})
	}
}

// fetchTurned asks, with each term, for some of the columns that a tile will write: there are as many lines as columns,
// which asked for all at once would keep the operands waiting.
func (e *emitter) fetchTurned(t tile) {
	if !e.across || !e.fetchesOutput() {
		return
	}
	term, column := e.red[len(e.red)-1], e.axes[e.col].at[0].n
	terms := e.axes[term].extent
	for first := int64(0); first < t.cols*t.lanes; first += terms {
		x := e.addr(0, point{}, t.lanes)
		x.Off.Const += first * column
		for _, p := range e.pos[term].terms {
			x.Off.Terms = append(x.Off.Terms, loop.Term{Var: p.v, Coef: loop.Const(p.scale * column)})
		}
		e.b.Add(&loop.Prefetch{At: x, Write: true})
	}
}

func (e *emitter) fetchesOutput() bool { return e.col >= 0 && !e.runtime && !e.stream && e.isLarge(0) }

func (e *emitter) isLarge(acc int) bool {
	a := e.accs[acc]
	return (a.Hi-a.Lo)*int64(a.DType.Size()) >= aheadBytes
}
