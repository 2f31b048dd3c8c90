package planner

import (
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
)

// beginSum writes what comes before the loops that add up step i's pieces: the sum's first value. The
// step's own output holds the sum if nothing but the sum is to be stored there.
func (s *slicing) beginSum(i int) error {
	s.now = i
	o := &s.from.Steps[i]
	t, out := o.Body[len(o.Body)-1].DType, &s.from.Buffers[o.Out.Buffer]
	acc := &sum{apart: len(o.Epilogue) > 0 || out.DType != t || o.Old >= 0 && (o.OldOp != o.Reduce || s.from.Buffers[o.Old].DType != t)}
	if acc.apart {
		acc.out = s.fresh(i, t, o.Out.Axes)
	} else {
		acc.out = s.output(i)
	}
	s.sums[i] = acc
	if o.Old >= 0 && !acc.apart {
		old := Ref{Buffer: s.window(i, Ref{Buffer: o.Old, Axes: o.Out.Axes}), Axes: acc.out.Axes}
		s.add(s.pointwise(acc.out, parser.Expr{{Kind: parser.NodeInput, DType: t}}, old))
		return nil
	}
	s.add(s.pointwise(acc.out, identity(o.Reduce, t)))
	return nil
}

// pointwise is a step that computes body for every element of out.
func (s *slicing) pointwise(out Ref, body parser.Expr, inputs ...Ref) Step {
	n := Step{Out: out, Old: -1, Core: [2]int{-1, -1}, Inputs: inputs, Body: body}
	if len(inputs) == 1 {
		n.Core[0] = 0
	}
	k := &kernel{d: s.draft, out: out, body: scalar{d: s.draft, refSet: refSet{refs: inputs}}}
	n.Class = k.classify(n.Core)
	n.K = nil
	return n
}

// addPiece writes the step that adds a position's piece of step i to the sum; or two steps, one of
// which may run in a faster way for not adding.
func (s *slicing) addPiece(i int, acc *sum) error {
	n, err := s.copyStep(i)
	if err != nil {
		return err
	}
	t := n.Body[len(n.Body)-1].DType
	n.Epilogue, n.Extra = nil, nil
	n.Out, n.Old, n.OldOp = acc.out, acc.out.Buffer, n.Reduce
	s.estimate(&n)
	if !s.plan.Way.Lean {
		alone := n
		alone.Old, alone.OldOp = -1, parser.Sum
		alone.Out = s.temp(t, acc.out.Axes)
		s.estimate(&alone)
		plus := s.pointwise(acc.out, parser.Expr{{Kind: parser.NodeInput, DType: t}}, alone.Out)
		plus.Old, plus.OldOp = acc.out.Buffer, n.Reduce
		s.estimate(&plus)
		if alone.Estimate.Nanos+plus.Estimate.Nanos < n.Estimate.Nanos {
			s.depend.Lean = true
			s.add(alone)
			s.add(plus)
			return nil
		}
		s.plan.Buffers = s.plan.Buffers[:len(s.plan.Buffers)-1]
	}
	s.add(n)
	return nil
}

// endSum writes what comes after the loops that add up step i's pieces.
func (s *slicing) endSum(i int) error {
	s.now = i
	o, acc := &s.from.Steps[i], s.sums[i]
	delete(s.sums, i)
	if !acc.apart {
		return nil
	}
	out := s.output(i)
	body := o.Epilogue
	if len(body) == 0 {
		body = parser.Expr{{Kind: parser.NodeInput, DType: s.plan.Buffers[acc.out.Buffer].DType}}
	}
	n := s.pointwise(out, body, append([]Ref{acc.out}, s.refs(i, o.Extra)...)...)
	if o.Old >= 0 {
		n.Old, n.OldOp = s.window(i, Ref{Buffer: o.Old, Axes: o.Out.Axes}), o.OldOp
	}
	s.add(n)
	return nil
}

// identity is the value that a reduction of nothing has, as an expression.
func identity(r parser.ReduceOp, t tensor.DType) parser.Expr {
	value, whole := r.Identity(t)
	return parser.Expr{{Kind: parser.NodeConst, DType: t, Value: value, Int: whole}}
}
