package parser

import (
	"fmt"
	"slices"
	"strings"
)

// longest is the length beyond which a NumPy line explains nothing.
const longest = 240

// numpy writes NumPy expressions.
type numpy struct {
	p         *Program
	old       bool               // what op= combines with is there
	stretched bool               // some axis of extent 1 is repeated, which only np.einsum does
	letters   map[LabelID]string // of the np.einsum string at hand
	failed    bool               // there is no such expression
}

// lines is the statement in NumPy, the most literal line first; none if it has no short form.
func (n *numpy) lines(a *Assign) (lines []string) {
	refs := 0
	_ = a.Right.eachRef(func(*Ref) error { refs++; return nil })
	switch {
	case refs > 64:
		return nil
	case n.p.Notation == IndexNotation:
		lines = append(lines, n.assign(a))
	default:
		lines = n.equation(a)
	}
	return slices.DeleteFunc(lines, func(s string) bool { return s == "" || n.failed || len(s) > longest })
}

// equation is np.einsum's own line, and a simpler one if there is one.
func (n *numpy) equation(a *Assign) []string {
	var refs []*Ref
	var names []string
	_ = a.Right.eachRef(func(r *Ref) error {
		refs = append(refs, r)
		names = append(names, inputName(r.Value))
		return nil
	})
	line := "np.einsum('" + n.p.String() + "', " + strings.Join(names, ", ") + ")"
	if !ascii(n.p.String()) {
		n.letter(refs, a.Left.Axes)
		line = n.einsum(refs, labelsOfAxes(a.Left.Axes), names)
	}
	if len(refs) > 2 {
		return []string{line}
	}
	return []string{line, n.simple(refs, labelsOfAxes(a.Left.Axes), names)}
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 127 || r == '[' })
}

func labelsOfAxes(axes []Axis) []LabelID {
	out := make([]LabelID, len(axes))
	for i, a := range axes {
		out[i] = a.Label
	}
	return out
}

// letter gives every label of refs and left a letter: its own name if that is one, else a free one.
func (n *numpy) letter(refs []*Ref, left []Axis) {
	n.letters = map[LabelID]string{EllipsisID: "..."}
	taken := map[string]bool{}
	var rest []LabelID
	visit := func(axes []Axis) {
		for _, a := range axes {
			name := ""
			if a.Label != EllipsisID {
				name = n.p.Labels[a.Label]
			}
			if _, ok := n.letters[a.Label]; ok {
				continue
			}
			n.letters[a.Label] = name
			if len(name) == 1 && strings.Contains(numpyLetters, name) {
				taken[name] = true
			} else {
				rest = append(rest, a.Label)
			}
		}
	}
	for _, r := range refs {
		visit(r.Axes)
	}
	visit(left)
	free := strings.Split(numpyLetters, "")
	for _, l := range rest {
		for len(free) > 0 && taken[free[0]] {
			free = free[1:]
		}
		if len(free) == 0 {
			n.failed = true
			return
		}
		n.letters[l], free = free[0], free[1:]
	}
}

const numpyLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

func (n *numpy) subscripts(labels []LabelID) (s string) {
	for _, l := range labels {
		s += n.letters[l]
	}
	return s
}

// einsum calls np.einsum on refs.
func (n *numpy) einsum(refs []*Ref, out []LabelID, names []string) string {
	var terms []string
	for _, r := range refs {
		terms = append(terms, n.subscripts(labelsOfAxes(r.Axes)))
	}
	return "np.einsum('" + strings.Join(terms, ",") + "->" + n.subscripts(out) + "', " + strings.Join(names, ", ") + ")"
}

// simple is a line without einsum for one or two inputs, or "".
func (n *numpy) simple(refs []*Ref, out []LabelID, names []string) string {
	a := labelsOfAxes(refs[0].Axes)
	if slices.Contains(a, EllipsisID) || slices.Contains(out, EllipsisID) || n.stretched {
		return ""
	}
	if len(refs) == 1 {
		return unaryLine(names[0], a, out)
	}
	b := labelsOfAxes(refs[1].Axes)
	if slices.Contains(b, EllipsisID) || repeats(a) || repeats(b) {
		return ""
	}
	return binaryLine(names[0], names[1], a, b, out)
}

func repeats(labels []LabelID) bool {
	seen := map[LabelID]bool{}
	for _, l := range labels {
		if seen[l] {
			return true
		}
		seen[l] = true
	}
	return false
}

// unaryLine is a diagonal, sums and a transpose of one array.
func unaryLine(name string, in, out []LabelID) string {
	if len(in) == 2 && in[0] == in[1] {
		if len(out) == 0 {
			return "np.trace(" + name + ")"
		}
		return name + ".diagonal()"
	}
	if repeats(in) {
		return ""
	}
	var kept []LabelID
	var summed []string
	for i, l := range in {
		if slices.Contains(out, l) {
			kept = append(kept, l)
		} else {
			summed = append(summed, fmt.Sprint(i))
		}
	}
	switch {
	case len(summed) > 0 && len(kept) == 0:
		name += ".sum()"
	case len(summed) == 1:
		name += ".sum(axis=" + summed[0] + ")"
	case len(summed) > 1:
		name += ".sum(axis=(" + strings.Join(summed, ", ") + "))"
	}
	return name + transposed(kept, out)
}

// transposed is what puts axes in the order of out.
func transposed(axes, out []LabelID) string {
	if slices.Equal(axes, out) {
		return ""
	}
	back := slices.Clone(axes)
	slices.Reverse(back)
	if slices.Equal(back, out) {
		return ".T"
	}
	var order []string
	for _, l := range out {
		order = append(order, fmt.Sprint(slices.Index(axes, l)))
	}
	return ".transpose(" + strings.Join(order, ", ") + ")"
}

// binaryLine is a product of two arrays as @, *, outer or tensordot.
func binaryLine(x, y string, a, b, out []LabelID) string {
	if slices.Equal(a, b) && slices.Equal(a, out) || len(a) == 0 && slices.Equal(b, out) || len(b) == 0 && slices.Equal(a, out) {
		return x + " * " + y
	}
	var m, n, k []LabelID // of a only, of b only, of both
	for _, l := range a {
		switch {
		case !slices.Contains(b, l):
			m = append(m, l)
		case slices.Contains(out, l):
			return batchLine(x, y, a, b, out)
		default:
			k = append(k, l)
		}
	}
	for _, l := range b {
		if !slices.Contains(a, l) {
			n = append(n, l)
		}
	}
	if len(out) != len(m)+len(n) {
		return ""
	}
	switch {
	case len(k) == 0 && slices.Equal(out, append(slices.Clone(m), n...)) && len(m) > 0 && len(n) > 0:
		if len(m) == 1 && len(n) == 1 {
			return "np.outer(" + x + ", " + y + ")"
		}
		return "np.multiply.outer(" + x + ", " + y + ")"
	case len(k) == 1 && len(m) <= 1 && len(n) <= 1:
		return matrixLine(x, y, a, b, out, m, n, k)
	case slices.Equal(out, append(slices.Clone(m), n...)) && len(k) > 0:
		return "np.tensordot(" + x + ", " + y + ", axes=(" + positions(a, k) + ", " + positions(b, k) + "))"
	}
	return ""
}

func positions(in, of []LabelID) string {
	var s []string
	for _, l := range of {
		s = append(s, fmt.Sprint(slices.Index(in, l)))
	}
	return "[" + strings.Join(s, ", ") + "]"
}

// matrixLine is a product of vectors and matrices.
func matrixLine(x, y string, a, b, out, m, n, k []LabelID) string {
	join := func(u, v []LabelID) []LabelID { return append(slices.Clone(u), v...) }
	if len(m) == 1 && len(n) == 1 && out[0] == n[0] {
		return y + transposed(b, join(n, k)) + " @ " + x + transposed(a, join(k, m))
	}
	return x + transposed(a, join(m, k)) + " @ " + y + transposed(b, join(k, n))
}

// batchLine is a product of matrices along equal leading axes.
func batchLine(x, y string, a, b, out []LabelID) string {
	r := len(a) - 2
	if r < 1 || len(b) != len(a) || len(out) != len(a) || !slices.Equal(a[:r], b[:r]) || !slices.Equal(a[:r], out[:r]) {
		return ""
	}
	side := func(name string, swap bool) string {
		if swap {
			return name + ".swapaxes(-1, -2)"
		}
		return name
	}
	try := func(x, y string, a, b []LabelID) string {
		rows, cols := out[r], out[r+1]
		if !slices.Contains(a[r:], rows) || !slices.Contains(b[r:], cols) || slices.Contains(a[r:], cols) || slices.Contains(b[r:], rows) {
			return ""
		}
		ka, kb := a[r], b[r]
		if ka == rows {
			ka = a[r+1]
		}
		if kb == cols {
			kb = b[r+1]
		}
		if ka != kb {
			return ""
		}
		return side(x, a[r] != rows) + " @ " + side(y, b[r+1] != cols)
	}
	if s := try(x, y, a, b); s != "" {
		return s
	}
	return try(y, x, b, a)
}
