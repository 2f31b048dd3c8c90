package lower

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// packs tells whether a step is a plain product that the packed strategy can do: a sum of products of
// two real inputs in F32 or F64, stored as it is.
func packs(l *lowering, s *planner.Step) bool {
	if len(s.Inputs) != 2 || s.Reduce != parser.Sum || s.Old >= 0 || len(s.Epilogue) > 0 || len(s.K) == 0 {
		return false
	}
	if len(unique(s.Out.Axes)) < axesWithIndex(s.Out.Axes) || !isPlainProduct(s.Body) {
		return false
	}
	d := rootType(s.Body)
	if d != tensor.F32 && d != tensor.F64 || l.plan.Buffers[s.Out.Buffer].DType != d {
		return false
	}
	for _, r := range s.Inputs {
		if t := l.plan.Buffers[r.Buffer].DType; !t.IsFloat() || t.Size() > d.Size() {
			return false
		}
	}
	_, ok := l.product(s)
	return ok
}

// isPlainProduct tells whether an expression is input 0 times input 1, converted to its type or not.
func isPlainProduct(e parser.Expr) bool {
	root := e[len(e)-1]
	if root.Kind != parser.NodeApply || root.Fn != parser.FnMul || len(root.Args) != 2 {
		return false
	}
	var seen [2]bool
	for _, a := range root.Args {
		n := e[a]
		if n.Kind == parser.NodeApply && n.Fn == parser.FnCast && n.DType.Accum() == root.DType.Accum() {
			n = e[n.Args[0]]
		}
		if n.Kind != parser.NodeInput || n.Input > 1 {
			return false
		}
		seen[n.Input] = true
	}
	return seen[0] && seen[1]
}

// panels builds the nests of a packed product.
type panels struct {
	product
	cost.Blocking
	scratch cost.Scratch
	l       *lowering
	batch   int64
	b       *loop.Builder
	args    []Arg
}

// packed lowers a product to two phases: all of B into panels in shared workspace, then blocks of C.
func packed(l *lowering, step int) error {
	s := &l.plan.Steps[step]
	p := &panels{l: l}
	p.product, _ = l.product(s)
	if items(p.product.b)*items(p.m)*items(p.n) == 0 {
		return nil
	}
	p.batch = items(p.product.b)
	p.Blocking = l.blocking(rootType(s.Body), items(p.m), items(p.n), items(p.product.k))
	p.scratch = p.Scratch()
	p.shorten()
	if err := p.packPhase(step); err != nil {
		return err
	}
	return p.tilePhase(step)
}

// Rates of the model of packed products.
const (
	packNanos  = 1.0 // an element copied into a panel
	tileCycles = 0.2 // nanoseconds of a vector multiply-add
)

// taskTime is the model's time of a task of the second phase.
func (p *panels) taskTime() float64 {
	mc, nc, k := float64(min(p.MC, p.M)), float64(min(p.NC, p.N)), float64(p.K)
	return mc*nc*k/float64(p.Lanes)*tileCycles + mc*k*packNanos
}

// shorten makes tasks smaller until they end soon enough for cancelling: fewer columns first, as that
// leaves the block of A as it is, then fewer rows. It changes no order of summation.
func (p *panels) shorten() {
	for p.taskTime() > maxNanos {
		switch {
		case min(p.NC, p.N) > 16*p.NR:
			p.NC = ceilDiv(min(p.NC, p.N)/2, p.NR) * p.NR
		case p.MC > p.MR:
			p.MC = ceilDiv(p.MC/2, p.MR) * p.MR
		case p.NC > p.NR:
			p.NC = ceilDiv(p.NC/2, p.NR) * p.NR
		default:
			return
		}
	}
}

// start begins a nest.
func (p *panels) start(part string) {
	p.b = loop.NewBuilder(string(cost.Packed) + "/" + part)
	p.b.Nest.FMA, p.b.Nest.F16C = p.l.target.FMA, p.l.target.F16C
	p.args = nil
}

// param declares a parameter of the nest and returns its number.
func (p *panels) param(a access) int {
	p.args = append(p.args, a.arg)
	return p.b.Param(a.Param)
}

// table declares a table of offsets in worker memory.
func (p *panels) table(name string, size, at int64) int {
	return p.param(workspace(name, loop.Worker, tensor.I64, size, at))
}

// operand declares the parameter of an operand.
func (p *panels) operand(side int, role loop.Role) int {
	return p.param(p.l.buffer(p.refs[side].Buffer, role))
}

// batchVar is a batch digit of a task.
type batchVar struct {
	digit
	v loop.Var
}

// tasks makes the root loop over batch digits and counts of blocks, the last fastest, and calls f with
// their variables.
func (p *panels) tasks(labels []string, counts []int64, f func([]batchVar, []loop.Var)) int64 {
	total := p.batch
	for _, n := range counts {
		total *= n
	}
	l := &loop.For{Var: p.b.Var("task"), Kind: loop.Task, Count: fixed(total), Step: 1}
	p.b.For(l, func() {
		split := &loop.Split{Of: l.Var}
		var batch []batchVar
		for _, d := range p.product.b {
			batch = append(batch, batchVar{d, p.b.Var(d.label)})
			split.Into = append(split.Into, batch[len(batch)-1].v)
			split.Radix = append(split.Radix, loop.Const(d.extent))
		}
		vars := make([]loop.Var, len(counts))
		for i, n := range counts {
			vars[i] = p.b.Var(labels[i])
			split.Into = append(split.Into, vars[i])
			split.Radix = append(split.Radix, loop.Const(n))
		}
		p.b.Add(split)
		f(batch, vars)
	})
	return total
}

// origin is the address of the batch item in an operand.
func origin(param, side int, batch []batchVar) loop.Addr {
	a := loop.Addr{Param: param}
	for _, d := range batch {
		if s, _ := d.at[side].size(); s != loop.Const(0) {
			a.Off.Terms = append(a.Off.Terms, loop.Term{Var: d.v, Coef: s})
		}
	}
	return a
}

// panelB is the address of a panel of B: batch items are whole packed copies apart.
func (p *panels) panelB(param int, batch []batchVar, kb loop.Var, panel loop.Affine) loop.Addr {
	off := loop.Affine{Const: p.PanelB(0, panel.Const)}
	stride := p.PanelB(p.KBlocks(), 0)
	for i := len(batch) - 1; i >= 0; i-- {
		off.Terms = append(off.Terms, loop.Term{Var: batch[i].v, Coef: loop.Const(stride)})
		stride *= batch[i].extent
	}
	off.Terms = append(off.Terms, loop.Term{Var: kb, Coef: loop.Const(p.PanelB(1, 0))})
	for _, t := range panel.Terms {
		off.Terms = append(off.Terms, loop.Term{Var: t.Var, Coef: loop.Const(p.PanelB(0, t.Coef.Value))})
	}
	return loop.Addr{Param: param, Off: off}
}

// sharedB is the access to all packed panels of B.
func (p *panels) sharedB() access {
	return workspace("panels", loop.Shared, p.Type, p.batch*p.PanelB(p.KBlocks(), 0), 0)
}

func fixed(n int64) loop.Bound { return loop.Bound{Max: loop.Const(n)} }

// left is the bound min(most, total−at), without the clamp where blocks fit evenly.
func left(most, total int64, at loop.Affine) loop.Bound {
	if total%most == 0 {
		return fixed(most)
	}
	return loop.Bound{Max: loop.Const(most), Clamped: true, Total: loop.Const(total), At: at}
}

// times is coef·v, and plus the sum of two positions.
func times(v loop.Var, coef int64) loop.Affine {
	return loop.Affine{Terms: []loop.Term{{Var: v, Coef: loop.Const(coef)}}}
}

func plus(a, b loop.Affine) loop.Affine {
	return loop.Affine{Const: a.Const + b.Const, Terms: append(a.Terms[:len(a.Terms):len(a.Terms)], b.Terms...)}
}
