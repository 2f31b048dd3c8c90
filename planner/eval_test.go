package planner_test

import (
	"math"
	"slices"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
)

// array is a dense tensor of the reference evaluators, which compute in float64 whatever the type:
// tests keep to numbers that float64 holds exactly.
type array struct {
	shape []int
	data  []float64
}

func newArray(shape []int) array {
	n := 1
	for _, e := range shape {
		n *= e
	}
	return array{shape, make([]float64, n)}
}

// at is the position of the element that axes select.
func (a array) at(axes []parser.IndexID, env []int) int {
	p := 0
	for i, e := range a.shape {
		p *= e
		if axes[i] != parser.NoIndex {
			p += env[axes[i]]
		}
	}
	return p
}

// each runs f for all values of ids in env.
func each(p *parser.Problem, ids []parser.IndexID, env []int, f func()) {
	if len(ids) == 0 {
		f()
		return
	}
	for env[ids[0]] = 0; env[ids[0]] < p.Indices[ids[0]].Extent; env[ids[0]]++ {
		each(p, ids[1:], env, f)
	}
	env[ids[0]] = 0
}

func distinct(axes []parser.IndexID) []parser.IndexID {
	s := slices.DeleteFunc(slices.Clone(axes), func(i parser.IndexID) bool { return i == parser.NoIndex })
	slices.Sort(s)
	return slices.Compact(s)
}

func combine(op parser.ReduceOp, a, b float64) float64 {
	switch op {
	case parser.Sum:
		return a + b
	case parser.Prod:
		return a * b
	case parser.Max:
		return math.Max(a, b)
	}
	return math.Min(a, b)
}

// fold reduces f over ids. The extremum of nothing is 0 here: infinities would tell orders apart that
// are as good as each other.
func fold(p *parser.Problem, op parser.ReduceOp, ids []parser.IndexID, env []int, f func() float64) float64 {
	v, first := 0.0, true
	if op == parser.Prod {
		v = 1
	}
	each(p, ids, env, func() {
		if x := f(); first {
			v, first = x, false
		} else {
			v = combine(op, v, x)
		}
	})
	return v
}

func apply(fn parser.Fn, a []float64) float64 {
	switch fn {
	case parser.FnAdd, parser.FnMul, parser.FnMin, parser.FnMax:
		v := a[0]
		for _, x := range a[1:] {
			v = map[parser.Fn]func() float64{
				parser.FnAdd: func() float64 { return v + x },
				parser.FnMul: func() float64 { return v * x },
				parser.FnMin: func() float64 { return math.Min(v, x) },
				parser.FnMax: func() float64 { return math.Max(v, x) },
			}[fn]()
		}
		return v
	case parser.FnSub:
		return a[0] - a[1]
	case parser.FnDiv:
		return a[0] / a[1]
	case parser.FnNeg:
		return -a[0]
	case parser.FnAbs:
		return math.Abs(a[0])
	case parser.FnRelu:
		return math.Max(a[0], 0)
	case parser.FnExp:
		return math.Exp(a[0])
	}
	return a[0] // casts
}

// naive evaluates a problem by definition.
func naive(p *parser.Problem, operands []array) array {
	tensors := slices.Clone(operands)
	env := make([]int, len(p.Indices))
	for _, st := range p.Statements {
		out := newArray(p.Tensors[st.Out].Shape)
		if st.Old >= 0 {
			copy(out.data, tensors[st.Old].data)
		}
		each(p, distinct(st.Left), env, func() {
			v := evalNode(p, tensors, st.Expr, parser.NodeID(len(st.Expr)-1), env)
			at := out.at(st.Left, env)
			if st.Old >= 0 {
				v = combine(st.Op, out.data[at], v)
			}
			out.data[at] = v
		})
		tensors = append(tensors, out)
	}
	return tensors[p.Output]
}

func evalNode(p *parser.Problem, tensors []array, e parser.Expr, id parser.NodeID, env []int) float64 {
	n := &e[id]
	switch n.Kind {
	case parser.NodeRef:
		return tensors[n.Tensor].data[tensors[n.Tensor].at(n.Axes, env)]
	case parser.NodeConst:
		return n.Value
	case parser.NodeReduce:
		inner := slices.Clone(env)
		return fold(p, n.Reduce, n.Over, inner, func() float64 { return evalNode(p, tensors, e, n.Args[0], inner) })
	}
	args := make([]float64, len(n.Args))
	for i, a := range n.Args {
		args[i] = evalNode(p, tensors, e, a, env)
	}
	return apply(n.Fn, args)
}

// execute runs a plan step by step, as its comments say.
func execute(pl *planner.Plan, operands []array) array {
	p := pl.Problem
	buffers := make([]array, len(pl.Buffers))
	for i, b := range pl.Buffers {
		if b.Kind == planner.Operand {
			buffers[i] = operands[b.Operand]
		}
	}
	var result array
	for i := range pl.Steps {
		s := &pl.Steps[i]
		out := newArray(pl.Buffers[s.Out.Buffer].Shape)
		if s.Old >= 0 {
			copy(out.data, buffers[s.Old].data)
		}
		env := make([]int, len(p.Indices))
		each(p, slices.Concat(s.B, s.M, s.N), env, func() {
			v := stepValue(p, s, buffers, env)
			at := out.at(s.Out.Axes, env)
			if s.Old >= 0 {
				v = combine(s.OldOp, out.data[at], v)
			}
			out.data[at] = v
		})
		buffers[s.Out.Buffer] = out
		if pl.Buffers[s.Out.Buffer].Kind == planner.Output {
			result = out
		}
	}
	return result
}

// stepValue is one element of a step's result, before Old.
func stepValue(p *parser.Problem, s *planner.Step, buffers []array, env []int) float64 {
	read := func(refs []planner.Ref) []float64 {
		v := make([]float64, len(refs))
		for i, r := range refs {
			v[i] = buffers[r.Buffer].data[buffers[r.Buffer].at(r.Axes, env)]
		}
		return v
	}
	var v float64
	if len(s.K) == 0 {
		v = evalScalar(s.Body, read(s.Inputs))
	} else {
		v = fold(p, s.Reduce, s.K, env, func() float64 { return evalScalar(s.Body, read(s.Inputs)) })
	}
	if len(s.Epilogue) > 0 {
		v = evalScalar(s.Epilogue, append([]float64{v}, read(s.Extra)...))
	}
	return v
}

func evalScalar(e parser.Expr, inputs []float64) float64 {
	values := make([]float64, len(e))
	for id := range e {
		switch n := &e[id]; n.Kind {
		case parser.NodeInput:
			values[id] = inputs[n.Input]
		case parser.NodeConst:
			values[id] = n.Value
		default:
			args := make([]float64, len(n.Args))
			for i, a := range n.Args {
				args[i] = values[a]
			}
			values[id] = apply(n.Fn, args)
		}
	}
	return values[len(e)-1]
}
