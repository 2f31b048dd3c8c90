package planner

import (
	"slices"

	"github.com/einc-lang/einc/parser"
)

// mostAdded is the most terms that one step adds up: to compile a kernel takes more than twice as long for twice as
// many operands, and kernels of equal pieces of a sum are compiled once.
const mostAdded = 128

// shorten is a problem whose element-wise sums have at most mostAdded terms: longer ones become statements, each of
// which adds terms to what those before it have, in the order of the terms.
func shorten(p *parser.Problem) *parser.Problem {
	if !slices.ContainsFunc(p.Statements, func(st parser.Statement) bool { return longSum(st.Expr) >= 0 }) {
		return p
	}
	q := *p
	q.Tensors, q.Statements = slices.Clone(p.Tensors), nil
	for _, st := range p.Statements {
		for at := longSum(st.Expr); at >= 0; at = longSum(st.Expr) {
			cutSum(&q, &st, at)
		}
		q.Statements = append(q.Statements, st)
	}
	return &q
}

// longSum is the first node outside all reductions that adds more than mostAdded terms, or -1.
func longSum(e parser.Expr) parser.NodeID {
	found, use := parser.NodeID(-1), make([]bool, len(e))
	use[len(e)-1] = true
	for id := len(e) - 1; id >= 0; id-- {
		n := &e[id]
		if !use[id] || n.Kind == parser.NodeReduce {
			continue
		}
		if n.Kind == parser.NodeApply && n.Fn == parser.FnAdd && len(n.Args) > mostAdded {
			found = parser.NodeID(id)
		}
		for _, a := range n.Args {
			use[a] = true
		}
	}
	return found
}

// cutSum moves all terms of a node but the last into statements that it appends to q.
func cutSum(q *parser.Problem, st *parser.Statement, at parser.NodeID) {
	sum := st.Expr[at]
	t := sum.DType.Accum()
	left := legsOf([]Ref{{Axes: st.Left}})
	shape := make([]int, len(left))
	for a, i := range left {
		shape[a] = q.Indices[i].Extent
	}
	args, before := sum.Args, parser.Node{}
	for first := true; len(args) >= mostAdded; first = false {
		e, roots := extract(st.Expr, args[:mostAdded-1])
		if args = args[mostAdded-1:]; !first {
			e = append(e, before)
			roots = append([]parser.NodeID{parser.NodeID(len(e) - 1)}, roots...)
		}
		e = append(e, parser.Node{Kind: parser.NodeApply, Fn: parser.FnAdd, DType: t, Args: roots})
		before = parser.Node{Kind: parser.NodeRef, DType: t, Tensor: len(q.Tensors), Axes: left}
		q.Tensors = append(q.Tensors, parser.Tensor{DType: t, Shape: shape, Layout: rowMajor(shape)})
		q.Statements = append(q.Statements, parser.Statement{Out: before.Tensor, Left: left, Old: -1, Expr: e})
	}
	e := append(slices.Clone(st.Expr), before)
	e[at].Args = append([]parser.NodeID{parser.NodeID(len(st.Expr))}, args...)
	st.Expr, _ = extract(e, []parser.NodeID{parser.NodeID(len(st.Expr) - 1)})
}

// extract copies what roots need of an expression, arguments before their users, and says where the roots are.
func extract(e parser.Expr, roots []parser.NodeID) (parser.Expr, []parser.NodeID) {
	number := make([]parser.NodeID, len(e))
	for i := range number {
		number[i] = -1
	}
	var out parser.Expr
	stack := slices.Clone(roots)
	slices.Reverse(stack)
	for len(stack) > 0 {
		id := last(stack)
		waits := len(stack)
		if number[id] < 0 {
			for _, a := range e[id].Args {
				if number[a] < 0 {
					stack = append(stack, a)
				}
			}
		}
		if len(stack) > waits {
			continue
		}
		if stack = stack[:waits-1]; number[id] >= 0 {
			continue
		}
		n := e[id]
		n.Args = slices.Clone(n.Args)
		for k, a := range n.Args {
			n.Args[k] = number[a]
		}
		number[id] = parser.NodeID(len(out))
		out = append(out, n)
	}
	at := make([]parser.NodeID, len(roots))
	for k, r := range roots {
		at[k] = number[r]
	}
	return out, at
}
