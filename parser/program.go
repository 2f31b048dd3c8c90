package parser

import (
	"slices"
	"strconv"
)

// Mode chooses which rules an expression must keep.
type Mode uint8

// The modes. ModeAuto is ModeNumPy for einsum strings and ModeIndex for index notation.
const (
	ModeAuto     Mode = iota
	ModeNumPy         // einsum strings as numpy.einsum(optimize=False) reads them
	ModeIndex         // index notation; broadcasting, and any number of occurrences of an index
	ModeEinstein      // the summation convention itself, in either spelling
)

var modeNames = [...]string{"auto", "numpy", "index", "einstein"}

// String is the mode's name, as on the command line.
func (m Mode) String() string { return nameOf("mode", modeNames[:], int(m)) }

// nameOf is the name of a number, or its kind and the number where that has none.
func nameOf(kind string, names []string, n int) string {
	if n >= len(names) {
		return kind + strconv.Itoa(n)
	}
	return names[n]
}

// Notation is the spelling a Program was written in.
type Notation uint8

// The notations.
const (
	EinsumString  Notation = iota // ik,kj->ij
	Sublists                      // numpy.einsum's interleaved form
	IndexNotation                 // C[i,j] = A[i,k]*B[k,j]
)

// Program is what was written: statements over labels, with their places in the text, checked as far
// as that is possible without shapes. An einsum string is a program of one statement.
type Program struct {
	Src      string // the text that spans point into
	Mode     Mode   // never ModeAuto
	Notation Notation
	Operands []OperandDecl // in order of first appearance
	Labels   []string      // names by LabelID
	Assigns  []Assign
	Implicit bool // an einsum string without "->"
}

// OperandDecl is a tensor that the caller gives.
type OperandDecl struct {
	Name     string // empty in an einsum string
	Optional bool   // the old value of an op=: without it the reduction starts from its identity
	Ellipsis bool
	Rank     int  // number of axes; at least this many if Ellipsis
	Span     Span // of its first appearance
}

// LabelID numbers the labels of a Program.
type LabelID int32

// EllipsisID stands in a Ref's axes for "...".
const EllipsisID LabelID = -1

// Axis is one label as written.
type Axis struct {
	Label LabelID
	Span  Span
}

// Ref is a tensor with one label an axis.
type Ref struct {
	Name string
	Span Span
	Axes []Axis
	// Value tells what is read: operand Value, or, if negative, the result of statement ^Value.
	Value int
}

// NoValue is the Old of a statement that combines with nothing.
const NoValue = int(^uint(0) >> 1)

// Assign is one statement as written.
type Assign struct {
	Span   Span
	Left   Ref // its Value is not used
	Op     ReduceOp
	Update bool // op=, not =
	Old    int  // numbered as Ref.Value: what op= combines with, or NoValue
	Right  *Tree
}

// TreeKind tells the forms of a Tree apart.
type TreeKind uint8

// The kinds of tree.
const (
	TreeRef     TreeKind = iota // Ref
	TreeNumber                  // Number
	TreeNeg                     // -Args[0]
	TreeSum                     // Args, those with Inverse subtracted
	TreeProduct                 // Args, those with Inverse divided by
	TreeCall                    // Fn of Args
)

// Tree is a right side as written. Chains of one precedence are one node, so that depth comes from
// brackets alone.
type Tree struct {
	Kind    TreeKind
	Fn      Fn
	height  int32 // bounds the depth of the Expr this becomes
	Span    Span
	Ref     *Ref
	Number  *Number
	Args    []*Tree
	Inverse []bool    // of Sum and Product, one an argument
	Sums    []LabelID // the labels reduced over the value of this tree, in order of appearance
}

// Number is a literal. It has the type of what it meets.
type Number struct {
	IsInt bool
	Int   int64
	Float float64 // also set for integers
}

// nodes counts t, what it is made of, and their sums.
func (t *Tree) nodes() int {
	n := 1
	if len(t.Sums) > 0 {
		n++
	}
	for _, a := range t.Args {
		n += a.nodes()
	}
	return n
}

// eachRef calls f with every reference of t, left to right, until f fails.
func (t *Tree) eachRef(f func(*Ref) error) error {
	if t.Kind == TreeRef {
		return f(t.Ref)
	}
	for _, a := range t.Args {
		if err := a.eachRef(f); err != nil {
			return err
		}
	}
	return nil
}

// names interns labels.
type names struct {
	list []string
	ids  map[string]LabelID // made when there are many
}

func (n *names) id(name string) LabelID {
	const few = 16 // up to which looking at each is quicker than a map
	if n.ids == nil {
		if id := slices.Index(n.list, name); id >= 0 {
			return LabelID(id)
		}
	} else if id, ok := n.ids[name]; ok {
		return id
	}
	n.list = append(n.list, name)
	switch {
	case n.ids != nil:
		n.ids[name] = LabelID(len(n.list) - 1)
	case len(n.list) > few:
		n.ids = make(map[string]LabelID, 2*few)
		for id, name := range n.list {
			n.ids[name] = LabelID(id)
		}
	}
	return LabelID(len(n.list) - 1)
}
