package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"time"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
)

// How long a contender is timed in a round, and when a row is given more rounds: as long as it takes less
// than rowTime in all, up to maxRounds.
const (
	roundTime = 2e6
	rowTime   = 0.4e9
	maxRounds = 31
)

// result is a measured row.
type result struct {
	*row
	flops, bytes float64 // of einc's plan (two a multiply-add), and of operands and output
	einc         []float64
	times        []timing
	failed       string // why there is nothing else
}

// timing is what one peer took, a call, round by round; or why it did not run.
type timing struct {
	peer
	nanos []float64
	note  string
}

// ratio is a median over rounds, and the interval that holds it with 95 % confidence.
type ratio struct{ median, low, high float64 }

// planOf plans an expression for one worker on this machine.
func planOf(w *work) (*planner.Plan, error) {
	p, err := parser.Parse(w.expr, w.mode)
	if err != nil {
		return nil, err
	}
	problem, err := p.Bind(w.specs())
	if err != nil {
		return nil, err
	}
	target, err := codegen.Host()
	if err != nil {
		return nil, err
	}
	target.Workers = 1
	return planner.Search(context.Background(), problem, planner.Options{Target: target})
}

// run measures a row.
func (s *session) run(r *row) *result {
	r.threads = max(r.threads, 1)
	res := &result{row: r}
	began := time.Now()
	defer func() {
		if took := time.Since(began); took > 10*time.Second {
			s.log("%s/%s %v took %v", r.suite, r.name, r.dtype, took.Round(time.Second))
		}
	}()
	if err := s.measure(res); err != nil {
		res.failed = err.Error()
		s.log("%s/%s: %v", r.suite, r.name, err)
	}
	debug.FreeOSMemory() // what one row took must not be in the next one's way
	return res
}

func (s *session) measure(res *result) error {
	if why, err := s.tooLarge(&res.work); err != nil || why != "" {
		return errors.Join(err, asError(why))
	}
	plan, err := planOf(&res.work)
	if err != nil {
		return err
	}
	res.flops = 2 * plan.Cost.Flops
	d := &data{row: res.row}
	for i, shape := range res.shapes {
		t, err := random(res.dtype, uint64(i), shape)
		if err != nil {
			return err
		}
		d.operands = append(d.operands, t)
		res.bytes += float64(len(t.Bytes()))
	}
	var own *contender
	if res.native {
		own, d.out, err = kernelContender(s, &res.work, d.operands)
	} else {
		own, d.out, err = eincContender(s, &res.work, d.operands, res.threads)
	}
	if err != nil {
		return err
	}
	defer own.close()
	res.bytes += float64(len(d.out.Bytes()))
	return s.contest(res, d, own)
}

// asError makes an error of a text, none of an empty one.
func asError(text string) error {
	if text == "" {
		return nil
	}
	return errors.New(text)
}

// contest prepares the peers, checks them, and lets all take turns.
func (s *session) contest(res *result, d *data, own *contender) error {
	if err := s.pin(res.threads); err != nil {
		return err
	}
	defer s.pin(0)
	if _, err := own.time(1); err != nil {
		return err
	}
	all := []*contender{own}
	for _, p := range res.peers {
		t := timing{peer: p}
		c, err := s.prepare(res, d, p)
		if err != nil {
			t.note = err.Error()
			if !errors.Is(err, errAbsent) && !errors.Is(err, errNone) {
				s.log("%s/%s: %s: %v", res.suite, res.name, p.name, err)
			}
		} else {
			defer c.close()
		}
		res.times = append(res.times, t)
		all = append(all, c)
	}
	return s.takeTurns(res, all)
}

// prepare makes a peer and compares its result with einc's.
func (s *session) prepare(res *result, d *data, p peer) (*contender, error) {
	c, err := p.make(s, d)
	if err != nil {
		return nil, err
	}
	if _, err := c.time(1); err != nil {
		c.close()
		return nil, err
	}
	if p.unlike {
		return c, nil
	}
	got, err := c.result()
	if err == nil {
		err = compare(d.out.DType(), d.out.Bytes(), got, res.flops/2/float64(max(1, d.out.Len())))
	}
	if err != nil {
		c.close()
		return nil, fmt.Errorf("wrong result: %w", err)
	}
	return c, nil
}

// paces finds about how long everyone takes. A peer that is far behind the best of its class sits out: it cannot
// decide anything.
func (s *session) paces(res *result, all []*contender) ([]float64, error) {
	once := make([]float64, len(all))
	best := map[string]float64{}
	for i, c := range all {
		if c == nil {
			continue
		}
		t, err := calibrate(c)
		if err != nil {
			if i == 0 {
				return nil, err
			}
			all[i], res.times[i-1].note = nil, err.Error()
			continue
		}
		once[i] = t
		if i > 0 {
			class := res.peers[i-1].class
			if b, ok := best[class]; !ok || t < b {
				best[class] = t
			}
		}
	}
	for i, p := range res.peers {
		if b := best[p.class]; !s.all && all[i+1] != nil && once[i+1] > farBehind*b {
			all[i+1], res.times[i].note = nil, fmt.Sprintf("%.1f times as slow as the best", once[i+1]/b)
		}
	}
	for i, p := range res.peers {
		if all[i+1] != nil && once[i+1] > hopeless && once[i+1] > 10*once[0] && !res.barred(p.class) {
			all[i+1], res.times[i].note = nil, fmt.Sprintf("%s: %.0f times einc's time", p.name, once[i+1]/once[0])
		}
	}
	return once, nil
}

// barred tells whether a row has a bar against a class.
func (r *row) barred(class string) bool {
	return slices.ContainsFunc(r.bars, func(b bar) bool { return b.class == class })
}

// hopeless is a time in nanoseconds after which a peer that no bar needs and that is far behind einc sits out too.
const hopeless = 0.5e9

// farBehind is how many times slower than the best of its class a peer may be.
const farBehind = 2.5

// takeTurns times all contenders round by round; the first is einc, some may be nil.
func (s *session) takeTurns(res *result, all []*contender) error {
	once, err := s.paces(res, all)
	if err != nil {
		return err
	}
	calls := make([]int, len(all))
	round := 0.0
	for i, t := range once {
		if all[i] != nil {
			calls[i] = max(1, int(roundTime/t))
			round += t * float64(calls[i])
		}
	}
	rounds := max(s.rounds, res.rounds, min(maxRounds, int(rowTime/round)))
	for range rounds {
		for i, c := range all {
			if c == nil {
				continue
			}
			t, err := c.time(calls[i])
			if err != nil && i == 0 {
				return err
			}
			if err != nil { // a peer that breaks off is out; the others go on
				all[i], res.times[i-1].nanos, res.times[i-1].note = nil, nil, err.Error()
				continue
			}
			t /= float64(calls[i])
			if i == 0 {
				res.einc = append(res.einc, t)
			} else {
				res.times[i-1].nanos = append(res.times[i-1].nanos, t*scaleOf(res.times[i-1].peer))
			}
		}
	}
	return nil
}

func scaleOf(p peer) float64 {
	if p.scale == 0 {
		return 1
	}
	return p.scale
}

// calibrate finds about how long a call takes.
func calibrate(c *contender) (float64, error) {
	for calls := 1; ; calls *= 8 {
		t, err := c.time(calls)
		if err != nil {
			return 0, err
		}
		if t > roundTime/8 || calls > 1<<24 {
			return max(t/float64(calls), 0.1), nil
		}
	}
}

// best is the quickest peer of a class, nil if none ran.
func (r *result) best(class string) *timing {
	var best *timing
	for i := range r.times {
		t := &r.times[i]
		if t.class == class && len(t.nanos) > 0 && (best == nil || median(t.nanos) < median(best.nanos)) {
			best = t
		}
	}
	return best
}

// ratio compares a peer with einc round by round.
func (r *result) ratio(t *timing) ratio {
	var x []float64
	for i, n := range t.nanos {
		x = append(x, n/r.einc[i])
	}
	slices.Sort(x)
	k := outside(len(x))
	return ratio{median(x), x[k], x[len(x)-1-k]}
}

// outside is how many of n ordered values may be left out at each end so that the rest still span the true
// median with 95 % confidence.
func outside(n int) int {
	p, below := math.Pow(0.5, float64(n)), 0.0
	for k := 0; k < n/2; k++ {
		if below += p; below > 0.025 {
			return max(0, k-1)
		}
		p = p * float64(n-k) / float64(k+1)
	}
	return 0
}

// missed tells whether a bar is out of the interval's reach.
func (b bar) missed(x ratio) bool {
	return x.high < b.min || b.both && x.low > 1/b.min
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	n := len(x)
	return (x[(n-1)/2] + x[n/2]) / 2
}

// oneWorker is the class of einc with a single worker, in rows that have more.
const oneWorker = "one worker"

// eincPeer is einc on another expression, with the row's operands in an order.
func eincPeer(name, class string, w work, scale float64, order ...int) peer {
	return peer{name: name, class: class, scale: scale, unlike: true, make: func(s *session, d *data) (*contender, error) {
		var operands []*einc.Tensor
		for i, shape := range w.shapes {
			if len(order) > 0 {
				operands = append(operands, d.operands[order[i]])
				continue
			}
			t, err := random(w.dtype, uint64(i), shape)
			if err != nil {
				return nil, err
			}
			operands = append(operands, t)
		}
		threads := d.row.threads
		if class == oneWorker {
			threads = 1
		}
		c, _, err := eincTimed(s, &w, operands, threads, d.row.threads)
		return c, err
	}}
}
