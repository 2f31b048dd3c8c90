package llvm

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
	"github.com/llir/llvm/ir"
	"github.com/llir/llvm/ir/constant"
	"github.com/llir/llvm/ir/enum"
	"github.com/llir/llvm/ir/types"
	"github.com/llir/llvm/ir/value"
)

// Runs that begin and end anywhere in a vector are moved by an access for each run that a vector can meet,
// under a mask of the run's lanes.

// maxPieces bounds the accesses for a vector: shorter runs go element by element.
const maxPieces = 6

// pieces is how many runs a vector can meet; 0 if there are none, or they are too short.
func pieces(c *loop.CutRuns, lanes int64) int64 {
	if c == nil || c.Step > 1 {
		return 0
	}
	if c.Length == 0 {
		return 1
	}
	if n := 1 + (lanes-2+c.Length)/c.Length; n <= maxPieces {
		return n
	}
	return 0
}

// piece is the part of a vector that lies together: lane l is l elements from at.
type piece struct {
	at    value.Value // an offset
	lanes value.Value // a mask
}

// endless is a promise of runs without their ends, if each block has a part of a run: so it is with panels that end where runs do.
func endless(c *loop.CutRuns, count loop.Bound) *loop.CutRuns {
	if most := count.Max; c == nil || c.Step > 1 || most.Dim > 0 || most.Value < 1 || c.Length%most.Value > 0 || !whole(c.At, most.Value) {
		return c
	}
	return &loop.CutRuns{At: c.At}
}

// cutVector cuts the vector of entries first to first+lanes of a table, of which those from count on are
// missing, into the pieces of its runs, for elements of type d.
func (e *fn) cutVector(c *loop.CutRuns, table, first, count value.Value, d tensor.DType, lanes int64) []piece {
	left := e.sub(count, first)
	valid := e.smaller(e.choose(e.compare(enum.IPredSLT, left, i64(0)), i64(0), left), i64(lanes))
	ps := make([]piece, pieces(c, lanes))
	from, to := i64(0), valid
	if c.Length > 0 {
		_, gone := e.divmod(e.add(e.sum(c.At), first), i64(c.Length))
		to = e.smaller(e.sub(i64(c.Length), gone), valid)
	}
	for i := range ps {
		// A piece without lanes may begin behind the table's end: the first entry stands for its.
		some := e.compare(enum.IPredSLT, from, to)
		at := e.sub(e.item(table, e.choose(some, e.add(first, from), i64(0))), e.choose(some, from, i64(0)))
		ps[i] = piece{at, e.laneMask(d, lanes, from, to)}
		from, to = to, e.smaller(e.add(to, i64(c.Length)), valid)
	}
	return ps
}

// laneMask sets the lanes from from to before to of a vector of elements of type d, as the machine keeps masks:
// by bits, or by elements of all ones.
func (e *fn) laneMask(d tensor.DType, lanes int64, from, to value.Value) value.Value {
	n := lanes * parts(d)
	numbers := make([]constant.Constant, n)
	for i := range numbers {
		numbers[i] = integer(types.I32, int64(i)/parts(d))
	}
	number := constant.NewVector(types.NewVector(uint64(n), types.I32), numbers...)
	splat := func(x value.Value) value.Value { return e.splat(val{re: e.toWord(x)}, int(n)).re }
	mask := e.both(e.compare(enum.IPredSGE, number, splat(from)), e.compare(enum.IPredSLT, number, splat(to)))
	if e.target.VectorBits >= 512 {
		return mask
	}
	return e.put(ir.NewSExt(mask, types.NewVector(uint64(n), types.NewInt(uint64(8*d.Real().Size())))))
}

func (e *fn) toWord(x value.Value) value.Value {
	if c, ok := known(x); ok {
		return integer(types.I32, c)
	}
	return e.put(ir.NewTrunc(x, types.I32))
}

// bitsOf is a mask that laneMask made, as accesses take it.
func (e *fn) bitsOf(mask value.Value) value.Value {
	if mask.Type().(*types.VectorType).ElemType.Equal(types.I1) {
		return mask
	}
	return e.put(ir.NewICmp(enum.IPredSLT, mask, ints(mask.Type(), 0)))
}

// loadCut reads a vector whose pieces lie at their offsets from p; missing lanes are zero.
func (e *fn) loadCut(t loop.Type, p value.Value, ps []piece) val {
	x := value.Value(constant.NewZeroInitializer(vector(memory(t.DType), t.Lanes*int(parts(t.DType)))))
	for _, c := range ps {
		x = e.maskedLoad(e.step(t.DType, p, c.at), e.bitsOf(c.lanes), x, align(t.DType))
	}
	return e.fromMemory(t, x)
}

// storeCut writes a vector's pieces.
func (e *fn) storeCut(t loop.Type, v val, p value.Value, ps []piece) {
	x := e.toMemory(t, v)
	for _, c := range ps {
		e.maskedStore(x, e.step(t.DType, p, c.at), e.bitsOf(c.lanes), align(t.DType))
	}
}

// cutLanes is the lanes of the vectors that copy runs that panels cut anywhere; 0 if they go another way.
func (p packing) cutLanes() int64 {
	n := int64(p.target.VectorBits / 8 / max(p.in.Size(), p.out.Size()))
	t := func(d tensor.DType) loop.Type { return loop.Type{DType: d, Lanes: int(n)} }
	if !p.masks(t(p.in)) || !p.masks(t(p.out.Real())) || pieces(p.cut, n) == 0 {
		return 0
	}
	return n
}

// cutRuns copies a panel by vectors, some at a time, as machines have few registers for masks.
func (p packing) cutRuns(to, count value.Value, lanes int64) {
	const masks = 6
	group := max(1, masks/pieces(p.cut, lanes)) * lanes
	for r := int64(0); r < p.node.Width; r += group {
		p.cutColumns(to, count, r, min(r+group, p.node.Width), lanes)
	}
}

func (p packing) cutColumns(to, count value.Value, first, end, lanes int64) {
	var rows [][]piece
	for r := first; r < end; r += lanes {
		rows = append(rows, p.cutVector(p.cut, p.rows, i64(r), count, p.in, lanes))
	}
	p.columns(to, func(to, col value.Value) {
		from := p.step(p.in, p.from, col)
		for i, ps := range rows {
			r := first + int64(i)*lanes
			x := p.convert(p.loadCut(loop.Type{DType: p.in, Lanes: int(lanes)}, from, ps), p.in, p.out)
			p.placeSome(x, to, r, min(lanes, end-r))
		}
	})
}

// placeSome writes the first lanes of a vector to items r, r+1, … of a column of the panel.
func (p packing) placeSome(v val, col value.Value, r, n int64) {
	for i, x := range v.list() {
		at := p.step(p.out.Real(), col, i64(r+int64(i)*p.node.Width))
		t := loop.Type{DType: p.out.Real(), Lanes: lanes(x.Type())}
		if n == int64(t.Lanes) {
			p.storeRow(t, val{re: x}, at)
		} else {
			p.storeActive(t, val{re: x}, at, int(n))
		}
	}
}
