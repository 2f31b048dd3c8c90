package planner

import (
	"errors"
	"fmt"
	"slices"

	"github.com/einc-lang/einc/parser"
)

// align is the boundary, in bytes, that temporaries start at.
const align = 64

// finish gives steps copies, finds lifetimes, lays out the arena and sums up. Where slices are asked for, or the plan
// needs more memory than it may have, it slices it; so it does where that spares much memory and takes no longer.
func (d *draft) finish() error {
	plain := *d.plan
	p, err := d.withCopies()
	if p == nil && err == nil {
		*d.plan = plain
		p, err = d.asItIs()
	}
	if err != nil {
		return err
	}
	d.plan = p
	return d.ctx.Err()
}

// asItIs places the plan, and cuts it unless it is to be whole.
func (d *draft) asItIs() (*Plan, error) {
	if err := d.place(); err != nil {
		return nil, err
	}
	if !d.opts.Whole {
		return d.cut(d.plan)
	}
	if d.plan.vast() {
		return nil, d.plan.errVast()
	}
	return d.plan, nil
}

// cut slices a plan where that is asked for, where memory is short, or where it spares much of it.
func (d *draft) cut(p *Plan) (sliced *Plan, err error) {
	limit := d.opts.MaxMemory
	if sliced = p; len(d.opts.Slices) > 0 {
		sliced, err = d.slice(p, d.opts.Slices, d.opts.Way)
		if limit > 0 && errors.Is(err, errSteps) { // there are others
			d.opts.Slices, sliced, err = nil, p, nil
		}
	} else if limit == 0 {
		sliced, err = d.spare(p, thrift{max(spareBytes, p.given()), spareLoss * p.Cost.Nanos}, SliceWay{})
	}
	if err != nil || !sliced.vast() && (limit == 0 || sliced.Peak <= limit) {
		return sliced, err
	}
	if limit > 0 {
		return d.fit(p, min(limit, maxBytes))
	}
	sliced, err = d.fit(p, maxBytes)
	if errors.As(err, new(MemoryError)) {
		err = p.errVast()
	}
	return sliced, err
}

// place finds lifetimes and the memory that the plan takes, and sums up.
func (d *draft) place() error {
	p := d.plan
	p.lifetimes()
	p.layOut()
	if d.opts.Workspace != nil && !p.vast() {
		for i := range p.Steps {
			s := &p.Steps[i]
			s.Estimate.Shared, s.Estimate.PerWorker = d.opts.Workspace(p, s)
		}
	}
	p.Peak = p.Arena + p.workspace()
	d.sumUp()
	return d.ctx.Err()
}

// uses calls f for every buffer that s reads.
func (s *Step) uses(f func(buffer int)) {
	for _, r := range s.Inputs {
		f(r.Buffer)
	}
	for _, r := range s.Extra {
		f(r.Buffer)
	}
	if s.Old >= 0 {
		f(s.Old)
	}
}

// lifetimes sets First and Last of every buffer. An operand is there before any step: its First is -1.
// What is written before a loop and read in it lives until the loop ends; what a loop writes piece by
// piece lives from its beginning.
func (p *Plan) lifetimes() {
	t := p.loopTree()
	for i := range p.Buffers {
		p.Buffers[i].First, p.Buffers[i].Last = -1, -1
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		s.uses(func(b int) { p.extend(&t, b, i) })
		p.begin(&t, s.Out.Buffer, i)
	}
	for i := range p.Buffers {
		b := &p.Buffers[i]
		b.Private = false
		if b.Kind == Temp && b.Window == nil && b.First >= 0 {
			l := t.private(b.First)
			b.Private = l >= 0 && b.Last < p.Loops[l].End
		}
	}
}

// begin notes that step i writes b.
func (p *Plan) begin(t *loopTree, b, i int) {
	first := i
	if w := p.Buffers[b].Window; w != nil {
		p.Buffers[b].First, p.Buffers[b].Last = i, i
		for _, m := range w.Moves {
			first = min(first, t.loops[m.Loop].First)
		}
	}
	o := &p.Buffers[p.whole(b)]
	if o.First < 0 {
		o.First = first
	}
	p.extend(t, b, i)
}

// extend notes that step i uses b.
func (p *Plan) extend(t *loopTree, b, i int) {
	o := &p.Buffers[p.whole(b)]
	last := i
	if l := t.outermost(i, func(l int) bool { return t.loops[l].First > o.First }); l >= 0 {
		last = t.loops[l].End - 1
	}
	o.Last = max(o.Last, last)
	p.Buffers[b].Last = max(p.Buffers[b].Last, i)
}

// workspace is the most that the steps' strategies need, for all workers, with the private temporaries
// of parallel loops. Inside those, what workers share elsewhere each worker has for itself.
func (p *Plan) workspace() int64 {
	var shared, own, apart int64
	in := p.InParallel()
	for i := range p.Steps {
		e := &p.Steps[i].Estimate
		own = max(own, e.PerWorker)
		if in != nil && in[i] {
			apart = max(apart, e.Shared)
		} else {
			shared = max(shared, e.Shared)
		}
	}
	if p.Private > 0 || apart > 0 {
		own = roundUp(own) + p.Private + apart
	}
	return shared + own*int64(p.Workers)
}

// layOut gives every temporary the lowest offset that is free while it lives. A step's inputs are live
// while it writes its output. Temporaries beyond 2^46 bytes have no places, only a sum.
func (p *Plan) layOut() {
	for side, end := range [2]*int64{&p.Arena, &p.Private} {
		temps := p.temporaries(side == 1)
		live := make([]int, 0, len(temps)) // by offset
		for _, i := range temps {
			b := &p.Buffers[i]
			live = slices.DeleteFunc(live, func(o int) bool { return p.Buffers[o].Last < b.First })
			at, offset := p.gap(live, b.Bytes)
			if offset+b.Bytes > maxBytes {
				p.Arena, p.Private = p.vastArena(), 0
				return
			}
			b.Offset = offset
			*end = max(*end, roundUp(offset+b.Bytes))
			live = slices.Insert(live, at, i)
		}
	}
}

// vastArena is the size of an arena that is more than a plan can have.
func (p *Plan) vastArena() int64 {
	const most = 1 << 60 // sums with workspace stay numbers
	return int64(min(max(slices.Max(p.profile()), 2*float64(maxBytes)), most))
}

// vast reports whether the plan has more temporaries than can be: its figures only serve to slice it.
func (p *Plan) vast() bool { return p.Arena > maxBytes }

// errVast is the error of a plan that is vast however it is sliced.
func (p *Plan) errVast() error {
	var most Ref
	bytes := -1.0
	for i := range p.Steps {
		out := p.Steps[i].Out
		if b := &p.Buffers[out.Buffer]; b.Kind == Temp && b.size() > bytes {
			most, bytes = out, b.size()
		}
	}
	names, what := (&draft{p: p.Problem}).indexNames(most.Axes), "would need"
	if bytes <= float64(maxBytes) {
		what = "and those beside it would need"
	}
	return fmt.Errorf("einc: the temporary %s %s more than 2^46 bytes: choose another order, write the expression as smaller statements or reduce its extents", names, what)
}

// gap is the first place of the given size between live temporaries: its position among them and its
// offset.
func (p *Plan) gap(live []int, bytes int64) (at int, offset int64) {
	for at, b := range live {
		if p.Buffers[b].Offset-offset >= roundUp(bytes) {
			return at, offset
		}
		offset = p.Buffers[b].Offset + roundUp(p.Buffers[b].Bytes)
	}
	return len(live), offset
}

func roundUp(bytes int64) int64 { return (bytes + align - 1) / align * align }

// sumUp fills in Cost.
func (d *draft) sumUp() {
	p := d.plan
	for i := range p.Problem.Statements {
		st := &p.Problem.Statements[i]
		p.Cost.Naive += d.naive(st)
	}
	t := p.loopTree()
	for i := range p.Steps {
		s := &p.Steps[i]
		in, out := d.traffic(s)
		times := t.times(i)
		p.Cost.Flops += s.Flops * times
		p.Cost.Bytes += (in + out) * times
		p.Cost.Nanos += s.Estimate.Nanos * times
		b := &p.Buffers[s.Out.Buffer]
		p.Cost.Size = max(p.Cost.Size, float64(b.Bytes)/float64(b.DType.Size()))
	}
}

// naive is the number of points of all indices of a statement.
func (d *draft) naive(st *parser.Statement) float64 {
	points := 1.0
	d.newSet()
	count := func(axes []parser.IndexID) {
		for _, i := range axes {
			if d.adds(i) {
				points *= float64(d.extent(i))
			}
		}
	}
	count(st.Left)
	for n := range st.Expr {
		count(st.Expr[n].Axes)
	}
	return points
}
