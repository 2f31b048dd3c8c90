package parser

import (
	"fmt"
	"slices"
	"strings"
)

// assign is a statement of index notation as a line of NumPy, or "".
func (n *numpy) assign(a *Assign) string {
	left := labelsOfAxes(a.Left.Axes)
	if repeats(left) {
		if a.Update {
			return ""
		}
		unique := slices.Compact(slices.Sorted(slices.Values(left)))
		n.letter(nil, a.Left.Axes)
		diagonal := n.subscripts(left) + "->" + n.subscripts(unique)
		return fmt.Sprintf("np.einsum('%s', %s)[...] = %s  # %s starts as zeros", diagonal, a.Left.Name,
			n.tree(a.Right, unique, a.Op), a.Left.Name)
	}
	e := n.tree(a.Right, left, a.Op)
	name := a.Left.Name
	switch {
	case !a.Update || !n.old:
		return name + " = " + e
	case a.Op == Sum:
		return name + " = " + name + " + " + e
	case a.Op == Prod:
		return name + " = " + name + " * " + bracketIf(a.Right.Kind == TreeSum && len(a.Right.Sums) == 0, e)
	case a.Op == Max:
		return name + " = np.maximum(" + name + ", " + e + ")"
	}
	return name + " = np.minimum(" + name + ", " + e + ")"
}

func bracketIf(need bool, s string) string {
	if need {
		return "(" + s + ")"
	}
	return s
}

// tree is an expression that broadcasts to axes.
func (n *numpy) tree(t *Tree, axes []LabelID, op ReduceOp) string {
	s := n.whole(t, axes, op)
	if len(s) > 4*longest { // functions may repeat their arguments: stop before that explodes
		n.failed = true
		return ""
	}
	return s
}

func (n *numpy) whole(t *Tree, axes []LabelID, op ReduceOp) string {
	if len(t.Sums) == 0 {
		return n.bare(t, axes, op)
	}
	axes = slices.Clone(axes)
	for i, l := range axes {
		if slices.Contains(t.Sums, l) {
			axes[i] = hidden
		}
	}
	if op == Sum {
		if s := n.contraction(t, axes); s != "" {
			return s
		}
	}
	body := n.bare(t, append(slices.Clone(axes), t.Sums...), op)
	var over []string
	for i := range t.Sums {
		over = append(over, fmt.Sprint(i-len(t.Sums)))
	}
	axis := over[0]
	if len(over) > 1 {
		axis = "(" + strings.Join(over, ", ") + ")"
	}
	return "np." + [...]string{"sum", "prod", "max", "min"}[op] + "(" + body + ", axis=" + axis + ")"
}

// hidden stands for an axis of an enclosing sum whose label means another index inside.
const hidden LabelID = -2

// contraction is a sum of a product of arrays and numbers alone.
func (n *numpy) contraction(t *Tree, axes []LabelID) string {
	var refs []*Ref
	var names []string
	scale := ""
	for _, f := range flatFactors(t, nil) {
		switch f.Kind {
		case TreeRef:
			refs, names = append(refs, f.Ref), append(names, f.Ref.Name)
		case TreeNumber:
			scale += f.Number.String() + " * "
		default:
			return ""
		}
	}
	var out []LabelID
	for _, l := range axes {
		if slices.ContainsFunc(refs, func(r *Ref) bool { return slices.Contains(labelsOfAxes(r.Axes), l) }) {
			out = append(out, l)
		}
	}
	n.letter(refs, nil)
	if len(refs) <= 2 {
		if s := n.simple(refs, out, names); s != "" {
			return scale + expanded(bracketIf(strings.Contains(s, " ") && (scale != "" || !slices.Equal(out, axes)), s), out, axes)
		}
	}
	return scale + expanded(n.einsum(refs, out, names), out, axes)
}

// flatFactors lists the factors of a product without divisions; a product with some is one factor.
func flatFactors(t *Tree, out []*Tree) []*Tree {
	if t.Kind != TreeProduct || slices.Contains(t.Inverse, true) {
		return append(out, t)
	}
	for _, a := range t.Args {
		out = flatFactors(a, out)
	}
	return out
}

// expanded indexes an array whose axes are some of axes, in order, so that it broadcasts to them.
func expanded(s string, have, axes []LabelID) string {
	var index []string
	for _, l := range axes {
		switch {
		case slices.Contains(have, l):
			index = append(index, ":")
		case len(index) > 0: // leading axes broadcast by themselves
			index = append(index, "None")
		}
	}
	if !slices.Contains(index, "None") {
		return s
	}
	return s + "[" + strings.Join(index, ", ") + "]"
}

// bare is the expression without its sums.
func (n *numpy) bare(t *Tree, axes []LabelID, op ReduceOp) string {
	switch t.Kind {
	case TreeRef:
		return n.array(t.Ref, axes)
	case TreeNumber:
		return t.Number.String()
	case TreeNeg:
		a := t.Args[0]
		return "-" + bracketIf(len(a.Sums) == 0 && (a.Kind == TreeSum || a.Kind == TreeProduct) || len(a.Sums) > 0, n.tree(a, axes, op))
	case TreeCall:
		return n.call(t, axes, op)
	}
	symbols := [2]string{" * ", " / "}
	if t.Kind == TreeSum {
		symbols = [2]string{" + ", " - "}
	}
	var b strings.Builder
	for i, a := range t.Args {
		if i > 0 {
			b.WriteString(symbols[truth(t.Inverse[i])])
		}
		nested := len(a.Sums) == 0 && (a.Kind == TreeSum || a.Kind == t.Kind)
		product := t.Kind == TreeProduct && len(a.Sums) > 0
		b.WriteString(bracketIf(nested || product, n.tree(a, axes, op)))
	}
	return b.String()
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// array is one operand, with its axes in the order of axes.
func (n *numpy) array(r *Ref, axes []LabelID) string {
	labels := labelsOfAxes(r.Axes)
	var out []LabelID
	for _, l := range axes {
		if slices.Contains(labels, l) {
			out = append(out, l)
		}
	}
	s := unaryLine(r.Name, labels, out)
	if s == "" {
		n.letter([]*Ref{r}, nil)
		s = n.einsum([]*Ref{r}, out, []string{r.Name})
	}
	return expanded(s, out, axes)
}

func (n *numpy) call(t *Tree, axes []LabelID, op ReduceOp) string {
	args := make([]string, len(t.Args))
	for i, a := range t.Args {
		args[i] = n.tree(a, axes, op)
	}
	x := args[0]
	atom := bracketIf(strings.ContainsAny(x, " -"), x)
	switch t.Fn {
	case FnRelu:
		return "np.maximum(" + x + ", 0)"
	case FnLeakyRelu:
		return "np.where(" + x + " > 0, " + x + ", 0.01*" + atom + ")"
	case FnSigmoid:
		return "1/(1 + np.exp(-" + atom + "))"
	case FnGelu:
		return atom + "/2*(1 + scipy.special.erf(" + atom + "/np.sqrt(2)))"
	case FnMin, FnMax:
		name := [...]string{"np.minimum(", "np.maximum("}[t.Fn-FnMin]
		for _, y := range args[1:] {
			x = name + x + ", " + y + ")"
		}
		return x
	}
	return "np." + t.Fn.String() + "(" + x + ")"
}
