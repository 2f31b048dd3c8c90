package parser

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/einc-lang/einc/tensor"
)

// String lists operands with their layouts, and statements with the extents of their indices. The
// first tensor of a name has the name alone, later ones a number behind it.
func (q *Problem) String() string {
	w := &problemWriter{q: q, names: q.uniqueNames()}
	for i := range q.Tensors[:q.Operands] {
		t := &q.Tensors[i]
		fmt.Fprintf(w, "operand %s %s%s %s\n", w.names[i], t.DType, bracketed(t.Shape), t.Layout.text(t.Shape))
	}
	for i := range q.Statements {
		w.statement(&q.Statements[i])
	}
	return w.String()
}

func (q *Problem) uniqueNames() []string {
	out := make([]string, len(q.Tensors))
	count := map[string]int{}
	for i, t := range q.Tensors {
		count[t.Name]++
		out[i] = t.Name
		if n := count[t.Name]; n > 1 {
			out[i] += "." + strconv.Itoa(n)
		}
	}
	return out
}

func bracketed(list []int) string {
	parts := make([]string, len(list))
	for i, n := range list {
		parts[i] = strconv.Itoa(n)
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// text describes a layout: row-major, or its strides and what is worth knowing of them.
func (l *Layout) text(shape []int) string {
	if slices.Equal(l.Strides, tensor.RowMajor(make([]int, len(shape)), shape)) {
		return "row-major"
	}
	s := "strides " + bracketed(l.Strides)
	if l.UnitAxis >= 0 {
		s += " unit axis " + strconv.Itoa(l.UnitAxis)
	}
	for a, fuses := range l.Fuses {
		if fuses {
			s += fmt.Sprintf(" fuses %d-%d", a, a+1)
		}
	}
	if l.Broadcast {
		s += " broadcast"
	}
	return s
}

type problemWriter struct {
	strings.Builder
	q     *Problem
	names []string
	expr  Expr
}

func (w *problemWriter) statement(s *Statement) {
	t := &w.q.Tensors[s.Out]
	fmt.Fprintf(w, "%s%s %s%s", w.names[s.Out], w.axes(s.Left), t.DType, bracketed(t.Shape))
	if s.Old >= 0 {
		fmt.Fprintf(w, " = %s %s ", w.names[s.Old], [...]string{"+", "*", "max", "min"}[s.Op])
	} else {
		w.WriteString(" = ")
	}
	w.expr = s.Expr
	w.node(NodeID(len(s.Expr) - 1))
	if list := s.indices(); len(list) > 0 {
		w.WriteString("  for")
		for _, x := range list {
			fmt.Fprintf(w, " %s=%d", w.q.Indices[x].Name, w.q.Indices[x].Extent)
		}
	}
	w.WriteByte('\n')
}

// indices are those of the statement, ascending.
func (s *Statement) indices() []IndexID {
	all := slices.Clone(s.Left)
	for _, n := range s.Expr {
		all = append(all, n.Over...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (w *problemWriter) axes(axes []IndexID) string {
	if len(axes) == 0 {
		return ""
	}
	parts := make([]string, len(axes))
	for i, x := range axes {
		parts[i] = "_"
		if x != NoIndex {
			parts[i] = w.q.Indices[x].Name
		}
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// node writes a node and what it is made of; Apply and Reduce bring their own brackets.
func (w *problemWriter) node(id NodeID) {
	n := &w.expr[id]
	switch n.Kind {
	case NodeRef:
		w.WriteString(w.names[n.Tensor] + w.axes(n.Axes))
		return
	case NodeConst:
		w.WriteString(n.constant())
		return
	case NodeInput:
		w.WriteString("input" + strconv.Itoa(n.Input))
		return
	case NodeReduce:
		fmt.Fprintf(w, "%s%s", n.Reduce, w.axes(n.Over))
	case NodeApply:
		w.WriteString(n.Fn.String())
		if n.Fn == FnCast {
			w.WriteString(" " + n.DType.String())
		}
	}
	for i, a := range n.Args {
		if i == 0 {
			w.WriteByte('(')
		} else {
			w.WriteString(", ")
		}
		w.node(a)
	}
	w.WriteByte(')')
}

// constant is the value of a Const with its type.
func (n *Node) constant() string {
	if n.DType.IsInt() {
		return strconv.FormatInt(n.Int, 10) + n.DType.String()
	}
	return strconv.FormatFloat(n.Value, 'g', -1, 64) + n.DType.String()
}
