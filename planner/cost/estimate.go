package cost

import (
	"math"

	"github.com/einc-lang/einc/tensor"
)

// The machine in numbers: a core of about 3 GHz with two vector pipes. Times are nanoseconds, rates
// are per nanosecond.
const (
	clock       = 3.0   // cycles
	launch      = 400.0 // a phase: handing out tasks and waiting for them
	peakShare   = 0.75  // of the peak, by which packed products are cut into tasks
	directRate  = 0.30  // of the peak that vectors without tiles reach: every product needs a load
	mostRate    = 0.92  // of the peak that nothing is beyond
	batchRate   = 0.85  // of the peak that tiles reach on operands that live in the second-level cache
	foldRate    = 0.20  // of the peak that vectors along reduced indices reach: a fold for every element, two loads a product
	askewLoss   = 1.6   // what the direct strategy loses where a vector of the output gathers its operand
	turnLoss    = 1.15  // and where tiles of it are turned around in registers, in the second-level cache
	complexLoss = 2.0   // what the direct strategy loses where products have a real and an imaginary part
	leastTerms  = 4.0   // of sums that panels are packed for
	maxBytes    = 1 << 46

	call        = 18.0     // a step within a kernel that runs anyway
	rateBeyond  = 15.0     // bytes a nanosecond that one core moves beyond it, on a machine that many share
	streamBytes = 12 << 20 // of outputs that are stored past the caches
	gatherNear  = 0.4      // nanoseconds an element that a vector fetches by itself
	gatherFar   = 2.0      // the same, where it brings a line of its own
	gatherItem  = 3.0      // the same, where lines are fetched anew for every item of a batch
	writesBack  = 2.0      // lines moved to write a part of one
	gatherLine  = 0.85     // nanoseconds an element that waits in the first level for the next term: beside arithmetic and transfers
	turnNear    = 0.2      // nanoseconds an element of tiles that are turned around where nothing is reduced
	turnFar     = 0.4      // the same, where lines of input or output are far from each other in memory
	jump        = 2.0      // nanoseconds that rows of a left operand beyond the first level wait where a run of terms begins, each time they pass
	itemWaits   = 0.35     // of arithmetic and transfers of batched products, whichever takes less: what does not overlap
)

// Line is the bytes of a cache line, and Page those of a page of memory, which are as many as a way of a first-level cache has.
const (
	Line = 64
	Page = 4096
)

// complexBytes is how much of complex values is worth packing, of whose parts the direct strategy has half vectors.
const complexBytes = 32 << 10

// Bandwidth, in bytes, of the levels that data can live in.
const (
	rateL1   = 120.0
	rateL2   = 95.0
	rateL3   = 70.0
	rateDRAM = 15.0
)

// Model answers questions about one target.
type Model struct {
	target  Target // whose workspace is asked for
	typical        // whose times are
}

// typical is a machine that times are estimated for.
type typical struct {
	Target
	rates [tensor.Types]rates
}

// rates is what a machine does with elements of a type.
type rates struct {
	lanes float64 // of a vector register
	parts float64 // the same, where a complex value takes two, one a part
	peak  float64 // multiply-adds a nanosecond
	term  float64 // cycles at least of a vector of multiply-adds in tiles
}

// Model is the model of a machine of the target's level, whatever machine it is: one worker, and the caches of
// servers that were new when this was written.
func (t *Target) Model() *Model {
	m := &Model{target: *t, typical: typical{Target: *t}}
	m.L1, m.L2, m.L3, m.Workers = 32<<10, 512<<10, 32<<20, 1
	switch {
	case t.VectorBytes >= 64:
		m.L1, m.L2, m.L3 = 48<<10, 2<<20, 256<<20
	case t.VectorBytes < 32 && t.Registers < 32:
		m.L2, m.L3 = 256<<10, 8<<20
	}
	for d := range m.rates {
		if d := tensor.DType(d); d.Valid() {
			m.rates[d] = rates{float64(t.Lanes(d)), float64(t.realLanes(d)), t.peak(d), t.leastCycles()}
		}
	}
	return m
}

// Estimate answers w: the fastest strategy that can do it, its time on one worker, and its workspace. The
// strategy and the time depend on w and the level alone, because orders of contraction and of summation
// follow from them; the workspace is what the caches and workers of the target ask for.
func (m *Model) Estimate(w *Work) Estimate {
	e := m.time(w)
	if e.Strategy == Packed {
		e.Shared, e.PerWorker = m.target.workspace(w)
	}
	return e
}

// Nanos is the time that Estimate gives.
func (m *Model) Nanos(w *Work) float64 { return m.time(w).Nanos }

// Within is the time that Estimate gives; +Inf where less work than that tells that it is not below most.
func (m *Model) Within(w *Work, most float64) float64 {
	if w.Cycles == 0 && w.Inner <= 1 && w.even() {
		return m.evenWithin(w, most)
	}
	return m.time(w).Nanos
}

// evenWithin is Within where nothing is known of how operands lie. The strategy that takes less at least goes first, as that mostly
// spares the other.
func (t *typical) evenWithin(w *Work, most float64) float64 {
	direct, packed, packs := t.leastEven(w), math.Inf(1), t.packs(w)
	var p panels
	if packs {
		p = t.panels(w)
		packed = p.least(w)
	}
	if min(direct, packed) >= most {
		return math.Inf(1)
	}
	if packed < direct {
		if best := p.nanos(w); direct >= best {
			return best
		} else if direct < most {
			return min(best, t.asItLies(w))
		}
		return math.Inf(1)
	}
	best := t.asItLies(w)
	if packed < best {
		best = min(best, p.nanos(w))
	}
	return best
}

// time is the fastest strategy and its time.
func (t *typical) time(w *Work) Estimate {
	best := Estimate{Strategy: Direct, Nanos: t.asItLies(w)}
	if w.factors() {
		if nanos := t.fused(w); nanos < best.Nanos {
			best = Estimate{Strategy: Fused, Nanos: nanos}
		}
	}
	if !t.packs(w) {
		return best
	}
	if nanos := t.packed(w, best.Nanos); nanos < best.Nanos {
		best = Estimate{Strategy: Packed, Nanos: nanos}
	}
	return best
}

// asItLies is the time of the direct strategy on operands as they lie.
func (t *typical) asItLies(w *Work) float64 {
	switch {
	case w.Nest != nil && w.Nest.Depth > 0:
		return t.nested(w)
	case w.even():
		return t.evenTime(w)
	case !w.Product && w.K <= 1 && w.Ops == 0:
		return t.relaid(w)
	}
	near, grain := w.B*w.M*w.N*w.K*w.Nearby, 0.0
	if !w.AlongBatch {
		grain = t.againstGrain(w.BytesIn, max(w.Strided-w.Lone, 0))
	}
	if w.NearbyLines*Line > float64(t.l1()) && w.BytesIn > float64(t.l2()) {
		return t.overlapped(w, t.direct(w), t.moved(w, Direct)) + max(gatherFar*near, grain) + t.oneByOne(w)
	}
	return t.overlapped(w, max(t.direct(w), gatherLine*near, grain), t.moved(w, Direct)) + t.oneByOne(w)
}

// moved is the time it takes to fetch and store what does not stay in the second level. Lines are fetched before they
// are written, but for those that are streamed: whole ones.
func (t *typical) moved(w *Work, s Strategy) float64 {
	if w.BytesIn+w.BytesOut <= float64(t.l2()) {
		return 0
	}
	stores := 2.0
	if w.BytesOut >= streamBytes && (s != Direct || over(w.Run*float64(w.Type.Size()), Line) == 0) {
		stores = 1
	}
	return (w.BytesIn + stores*w.BytesOut) / rateBeyond
}

// overlapped is the time of arithmetic and of what is moved meanwhile. Each item of a batch of products is fetched as its
// first rows are multiplied, which then wait; the others find it in the caches.
func (t *typical) overlapped(w *Work, compute, moved float64) float64 {
	if w.Product && w.B > 1 && w.M > 1 && w.N > 1 && w.K > 1 {
		return max(compute, moved) + itemWaits*min(compute, moved)
	}
	return max(compute, moved)
}

// oneByOne is the time of elements that vectors of the direct strategy do not load or store side by side.
func (t *typical) oneByOne(w *Work) float64 {
	written := w.B * w.M * w.N
	nanos := t.fetched(w.FetchedBytes, written*w.K*w.Fetches) + t.fetched(w.BytesIn, written*float64(w.GathersBeside))
	lone := gatherNear
	if w.LoneLines*Line > float64(t.l1()) && w.BytesIn > float64(t.l2()) {
		lone = gatherItem
	}
	nanos += lone * w.Lone
	if !w.AlongBatch {
		nanos += t.backAgain(w)
	}
	if w.Scattered {
		nanos += t.fetched(w.BytesOut, written)
	}
	turn := turnNear
	if w.BytesIn+w.BytesOut > float64(t.l2()) {
		turn = turnFar
	}
	return nanos + turn*written*float64(w.Turns)
}

// backAgain is the time of lines of the output that several items of the batch write short runs of.
func (t *typical) backAgain(w *Work) float64 {
	return writesBack * t.againstGrain(w.BytesOut, w.StridedOut)
}

// againstGrain is the time of so many lines, among so many bytes, that several items of the batch take short runs from.
func (t *typical) againstGrain(bytes, lines float64) float64 {
	if bytes > float64(t.l2()) {
		return lines * gatherItem
	}
	return lines * gatherNear
}

// fetched is the time of so many fetches, or stores, of single elements among so many bytes.
func (t *typical) fetched(bytes, fetches float64) float64 {
	if bytes > float64(t.l2()) {
		return fetches * gatherFar
	}
	return fetches * gatherNear
}

// Bound is a time that no estimate is below, for products of one element type.
type Bound struct {
	Fixed       float64 // of every step, whatever its size
	point, byte float64
	near        float64 // bytes beyond which all are moved from and to memory
}

// Bound is the bound for elements of type d.
func (t *typical) Bound(d tensor.DType) Bound {
	return Bound{Fixed: call, point: 1 / (t.rates[d].peak * mostRate), byte: within.read / Line, near: float64(t.l2())}
}

// Nanos bounds the time beyond Fixed of a product by its multiply-adds and by the bytes that it reads and
// writes. Of both together, two products take no less than one.
func (b Bound) Nanos(points, bytes float64) float64 {
	nanos := max(points*b.point, bytes*b.byte)
	if bytes > b.near {
		return max(nanos, bytes*beyond.written/Line-b.Fixed)
	}
	return nanos
}

// packs reports whether w may be packed: a product that is more than a few tiles large.
func (t *typical) packs(w *Work) bool {
	if !w.Product || !w.Plain || !Packable(w.Type) {
		return false
	}
	if w.Type.IsComplex() && w.BytesIn+w.BytesOut <= complexBytes || w.K < leastTerms {
		return false
	}
	rows, vectors := t.tile(w.Type.Accum(), w.Place.B, whole(max(w.M, w.N)))
	size := float64(w.Type.Accum().Size())
	// Wider tiles of fewer rows are no reason to pack what few rows use.
	rows = max(rows, rows*vectors/2)
	return min(w.M, w.N) >= float64(rows) && max(w.M, w.N) >= float64(vectors)*t.rates[w.Type].parts && max(w.M*w.K, w.N*w.K, w.M*w.N)*size < maxBytes/2
}

// Packable reports whether the packed strategy computes in type d.
func Packable(d tensor.DType) bool {
	switch d.Accum() {
	case tensor.F32, tensor.F64, tensor.C64, tensor.C128, tensor.I32, tensor.I64:
		return true
	}
	return false
}

func (t *Target) blocking(w *Work) Blocking {
	b := t.Blocking(w.Type, w.Place, whole(max(w.B, 1)), whole(w.M), whole(w.N), whole(w.K))
	if w.Packs[1].across() {
		return b
	}
	return b.Ended(whole(w.Columns))
}

// mostWhole is where numbers that the planner asks about are cut off: networks are vaster than integers, before they are cut.
const mostWhole = 1 << 60

// whole is an extent as an integer.
func whole(extent float64) int64 { return int64(min(extent, mostWhole)) }

// workspace is the bytes that the packed strategy needs.
func (t *Target) workspace(w *Work) (shared, perWorker int64) {
	b := t.blocking(w)
	items := float64(b.SharedBytes())
	perWorker = b.Scratch().Bytes + int64(w.Beside)*b.BesideBytes()
	switch waits := w.Waits && b.KBlocks() > 1 && b.Split == 1; {
	case waits && b.Own:
		perWorker += b.PartsBytes()
	case waits:
		items += float64(b.PartsBytes())
	}
	return whole(w.B * items), perWorker
}

// direct estimates the direct strategy: arithmetic or memory, whichever takes longer.
func (t *typical) direct(w *Work) float64 {
	points := w.B * w.M * w.N * w.K
	if points == 0 {
		return call
	}
	lanes := t.rates[w.Type].lanes
	inner := w.N
	if inner == 1 {
		inner = max(w.B, w.M, w.K)
	}
	rate, inner := t.directShare(w, inner)
	mac := t.rates[w.Type].peak * rate * share(inner, lanes/2)
	op := clock * lanes
	if !w.UnitInner {
		mac, op = mac/lanes, op/lanes
	}
	switch {
	case w.Turned && w.BytesIn+w.BytesOut <= float64(t.l2()):
		mac /= turnLoss
	case w.Product && w.Askew:
		mac /= askewLoss
	}
	compute := points * (1/mac + (w.Ops+float64(w.Factors))/op)
	return max(compute, t.traffic(w)) + call
}

// directShare is the part of the peak that the direct strategy reaches with long enough vectors, and
// the extent these run along.
func (t *typical) directShare(w *Work, inner float64) (rate, along float64) {
	switch {
	case !w.Product || w.M == 1 || w.N == 1:
	case w.Folded:
		return foldRate, w.K
	case w.B > 1 && w.UnitInner && (w.BytesIn+w.BytesOut)/w.B <= float64(t.l2()):
		return directRate + (batchRate-directRate)*share(w.M-1, 2), inner // rows share what is loaded
	}
	return directRate, inner
}

// traffic is the time the direct strategy needs to move its data. A right operand beyond the second
// level streams in again for every few rows of the left one.
func (t *typical) traffic(w *Work) float64 {
	moved := (w.BytesIn + w.BytesOut) / t.bandwidth(w.BytesIn+w.BytesOut)
	right := w.N * w.K * float64(w.Type.Accum().Size())
	if w.Product && w.M > 1 && w.N > 1 && right > float64(t.l2()) {
		const rows = 4
		moved += w.B * math.Ceil(w.M/rows) * right / t.bandwidth(right)
	}
	return moved
}

// over is what is left of an extent beyond all whole parts, powers of two.
func over(extent, part float64) float64 { return extent - math.Floor(extent/part)*part }

// share is the part of the peak that an extent reaches, when half of it needs the extent half.
func share(extent, half float64) float64 { return extent / (extent + half) }

// filled is the part of their lanes that vectors along an extent use.
func filled(extent, lanes float64) float64 { return extent / (math.Ceil(extent/lanes) * lanes) }

// peak is the number of multiply-adds of type d a core can do in a nanosecond.
func (t *Target) peak(d tensor.DType) float64 {
	pipes := 1.0
	if t.FMA {
		pipes = 2
	}
	return clock * float64(t.Lanes(d)) * pipes * typeRate(d)
}

// typeRate compares multiply-adds of type d with those of a float that wide.
func typeRate(d tensor.DType) float64 {
	switch d {
	case tensor.I64:
		return 0.2 // no vector multiplication
	case tensor.Bool, tensor.I8, tensor.I16, tensor.I32:
		return 0.5
	case tensor.C64, tensor.C128:
		return 0.5 // four products for each two lanes
	}
	return 1
}

// bandwidth is the rate at which a core moves data from a working set of the given bytes.
func (t *Target) bandwidth(bytes float64) float64 {
	switch {
	case bytes <= float64(t.l1()):
		return rateL1
	case bytes <= float64(t.l2()):
		return rateL2
	case bytes <= float64(t.l3()):
		return rateL3
	}
	return rateDRAM
}

// The caches a target states, or those of a small core if it states none.

func (t *Target) l1() int { return orElse(t.L1, 32<<10) }
func (t *Target) l2() int { return orElse(t.L2, 512<<10) }
func (t *Target) l3() int { return max(orElse(t.L3, 4<<20), t.l2()) }

func (t *Target) workers() int64 { return int64(max(t.Workers, 1)) }

func orElse(v, other int) int {
	if v > 0 {
		return v
	}
	return other
}
