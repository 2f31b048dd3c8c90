package parser

import (
	"fmt"
	"strings"
)

// sizes tells the extents of statement i, what stretches, the result, and the work. It reports whether
// anything stretches.
func (e *explainer) sizes(i int) bool {
	q := e.b.out
	s := &q.Statements[e.b.results[i]-q.Operands]
	var parts []string
	work := 1.0
	for _, x := range s.indices() {
		parts = append(parts, fmt.Sprintf("%s=%d", q.Indices[x].Name, q.Indices[x].Extent))
		work *= float64(q.Indices[x].Extent)
	}
	if len(parts) > 0 {
		fmt.Fprintf(e, "  Extents: %s\n", cut(strings.Join(parts, " "), 200))
	}
	stretched := e.stretched(s)
	for _, line := range stretched {
		e.WriteString("  " + line + "\n")
	}
	t := q.Tensors[s.Out]
	fmt.Fprintf(e, "  Result %s: %s, %s", t.Name, t.DType, shapeWords(t.Shape))
	if len(s.indices()) > 0 {
		fmt.Fprintf(e, "; one loop over all indices has %.6g steps", work)
	}
	e.WriteByte('\n')
	return len(stretched) > 0
}

// stretched tells which axes of extent 1 are repeated, for the first few. References are lowered in the
// order of the text, so they pair up with the expression's.
func (e *explainer) stretched(s *Statement) (out []string) {
	var nodes []*Node
	for i := range s.Expr {
		if s.Expr[i].Kind == NodeRef {
			nodes = append(nodes, &s.Expr[i])
		}
	}
	k := 0
	_ = e.a.Right.eachRef(func(r *Ref) error {
		n := nodes[k]
		k++
		for a, x := range n.Axes {
			if x == NoIndex && len(out) < 8 {
				out = append(out, fmt.Sprintf("Axis %d of %s has extent 1 and is repeated along %s", a,
					e.tensorName(e.b.out.Tensors[n.Tensor].Name), e.labelName(labelOf(r, a, len(n.Axes)))))
			}
		}
		return nil
	})
	return out
}

// labelOf is the label of axis a of a reference to a tensor of some rank.
func labelOf(r *Ref, a, rank int) LabelID {
	for i, x := range r.Axes {
		dots := rank - len(r.Axes) + 1
		if x.Label == EllipsisID {
			switch {
			case a < i:
				return r.Axes[a].Label
			case a < i+dots:
				return EllipsisID
			}
			return r.Axes[a-dots+1].Label
		}
	}
	return r.Axes[a].Label
}
