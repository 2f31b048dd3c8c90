package llvm

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/llir/llvm/ir"
	"github.com/llir/llvm/ir/enum"
	"github.com/llir/llvm/ir/types"
	"github.com/llir/llvm/ir/value"
)

// span is the range of a counted loop: start, start+step, … as long as a whole step fits below stop.
type span struct {
	name        string
	start, stop value.Value
	step        int64
}

// count is the span of all i in [0, n).
func count(name string, n value.Value) span { return span{name, i64(0), n, 1} }

// once reports whether the span is known to hold at most one index.
func (s span) once() bool {
	start, ok1 := known(s.start)
	stop, ok2 := known(s.stop)
	return ok1 && ok2 && start+2*s.step > stop
}

// run writes a loop that tests at its end, behind a guard where it may run not at all. The body gets the
// index and what the loop carries, and returns what the next iteration gets; run gives what the last one
// returned, or init. A loop that is known to run once is its body.
func (e *fn) run(s span, init []value.Value, body func(i value.Value, carried []value.Value) []value.Value) []value.Value {
	limit := e.sub(s.stop, i64(s.step)) // the last index that may run
	enter := e.compare(enum.IPredSLE, s.start, limit)
	always, decided := known(enter)
	if decided && always == 0 || s.start == s.stop {
		return init
	}
	if s.once() {
		return body(s.start, init)
	}
	pre, top, exit := e.cur, e.block(s.name), e.block(s.name+".end")
	if decided {
		pre.NewBr(top)
	} else {
		pre.NewCondBr(enter, top, exit)
	}
	e.cur = top
	i := e.phi(s.start, pre)
	phis := e.phis(init, pre)
	next := body(i, values(phis))
	after := e.unreduced(e.add(i, i64(s.step)))
	for k := range next {
		next[k] = e.unreduced(next[k])
	}
	latch := e.cur
	latch.NewCondBr(e.compare(enum.IPredSLE, after, limit), top, exit)
	i.Incs = append(i.Incs, ir.NewIncoming(after, latch))
	for k, p := range phis {
		p.Incs = append(p.Incs, ir.NewIncoming(next[k], latch))
	}
	e.cur = exit
	if decided {
		return next
	}
	return e.merge(init, pre, next, latch)
}

// unreduced is an index or a pointer that a loop carries on. Where loops are written as they should run it is frozen, so
// that it is no induction variable to LLVM: reducing the strength of what follows changes little, and takes a third of
// the time.
func (e *fn) unreduced(x value.Value) value.Value {
	_, pointer := x.Type().(*types.PointerType)
	if e.reduced || !pointer && !x.Type().Equal(types.I64) {
		return x
	}
	return e.put(ir.NewInstFreeze(x))
}

// phi starts a phi with what comes from the block before the loop.
func (e *fn) phi(x value.Value, pre *ir.Block) *ir.InstPhi {
	p := ir.NewPhi(ir.NewIncoming(x, pre))
	e.put(p)
	return p
}

func (e *fn) phis(xs []value.Value, pre *ir.Block) []*ir.InstPhi {
	ps := make([]*ir.InstPhi, len(xs))
	for i, x := range xs {
		ps[i] = e.phi(x, pre)
	}
	return ps
}

func values(ps []*ir.InstPhi) []value.Value {
	vs := make([]value.Value, len(ps))
	for i, p := range ps {
		vs[i] = p
	}
	return vs
}

// merge joins values that come from two blocks.
func (e *fn) merge(xs []value.Value, from *ir.Block, ys []value.Value, other *ir.Block) []value.Value {
	ps := e.phis(xs, from)
	for i, p := range ps {
		p.Incs = append(p.Incs, ir.NewIncoming(ys[i], other))
	}
	return values(ps)
}

// branch runs one of two pieces of code; only the one that is meant, if the condition is known.
func (e *fn) branch(cond value.Value, name string, yes, no func()) {
	if c, ok := known(cond); ok {
		if c != 0 {
			yes()
		} else {
			no()
		}
		return
	}
	then, other, end := e.block(name), e.block(name+".else"), e.block(name+".end")
	e.cur.NewCondBr(cond, then, other)
	e.cur = then
	yes()
	e.cur.NewBr(end)
	e.cur = other
	no()
	e.cur.NewBr(end)
	e.cur = end
}

// either is branch for code that gives values.
func (e *fn) either(cond value.Value, name string, yes, no func() []value.Value) []value.Value {
	var xs, ys []value.Value
	var from, other *ir.Block
	e.branch(cond, name, func() { xs, from = yes(), e.cur }, func() { ys, other = no(), e.cur })
	switch {
	case from == nil:
		return ys
	case other == nil:
		return xs
	}
	return e.merge(xs, from, ys, other)
}

// tasks writes the root loop, from lo to hi.
func (e *fn) tasks(l *loop.For) {
	s := span{"task", e.lo, e.hi, 1}
	e.run(s, nil, func(i value.Value, _ []value.Value) []value.Value {
		e.setVar(l.Var, i)
		e.body(l.Body)
		return nil
	})
}

// loop writes a loop of a nest and binds its carried registers.
func (e *fn) loop(l *loop.For) {
	if l.Kind == loop.Block || l.Kind == loop.Thread {
		e.fail("loop over %q is of a GPU kind, which is unsupported on the host: lower for a host target", e.nest.Vars[l.Var])
		return
	}
	stop := e.bound(l.Count)
	s := span{e.nest.Vars[l.Var], i64(0), stop, l.Step}
	if l.From > 1 {
		s.start = e.sub(stop, e.remainder(stop, l.From))
	}
	var init []value.Value
	for _, c := range l.Carry {
		init = append(init, e.regs[c.Init].list()...)
	}
	last := e.repeat(l, s, init)
	e.bind(l.Carry, last)
}

// repeat runs a loop's body over a span, a few iterations at once if it may be repeated.
func (e *fn) repeat(l *loop.For, s span, init []value.Value) []value.Value {
	n := e.unroll(l, s)
	if n == 1 {
		return e.walking(l, s, init)
	}
	main := span{s.name, s.start, e.sub(s.stop, e.remainder(s.stop, n)), n}
	last := e.run(main, init, func(i value.Value, carried []value.Value) []value.Value {
		for k := range n {
			carried = e.iteration(l, i, k, carried)
		}
		return carried
	})
	rest := span{s.name + ".rest", main.stop, s.stop, 1}
	return e.run(rest, last, func(i value.Value, carried []value.Value) []value.Value { return e.iteration(l, i, 0, carried) })
}

// Unrolled loops take unrolled iterations at once; all of them if there are few, of short bodies.
const (
	unrollTimes = 4
	unrollAll   = 8
	unrollNodes = 1000
)

// unroll is how many iterations of a loop to write at once. Sums of integers take one: LLVM reorders
// them across iterations, and then lacks registers.
func (e *fn) unroll(l *loop.For, s span) int64 {
	if l.Kind != loop.Unroll || l.Step != 1 || l.From > 1 || len(l.Carry) == 0 {
		return 1
	}
	if d := e.nest.Regs[l.Carry[0].Reg].DType; !d.IsFloat() && !d.IsComplex() {
		return 1
	}
	for _, n := range l.Body {
		if _, ok := n.(*loop.For); ok {
			return 1
		}
	}
	most := int64(unrollAll)
	if e.target.VectorBits >= 512 {
		most *= 2 // with 32 registers, what loops around the tile take out of it leaves enough
	}
	if n, ok := known(s.stop); ok && n > 1 && n <= most && n*int64(len(l.Body)) <= unrollNodes {
		return n
	}
	return unrollTimes
}

// iteration writes a loop's body for the iteration i+off and gives what it carries on.
func (e *fn) iteration(l *loop.For, i value.Value, off int64, carried []value.Value) []value.Value {
	e.setVarOff(l.Var, i, off)
	e.bind(l.Carry, carried)
	e.again = l.Var
	if off == 0 {
		e.again = -1
	}
	e.body(l.Body)
	e.again = -1
	var next []value.Value
	for _, c := range l.Carry {
		next = append(next, e.regs[c.Next].list()...)
	}
	return next
}

// bind gives carried registers their values.
func (e *fn) bind(carry []loop.Carry, parts []value.Value) {
	for _, c := range carry {
		n := 1
		if e.nest.Regs[c.Reg].DType.IsComplex() {
			n = 2
		}
		e.regs[c.Reg] = unlist(parts[:n])
		parts = parts[n:]
	}
}

// list is the parts of a value.
func (v val) list() []value.Value {
	if v.im == nil {
		return []value.Value{v.re}
	}
	return []value.Value{v.re, v.im}
}

func unlist(parts []value.Value) val {
	if len(parts) == 1 {
		return val{re: parts[0]}
	}
	return val{parts[0], parts[1]}
}

// remainder is x%n, with the sign of x: a clamped count below 0 still runs nothing.
func (e *fn) remainder(x value.Value, n int64) value.Value {
	if c, ok := known(x); ok || n == 1 {
		return i64(c % n)
	}
	return e.put(ir.NewSRem(x, i64(n)))
}

// body writes the statements of a loop.
func (e *fn) body(nodes []loop.Node) {
	for _, n := range nodes {
		if e.err != nil {
			return
		}
		switch x := n.(type) {
		case *loop.For:
			e.loop(x)
		case *loop.Split:
			e.split(x)
		case *loop.Op:
			e.op(x)
		case *loop.Load:
			e.regs[x.Dst] = e.load(e.nest.Regs[x.Dst], e.addr(x.From), x.Stride, x.Active)
		case *loop.Store:
			e.store(e.nest.Regs[x.Src], e.regs[x.Src], e.addr(x.To), x)
		case *loop.Prefetch:
			e.prefetch(x)
		case *loop.Offsets:
			e.offsets(x)
		case *loop.Pack:
			e.pack(x)
		case *loop.Tile:
			e.tile(x)
		default:
			e.fail("unknown node %T", n)
		}
	}
}

// split writes the digits of a variable, last one fastest. The first digit is what is left.
func (e *fn) split(s *loop.Split) {
	rest := e.add(e.vars[s.Of], i64(e.offs[s.Of]))
	for d := len(s.Into) - 1; d >= 0; d-- {
		digit := rest
		if d > 0 {
			rest, digit = e.divmod(rest, e.size(s.Radix[d]))
		}
		e.setVar(s.Into[d], digit)
	}
}
