package lower

import (
	"math/bits"
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// Transposition. Where the output's unit-stride axis (col) is strided in an input that has its unit
// stride along another free axis (row), a tile of as many rows as a vector has lanes reads the input by
// vectors along the rows and turns the block around in registers.

// turnTile makes a turning tile of s if the kernel is one that an input must be turned for; it tells
// whether.
func (k *kernel) turnTile(s *shape, t cost.Target) bool {
	if k.reduces || k.runtime || weight(k.body)+weight(k.epilogue) > maxTurnOps {
		return false
	}
	width := k.vectorLanes(t)
	for _, id := range k.free {
		c := *s
		c.col, c.lanes = id, width
		if k.axes[id].at[0].n != 1 || k.axes[id].pinned || width < 2 || k.turnWidth(id, t) == 0 {
			continue
		}
		if c.row = k.gatherAxis(id); c.row < 0 || k.axes[c.row].extent < width/2 {
			continue
		}
		for acc := 1; acc <= k.inputs; acc++ {
			c.turned = c.turned || k.turnsInput(c, acc)
		}
		if !c.turned {
			continue
		}
		c.lanes = min(k.turnLanes(width), k.turnWidth(id, t))
		line := max(lineBytes/int64(k.accs[0].DType.Size()), 1)
		c.rows = c.lanes
		if c.lanes <= k.square() {
			c.rows = width
		}
		c.rows = min(c.rows, k.axes[c.row].extent)
		c.cols = max(min(line/c.lanes, k.axes[id].extent/c.lanes), 1)
		c.unit = 2
		*s = c
		return true
	}
	return false
}

// turnWidth is the width of vectors along an axis of the output that tiles are turned around for: a whole one, or, of shorter
// rows, what holds one; 0 where there is none.
func (k *kernel) turnWidth(id int, t cost.Target) int64 {
	n := ceilPow2(k.axes[id].extent)
	switch width := k.vectorLanes(t); {
	case k.axes[id].extent >= width/2:
		return width
	case n > 1 && (n == k.axes[id].extent || k.masks(t)):
		return n
	}
	return 0
}

// turnLanes is the width of the vectors of a tile that turns: half of the given one where that keeps accesses to the rows of the
// output and of the inputs inside of cache lines, and the given one does not; or where the output is large. Of vectors that fill a line
// each then crosses into one that is not there yet; of halves every other one.
func (k *kernel) turnLanes(width int64) int64 {
	fits := func(lanes int64) bool {
		for _, id := range k.free {
			for acc := range 1 + k.inputs {
				if n := k.axes[id].at[acc].n; n > 1 && n%lanes != 0 {
					return false
				}
			}
		}
		return true
	}
	if width*int64(k.accs[0].DType.Size()) == lineBytes && !fits(width) && (fits(width/2) || k.isLarge(0)) {
		return width / 2
	}
	return width
}

// maxTurnOps bounds the operations on a value: with more, its time is not spent on moving it.
const maxTurnOps = 8

// lineBytes is the size of a cache line.
const lineBytes = 64

// turnsInput tells whether a tile turns an access around.
func (k *kernel) turnsInput(s shape, acc int) bool {
	if s.row < 0 || s.col < 0 || acc < 1 || acc > k.inputs || k.accs[acc].DType == tensor.Bool {
		return false
	}
	row, col := k.axes[s.row].at[acc].n, k.axes[s.col].at[acc].n
	return row == 1 && col != 0 && col != 1
}

// turnedInput gives the vectors of all rows of a column of an input, along col.
func (v *values) turnedInput(acc int, p point) []loop.Reg {
	e, t := v.e, v.tile
	active := t.activeLanes(p)
	if active == 0 {
		active = t.lanes
	}
	rows, wide := t.rows, max(t.lanes, ceilPow2(t.rows))
	if rows == wide {
		rows = 0 // whole vectors
	}
	by := e.axes[e.col].at[acc].n
	vecs := make([]loop.Reg, t.lanes)
	for j := range active {
		a := e.addr(acc, point{col: p.col}, t.lanes)
		a.Off.Const += j * by
		vecs[j] = e.b.LoadActive(a, loop.Const(1), int(wide), int(rows))
	}
	for j := active; j < t.lanes; j++ {
		vecs[j] = vecs[0] // lanes that nobody looks at
	}
	turned := transpose(e.b, vecs)
	for row := int64(len(turned)); row < t.rows; row++ {
		turned = append(turned, turned[row%t.lanes])
	}
	if wide > t.lanes {
		for row := range turned {
			turned[row] = e.part(turned[row], row/int(t.lanes), int(t.lanes))
		}
	}
	return turned[:t.rows]
}

// part is the n-th part of a vector, of so many lanes.
func (e *emitter) part(v loop.Reg, n, lanes int) loop.Reg {
	pick := make([]int, lanes)
	for i := range pick {
		pick[i] = n*lanes + i
	}
	return e.b.Shuffle(v, v, pick)
}

// turnsOutput tells whether sums are to be turned around before they are stored: the output has its unit stride along
// the tile's rows, not along its vectors.
func (k *kernel) turnsOutput(s *shape) bool {
	return k.turnable(s.row, s.col) && s.lanes >= k.square() && k.square() > 1
}

// turnable tells whether a tile of rows and vectors along two axes can be stored along its rows, and uses vectors that it
// loads for all rows, or has so few terms that every row may load its own: a whole vector has as many stores to spare as lanes.
// What is fetched element by element, all rows have to share; vectors along the rows that are worth copying are better still.
func (k *kernel) turnable(row, col int) bool {
	if row < 0 || col < 0 || k.accs[0].DType == tensor.Bool {
		return false
	}
	r, c := &k.axes[row], &k.axes[col]
	if r.at[0].n != 1 || c.at[0].n == 1 || r.extent < k.square() {
		return false
	}
	if k.shares(row, col) {
		return true
	}
	some := false
	for i := 1; i <= k.inputs; i++ {
		if n := c.at[i].n; n != 0 && n != 1 && !r.at[i].isZero() {
			return false
		}
		some = some || c.at[i].n == 1
	}
	lanes := k.vectorLanes(k.l.target)
	return some && k.extent(k.red) <= lanes && lanes <= c.extent && k.served(row) < cost.LeastServed
}

// alone tells whether results are turned around of which no two rows share a vector that is loaded.
func (k *kernel) alone(s shape) bool { return s.across && !k.shares(s.row, s.col) }

// crowded tells whether lines of the output, so many in a vector along an axis, leave the first level before the tiles of
// further rows write the rest of them, as several vectors of a tile write into a few of its sets.
func (k *kernel) crowded(col int, lanes int64) bool {
	const way, ways = cost.Page, 8 // bytes from a line of a set to the next, and lines of a set that stay
	apart := k.axes[col].at[0].n * int64(k.accs[0].DType.Size())
	return 2*lanes > ways*(way/min(max(apart&-apart, lineBytes), way))
}

// narrows tells whether tiles had better be one vector wide, lest they crowd the output: sums of few terms, as elements that rows
// load are then loaded more often; of fewer still where these lie in lines of their own, and do not stay in the first level.
func (k *kernel) narrows(s *shape) bool {
	const near = 16 << 10 // bytes of an input that stay
	if !s.across || !k.crowded(s.col, s.lanes) {
		return false
	}
	most := 2 * s.lanes
	for i := 1; i <= k.inputs; i++ {
		row := k.axes[s.row].at[i].n
		along := slices.ContainsFunc(k.red, func(id int) bool { return k.axes[id].at[i].n == 1 })
		if row != 0 && row != 1 && !along && k.bytes(i) > near {
			most = s.lanes
		}
	}
	return k.extent(k.red) <= most
}

// aloneRows is how many rows of such results a task takes at a time: what they load is still near when items along the other
// axes, which share it, are next.
const aloneRows = 128

// stillAxes are the free axes beside the tile's along which the vectors stay put that its rows load.
func (k *kernel) stillAxes(s shape) (ids []int) {
	vectors := slices.IndexFunc(k.axes[s.col].at[1:], func(s stride) bool { return s.n == 1 })
	for _, id := range k.free {
		if id != s.row && id != s.col && k.axes[id].at[1+vectors].isZero() {
			ids = append(ids, id)
		}
	}
	return ids
}

// unitAxis is the free axis of stride 1 in the output, or -1.
func (k *kernel) unitAxis() int {
	return slices.IndexFunc(k.axes, func(x axis) bool { return x.at[0].n == 1 && !x.pinned })
}

// square is how many elements of the output fill 16 bytes. Squares of so many rows are turned around inside of 128-bit lanes,
// which takes the fewest shuffles an element, and beside multiply-adds there is room for short stores.
func (k *kernel) square() int64 { return cost.Square(k.accs[0].DType) }

// storeTurned stores a tile along its rows, square by square; or, where lines that a vector's lanes lie in soon leave the first
// level, all rows of a lane at once.
func (e *emitter) storeTurned(t tile, vals []loop.Reg) {
	rows := e.square()
	if e.crowded(e.col, t.lanes) {
		rows = t.rows
	}
	for row := int64(0); row < t.rows; row += rows {
		for col := range t.cols {
			e.storeStrips(t, col, e.strips(t, row, min(row+rows, t.rows), col, vals))
		}
	}
}

// strip is some successive rows of a column of a tile that are turned around: vectors of one lane each, or of several.
type strip struct {
	row, rows int64
	vecs      []loop.Reg
}

// strips turns rows of a column around, square by square. A row that is left by itself is stored as it is.
func (e *emitter) strips(t tile, row, end, col int64, vals []loop.Reg) (strips []strip) {
	for row < end {
		rows := min(end-row, e.square())
		if !e.masked {
			rows = floorPow2(rows)
		}
		var vecs []loop.Reg
		for i := range rows {
			vecs = append(vecs, vals[(row+i)*t.cols+col])
		}
		if rows == 1 {
			e.storePoint(t, point{row: row, col: col}, vecs[0])
		} else {
			strips = append(strips, e.strip(row, vecs))
		}
		row += rows
	}
	return strips
}

// strip turns vectors of successive rows around.
func (e *emitter) strip(row int64, vecs []loop.Reg) strip {
	rows := int64(len(vecs))
	for len(vecs) < int(ceilPow2(rows)) {
		vecs = append(vecs, vecs[0]) // rows that nobody looks at
	}
	return strip{row, rows, transpose(e.b, vecs)}
}

// storeStrips stores strips of a column, lane by lane.
func (e *emitter) storeStrips(t tile, col int64, strips []strip) {
	lanes := t.activeLanes(point{col: col})
	if lanes == 0 {
		lanes = t.lanes
	}
	for lane := range lanes {
		for _, x := range strips {
			to := e.addr(0, point{row: x.row, col: col}, t.lanes)
			to.Off.Const += lane * e.axes[e.col].at[0].n
			side := int64(len(x.vecs))
			src := x.vecs[lane%side]
			if side < t.lanes {
				src = e.part(src, int(lane/side), int(side))
			}
			e.b.Add(&loop.Store{Src: src, To: to, Stride: loop.Const(1), Active: int(x.rows % side)})
		}
	}
}

// transpose turns squares of vectors around: lane i of vector j goes to lane j of vector i, in each square if vectors
// have more lanes than there are vectors. Squares of 4 lanes of 32 bits (2 of 64) are turned inside of 128-bit lanes, as
// machines do best; then these are exchanged.
func transpose(b *loop.Builder, vecs []loop.Reg) []loop.Reg {
	n := len(vecs)
	inner := min(int(cost.Square(b.Type(vecs[0]).DType)), n)
	for size := 1; size < inner; size *= 2 {
		vecs = weave(b, vecs, size, inner)
	}
	for size := inner; size < n; size *= 2 {
		vecs = halve(b, vecs, size, inner)
	}
	out := make([]loop.Reg, n) // weaving leaves the rows of a block in the order of their reversed bits
	for i, v := range vecs {
		within := int(bits.Reverse64(uint64(i%inner)) >> (64 - bits.Len64(uint64(inner-1))))
		out[i/inner*inner+within] = v
	}
	return out
}

// weave interleaves pieces of size lanes inside of lanes of inner, for vectors that lie size apart: the
// low halves of two vectors, and the high halves.
func weave(b *loop.Builder, vecs []loop.Reg, size, inner int) []loop.Reg {
	n := b.Type(vecs[0]).Lanes
	out := make([]loop.Reg, len(vecs))
	var pick [2][]int
	for lane := range n {
		within, base := lane%inner, lane/inner*inner
		piece := within / size
		from := base + piece/2*size + within%size + piece%2*n
		pick[0] = append(pick[0], from)
		pick[1] = append(pick[1], from+inner/2)
	}
	for i := range vecs {
		if i/size%2 == 0 {
			out[i] = b.Shuffle(vecs[i], vecs[i+size], pick[0])
			out[i+size] = b.Shuffle(vecs[i], vecs[i+size], pick[1])
		}
	}
	return out
}

// halve gathers the even blocks of inner lanes of two vectors size apart, and the odd ones, in each square.
func halve(b *loop.Builder, vecs []loop.Reg, size, inner int) []loop.Reg {
	n, side := b.Type(vecs[0]).Lanes, len(vecs)
	out := make([]loop.Reg, side)
	var pick [2][]int
	for lane := range n {
		within, base := lane%side, lane/side*side
		for odd := range pick {
			from := (within/inner*2+odd)*inner + lane%inner // in the two vectors' rows of the square
			if from >= side {
				from += n - side // in the second vector
			}
			pick[odd] = append(pick[odd], base+from)
		}
	}
	for i := range side {
		if i/size%2 == 0 {
			out[i] = b.Shuffle(vecs[i], vecs[i+size], pick[0])
			out[i+size] = b.Shuffle(vecs[i], vecs[i+size], pick[1])
		}
	}
	return out
}

// Blocks of a large transposition: what a task touches stays in the reach of the caches of addresses.
const (
	turnRows    = 64
	turnColumns = 512 // of output that is stored past the caches
	turnOuter   = 8
	turnRun     = 2 << 10 // bytes of input that lie in a row, where memory is far: as many as make machines read ahead
	turnShort   = 256     // elements of the output, of rows much shorter than vectors: one after the other, they fill lines
)

// shortColumns tells whether rows of the output are much shorter than vectors.
func (k *kernel) shortColumns(s shape) bool {
	return k.axes[s.col].extent < k.vectorLanes(k.l.target)/2
}

// shortRows is how many rows a task takes that are much shorter than vectors: those of a line of the input, each of which goes
// on along the output's axis out, or more where row after row they make up the output.
func (k *kernel) shortRows(s shape, out int) int64 {
	x := &k.axes[s.row]
	if out < 0 || k.reach(s.row, 0, 1) < k.reach(out, 0, 1) {
		return min(turnRows*turnOuter, x.extent)
	}
	return min(max(s.rows, lineBytes/int64(k.accs[0].DType.Size())), x.extent)
}

// cutTurned cuts a transposition: tasks take squares of rows and columns, larger ones where memory is far, and of the other axes
// blocks of those two along which output and input move least.
func (k *kernel) cutTurned(s shape, c *cuts) {
	out, in := k.nearest(s)
	short := k.shortColumns(s)
	rows, columns := int64(turnRows), int64(turnRows)
	if k.turnsFar(s) {
		rows = max(rows, turnRun/int64(k.accs[k.turnedFirst(s)].DType.Size()))
	}
	if k.streamed(s) {
		columns = turnColumns
	}
	for _, id := range k.free {
		x := &k.axes[id]
		switch {
		case id == s.row && short:
			c.block[id] = k.shortRows(s, out)
		case id == s.row && x.extent > rows*3/2:
			c.block[id] = rows
		case id == s.col && x.extent > columns*3/2:
			c.block[id] = columns
		case id == s.col, id == s.row:
		case id == out || id == in:
			c.block[id] = min(turnOuter, x.extent)
			if id == out && short {
				c.block[id] = min(ceilDiv(turnShort, k.axes[s.col].extent), x.extent)
			}
		default:
			c.block[id] = 1
		}
		c.tasks *= ceilDiv(x.extent, c.block[id])
	}
}

// turnsFar tells whether a transposition leaves the caches, so that it is worth reading runs of an input that are longer than a tile.
func (k *kernel) turnsFar(s shape) bool { return k.passing() >= k.streamLimit(s) }

// turnedFirst is the first input that a tile turns around.
func (k *kernel) turnedFirst(s shape) int {
	acc := 1
	for acc < k.inputs && !k.turnsInput(s, acc) {
		acc++
	}
	return acc
}

// nextRun is the axis along which the rows of the first input that is turned around go on where they end; -1 if there is none, or if the
// output's go on along it too, amid lines that it had better write one after the other.
func (k *kernel) nextRun(s shape) int {
	_, in := k.nearest(s)
	if in < 0 || !k.turnsFar(s) || k.shortColumns(s) {
		return -1
	}
	at := k.axes[in].at
	if at[k.turnedFirst(s)].n != k.axes[s.row].extent || at[0].n == k.axes[s.col].extent && !k.streamed(s) {
		return -1
	}
	return in
}

// nearest are the axes beside those of a tile along which the output, and the first input that is turned around, move least;
// -1 if there are none.
func (k *kernel) nearest(s shape) (out, in int) {
	out, in = -1, -1
	acc := k.turnedFirst(s)
	for _, id := range k.free {
		if id == s.row || id == s.col {
			continue
		}
		if out < 0 || k.reach(id, 0, 1) < k.reach(out, 0, 1) {
			out = id
		}
		if in < 0 || k.reach(id, acc, acc+1) < k.reach(in, acc, acc+1) {
			in = id
		}
	}
	return out, in
}
