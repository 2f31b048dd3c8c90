package parser

import (
	"fmt"
	"strings"
)

// Explain says in words what a program does: for each index whether it is free, summed, shared by
// several factors, on a diagonal or broadcast, and by which rule; and the same computation in NumPy.
func Explain(p *Program) string {
	return explain(p, nil)
}

// ExplainSizes is Explain with the extents of the indices, the shapes and types of operands and
// results, and the axes that stretch. The error is that of Bind.
func ExplainSizes(p *Program, specs []Spec) (string, error) {
	b := &binder{}
	if err := b.bind(p, specs); err != nil {
		return "", err
	}
	return explain(p, b), nil
}

// explainer writes an explanation; b is nil if there are no sizes.
type explainer struct {
	strings.Builder
	p     *Program
	b     *binder
	a     *Assign
	refs  []*Ref  // of its right side, in order
	rules [4]bool // those that were cited, from 1; 0 if any was
}

func explain(p *Program, b *binder) string {
	e := &explainer{p: p, b: b}
	if b != nil {
		e.operands()
	}
	for i := range p.Assigns {
		if i > 0 {
			e.WriteByte('\n')
		}
		e.a = &p.Assigns[i]
		e.statement(i)
	}
	e.citedRules()
	return e.String()
}

// operands lists what was given.
func (e *explainer) operands() {
	for _, t := range e.b.out.Tensors[:e.b.out.Operands] {
		fmt.Fprintf(e, "operand %s: %s, %s\n", e.tensorName(t.Name), t.DType, shapeWords(t.Shape))
	}
	e.WriteByte('\n')
}

func shapeWords(shape []int) string {
	if len(shape) == 0 {
		return "a scalar"
	}
	return strings.NewReplacer("[", "", "]", "", ",", "×").Replace(bracketed(shape))
}

// tensorName gives the inputs of an einsum string letters, as the NumPy lines have them.
func (e *explainer) tensorName(name string) string {
	if e.p.Notation == IndexNotation {
		return name
	}
	if i, ok := strings.CutPrefix(name, "op"); ok {
		n := 0
		for _, c := range i {
			n = 10*n + int(c-'0')
		}
		return inputName(n)
	}
	return name
}

// inputName names the operands of einsum strings A, B, … Z, A1, B1, …
func inputName(i int) string {
	s := string(rune('A' + i%26))
	if i >= 26 {
		s += fmt.Sprint(i / 26)
	}
	return s
}

func (e *explainer) statement(i int) {
	e.WriteString(e.heading() + "\n")
	facts := e.gather()
	shown := facts[:min(len(facts), 200)]
	width := 0
	for _, f := range shown {
		width = max(width, len([]rune(f.name)))
	}
	for _, f := range shown {
		fmt.Fprintf(e, "  %-*s  %-9s %s\n", width, f.name, f.role(), strings.Join(e.reasons(f), "; "))
	}
	if len(facts) > len(shown) {
		fmt.Fprintf(e, "  … and %d more indices\n", len(facts)-len(shown))
	}
	e.notes()
	n := &numpy{p: e.p, old: true}
	if e.b != nil {
		n.stretched = e.sizes(i)
		n.old = e.b.tensorOf(e.a.Old) >= 0
	}
	for k, line := range n.lines(e.a) {
		label := "  NumPy: "
		if k > 0 {
			label = "     or: "
		}
		e.WriteString(label + line + "\n")
	}
}

// heading is the statement in canonical spelling; an einsum string also as a formula.
func (e *explainer) heading() string {
	if e.p.Notation == IndexNotation {
		w := &writer{p: e.p}
		w.assign(e.a, false)
		return cut(w.String(), 200)
	}
	var factors []string
	_ = e.a.Right.eachRef(func(r *Ref) error {
		factors = append(factors, e.refText(inputName(r.Value), r))
		return nil
	})
	var sum strings.Builder
	for _, l := range e.a.Right.Sums {
		sum.WriteString("Σ" + e.p.Labels[l] + " ")
	}
	formula := e.refText("out", &e.a.Left) + " = " + sum.String() + strings.Join(factors, "·")
	return cut(e.p.String(), 200) + "    means    " + cut(formula, 200)
}

func (e *explainer) refText(name string, r *Ref) string {
	if len(r.Axes) == 0 {
		return name
	}
	parts := make([]string, len(r.Axes))
	for i, a := range r.Axes {
		parts[i] = e.labelName(a.Label)
	}
	return name + "[" + strings.Join(parts, ",") + "]"
}

func (e *explainer) labelName(l LabelID) string {
	if l == EllipsisID {
		return "..."
	}
	return e.p.Labels[l]
}

// cut shortens a text to n runes.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// notes says what is easily overlooked about the statement.
func (e *explainer) notes() {
	if e.p.Implicit {
		order := "of the alphabet"
		if e.p.Notation == Sublists {
			order = "of the numbers"
		}
		e.WriteString("  No output is given: it has every index that occurs once, in the order " + order)
		if hasEllipsis(e.a.Left.Axes) {
			e.WriteString(", after '...'")
		}
		e.WriteString(".\n")
	}
	if e.a.Update {
		from := "starts from what " + e.a.Left.Name + " held"
		if e.a.Old >= 0 && e.p.Operands[e.a.Old].Optional {
			from += ", if that is given as an operand"
		}
		fmt.Fprintf(e, "  '%s' %s.\n", e.a.operator(), from)
	}
	if l, ok := shadowed(e.a.Right, map[LabelID]bool{}); ok {
		name := e.p.Labels[l]
		fmt.Fprintf(e, "  Note: %s is summed inside a function's argument and, as another variable, around it. To sum over the\n"+
			"  function's values, give them a name in a statement of their own: E[…,%s] = …\n", name, name)
	}
	if e.p.Mode == ModeEinstein {
		e.WriteString("  This keeps the summation convention: what occurs twice in a term is summed, what occurs once is free.\n")
	}
}

// shadowed finds a label that is summed within a sum over the same label.
func shadowed(t *Tree, around map[LabelID]bool) (LabelID, bool) {
	var mine []LabelID
	for _, l := range t.Sums {
		if around[l] {
			return l, true
		}
		around[l] = true
		mine = append(mine, l)
	}
	for _, a := range t.Args {
		if l, ok := shadowed(a, around); ok {
			return l, true
		}
	}
	for _, l := range mine {
		delete(around, l)
	}
	return 0, false
}

// citedRules lists einsum's rules as far as they were cited.
func (e *explainer) citedRules() {
	text := [4]string{1: "an index in several factors multiplies the elements at the same position of it",
		2: "an index that is not in the result is summed over", 3: "the result's axes may be in any order"}
	for n, cited := range e.rules {
		if cited {
			if e.rules[0] {
				e.WriteString("\nRules\n")
				e.rules[0] = false
			}
			if n > 0 {
				fmt.Fprintf(e, "  %d. %s\n", n, text[n])
			}
		}
	}
}
