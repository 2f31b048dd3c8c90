package planner

import (
	"slices"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// number is an index as a question has it: those of a step are numbered from 0.
type number int32

// none is the number of parser.NoIndex.
const none = number(-1)

// question is a step that the model is to be asked about, in tables: how far each view moves along each index is asked for
// again and again.
type question struct {
	*draft
	s          *Step
	dtype      tensor.DType // of the computation
	ext        []int        // of each number
	class      []class      // of each number
	runs       []float64    // from each number on, once asked for
	b, m, n, k []number     // as the step has them
	in, extra  []laid
	out        laid
	lanes      float64 // of a vector
	ops        float64 // operations for each term of a sum, at least 1
	terms      float64 // of a sum, at least 1
	words      cost.Work
	nest       cost.Nest
	tiled      cost.Sums
	stretched  stretching

	first   int      // what the numbers of this question are from: those of earlier ones are below it
	numbers []int    // of each index
	walks   []pace   // of all views
	lists   []number // of all views and classes
	sorted  []number
	ordered []number // of the output
	summing []number // in the order of loops
	bySteps []number // in that of strides
	order   cost.Terms
	outer   []number // of them, those that a factor has
	views   []*laid  // that loops are said to move along
	still   laid     // a view that none moves, in the place of another input
}

// class says where the indices of a step are. Those of all operands that nothing sums are of a batch.
type class uint8

const (
	elsewhere class = iota // of further factors alone
	ofBatch
	ofLeft
	ofRight
	summed
)

// laid is a view and how it lies.
type laid struct {
	axes    []number
	walks   []pace // along each number
	unit    number // the index of stride 1, or none
	alone   bool   // no other axis has it
	size    int    // bytes of an element
	dtype   tensor.DType
	covered float64 // elements that the view sees
	apart   int     // elements from one to the nearest other one
}

// pace is how a view moves along an index.
type pace struct {
	by  int  // elements
	has bool // one of its axes is that index
}

// has reports whether an axis of the view is an index.
func (r *laid) has(i number) bool { return i >= 0 && r.walks[i].has }

// stride is how far a view moves along an index.
func (r *laid) stride(i number) int { return r.walks[i].by }

// bytes is the size of what the view covers.
func (r *laid) bytes() float64 { return r.covered * float64(r.size) }

// lines is the size of the cache lines that hold what the view covers.
func (r *laid) lines() float64 { return r.bytes() * float64(min(r.apart, max(cost.Line/r.size, 1))) }

// ask begins the question about a step, in the place of the last one.
func (d *draft) ask(s *Step) *question {
	q := &d.question
	q.draft, q.s, q.dtype = d, s, s.Body[len(s.Body)-1].DType
	if more := len(d.p.Indices) - len(q.numbers); more > 0 {
		q.numbers = append(q.numbers, make([]int, more)...)
	}
	q.first += 1 + len(q.ext)
	q.ext, q.lists = q.ext[:0], q.lists[:0]
	q.in, q.extra = slices.Grow(q.in[:0], len(s.Inputs))[:len(s.Inputs)], slices.Grow(q.extra[:0], len(s.Extra))[:len(s.Extra)]
	q.out.axes = q.numbered(s.Out.Axes)
	for i := range q.in {
		q.in[i].axes = q.numbered(s.Inputs[i].Axes)
	}
	for i := range q.extra {
		q.extra[i].axes = q.numbered(s.Extra[i].Axes)
	}
	q.b, q.m, q.n, q.k = q.numbered(s.B), q.numbered(s.M), q.numbered(s.N), q.numbered(s.K)
	q.class, q.runs = resized(q.class, len(q.ext)), resized(q.runs, len(q.ext))
	for c, list := range [...][]number{q.b, q.m, q.n, q.k} {
		for _, i := range list {
			q.class[i] = ofBatch + class(c)
		}
	}
	q.lay()
	q.stretched.outer = none
	q.lanes, q.ops = float64(d.opts.Target.Lanes(q.dtype)), max(weight(s.Body), 1)
	q.terms = max(q.volume(q.k), 1)
	return q
}

// numbered is a list of indices by their numbers; new ones get the next.
func (q *question) numbered(indices []parser.IndexID) []number {
	at, list, numbers, first := len(q.lists), q.lists, q.numbers, q.first
	for _, i := range indices {
		n := int(none)
		if i != parser.NoIndex {
			if n = numbers[i] - first; n < 0 {
				n = len(q.ext)
				numbers[i], q.ext = first+n, append(q.ext, q.p.Indices[i].Extent)
			}
		}
		list = append(list, number(n))
	}
	q.lists = list
	return list[at:len(list):len(list)]
}

// lay finds how all views lie, once all indices have their numbers.
func (q *question) lay() {
	n, s := len(q.ext), q.s
	q.walks = resized(q.walks, (1+len(q.in)+len(q.extra))*n)
	walks := q.walks
	view := func(v *laid, r Ref) {
		v.walks, walks = walks[:n:n], walks[n:]
		q.lie(v, r)
	}
	view(&q.out, s.Out)
	for i := range q.in {
		view(&q.in[i], s.Inputs[i])
	}
	for i := range q.extra {
		view(&q.extra[i], s.Extra[i])
	}
}

// lie finds how a view lies.
func (q *question) lie(v *laid, r Ref) {
	b, stride := &q.plan.Buffers[r.Buffer], 1
	v.dtype, v.size, v.covered, v.unit, v.alone = b.DType, b.DType.Size(), 1, none, true
	if unit := b.unitAxis(); unit >= 0 && unit < len(v.axes) {
		v.unit = v.axes[unit]
	}
	strides, walks := b.Layout.Strides, v.walks
	if !b.lies() {
		strides = nil
	}
	for a := len(v.axes) - 1; a >= 0; a-- {
		if strides != nil {
			stride = strides[a]
		}
		if i := v.axes[a]; i >= 0 {
			w := &walks[i]
			if w.has {
				v.alone = v.alone && i != v.unit
			} else {
				w.has = true
				v.covered *= float64(q.ext[i])
			}
			w.by += stride
		}
		stride *= b.Shape[a]
	}
	v.apart = q.spacing(v)
}

// spacing is how many elements it is from one of a view to the nearest other one, 1 if there is none.
func (q *question) spacing(v *laid) int {
	least := 0
	for _, i := range v.axes {
		if i < 0 || q.ext[i] == 1 {
			continue
		}
		by := v.walks[i].by
		if by = max(by, -by); by != 0 && (least == 0 || by < least) {
			least = by
		}
	}
	return max(least, 1)
}

// extent is the extent of an index; 1 for none.
func (q *question) extent(i number) int {
	if i < 0 {
		return 1
	}
	return q.ext[i]
}

// volume is the product of the extents of some indices.
func (q *question) volume(list []number) float64 {
	v := 1.0
	for _, i := range list {
		v *= float64(q.extent(i))
	}
	return v
}

// is reports whether an index is of a class.
func (q *question) is(i number, c class) bool { return i >= 0 && q.class[i] == c }

// Work is the question about a step that the model is asked.
func (p *Plan) Work(s *Step, t cost.Target) cost.Work {
	d := &draft{p: p.Problem, plan: p, opts: Options{Target: t}}
	return *d.work(s)
}

// work is the question in the model's words, until there is another one.
func (d *draft) work(s *Step) *cost.Work {
	q := d.ask(s)
	w := &q.words
	*w = cost.Work{}
	w.B, w.M, w.N, w.K, w.Type = q.volume(q.b), q.volume(q.m), q.volume(q.n), q.volume(q.k), q.dtype
	w.Product = s.Core[1] >= 0 && (len(s.K) == 0 || s.Reduce == parser.Sum)
	w.BytesIn, w.BytesOut = q.traffic()
	w.Ops = weight(s.Body) + weight(s.Epilogue)/max(w.K, 1)
	if w.Product {
		w.Ops--
		w.Factors, w.Inner = d.factors(s)
		w.Ops -= float64(w.Factors)
	}
	if w.Plain = w.Product && q.plain(); w.Plain {
		w.Place = cost.Places{A: q.inPlace(), B: q.rowsInPlace()}
		w.Packs, w.Columns = q.packings()
	}
	w.UnitInner = q.unitInner()
	w.Askew = w.Product && q.askew()
	w.Turned = w.Askew && q.turned()
	q.vectors(w)
	w.StridedOut = q.strided(&q.out)
	w.Folded = w.Product && len(s.K) > 0
	for i := range q.in {
		w.Strided += q.strided(&q.in[i])
		w.Folded = w.Folded && q.unitAlong(&q.in[i], summed)
	}
	w.Beside = len(s.Extra)
	w.Waits = s.Old >= 0 || q.out.dtype != q.dtype.Accum()
	if s.Old >= 0 {
		w.Beside++
	}
	return w
}

// traffic is the number of bytes that a step reads, each line of an input counted once, and that it writes.
func (q *question) traffic() (in, out float64) {
	for i := range q.in {
		in += q.in[i].lines()
	}
	for i := range q.extra {
		in += q.extra[i].lines()
	}
	out = q.out.bytes()
	if q.s.Old >= 0 {
		in += out
	}
	return in, out
}

// unitAlong reports whether a view's unit-stride index is of a class, and of no other axis.
func (q *question) unitAlong(r *laid, c class) bool { return r.alone && q.is(r.unit, c) }

// plain reports whether the product only loads, converts, multiplies and adds up, whatever follows.
func (q *question) plain() bool {
	casts, s := 0, q.s
	for i := range s.Body {
		if n := &s.Body[i]; n.Kind == parser.NodeApply && n.Fn == parser.FnCast {
			casts++
		}
	}
	return len(s.Inputs) == 2 && len(s.Body) == 3+casts && len(s.K) > 0 && !repeats(s.Out.Axes) && !q.is(q.out.unit, ofBatch)
}

// unitInner reports whether an index walks the output, or for a reduction an input, with stride 1.
func (q *question) unitInner() bool {
	has := func(r *laid) bool { return r.unit != none && r.alone }
	some := has(&q.out)
	for i := range q.in {
		some = some || len(q.k) > 0 && has(&q.in[i])
	}
	return some
}

// askew reports whether no core operand that holds the output's unit-stride index walks it with stride 1.
func (q *question) askew() bool {
	i := q.out.unit
	if i == none {
		return false
	}
	for _, c := range q.s.Core {
		if c >= 0 && q.in[c].unit == i {
			return false
		}
	}
	return true
}

// turned reports whether the core operand without the output's unit-stride index has its own among those of the output.
func (q *question) turned() bool {
	for _, c := range q.s.Core {
		if c >= 0 && !q.in[c].has(q.out.unit) {
			unit := q.in[c].unit
			return q.out.has(unit) && !q.is(unit, ofBatch)
		}
	}
	return false
}
