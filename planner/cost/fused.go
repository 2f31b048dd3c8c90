package cost

import "github.com/einc-lang/einc/tensor"

// The fused strategy sums the product of two inputs, the core, in tiles of registers, and multiplies sums by further factors.

// Sums is how tiles sum the core.
type Sums struct {
	Lanes   float64 // elements of a vector of sums, on average; 1 where there are none
	Loads   float64 // loads of vectors, and of elements for all lanes, that a vector of products takes
	Fetches float64 // elements of the core that it fetches one by one
	Tile    float64 // vectors of sums of a tile
	Across  float64 // elements of factors that a vector of sums fetches one by one
	Ahead   bool    // lines of a large input are asked for while the sums before are added up
	Nest    Nest
}

// From LargeCore bytes on an input of the core is read as it lies, for all rows, for each outer term, and what the next sums read of it
// is fetched ahead: machines do not see that several short rows are read side by side over and over. The sums wait in memory,
// KeptSums bytes of a task's at once, which stay in the first-level cache.
const (
	LargeCore = 1 << 20
	KeptSums  = 16 << 10
)

// SumTile is the rows, of so many at most, and the vectors of a tile of the core's sums that takes the fewest loads a product: in
// registers are the sums, a row of vectors, an element, and rows of what waits for outer terms: one, and so many for each row.
func (t *Target) SumTile(d tensor.DType, vectors, most, each int64) (rows, columns int64) {
	free, best := int64(t.Registers)-1, 0.0
	if t.Registers >= 32 {
		free -= 2
	}
	if d.IsComplex() {
		free /= 2
	}
	rows, columns = 1, 1
	for c := int64(1); c <= min(vectors, 4); c++ {
		for r := int64(1); r <= min(most, 16); r++ {
			if reuse := float64(r*c) / float64(r+c); (r+2+each*r)*c <= free && reuse > best*1.01 {
				best, rows, columns = reuse, r, c
			}
		}
	}
	return rows, columns
}

// What such tiles take.
const (
	fusedRate    = 0.60      // of the peak that they reach where nothing else is known
	fusedBytes   = 256 << 10 // of the right operand that they then read again and again
	fusedAhead   = 600.0     // multiply-adds and loads, as far as the core looks ahead while sums wait for each other
	fusedFetched = 0.17      // nanoseconds an element of the core by itself
	fusedAcross  = 0.85      // the same of factors, which lie far from each other
	fusedSum     = 0.7       // a vector of sums, to be multiplied by factors
	fusedHidden  = 0.5       // of arithmetic or of lines that are asked for ahead, whichever takes less: what overlaps
)

// fused estimates the fused strategy.
func (t *typical) fused(w *Work) float64 {
	if w.Sums == nil {
		return max(t.fusedAnyhow(w), t.moved(w, Fused))
	}
	points, s := w.B*w.M*w.N*w.K, w.Sums
	vectors := points / s.Lanes
	waits := latency / s.Tile / (1 + fusedAhead/(w.Inner*s.Tile*(1+s.Loads+s.Fetches)))
	nanos := vectors * max(t.work(1), s.Loads/2, waits) / (clock * t.tileRate(w))
	nanos += vectors*fusedFetched*s.Fetches + vectors/w.Inner*(fusedSum+fusedAcross*s.Across)
	nanos += points * w.Ops / (clock * t.rates[w.Type].lanes)
	moves, _ := t.moves(w, &s.Nest, 0)
	if nanos += moves; s.Ahead {
		nanos -= fusedHidden * min(moves, nanos-moves)
	}
	if w.BytesOut >= streamBytes {
		nanos = max(nanos, t.moved(w, Fused))
	}
	return call + max(nanos, t.Bound(w.Type).Nanos(points, w.BytesIn+w.BytesOut))
}

// fusedAnyhow estimates the fused strategy where nothing is known of how operands lie: tiles of registers as those of the packed one,
// and the factors' products once for each sum over Inner.
func (t *typical) fusedAnyhow(w *Work) float64 {
	points := w.B * w.M * w.N * w.K
	lanes := t.rates[w.Type].lanes
	rate := fusedRate
	if w.N*w.Inner*float64(w.Type.Accum().Size()) > fusedBytes { // the right operand streams in again and again
		rate = directRate
	}
	term := 1 / (t.rates[w.Type].peak * rate * filled(w.N, lanes))
	if w.N <= 1 {
		term = latency / clock // there are no vectors, and sums wait for each other
	}
	compute := points * (term + (w.Ops+float64(w.Factors)/w.Inner)/(clock*lanes))
	return max(compute, (w.BytesIn+w.BytesOut)/t.bandwidth(w.BytesIn+w.BytesOut)) + call
}

// factors reports whether the fused strategy can do w.
func (w *Work) factors() bool { return w.Inner > 1 && w.Product && !w.Askew && w.UnitInner }
