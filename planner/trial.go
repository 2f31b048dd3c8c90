package planner

import (
	"cmp"
	"math"
	"slices"

	"github.com/einc-lang/einc/internal/slab"
	"github.com/einc-lang/einc/parser"
)

// trial compares ways to run a contraction. The steps of the first one stay in the plan until there is a better one.
type trial struct {
	c     *contraction
	to    sink
	at    mark     // before the first way's steps
	best  way      // nil for the first
	tree  schedule // of best, if it is emitTried
	least float64  // nanoseconds that it takes by the model; +Inf before any way could be run
	share float64  // of least: what takes less is better
	wrote float64  // nanoseconds of the steps that a schedule has appended, with copies
	err   error    // of the first way, should there be no other
	known []known  // the last steps that were looked at, by a hash of their keys: a power of two
	round int      // the number of this trial
	keys  slab.Slab[int32]
}

// known is what was found out about a step.
type known struct {
	key   []int32
	round int // the trial that looked at it
	answer
	nanos float64 // that it takes, with copies if it is given any; if not less than most, a time that it takes no more than
	most  float64
}

// begin makes t a trial of no way so far.
func (t *trial) begin(c *contraction, to sink) *trial {
	const few, many = 64, 1024 // steps of all ways that are mostly looked at
	t.c, t.to, t.at, t.best, t.least, t.share, t.wrote, t.err = c, to, c.d.mark(), nil, math.Inf(1), 1, 0, nil
	size := few
	for size < many && size < 8*len(c.tree) {
		size *= 2
	}
	if t.round++; len(t.known) < size {
		t.known = make([]known, size)
	}
	t.keys.Reset()
	return t
}

// first notes that the steps of a first way were appended, which take so long, or why not.
func (t *trial) first(nanos float64, err error) {
	if t.err = err; err != nil {
		t.c.d.takeBack(t.at)
		return
	}
	t.least = nanos
}

// look tries a way.
func (t *trial) look(w way) {
	d := t.c.d
	at := d.mark()
	if err := w(t.c, t.to); err == nil && t.better(d.timeFrom(at)) {
		t.best = w
	}
	d.takeBack(at)
}

// price tries the way of a schedule that is arranged, and reports whether it is the best so far.
func (t *trial) price(s *schedule) (best bool) {
	at := t.c.d.mark()
	if nanos, err := t.nanos(s); err == nil && t.better(nanos) {
		best = true
		t.best, t.tree.c, t.tree.root, t.tree.v = emitTried, s.c, s.root, append(t.tree.v[:0], s.v...)
	}
	t.c.d.takeBack(at)
	return best
}

// emitTried appends the steps of the best schedule that was tried.
func emitTried(c *contraction, to sink) error { return c.d.trial.tree.steps(to, &c.d.trial) }

// better reports whether a way is the best so far.
func (t *trial) better(nanos float64) bool {
	if nanos >= t.share*t.least && (t.best != nil || t.err == nil) {
		return false
	}
	t.least = nanos
	return true
}

// keep leaves the steps of the best way in the plan.
func (t *trial) keep() error {
	if t.best == nil {
		return t.err
	}
	t.c.d.takeBack(t.at)
	return t.best(t.c, t.to)
}

// nanos is the time that the steps of a schedule take; or, if that is more than the best way takes, of some of them
// that take more with what the others take at least.
func (t *trial) nanos(s *schedule) (nanos float64, err error) {
	rest := s.least
	s.unstore()
	const rounding = 1e-9
	for _, i := range s.byFloor() {
		rest -= s.v[i].floor
		step, err := t.step(s, i, t.least*(1+rounding)-nanos-rest)
		if err != nil {
			return nanos, err
		}
		if nanos += step; nanos+rest > t.least {
			return nanos + rest, nil
		}
	}
	return nanos, nil
}

// byFloor lists the vertices that need a step, those that take most at least first.
func (s *schedule) byFloor() []int32 {
	s.lists.Reset()
	order := s.lists.Empty(len(s.v))
	for i := range s.v {
		if s.runs(int32(i)) {
			order = append(order, int32(i))
		}
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(s.v[b].floor, s.v[a].floor) })
	return order
}

// step is the time of a step of a schedule, whether or not what it reads is computed; if that is not less than most, some time that is
// not.
func (t *trial) step(s *schedule, i int32, most float64) (float64, error) {
	k, key := t.find(s, i)
	if t.knows(k, key, most) {
		return k.nanos, nil
	}
	for _, f := range s.inputs(i) {
		s.store(f)
	}
	if i != s.root {
		s.store(i)
	}
	d := t.c.d
	at := d.mark()
	err := t.learn(s, i, t.to, k, key, most)
	d.takeBack(at)
	return k.nanos, err
}

// emit appends a step of a schedule.
func (t *trial) emit(s *schedule, i int32, to sink) (err error) {
	k, key := t.find(s, i)
	if !t.knows(k, key, math.Inf(1)) {
		err = t.learn(s, i, to, k, key, math.Inf(1))
	} else if err = s.emit(i, to, &k.answer); err == nil && k.nanos == k.estimate.Nanos {
		s.c.d.leaveBare(len(s.c.d.plan.Steps) - 1)
	}
	t.wrote += k.nanos
	return err
}

// knows reports whether the time of a step is known, or not to be less than most.
func (t *trial) knows(k *known, key []int32, most float64) bool {
	return k.round == t.round && (k.nanos < k.most || most <= k.most) && slices.Equal(k.key, key)
}

// learn appends a step of a schedule and notes what the model said about it, with copies where it takes less than most.
func (t *trial) learn(s *schedule, i int32, to sink, k *known, key []int32, most float64) error {
	if err := s.emit(i, to, nil); err != nil {
		return err
	}
	at := len(s.c.d.plan.Steps) - 1
	step := &s.c.d.plan.Steps[at]
	_, nanos := s.c.d.copiesOf(at, step, most)
	*k = known{t.keys.Keep(key), t.round, answer{step.Core, step.Estimate, step.Flops}, nanos, most}
	return nil
}

// find is the key of a step and the place for what is known of it.
func (t *trial) find(s *schedule, i int32) (k *known, key []int32) {
	operands := 2 + len(s.v[i].fused) + len(s.v[i].factors)
	key = s.key(t.keys.Room((2+operands)*(2+len(s.c.net.ids))), i)
	return &t.known[hashKey(key)&uint64(len(t.known)-1)], key
}

// hashKey is the hash of a key, by the multiplication of FNV-1a.
func hashKey(key []int32) uint64 {
	h := uint64(14695981039346656037)
	for _, x := range key {
		h = (h ^ uint64(uint32(x))) * 1099511628211
	}
	return h ^ h>>32
}

// key appends what the time of a step follows from: its term, or its operands, and how they and the result lie.
func (s *schedule) key(key []int32, i int32) []int32 {
	v := &s.v[i]
	key = appendAxes(key, v.axes)
	if v.left < 0 {
		return append(key, i)
	}
	whole := int32(0)
	if i == s.root {
		whole = 1
	}
	key = append(key, whole, int32(len(v.fused)), int32(len(v.factors)))
	key = s.operandKey(s.operandKey(key, v.left), v.right)
	for _, list := range [...][]int32{v.fused, v.factors} {
		for _, f := range list {
			key = s.operandKey(key, f)
		}
	}
	return key
}

// operandKey tells operands apart by what is read: a term, or a temporary that lies in some way.
func (s *schedule) operandKey(key []int32, i int32) []int32 {
	if !s.temporary(i) {
		return append(key, i, -1)
	}
	return appendAxes(key, s.v[i].axes)
}

func appendAxes(key []int32, axes []parser.IndexID) []int32 {
	key = append(key, int32(len(axes)))
	for _, i := range axes {
		key = append(key, int32(i))
	}
	return key
}
