package parser

import (
	"slices"
	"strings"
	"unicode"
)

// String is the program in canonical spelling: Parse of it, in the program's mode, gives an equal
// program. The interleaved form is written as an einsum string, with letters in the order of the
// numbers (A for 0 … z for 51 if no number is larger), as long as there are letters enough.
func (p *Program) String() string {
	if p.Notation != IndexNotation {
		return p.equation()
	}
	w := &writer{p: p}
	for i := range p.Assigns {
		if i > 0 {
			w.WriteByte('\n')
		}
		w.assign(&p.Assigns[i], false)
	}
	if s := w.String(); isIndexNotation(s, ModeAuto) {
		return s
	}
	// Scalars alone: empty brackets tell the notation.
	w = &writer{p: p}
	w.assign(&p.Assigns[0], true)
	return w.String()
}

// equation is an einsum string.
func (p *Program) equation() string {
	letters := p.Labels
	if p.Notation == Sublists {
		if letters = p.letters(); letters == nil {
			return p.Src
		}
	}
	var b strings.Builder
	term := func(axes []Axis) {
		for _, a := range axes {
			if a.Label == EllipsisID {
				b.WriteString("...")
			} else {
				b.WriteString(letters[a.Label])
			}
		}
	}
	first := true
	_ = p.Assigns[0].Right.eachRef(func(r *Ref) error {
		if !first {
			b.WriteByte(',')
		}
		first = false
		term(r.Axes)
		return nil
	})
	if !p.Implicit {
		b.WriteString("->")
		term(p.Assigns[0].Left.Axes)
	}
	return b.String()
}

// letters gives the numbers of the interleaved form letters that sort alike; nil if there are too few.
func (p *Program) letters() []string {
	numbers := make([]int, len(p.Labels))
	for i, name := range p.Labels {
		for _, c := range name {
			numbers[i] = 10*numbers[i] + int(c-'0')
		}
	}
	sorted := slices.Sorted(slices.Values(numbers))
	rank := make(map[int]int, len(sorted))
	small := len(sorted) == 0 || sorted[len(sorted)-1] <= maxNumPyLabel
	for i, n := range sorted {
		rank[n] = i
		if small {
			rank[n] = n
		}
	}
	need := maxNumPyLabel + 1
	if !small {
		need = len(sorted)
	}
	alphabet := firstLetters(need)
	if alphabet == nil {
		return nil
	}
	out := make([]string, len(numbers))
	for i, n := range numbers {
		out[i] = string(alphabet[rank[n]])
	}
	return out
}

// firstLetters is the first n letters in code-point order, or nil if there are fewer.
func firstLetters(n int) []rune {
	out := make([]rune, 0, n)
	for r := 'A'; len(out) < n; r++ {
		if r > unicode.MaxRune {
			return nil
		}
		if unicode.IsLetter(r) {
			out = append(out, r)
		}
	}
	return out
}

// writer writes index notation.
type writer struct {
	strings.Builder
	p     *Program
	limit int // stop about there; 0 for no limit
}

func (w *writer) assign(a *Assign, brackets bool) {
	w.ref(&a.Left)
	if brackets && len(a.Left.Axes) == 0 {
		w.WriteString("[]")
	}
	w.WriteString(" " + a.operator() + " ")
	w.tree(a.Right)
}

// operator is the assignment as written.
func (a *Assign) operator() string {
	if !a.Update {
		return "="
	}
	return [...]string{"+=", "*=", "max=", "min="}[a.Op]
}

func (w *writer) ref(r *Ref) {
	w.WriteString(r.Name)
	if len(r.Axes) == 0 {
		return
	}
	for i, a := range r.Axes {
		w.WriteByte("[,"[min(i, 1)])
		w.WriteString(w.p.Labels[a.Label])
	}
	w.WriteByte(']')
}

func (w *writer) tree(t *Tree) {
	if w.limit > 0 && w.Len() > w.limit {
		return
	}
	switch t.Kind {
	case TreeRef:
		w.ref(t.Ref)
	case TreeNumber:
		w.WriteString(t.Number.String())
	case TreeNeg:
		w.WriteByte('-')
		a := t.Args[0]
		w.inner(a, a.Kind == TreeSum || a.Kind == TreeProduct || a.Kind == TreeNumber && a.Number.String()[0] != '-')
	case TreeSum:
		w.chain(t, " + ", " - ")
	case TreeProduct:
		w.chain(t, "*", "/")
	case TreeCall:
		w.WriteString(t.Fn.String())
		for i, a := range t.Args {
			if i > 0 {
				w.WriteByte(',')
			} else {
				w.WriteByte('(')
			}
			w.tree(a)
		}
		w.WriteByte(')')
	}
}

func (w *writer) chain(t *Tree, op, inverse string) {
	for i, a := range t.Args {
		switch {
		case t.Inverse[i]:
			w.WriteString(inverse)
		case i > 0:
			w.WriteString(op)
		}
		w.inner(a, a.Kind == TreeSum || a.Kind == t.Kind)
	}
}

func (w *writer) inner(t *Tree, brackets bool) {
	if brackets {
		w.WriteByte('(')
		defer w.WriteByte(')')
	}
	w.tree(t)
}

// text is a part of the program in canonical spelling, on one line; at least the beginning of it.
func (p *Program) text(t *Tree) string {
	w := &writer{p: p, limit: 1000}
	w.tree(t)
	return w.String()
}
