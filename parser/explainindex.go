package parser

import (
	"errors"
	"fmt"
	"maps"
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
	n := 0
	_ = e.a.Right.eachRef(func(r *Ref) error {
		for _, a := range r.Axes {
			f := at(a.Label)
			switch {
			case len(f.inputs) == 0 || f.inputs[len(f.inputs)-1] != n:
				f.inputs = append(f.inputs, n)
			case len(f.diagonal) == 0 || f.diagonal[len(f.diagonal)-1] != n:
				f.diagonal = append(f.diagonal, n)
			}
		}
		n++
		return nil
	})
	e.gatherSums(e.a.Right, at)
	n = 0
	e.gatherShared(e.a.Right, &n, place)
	return facts
}

// gatherShared finds, in each chain of factors, the labels that several factors have. It counts
// references in n. A label that is summed deeper inside is not the chain's.
func (e *explainer) gatherShared(t *Tree, n *int, place map[LabelID]*indexFact) {
	if t.Kind == TreeRef {
		*n++
		return
	}
	if t.Kind != TreeProduct {
		for _, a := range t.Args {
			e.gatherShared(a, n, place)
		}
		return
	}
	joined := "multiplied"
	at := map[LabelID][]int{}
	var visit func(t *Tree, hidden map[LabelID]bool)
	visit = func(t *Tree, hidden map[LabelID]bool) {
		if t.Kind == TreeRef {
			for _, a := range t.Ref.Axes {
				if list := at[a.Label]; !hidden[a.Label] && (len(list) == 0 || list[len(list)-1] != *n) {
					at[a.Label] = append(list, *n)
				}
			}
			*n++
			return
		}
		if slices.Contains(t.Inverse, true) || t.Kind == TreeSum {
			joined = "combined"
		}
		for _, a := range t.Args {
			inner := hidden
			if len(a.Sums) > 0 {
				inner = maps.Clone(hidden)
				for _, l := range a.Sums {
					inner[l] = true
				}
			}
			visit(a, inner)
		}
	}
	visit(t, map[LabelID]bool{})
	for l, list := range at {
		if f := place[l]; len(list) > 1 && len(f.shared) == 0 {
			f.shared, f.joined = list, joined
		}
	}
}

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
	for _, n := range f.diagonal {
		out = append(out, "twice in "+e.refName(n)+": only elements where both positions agree are read")
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
	name := ""
	i := 0
	_ = e.a.Right.eachRef(func(r *Ref) error {
		if i == n {
			name = inputName(r.Value)
			if e.p.Notation == IndexNotation {
				name = e.refText(r.Name, r)
			}
		}
		i++
		return nil
	})
	return name
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
