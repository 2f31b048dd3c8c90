package planner

import (
	"slices"

	"github.com/einc-lang/einc/internal/slab"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
)

// scalar builds the body or the epilogue of a step: an expression over numbered inputs, in accumulator
// types throughout.
type scalar struct {
	d     *draft
	out   []parser.IndexID // the indices of the step's output
	first int              // the number of refs[0] as an input: 0 in a body, 1 in an epilogue
	expr  parser.Expr
	refSet
	values []parser.NodeID // of each of refs, in its accumulator type
	memo   memo
	core   parser.NodeID // the value of the contraction that is computed in this step, or -1
}

// contents is where steps have their expressions and views.
type contents struct {
	nodes slab.Slab[parser.Node]
	refs  slab.Slab[Ref]
	args  slab.Slab[parser.NodeID]
}

// begin makes s a scalar with nothing in it. It has to be closed before another one is begun.
func (s *scalar) begin(d *draft, out []parser.IndexID, first int) {
	s.d, s.out, s.first, s.core = d, out, first, -1
	s.expr, s.values = d.made.nodes.Room(3), s.values[:0]
	s.refs, s.index = d.made.refs.Room(2), nil
	s.memo.list, s.memo.index = s.memo.list[:0], nil
}

// beginEpilogue makes s a scalar whose input 0 is the reduced value, of type t.
func (s *scalar) beginEpilogue(d *draft, out []parser.IndexID, t tensor.DType) {
	s.begin(d, out, 1)
	s.core = s.node(parser.Node{Kind: parser.NodeInput, DType: t})
}

func (s *scalar) node(n parser.Node) parser.NodeID {
	s.expr = append(s.expr, n)
	return parser.NodeID(len(s.expr) - 1)
}

// input is the value of ref; equal refs are one input.
func (s *scalar) input(ref Ref) parser.NodeID {
	ref = s.squeeze(ref)
	if i := s.find(ref); i >= 0 {
		return s.values[i]
	}
	t := s.d.plan.Buffers[ref.Buffer].DType
	v := s.node(parser.Node{Kind: parser.NodeInput, DType: t, Input: s.first + len(s.refs)})
	v = s.convert(v, t.Accum())
	s.add(ref)
	s.values = append(s.values, v)
	return v
}

// squeeze fixes the axes of extent 1 that the output does not have: nothing is left to sum over them.
func (s *scalar) squeeze(ref Ref) Ref {
	cloned := false
	for a, i := range ref.Axes {
		if i == parser.NoIndex || s.d.extent(i) != 1 || slices.Contains(s.out, i) {
			continue
		}
		if !cloned {
			ref.Axes, cloned = slices.Clone(ref.Axes), true
		}
		ref.Axes[a] = parser.NoIndex
	}
	return ref
}

// apply is fn of args in the accumulator type of t; a product of one factor is the factor.
func (s *scalar) apply(fn parser.Fn, t tensor.DType, args ...parser.NodeID) parser.NodeID {
	if fn == parser.FnMul && len(args) == 1 {
		return args[0]
	}
	return s.node(parser.Node{Kind: parser.NodeApply, DType: t.Accum(), Fn: fn, Args: s.d.made.args.Clone(args)})
}

// convert casts x to the accumulator type of t, if it is of another type.
func (s *scalar) convert(x parser.NodeID, t tensor.DType) parser.NodeID {
	if s.expr[x].DType == t.Accum() {
		return x
	}
	return s.apply(parser.FnCast, t, x)
}

// close makes v the value: it cuts off what v does not need. It returns the views that are the inputs too.
func (s *scalar) close(v parser.NodeID) (parser.Expr, []Ref) {
	return s.d.made.nodes.Keep(s.expr[:v+1]), s.d.made.refs.Keep(s.refs)
}

// weight is the number of element-wise operations of expr, in units of an addition.
func weight(expr parser.Expr) float64 {
	w := 0.0
	for i := range expr {
		w += nodeWeight(&expr[i])
	}
	return w
}

func nodeWeight(n *parser.Node) float64 {
	if n.Kind != parser.NodeApply {
		return 0
	}
	switch n.Fn {
	case parser.FnAdd, parser.FnMul:
		return float64(len(n.Args) - 1)
	case parser.FnDiv:
		return 4
	case parser.FnSqrt:
		return 6
	case parser.FnExp, parser.FnLog:
		return 12
	case parser.FnTanh, parser.FnSigmoid:
		return 16
	case parser.FnGelu:
		return 24
	case parser.FnLeakyRelu, parser.FnSign:
		return 2
	}
	return 1
}
