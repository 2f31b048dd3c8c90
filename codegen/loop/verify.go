package loop

import (
	"fmt"

	"github.com/einc-lang/einc/tensor"
)

// Verify tells whether a nest may be run. What it accepts, the interpreter and native code run without
// touching memory outside of the parameters' bounds. These hold for a nest that passes:
//
// Shape. The root is exactly one For of kind Task: a count without clamp, Step 1, From 0, nothing carried. No
// other loop is a Task. Steps are positive. Parameters have an element type, a role and Lo ≤ Hi.
//
// Registers. Each is defined once, by an Op, a Load or a loop that carries it, before its uses; what a
// loop's body defines is gone after the loop, but for the carried registers. Lanes are a power of two up
// to 64. Arity and types are as Code says; a carried register, its Init and its Next agree in type.
//
// Variables. Each is set once, by a For or a Split, and used inside the body where it is set. The
// radices of a Split are positive and their product is above every value of the variable.
//
// Bounds. Every access of the active lanes of a Load or Store, or of an Offsets, Pack or Tile lies in [Lo, Hi) of
// its parameter for all values that the variables can take. Where a clamped loop's variable v and its At occur together, as in
// c·v + c·At, the sum is known to stay at or below c·(Total−Step). Accesses with a Dim in the
// address, or a variable that only a Dim bounds, are left to the caller, and allowed in operands and output
// only. Of a Dim with a Value, that is relied on: the caller sees to it. Code that never runs (a loop
// of count 0) may name any address.
//
// Roles. Nothing is stored to an In parameter. Tables are I64 in Worker parameters that nothing but
// Offsets writes, at constant addresses.
//
// Tables. A Pack or Tile uses tables that an Offsets node has filled for certain: earlier, in the same
// body or one around it, at the same address, not overwritten since, with at least as many entries as are
// read; a use that begins further in ends where the table does at the latest. The offsets are bounded by
// Σ(extent−1)·stride of the table's group. A promised Run is one.
//
// Not checked: that tasks do not write what others read or write, that every element of the output is
// written, and that different parameters do not overlap in memory.
func Verify(n *Nest) error {
	v := &verifier{nest: n, print: newPrinter(n, false), regs: make([]state, len(n.Regs)), vars: make([]int, len(n.Vars))}
	if err := v.params(); err != nil {
		return err
	}
	v.findTables()
	root, err := rootLoop(n)
	if err != nil {
		return err
	}
	if root.Count.Clamped || root.Step != 1 || root.From != 0 || len(root.Carry) != 0 {
		return v.errorf(root, "a task loop has a count that does not depend on variables, step 1 and carries nothing")
	}
	return v.loop(root)
}

// state is where a register is in its life.
type state uint8

const (
	undefined state = iota
	visible
	gone
)

type verifier struct {
	nest     *Nest
	print    *printer
	regs     []state
	vars     []int    // 1 + the place in live, 0: not set yet, -1: gone
	live     []ranged // variables in scope, outer first
	defs     []Reg    // visible registers, outer first
	tables   []bool   // parameters that hold tables
	fills    []fill   // tables that hold known offsets
	depth    int      // of the body being checked
	dead     int      // loops around that never run
	overflow bool     // an address left 64 bits
}

func (v *verifier) errorf(n Node, format string, args ...any) error {
	return fmt.Errorf("loop: nest %q: %s: %s", v.nest.Strategy, v.print.line(n), fmt.Sprintf(format, args...))
}

// limit bounds every number that may take part in an address, in elements.
const limit = 1 << 48

func (v *verifier) params() error {
	n := v.nest
	if n.Dims < 0 {
		return fmt.Errorf("loop: nest %q: %d dims", n.Strategy, n.Dims)
	}
	for i, p := range n.Params {
		switch {
		case p.DType == tensor.Invalid || p.DType > tensor.C128:
			return fmt.Errorf("loop: nest %q: parameter %s has no element type", n.Strategy, v.print.params[i])
		case p.Role > Worker:
			return fmt.Errorf("loop: nest %q: parameter %s has no role", n.Strategy, v.print.params[i])
		case p.Lo > p.Hi || p.Lo < -limit || p.Hi > limit:
			return fmt.Errorf("loop: nest %q: parameter %s has bounds [%d, %d)", n.Strategy, v.print.params[i], p.Lo, p.Hi)
		}
	}
	for r, t := range n.Regs {
		if t.DType == tensor.Invalid || t.DType > tensor.C128 || t.Lanes < 1 || t.Lanes > 64 || t.Lanes&(t.Lanes-1) != 0 {
			return fmt.Errorf("loop: nest %q: register r%d has type %s; lanes are a power of two up to 64", n.Strategy, r, t)
		}
	}
	return nil
}

// body checks a loop's nodes, and what the loop carries while their registers are still visible.
func (v *verifier) body(f *For) error {
	vars, defs := len(v.live), len(v.defs)
	v.depth++
	for _, n := range f.Body {
		if err := v.node(n); err != nil {
			return err
		}
	}
	if err := v.nexts(f); err != nil {
		return err
	}
	v.depth--
	for _, x := range v.live[vars:] {
		v.vars[x.name] = -1
	}
	for _, r := range v.defs[defs:] {
		v.regs[r] = gone
	}
	v.live, v.defs = v.live[:vars], v.defs[:defs]
	v.forget(func(f *fill) bool { return f.depth > v.depth })
	return nil
}

func (v *verifier) node(n Node) error {
	switch n := n.(type) {
	case *For:
		if n.Kind == Task {
			return v.errorf(n, "a task loop inside of another loop")
		}
		return v.loop(n)
	case *Split:
		return v.split(n)
	case *Op:
		return v.op(n)
	case *Load:
		return v.load(n)
	case *Store:
		return v.store(n)
	case *Prefetch:
		return v.prefetch(n)
	case *Offsets:
		return v.offsets(n)
	case *Pack:
		return v.pack(n)
	case *Tile:
		return v.tile(n)
	}
	return v.errorf(n, "no node of a nest")
}

// use checks that registers may be read.
func (v *verifier) use(n Node, regs ...Reg) error {
	for _, r := range regs {
		switch {
		case r < 0 || int(r) >= len(v.regs):
			return v.errorf(n, "there is no register r%d", r)
		case v.regs[r] == undefined:
			return v.errorf(n, "r%d is used before it is defined", r)
		case v.regs[r] == gone:
			return v.errorf(n, "r%d was defined in a loop that has ended; carry it", r)
		}
	}
	return nil
}

func (v *verifier) define(n Node, r Reg) error {
	if r < 0 || int(r) >= len(v.regs) {
		return v.errorf(n, "there is no register r%d", r)
	}
	if v.regs[r] != undefined {
		return v.errorf(n, "r%d is defined twice", r)
	}
	v.regs[r] = visible
	v.defs = append(v.defs, r)
	return nil
}

// set brings a variable into scope.
func (v *verifier) set(n Node, x Var, r ranged) error {
	if x < 0 || int(x) >= len(v.vars) {
		return v.errorf(n, "there is no variable %d", x)
	}
	if v.vars[x] != 0 {
		return v.errorf(n, "variable %s is set twice", v.print.name(x))
	}
	r.name = x
	v.live = append(v.live, r)
	v.vars[x] = len(v.live)
	return nil
}

func (v *verifier) loop(f *For) error {
	if f.Step < 1 || f.Step > limit || f.From < 0 || f.From > limit {
		return v.errorf(f, "step %d, from %d: a step is positive", f.Step, f.From)
	}
	if f.Kind > Thread {
		return v.errorf(f, "no such kind of loop")
	}
	r, runs, err := v.iterations(f, f.Count, f.Step, f.From)
	if err != nil {
		return err
	}
	for _, c := range f.Carry {
		if err := v.use(f, c.Init); err != nil {
			return err
		}
	}
	for _, c := range f.Carry {
		if err := v.define(f, c.Reg); err != nil {
			return err
		}
		if a, b := v.nest.Regs[c.Reg], v.nest.Regs[c.Init]; a != b {
			return v.errorf(f, "r%d is %s and starts as %s", c.Reg, a, b)
		}
	}
	v.forgetRefilled(f.Body)
	if !runs {
		v.dead++
		defer func() { v.dead-- }()
	}
	if err := v.set(f, f.Var, r); err != nil {
		return err
	}
	err = v.body(f)
	v.vars[f.Var], v.live = -1, v.live[:len(v.live)-1]
	return err
}

func (v *verifier) nexts(f *For) error {
	for _, c := range f.Carry {
		if err := v.use(f, c.Next); err != nil {
			return err
		}
		if a, b := v.nest.Regs[c.Reg], v.nest.Regs[c.Next]; a != b {
			return v.errorf(f, "r%d is %s and goes on as %s", c.Reg, a, b)
		}
	}
	return nil
}

func (v *verifier) split(n *Split) error {
	if len(n.Into) != len(n.Radix) || len(n.Into) == 0 {
		return v.errorf(n, "%d digits with %d radices", len(n.Into), len(n.Radix))
	}
	of, err := v.variable(n, n.Of)
	if err != nil {
		return err
	}
	below := int64(1) // product of the radices of the digits so far
	open := of.open   // some radix, or the variable itself, is left open
	ranges := make([]ranged, len(n.Into))
	for i := len(n.Into) - 1; i >= 0; i-- {
		r := n.Radix[i]
		if err := v.dim(n, r); err != nil {
			return err
		}
		if r.Dim > 0 {
			ranges[i], open = ranged{hi: max(r.Value, 1) - 1, open: r.Value == 0}, true
			continue
		}
		if r.Value < 1 && v.dead == 0 || r.Value > limit {
			return v.errorf(n, "radix %s is not positive", r)
		}
		ranges[i] = ranged{hi: max(min(r.Value-1, of.hi/max(below, 1)), 0)}
		below = v.mul(below, r.Value)
	}
	if v.overflow || of.hi >= below && v.dead == 0 && !open {
		return v.errorf(n, "%s reaches %d, the digits end below %d", v.print.name(n.Of), of.hi, below)
	}
	for i, x := range n.Into {
		if err := v.set(n, x, ranges[i]); err != nil {
			return err
		}
	}
	return nil
}
