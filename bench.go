package einc

import (
	"context"
	"errors"
	"fmt"
	goruntime "runtime"
	"slices"
	"strings"
	"time"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
)

// Measurement is how fast an expression runs, and what the machine could do at most in the same
// minutes. Its JSON form has the schema einc.bench/v1. A multiply-add counts as two operations.
type Measurement struct {
	Schema         string   `json:"schema"`
	Expr           string   `json:"expr"`
	DType          string   `json:"dtype"`   // of the result
	Threads        int      `json:"threads"` // the most that a call may use
	MedianNanos    float64  `json:"median_ns"`
	MinNanos       float64  `json:"min_ns"`
	MaxNanos       float64  `json:"max_ns"`
	Rounds         int      `json:"rounds"`
	GFlops         float64  `json:"gflops"`       // 0 where nothing is multiplied or added
	GBytes         float64  `json:"gbytes_per_s"` // operands and output, each counted once
	PeakGFlops     float64  `json:"peak_gflops"`  // of chains of multiply-adds in registers
	CopyGBytes     float64  `json:"copy_gbytes_per_s"`
	Strategy       []string `json:"strategy"` // one a step of the plan
	CompileNanos   int64    `json:"compile_ns"`
	TemporaryBytes int64    `json:"temp_bytes"`

	WorkspaceBytes int64    `json:"-"` // of packing buffers and tables, for all threads
	Shapes         [][]int  `json:"-"` // of the operands
	Samples        []Sample `json:"-"` // one a round
}

// Sample is one round: so many calls, and the time each took on average.
type Sample struct {
	Calls int
	Nanos float64
}

// The pace of a measurement: a round lasts at least roundTime; rounds are added, between minRounds and
// maxRounds, as long as they fit in measureTime.
const (
	roundTime   = 2 * time.Millisecond
	measureTime = time.Second
	minRounds   = 7
	maxRounds   = 51
)

// Measure compiles an expression and times calls on operands of made-up numbers, alternating with
// loops that show what the machine can do. It needs native code; the disk cache is left out, so that
// compiling is measured as well.
func Measure(ctx context.Context, expr string, specs []Spec, opts *Options) (*Measurement, error) {
	if ctx == nil {
		return nil, errNoContext
	}
	o := Options{}
	if opts != nil {
		o = *opts
	}
	if o.Engine == Interpreter {
		return nil, errors.New("only native code is measured: the interpreter is not made for speed")
	}
	o.Engine, o.Cache = Native, "off"
	for i, s := range specs {
		if s.Strides != nil {
			return nil, fmt.Errorf("operand %d: only row-major operands are measured", i)
		}
	}
	began := time.Now()
	c, err := prepare(ctx, expr, specs, &o)
	if err != nil {
		return nil, err
	}
	planned := time.Since(began)
	operands, err := madeUp(ctx, c.problem)
	if err != nil {
		return nil, err
	}
	began = time.Now()
	f, err := newFunc(ctx, c, false)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	compile := planned + time.Since(began)
	m := &Measurement{Schema: "einc.bench/v1", Expr: expr, CompileNanos: compile.Nanoseconds(), Strategy: f.strategies(),
		TemporaryBytes: f.c.plan.Arena, WorkspaceBytes: f.Stats().Workspace}
	for _, t := range operands {
		m.Shapes = append(m.Shapes, t.Shape())
	}
	return m, m.measure(ctx, f, operands)
}

func (m *Measurement) measure(ctx context.Context, f *Func, operands []*Tensor) error {
	out, err := f.NewOutputFor(operands...)
	if err != nil {
		return err
	}
	target, err := f.c.opts.target()
	if err != nil {
		return err
	}
	m.DType, m.Threads = out.DType().String(), min(target.Workers, goruntime.GOMAXPROCS(0))
	machine, err := newMachine(ctx, &f.c.opts, out.DType(), m.Threads)
	if err != nil {
		return err
	}
	defer machine.close()
	call := func() error { return f.CallContext(ctx, out, operands...) }
	if err := m.rounds(ctx, call, machine); err != nil {
		return err
	}
	m.sum(multiplyAdds(f.c.plan), float64(traffic(out, operands)))
	return nil
}

// multiplyAdds is the number of them that a plan does: steps that only copy do none.
func multiplyAdds(p *planner.Plan) float64 {
	for i := range p.Steps {
		if s := &p.Steps[i]; len(s.K) > 0 || len(s.Inputs) > 1 {
			return p.Cost.Flops
		}
	}
	return 0
}

// rounds alternates between calls and the machine's peaks.
func (m *Measurement) rounds(ctx context.Context, call func() error, machine *machine) error {
	calls, err := calibrate(call)
	if err != nil {
		return err
	}
	began := time.Now()
	var peaks, copies []float64
	for r := 0; r < minRounds || r < maxRounds && time.Since(began) < measureTime; r++ {
		t, err := timed(calls, call)
		if err != nil {
			return err
		}
		m.Samples = append(m.Samples, Sample{calls, t})
		if t, err = timed(1, func() error { return machine.flops.run(ctx) }); err != nil {
			return err
		}
		peaks = append(peaks, machine.flops.ops/t)
		t, _ = timed(1, machine.copy)
		copies = append(copies, machine.copied()/t)
	}
	m.PeakGFlops, m.CopyGBytes = median(peaks), median(copies)
	return nil
}

// sum fills in what follows from the samples.
func (m *Measurement) sum(multiplyAdds, bytes float64) {
	var nanos []float64
	for _, s := range m.Samples {
		nanos = append(nanos, s.Nanos)
	}
	m.Rounds = len(nanos)
	m.MedianNanos, m.MinNanos, m.MaxNanos = median(nanos), slices.Min(nanos), slices.Max(nanos)
	m.GFlops = 2 * multiplyAdds / m.MedianNanos
	m.GBytes = bytes / m.MedianNanos
}

// calibrate warms up and tells how many calls make a round.
func calibrate(call func() error) (int, error) {
	calls := 1
	for {
		t, err := timed(calls, call)
		if err != nil {
			return 0, err
		}
		total := t * float64(calls)
		if total >= float64(roundTime)/2 {
			return max(1, int(float64(roundTime)/t)), nil
		}
		calls *= 4
	}
}

// timed is the time of a call in nanoseconds, over so many.
func timed(calls int, call func() error) (float64, error) {
	began := time.Now()
	for range calls {
		if err := call(); err != nil {
			return 0, err
		}
	}
	return max(float64(time.Since(began).Nanoseconds()), 1) / float64(calls), nil
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	n := len(x)
	return (x[(n-1)/2] + x[n/2]) / 2
}

// traffic is the bytes of all tensors.
func traffic(out *Tensor, operands []*Tensor) int {
	bytes := out.Len() * out.DType().Size()
	for _, t := range operands {
		bytes += t.Len() * t.DType().Size()
	}
	return bytes
}

// madeUp makes operands of numbers between -1 and 1, or small integers, in the order in which calls take them.
func madeUp(ctx context.Context, p *parser.Problem) ([]*Tensor, error) {
	var operands []*Tensor
	for i := range p.Operands {
		t, err := tensor.New(p.Tensors[i].DType, p.Tensors[i].Shape...)
		if err != nil {
			return nil, fmt.Errorf("operand %d: %w", i, err)
		}
		if err := fill(ctx, t, i); err != nil {
			return nil, err
		}
		operands = append(operands, t)
	}
	return operands, nil
}

// fill repeats a run of numbers whose length is prime, so that no row is like the one before. They come from
// Knuth's linear congruential generator MMIX.
func fill(ctx context.Context, t *Tensor, seed int) error {
	values := make([]float64, 4093)
	state := uint64(seed)*2 + 1
	for i := range values {
		state = state*6364136223846793005 + 1442695040888963407
		values[i] = float64(int64(state)>>11) / (1 << 52)
		if t.DType().IsInt() {
			values[i] = float64(int64(values[i] * 8))
		}
	}
	run, err := tensor.From(values, len(values))
	if err != nil {
		return err
	}
	if run, err = run.Convert(t.DType()); err != nil {
		return err
	}
	for to := t.Bytes(); len(to) > 0 && ctx.Err() == nil; {
		to = to[copy(to, run.Bytes()):]
	}
	return ctx.Err()
}

// strategies names the builders of each step's nests, as in "packed".
func (f *Func) strategies() []string {
	u := (*f.variants.Load())[0].unit
	steps := make([][]string, len(u.Plan.Steps))
	for _, ph := range u.Program.Phases {
		name, _, _ := strings.Cut(u.Program.Nests[ph.Nest].Strategy, "/")
		if !slices.Contains(steps[ph.Step], name) {
			steps[ph.Step] = append(steps[ph.Step], name)
		}
	}
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = strings.Join(s, "+")
		if len(s) == 0 {
			names[i] = "none" // its result has no elements
		}
	}
	return names
}
