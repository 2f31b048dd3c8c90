package loop

import (
	"context"
	"fmt"
	"math/bits"
	"sync/atomic"
)

// Mem is the memory of a parameter: Data[Origin] is the first byte of element 0, so that elements
// before it (negative strides) can be reached.
type Mem struct {
	Data   []byte
	Origin int
}

// Run interprets the tasks [lo, hi) of a verified nest, one after the other in a permuted order that
// is the same in every run. args has an entry for every parameter, dims one for each of n.Dims.
//
// Every access is checked against its Mem; the first that falls outside ends the run with an error.
// Memory written so far stays written. Runs on disjoint tasks may go side by side if each has
// its own Worker memory.
func Run(n *Nest, args []Mem, dims []int64, lo, hi int64) error {
	return RunContext(context.Background(), n, args, dims, lo, hi)
}

// RunContext is Run until ctx is done. Loops look at that in each iteration, as one task may take seconds here.
func RunContext(ctx context.Context, n *Nest, args []Mem, dims []int64, lo, hi int64) error {
	root, err := rootLoop(n)
	if err != nil {
		return err
	}
	if len(args) != len(n.Params) {
		return fmt.Errorf("loop: %d arguments for %d parameters", len(args), len(n.Params))
	}
	if len(dims) != n.Dims {
		return fmt.Errorf("loop: %d dims, nest wants %d", len(dims), n.Dims)
	}
	m := newMachine(n, args, dims)
	tasks := m.bound(root.Count)()
	if lo < 0 || hi < lo || hi > tasks {
		return fmt.Errorf("loop: tasks %d to %d of %d", lo, hi, tasks)
	}
	m.stopped.Store(ctx.Err() != nil)
	defer context.AfterFunc(ctx, func() { m.stopped.Store(true) })()
	body := m.body(root.Body)
	order := permute(hi - lo)
	for i := int64(0); i < hi-lo && m.goesOn(); i++ {
		m.vars[root.Var] = lo + order(i)
		exec(body)
	}
	if m.err != nil {
		return m.err
	}
	return ctx.Err()
}

// rootLoop is the one loop over tasks that a nest consists of.
func rootLoop(n *Nest) (*For, error) {
	if len(n.Body) == 1 {
		if f, ok := n.Body[0].(*For); ok && f.Kind == Task {
			return f, nil
		}
	}
	return nil, fmt.Errorf("loop: nest %q does not consist of one task loop", n.Strategy)
}

// permute gives a fixed permutation of [0, n): i ↦ (a·i + b) mod n with a prime to n.
func permute(n int64) func(int64) int64 {
	a, b := uint64(n)*618/1000, uint64(n)*272/1000
	for ; n > 0 && gcd(a, uint64(n)) != 1; a++ {
	}
	return func(i int64) int64 {
		hi, lo := bits.Mul64(a, uint64(i))
		lo, carry := bits.Add64(lo, b, 0)
		return int64(bits.Rem64(hi+carry, lo, uint64(n)))
	}
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// machine is a nest being interpreted. Compiling a node gives a step: a closure over the lanes of its
// registers, which are allocated once.
type machine struct {
	nest *Nest
	mem  []area
	dims []int64
	vars []int64
	regs []value
	err  error // the first failed access

	stopped atomic.Bool // by the context
}

func (m *machine) goesOn() bool { return m.err == nil && !m.stopped.Load() }

type step func()

func exec(steps []step) {
	for _, s := range steps {
		s()
	}
}

func newMachine(n *Nest, args []Mem, dims []int64) *machine {
	m := &machine{nest: n, dims: dims, vars: make([]int64, len(n.Vars)), regs: make([]value, len(n.Regs))}
	for i, p := range n.Params {
		m.mem = append(m.mem, newArea(p, args[i]))
	}
	for i, t := range n.Regs {
		m.regs[i] = newValue(t.DType, t.Lanes)
	}
	return m
}

func (m *machine) body(nodes []Node) []step {
	steps := make([]step, 0, len(nodes))
	for _, n := range nodes {
		steps = append(steps, m.node(n))
	}
	return steps
}

func (m *machine) node(n Node) step {
	switch n := n.(type) {
	case *For:
		return m.loop(n)
	case *Split:
		return m.split(n)
	case *Op:
		return m.op(n)
	case *Load:
		return m.load(n)
	case *Store:
		return m.store(n)
	case *Prefetch:
		return func() {}
	case *Offsets:
		return m.offsets(n)
	case *Pack:
		return m.pack(n)
	case *Tile:
		return m.tile(n)
	}
	return func() { m.fail(fmt.Errorf("loop: unknown node %T", n)) }
}

func (m *machine) fail(err error) {
	if m.err == nil {
		m.err = err
	}
}

func (m *machine) size(s Size) int64 {
	if s.Dim != 0 {
		return m.dims[s.Dim-1]
	}
	return s.Value
}

// affine compiles an expression to a sum over the variables that it has.
func (m *machine) affine(a Affine) func() int64 {
	type term struct {
		v    *int64
		coef int64
	}
	terms, base := make([]term, 0, len(a.Terms)), a.Const
	for _, t := range a.Terms {
		if t.Var == NoVar {
			base += m.size(t.Coef)
			continue
		}
		terms = append(terms, term{&m.vars[t.Var], m.size(t.Coef)})
	}
	return func() int64 {
		sum := base
		for _, t := range terms {
			sum += *t.v * t.coef
		}
		return sum
	}
}

func (m *machine) bound(b Bound) func() int64 {
	most := m.size(b.Max)
	if !b.Clamped {
		return func() int64 { return most }
	}
	total, at := m.size(b.Total), m.affine(b.At)
	return func() int64 { return min(most, total-at()) }
}

func (m *machine) loop(f *For) step {
	count, v, by, from := m.bound(f.Count), &m.vars[f.Var], max(f.Step, 1), f.From
	start, advance := m.carries(f.Carry)
	body := m.body(f.Body)
	return func() {
		n, i := count(), int64(0)
		if from > 1 && n > 0 {
			i = n - n%from
		}
		start()
		for ; i+by <= n && m.goesOn(); i += by {
			*v = i
			exec(body)
			advance()
		}
	}
}

// carries compiles what happens to carried registers at the start of a loop and after each iteration,
// where all of them change at once.
func (m *machine) carries(cs []Carry) (start, advance func()) {
	var regs, inits, nexts, temps []value
	for _, c := range cs {
		t := m.nest.Regs[c.Reg]
		regs, inits, nexts = append(regs, m.regs[c.Reg]), append(inits, m.regs[c.Init]), append(nexts, m.regs[c.Next])
		temps = append(temps, newValue(t.DType, t.Lanes))
	}
	move := func(to, from []value) {
		for i := range to {
			to[i].set(from[i])
		}
	}
	if len(cs) == 1 {
		temps = nexts
	}
	return func() { move(regs, inits) }, func() {
		if len(cs) > 1 {
			move(temps, nexts)
		}
		move(regs, temps)
	}
}

func (m *machine) split(n *Split) step {
	of := &m.vars[n.Of]
	radix := make([]int64, len(n.Into))
	for i := range radix {
		if radix[i] = m.size(n.Radix[i]); radix[i] < 1 {
			return func() { m.fail(fmt.Errorf("loop: radix %d of a split", radix[i])) }
		}
	}
	return func() {
		rest := *of
		for i := len(radix) - 1; i >= 0; i-- {
			m.vars[n.Into[i]] = rest % radix[i]
			rest /= radix[i]
		}
	}
}
