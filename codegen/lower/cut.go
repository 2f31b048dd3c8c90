package lower

import (
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
)

// cuts say how a kernel's free axes are cut into tasks: a task takes block[id] items of axis id.
type cuts struct {
	block []int64
	cut   []bool // the axis has blocks; otherwise a task takes all of it
	order []int  // free axes, outermost first, as tasks count them
	tasks int64  // for the example of open extents
}

// Times of a task, in nanoseconds of the model: short enough that cancelling works and workers stay
// even, long enough to be worth handing out.
const (
	taskNanos = 50e3
	maxNanos  = 2e6
)

// cut cuts a kernel of the given time into tasks. Inner axes fill a task up first; the tile's axes are
// cut at whole tiles.
func (k *kernel) cut(s shape, nanos float64) cuts {
	c := k.blocks(s, nanos)
	for id := range k.axes {
		c.cut[id] = c.cut[id] || c.block[id] < k.axes[id].extent
	}
	return c
}

func (k *kernel) blocks(s shape, nanos float64) cuts {
	c := cuts{block: make([]int64, len(k.axes)), cut: make([]bool, len(k.axes)), order: k.loopOrder(s), tasks: 1}
	items := max(k.extent(k.free), 1)
	want := max(int64(taskNanos/nanos*float64(items)), 1)
	if nanos <= taskNanos {
		want = items
	}
	for id := range k.axes {
		c.block[id] = k.axes[id].extent
	}
	if s.turned && nanos > taskNanos {
		k.cutTurned(s, &c)
		return c
	}
	if s.copying {
		k.cutCopied(s, &c)
		return c
	}
	if slices.ContainsFunc(k.free, func(id int) bool { return k.axes[id].isOpen() }) {
		k.cutOpen(s, &c, want)
		return c
	}
	inside := int64(1)
	for _, id := range k.growth(s) {
		x := &k.axes[id]
		unit := k.tileUnit(s, id)
		fit := max(want/inside/unit, 1) * unit
		if k.runtime && fit < x.extent {
			fit = 1 // positions with runtime strides cannot be scaled
		}
		if want/inside >= x.extent {
			fit = x.extent
		}
		if s.sweep && id == s.col || s.kept && (id == s.col || id == s.row) || id == s.onward || id == s.waits {
			fit = unit
		}
		if id == s.col && (s.sweep || k.keeps) && nanos > 2*taskNanos {
			fit = min(fit, k.workersShare(s))
		}
		c.block[id] = min(fit, x.extent)
		switch {
		case id == s.row && k.alone(s):
			c.block[id] = min(c.block[id], aloneRows)
		case id == s.onward: // other axes go on
		case c.block[id] < x.extent:
			want = inside // full: axes further out count one by one
		}
		inside *= c.block[id]
		c.tasks *= ceilDiv(x.extent, c.block[id])
	}
	return c
}

// sharedBytes is how many bytes of sums that wait a task has at least where workers would have nothing to do else.
const sharedBytes = 1 << 10

// workersShare is how many columns, whose sums wait in memory, leave a task to every worker.
func (k *kernel) workersShare(s shape) int64 {
	x, unit := &k.axes[s.col], s.cols*s.lanes
	others := k.extent(k.free) / (x.extent * s.rows)
	blocks := ceilDiv(max(1, int64(k.l.target.Workers)), max(others, 1))
	least := sharedBytes / int64(k.valueType().Size())
	return ceilDiv(max(ceilDiv(x.extent, blocks), least), unit) * unit
}

// maxOpenBlock bounds the items of a block of an open axis.
const maxOpenBlock = 1 << 14

// cutOpen cuts axes of which some are open, so that a task has about so many items: up to the first open
// one, which is cut into blocks, they are taken whole as far as they fit; those further out count one by one.
func (k *kernel) cutOpen(s shape, c *cuts, want int64) {
	want = min(want, maxOpenBlock)
	for _, id := range k.growth(s) {
		x, unit := &k.axes[id], k.tileUnit(s, id)
		c.block[id] = max(want/unit, 1) * unit
		if !x.isOpen() {
			c.block[id] = min(c.block[id], x.extent)
		}
		if want /= c.block[id]; x.isOpen() {
			c.cut[id], want = true, 0
		}
		c.tasks *= ceilDiv(x.extent, c.block[id])
	}
}

// tileUnit is how many items of an axis a tile takes.
func (k *kernel) tileUnit(s shape, id int) int64 {
	rows, cols := s.rows, s.cols*s.lanes
	switch {
	case s.waits >= 0 && id == s.waits:
		return k.waitingFolds(s).ofTask()
	case s.kept:
		rows, cols = k.keptBlock(s)
	case s.sweep:
		cols = k.sweepWidth(s)
	}
	switch id {
	case s.row:
		return rows
	case s.side:
		return s.sides
	case s.col:
		return cols
	case s.onward:
		return s.onwards
	}
	return 1
}

// growth lists the free axes in the order in which a task takes them in.
func (k *kernel) growth(s shape) []int {
	order := k.loopOrder(s)
	slices.Reverse(order)
	return order
}

// loopOrder puts the tile's axes inside the others, and with them those that memory goes on along. A reduction runs through the rows for each
// column block, whose vectors then stay in the cache; without one, memory is walked as it lies. So it is
// with factors, where the rows are long and the vectors few, and where those of all columns stay in the cache. Where writing takes
// the longest, the output's rows are written on.
func (k *kernel) loopOrder(s shape) []int {
	inner := []int{s.row, s.col}
	switch {
	case s.kept:
		inner = k.keptAxes(s)
	case k.alone(s):
		inner = append(append([]int{s.col}, k.stillAxes(s)...), s.row)
	case s.copying:
		inner = []int{s.col, s.row, s.side}
	case s.onward >= 0:
		inner = []int{s.onward, s.col}
	case s.stretch:
		inner = []int{s.row, s.col}
	case s.waits >= 0:
		inner = slices.Compact([]int{s.row, s.waits})
	case s.turned:
		inner = []int{s.col, k.nextRun(s), s.side, s.row}
	case k.factors != nil || !k.reduces: // memory is walked as it lies
	default:
		if on := k.writeOn(s); on >= 0 {
			inner = []int{s.side, s.row, on, s.col}
		} else if !k.rowByRow(s) {
			inner = []int{s.col, s.side, s.row, k.runOn(s)}
		}
	}
	inner = slices.DeleteFunc(inner, func(id int) bool { return id < 0 })
	outer := slices.DeleteFunc(slices.Clone(k.free), func(id int) bool { return slices.Contains(inner, id) })
	return append(outer, inner...)
}

// nearBytes is how much of an operand stays in the first-level cache beside what else a reduction reads and writes.
const nearBytes = 16 << 10

// rowByRow tells whether a reduction had better run through the columns for each block of rows: what rows have for themselves is then
// read once, and all vectors of the columns stay in the first-level cache; or the output is written as it lies.
func (k *kernel) rowByRow(s shape) bool {
	return k.passesColumns(s) && k.readsAlong(s, nearBytes) || k.writesRows(s) && !k.streamed(s)
}

// passesColumns tells whether a reduction has several tiles along a row, in whichever order.
func (k *kernel) passesColumns(s shape) bool {
	return !s.copying && !s.across && !s.kept && !s.sweep && s.side < 0 && s.row >= 0 && s.col >= 0 && k.axes[s.col].extent > s.cols*s.lanes
}

// readsAlong tells whether all columns read no more than so many bytes of each input, for a row.
func (k *kernel) readsAlong(s shape, most int64) bool {
	elements := k.extent(k.red) * k.axes[s.col].extent
	return !slices.ContainsFunc(k.inputNumbers(), func(acc int) bool {
		step := k.moves(s.col, acc)
		return elements*min(max(step, -step), lineBytes) > most
	})
}

// taskLoop makes the root loop, and variables for the blocks of the axes that are cut.
func (e *emitter) taskLoop(c cuts, f func()) {
	l := &loop.For{Var: e.b.Var("task"), Kind: loop.Task, Count: loop.Bound{Max: e.l.tasksOf(e.kernel, c)}, Step: 1}
	e.b.For(l, func() {
		split := &loop.Split{Of: l.Var}
		for _, id := range c.order {
			if e.whole[id] = !c.cut[id]; e.whole[id] {
				continue
			}
			split.Into = append(split.Into, e.b.Var(e.axes[id].label+"."))
			split.Radix = append(split.Radix, e.l.derive(DimCeilDiv, e.axes[id].size(), loop.Const(c.block[id])))
			e.pos[id].terms = append(e.pos[id].terms, place{split.Into[len(split.Into)-1], c.block[id]})
		}
		if len(split.Into) > 0 {
			e.b.Add(split)
		}
		f()
	})
}
