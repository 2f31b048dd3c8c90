package parser

import (
	"slices"
	"strings"
)

// Gradient is the derivative of a program's result by one of its operands, as a program in index notation. Of the
// names it reads, the first that is no operand is the seed: with Y the result of the program and L anything that
// depends on Y, the gradient is dL/dX where the seed dY is dL/dY. Values that derivatives need are computed anew.
type Gradient struct {
	Operand string // its name; operands of einsum strings are A, B, …
	Seed    string // the name of what the result's gradient is given as
	Program *Program
}

// Gradients differentiates a program by each of its operands: backwards, a step at a time, by the rules for sums,
// products and chains. At kinks it takes 0 for abs and relu, the slope below 0 for leaky_relu, and for min and max the
// mean of both sides; what is greatest or least in several places shares the gradient of max= or min= between them, and
// leaves none to the old value. Programs with *= are refused, as is an ellipsis. Every index must have one extent: no
// operand may have 1 where others stretch it, which an operand without that index does not need. Derivatives are those
// of real numbers; complex ones are not conjugated. Where a gradient repeats along a summed index, an operand tells how
// often, and its NaN, or infinities of both signs, make NaN. The error is an *Error.
func (p *Program) Gradients() ([]Gradient, error) {
	c := &chainRule{flattener: newFlattener(p), adjoints: map[int]*group{}, ones: map[one]*Ref{}}
	for i := range p.Assigns {
		if err := c.statement(&p.Assigns[i]); err != nil {
			return nil, err
		}
	}
	if err := c.backward(); err != nil {
		return nil, err
	}
	all := make([]Gradient, len(p.Operands))
	for i := range all {
		program, err := c.gradient(i)
		if err != nil {
			return nil, err
		}
		all[i] = Gradient{Operand: c.names[i], Seed: c.seed, Program: program}
	}
	return all, nil
}

// chainRule differentiates the steps of a program from the last to the first.
type chainRule struct {
	*flattener
	adjoints map[int]*group // by value
	ones     map[one]*Ref
	groups   []*group // in the order in which they can be computed
	step     int      // the one being differentiated
	length   int      // of all text so far
}

// group is the statements that make one value.
type group struct {
	name  string
	text  []string
	reads []string
}

// maxGradients bounds the text of all gradients: those of a product of n factors have n² of them.
const maxGradients = 1 << 25

// one names a vector of ones along a label of a step.
type one struct {
	step  int
	label LabelID
}

// backward makes the statements of all values, the steps' first.
func (c *chainRule) backward() error {
	for i := range c.steps {
		if err := c.forward(&c.steps[i]); err != nil {
			return err
		}
	}
	last := len(c.steps) - 1
	c.adjoints[^last] = &group{name: c.seed}
	for c.step = last; c.step >= 0; c.step-- {
		g := c.adjoints[^c.step]
		if g == nil {
			continue // the result does not depend on it, or only by signs
		}
		if c.step < last {
			c.groups = append(c.groups, g)
		}
		if err := c.differentiate(&c.steps[c.step], g.name); err != nil {
			return err
		}
	}
	return nil
}

// forward makes the statements of a step.
func (c *chainRule) forward(s *step) error {
	g, op := &group{name: s.name}, " = "
	c.groups = append(c.groups, g)
	if s.old != NoValue {
		if axes := c.distinct(len(s.left)); !s.keeps {
			if err := c.write(g, axes, op, c.spell(c.nameOf(s.old), axes)); err != nil {
				return err
			}
		}
		op = " " + (&Assign{Op: s.op, Update: true}).operator() + " "
	}
	return c.write(g, s.left, op, c.print(s.right))
}

// differentiate adds to the adjoints of what a step reads. The step's own has the given name.
func (c *chainRule) differentiate(s *step, name string) error {
	if s.op != Sum {
		return c.extremum(s, name)
	}
	if s.old != NoValue {
		axes := c.distinct(len(s.left))
		if err := c.add(s.old, axes, c.spell(name, axes)); err != nil {
			return err
		}
	}
	if s.right.Kind == TreeCall {
		return c.call(s, name)
	}
	return c.terms(s.right, factors{seed: &Ref{Name: name, Axes: s.left}})
}

// factors is what a part of a tree is multiplied with.
type factors struct {
	seed     *Ref
	negative bool
	times    []*Tree
	over     []*Tree // divisors
	term     *Tree   // the sum that the part is in, or nil
}

// terms goes down to the references of a tree that has no calls.
func (c *chainRule) terms(t *Tree, f factors) error {
	if len(t.Sums) > 0 {
		f.term = t
	}
	switch t.Kind {
	case TreeRef:
		return c.reference(t.Ref, f)
	case TreeProduct:
		return c.product(t, f)
	}
	for i, a := range t.Args {
		next := f
		if t.Kind == TreeNeg || t.Inverse[i] {
			next.negative = !f.negative
		}
		if err := c.terms(a, next); err != nil {
			return err
		}
	}
	return nil
}

// product multiplies each factor's part with the others: that of x in a/x is -a/x/x.
func (c *chainRule) product(t *Tree, f factors) error {
	if c.length+len(t.Args)*len(c.print(t)) > maxGradients {
		return c.tooLong()
	}
	for k, a := range t.Args {
		if a.Kind == TreeNumber {
			continue
		}
		next := f
		next.times, next.over = slices.Clone(f.times), slices.Clone(f.over)
		for i, x := range t.Args {
			switch {
			case t.Inverse[i]:
				next.over = append(next.over, x)
			case i != k:
				next.times = append(next.times, x)
			}
		}
		if t.Inverse[k] {
			next.over = append(next.over, a)
			next.negative = !f.negative
		}
		if err := c.terms(a, next); err != nil {
			return err
		}
	}
	return nil
}

// reference adds to a value's adjoint the product that one of its references is multiplied with.
func (c *chainRule) reference(r *Ref, f factors) error {
	t := &Tree{Kind: TreeProduct, Args: append([]*Tree{{Kind: TreeRef, Ref: f.seed}}, f.times...)}
	for _, label := range missing(r, f) {
		v, err := c.onesAlong(label, r, f.term)
		if err != nil {
			return err
		}
		t.Args = append(t.Args, &Tree{Kind: TreeRef, Ref: v})
	}
	t.Inverse = make([]bool, len(t.Args), len(t.Args)+len(f.over))
	for _, x := range f.over {
		t.Args, t.Inverse = append(t.Args, x), append(t.Inverse, true)
	}
	text := c.print(t)
	if f.negative {
		text = "-" + text
	}
	return c.add(r.Value, r.Axes, text)
}

// missing are the labels that a product is to be summed over, or to have, and has not: a sum of what does not
// depend on an index is as many times that, and the gradient of a sum is the same for all of its elements.
func missing(r *Ref, f factors) (labels []LabelID) {
	has := map[LabelID]bool{}
	note := func(r *Ref) error {
		for _, x := range r.Axes {
			has[x.Label] = true
		}
		return nil
	}
	_ = note(f.seed)
	for _, x := range slices.Concat(f.times, f.over) {
		_ = x.eachRef(note)
	}
	wanted := labelIDs(r.Axes)
	if f.term != nil {
		wanted = append(wanted, f.term.Sums...)
	}
	for _, l := range wanted {
		if !has[l] {
			has[l], labels = true, append(labels, l)
		}
	}
	return labels
}

// onesAlong is a vector of ones along a label that the reference has, or another of its term.
func (c *chainRule) onesAlong(label LabelID, r *Ref, term *Tree) (*Ref, error) {
	key := one{c.step, label}
	if v := c.ones[key]; v != nil {
		return v, nil
	}
	of := r
	if !slices.Contains(labelIDs(r.Axes), label) {
		_ = term.eachRef(func(x *Ref) error {
			if slices.Contains(labelIDs(x.Axes), label) {
				of = x
			}
			return nil
		})
	}
	v, err := c.helper("one_"+c.shell.Labels[label], []Axis{{Label: label}}, oneOf(c.refer(of)))
	c.ones[key] = v
	return v, err
}

// oneOf is 1 in the type of a reference, and takes its extents. An integer whose abs wraps makes 1, too; NaN does not.
func oneOf(ref string) string { return "max(sign(abs(" + ref + ")), 1)" }

// add adds a product to a value's adjoint.
func (c *chainRule) add(value int, axes []Axis, text string) error {
	g, op := c.adjoints[value], " += "
	if g == nil {
		g, op = &group{name: c.fresh("d" + c.nameOf(value))}, " = "
		c.adjoints[value] = g
	}
	return c.write(g, axes, op, text)
}

// write adds a statement to a group, and notes what it reads.
func (c *chainRule) write(g *group, axes []Axis, op, text string) error {
	text = c.spell(g.name, axes) + op + text
	if c.length += len(text); c.length > maxGradients {
		return c.tooLong()
	}
	p, err := Parse(text, ModeIndex)
	if err != nil {
		return err
	}
	for _, o := range p.Operands {
		if o.Name != g.name {
			g.reads = append(g.reads, o.Name)
		}
	}
	g.text = append(g.text, text)
	return nil
}

// gradient is the program of an operand's gradient: the statements that it needs.
func (c *chainRule) gradient(operand int) (*Program, error) {
	g := c.adjoints[operand]
	if g == nil { // nothing depends on it but by signs
		g = &group{name: c.fresh("d" + c.names[operand])}
		axes := c.distinct(c.p.Operands[operand].Rank)
		if err := c.write(g, axes, " = ", oneOf(c.spell(c.names[operand], axes))+" - 1"); err != nil {
			return nil, err
		}
	}
	needed, groups := map[string]bool{}, []*group{g}
	g.need(needed)
	for _, v := range slices.Backward(c.groups) {
		if needed[v.name] {
			v.need(needed)
			groups = append(groups, v)
		}
	}
	var lines []string
	for _, v := range slices.Backward(groups) {
		lines = append(lines, v.text...)
	}
	text := strings.Join(lines, "\n")
	if c.length += len(text); c.length > maxGradients {
		return nil, c.tooLong()
	}
	return Parse(text, ModeIndex)
}

// need notes what a group reads.
func (g *group) need(names map[string]bool) {
	for _, name := range g.reads {
		names[name] = true
	}
}

func (c *chainRule) tooLong() error {
	return source("").fail(CodeLimitSource, Span{}, "the gradients have more than %d bytes", maxGradients).
		hint("differentiate parts of the program, or a product of fewer factors")
}
