package cost

import (
	"math"
	"math/bits"

	"github.com/einc-lang/einc/tensor"
)

// tileEntry is the cycles of entering and leaving a tile.
const tileEntry = 12

// Masks reports whether the last vector of a run may be a part of one.
func (t *Target) Masks() bool { return t.Arch == "amd64" && t.VectorBytes >= 32 }

// TileRegisters is how many vector registers the tiles of a product have for accumulators and a row of the right operand.
func (t *Target) TileRegisters(d tensor.DType, mask bool) int64 {
	if d.IsComplex() {
		return (int64(t.Registers) - 2) / 2
	}
	spare := int64(1) // an element of the left operand
	if !t.FMA {
		spare += 2 // a product, and a copy: instructions overwrite an operand
	}
	if mask && t.VectorBytes < 64 {
		spare++ // the mask of the last vector
	}
	if t.Registers >= 32 {
		spare += 2 // LLVM spills one accumulator if all are taken
	}
	return int64(t.Registers) - spare
}

// RunVectors is how many vectors tiles without rows take: as much of a run as stays in registers, since memory likes to be read in
// long runs.
func (t *Target) RunVectors(d tensor.DType) int64 {
	n := int64(t.Registers) * 3 / 4
	if d.IsComplex() {
		n /= 2
	}
	return n
}

// LongRun is how many vectors tiles have no rows for, if these would not share them, and LongerRun if rows lie side by side in the output,
// which then is written element by element.
const (
	LongRun   = 4
	LongerRun = 8
)

// TilesCycles estimates the cycles of all tiles of r rows and c vectors over m rows and vecs vectors, of sums of so many terms:
// two multiply-adds or loads a cycle, but four cycles a term for the latency of an accumulator, and some for loads that miss the
// first level, vectors more than elements.
func (t *Target) TilesCycles(m, vecs, r, c int64, terms float64) float64 {
	tiles := ceilDiv(m, r)
	rows := float64(m) / float64(tiles)
	whole := vecs / c
	cycles := float64(whole) * t.tileCycles(rows, float64(c), terms)
	if part := vecs - whole*c; part > 0 {
		cycles += t.tileCycles(rows, float64(part), terms)
	}
	return float64(tiles) * cycles
}

// tileCycles estimates the cycles of a tile.
func (t *Target) tileCycles(rows, c, terms float64) float64 {
	return t.termCycles(rows, c)*terms + tileEntry + rows*c
}

// termCycles estimates the cycles of a term of the sums of a tile.
func (t *Target) termCycles(rows, c float64) float64 {
	return max(t.work(rows*c), (rows+c)/2, latency) + rows/8 + c/5
}

// Sums of a tile wait for each other: of one accumulator, the next term can be added after so many cycles. Where terms are few, the
// core is at work on the next tile meanwhile, as far as it looks ahead.
const (
	latency = 4.0
	ahead   = 128.0 // multiply-adds and loads
)

// passCycles is the cycles of all tiles of r rows and c vectors over m rows and vecs vectors; rows that share no vectors load their own.
func (t *Target) passCycles(m, vecs, r, c int64, terms float64, shared bool) float64 {
	tiles := ceilDiv(m, r)
	rows, whole := float64(m)/float64(tiles), vecs/c
	cycles := float64(whole) * t.busyCycles(rows, float64(c), terms, shared)
	if part := vecs - whole*c; part > 0 {
		cycles += t.busyCycles(rows, float64(part), terms, shared)
	}
	return float64(tiles) * cycles / mostRate
}

// busyCycles is the cycles of a tile among others.
func (t *Target) busyCycles(rows, c, terms float64, shared bool) float64 {
	loads, sums := rows+c, rows*c
	if !shared {
		loads = sums * (1 + float64(t.VectorBytes)/Line) // most lie in two lines
	}
	return terms * max(t.work(sums), loads/2, latency/(1+ahead/(terms*(sums+loads))))
}

// work is the cycles of so many multiply-adds of vectors.
func (t *Target) work(sums float64) float64 {
	if t.FMA {
		return sums / 2
	}
	return sums
}

// FewestCycles is what tiles take of the shape that TileShape chooses, as the code has it, one after the other, and their rows and
// columns; shared says that rows share vectors.
func (t *Target) FewestCycles(d tensor.DType, m, vecs, square int64, terms float64, shared bool) (cycles float64, rows, cols int64) {
	rows, cols = t.TileShape(m, vecs, square, MostColumns, t.TileRegisters(d, false), terms)
	return t.passCycles(m, vecs, rows, cols, terms, shared), rows, cols
}

// TileShape is the rows and vectors of the tiles of a product that take the fewest cycles over m rows and vecs vectors, of those that
// have at most so many vectors, and whose accumulators and row of the right operand stay in the free registers. Rows are multiples of
// a square where sums are turned around.
func (t *Target) TileShape(m, vecs, square, most, free int64, terms float64) (rows, cols int64) {
	cycles := 0.0
	if square > 1 || free < 2 || vecs < 1 { // else tiles of one vector are no worse with all the rows that there are registers for
		cycles, rows, cols = t.TilesCycles(m, vecs, 1, 1, terms), 1, 1
	}
	for c := int64(1); c <= min(vecs, most) && free/c > 1; c++ {
		r := tileRows(m, square, free/c-1)
		if r < square {
			break
		}
		if n := t.TilesCycles(m, vecs, r, c, terms); n < cycles || rows == 0 {
			cycles, rows, cols = n, r, c
		}
	}
	return rows, cols
}

// MostColumns is the most vectors of a tile's rows that are worth looking at.
const MostColumns = 4

// tileRows is the rows of a tile that has registers for so many, a power of two of them where squares are turned around.
func tileRows(m, square, free int64) int64 {
	const most = 16
	r := max(min(m, free, most), 1)
	if square > 1 {
		r = 1 << (bits.Len64(uint64(r)) - 1)
	}
	return r
}

// leastCycles is what a term of a sum takes at least, for each vector of accumulators.
func (t *Target) leastCycles() float64 { return t.work(1) / mostRate }

// streams is the part of reading lines of a batch that its items hide, as the next is fetched while tiles use this one.
const streams = 0.35

// costs of what tiles do beside multiply-adds, in nanoseconds.
type costs struct {
	again   float64 // a line that is read again, as it has left the first level
	far     float64 // and the second
	read    float64 // a line of inputs, once
	written float64 // and of the output
	turned  float64 // a byte of the output that is turned around before it is stored
}

// Operands and result in the second level, and beyond it, where nothing else is known of them.
var (
	within = costs{again: 0.08, far: 0.4, read: 0.3, written: 0.4, turned: 0.025}
	beyond = costs{again: 0.35, far: 0.9, read: 2, written: 1.3, turned: 0.03}
)

// even reports whether nothing is known of how the operands lie, and tiles of vectors are what they are computed in.
func (w *Work) even() bool {
	return w.Product && w.Factors == 0 && min(w.B, w.M, w.N, w.K) >= 1 && min(w.M, w.N, w.K) > 1 && w.UnitInner && !w.Folds &&
		(!w.Askew || w.Turned || w.Folded)
}

// leastEven is a time that such tiles take at least.
func (t *typical) leastEven(w *Work) float64 {
	r, c := &t.rates[w.Type], t.reach(w, &within, &beyond)
	cycles := t.anyhow(w, w.B*w.M*math.Ceil(w.N/r.lanes)*w.K*r.term)
	rate := typeRate(w.Type)
	if w.Type.IsComplex() {
		rate /= complexLoss
	}
	return cycles/(clock*rate) + min(c.read, c.written)*(w.BytesIn+w.BytesOut)/Line + call
}

// anyhow is the cycles of tiles that take so many where operands lie well, which are not known to beyond the second level.
func (t *typical) anyhow(w *Work, cycles float64) float64 {
	if w.BytesIn+w.BytesOut > w.B*float64(t.l2()) {
		return max(cycles, w.B*w.M*w.N*w.K/(2*t.rates[w.Type].lanes*directRate))
	}
	return cycles
}

// evenly is what tiles of all rows and columns take, the lines that a tile reads of the right operand, and how many tiles do.
func (t *typical) evenly(w *Work) (cycles, lines, times float64) {
	lanes := t.rates[w.Type].lanes
	run := w.N
	if w.Run > 0 {
		run = w.Run
	}
	vectors := math.Ceil(run / lanes)
	cycles, rows, columns := t.FewestCycles(w.Type, whole(w.M), whole(vectors), 1, w.K, true)
	cycles = t.anyhow(w, cycles*(w.B*w.N/run))
	lines = w.K * float64(columns) * lanes * float64(w.Type.Accum().Size()) / Line
	return cycles, lines, w.B * math.Ceil(w.M/float64(rows)) * math.Ceil(vectors/float64(columns)) * w.N / run
}

// evenTime is the time of tiles where nothing is known of how operands lie.
func (t *typical) evenTime(w *Work) float64 {
	cycles, lines, times := t.evenly(w)
	c := t.reach(w, &within, &beyond)
	nanos := cycles / (clock * t.tileRate(w))
	again := c.again
	if w.BytesIn+w.BytesOut <= w.B*float64(t.l2()) { // an item of the batch stays
		if again = within.again; c == &beyond {
			nanos -= streams * c.read * w.BytesIn / Line
		}
	}
	switch reach := lines * Line; {
	case reach > float64(t.l2()):
		nanos += c.far * lines * times
	case reach > float64(t.l1()):
		nanos += again * lines * times
	}
	nanos += t.aside(w) + c.read*w.BytesIn/Line + c.written*w.BytesOut/Line
	if w.Turned {
		nanos += c.turned * w.BytesOut
	}
	if w.BytesOut >= streamBytes {
		nanos = max(nanos, t.moved(w, Direct))
	}
	return nanos + call
}

// tileRate is the part of the peak of floats that tiles of a type reach.
func (t *typical) tileRate(w *Work) float64 {
	rate := typeRate(w.Type)
	switch {
	case w.Type.IsComplex():
		return rate / complexLoss
	case rate < 1 && w.BytesIn+w.BytesOut > float64(t.l2()):
		return rate * directRate // panels spare integers, whose products take several instructions, more than they cost
	}
	return rate
}

// reach is the costs of operands where they are.
func (t *typical) reach(w *Work, within, beyond *costs) *costs {
	if w.BytesIn+w.BytesOut > float64(t.l2()) {
		return beyond
	}
	return within
}
