package lower

import (
	"math"
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/planner/cost"
)

// The most bytes of an operand that a tile may ask for: more of it has gone again when the next one reads it, and has put out what
// this one reads. Tiles of few rows have few multiply-adds for each line, beside which asking for another counts.
const (
	mostAhead = 128 << 10
	fewAhead  = 16 << 10
	fewRows   = 4
)

// manyRows is how many tiles of rows, all of which read the same of an operand, may ask for what follows it.
const manyRows = 4

// What a tile reads termsAhead terms later is asked for, of an operand of leastFar bytes, if at least leastInLine terms are at one distance
// and all of its terms take more than coreLines lines: those have then left the first-level cache when the next tile comes back to them.
// Where all tiles have some terms before any goes on, those after them are asked for of an operand of leastFarther bytes, which comes from
// memory.
const (
	leastFar     = 512 << 10
	leastFarther = 4 << 20
	termsAhead   = 8
	leastInLine  = 24
	coreLines    = 512
)

// fetchAhead asks, with each term of this tile, for the same term of the next one, or for a later one of this: the rows of an operand lie in
// pieces too short for a machine to see where reading goes on. Of batches whose items lie one after the other, tiles share out
// the lines of an item to come.
func (e *emitter) fetchAhead(t tile) {
	if t.rows < 2 || e.col < 0 || e.side >= 0 || e.runtime {
		return
	}
	if n := e.batch(t); n > 0 {
		e.fetchItem(t, t.cuts.order[:n])
		return
	}
	for acc := 1; acc <= e.inputs; acc++ {
		if !e.fetchNext(acc, t) {
			e.fetchTerms(acc, t)
		}
	}
}

// fetchNext asks for an operand's same term of the next tile, if there is room for it until then.
func (e *emitter) fetchNext(acc int, t tile) bool {
	term, terms := e.red[len(e.red)-1], e.extent(e.red)
	at := func(id int) stride { return e.axes[id].at[acc] }
	next := e.next(acc, t)
	if next == 0 || !e.isLarge(acc) {
		return false
	}
	p, width, most := point{row: 1, col: 1}, t.rows, int64(mostAhead)
	switch {
	case e.acrossRows(acc, t) && e.axes[e.row].extent <= manyRows*t.rows:
		p.col, width = t.cols, t.cols*t.lanes
		if t.rows <= fewRows {
			most = fewAhead
		}
	case at(term).n == 1 && at(e.col).isZero():
		p.row = t.rows
	default:
		return false
	}
	if width*terms*int64(e.accs[acc].DType.Size()) > most {
		return false
	}
	e.fetch(acc, p, t.lanes, next)
	return true
}

// acrossRows tells whether a tile reads vectors of an operand, side by side, that all its rows share.
func (e *emitter) acrossRows(acc int, t tile) bool {
	return e.axes[e.col].at[acc].n == 1 && t.lanes > 1 && e.axes[e.row].at[acc].isZero()
}

// fetchTerms asks for what later terms of this tile read of an operand, where they are lines far apart.
func (e *emitter) fetchTerms(acc int, t tile) {
	inner, size := len(e.red)-1, int64(e.accs[acc].DType.Size())
	at := func(i int) int64 { return e.axes[e.red[i]].at[acc].n }
	run := e.axes[e.red[inner]].extent
	for i := inner; i > 0 && at(i-1) == at(i)*e.axes[e.red[i]].extent; i-- {
		run *= e.axes[e.red[i-1]].extent
	}
	if at(inner)*size < lineBytes || run < leastInLine || e.bytes(acc) < leastFar || e.atOnce > 1 {
		return
	}
	p, width := point{row: 1, col: 1}, t.rows
	switch {
	case e.acrossRows(acc, t):
		p.col, width = t.cols, t.cols*t.lanes
	case e.axes[e.row].at[acc].n != 1 || !e.axes[e.col].at[acc].isZero():
		return
	}
	var lines cost.Lines
	for i, id := range e.red {
		lines.Add(e.axes[id].extent, at(i)*size)
	}
	apart := lines.Count()
	lines.Add(width, size)
	if max(apart, lines.Count()) > coreLines {
		n := int64(termsAhead)
		if e.kept && e.bytes(acc) >= leastFarther {
			n = max(n, e.axes[e.red[inner]].extent)
		}
		e.fetch(acc, p, t.lanes, n*at(inner))
	}
}

// fetch asks for vectors of an operand, so many rows and columns of them, as far ahead of this term's.
func (e *emitter) fetch(acc int, count point, lanes, ahead int64) {
	for r := range count.row {
		for c := range count.col {
			x := e.addr(acc, point{row: r, col: c}, lanes)
			x.Off.Const += ahead
			e.b.Add(&loop.Prefetch{At: x})
		}
	}
}

// fetchRuns asks, with some terms that a tile turns around, for as much of what the next tile reads of an input in which vectors' terms follow
// each other, element after element.
func (e *emitter) fetchRuns(t tile, terms int64) {
	for _, acc := range e.inputNumbers() {
		next, rows, size := e.next(acc, t), t.cols*t.lanes, int64(e.accs[acc].DType.Size())
		shared := e.row < 0 || e.axes[e.row].at[acc].isZero()
		follow := e.turnsTerms(e.col, acc) && e.axes[e.col].at[acc].n == e.axes[e.turning].extent
		if next == 0 || !shared || !follow || !e.isLarge(acc) || rows*e.extent(e.red)*size > mostAhead {
			continue
		}
		x := e.addr(acc, point{}, t.lanes)
		x.Off = plus(plus(x.Off, e.along(e.turning, rows-1)), loop.Affine{Const: next})
		for at := int64(0); at < rows*terms; at += lineBytes / size {
			y := x
			y.Off.Const += at
			e.b.Add(&loop.Prefetch{At: y})
		}
	}
}

// aheadNanos is how long what is asked for takes to come from a cache that is far, and mostItem the most bytes of an item of a batch that
// are asked for while the one before is at work: of larger ones they have gone again.
const (
	aheadNanos = 150
	mostItem   = 512 << 10
)

// batch is how many of the free axes, outermost first, are those around the items of a batch: of each input, items lie
// one after the other, and all of them are more than stays in a cache near the core. It is 0 if there are none.
func (e *emitter) batch(t tile) int {
	order := t.cuts.order
	n := len(order)
	for n > 0 && (order[n-1] == e.row || order[n-1] == e.col) {
		n--
	}
	if n == 0 || len(e.red) != 1 && !e.inBlocks || e.row < 0 {
		return 0
	}
	all := e.bytes(0)
	for acc := 1; acc <= e.inputs; acc++ {
		last := func(id int, extent int64) int64 { return (extent - 1) * e.axes[id].at[acc].n }
		term := e.red[len(e.red)-1]
		item := 1 + last(e.row, e.axes[e.row].extent) + last(e.col, e.axes[e.col].extent) + last(term, e.terms())
		if e.axes[order[n-1]].at[acc].n != item || item*int64(e.accs[acc].DType.Size()) > mostItem {
			return 0
		}
		all += e.bytes(acc)
	}
	if all < cost.Large {
		return 0
	}
	return n
}

// fetchItem asks, with each term, for a part of an item to come of each input. A tile takes as much of it as it is of
// the output, and terms share that.
func (e *emitter) fetchItem(t tile, outer []int) {
	batch := outer[len(outer)-1]
	rows, cols, terms := e.axes[e.row].extent, e.axes[e.col].extent, e.terms()
	ahead := int64(math.Ceil(aheadNanos / (float64(rows*cols*terms) / float64(e.lanes) * fmaNanos)))
	for acc := 1; acc <= e.inputs; acc++ {
		item := e.axes[batch].at[acc].n
		strip := item * t.cols * t.lanes / cols
		share := strip * t.rows / rows / terms
		off := loop.Affine{Const: ahead * item}
		for _, id := range outer {
			off = plus(off, e.along(id, e.axes[id].at[acc].n))
		}
		off = plus(off, plus(plus(e.along(e.col, item/cols), e.along(e.row, strip/rows)), e.alongTerms(share)))
		for at := int64(0); at < max(share, 1); at += lineBytes / int64(e.accs[acc].DType.Size()) {
			e.b.Add(&loop.Prefetch{At: loop.Addr{Param: e.params[acc], Off: plus(off, loop.Affine{Const: at})}})
		}
	}
}

// along is the position of an axis times coef.
func (e *emitter) along(id int, coef int64) loop.Affine {
	off := loop.Affine{Const: e.pos[id].base * coef}
	for _, p := range e.pos[id].terms {
		off = plus(off, times(p.v, p.scale*coef))
	}
	return off
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

// fetchOutput asks for what a tile will write, if its rows lie together: for their lines, and for those in which they end, unless rows begin
// with lines.
func (e *emitter) fetchOutput(t tile) {
	if t.rows < 2 || !e.fetchesOutput() || e.axes[e.col].at[0].n != 1 {
		return
	}
	cross := e.crossesLines(e.col)
	inLine := max(lineBytes/(t.lanes*int64(e.accs[0].DType.Size())), 1) // vectors
	for _, p := range t.points() {
		x := e.addr(0, p, t.lanes)
		if p.col%inLine == 0 {
			e.askToWrite(x, 0)
		}
		if cross && p.col == t.cols-1 {
			e.askToWrite(x, t.lanes-1)
		}
	}
}

// crossesLines tells whether rows of the output, along an axis, begin inside of cache lines.
func (e *emitter) crossesLines(along int) bool {
	return slices.ContainsFunc(e.free, func(id int) bool { return id != along && e.moves(id, 0)%lineBytes != 0 })
}

// fetchTurned asks, with each term, for some of the columns that a tile will write: there are as many lines as columns, twice as many where
// rows begin inside of lines, or fewer, where a line holds several, which asked for all at once would keep the operands waiting.
func (e *emitter) fetchTurned(t tile) {
	if !e.across || !e.fetchesOutput() {
		return
	}
	term, step, count := e.red[len(e.red)-1], e.axes[e.col].at[0].n, t.cols*t.lanes
	cross := e.axes[e.row].at[0].n == 1 && e.crossesLines(e.row)
	if line := lineBytes / int64(e.accs[0].DType.Size()); step < line {
		step, count, cross = line, ceilDiv(count*step, line), false
	}
	terms := e.axes[term].extent
	for first := int64(0); first < count; first += terms {
		x := e.addr(0, point{}, t.lanes)
		x.Off = plus(plus(x.Off, e.along(term, step)), loop.Affine{Const: first * step})
		e.askToWrite(x, 0)
		if cross {
			e.askToWrite(x, t.rows-1)
		}
	}
}

// askToWrite asks for the line of an element so far ahead.
func (e *emitter) askToWrite(x loop.Addr, ahead int64) {
	x.Off.Const += ahead
	e.b.Add(&loop.Prefetch{At: x, Write: true})
}

func (e *emitter) fetchesOutput() bool { return e.col >= 0 && !e.runtime && !e.stream && e.isLarge(0) }

func (k *kernel) isLarge(acc int) bool { return k.bytes(acc) >= cost.Large }

// bytes is the size of an array.
func (k *kernel) bytes(acc int) int64 {
	return bytesOf(k.accs[acc].Param)
}

func bytesOf(a loop.Param) int64 { return (a.Hi - a.Lo) * int64(a.DType.Size()) }
