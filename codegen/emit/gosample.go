package emit

import (
	"fmt"
	"slices"

	"github.com/einc-lang/einc/parser"
)

// goSample is the body of a function of op0, op1, … that returns one which computes single elements of p's
// result, each by its place in the row-major slice, in wider types. An element of a temporary is computed when
// it is first asked for, and kept: where a few elements are asked for, most of a long computation is left out.
// It must be sampleable.
func goSample(p *Plain, prefix string) string {
	l := &loops{p: p, prefix: prefix, wide: true, lazy: true, used: map[parser.IndexID]bool{}}
	for i := range p.Statements {
		l.elementOf(&p.Statements[i])
	}
	return l.String()
}

// sampleable says that every tensor of p is written by one statement, once: that an element has one value.
func sampleable(p *Plain) bool {
	written := make([]bool, len(p.Tensors))
	for _, s := range p.Statements {
		if written[s.Out] || s.Old == s.Out {
			return false
		}
		written[s.Out] = true
	}
	return len(p.Loops) == 0 && !slices.ContainsFunc(p.Windows, func(w *PlainWindow) bool { return w != nil })
}

// elementOf writes a function of the place of an element that a statement computes: the one to return for the
// result's, and one that has a name and keeps what it computed for a temporary's.
func (l *loops) elementOf(s *parser.Statement) {
	x := &l.p.Tensors[s.Out]
	result := s.Out == l.p.Output
	before := l.take()
	clear(l.used)
	l.expr = s.Expr
	l.over(nil, func() {
		v := l.store(x.DType, l.combined(s))
		if result {
			l.printf("return %s", v)
		} else {
			l.printf("t%d[at], done%[1]d[at] = %s, true\nreturn t%[1]d[at]", s.Out, v)
		}
	})
	body := l.take()
	l.WriteString(before)
	if result {
		l.printf("return func(at int) %s {", goType(x.DType))
	} else {
		l.printf("t%d, done%[1]d := make([]%s, %d), make([]bool, %[3]d)", s.Out, goType(x.DType), size(x.Shape))
		l.printf("at%d := func(at int) %s {\nif done%[1]d[at] {\nreturn t%[1]d[at]\n}", s.Out, goType(x.DType))
	}
	l.coordinates(s)
	l.WriteString(body)
	l.printf("}")
}

// coordinates finds the indices of a statement's left side from the place of an element. Elements outside of a
// diagonal are what the left held, or zero.
func (l *loops) coordinates(s *parser.Statement) {
	x := &l.p.Tensors[s.Out]
	seen, stride := map[parser.IndexID]bool{}, 1
	for a := len(s.Left) - 1; a >= 0; a-- {
		ix, extent := s.Left[a], x.Shape[a]
		at := "at"
		if stride > 1 {
			at = fmt.Sprintf("at/%d", stride)
		}
		if stride *= extent; stride != size(x.Shape) {
			at += fmt.Sprintf("%%%d", extent)
		}
		switch {
		case extent == 1 || ix == parser.NoIndex:
		case seen[ix]:
			l.printf("if %s != %s {\nreturn %s\n}", at, l.variable(ix), l.outside(s))
		case l.used[ix] || count(s.Left, ix) > 1:
			l.printf("%s := %s", l.variable(ix), at)
		}
		seen[ix] = true
	}
}

// outside is an element that a statement leaves as it was.
func (l *loops) outside(s *parser.Statement) string {
	to := l.p.Tensors[s.Out].DType
	switch {
	case s.Old >= 0:
		from := l.p.Tensors[s.Old].DType
		return l.store(to, l.cast(from, to, l.load(from, l.at(s.Old, "at"))))
	case goType(to) == "bool":
		return "false"
	}
	return "0"
}

// at is the element at a place of a tensor: of a temporary, what its function returns.
func (l *loops) at(t int, place string) string {
	if l.lazy && t >= l.p.Operands {
		return fmt.Sprintf("at%d(%s)", t, place)
	}
	return fmt.Sprintf("%s[%s]", l.tensorName(t), place)
}

// sampleCost is what the function that goSample writes does for a number of elements: how often its innermost
// loops run, each statement being one nest, and how many elements of temporaries it keeps.
func sampleCost(p *Plain, elements int) (work, kept float64) {
	need := make([]float64, len(p.Tensors))
	need[p.Output] = float64(elements)
	for _, s := range slices.Backward(p.Statements) {
		whole := float64(size(p.Tensors[s.Out].Shape))
		if s.Out != p.Output {
			kept += whole
		}
		n := min(need[s.Out], whole)
		work += n * extents(p.Problem, inside(&s))
		if s.Old >= 0 {
			need[s.Old] += n
		}
		for _, x := range s.Expr {
			if x.Kind == parser.NodeRef {
				need[x.Tensor] += n * extents(p.Problem, without(x.Axes, s.Left))
			}
		}
	}
	return work, kept
}

// inside lists the indices that a statement loops over for each element of its left side.
func inside(s *parser.Statement) []parser.IndexID {
	var all []parser.IndexID
	for _, n := range s.Expr {
		all = append(append(all, n.Axes...), n.Over...)
	}
	return without(all, s.Left)
}

// without is the distinct indices of axes that are not in left.
func without(axes, left []parser.IndexID) []parser.IndexID {
	return slices.DeleteFunc(distinct(axes), func(ix parser.IndexID) bool { return slices.Contains(left, ix) })
}

// extents is the product of the extents of indices.
func extents(p *parser.Problem, ixs []parser.IndexID) float64 {
	n := 1.0
	for _, ix := range ixs {
		n *= float64(p.Indices[ix].Extent)
	}
	return n
}
