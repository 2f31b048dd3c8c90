package parser

import (
	"slices"
	"strings"
)

// The convention, as messages cite it.
const (
	ruleTwice = "rule 1 of the Einstein convention: an index that occurs twice in a term is summed and is not in the result"
	ruleMost  = "rule 2 of the Einstein convention: no index occurs more than twice in a term"
	ruleOnce  = "rule 3 of the Einstein convention: an index that occurs once in a term is free and is in the result"
	ruleTerms = "rule 4 of the Einstein convention: all terms of a sum have the same free indices"
	ruleSize  = "rule 5 of the Einstein convention: an index has one extent, and nothing stretches"
	ruleDots  = "rule 6 of the Einstein convention: every index has a name, so there is no ellipsis"
)

// strict checks one statement against the convention and finds what each tree sums.
type strict struct {
	source
	p *Program
	a *Assign
}

// found is an index with the places where it occurs in a term.
type found struct {
	label LabelID
	at    []Span
}

// checkStrict holds every statement of p to the summation convention.
func checkStrict(p *Program) error {
	for i := range p.Assigns {
		s := &strict{source(p.Src), p, &p.Assigns[i]}
		if err := s.statement(); err != nil {
			return err
		}
	}
	return nil
}

func (s *strict) statement() error {
	if err := s.noEllipsis(); err != nil {
		return err
	}
	if s.a.Op != Sum {
		return s.fail(CodeNotASum, s.a.Span, "the Einstein convention only sums, but this statement folds with %s", s.a.Op).
			hint("use mode index for max=, min= and *=")
	}
	free, err := s.scope(s.a.Right)
	if err != nil {
		return err
	}
	if err := s.summedOnLeft(s.a.Right); err != nil {
		return err
	}
	return s.left(free)
}

func (s *strict) noEllipsis() error {
	check := func(r *Ref) error {
		for _, a := range r.Axes {
			if a.Label == EllipsisID {
				return s.fail(CodeUsesEllipsis, a.Span, "%s", ruleDots).
					hint("name the axes that the ellipsis stands for, or use mode numpy")
			}
		}
		return nil
	}
	if err := s.a.Right.eachRef(check); err != nil {
		return err
	}
	return check(&s.a.Left)
}

// scope returns the free indices of a right side, an argument, or a sum in brackets.
func (s *strict) scope(t *Tree) ([]found, error) {
	switch t.Kind {
	case TreeNeg:
		return s.scope(t.Args[0])
	case TreeSum:
		return s.sameFree(t.Args)
	}
	occ, err := s.occurrences(t, nil)
	if err != nil {
		return nil, err
	}
	return s.split(t, occ)
}

// sameFree checks that all terms have the free indices of the first.
func (s *strict) sameFree(terms []*Tree) ([]found, error) {
	first, err := s.scope(terms[0])
	if err != nil {
		return nil, err
	}
	for _, t := range terms[1:] {
		free, err := s.scope(t)
		if err != nil {
			return nil, err
		}
		if err := s.lacks(first, free, t); err != nil {
			return nil, err
		}
		if err := s.lacks(free, first, terms[0]); err != nil {
			return nil, err
		}
	}
	return first, nil
}

// lacks reports an index of have that want, which the other term has, does not.
func (s *strict) lacks(have, want []found, other *Tree) error {
	if len(have) == 0 {
		return nil
	}
	known := make(map[LabelID]bool, len(want))
	for _, f := range want {
		known[f.label] = true
	}
	for _, f := range have {
		if !known[f.label] {
			return s.fail(CodeFreeIndexMismatch, f.at[0], "%s; %s is free here and not there", ruleTerms, quote(s.p.Labels[f.label])).
				aux(other.Span).hint("give every term the index %s, or use mode index, which broadcasts", quote(s.p.Labels[f.label]))
		}
	}
	return nil
}

// occurrences lists the indices of a chain of * and /, in order; a sum in brackets and a function count
// each of their free indices once.
func (s *strict) occurrences(t *Tree, occ []Axis) ([]Axis, error) {
	switch t.Kind {
	case TreeRef:
		return append(occ, t.Ref.Axes...), nil
	case TreeSum, TreeCall:
		free, err := s.sameFree(t.Args)
		for _, f := range free {
			occ = append(occ, Axis{f.label, f.at[0]})
		}
		return occ, err
	}
	for _, a := range t.Args {
		var err error
		if occ, err = s.occurrences(a, occ); err != nil {
			return nil, err
		}
	}
	return occ, nil
}

// split sorts a term's indices into summed ones, which t keeps, and free ones.
func (s *strict) split(t *Tree, occ []Axis) (free []found, err error) {
	place := map[LabelID]int{}
	var all []found
	for _, a := range occ {
		i, ok := place[a.Label]
		if !ok {
			i = len(all)
			place[a.Label] = i
			all = append(all, found{label: a.Label})
		}
		all[i].at = append(all[i].at, a.Span)
	}
	for _, f := range all {
		switch len(f.at) {
		case 1:
			free = append(free, f)
		case 2:
			t.Sums = append(t.Sums, f.label)
		default:
			name := quote(s.p.Labels[f.label])
			return nil, s.fail(CodeIndexMoreThanTwice, f.at[2], "%s, but %s occurs %d times", ruleMost, name, len(f.at)).aux(f.at[0]).
				hint("rename one pair if %s stands for two sums; if one sum over all is meant, use mode %s", name, s.loose())
		}
	}
	return free, nil
}

// loose is the mode that allows what the convention does not.
func (s *strict) loose() string {
	if s.p.Notation == IndexNotation {
		return "index"
	}
	return "numpy"
}

// summedOnLeft refuses a left index that some term sums.
func (s *strict) summedOnLeft(t *Tree) error {
	if len(s.a.Left.Axes) == 0 {
		return nil
	}
	left := make(map[LabelID]Span, len(s.a.Left.Axes))
	for _, a := range s.a.Left.Axes {
		left[a.Label] = a.Span
	}
	var visit func(t *Tree) error
	visit = func(t *Tree) error {
		for _, l := range t.Sums {
			if at, ok := left[l]; ok {
				name := quote(s.p.Labels[l])
				return s.fail(CodeRepeatedIndexNotSummed, s.place(t, l), "%s; %s is kept", ruleTwice, name).aux(at).
					hint("to sum over %s write %s; for an element-wise product use mode %s", name, s.leftWith(l, false), s.loose())
			}
		}
		for _, a := range t.Args {
			if err := visit(a); err != nil {
				return err
			}
		}
		return nil
	}
	return visit(t)
}

// place is the last occurrence of a label in t.
func (s *strict) place(t *Tree, l LabelID) (at Span) {
	_ = t.eachRef(func(r *Ref) error {
		for _, a := range r.Axes {
			if a.Label == l {
				at = a.Span
			}
		}
		return nil
	})
	return at
}

// left compares the free indices of the right side with the left side.
func (s *strict) left(free []found) error {
	onLeft, onRight := map[LabelID]Span{}, map[LabelID]bool{}
	for _, a := range s.a.Left.Axes {
		if at, ok := onLeft[a.Label]; ok {
			return s.fail(CodeOutputRepeated, a.Span, "%s; %s is twice on the left", ruleOnce, quote(s.p.Labels[a.Label])).aux(at).
				hint("mode index puts values on a diagonal")
		}
		onLeft[a.Label] = a.Span
	}
	for _, f := range free {
		onRight[f.label] = true
		if _, ok := onLeft[f.label]; !ok {
			name := quote(s.p.Labels[f.label])
			return s.fail(CodeSingleIndexSummed, f.at[0], "%s; %s is not in the result", ruleOnce, name).
				hint("to keep %s write %s; to sum a single index use mode %s", name, s.leftWith(f.label, true), s.loose())
		}
	}
	for _, a := range s.a.Left.Axes {
		if !onRight[a.Label] {
			return s.fail(CodeOutputNotFree, a.Span, "%s; %s is in the result but in no term", ruleOnce, quote(s.p.Labels[a.Label])).
				hintIf(didYouMean(s.p.Labels[a.Label], s.freeNames(free), "the free indices are "))
		}
	}
	return nil
}

func (s *strict) freeNames(free []found) (out []string) {
	for _, f := range free {
		out = append(out, s.p.Labels[f.label])
	}
	return out
}

// leftWith writes the left side with label l added at its end, or taken out.
func (s *strict) leftWith(l LabelID, add bool) string {
	labels := slices.Clone(s.a.Left.Axes)
	if add {
		labels = append(labels, Axis{Label: l})
	} else {
		labels = slices.DeleteFunc(labels, func(a Axis) bool { return a.Label == l })
	}
	if len(labels) > 16 {
		return "the result accordingly"
	}
	var parts []string
	for _, a := range labels {
		parts = append(parts, s.p.Labels[a.Label])
	}
	switch s.p.Notation {
	case EinsumString:
		inputs, _, _ := strings.Cut(s.p.Src, "->")
		if len(inputs) > 40 {
			inputs = "…"
		}
		return strings.Trim(inputs, " ") + "->" + strings.Join(parts, "")
	case Sublists:
		return "->[" + strings.Join(parts, ",") + "]"
	}
	return s.a.Left.Name + "[" + strings.Join(parts, ",") + "] = …"
}
