package parser

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// indexFact is what a statement does with one index.
type indexFact struct {
	label    LabelID
	name     string
	left     int     // how often on the left
	inputs   []int   // numbers of the references that have it
	diagonal []int   // those that have it more than once
	sums     []*Tree // those that sum it
	shared   []int   // the references of the first addend that has it more than once as a factor
	joined   string  // what happens to the elements of shared
}

// gather collects the indices of the statement, those of the left side first.
func (e *explainer) gather() []*indexFact {
	var facts []*indexFact
	place := map[LabelID]*indexFact{}
	at := func(l LabelID) *indexFact {
		f := place[l]
		if f == nil {
			f = &indexFact{label: l, name: e.labelName(l)}
			place[l] = f
			facts = append(facts, f)
		}
		return f
	}
	for _, a := range e.a.Left.Axes {
		at(a.Label).left++
	}
	e.refs = nil
	_ = e.a.Right.eachRef(func(r *Ref) error {
		n := len(e.refs)
		e.refs = append(e.refs, r)
		for _, a := range r.Axes {
			f := at(a.Label)
			switch {
			case len(f.inputs) == 0 || last(f.inputs) != n:
				f.inputs = append(f.inputs, n)
			case len(f.diagonal) == 0 || last(f.diagonal) != n:
				f.diagonal = append(f.diagonal, n)
			}
		}
		return nil
	})
	e.gatherSums(e.a.Right, at)
	gatherShared(e.a.Right, 0, place)
	return facts
}

// gatherShared finds, in each chain of factors, the labels that several factors have: in the chain itself, then in those
// inside of it, as of a function's argument that sums a label. Its references are numbered from first on; it returns the
// number after them.
func gatherShared(t *Tree, first int, place map[LabelID]*indexFact) (next int) {
	switch t.Kind {
	case TreeRef:
		return first + 1
	case TreeProduct:
		c := &factorChain{refs: map[LabelID][]int{}, hidden: map[LabelID]int{}, joined: "multiplied", next: first}
		c.visit(t)
		for l, list := range c.refs {
			if f := place[l]; len(list) > 1 && len(f.shared) == 0 {
				f.shared, f.joined = list, c.joined
			}
		}
	}
	for _, a := range t.Args {
		first = gatherShared(a, first, place)
	}
	return first
}

// factorChain is the factors of a product, whatever is around them in it. A label that is summed deeper inside is not
// the chain's.
type factorChain struct {
	refs   map[LabelID][]int // those that have each label, by number
	hidden map[LabelID]int   // how many sums over it are around the tree at hand, inside the chain
	joined string            // what happens to the elements of several factors
	next   int               // the number of the next reference
}

func (c *factorChain) visit(t *Tree) {
	if t.Kind == TreeRef {
		c.note(t.Ref)
		return
	}
	if slices.Contains(t.Inverse, true) || t.Kind == TreeSum {
		c.joined = "combined"
	}
	for _, a := range t.Args {
		c.hide(a.Sums, 1)
		c.visit(a)
		c.hide(a.Sums, -1)
	}
}

func (c *factorChain) hide(labels []LabelID, by int) {
	for _, l := range labels {
		c.hidden[l] += by
	}
}

// note adds a reference to those of its labels.
func (c *factorChain) note(r *Ref) {
	for _, a := range r.Axes {
		if list := c.refs[a.Label]; c.hidden[a.Label] == 0 && (len(list) == 0 || last(list) != c.next) {
			c.refs[a.Label] = append(list, c.next)
		}
	}
	c.next++
}

func last(list []int) int { return list[len(list)-1] }

func (e *explainer) gatherSums(t *Tree, at func(LabelID) *indexFact) {
	for _, l := range t.Sums {
		f := at(l)
		f.sums = append(f.sums, t)
	}
	for _, a := range t.Args {
		e.gatherSums(a, at)
	}
}

// role is one word for what happens to the index.
func (f *indexFact) role() string {
	switch {
	case f.label == EllipsisID:
		return "broadcast"
	case len(f.diagonal) > 0 || f.left > 1:
		return "diagonal"
	case f.left == 0:
		return "summed"
	case len(f.shared) > 0:
		return "batch"
	}
	return "free"
}

// reasons say why, citing einsum's rules.
func (e *explainer) reasons(f *indexFact) (out []string) {
	if f.label == EllipsisID {
		return []string{"stands for any further axes, matched from the right; an extent of 1 stretches"}
	}
	if len(f.diagonal) > 0 {
		out = append(out, "twice in "+e.refNames(f.diagonal)+": only elements where both positions agree are read")
	}
	switch {
	case f.left > 1:
		out = append(out, "twice on the left: values go to the diagonal, the rest is zero or the old value")
	case f.left == 1 && e.p.Notation == IndexNotation:
		out = append(out, "on the left")
	case f.left == 1:
		out = append(out, "in the output")
	}
	if len(f.shared) > 0 {
		e.rules[0], e.rules[1] = true, true
		out = append(out, "in "+e.refNames(f.shared)+": elements with equal "+f.name+" are "+f.joined+" (rule 1)")
	} else if f.left > 0 && len(f.inputs) > 0 {
		out = append(out, "in "+e.refNames(f.inputs))
	}
	if f.left > 0 {
		out = append(out, e.absent(f)...)
	}
	if f.left == 1 && e.moved(f) {
		e.rules[0], e.rules[3] = true, true
	}
	return append(out, e.sumReasons(f)...)
}

// sumReasons say over what the index is reduced.
func (e *explainer) sumReasons(f *indexFact) (out []string) {
	how := [...]string{"summed", "multiplied", "reduced to its maximum", "reduced to its minimum"}[e.a.Op]
	for i, t := range f.sums {
		e.rules[0], e.rules[2] = true, true
		where := "not on the left"
		if e.p.Notation != IndexNotation {
			where = "not in the output"
		}
		switch {
		case i == 3:
			return append(out, fmt.Sprintf("and so in %d other terms", len(f.sums)-i))
		case i > 0:
			out = append(out, "so is "+cut(e.p.text(t), 60))
		case e.p.Notation == IndexNotation:
			out = append(out, fmt.Sprintf("%s: %s is %s over it (rule 2)", where, cut(e.p.text(t), 60), how))
		default:
			what := "the products are"
			if len(e.p.Operands) == 1 {
				what = "the elements are"
			}
			out = append(out, where+": "+what+" summed over it (rule 2)")
		}
	}
	return out
}

// absent says which terms of index notation lack a left index.
func (e *explainer) absent(f *indexFact) (out []string) {
	if e.p.Notation != IndexNotation {
		return nil
	}
	if len(f.inputs) == 0 {
		return []string{"the right side does not have it, so every " + f.name + " gets the same value"}
	}
	for _, t := range addends(e.a.Right, nil) {
		has := t.eachRef(func(r *Ref) error {
			for _, a := range r.Axes {
				if a.Label == f.label {
					return errFound
				}
			}
			return nil
		})
		if has == nil && len(out) < 3 {
			out = append(out, cut(e.p.text(t), 60)+" has no "+f.name+" and is the same for every "+f.name+" (broadcast)")
		}
	}
	return out
}

var errFound = errors.New("found")

// addends lists the terms of a right side, through functions.
func addends(t *Tree, out []*Tree) []*Tree {
	if t.Kind != TreeSum && t.Kind != TreeNeg && t.Kind != TreeCall {
		return append(out, t)
	}
	for _, a := range t.Args {
		out = addends(a, out)
	}
	return out
}

// moved reports whether a single input's axes come out in another order.
func (e *explainer) moved(f *indexFact) bool {
	if e.a.Right.Kind != TreeRef || len(f.inputs) != 1 {
		return false
	}
	var kept []LabelID
	left := map[LabelID]bool{}
	for _, a := range e.a.Left.Axes {
		left[a.Label] = true
	}
	for _, a := range e.a.Right.Ref.Axes {
		if left[a.Label] {
			kept = append(kept, a.Label)
		}
	}
	for i, a := range e.a.Left.Axes {
		if i >= len(kept) || kept[i] != a.Label {
			return true
		}
	}
	return false
}

// refName is how the explanation names reference number n.
func (e *explainer) refName(n int) string {
	r := e.refs[n]
	if e.p.Notation == IndexNotation {
		return e.refText(r.Name, r)
	}
	return inputName(r.Value)
}

func (e *explainer) refNames(list []int) string {
	var parts []string
	for i, n := range list {
		if i == 4 && len(list) > 5 {
			parts = append(parts, fmt.Sprintf("%d more", len(list)-i))
			break
		}
		parts = append(parts, e.refName(n))
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}
