package cost

import "math"

// Packing is how the packed strategy finds the elements of an operand that it packs.
type Packing struct {
	Run   float64 // those of a panel's rows or columns that lie in a row; 1 if none do, 0 if nothing is known
	Terms float64 // where none do, terms that lie in a row, in the order in which they are packed
}

// across tells whether the panels of an operand are packed many together, as neighbours lie in different ones.
func (k Packing) across() bool { return k.Run == 1 && k.Terms == 1 }

// What the packed strategy takes, in nanoseconds.
const (
	panelRate   = 0.82 // of the peak that tiles of packed panels reach, those at the edges taken as whole
	placeTile   = 10.0 // a tile whose rows are read in place, to find them
	panelSum    = 0.6  // a vector of sums, to enter and leave a tile
	panelStore  = 0.85 // a vector that is written, or added to, for each block of terms
	panelLine   = 0.7  // a line of the output beyond the second level, beside its stores
	panelVector = 1.4  // a vector that is copied to a panel
	panelTurned = 0.17 // an element that is turned around on its way to a panel
	panelSingle = 0.6  // an element that is copied by itself
	placeNear   = 0.4  // a line that is read in place, in the second level
	placeFar    = 1.3  // and beyond it
)

// packed estimates the packed strategy; it may be less if it is most or more.
func (t *typical) packed(w *Work, most float64) float64 {
	p := t.panels(w)
	if least := p.least(w); least >= most {
		return least
	}
	return p.nanos(w)
}

// least is a time that the packed strategy takes at least.
func (p *panels) least(w *Work) float64 {
	return p.time(w, ceilDiv(int64(w.K), EvenDepth(w.Type.Accum(), int64(w.K))), 1)
}

// nanos is the time of the packed strategy.
func (p *panels) nanos(w *Work) float64 {
	t := p.typical
	b := t.blocking(w)
	nanos := p.time(w, b.KBlocks(), b.NBlocks()*b.Slices()) + launch*float64(b.Phases()-1)
	if b.Split > 1 {
		nanos += float64(b.SharedBytes()) * max(w.B, 1) / t.bandwidth(w.BytesIn+w.BytesOut)
	}
	if w.BytesOut >= streamBytes {
		nanos = max(nanos, t.moved(w, Packed))
	}
	if w.Jumps > 0 {
		nanos += jump * w.Jumps * math.Ceil(p.columns/p.tileColumns)
	}
	return nanos + t.againstGrain(w.BytesIn, w.Strided) + t.backAgain(w) + t.fetched(w.BytesIn, w.B*w.M*w.N*float64(w.GathersBeside))
}

// panels is what the estimate of a packed product is made of.
type panels struct {
	*typical
	rows, columns         float64
	tileRows, tileColumns float64
	lanes                 float64
	line                  float64 // nanoseconds of a line of inputs, each time it passes
	place                 float64 // the same, where they are not packed
	written               float64 // a line of the output, beside its stores
}

func (t *typical) panels(w *Work) panels {
	p := panels{typical: t, rows: w.M, columns: w.N, lanes: t.rates[w.Type].parts, place: placeNear}
	rows, vectors := t.tile(w.Type.Accum(), w.Place.B, int64(p.columns))
	p.tileRows, p.tileColumns = float64(rows), float64(vectors)*p.lanes
	if !w.Place.B && !w.Packs[1].across() {
		p.tileColumns = float64(endedColumns(whole(w.Columns), whole(p.columns), int64(p.lanes), vectors*int64(p.lanes)))
	}
	if w.BytesIn+w.BytesOut > float64(t.l2()) {
		p.line, p.place, p.written = beyond.read, placeFar, panelLine
	}
	return p
}

// time is the time of arithmetic, of packing and of storing sums, in so many blocks of terms and of columns.
func (p *panels) time(w *Work, blocks, columns int64) float64 {
	tiles := math.Floor(p.columns / p.tileColumns)
	vectors := tiles*math.Ceil(p.tileColumns/p.lanes) + math.Ceil((p.columns-tiles*p.tileColumns)/p.lanes)
	sums := w.B * p.whole(p.rows, p.tileRows) * vectors
	nanos := sums*p.lanes*w.K/(p.rates[w.Type.Accum()].peak*panelRate) + sums*panelSum*float64(blocks)
	if w.Place.A {
		nanos += placeTile * w.B * math.Ceil(p.rows/p.tileRows) * math.Ceil(p.columns/p.tileColumns) * float64(blocks)
	}
	size := float64(w.Type.Accum().Size())
	nanos += w.B * w.K * p.rows * p.element(w.Packs[0], w.Place.A, p.rows, p.tileRows, size, float64(columns))
	nanos += w.B * w.K * p.columns * p.element(w.Packs[1], w.Place.B, p.columns, p.tileColumns, size, 1)
	outputs := w.B * w.M * w.N
	stores := outputs / p.lanes
	if w.Columns > 0 {
		stores = outputs * p.accesses(w.Columns, p.columns, p.tileColumns)
		if w.Columns*size < Line {
			stores += p.written * outputs / w.Columns // parts of lines
		}
	}
	nanos += panelStore*stores*float64(2*blocks-1) + p.written*w.BytesOut/Line
	return nanos + w.B*w.M*w.N*w.K*w.Ops/(clock*p.lanes) + call
}

// element is the time of packing an element of an operand of so many rows, in panels of a width, or of reading it in place, so
// many times.
func (p *panels) element(k Packing, place bool, rows, width, size, times float64) float64 {
	line := p.line * size / Line
	switch {
	case place:
		return p.place * size / Line
	case k.Run == 0 && p.line == 0: // elsewhere they may lie anyhow
		return times * panelVector / min(width, p.lanes)
	case k.Run > 1:
		return times * (min(panelVector*p.accesses(k.Run, rows, width), panelSingle) + line)
	case k.Terms > 1:
		return times * (panelTurned + line)
	}
	return times * (panelSingle + line)
}

// accesses is the vectors that an element takes of a panel of some width, of elements that lie in runs: those of a panel that is
// part of a run, as many as divide both, or those of runs that panels cut anywhere.
func (p *panels) accesses(run, all, width float64) float64 {
	if run >= all {
		return 1 / min(width, p.lanes, run)
	}
	if math.Mod(run, width) == 0 {
		return math.Ceil(width/p.lanes) / width
	}
	even := int64(run) | int64(width)
	return min(1/min(float64(even&-even), p.lanes), math.Ceil(width/p.lanes)*(1+math.Ceil((p.lanes-1)/run))/width)
}

// whole is an extent with its last part filled up.
func (p *panels) whole(extent, part float64) float64 { return math.Ceil(extent/part) * part }
