package planner

import (
	"slices"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
)

// source is the expression of a statement, with what became of its Reduce nodes.
type source struct {
	d      *draft
	expr   parser.Expr
	values []value // by node; meaningful for Reduce nodes
	walk   int32
}

// value is a Reduce node once it is planned: a reduced core, and what was moved out of the sum.
type value struct {
	inline  bool // the core is computed by the step that is being written; else it lies in ref
	ref     Ref
	outside outside
	seen    int32 // the last walk that met the node
}

// outside is what a sum is multiplied by and divided by after it is done.
type outside struct {
	factors, divisors []parser.NodeID
	negate            bool
}

// read begins a statement's expression. A draft reads one at a time.
func (d *draft) read(expr parser.Expr) *source {
	d.src = source{d: d, expr: expr, values: resized(d.src.values, len(expr))}
	return &d.src
}

// root is the node that is the statement's value.
func (s *source) root() parser.NodeID { return parser.NodeID(len(s.expr) - 1) }

// reductions lists the Reduce nodes that the value needs, in order: the inner ones, which another
// Reduce reads, and the outer ones, which only the rest of the expression reads.
func (s *source) reductions() (inner, outer []parser.NodeID) {
	const inside, outside = 1, 2
	use := s.d.nodes.Make(len(s.expr))
	outer = s.d.nodes.Empty(len(s.expr))
	use[s.root()] = outside
	for id := s.root(); id >= 0; id-- {
		n, pass := &s.expr[id], use[id]
		if pass == 0 {
			continue
		}
		if n.Kind == parser.NodeReduce {
			if use[id]&inside != 0 {
				inner = append(inner, id)
			} else {
				outer = append(outer, id)
			}
			pass = inside
		}
		for _, a := range n.Args {
			use[a] |= pass
		}
	}
	slices.Reverse(inner)
	slices.Reverse(outer)
	return inner, outer
}

// reach lists the nodes that roots need, ascending. It does not look into the cores of Reduce nodes.
func (s *source) reach(roots ...parser.NodeID) []parser.NodeID {
	const few = 8 // nodes that there is room for at first
	s.walk++
	found := s.d.nodes.Empty(few)
	push := func(ids []parser.NodeID) {
		for _, id := range ids {
			if s.values[id].seen != s.walk {
				s.values[id].seen = s.walk
				found = append(found, id)
			}
		}
	}
	push(roots)
	for i := 0; i < len(found); i++ {
		id := found[i]
		if s.expr[id].Kind == parser.NodeReduce {
			push(s.values[id].outside.factors)
			push(s.values[id].outside.divisors)
		} else {
			push(s.expr[id].Args)
		}
	}
	slices.Sort(found)
	return found
}

// refs lists the distinct tensors views that roots read, cores of planned Reduce nodes among them.
func (s *source) refs(roots ...parser.NodeID) []Ref {
	if len(roots) == 1 && s.expr[roots[0]].Kind == parser.NodeRef {
		r, _ := s.ref(roots[0])
		return s.d.views.Clone([]Ref{r})
	}
	var set refSet
	for _, id := range s.reach(roots...) {
		if r, ok := s.ref(id); ok && set.find(r) < 0 {
			set.add(r)
		}
	}
	return set.refs
}

// ref is the view that node id itself reads, if it reads one.
func (s *source) ref(id parser.NodeID) (Ref, bool) {
	switch n := &s.expr[id]; n.Kind {
	case parser.NodeRef:
		return Ref{Buffer: s.d.buffer[n.Tensor], Axes: n.Axes}, true
	case parser.NodeReduce:
		return s.values[id].ref, !s.values[id].inline
	}
	return Ref{}, false
}

// write appends root and all it needs to sc and returns its value.
func (s *source) write(sc *scalar, root parser.NodeID) parser.NodeID {
	if v, ok := sc.memo.get(root); ok {
		return v
	}
	if s.expr[root].Kind == parser.NodeRef {
		v := s.writeNode(sc, root)
		sc.memo.put(root, v)
		return v
	}
	for _, id := range s.reach(root) {
		if _, ok := sc.memo.get(id); !ok {
			sc.memo.put(id, s.writeNode(sc, id))
		}
	}
	return sc.memo.of(root)
}

// writeNode appends one node whose arguments are written.
func (s *source) writeNode(sc *scalar, id parser.NodeID) parser.NodeID {
	n := &s.expr[id]
	switch n.Kind {
	case parser.NodeRef:
		r, _ := s.ref(id)
		return sc.input(r)
	case parser.NodeReduce:
		return s.writeReduce(sc, id)
	case parser.NodeConst:
		return sc.node(parser.Node{Kind: parser.NodeConst, DType: n.DType.Accum(), Value: n.Value, Int: n.Int})
	}
	if n.Fn == parser.FnCast {
		return sc.convert(sc.memo.of(n.Args[0]), n.DType)
	}
	args := make([]parser.NodeID, len(n.Args))
	for i, a := range n.Args {
		args[i] = sc.memo.of(a)
	}
	return sc.apply(n.Fn, n.DType, args...)
}

// writeReduce appends the core of a planned Reduce node and what was moved out of it.
func (s *source) writeReduce(sc *scalar, id parser.NodeID) parser.NodeID {
	v, t := &s.values[id], s.expr[id].DType
	x := sc.core
	if !v.inline {
		x = sc.input(v.ref)
	}
	return v.outside.write(sc, t, x)
}

// nothing reports whether o leaves sums as they are.
func (o *outside) nothing() bool { return len(o.factors)+len(o.divisors) == 0 && !o.negate }

// write applies o to x.
func (o *outside) write(sc *scalar, t tensor.DType, x parser.NodeID) parser.NodeID {
	args := []parser.NodeID{x}
	for _, f := range o.factors {
		args = append(args, sc.convert(sc.memo.of(f), t))
	}
	x = sc.apply(parser.FnMul, t, args...)
	for _, f := range o.divisors {
		x = sc.apply(parser.FnDiv, t, x, sc.convert(sc.memo.of(f), t))
	}
	if o.negate {
		x = sc.apply(parser.FnNeg, t, x)
	}
	return x
}
