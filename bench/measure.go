package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"time"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
)

// How long a contender is timed in a round, and when a row is given more rounds: as long as it takes less
// than rowTime in all, up to maxRounds.
const (
	roundTime = 2e6
	rowTime   = 0.4e9
	maxRounds = 31
)

// problemOf binds an expression, and gives this machine with one worker.
func problemOf(w *work) (*parser.Problem, cost.Target, error) {
	target, err := codegen.Host()
	if err != nil {
		return nil, target, err
	}
	target.Workers = 1
	p, err := parser.Parse(w.expr, w.mode)
	if err != nil {
		return nil, target, err
	}
	problem, err := p.Bind(w.specs())
	return problem, target, err
}

// planOf plans an expression for one worker on this machine, as einc does.
func planOf(w *work) (*planner.Plan, error) {
	problem, target, err := problemOf(w)
	if err != nil {
		return nil, err
	}
	if len(w.shapes) > planner.ExactLimit {
		return order{}.plan(w)
	}
	return planner.Search(context.Background(), problem, planner.Options{Target: target})
}

// run measures a row.
func (s *session) run(r *row) *result {
	r.threads = max(r.threads, 1)
	res := &result{Name: r.name, Expr: r.expr, Type: r.dtype.String(), Bars: r.bars, Date: time.Now().Format(time.DateOnly), Commit: s.commit}
	began := time.Now()
	defer func() {
		if took := time.Since(began); took > 10*time.Second {
			s.log("%s/%s %v took %v", r.suite, r.name, r.dtype, took.Round(time.Second))
		}
	}()
	if err := s.measure(r, res); err != nil {
		res.Failed = err.Error()
		s.log("%s/%s: %v", r.suite, r.name, err)
	}
	debug.FreeOSMemory() // what one row took must not be in the next one's way
	return res
}

func (s *session) measure(r *row, res *result) error {
	if why, err := s.tooLarge(r); err != nil || why != "" {
		return errors.Join(err, asError(why))
	}
	plan, err := planOf(&r.work)
	if err != nil {
		return err
	}
	res.Flops = 2 * plan.Cost.Flops
	d := &data{row: r}
	for i, shape := range r.shapes {
		t, err := random(r.dtype, uint64(i), shape)
		if err != nil {
			return err
		}
		d.operands = append(d.operands, t)
		res.Bytes += float64(len(t.Bytes()))
	}
	var own *contender
	switch {
	case r.own != nil:
		own, d.out, err = r.own(s, d)
	case r.native:
		own, d.out, err = kernelContender(s, &r.work, d.operands)
	default:
		own, d.out, err = eincContender(s, &r.work, d.operands, r.threads)
	}
	if err != nil {
		return err
	}
	defer own.close()
	res.Bytes += float64(len(d.out.Bytes()))
	return s.contest(res, d, own)
}

// asError makes an error of a text, none of an empty one.
func asError(text string) error {
	if text == "" {
		return nil
	}
	return errors.New(text)
}

// turn is a contender in its place among those of a row.
type turn struct {
	*contender
	peer   peer
	timing *timing
	once   float64 // about the time of a call, of the first to begin with
	calls  int     // in a round
}

// contest prepares the peers, checks them, and lets all take turns.
func (s *session) contest(res *result, d *data, own *contender) error {
	if err := s.pin(d.row.threads); err != nil {
		return err
	}
	defer s.pin(0)
	once, err := own.time(1)
	if err != nil {
		return err
	}
	d.once = time.Duration(once)
	var turns []*turn
	for _, p := range d.row.peers {
		if s.bars && !d.row.decides(p) {
			continue
		}
		t := &timing{Name: p.name, Class: p.class}
		res.Times = append(res.Times, t)
		c, once, err := s.prepare(res, d, p)
		if err != nil {
			t.Note = err.Error()
			if !errors.Is(err, errAbsent) && !errors.Is(err, errNone) {
				s.log("%s/%s: %s: %v", d.row.suite, res.Name, p.name, err)
			}
			continue
		}
		defer c.close()
		turns = append(turns, &turn{contender: c, peer: p, timing: t, once: once})
	}
	return s.takeTurns(res, d.row, &turn{contender: own, peer: peer{sleeps: true}, timing: &timing{}, once: once}, turns)
}

// prepare makes a peer, times its first call, and compares its result with einc's.
func (s *session) prepare(res *result, d *data, p peer) (c *contender, once float64, err error) {
	if c, err = p.make(s, d); err != nil {
		return nil, 0, err
	}
	if once, err = c.time(1); err != nil {
		c.close()
		return nil, 0, err
	}
	if p.unlike {
		return c, once, nil
	}
	got, err := c.result()
	if err == nil {
		if err = compare(d.out.DType(), d.out.Bytes(), got, res.Flops/2/float64(max(1, d.out.Len()))); err != nil {
			err = fmt.Errorf("wrong result: %w", err)
		}
	}
	if err != nil {
		c.close()
		return nil, 0, err
	}
	return c, once, nil
}

// entrants finds about how long everyone takes. A peer that is far behind the best of its class sits out: it cannot
// decide anything. So does one that no bar needs and that is far behind einc.
func (s *session) entrants(r *row, own *turn, turns []*turn) []*turn {
	best := map[string]float64{}
	turns = slices.DeleteFunc(turns, func(t *turn) bool {
		if err := t.calibrate(); err != nil {
			t.timing.Note = err.Error()
			return true
		}
		if b, ok := best[t.peer.class]; !ok || t.once < b {
			best[t.peer.class] = t.once
		}
		return false
	})
	return slices.DeleteFunc(turns, func(t *turn) bool {
		switch b := best[t.peer.class]; {
		case !s.all && (t.once > farBehind*b || b > long && t.once > longBehind*b):
			t.timing.Note = fmt.Sprintf("%.1f times as slow as the best", t.once/b)
		case t.once > hopeless && t.once > 10*own.once && !r.barred(t.peer.class):
			t.timing.Note = fmt.Sprintf("%s: %.0f times einc's time", t.peer.name, t.once/own.once)
		default:
			return false
		}
		return true
	})
}

// decides tells whether a peer is worth its time where not all are asked for: a bar or another timing follows from it, or, in rows
// without bars, it is what most programs use.
func (r *row) decides(p peer) bool {
	return p.unlike || r.barred(p.class) || len(r.bars) == 0 && p.class == arrayClass
}

// barred tells whether a row has a bar against a class.
func (r *row) barred(class string) bool {
	return slices.ContainsFunc(r.bars, func(b bar) bool { return b.Class == class })
}

// hopeless is a time in nanoseconds after which a peer that no bar needs and that is far behind einc sits out too.
const hopeless = 0.5e9

// How many times slower than the best of its class a peer may be: where calls take so many nanoseconds, they vary little, and each round
// counts.
const (
	farBehind  = 2.5
	long       = 1e9
	longBehind = 1.5
)

// takeTurns times all contenders round by round, each round in an order of its own: some share their operands, and who
// comes after one of these finds in the caches what others must fetch.
func (s *session) takeTurns(res *result, r *row, own *turn, turns []*turn) error {
	if err := own.calibrate(); err != nil {
		return err
	}
	turns = append(s.entrants(r, own, turns), own)
	round := 0.0
	for _, t := range turns {
		round += t.pace()
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range max(s.rounds, r.rounds, min(maxRounds, int(rowTime/round))) {
		random.Shuffle(len(turns), func(i, j int) { turns[i], turns[j] = turns[j], turns[i] })
		turns = slices.DeleteFunc(turns, func(t *turn) bool {
			err := t.take()
			rest(r.threads, t.peer)
			if err != nil { // a peer that breaks off is out; the others go on
				t.timing.rounds, t.timing.Note = nil, err.Error()
			}
			return err != nil
		})
		if own.timing.Note != "" {
			return errors.New(own.timing.Note)
		}
	}
	res.rounds = own.timing.rounds
	if r.derive != nil {
		r.derive(res)
	}
	res.settle()
	return nil
}

// rest waits, after a contender of several threads, until these sleep: those of OpenBLAS look for work for
// 120 ms after a call (by the CPU time of a process that sleeps), on cores that the next contender is to have.
func rest(threads int, after peer) {
	if threads > 1 && !after.sleeps {
		time.Sleep(150 * time.Millisecond)
	}
}

// pace settles how many calls a round has, and returns about how long they take.
func (t *turn) pace() float64 {
	t.calls = max(1, int(roundTime/t.once))
	return t.once * float64(t.calls)
}

// take times a round, and notes the time of a call.
func (t *turn) take() error {
	nanos, err := t.time(t.calls)
	t.timing.rounds = append(t.timing.rounds, nanos/float64(t.calls)*t.peer.share())
	return err
}

// calibrate finds about how long a call takes, if the first has not told.
func (t *turn) calibrate() error {
	if t.once > long {
		return nil
	}
	for calls := 1; ; calls *= 8 {
		nanos, err := t.time(calls)
		if err != nil {
			return err
		}
		if nanos > roundTime/8 || calls > 1<<24 {
			t.once = max(nanos/float64(calls), 0.1)
			return nil
		}
	}
}

// share turns the time of a peer that does another amount of work into that of the row's.
func (p peer) share() float64 {
	if p.scale == 0 {
		return 1
	}
	return p.scale
}

// eincPeer is einc on another expression, with the row's operands in an order.
func eincPeer(name, class string, w work, scale float64, order ...int) peer {
	return peer{name: name, class: class, scale: scale, unlike: true, sleeps: true, make: func(s *session, d *data) (*contender, error) {
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
