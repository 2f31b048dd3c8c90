package einc

import (
	"context"
	"fmt"
	"sync"
	"unsafe"

	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/codegen/lower"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/runtime"
	"github.com/einc-lang/einc/tensor"
)

// copyBytes is the size of each array that the copy rate is measured on: more than a core's caches.
const copyBytes = 128 << 20

// machine is what bounds every kernel: multiply-adds in registers, and copying memory.
type machine struct {
	flops    *chains
	from, to []byte
	threads  int
}

func newMachine(ctx context.Context, opts *Options, d DType, threads int) (*machine, error) {
	flops, err := newChains(ctx, opts, d, threads)
	if err != nil {
		return nil, fmt.Errorf("measuring the machine's peak: %w", err)
	}
	m := &machine{flops: flops, from: make([]byte, copyBytes), to: make([]byte, copyBytes), threads: threads}
	for i := range m.from {
		m.from[i] = byte(i)
	}
	_ = m.copy() // touches the pages
	return m, nil
}

func (m *machine) close() { m.flops.close() }

// copy copies one array to the other, a piece on each thread.
func (m *machine) copy() error {
	var wg sync.WaitGroup
	piece := copyBytes / m.threads
	for i := 1; i < m.threads; i++ {
		wg.Go(func() { copy(m.to[i*piece:(i+1)*piece], m.from[i*piece:]) })
	}
	copy(m.to[:piece], m.from)
	wg.Wait()
	return nil
}

// copied is the bytes that copy reads and writes.
func (m *machine) copied() float64 { return float64(2 * (copyBytes / m.threads) * m.threads) }

// chains is a kernel that does nothing but multiply-adds in registers: independent chains, enough of
// them to hide the latency of each.
type chains struct {
	kernel *runtime.Kernel
	in     *Tensor
	out    *Tensor
	ops    float64 // of a run, in the type that was asked for
	thread int
}

// The kernel's size. A task takes some tens of microseconds.
const (
	chainSteps = 1 << 13
	chainTasks = 16 // for each thread
)

func newChains(ctx context.Context, opts *Options, d DType, threads int) (*chains, error) {
	target, err := opts.target()
	if err != nil {
		return nil, err
	}
	part := d.Accum()
	if part.IsComplex() {
		part = part.Real()
	}
	if !part.IsInt() && !part.IsFloat() {
		part = tensor.I8
	}
	count := 12
	if part.IsInt() {
		count = target.Registers * 5 / 8 // longer latencies, and products that take registers of their own
	}
	lanes := target.Lanes(part)
	tasks := chainTasks * threads
	c := &chains{ops: 2 * float64(tasks*chainSteps*count*lanes), thread: threads}
	if d.IsComplex() {
		c.ops /= 4 // a complex multiply-add is four real ones
	}
	if c.in, err = tensor.New(part, (2+count)*lanes); err == nil {
		c.out, err = tensor.New(part, tasks*lanes)
	}
	if err != nil {
		return nil, err
	}
	if err := fill(ctx, c.in, 1); err != nil {
		return nil, err
	}
	u := c.unit(chainNest(target, part, count, tasks), target, tasks)
	o, err := u.Compile(ctx, opts.compiler(), buildID(), codegen.Whole)
	if err != nil {
		return nil, err
	}
	c.kernel, err = runtime.Load(o)
	return c, err
}

func (c *chains) close() { _ = c.kernel.Close() }

func (c *chains) run(ctx context.Context) error {
	return c.kernel.Run(ctx, []unsafe.Pointer{c.out.Data(), c.in.Data()}, nil, c.thread)
}

// chainNest writes the loops: each task starts the chains from memory, runs them and stores their sum,
// so that none of it can be left out.
func chainNest(target cost.Target, d DType, count, tasks int) *loop.Nest {
	lanes := target.Lanes(d)
	b := loop.NewBuilder("peak")
	b.Nest.FMA, b.Nest.F16C = target.FMA, target.F16C
	out := b.Param(loop.Param{Name: "out", DType: d, Role: loop.Out, Hi: int64(tasks * lanes)})
	in := b.Param(loop.Param{Name: "in", DType: d, Role: loop.In, Hi: int64((2 + count) * lanes)})
	vector := loop.Type{DType: d, Lanes: lanes}
	load := func(i int) loop.Reg {
		return b.Load(loop.Addr{Param: in, Off: loop.Affine{Const: int64(i * lanes)}}, loop.Const(1), lanes)
	}
	task, step := b.Var("task"), b.Var("step")
	b.For(&loop.For{Var: task, Kind: loop.Task, Count: loop.Bound{Max: loop.Const(int64(tasks))}, Step: 1}, func() {
		factor, addend := load(0), load(1)
		steps := &loop.For{Var: step, Count: loop.Bound{Max: loop.Const(chainSteps)}, Step: 1}
		for i := range count {
			steps.Carry = append(steps.Carry, loop.Carry{Init: load(2 + i), Reg: b.Reg(vector)})
		}
		b.For(steps, func() {
			for i := range steps.Carry {
				steps.Carry[i].Next = b.Same(loop.OpFMA, steps.Carry[i].Reg, factor, addend)
			}
		})
		sum := steps.Carry[0].Reg
		for _, c := range steps.Carry[1:] {
			sum = b.Same(loop.OpAdd, sum, c.Reg)
		}
		to := loop.Affine{Terms: []loop.Term{{Var: task, Coef: loop.Const(int64(lanes))}}}
		b.Store(sum, loop.Addr{Param: out, Off: to}, loop.Const(1))
	})
	return b.Nest
}

// unit wraps the nest as if it came from a plan with one operand.
func (c *chains) unit(n *loop.Nest, target cost.Target, tasks int) *codegen.Unit {
	row := func(name string, t *Tensor) parser.Tensor {
		return parser.Tensor{Name: name, DType: t.DType(), Shape: t.Shape(), Layout: parser.Layout{Strides: t.Strides()}}
	}
	p := &parser.Problem{Tensors: []parser.Tensor{row("in", c.in), row("out", c.out)}, Operands: 1, Output: 1}
	plan := &planner.Plan{Problem: p, Buffers: []planner.Buffer{
		{Kind: planner.Operand, Tensor: p.Tensors[0]}, {Kind: planner.Output, Tensor: p.Tensors[1]}}}
	phase := lower.Phase{Tasks: loop.Const(int64(tasks)), Nanos: 2 * chainSteps, Args: []lower.Arg{{Buffer: 1}, {Buffer: 0}}}
	prog := &lower.Program{Nests: []*loop.Nest{n}, Phases: []lower.Phase{phase}}
	return &codegen.Unit{Plan: plan, Program: prog, Target: target, Symbols: []string{"einc_peak"}}
}
