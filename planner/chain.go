package planner

import (
	"slices"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
)

// term is a factor of a chain: what several nodes multiply to, divided by others. Most terms are one
// view of one tensor.
type term struct {
	factors, divisors []parser.NodeID
	refs              []Ref
	legs              []parser.IndexID // ascending; without those in sum
	sum               []parser.IndexID // summed indices that no other term has: summed before all else
	weight            float64          // element-wise operations beyond the loads
}

// write appends the term's value, in type t.
func (m *term) write(src *source, sc *scalar, t tensor.DType) parser.NodeID {
	if len(m.factors) == 1 && len(m.divisors) == 0 {
		return sc.convert(src.write(sc, m.factors[0]), t)
	}
	args := make([]parser.NodeID, len(m.factors))
	for i, f := range m.factors {
		args[i] = sc.convert(src.write(sc, f), t)
	}
	x := sc.apply(parser.FnMul, t, args...)
	for _, f := range m.divisors {
		x = sc.apply(parser.FnDiv, t, x, sc.convert(src.write(sc, f), t))
	}
	return x
}

// weigh finds what the term reads and how much it computes.
func (m *term) weigh(src *source, t tensor.DType) {
	if m.refs == nil || len(m.divisors) > 0 || len(m.factors) > 1 {
		m.refs = src.refs(slices.Concat(m.factors, m.divisors)...)
		m.legs = src.d.legsOf(m.refs)
	}
	if n := &src.expr[m.factors[0]]; len(m.refs) == 1 && n.Kind == parser.NodeRef && len(m.factors)+len(m.divisors) == 1 &&
		src.d.plan.Buffers[m.refs[0].Buffer].DType == t {
		return // loads weigh nothing
	}
	sc := &src.d.begin(src, Ref{}).body
	m.write(src, sc, t)
	m.weight = weight(sc.expr)
}

// legsOf is the set of indices of refs.
func legsOf(refs []Ref) []parser.IndexID { return appendLegs(nil, refs) }

// legsOf is the set of indices of refs.
func (d *draft) legsOf(refs []Ref) []parser.IndexID {
	axes := 0
	for _, r := range refs {
		axes += len(r.Axes)
	}
	return d.ids.Keep(appendLegs(d.ids.Room(axes), refs))
}

// appendLegs appends to an empty list.
func appendLegs(legs []parser.IndexID, refs []Ref) []parser.IndexID {
	for _, r := range refs {
		for _, i := range r.Axes {
			if i != parser.NoIndex {
				legs = append(legs, i)
			}
		}
	}
	ascend(legs)
	return slices.Compact(legs)
}

// ascend sorts indices, which mostly are in order.
func ascend(list []parser.IndexID) {
	if !slices.IsSorted(list) {
		slices.Sort(list)
	}
}

// chain is the body of a sum taken apart: the product of factors over the product of divisors.
type chain struct {
	factors, divisors []parser.NodeID
	negate            bool
}

// takeApart splits the body of a sum at its products, quotients and signs.
func (s *source) takeApart(body parser.NodeID) chain {
	count := 1 + len(s.expr[body].Args) // mostly
	c, stack := chain{factors: s.d.nodes.Empty(count)}, append(s.d.nodes.Empty(count), body)
	for len(stack) > 0 {
		id := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		n := &s.expr[id]
		switch {
		case n.Kind != parser.NodeApply:
			c.factors = append(c.factors, id)
		case n.Fn == parser.FnMul:
			for i := len(n.Args) - 1; i >= 0; i-- {
				stack = append(stack, n.Args[i])
			}
		case n.Fn == parser.FnDiv:
			c.divisors = append(c.divisors, n.Args[1])
			stack = append(stack, n.Args[0])
		case n.Fn == parser.FnNeg:
			c.negate = !c.negate
			stack = append(stack, n.Args[0])
		case n.Fn == parser.FnCast && exact(s.expr[n.Args[0]].DType, n.DType):
			stack = append(stack, n.Args[0])
		default:
			c.factors = append(c.factors, id)
		}
	}
	return c
}

// exact reports whether a product of type from, cast to type to, may as well be the product of its cast
// factors: nothing wraps, and nothing is rounded that was not rounded before.
func exact(from, to tensor.DType) bool {
	if from == tensor.Bool || from.IsInt() {
		return from == to
	}
	return tensor.Promote(from.Accum(), to.Accum()) == to.Accum()
}

// moveOut takes from c what does not depend on the summed indices: constants and divisors. Factors
// stay, for the search to place.
func (s *source) moveOut(c *chain, over []parser.IndexID) outside {
	o := outside{negate: c.negate}
	c.factors = slices.DeleteFunc(c.factors, func(id parser.NodeID) bool {
		if s.expr[id].Kind == parser.NodeRef || len(s.refs(id)) > 0 {
			return false
		}
		o.factors = append(o.factors, id)
		return true
	})
	c.divisors = slices.DeleteFunc(c.divisors, func(id parser.NodeID) bool {
		if overlap(legsOf(s.refs(id)), over) {
			return false
		}
		o.divisors = append(o.divisors, id)
		return true
	})
	if len(c.factors) == 0 && len(o.factors) > 0 { // 2/D[k]: the constant is what D divides
		c.factors, o.factors = o.factors[:1], o.factors[1:]
	}
	return o
}

// terms groups c: factors of the same one view are one term, and a divisor goes to the term that it
// makes grow least.
func (s *source) terms(c *chain, t tensor.DType) []term {
	terms := s.d.terms.Empty(len(c.factors))
	lone := refSet{refs: s.d.views.Empty(len(c.factors))}
	at := s.d.ints.Empty(len(c.factors)) // of each of lone: its term
	for i, f := range c.factors {
		refs := s.refs(f)
		if len(refs) == 1 {
			if i := lone.find(refs[0]); i >= 0 {
				terms[at[i]].factors = append(terms[at[i]].factors, f)
				continue
			}
			lone.add(refs[0])
			at = append(at, len(terms))
		}
		terms = append(terms, term{factors: c.factors[i : i+1 : i+1], refs: refs, legs: s.d.legsOf(refs)})
	}
	for _, f := range c.divisors {
		m := &terms[s.d.host(terms, legsOf(s.refs(f)))]
		m.divisors = append(m.divisors, f)
		m.refs = s.refs(append(slices.Clone(m.factors), m.divisors...)...)
		m.legs = legsOf(m.refs)
	}
	for i := range terms {
		terms[i].weigh(s, t)
	}
	return terms
}

// host is the term whose set of indices grows by the least factor when legs join it; the largest of
// several.
func (d *draft) host(terms []term, legs []parser.IndexID) int {
	best, least, most := 0, 0.0, 0.0
	for i := range terms {
		size := d.points(terms[i].legs)
		growth := d.points(unite(terms[i].legs, legs)) / size
		if i == 0 || growth < least || growth == least && size > most {
			best, least, most = i, growth, size
		}
	}
	return best
}

// points is the product of the extents of legs, each at least 1.
func (d *draft) points(legs []parser.IndexID) float64 {
	p := 1.0
	for _, i := range legs {
		p *= float64(max(d.extent(i), 1))
	}
	return p
}

// unite is the union of two ascending sets.
func unite(a, b []parser.IndexID) []parser.IndexID {
	u := slices.Concat(a, b)
	slices.Sort(u)
	return slices.Compact(u)
}

// contains reports whether an ascending set has i.
func contains(set []parser.IndexID, i parser.IndexID) bool {
	const few = 8 // up to which looking at each is quicker
	if len(set) > few {
		_, ok := slices.BinarySearch(set, i)
		return ok
	}
	return slices.Contains(set, i)
}

// overlap reports whether a and the ascending set b have a common element.
func overlap(a, b []parser.IndexID) bool {
	return slices.ContainsFunc(a, func(i parser.IndexID) bool { return contains(b, i) })
}

// without is a less what the ascending set b has.
func (d *draft) without(a, b []parser.IndexID) []parser.IndexID {
	list := d.ids.Room(len(a))
	for _, i := range a {
		if !contains(b, i) {
			list = append(list, i)
		}
	}
	return d.ids.Keep(list)
}
