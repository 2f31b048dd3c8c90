package lower

import "github.com/einc-lang/einc/codegen/loop"

// aheadBytes is the size from which on rows of an operand are asked for ahead: it does not stay in a cache near
// the core from one use to the next.
const aheadBytes = 1 << 20

// fetchAhead asks for the terms that the next tile will read of the rows of large operands: their rows, which
// lie apart, are too short for a machine to see that they will be read. A tile reads a row once, term by term.
func (e *emitter) fetchAhead(t tile) {
	if t.rows < 2 || e.runtime {
		return
	}
	term := e.red[len(e.red)-1]
	for acc := 1; acc <= e.inputs; acc++ {
		a, at := e.accs[acc], func(id int) stride { return e.axes[id].at[acc] }
		if (a.Hi-a.Lo)*int64(a.DType.Size()) < aheadBytes || at(term).n != 1 || at(e.row).isZero() || !at(e.col).isZero() {
			continue
		}
		for r := range t.rows {
			e.b.Add(&loop.Prefetch{At: e.addr(acc, point{row: t.rows + r}, 1)})
		}
	}
}
