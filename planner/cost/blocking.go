package cost

import "github.com/einc-lang/einc/tensor"

// DepthUnit divides the K terms of a block: squares of vectors.
const DepthUnit = 64

// Depth is the number of K terms of type d that a block aims at: the rows of A in a tile, that long, fit half a
// first-level cache, while panels of B pass from the second, and C is read and written seldom. A longer K is cut
// into even blocks of whole DepthUnits. Caches have no say, because this decides the order of summation.
func Depth(d tensor.DType) int64 {
	const bytes = 2048
	return int64(bytes / d.Size())
}

// LowPart is the extent of the part of an operand's fastest index of K that is left innermost where the other operand's
// is another one, and neither is much larger: blocks of K then hold some neighbours in either. Its square divides them.
const LowPart = 8

// FollowsLarger reports whether the terms of a product of m rows and n columns are in the order of the larger operand alone, where the
// operands have neighbours along different indices: its elements are read in long runs, or in place, and those of the smaller one gathered.
func FollowsLarger(m, n float64) bool { return max(m, n) >= 2*min(m, n) }

// LeastTurned is the fewest terms of a block of K that are neighbours in an operand for its rows to be turned by squares of them
// on their way into panels.
const LeastTurned = 4

// leastRun is the fewest terms that are neighbours in a row of A for rows to be read in place, where not all are: with shorter runs,
// panels of them serve better. They do so too for more than runColumns bytes of a row of C: each tile begins every run anew,
// which takes 2 to 8 % of it, while an element is packed once for all columns.
const (
	leastRun   = 16
	runColumns = 6 << 10
)

// ReadsRuns reports whether tiles read rows of A in place of which so many terms are neighbours, but not all, for so many columns of
// type d.
func ReadsRuns(d tensor.DType, terms int64, columns float64) bool {
	return terms >= leastRun && columns*float64(d.Size()) <= runColumns
}

// shortDepth is the most terms of K whose multiply-adds take no longer than to write C. Tiles then run row by row, so
// that lines of C are written whole, and one after the other.
const shortDepth = 64

// align is the boundary in bytes that every piece of workspace starts at: a cache line.
const align = 64

// taskNanos is the modelled time of a task that is large enough for good use of the caches, and short
// enough for cancelling and for even shares.
const taskNanos = 1.4e6

// maxSlice is the most bytes of packed B, for caches that many cores share.
const maxSlice = 8 << 20

// Places says which operands of a packed product are read where they lie: rows of A, of which terms are neighbours, and
// rows of B, of which columns are.
type Places struct{ A, B bool }

// rowBytes is the most bytes that rows of B in place may lie apart: a page less a line. Rows that are further apart take
// pages of their own, of which a core translates few at a time, and rows that are a page apart all fall into the same sets
// of the first level and few of the second.
const rowBytes = Page - Line

// ReadsRows reports whether tiles of type d read rows of B in place that lie step elements apart. To pack them takes 0.3 ns
// an element, against vectors of multiply-adds that take as long: only with wide vectors is that a part of a product to
// speak of.
func (t *Target) ReadsRows(d tensor.DType, step int64) bool {
	return step > 0 && step <= t.RowsApart(d)
}

// RowsApart is how many elements rows of B in place may lie apart; 0 if there are no such tiles.
func (t *Target) RowsApart(d tensor.DType) int64 {
	wide := t.Arch == "amd64" && t.Registers >= 32 && t.VectorBytes >= 64
	if !wide || !d.IsFloat() || d.Accum() != d {
		return 0
	}
	return int64(rowBytes / d.Size())
}

// placesStay is the bytes of a second-level cache from which on operands in place stay near for any number of rows and columns: their rows
// share sets where they lie apart by a power of two, and take more lines than panels do. In 1 MB it takes 1.05 to 1.2 times as long to
// read B in place for more than placedRows rows, and A for columns of placedBytes, as to pack them once.
const (
	placesStay  = 2 << 20
	placedRows  = 256
	placedBytes = 4 << 10
	crowdedRows = 96
)

// RowsStay reports whether a product of m rows reads rows of B in place, if these need not be packed. Either gives the same sums.
func (t *Target) RowsStay(m int64) bool { return t.l2() >= placesStay || m <= placedRows }

// RowsCrowd reports whether rows of B in place, of so many terms and step elements apart, fall into so few sets of the second level that a
// block of them leaves no room there, while many rows of A come back to it: to pack them then takes .7 to .9 of the time.
func (t *Target) RowsCrowd(d tensor.DType, m, k, step int64) bool {
	apart := step * int64(d.Size())
	return m >= crowdedRows && k > Depth(d) && EvenDepth(d, k)*(apart&-apart) > int64(t.l2())/2
}

// columnsStay reports whether a product of n columns reads rows of A in place, if these need not be packed.
func (t *Target) columnsStay(d tensor.DType, n int64) bool {
	return t.l2() >= placesStay || n < int64(placedBytes/d.Size())
}

// Blocking cuts an M×N×K product into register tiles and cache blocks. All fields but the bytes count
// elements.
//
// The packed strategy runs two phases for each slice of NS columns and each block of KC terms, one after
// the other. The first packs that part of B, panel by panel, into shared workspace. The second has a
// task for every MC×NC block of C in the slice: it packs MC×KC of A into the worker's workspace, or reads it in
// place, and runs the tiles of the block, column by column or row by row of tiles, adding to C from the second
// block of K on. Where B is read in place, there is no first phase. Where a block is all of a slice, no
// two tasks need the same panels: then a single phase has a task for each slice, which packs B too, one block of
// K after the other, so that its panels stay in the cache and no worker waits for another.
type Blocking struct {
	M, N, K int64        // extents of the groups
	Type    tensor.DType // of the panels and the accumulators
	Lanes   int64        // elements of a vector register; of two, one a part, for complex types
	MR, NR  int64        // tile: rows, and columns, a multiple of Lanes
	Cols    int64        // columns of C that a tile has: NR, or fewer, where tiles end with runs of C
	MC      int64        // rows of a task, a multiple of MR
	NC      int64        // columns of a task, a multiple of Cols
	NS      int64        // columns of a slice, a multiple of NC
	KC      int64        // terms of a block of K; the last block may have fewer
	Own     bool         // tasks pack the columns of B that they need, each for itself
	Split   int64        // parts that the blocks of K are shared out to, each with sums of its own; 1: none
	Place   Places       // what is not packed
	ByRows  bool         // the tiles of a task run row by row: all columns of B pass for each few rows of A
}

// Blocking is the blocking for each of a batch of products of the given extents, each at least 1, and element type, of operands that may be
// read in place.
func (t *Target) Blocking(d tensor.DType, place Places, batch, m, n, k int64) Blocking {
	place = Places{A: place.A && t.columnsStay(d, n), B: place.B && t.RowsStay(m)}
	b := Blocking{M: m, N: n, K: k, Place: place, Type: d.Accum(), Lanes: t.realLanes(d)}
	rows, vectors := t.tile(b.Type, place.B, n)
	b.MR, b.NR = rows, vectors*b.Lanes
	b.KC = EvenDepth(b.Type, k)
	b.ByRows = place.A || k <= shortDepth || b.sharesLines()
	if b.Split = b.splits(batch); b.Split > 1 {
		t.cutParts(&b)
	} else {
		t.cut(&b, batch)
	}
	b.Cols = b.NR
	return b
}

// sharesLines reports whether tiles side by side share lines of C, and have so few multiply-adds a row that it counts if, column by
// column of tiles, each fetches them anew.
func (b *Blocking) sharesLines() bool {
	const few = 2048
	size := int64(b.Type.Size())
	return b.NR*size <= Line && b.N*size%Line > 0 && b.KC*b.NR <= few
}

// EvenDepth is the terms of each of the blocks that k terms are cut into, but for the last: sums are those of blocks, added up in order.
func EvenDepth(d tensor.DType, k int64) int64 {
	if most := Depth(d); k > most {
		return roundUp(ceilDiv(k, ceilDiv(k, most)), DepthUnit)
	}
	return k
}

// Where extents are open, a task has openColumns columns and openRows rows, or placeRows where they are not packed,
// as far as the caches allow. A task that packs B for itself has ownBytes of a row of B and ownRows rows, lest
// items of a batch be cut.
const (
	openColumns = 512
	openRows    = 144
	placeRows   = 480
	ownBytes    = 2048
	ownRows     = 264
)

// OpenBlocking is the blocking for products of which not all extents are known, those given being an
// example: blocks that serve any. If B is packed by each task for itself, a slice is a task's columns.
func (t *Target) OpenBlocking(d tensor.DType, place Places, own bool, m, n, k int64) Blocking {
	b := Blocking{M: m, N: n, K: k, Place: place, Type: d.Accum(), Lanes: t.realLanes(d), Own: own, Split: 1, ByRows: place.A}
	b.KC = Depth(b.Type)
	rows, vectors := t.tile(b.Type, place.B, openColumns)
	b.MR, b.NR = rows, vectors*b.Lanes
	b.Cols = b.NR
	column := b.KC * int64(b.Type.Size())
	share, rowsOfTask, columns := int64(3), int64(openRows), int64(openColumns)
	if place.A {
		rowsOfTask = placeRows
	}
	if own {
		share, rowsOfTask, columns = 2, ownRows, ownBytes/int64(b.Type.Size())
	}
	b.NC, b.MC = roundUp(columns, b.NR), roundUp(rowsOfTask, b.MR)
	if l2 := int64(t.l2()); place.A {
		b.NC = min(b.NC, max(l2/2/column/b.NR, 1)*b.NR)
	} else {
		b.MC = min(b.MC, max(l2/share/column/b.MR, 1)*b.MR)
	}
	b.NS = b.NC
	if !own {
		b.NS = max(min(int64(t.l3())/2, maxSlice)/column/b.NC, 1) * b.NC
	}
	return b
}

// cut chooses the blocks of C: enough for all workers, unless a batch gives them enough to do.
func (t *Target) cut(b *Blocking, batch int64) {
	column := b.KC * int64(b.Type.Size()) // bytes of a column of B, or a row of A, in a block of K
	panels := ceilDiv(b.N, b.NR)
	room := min(int64(t.l3())/2, maxSlice)
	if b.ByRows || b.M <= 8*b.MR { // B passes for every tile of rows, or is soon done with: it need not leave L2
		room = min(room, int64(t.l2())/2)
	}
	points, tile := int64(t.peak(b.Type)*peakShare*taskNanos), b.KC*b.MR*b.NR // of a task, of a tile
	tileRows, rowBytes := ceilDiv(b.M, b.MR), column*b.MR
	if b.Place.A {
		rowBytes = 0
	}
	// A is packed for every task anew, which costs more than to fetch B again: tasks are wide, as long as a panel
	// of B serves some of A.
	const served = 8
	want := int64(1)
	if t.workers() > 1 {
		want = ceilDiv(4*t.workers(), batch)
	}
	if want == 1 && panels*column*b.NR <= room && tileRows*rowBytes <= int64(t.l2()/3) && max(tileRows, served)*panels*tile <= points {
		b.MC, b.NC, b.NS, b.Own = tileRows*b.MR, panels*b.NR, panels*b.NR, true // as what follows would find
		return
	}
	slice := max(room/(column*b.NR), 1)
	slice = ceilDiv(panels, ceilDiv(panels, slice))
	cells := max(points/tile, 1)
	mostRows := tileRows
	if !b.Place.A {
		mostRows = min(max(int64(t.l2()/3)/rowBytes, 1), mostRows)
	}
	widest := max(cells/served, 1)
	columns := ceilDiv(slice, ceilDiv(slice, widest))
	rows := min(max(cells/columns, 1), mostRows)
	columns = min(max(cells/rows, columns), slice)
	if b.Own = b.M <= 8*b.MR && tileRows <= mostRows; b.Own {
		b.MC = tileRows * b.MR
		b.NC = ceilDiv(panels, parts(panels, min(columns, slice), want, t.workers())) * b.NR
		b.NS = b.NC
		return
	}
	m := parts(tileRows, rows, ceilDiv(want, ceilDiv(slice, columns)), t.workers())
	b.MC = ceilDiv(tileRows, m) * b.MR
	n := parts(slice, columns, ceilDiv(want, m), t.workers())
	b.NC = ceilDiv(slice, n) * b.NR
	b.NS = n * b.NC
	b.Own = m == 1 && n == 1
}

// parts is the number of blocks when n items are cut into blocks of at most most items, and into at least
// want blocks as long as these have four items. Where that leaves few, they go round the workers evenly.
func parts(n, most, want, workers int64) int64 {
	blocks := ceilDiv(n, most)
	if blocks < want {
		some := min(want, n/4)
		if some < want && some > workers {
			some -= some % workers
		}
		blocks = max(blocks, some)
	}
	return ceilDiv(n, ceilDiv(n, blocks))
}

// manyPanels is the number of panels from which on one that is not full does not count.
const manyPanels = 10

// tile is the number of rows and of vectors of the register tile for n columns, in place or packed: the accumulators, one row of
// B, one element of A and, without fused multiply-add, one product must stay in registers. Complex values take two registers
// each. Three vectors take fewer loads for as many multiply-adds than two do, which counts where another thread of the core
// has its part of them, and of B in place lines that are neighbours, unless they leave more of a panel empty.
func (t *Target) tile(d tensor.DType, placeB bool, n int64) (rows, vectors int64) {
	many := t.Registers >= 32 && t.VectorBytes >= 32
	emptier := func() bool {
		full := ceilDiv(n, t.realLanes(d))
		return full < 3*manyPanels && roundUp(full, 3) > roundUp(full, 2)
	}
	switch {
	case placeB && !emptier():
		return 8, 3
	case d.IsComplex() && many:
		return 12, 1
	case d.IsComplex():
		return 5, 1
	case many && (d.IsInt() || emptier()):
		return 12, 2
	case d.IsInt():
		return 4, 2
	case t.Registers >= 32:
		return 8, 3
	}
	return 6, 2
}

// Retiled is the blocking for tiles of other rows and columns: blocks of C grow to whole ones.
func (b Blocking) Retiled(rows, columns int64) Blocking {
	blocks := b.NBlocks()
	b.MR, b.NR, b.Cols = rows, columns, columns
	b.MC, b.NC = roundUp(b.MC, rows), roundUp(b.NC, columns)
	b.NS = blocks * b.NC
	return b
}

// emptiest is the part of a tile's columns that may be left empty for it to end where a run of C does.
const emptiest = 24

// Ended is the blocking for tiles none of which holds columns of two runs of C, of so many neighbours each, if that leaves
// next to nothing of tiles empty. A row of a tile then takes an access for each of its vectors, not for each run that a
// vector meets, and panels are packed so as well.
func (b Blocking) Ended(run int64) Blocking {
	cols := endedColumns(run, b.N, b.Lanes, b.NR)
	if cols == b.NR || b.Split > 1 || b.Place.B {
		return b
	}
	blocks := b.NBlocks()
	panels := ceilDiv(ceilDiv(b.N/cols, b.Slices()), blocks)
	b.Cols, b.NC, b.NS = cols, panels*cols, blocks*panels*cols
	return b
}

// endedColumns is the columns of each tile if none holds columns of two runs of all n, or the columns that there are
// registers for, where that leaves too many of these empty or runs are whole vectors anyway.
func endedColumns(run, n, lanes, columns int64) int64 {
	if run < columns/2 || run >= n || run%lanes == 0 {
		return columns
	}
	cols := run / ceilDiv(run, columns)
	if run%cols > 0 || (columns-cols)*emptiest > columns {
		return columns
	}
	return cols
}

// KBlocks is the number of blocks of K.
func (b Blocking) KBlocks() int64 { return ceilDiv(b.K, b.KC) }

// Slices is the number of slices of columns.
func (b Blocking) Slices() int64 { return ceilDiv(b.N, b.NS) }

// Phases is the number of phases.
func (b Blocking) Phases() int64 {
	switch {
	case b.Split > 1:
		return 2
	case b.Own:
		return 1
	case b.Place.B:
		return b.KBlocks() * b.Slices()
	}
	return 2 * b.KBlocks() * b.Slices()
}

// MBlocks is the number of task rows.
func (b Blocking) MBlocks() int64 { return ceilDiv(b.M, b.MC) }

// NBlocks is the number of task columns of a slice.
func (b Blocking) NBlocks() int64 { return b.NS / b.NC }

// Panels is the number of panels of a slice of B.
func (b Blocking) Panels() int64 { return b.NS / b.Cols }

// SliceB is the elements of a packed slice of B. Every panel takes KC×NR of them.
func (b Blocking) SliceB() int64 {
	if b.Place.B {
		return 0
	}
	return b.Panels() * b.KC * b.NR
}

// SharedBytes is the shared workspace: a packed slice of B, if tasks share it, or the sums of the parts of K.
func (b Blocking) SharedBytes() int64 {
	switch {
	case b.Split > 1:
		return roundUp(b.Split*b.M*b.N*int64(b.Type.Size()), align)
	case b.Own:
		return 0
	}
	return roundUp(b.SliceB()*int64(b.Type.Size()), align)
}

// Keeps reports whether the panels of a task stay in the second-level cache while it runs, beside what else passes.
func (t *Target) Keeps(b Blocking) bool {
	return (b.NC/b.Cols*b.NR+b.MC)*b.KC*int64(b.Type.Size()) <= int64(t.l2())/2
}

// Parts is the elements of sums that wait for the next block of K: a slice of C, in tiles.
func (b Blocking) Parts() int64 { return b.MBlocks() * b.MC * b.Panels() * b.NR }

// PartsBytes is the shared workspace of such sums.
func (b Blocking) PartsBytes() int64 { return roundUp(b.Parts()*int64(b.Type.Size()), align) }

// BesideBytes is the worker's workspace, behind Scratch, for each operand that is read where C is written:
// where a block's rows lie in it, and the columns.
func (b Blocking) BesideBytes() int64 {
	return roundUp(8*b.MC, align) + roundUp(8*b.ColumnTable(), align)
}

// Scratch says where the pieces of a worker's workspace start, in bytes, each at a multiple of 64. The
// tables hold I64 offsets. Phase 1 uses Rows (NR columns of B) and Cols only.
type Scratch struct {
	A     int64 // the packed block of A, if it is not read in place: MC×KC elements, MR-row panels one after the other
	B     int64 // a task's own columns of B: KC×NC elements
	Rows  int64 // RowTable offsets: rows of A, columns of B
	Cols  int64 // KC offsets: terms of K in the operand that is packed
	CRows int64 // MC offsets: rows of C
	CCols int64 // ColumnTable offsets: columns of C
	ARows int64 // MC offsets: rows of A in place
	Bytes int64 // of all
}

// RowTable is the entries of the table of rows of A, or of the columns of B that are packed together.
func (b Blocking) RowTable() int64 {
	const most = 12 << 10
	return max(b.MC, b.NR, min(b.NS, most))
}

// ColumnTable is the entries of a table of columns of C: those of a panel, or, where tiles run row by row, of a task.
func (b Blocking) ColumnTable() int64 {
	if b.ByRows {
		return b.NC
	}
	return b.NR
}

// rowsInPlace is the entries of the table of rows of A, if it is read in place.
func (b Blocking) rowsInPlace() int64 {
	if b.Place.A {
		return b.MC
	}
	return 0
}

// Scratch lays out a worker's workspace.
func (b Blocking) Scratch() Scratch {
	const entry = 8
	var s Scratch
	at := int64(0)
	if !b.Place.A {
		at = roundUp(b.MC*b.KC*int64(b.Type.Size()), align)
	}
	s.B = at
	if b.Own && !b.Place.B {
		at += roundUp(b.KC*b.NC/b.Cols*b.NR*int64(b.Type.Size()), align)
	}
	for _, table := range []struct {
		at *int64
		n  int64
	}{{&s.Rows, b.RowTable()}, {&s.Cols, b.KC}, {&s.CRows, b.MC}, {&s.CCols, b.ColumnTable()}, {&s.ARows, b.rowsInPlace()}} {
		*table.at = at
		at += roundUp(table.n*entry, align)
	}
	s.Bytes = at
	return s
}

func ceilDiv(a, b int64) int64 {
	if 0 < a && a <= b {
		return 1 // without a division, as mostly where products are small
	}
	return (a + b - 1) / b
}

func roundUp(a, b int64) int64 { return ceilDiv(a, b) * b }
