package parser

import (
	"slices"
	"strconv"
)

// step is a statement whose right side is a function of references and numbers, or has no function at all; that of
// max= and min= is a reference.
type step struct {
	name  string
	left  []Axis
	op    ReduceOp
	old   int  // what it combines with, or NoValue
	keeps bool // the name of that, an operand that may be left out and that nothing else reads
	right *Tree
}

// flattener turns a program into steps, each with a name of its own. Values are numbered as in Ref.Value, those below 0
// by step.
type flattener struct {
	source
	p     *Program
	shell Program        // names the labels
	used  map[string]int // of each name that is taken, 1; more for how many names were made of it
	steps []step
	value []int // by statement
	names []string
	base  string // begins the names of steps
	seed  string // the name of the result's adjoint
}

func newFlattener(p *Program) *flattener {
	f := &flattener{source: source(p.Src), p: p, used: map[string]int{}}
	f.shell.Labels = slices.Clone(p.Labels)
	if p.Notation == Sublists {
		for i, l := range f.shell.Labels {
			f.shell.Labels[i] = "i" + l
		}
	}
	for name := range functions {
		f.used[name] = 1
	}
	for i, o := range p.Operands {
		name := o.Name
		if name == "" {
			name = inputName(i)
		}
		f.names = append(f.names, name)
		f.used[name] = 1
	}
	f.seed = f.fresh("d" + f.result(&p.Assigns[len(p.Assigns)-1]))
	return f
}

// result is the name of a statement's result. That of an einsum string has none.
func (f *flattener) result(a *Assign) string {
	if f.p.Notation != IndexNotation {
		return "out"
	}
	return a.Left.Name
}

// fresh is a name that nothing has: the one that is wanted, if possible.
func (f *flattener) fresh(want string) string {
	name := want
	for ; f.used[name] > 0; f.used[want]++ {
		name = want + "_" + strconv.Itoa(f.used[want])
	}
	f.used[name] = 1
	return name
}

// nameOf is the name of a value.
func (f *flattener) nameOf(value int) string {
	if value < 0 {
		return f.steps[^value].name
	}
	return f.names[value]
}

// spell writes a reference.
func (f *flattener) spell(name string, axes []Axis) string {
	w := &writer{p: &f.shell}
	w.ref(&Ref{Name: name, Axes: axes})
	return w.String()
}

// refer writes a reference that there is.
func (f *flattener) refer(r *Ref) string { return f.spell(r.Name, r.Axes) }

// print writes a tree.
func (f *flattener) print(t *Tree) string {
	w := &writer{p: &f.shell}
	w.tree(t)
	return w.String()
}

// distinct are different labels for so many axes.
func (f *flattener) distinct(n int) []Axis {
	axes := make([]Axis, n)
	for i := range axes {
		name := "i" + strconv.Itoa(i)
		id := slices.Index(f.shell.Labels, name)
		if id < 0 {
			id, f.shell.Labels = len(f.shell.Labels), append(f.shell.Labels, name)
		}
		axes[i].Label = LabelID(id)
	}
	return axes
}

// statement adds the steps of one statement.
func (f *flattener) statement(a *Assign) error {
	if a.Op == Prod {
		return f.fail(CodeNotASum, a.Span, "this statement folds with %s, which has no gradient in index notation", a.Op).
			hint("sum logarithms, and take exp of the sum")
	}
	if err := f.noEllipsis(a); err != nil {
		return err
	}
	f.base = f.result(a)
	s := step{left: a.Left.Axes, op: a.Op, old: f.renumber(a.Old)}
	if s.keeps = a.Update && a.Old >= 0 && f.p.Operands[a.Old].Optional; s.keeps {
		s.name = f.base
	} else {
		s.name = f.fresh(f.base)
	}
	f.setRight(&s, a)
	f.push(s)
	f.value = append(f.value, ^(len(f.steps) - 1))
	return nil
}

// setRight makes a statement's right side that of a step, and steps for what is before it.
func (f *flattener) setRight(s *step, a *Assign) {
	switch {
	case s.op != Sum:
		whole := *a.Right
		whole.Sums = nil // what is reduced is an index of it
		s.right = f.simple(f.flat(&whole))
	case a.Right.Kind == TreeCall && !a.Update:
		s.right = f.call(a.Right)
		if free := freeLabels(s.right); len(free) != len(s.left) || !sameLabels(free, s.left) {
			s.right = f.push(step{name: f.fresh(f.base), left: free, old: NoValue, right: s.right})
		}
	default:
		s.right = f.flat(a.Right)
	}
}

func (f *flattener) noEllipsis(a *Assign) error {
	return a.Right.eachRef(func(r *Ref) error {
		for _, x := range r.Axes {
			if x.Label == EllipsisID {
				return f.fail(CodeUsesEllipsis, x.Span, "gradients need a name for every axis").hint("name the axes that the ellipsis stands for")
			}
		}
		return nil
	})
}

// renumber is the number of a value of the program.
func (f *flattener) renumber(value int) int {
	if value < 0 {
		return f.value[^value]
	}
	return value
}

// push adds a step and refers to it.
func (f *flattener) push(s step) *Tree {
	f.steps = append(f.steps, s)
	return &Tree{Kind: TreeRef, Ref: &Ref{Name: s.name, Axes: s.left, Value: ^(len(f.steps) - 1)}}
}

// flat is a tree without calls, and without sums within products.
func (f *flattener) flat(t *Tree) *Tree {
	out := &Tree{Kind: t.Kind, Number: t.Number, Inverse: t.Inverse, Sums: t.Sums}
	switch t.Kind {
	case TreeRef:
		value := f.renumber(t.Ref.Value)
		out.Ref = &Ref{Name: f.nameOf(value), Axes: t.Ref.Axes, Value: value}
		return out
	case TreeCall:
		call := f.call(t)
		return f.push(step{name: f.fresh(f.base), left: freeLabels(call), old: NoValue, right: call})
	}
	for _, a := range t.Args {
		x := f.flat(a)
		if t.Kind == TreeProduct && sumsWithin(x) {
			x = f.simple(x)
		}
		out.Args = append(out.Args, x)
	}
	return out
}

// call is a function of references and numbers, of no more than two.
func (f *flattener) call(t *Tree) *Tree {
	x := f.simple(f.flat(t.Args[0]))
	for k, a := range t.Args[1:] {
		if k > 0 {
			x = f.simple(x)
		}
		x = &Tree{Kind: TreeCall, Fn: t.Fn, Args: []*Tree{x, f.simple(f.flat(a))}}
	}
	if len(t.Args) == 1 {
		return &Tree{Kind: TreeCall, Fn: t.Fn, Args: []*Tree{x}}
	}
	return x
}

// simple is a reference to the value of a flat tree, or a number.
func (f *flattener) simple(t *Tree) *Tree {
	if t.Kind == TreeNumber || t.Kind == TreeRef && len(t.Sums) == 0 {
		return t
	}
	return f.push(step{name: f.fresh(f.base), left: freeLabels(t), old: NoValue, right: t})
}

// sumsWithin reports whether a part of a tree is summed.
func sumsWithin(t *Tree) bool {
	return len(t.Sums) > 0 || slices.ContainsFunc(t.Args, sumsWithin)
}

// freeLabels are the labels of a tree that it does not sum, in order of appearance.
func freeLabels(t *Tree) (free []Axis) {
	if t.Kind == TreeRef {
		free = appendNew(free, t.Ref.Axes)
	}
	for _, a := range t.Args {
		free = appendNew(free, freeLabels(a))
	}
	return slices.DeleteFunc(free, func(a Axis) bool { return slices.Contains(t.Sums, a.Label) })
}

func appendNew(list, more []Axis) []Axis {
	for _, a := range more {
		if !slices.Contains(labelIDs(list), a.Label) {
			list = append(list, Axis{Label: a.Label})
		}
	}
	return list
}

func labelIDs(axes []Axis) []LabelID {
	labels := make([]LabelID, len(axes))
	for i, a := range axes {
		labels[i] = a.Label
	}
	return labels
}

// sameLabels reports whether two lists have the same labels, in whatever order.
func sameLabels(a, b []Axis) bool {
	return len(appendNew(appendNew(nil, a), b)) == len(appendNew(nil, a)) && len(appendNew(appendNew(nil, b), a)) == len(appendNew(nil, b))
}
