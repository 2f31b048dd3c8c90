package planner

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"github.com/einc-lang/einc/parser"
)

// fitting looks for slices that bring a plan's memory under a limit. It is greedy: of the indices of
// what is live where memory is short, the one goes next that costs least time for what it saves.
type fitting struct {
	d      *draft
	base   *Plan
	limit  float64 // what the plan may need
	aim    float64 // what the greedy choice wants steps to need
	way    SliceWay
	depend SliceWay                // what of the way some plan that was tried depends on
	known  map[parser.IndexID]bool // whether slicing it changes anything
	origin *sliceable
	lowest *Plan // of all that were tried
	floor  int64 // bytes that no slices go below
	tried  tried
}

// mostTried is the most indices that one round looks at.
const mostTried = 24

// attempt is a sliced plan and how far it is from the limit, in bits summed over its steps.
type attempt struct {
	plan   *Plan // nil where its figures were remembered
	cuts   []SliceIndex
	excess float64
	figures
}

// fit slices a plan to a memory limit: with loops that workers share, or with loops that one runs
// while all help in the steps, whichever the model prefers.
func (d *draft) fit(base *Plan, limit int64) (*Plan, error) { return d.newFitting(base).fit(limit) }

func (d *draft) newFitting(base *Plan) *fitting {
	f := &fitting{d: d, base: base, known: map[parser.IndexID]bool{}, origin: newSliceable(base), lowest: base}
	f.floor = f.origin.floor()
	return f
}

// fit is a plan of some slices within a limit.
func (f *fitting) fit(limit int64) (*Plan, error) {
	for aim := limit; aim > limit/farthestAim && limit >= f.floor; aim /= 2 {
		if best, err := f.under(limit, aim); err != nil || best != nil {
			return best, err
		}
	}
	if err := f.least(); err != nil {
		return nil, err
	}
	if f.lowest.Peak > limit {
		return nil, MemoryError{Need: f.base.Peak, Limit: limit, Least: f.lowest.Peak, Cause: f.stopped()}
	}
	return f.lowest, nil
}

// stopped is why no more slices are to be tried, or nil.
func (f *fitting) stopped() error {
	if f.d.opts.Stop == nil {
		return nil
	}
	return f.d.opts.Stop.Err()
}

// farthestAim is how many times smaller than the limit steps are made at most, where no single cut relieves all that
// exceed it.
const farthestAim = 16

// under finds slices that bring the plan under a limit, cutting until steps need no more than the aim; or nil.
func (f *fitting) under(limit, aim int64) (*Plan, error) {
	var best *attempt
	var depend [4]SliceWay
	f.limit, f.aim = float64(limit), float64(aim)
	for way := range depend {
		f.way = SliceWay{Serial: way&serialWay != 0, Lean: way&leanWay != 0}
		if way == leanWay && best != nil {
			break
		}
		if was, same := f.way.sameAs(depend[:way]); same {
			depend[way] = was
			continue
		}
		f.depend = SliceWay{}
		a, err := f.descend()
		depend[way] = f.depend
		if err != nil {
			return nil, err
		}
		if a.plan.Peak <= limit && (best == nil || a.nanos < best.nanos) {
			best = a
		}
	}
	if best == nil {
		return nil, nil
	}
	return best.plan, nil
}

// The ways to run loops are numbered by what they are.
const (
	serialWay = 1 << iota
	leanWay
)

// sameAs reports whether a way makes nothing else than one of lower number, by what each of these depended on, and what
// that is.
func (w SliceWay) sameAs(depend []SliceWay) (was SliceWay, same bool) {
	way := len(depend)
	if without := way &^ serialWay; w.Serial && !depend[without].Serial {
		return depend[without], true
	}
	if without := way &^ leanWay; w.Lean && !depend[without].Lean {
		return depend[without], true
	}
	return SliceWay{}, false
}

// mostLower bounds how often least looks below what it has.
const mostLower = 8

// least slices the plan as small as it gets: the limit that an error names is one that holds, and nothing is
// found below it.
func (f *fitting) least() error {
	f.way, f.limit, f.aim = SliceWay{Serial: true, Lean: true}, 1, 1
	_, err := f.descend()
	for range mostLower {
		if err != nil || f.stopped() != nil || f.lowest.Peak <= f.floor {
			break
		}
		var lower *Plan
		if lower, err = f.under(f.lowest.Peak-1, f.lowest.Peak-1); lower == nil {
			break
		}
	}
	return err
}

// descend slices on from what is asked for until the limit holds or nothing helps.
func (f *fitting) descend() (at *attempt, err error) {
	if at, err = f.first(); err != nil {
		return nil, err
	}
	for at.excess > 0 && f.stopped() == nil {
		next, err := f.improve(at)
		if err != nil || next == nil {
			return at, err
		}
		at = next
	}
	return at, nil
}

// first is the plan with the slices that are asked for.
func (f *fitting) first() (*attempt, error) {
	if cuts := f.d.opts.Slices; len(cuts) > 0 {
		return f.try(cuts)
	}
	x := figures{peak: f.base.Peak, worst: f.worst(f.base, nil), nanos: f.time(f.base)}
	return &attempt{plan: f.base, excess: f.excess(&x), figures: x}, nil
}

// improve cuts one index smaller; nil if none helps.
func (f *fitting) improve(at *attempt) (*attempt, error) {
	var best *attempt
	score := math.Inf(-1)
	for _, id := range f.candidates(at) {
		chunk := f.d.smaller(at.cuts, id)
		if chunk == 0 {
			continue
		}
		if f.stopped() != nil {
			return nil, nil
		}
		a, err := f.look(with(at.cuts, SliceIndex{id, chunk}))
		if errors.Is(err, errSteps) {
			f.depend.Lean = true // lean loops have fewer steps
			continue
		}
		if err != nil {
			return nil, err
		}
		saved := at.excess - a.excess
		if saved <= 0 {
			continue
		}
		slower := math.Log2(max(a.nanos, 1)/max(at.nanos, 1)) + 0.02
		if x := saved / max(slower, 0.005); x > score {
			best, score = a, x
		}
	}
	if best != nil && best.plan == nil {
		return f.try(best.cuts)
	}
	return best, nil
}

// with replaces or adds a cut.
func with(cuts []SliceIndex, c SliceIndex) []SliceIndex {
	cuts = slices.Clone(cuts)
	for i := range cuts {
		if cuts[i].Index == c.Index {
			cuts[i].Chunk = c.Chunk
			return cuts
		}
	}
	return append(cuts, c)
}

func (f *fitting) try(cuts []SliceIndex) (*attempt, error) {
	s, err := f.d.slicing(f.base, cuts, f.way)
	if err != nil {
		return nil, err
	}
	if s.plan.Peak < f.lowest.Peak {
		f.lowest = s.plan
	}
	return f.attempt(cuts, s.plan, figures{peak: s.plan.Peak, worst: f.worst(s.plan, s.source), nanos: f.time(s.plan), depend: s.depend}), nil
}

// attempt judges what is known of a sliced plan, and notes what of the way it depends on.
func (f *fitting) attempt(cuts []SliceIndex, p *Plan, x figures) *attempt {
	f.depend.Serial = f.depend.Serial || x.depend.Serial
	f.depend.Lean = f.depend.Lean || x.depend.Lean
	return &attempt{plan: p, cuts: cuts, excess: f.excess(&x), figures: x}
}

// smaller is the chunk to try next for an index: half of what it is now under cuts, or the next divisor below that
// if it is near; 0 if it is 1.
func (d *draft) smaller(cuts []SliceIndex, id parser.IndexID) int {
	extent := d.extent(id)
	now := extent
	for _, c := range cuts {
		if c.Index == id {
			now = c.Chunk
		}
	}
	if now < 2 {
		return 0
	}
	half := (now + 1) / 2
	for n := half; n > half/3; n-- {
		if extent%n == 0 {
			return n
		}
	}
	return half
}

// candidates lists the indices of what is live where memory is over the limit, those of most bytes
// first.
func (f *fitting) candidates(at *attempt) []parser.IndexID {
	weight := map[parser.IndexID]float64{}
	p, over := at.plan, make([]float64, len(at.plan.Steps)+1)
	for i, bytes := range p.profile() {
		over[i+1] = over[i]
		if bytes > f.aim {
			over[i+1]++
		}
	}
	d := &draft{p: p.Problem, plan: p}
	note := func(r Ref, by float64) {
		for _, id := range r.Axes {
			if id != parser.NoIndex && d.extent(id) > 1 {
				weight[f.original(p, id)] += by
			}
		}
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		b := &p.Buffers[p.whole(s.Out.Buffer)]
		if b.Kind == Temp {
			note(s.Out, b.size()*(over[b.Last+1]-over[b.First]))
		}
		if w := s.Estimate.Shared + s.Estimate.PerWorker; w > 0 && over[i+1] > over[i] {
			for _, r := range s.Inputs {
				note(r, float64(w))
			}
		}
	}
	var ids []parser.IndexID
	for id, w := range weight {
		if w > 0 && f.cuts(id) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b parser.IndexID) int {
		return cmp.Or(cmp.Compare(weight[b], weight[a]), cmp.Compare(a, b))
	})
	return ids[:min(len(ids), max(4, min(mostTried, 40000/len(p.Steps))))]
}

// original is the index that another one stands for pieces of.
func (f *fitting) original(p *Plan, id parser.IndexID) parser.IndexID {
	if int(id) < len(f.base.Problem.Indices) {
		return id
	}
	for i := range p.Loops {
		if p.Loops[i].Piece == id {
			return p.Loops[i].Index
		}
	}
	return id
}

// cuts reports whether steps share an index.
func (f *fitting) cuts(id parser.IndexID) bool {
	ok, known := f.known[id]
	if !known {
		ok = len(f.origin.components(id)) > 0
		f.known[id] = ok
	}
	return ok
}

// profile is the memory in bytes at each step: live temporaries, and workspace.
func (p *Plan) profile() []float64 {
	live := make([]float64, len(p.Steps)+1)
	for i := range p.Buffers {
		b := &p.Buffers[i]
		if b.Kind != Temp || b.Window != nil || b.First < 0 {
			continue
		}
		size := max(float64(roundUp(b.Bytes)), b.size())
		if b.Private {
			size *= float64(p.Workers)
		}
		live[b.First] += size
		live[b.Last+1] -= size
	}
	in := p.InParallel()
	sum := 0.0
	for i := range p.Steps {
		sum += live[i]
		e := &p.Steps[i].Estimate
		w := float64(e.Shared) + float64(e.PerWorker)*float64(p.Workers)
		if in != nil && in[i] {
			w = float64(e.Shared+e.PerWorker) * float64(p.Workers)
		}
		live[i] = sum + w
	}
	return live[:len(p.Steps)]
}

// worst is the most bytes that a plan needs for each of the unsliced plan's steps. source tells which of those a step is for;
// nil if the plan is unsliced.
func (f *fitting) worst(p *Plan, source []int) []float64 {
	worst := make([]float64, len(f.base.Steps))
	for i, bytes := range p.profile() {
		if source != nil {
			i = source[i]
		}
		worst[i] = max(worst[i], bytes)
	}
	return worst
}

// excess is how far a plan is beyond the limit: 0 if it is not. It sums what each of the unsliced plan's
// steps is beyond it at worst, so that relieving one of several peaks counts.
func (f *fitting) excess(x *figures) float64 {
	if float64(x.peak) <= f.limit {
		return 0
	}
	sum := math.Log2(float64(x.peak) / f.aim)
	for _, bytes := range x.worst {
		sum += math.Log2(max(1, bytes/f.aim))
	}
	return sum
}

// runNanos is what it takes to begin a step within a loop.
const runNanos = 50

// time is the model's time of a plan for its workers. In loops that workers share, each runs steps
// alone; elsewhere they share each step, if it is worth it.
func (f *fitting) time(p *Plan) float64 {
	t, total, heads := p.loopTree(), 0.0, float64(p.Workers)
	for i := range p.Steps {
		nanos := p.Steps[i].Estimate.Nanos + runNanos
		share := max(1, min(heads, nanos/25e3))
		if l := t.private(i); l >= 0 {
			count := float64(p.Loops[l].Count)
			share = count / math.Ceil(count/heads)
		}
		total += nanos * t.times(i) / share
	}
	return total
}
