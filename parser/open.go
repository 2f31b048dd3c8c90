package parser

import (
	"fmt"
	"slices"
	"strings"
)

// Sizes are extents of a Problem that are left to calls. Indices that must agree, because a tensor's axis has
// both or because they have one label, share a size.
type Sizes struct {
	Names   []string // of the sizes
	OfIndex []int    // by IndexID: the size, or -1 for an extent that is fixed
	OfAxis  [][]int  // by tensor and axis, likewise
	From    []AxisOf // for each size, an operand's axis that has it
}

// AxisOf is an axis of an operand.
type AxisOf struct{ Operand, Axis int }

// AllLabels stands for every label of an extent above 1 in a list of labels to leave open.
const AllLabels = "*"

// Open leaves the extents of some labels to calls; those of the problem are examples of them, of 2 or more,
// so that its layouts tell which strides are 1. An axis that has extent 1 and is stretched stays as it is.
func (q *Problem) Open(labels []string) (*Sizes, error) {
	same := newClasses(q)
	first := make([][]IndexID, len(q.Tensors)) // the index of each axis
	for i := range first {
		first[i] = slices.Repeat([]IndexID{NoIndex}, len(q.Tensors[i].Shape))
	}
	q.eachView(func(tensor int, axes []IndexID) {
		for a, ix := range axes {
			switch have := first[tensor][a]; {
			case ix == NoIndex:
			case have == NoIndex:
				first[tensor][a] = ix
			default:
				same.join(have, ix)
			}
		}
	})
	s := &Sizes{OfIndex: make([]int, len(q.Indices))}
	if err := s.number(q, same, labels); err != nil {
		return nil, err
	}
	s.From = slices.Repeat([]AxisOf{{-1, -1}}, len(s.Names))
	for t, axes := range first {
		of := make([]int, len(axes))
		for a, ix := range axes {
			of[a] = -1
			if ix != NoIndex {
				of[a] = s.OfIndex[ix]
			}
			if n := of[a]; n >= 0 && t < q.Operands && s.From[n].Operand < 0 {
				s.From[n] = AxisOf{t, a}
			}
		}
		s.OfAxis = append(s.OfAxis, of)
	}
	return s, nil
}

// number gives a size to every class of indices that one of the labels is in.
func (s *Sizes) number(q *Problem, same classes, labels []string) error {
	for _, l := range labels {
		if l != AllLabels && !slices.ContainsFunc(q.Indices, func(x Index) bool { return x.Name == l }) {
			return fmt.Errorf("label %q is to be left open, but the expression has no such label: it has %s", l, q.labels())
		}
	}
	size := make([]int, len(q.Indices)) // 1 + the size, by class
	for i, x := range q.Indices {
		named := slices.Contains(labels, x.Name)
		switch c := same.of(IndexID(i)); {
		case named && x.Extent < 2:
			return fmt.Errorf("label %q is to be left open: give an example of its extent that is 2 or more, not %d%s", x.Name, x.Extent, q.place(IndexID(i)))
		case size[c] > 0 || !named && (x.Extent < 2 || !slices.Contains(labels, AllLabels)):
		default:
			s.Names = append(s.Names, x.Name)
			size[c] = len(s.Names)
		}
	}
	for i := range q.Indices {
		s.OfIndex[i] = size[same.of(IndexID(i))] - 1
	}
	return nil
}

// place says which of several statements has an index: one label may stand for another extent in each.
func (q *Problem) place(ix IndexID) string {
	if len(q.Statements) < 2 {
		return ""
	}
	for i := range q.Statements {
		st := &q.Statements[i]
		if slices.Contains(st.Left, ix) || slices.ContainsFunc(st.Expr, func(n Node) bool { return slices.Contains(n.Axes, ix) }) {
			return ", which it is in the statement for " + q.Tensors[st.Out].Name
		}
	}
	return ""
}

func (q *Problem) labels() string {
	var names []string
	met := map[string]bool{}
	for _, x := range q.Indices {
		if l := x.label(); !met[l] {
			names, met[l] = append(names, l), true
		}
	}
	return strings.Join(names, " ")
}

// eachView visits the tensors as the statements write and read them.
func (q *Problem) eachView(f func(tensor int, axes []IndexID)) {
	for i := range q.Statements {
		st := &q.Statements[i]
		f(st.Out, st.Left)
		if st.Old >= 0 {
			f(st.Old, st.Left)
		}
		for _, n := range st.Expr {
			if n.Kind == NodeRef {
				f(n.Tensor, n.Axes)
			}
		}
	}
}

// classes are sets of indices that share a size: each index names another of its class, the least of which
// names itself.
type classes []IndexID

// newClasses puts indices of one label and extent into one class, those of sums within sums among them.
func newClasses(q *Problem) classes {
	c, first := make(classes, len(q.Indices)), make(map[Index]IndexID, len(q.Indices))
	for i, x := range q.Indices {
		x.Name = x.label()
		if _, met := first[x]; !met {
			first[x] = IndexID(i)
		}
		c[i] = first[x]
	}
	return c
}

func (c classes) of(x IndexID) IndexID {
	for c[x] != x {
		x = c[x]
	}
	return x
}

func (c classes) join(x, y IndexID) {
	a, b := c.of(x), c.of(y)
	c[max(a, b)] = min(a, b)
}
