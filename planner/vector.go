package planner

import (
	"cmp"
	"math"
	"slices"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
)

// Work is the question about a step that the model is asked.
func (p *Plan) Work(s *Step, t cost.Target) cost.Work {
	d := &draft{p: p.Problem, plan: p, opts: Options{Target: t}}
	return d.work(s)
}

// vectors tells how the direct strategy's vectors run: how far, and what they fetch element by element.
func (d *draft) vectors(s *Step, w *cost.Work) {
	x := inner{draft: d, s: s, units: d.ids.Make(len(s.Inputs)), unit: d.unitIndex(s.Out), lanes: float64(d.opts.Target.Lanes(w.Type)),
		ops: max(weight(s.Body), 1), terms: max(w.K, 1)}
	for k, r := range s.Inputs {
		x.units[k] = d.unitIndex(r)
	}
	v, row := x.turning()
	rows := x.repeated()
	switch {
	case rows > 1:
		v, row = x.unit, parser.NoIndex
	case row == parser.NoIndex:
		v = x.along()
	}
	w.Run = 1
	if v != parser.NoIndex {
		w.Run = d.run(s, v) * rows
	}
	for k, r := range s.Inputs {
		switch u := x.units[k]; {
		case v == parser.NoIndex:
			w.Fetches, w.FetchedBytes = w.Fetches+1, w.FetchedBytes+d.bytes(r)
		case u == v:
		case !slices.Contains(r.Axes, v):
			if slices.Contains(s.B, u) {
				w.Lone += d.covered(r)
				w.LoneLines += d.covered(r) / float64(d.extent(u))
			}
		case row != parser.NoIndex && u == row:
			w.Turns++
		default:
			x.oneByOne(w, r, v, rows)
		}
	}
	if w.Folds = slices.Contains(s.K, v); w.Product && v != parser.NoIndex && !w.Folds && len(s.K) > 0 && len(s.Inputs) == 2 {
		x.tiles(w, v)
	}
	w.AlongBatch = slices.Contains(s.B, v)
	if s.Core[0] >= 0 {
		w.Jumps = d.jumps(s, s.Inputs[s.Core[0]])
	}
	w.Scattered = v != parser.NoIndex && x.unit != v && slices.Contains(s.Out.Axes, v) && x.across(v) == 0
	if w.Scattered {
		w.Spread = min(float64(d.stride(s.Out, v)*d.plan.Buffers[s.Out.Buffer].DType.Size())/cost.Line, 1)
	}
	for _, r := range s.Extra {
		if x.unit != parser.NoIndex && slices.Contains(r.Axes, x.unit) && d.unitIndex(r) != x.unit {
			w.GathersBeside++
		}
	}
}

// oneByOne counts what vectors along v fetch of an input element by element, for so many rows at once.
func (x *inner) oneByOne(w *cost.Work, r Ref, v parser.IndexID, rows float64) {
	switch near := x.usesUp(r, v); near {
	case parser.NoIndex:
		w.Fetches += 1 / x.sharing(r, v) / rows
		w.FetchedBytes += x.bytes(r)
	case v:
		w.Nearby += 1 / x.sharing(r, v)
	default:
		w.Nearby += 1 / x.sharing(r, v)
		w.NearbyLines += x.linesUntil(near, v)
		w.NearbyApart = max(w.NearbyApart, x.apart(r, v))
	}
}

// inner is what the choice of the index that vectors run along asks for again and again.
type inner struct {
	*draft
	s     *Step
	units []parser.IndexID // the index of stride 1 of each input, or NoIndex
	unit  parser.IndexID   // of the output
	lanes float64          // of a vector
	ops   float64          // operations for each term of a sum, at least 1
	terms float64          // of a sum, at least 1
}

// turning is the output's unit-stride index v, and the row of tiles that turn inputs around: where nothing is reduced, the
// unit-stride index of the first input that has v at another stride. It is NoIndex where there is none, or where it does not
// fill vectors; v may be short.
func (x *inner) turning() (v, row parser.IndexID) {
	v = x.unit
	long := func(i parser.IndexID) bool { return i != parser.NoIndex && x.run(x.s, i) >= math.Floor(x.lanes/2) }
	if len(x.s.K) > 0 || x.lanes < 2 || v == parser.NoIndex {
		return v, parser.NoIndex
	}
	if n := int(x.run(x.s, v)); !long(v) && (n < 2 || n&(n-1) > 0 && !x.masks()) {
		return v, parser.NoIndex
	}
	for k, r := range x.s.Inputs {
		u := x.units[k]
		if u == v || u == parser.NoIndex || !slices.Contains(r.Axes, v) {
			continue
		}
		if !long(u) {
			u = parser.NoIndex
		}
		return v, u
	}
	return v, parser.NoIndex
}

// repeated is how many rows of the output, one after the other, take the same rows of some inputs, where vectors run on from
// row to row, as rows are no whole vectors, or lie across in such an input. It is 1 where vectors end with rows.
func (x *inner) repeated() float64 {
	v, s := x.unit, x.s
	if len(s.K) > 0 || v == parser.NoIndex || x.lanes < 2 || s.Old >= 0 {
		return 1
	}
	n, first, outer := x.runOf(s, v)
	if outer == parser.NoIndex || slices.ContainsFunc(s.Extra, func(r Ref) bool { return !x.compose(r, outer, first) }) {
		return 1
	}
	row, rows, lanes, some := int(n), int(x.run(s, outer)), int(x.lanes), false
	for k, r := range s.Inputs {
		switch {
		case x.compose(r, outer, first) && (x.units[k] == v || !slices.Contains(r.Axes, v)):
		case slices.Contains(r.Axes, outer):
			return 1
		case x.units[k] != v && rows < cost.LeastRepeats:
			return 1
		default:
			some = some || row%lanes > 0 || x.units[k] != v
		}
	}
	period := row * (lanes / min(row&-row, lanes)) // vectors hold a power of two
	if !some || period > cost.MostRepeats*lanes || row*rows < period || !x.masks() && row*rows%lanes > 0 {
		return 1
	}
	return float64(rows)
}

// along is the index that vectors run along: the one with the fewest operations an item; NoIndex where elements one by
// one are as good.
func (x *inner) along() parser.IndexID {
	if x.unit != parser.NoIndex && float64(x.extent(x.unit)) >= x.lanes && !x.crossed(x.unit) {
		return x.unit // which nothing beats
	}
	best, least := parser.NoIndex, x.ops+float64(len(x.s.Inputs))+1/x.terms
	for _, axes := range [2][]parser.IndexID{x.s.Out.Axes, x.s.K} {
		for _, v := range slices.Backward(axes) {
			if x.extent(v) < 2 {
				continue
			}
			if c := x.itemCost(v); c < least {
				best, least = v, c
			}
		}
	}
	return best
}

// crossed reports whether an input has an index at another stride than 1.
func (x *inner) crossed(v parser.IndexID) bool {
	for k, r := range x.s.Inputs {
		if x.units[k] != v && slices.Contains(r.Axes, v) {
			return true
		}
	}
	return false
}

// itemCost counts the vector operations of an item with vectors along v: loads, gathers, a multiply-add, and a
// share of the store or, along a reduced index, of the fold.
func (x *inner) itemCost(v parser.IndexID) float64 {
	reduced, lanes := slices.Contains(x.s.K, v), x.lanes
	n := x.run(x.s, v)
	share := math.Ceil(n/lanes) / n
	if reduced || !x.masks() {
		_, exponent := math.Frexp(n)
		lanes = min(lanes, math.Ldexp(0.5, exponent)) // a power of two
		vectors := math.Floor(n / lanes)
		share = (vectors + n - vectors*lanes) / n
	}
	access := func(unit parser.IndexID, r Ref) float64 {
		switch {
		case unit == v:
			return share
		case slices.Contains(r.Axes, v):
			return cost.Gather
		}
		return share / 2
	}
	c := share * x.ops
	for k, r := range x.s.Inputs {
		fetch := access(x.units[k], r)
		if fetch == cost.Gather {
			fetch = cost.Fetch(share, x.served(v), x.rowsBeside(r, v))
		}
		c += fetch
	}
	out := 2*math.Log2(lanes) + 3
	if !reduced {
		out = access(x.unit, x.s.Out)
	}
	if vectors := x.across(v); out == cost.Gather && vectors > 0 {
		out = min(out, vectors*share)
	}
	return c + out/x.terms
}

// across is what a vector along v of sums costs where tiles of them are turned around before they are stored along their rows,
// which share vectors or, of few terms, load their own; 0 where they cannot be.
func (x *inner) across(v parser.IndexID) float64 {
	square := cost.Square(x.plan.Buffers[x.s.Out.Buffer].DType)
	if len(x.s.K) == 0 || x.unit == parser.NoIndex || int64(x.extent(x.unit)) < square {
		return 0
	}
	shares, some, apart := false, false, false
	for k, r := range x.s.Inputs {
		row := slices.Contains(r.Axes, x.unit)
		switch {
		case x.units[k] == v:
			shares, some = shares || !row, true
		case row && slices.Contains(r.Axes, v):
			apart = true
		}
	}
	if shares || some && !apart && x.terms <= x.lanes && x.lanes <= x.run(x.s, v) && x.served(x.unit) < cost.LeastServed {
		return cost.Across(shares, x.terms)
	}
	return 0
}

// served is how many vectors of the other input each vector along an index is multiplied by, in tiles that have rows of both
// inputs; 0 where there are no such tiles.
func (x *inner) served(v parser.IndexID) int64 {
	if in := x.s.Inputs; len(in) == 2 && len(x.s.K) > 0 && slices.Contains(in[0].Axes, v) && slices.Contains(in[1].Axes, v) && slices.Contains(x.s.Out.Axes, v) {
		return int64(min(x.ownRun(in[0], in[1]), x.ownRun(in[1], in[0])))
	}
	return 0
}

// ownRun is the longest run of the output along an index that one input has and the other has not.
func (x *inner) ownRun(r, other Ref) (longest float64) {
	for _, i := range x.s.Out.Axes {
		if i != parser.NoIndex && x.extent(i) > 1 && slices.Contains(r.Axes, i) && !slices.Contains(other.Axes, i) {
			longest = max(longest, x.run(x.s, i))
		}
	}
	return longest
}

// linesUntil is how many lines vectors along v fetch elements of until the next term along u, which lies in them: loops
// over terms are nested by strides.
func (x *inner) linesUntil(u, v parser.IndexID) float64 {
	lines, reach := min(x.lanes, x.run(x.s, v)), x.reach(u)
	for _, i := range x.s.K {
		if i != v && x.reach(i) < reach {
			lines *= float64(x.extent(i))
		}
	}
	return lines
}

// reach is how far the inputs move along an index, together.
func (x *inner) reach(i parser.IndexID) (sum int) {
	for _, r := range x.s.Inputs {
		sum += x.stride(r, i)
	}
	return sum
}

// sharing is the number of rows of a tile that share the elements of an input r which vectors along v fetch one by one.
func (x *inner) sharing(r Ref, v parser.IndexID) float64 {
	if n := cost.Served(x.served(v)); n > 0 {
		return n
	}
	return cost.Sharing(x.rowsBeside(r, v))
}

// rowsBeside is the longest axis of rows beside vectors along v that share what they fetch of an input r.
func (x *inner) rowsBeside(r Ref, v parser.IndexID) (rows int64) {
	if len(x.s.K) == 0 {
		return 0
	}
	for _, i := range x.s.Out.Axes {
		if i != parser.NoIndex && i != v && !slices.Contains(r.Axes, i) {
			rows = max(rows, int64(x.extent(i)))
		}
	}
	return rows
}

// masks reports whether the last vector of a run may be a part of one.
func (d *draft) masks() bool {
	t := &d.opts.Target
	return t.Arch == "amd64" && t.VectorBytes >= 32
}

// run is how many elements lie in a row from v on, in the output or among the terms of a sum, and in every input that
// moves along them.
func (d *draft) run(s *Step, v parser.IndexID) float64 {
	length, _, _ := d.runOf(s, v)
	return length
}

// runOf is the length of the run from v on, its slowest index, and the index that it ends before; NoIndex if there is none.
func (d *draft) runOf(s *Step, v parser.IndexID) (length float64, inner, outer parser.IndexID) {
	length, axes, reduced := float64(d.extent(v)), s.Out.Axes, slices.Contains(s.K, v)
	if reduced {
		axes = nil // all terms are one, if every input stretches along v
		if i := slices.IndexFunc(s.Inputs, func(r Ref) bool { return slices.Contains(r.Axes, v) }); i >= 0 {
			axes = s.Inputs[i].Axes
		}
	}
	inner = v
	for a := slices.Index(axes, v) - 1; a >= 0; a-- {
		switch outer = axes[a]; {
		case d.extent(outer) == 1:
			continue
		case reduced && !slices.Contains(s.K, outer), slices.ContainsFunc(s.Inputs, func(r Ref) bool { return !d.compose(r, outer, inner) }):
			return length, inner, outer
		}
		length *= float64(d.extent(outer))
		inner = outer
	}
	return length, inner, parser.NoIndex
}

// compose reports whether a view moves along two indices as along one, or along neither.
func (d *draft) compose(r Ref, outer, inner parser.IndexID) bool {
	a, b := d.bothStrides(r, outer, inner)
	return a == b*d.extent(inner)
}

// usesUp is the index along which the lines are used up that vectors along v fetch elements of: v itself, whose other lanes lie in
// them, or that of the next terms of a sum; NoIndex if every element takes a line.
func (x *inner) usesUp(r Ref, v parser.IndexID) parser.IndexID {
	reach := cost.Line / x.plan.Buffers[r.Buffer].DType.Size()
	near := func(i parser.IndexID) bool {
		n := x.stride(r, i)
		return x.extent(i) > 1 && n != 0 && max(n, -n) < reach
	}
	if near(v) {
		return v
	}
	if k := slices.IndexFunc(x.s.K, near); k >= 0 {
		return x.s.K[k]
	}
	return parser.NoIndex
}

// strided counts the lines that items of the batch take short runs of a view from.
func (d *draft) strided(s *Step, r Ref) float64 {
	if len(s.B) == 0 || d.unitIndex(r) == parser.NoIndex {
		return 0
	}
	nearest := slices.MinFunc(s.B, func(a, b parser.IndexID) int { return cmp.Compare(d.stride(r, a), d.stride(r, b)) })
	run, size := d.stride(r, nearest), d.plan.Buffers[r.Buffer].DType.Size()
	if run <= 0 || run*size >= cost.Line {
		return 0
	}
	inLine := max(cost.Line/(float64(run*size)*float64(d.extent(nearest))), 1)
	return d.covered(r) / (float64(run) * inLine)
}

// jumps counts the runs of terms in the left operand, which its rows are read in; none if a row is one run.
func (d *draft) jumps(s *Step, a Ref) float64 {
	if !d.unitAlong(a, s.K) {
		return 0
	}
	run := 1.0
	for _, i := range slices.Backward(a.Axes) {
		if i != parser.NoIndex && d.extent(i) != 1 && !slices.Contains(s.K, i) {
			break
		}
		run *= float64(max(d.extent(i), 1))
	}
	if run >= d.volume(s.K) {
		return 0
	}
	return d.covered(a) / run
}

// inPlace reports whether the packed strategy reads rows of the left operand where they lie: the terms are neighbours
// in it and lie evenly in the right one, or come in long runs, and nothing is converted.
func (d *draft) inPlace(s *Step) bool {
	a, b := s.Inputs[s.Core[0]], s.Inputs[s.Core[1]]
	if d.opts.Target.Arch != "amd64" || d.plan.Buffers[a.Buffer].DType != s.Body[len(s.Body)-1].DType.Accum() || !d.unitAlong(a, s.K) {
		return false
	}
	if c := d.unitIndex(s.Out); slices.Contains(a.Axes, c) && !slices.Contains(b.Axes, c) {
		return false // that operand will be the right one
	}
	last := d.unitIndex(a)
	for terms := d.extent(last); float64(terms) < d.volume(s.K); terms *= d.extent(last) {
		next := slices.IndexFunc(s.K, func(i parser.IndexID) bool { return d.extent(i) > 1 && d.compose(a, i, last) && d.compose(b, i, last) })
		if next < 0 {
			return d.runOfTerms(s, a, b) >= cost.LeastRun
		}
		last = s.K[next]
	}
	return true
}

// rowsInPlace reports whether the packed strategy reads rows of the right operand where they lie: its columns are
// neighbours in the output's order, its terms lie evenly in both operands, and rows near enough for the machine.
func (d *draft) rowsInPlace(s *Step) bool {
	t := s.Body[len(s.Body)-1].DType
	a, b := s.Inputs[s.Core[0]], s.Inputs[s.Core[1]]
	if !d.opts.Target.ReadsRows(t, 1) || len(s.K) == 0 {
		return false // wherever they lie
	}
	if c := d.unitIndex(s.Out); slices.Contains(a.Axes, c) && !slices.Contains(b.Axes, c) {
		a, b = b, a
	}
	along := func(r Ref, some []parser.IndexID) []parser.IndexID {
		some = slices.DeleteFunc(d.ids.Clone(some), func(i parser.IndexID) bool { return i == parser.NoIndex || d.extent(i) == 1 })
		slices.SortStableFunc(some, func(i, j parser.IndexID) int { return cmp.Compare(d.stride(r, i), d.stride(r, j)) })
		return some
	}
	run := 1
	for _, i := range along(s.Out, s.Out.Axes) {
		if slices.Contains(b.Axes, i) && !slices.Contains(a.Axes, i) {
			if d.stride(b, i) != run {
				return false
			}
			run *= d.extent(i)
		}
	}
	terms := along(b, s.K)
	for n := range max(len(terms), 1) - 1 {
		if !d.compose(a, terms[n+1], terms[n]) || !d.compose(b, terms[n+1], terms[n]) {
			return false
		}
	}
	return len(terms) > 0 && d.plan.Buffers[b.Buffer].DType == t && d.opts.Target.ReadsRows(t, int64(d.stride(b, terms[0])))
}

// runOfTerms is how many terms are neighbours in the left operand, in the order in which the packed strategy adds them: by the
// strides of the operand whose terms are neighbours, or of the larger one of two, whose fastest index then cuts the
// other's if that has a part to cut.
func (d *draft) runOfTerms(s *Step, a, b Ref) int {
	by, first, other := a, d.unitIndex(a), d.unitIndex(b)
	cut := slices.Contains(s.K, other) && other != first && d.extent(first)%cost.LowPart == 0
	if cut && d.extent(first) > cost.LowPart {
		return cost.LowPart
	}
	if slices.Contains(s.K, other) && d.volume(s.M) <= d.volume(s.N) {
		by = b
	}
	order := slices.DeleteFunc(slices.Clone(s.K), func(i parser.IndexID) bool { return d.extent(i) == 1 || cut && (i == first || i == other) })
	slices.SortStableFunc(order, func(i, j parser.IndexID) int { return cmp.Compare(d.stride(by, j), d.stride(by, i)) })
	if cut {
		order = append(order, other, first)
	}
	run := 1
	for _, i := range slices.Backward(order) {
		if d.stride(a, i) != run {
			break
		}
		run *= d.extent(i)
	}
	return run
}

// stride is how far a view moves along an index.
func (d *draft) stride(r Ref, i parser.IndexID) int {
	stride, _ := d.bothStrides(r, i, i)
	return stride
}

// bothStrides is how far a view moves along two indices.
func (d *draft) bothStrides(r Ref, i, j parser.IndexID) (along, other int) {
	b, stride := &d.plan.Buffers[r.Buffer], 1
	given := b.lies()
	for a := len(r.Axes) - 1; a >= 0; a-- {
		if given {
			stride = b.Layout.Strides[a]
		}
		switch r.Axes[a] {
		case i:
			along += stride
		case j:
			other += stride
		}
		stride *= b.Shape[a]
	}
	return along, other
}
