package codegen

import (
	"slices"

	"github.com/einc-lang/einc/codegen/emit"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
)

// Plain is a plan as statements: one for each step, in the plan's loops over slices. It is what programs
// without machine code run, so that they do no more work than those with it.
func Plain(plan *planner.Plan) *emit.Plain {
	c := &plainer{plan: plan, out: &emit.Plain{Problem: &parser.Problem{Indices: plan.Problem.Indices, Operands: plan.Problem.Operands,
		Tensors: slices.Clone(plan.Problem.Tensors[:plan.Problem.Operands]), Output: plan.Problem.Operands}}}
	c.out.Tensors = append(c.out.Tensors, plan.Problem.Tensors[plan.Problem.Output])
	c.number()
	for i := range plan.Steps {
		c.out.Statements = append(c.out.Statements, c.statement(&plan.Steps[i]))
	}
	for _, l := range plan.Loops {
		c.out.Loops = append(c.out.Loops, emit.PlainLoop{First: l.First, End: l.End, Begin: l.Begin, Step: l.Chunk, Count: l.Count})
	}
	return c.out
}

// plainer makes the statements.
type plainer struct {
	plan *planner.Plan
	out  *emit.Plain
	of   []int // of each buffer: its tensor
}

// number gives every buffer a tensor.
func (c *plainer) number() {
	c.out.Windows = make([]*emit.PlainWindow, len(c.out.Tensors))
	for i := range c.plan.Buffers {
		b := &c.plan.Buffers[i]
		switch {
		case b.Window == nil && b.Kind != planner.Temp:
			c.of = append(c.of, c.callers(b))
			continue
		case b.Window == nil:
			c.out.Windows = append(c.out.Windows, nil)
		default:
			w := &emit.PlainWindow{Of: b.Window.Of}
			for _, m := range b.Window.Moves {
				w.Moves = append(w.Moves, emit.PlainMove(m))
			}
			c.out.Windows = append(c.out.Windows, w)
		}
		c.of = append(c.of, len(c.out.Tensors))
		c.out.Tensors = append(c.out.Tensors, b.Tensor)
	}
	for _, w := range c.out.Windows {
		if w != nil {
			w.Of = c.of[w.Of]
		}
	}
}

// callers is the tensor of a buffer that the caller has.
func (c *plainer) callers(b *planner.Buffer) int {
	if b.Kind == planner.Output {
		return c.out.Output
	}
	return b.Operand
}

func (c *plainer) statement(s *planner.Step) parser.Statement {
	st := parser.Statement{Out: c.of[s.Out.Buffer], Left: s.Out.Axes, Old: -1, Op: s.OldOp}
	if s.Old >= 0 {
		st.Old = c.of[s.Old]
	}
	w := plainExpr{c: c}
	core := w.add(s.Body, func(input int) parser.NodeID { return w.ref(s.Inputs[input]) })
	if len(s.K) > 0 {
		core = w.node(parser.Node{Kind: parser.NodeReduce, DType: w.expr[core].DType, Args: []parser.NodeID{core}, Reduce: s.Reduce, Over: s.K})
	}
	w.add(s.Epilogue, func(input int) parser.NodeID {
		if input == 0 {
			return core
		}
		return w.ref(s.Extra[input-1])
	})
	st.Expr = w.expr
	return st
}

// plainExpr is an expression that reads tensors, being written from parts that read inputs.
type plainExpr struct {
	c    *plainer
	expr parser.Expr
}

func (w *plainExpr) node(n parser.Node) parser.NodeID {
	w.expr = append(w.expr, n)
	return parser.NodeID(len(w.expr) - 1)
}

func (w *plainExpr) ref(r planner.Ref) parser.NodeID {
	t := w.c.of[r.Buffer]
	return w.node(parser.Node{Kind: parser.NodeRef, DType: w.c.out.Tensors[t].DType, Tensor: t, Axes: r.Axes})
}

// add appends a part and returns its value.
func (w *plainExpr) add(part parser.Expr, input func(int) parser.NodeID) (last parser.NodeID) {
	at := make([]parser.NodeID, len(part))
	for i, n := range part {
		if n.Kind == parser.NodeInput {
			at[i] = input(n.Input)
		} else {
			args := make([]parser.NodeID, len(n.Args))
			for j, a := range n.Args {
				args[j] = at[a]
			}
			n.Args = args
			at[i] = w.node(n)
		}
		last = at[i]
	}
	return last
}
