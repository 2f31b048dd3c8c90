package lower

import (
	"math"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
)

// streamBytes is the size of an output from which on stores go past the cache: below it, what is
// written may still be there when it is read. What a product reads between two stores counts as well.
const streamBytes = 10 << 20

// meshBytes is the size of second-level caches behind which there is one that all cores of a server share, over a
// mesh. What is written through it takes longer than what goes to memory, and reading it again is hardly faster.
const meshBytes = 2 << 20

// turnedBytes is streamBytes for transpositions to a result by vectors that are lines: what they write is scattered, so that no machine
// has its lines at hand in time.
const turnedBytes = 4 << 20

// runsBytes is the most that streamBytes is for results element by element, by vectors that are lines: they are written in long runs, whose
// lines machines fetch ahead faster than they store them past a cache that has room for all.
const runsBytes = 32 << 20

// streamLimit is streamBytes for tiles of a shape on this machine.
func (k *kernel) streamLimit(s shape) int64 {
	switch t, l2 := &k.l.target, int64(k.l.target.L2); {
	case t.VectorBytes < lineBytes:
	case l2 >= meshBytes:
		return min(2*l2, streamBytes)
	case k.writesRows(s): // their lines are asked for, row after row, and reach memory as fast
		return math.MaxInt64
	case s.turned:
		if k.writesResult() {
			return turnedBytes
		}
	case !k.reduces:
		return max(streamBytes, min(int64(t.L3), runsBytes))
	}
	return streamBytes
}

// writesResult tells whether what a kernel writes is not read by a later step.
func (k *kernel) writesResult() bool {
	id := k.accs[0].arg.Buffer
	return id >= 0 && k.l.plan.Buffers[id].Kind == planner.Output
}

// streamed tells whether a kernel should store past the cache: its output is large, is not read, and is
// written by whole cache lines. Tiles of several rows must fill lines themselves; others leave that to
// the next tile.
func (k *kernel) streamed(s shape) bool {
	out := k.accs[0]
	size := int64(out.DType.Size())
	vector := s.lanes * size
	if k.hasOld || k.runtime || s.col < 0 || k.axes[s.col].at[0].n != 1 || vector < 16 || vector > lineBytes || k.passing() < k.streamLimit(s) {
		return false
	}
	if s.onward >= 0 && vector < lineBytes {
		return false // the rest of a line comes later
	}
	unit := vector
	if s.rows > 1 {
		unit = s.cols * vector
		if unit%lineBytes != 0 {
			return false
		}
	}
	for _, id := range k.free {
		if id != s.col && k.axes[id].at[0].n*size%unit != 0 {
			return false
		}
	}
	return true
}

// passing is the bytes that pass through the cache while the output is written; 0 if that is small.
func (k *kernel) passing() int64 {
	n := k.bytes(0)
	if k.reduces && n >= cost.Large {
		for acc := range k.accs[1:] {
			n += k.bytes(1 + acc)
		}
	}
	return n
}

// streams tells whether a store of a streamed kernel goes past the cache: it is of a whole vector, at a
// place that is a multiple of it.
func (e *emitter) streams(n *loop.Store, t tile) bool {
	if n.Active > 0 || t.lanes != e.lanes || n.To.Off.Const%t.lanes != 0 {
		return false
	}
	for _, x := range n.To.Off.Terms {
		if x.Coef.Dim > 0 || x.Coef.Value*max(e.multiple[x.Var], 1)%t.lanes != 0 {
			return false
		}
	}
	return true
}

// tileStreamBytes is streamBytes for packed products: what they write is written once a call, and machines that many
// share hold some of it until then.
const tileStreamBytes = 32 << 20

// streamed tells whether tiles should store past the cache: C is large, is written once, and a tile writes whole lines of
// it, row by row or several rows at once.
func (p *panels) streamed() bool {
	return p.passes() && p.fills(p.MR, p.NR)
}

// passes tells whether C is too large to stay in the cache, and written once.
func (p *panels) passes() bool {
	size := int64(p.l.plan.Buffers[p.refs[sideC].Buffer].DType.Size())
	return !p.isOpen() && p.part < 0 && !p.hasAfter() && p.KBlocks() == 1 && p.M*p.N*p.batch*size >= p.l.past && p.Lanes*size <= lineBytes
}

// fills tells whether tiles of some rows and columns write whole lines of C: each row by itself, or, where a row of C
// goes on in the next one, as many as a tile has.
func (p *panels) fills(rows, columns int64) bool {
	const least = 16 // bytes of a store
	size := int64(p.l.plan.Buffers[p.refs[sideC].Buffer].DType.Size())
	run, apart := runs(p.n, sideC, columns), p.m
	switch {
	case run*size%lineBytes == 0:
	case run == p.runOfC() && common(run, p.Lanes, true)*size >= least && p.goesOn() && p.m[len(p.m)-1].extent%rows == 0 && rows*run*size%lineBytes == 0:
		apart = p.m[:len(p.m)-1]
	default:
		return false
	}
	for _, ds := range [][]digit{p.product.b, apart, p.n} {
		for _, d := range ds {
			if at := d.at[sideC]; at.dim > 0 || at.n != 1 && at.n*size%lineBytes > 0 {
				return false
			}
		}
	}
	return true
}

// runOfC is how many columns are neighbours in C.
func (p *panels) runOfC() int64 {
	n, _ := unitRun(p.n, sideC)
	return n
}

// goesOn tells whether each run of columns in C begins where that of the row before ends.
func (p *panels) goesOn() bool {
	if len(p.m) == 0 {
		return false
	}
	row := p.m[len(p.m)-1].at[sideC]
	return row.dim == 0 && row.n == p.runOfC()
}

// fillLines makes tiles fewer rows of more vectors, in as many registers, if C is to pass the cache and only such tiles
// write whole lines of it.
func (p *panels) fillLines() {
	const most = 4 // vectors: with more, too few rows share what is loaded of B
	vectors := p.runOfC() / common(p.runOfC(), p.Lanes, true)
	rows := p.MR * p.NR / p.Lanes / vectors
	if vectors > most || rows == 0 || p.Type.IsComplex() || !p.passes() || p.fills(p.MR, p.NR) || !p.fills(rows, vectors*p.Lanes) {
		return
	}
	p.Blocking = p.Retiled(rows, vectors*p.Lanes)
}
