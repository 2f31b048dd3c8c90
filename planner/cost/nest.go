package cost

import "math"

// MostLoops is the most loops of a nest.
const MostLoops = 12

// MostArrays is the most arrays of a nest: of more inputs, the smallest are taken to stay in the first level.
const MostArrays = 6

// Nest is the loops of a product that is computed as it lies, the outermost first, down to the elements of a tile.
type Nest struct {
	Depth  int
	Arrays int // that loops move along: 3, and further inputs; 0 says 3
	Loops  [MostLoops]Loop
	Single bool // there is no second input
	Copied bool // what tiles read of the inputs is copied side by side first
}

// Loop is one of them.
type Loop struct {
	Trips float64
	Moves [MostArrays]float64 // bytes that each moves along two inputs, the output and further inputs; 0 if not
	Sums  bool                // over terms
}

// What loops take beside arithmetic, in nanoseconds: one price for each event, whatever the kernel.
const (
	nearLine     = 0.22 // a line that the second level has and the first has not
	nearAlone    = 0.35 // and of those, one that no neighbour follows
	farLine      = 1.5  // a line that neither has
	farAlone     = 0.2  // and of those, one that no neighbour follows, which the machine would fetch ahead
	onceAlone    = 1.2  // the same, of an input that is read once: there is nothing else to wait for
	walk         = 3.9  // a page whose place the core does not know
	nearWritten  = 0.42 // the same of the output
	farWritten   = 1.05
	aloneWritten = 1.0
	walkWritten  = 3.5
	strewn       = 8.0   // and beside all that, where it leaves the caches, and a vector's lines are on as many pages
	storedAlone  = 0.63  // an element of the output by itself
	storedTurned = 0.024 // a byte of the output that is turned around before it is stored
	storedPart   = 0.39  // a part of a vector that is stored
	fetchedAlone = 0.24  // an element of an input by itself
	turnedVector = 1.5   // a vector of an input that is turned around
)

// What copies take, in nanoseconds: an element of tiles that are turned around, a vector of others, and a line that is read and written.
const (
	relaidTurned = 0.1
	relaidVector = 0.3
	relaidNear   = 0.9
	relaidFar    = 2.4
)

// The second level holds less and less of what a copy reads and writes if that is more than these parts of it.
const (
	relaidStays = 0.5
	relaidGone  = 1.1
)

// What arithmetic takes where it does not run in tiles along one input's index.
const (
	batchCycles = 2.4  // of the cycles that multiply-adds take at least: of vectors along the batch
	foldVector  = 0.32 // nanoseconds of a load and half a multiply-add, of vectors along terms
	foldSum     = 0.9  // and of a sum, whose lanes are added up
	manyVector  = 0.29 // of a vector of a product of more than two inputs, along the output
	manyFactor  = 0.09 // and of each input beyond two
)

// hidden is the share of arithmetic during which lines come from the second level, if nothing comes from beyond.
const hidden = 0.15

// Shares of a cache that lines which are used again can count on, and pages whose places a core knows.
const (
	shareL1  = 0.82
	shareL2  = 0.78
	pages    = 1500.0
	mostRows = 16 // rows of lines, side by side, that are fetched ahead at a time
)

// span is how far loops move along an array: blocks of bytes side by side.
type span struct {
	moves, trips [MostLoops]float64 // by moves
	n            int
}

// add adds a loop.
func (s *span) add(moves, trips float64) {
	if moves == 0 {
		return
	}
	at := s.n
	for ; at > 0 && s.moves[at-1] > moves; at-- {
		s.moves[at], s.trips[at] = s.moves[at-1], s.trips[at-1]
	}
	s.moves[at], s.trips[at] = moves, trips
	s.n++
}

// units is how many units of memory, of so many bytes, the loops touch of elements of a size; filled counts as many as if all sets of
// a cache were used: units whose places are multiples of a large power of two share few.
func (s *span) units(size, unit float64) (touched, filled float64) {
	run, blocks, places := size, 1.0, uint64(Page)
	for k := range s.n {
		if moves := s.moves[k]; moves <= run || moves <= unit {
			run += (s.trips[k] - 1) * moves
		} else {
			blocks *= s.trips[k]
			places |= uint64(moves)
		}
	}
	touched = max(run/unit, 1)
	if blocks == 1 {
		return touched, touched
	}
	return blocks * touched, blocks * max(touched, float64(places&-places)/unit)
}

// sideBySide is how many lines of an array lie side by side among those that loops fetch one soon after the other.
func (n *Nest) sideBySide(array int, size float64) float64 {
	run, rows := size, 1.0
	for d := n.Depth - 1; d >= 0; d-- {
		l := &n.Loops[d]
		switch moves := l.Moves[array]; {
		case moves == 0:
		case moves <= max(run, Line):
			run += (l.Trips - 1) * moves
		default:
			if rows *= l.Trips; rows > mostRows {
				return max(run/Line, 1)
			}
		}
	}
	return max(run/Line, 1)
}

// output is the place of the output among a nest's arrays.
const output = 2

func (n *Nest) arrays() int { return max(n.Arrays, output+1) }

func sum(list []float64) (all float64) {
	for _, x := range list {
		all += x
	}
	return all
}

// missed is what a level of memory has to fetch of each array.
type missed struct {
	units [MostArrays]float64
	known bool
}

// note notes what is missed if the loops from depth d on touch so many units each, and are the first that a level does not hold.
func (m *missed) note(n *Nest, d int, units *[MostArrays]float64) {
	m.known = true
	outer, outerFree := 1.0, 1.0
	for k := range d {
		l := &n.Loops[k]
		if outer *= l.Trips; !l.Sums {
			outerFree *= l.Trips
		}
	}
	for k := range n.arrays() {
		m.units[k] = units[k] * outer
	}
	m.units[output] = units[output] * outerFree // sums are written once
}

// fewerLines is a number of lines, of those that loops touch, up to which these are on no more pages than a core knows: none are
// on more than 1/64 more pages for each loop than there are lines.
const fewerLines = pages / (1 + MostLoops/64.0)

// terms is the depth from which on loops go over the terms of one tile, whose sums are in registers meanwhile; the nest's if no
// loop sums.
func (n *Nest) terms() int {
	d := n.Depth
	for d > 0 && !n.Loops[d-1].Sums {
		d--
	}
	if d == 0 {
		return n.Depth
	}
	for d > 0 && n.Loops[d-1].Sums {
		d--
	}
	return d
}

// misses is what each level misses: lines of the first and of the second, and pages. Where the second has all, a tile's lines of the
// output push none of its inputs out of the first, as they are stored after its terms.
func (t *typical) misses(w *Work, n *Nest) (l1, l2, walks missed) {
	size := float64(w.Type.Size())
	near, far := shareL1*float64(t.l1())/Line, shareL2*float64(t.l2())/Line
	stays := t.stays(w)
	var spans [MostArrays]span
	var lines, full [MostArrays]float64
	arrays, terms := n.arrays(), n.terms()
	for k := range arrays {
		lines[k], full[k] = 1, 1
	}
	for d := n.Depth - 1; d >= 0 && !(l1.known && (l2.known || stays) && walks.known); d-- {
		l := &n.Loops[d]
		for k := range arrays {
			if moves := l.Moves[k]; moves != 0 {
				spans[k].add(moves, l.Trips)
				lines[k], full[k] = spans[k].units(size, Line)
			}
		}
		filled := sum(full[:arrays])
		inputs := filled
		if stays && d >= terms {
			inputs -= full[output]
		}
		if !l1.known && inputs > near {
			l1.note(n, d, &lines)
		}
		if !l2.known && filled > far {
			l2.note(n, d, &lines)
		}
		if !walks.known && sum(lines[:arrays]) > fewerLines {
			var places [MostArrays]float64
			for k := range arrays {
				places[k], _ = spans[k].units(size, Page)
			}
			if sum(places[:arrays]) > pages {
				walks.note(n, d, &places)
			}
		}
	}
	switch {
	case stays:
		l2 = missed{}
	case !l2.known:
		l2.units = lines
	}
	return l1, l2, walks
}

// stays tells whether all that a nest reads and writes has room in the second level.
func (t *typical) stays(w *Work) bool { return w.BytesIn+w.BytesOut <= float64(t.l2()) }

// nested is the time of a nest.
func (t *typical) nested(w *Work) float64 {
	compute := t.arithmetic(w)
	alone := nearAlone
	if w.Folds {
		alone = 0
	}
	moves, near := t.moves(w, w.Nest, alone)
	nanos := compute + moves + t.aside(w)
	if t.stays(w) {
		nanos -= min(hidden*compute, near)
	}
	if w.BytesOut >= streamBytes {
		nanos = max(nanos, t.moved(w, Direct))
	}
	return call + max(nanos, t.Bound(w.Type).Nanos(w.B*w.M*w.N*w.K, w.BytesIn+w.BytesOut))
}

// aside is the time of what tiles do beside multiply-adds and loads of vectors.
func (t *typical) aside(w *Work) float64 {
	written, lanes := w.B*w.M*w.N, t.rates[w.Type].lanes
	nanos := written*w.K*(w.Ops/(clock*lanes)+fetchedAlone*(w.Nearby+w.Fetches)+turnedVector/lanes*w.Turning) + t.fetched(w.BytesIn, written*float64(w.GathersBeside))
	switch {
	case w.Folds:
	case w.Scattered:
		nanos += storedAlone * written
	case w.Across > 0:
		nanos += storedTurned * w.BytesOut
	case w.Run > 0 && over(w.Run, lanes) > 0:
		nanos += storedPart * written * math.Ceil(w.Run/lanes) / w.Run
	}
	return nanos
}

// relaid is the time of a copy that lies otherwise: its loops are blocked so that lines are used up while they are near.
func (t *typical) relaid(w *Work) float64 {
	elements := w.B * w.M * w.N
	nanos := t.copied(w.BytesIn+w.BytesOut) + elements*(relaidTurned*float64(w.Turns)+fetchedAlone*(w.Nearby+w.Fetches))
	if w.Turns == 0 {
		lanes, run := t.rates[w.Type].lanes, max(w.Run, 1)
		nanos += relaidVector * elements * math.Ceil(run/lanes) / run
	}
	return nanos + call
}

// copied is the time of the lines of a copy that reads and writes so many bytes.
func (t *typical) copied(bytes float64) float64 {
	beyond := (bytes/float64(t.l2()) - relaidStays) / (relaidGone - relaidStays)
	return (relaidNear + min(max(beyond, 0), 1)*(relaidFar-relaidNear)) * bytes / Line
}

// LeastCopy is a time that no copy takes less than which reads and writes so many bytes.
func (t *typical) LeastCopy(bytes float64) float64 { return t.copied(bytes) + call }

// arithmetic is the time of multiply-adds, if what they take is in the first level.
func (t *typical) arithmetic(w *Work) float64 {
	lanes, rate, points := t.rates[w.Type].lanes, t.tileRate(w), w.B*w.M*w.N*w.K
	switch {
	case w.Folds:
		run := max(w.Run, 1)
		vectors, rest := math.Ceil(run/lanes), 0.0
		if !t.Masks() {
			lanes = min(lanes, math.Exp2(math.Floor(math.Log2(run))))
			vectors, rest = math.Floor(run/lanes), over(run, lanes)
		}
		loads := 2.0
		if w.Nest.Single {
			loads = 1
		} else if w.M > 1 && w.N > 1 {
			loads = 0.75 // the tiles of codegen/lower load less, but by that they are chosen where packing is quicker
		} else if w.Factors > 0 && w.B*w.M*w.N > 1 { // rows share some
			loads = 0.9
		} else if w.M > 1 || w.N > 1 {
			loads = 1.25
		}
		ops := points * (vectors + rest) / run
		return (foldVector*loads+manyFactor*float64(w.Factors))*ops/rate + foldSum*points/w.K
	case w.Factors > 0:
		run := max(w.Run, 1)
		return (manyVector + manyFactor*float64(w.Factors)) * points * math.Ceil(run/lanes) / run / rate
	case w.AlongBatch:
		return batchCycles * points * math.Ceil(w.Run/lanes) / w.Run * t.work(1) / (clock * rate)
	}
	return w.Cycles / (clock * rate)
}

// moves is the time of lines that loops move through the levels of memory, and how much of it is of inputs that the second level has,
// where a line that no neighbour follows takes so much more: one input's are waited for while the other's are.
func (t *typical) moves(w *Work, n *Nest, single float64) (nanos, nearby float64) {
	l1, l2, walks := t.misses(w, n)
	waits := 0.0
	for k := range n.arrays() {
		near, far, pages, alone := nearLine, farLine, walk, farAlone
		switch {
		case k == output:
			near, far, pages, alone = nearWritten, farWritten, walkWritten, aloneWritten
			if w.Across >= Page && w.BytesOut >= streamBytes {
				far += strewn
			}
		case n.Single && k == 1:
			continue
		case n.Copied:
			near = 0
		}
		if lines := max(l1.units[k]-l2.units[k], 0); lines > 0 {
			nanos += near * lines
			if near > 0 && k != output {
				waits = max(waits, lines*single/n.sideBySide(k, float64(w.Type.Size())))
				nearby += near * lines
			}
		}
		if k != output && n.once(k) {
			alone = onceAlone
		}
		nanos += pages * walks.units[k]
		if lines := l2.units[k]; lines > 0 {
			nanos += lines * (far + alone/n.sideBySide(k, float64(w.Type.Size())))
		}
	}
	return nanos + waits, nearby + waits
}

// once reports whether loops read each element of an array once.
func (n *Nest) once(array int) bool {
	for d := range n.Depth {
		if n.Loops[d].Moves[array] == 0 {
			return false
		}
	}
	return true
}
