package parser

import (
	"strconv"

	"github.com/einc-lang/einc/internal/slab"
)

// Bind gives the program its operands and returns what is to be computed. Operands come in order of
// first appearance (Program.Operands), or by name, all or none of them. Positional operands include
// all optional ones or none; named ones may include any. The error is an *Error.
func (p *Program) Bind(specs []Spec) (*Problem, error) {
	b, err := p.bind(specs)
	if err != nil {
		return nil, err
	}
	return b.out, nil
}

func (p *Program) bind(specs []Spec) (*binder, error) {
	b := &binder{source: source(p.Src), p: p, out: &Problem{Statements: make([]Statement, 0, len(p.Assigns))}}
	given, err := b.match(specs)
	if err != nil {
		return nil, err
	}
	b.out.Tensors = make([]Tensor, 0, len(p.Operands)+len(p.Assigns))
	b.values = make([]int, len(p.Operands))
	for i, s := range given {
		b.values[i] = -1
		if s == nil {
			continue
		}
		if err := b.operand(i, s); err != nil {
			return nil, err
		}
	}
	b.out.Operands = len(b.out.Tensors)
	for i := range p.Assigns {
		if err := b.assign(&p.Assigns[i]); err != nil {
			return nil, err
		}
	}
	b.out.Output = len(b.out.Tensors) - 1
	return b, nil
}

// binder turns statements over labels into statements over indices with extents.
type binder struct {
	source
	p       *Program
	out     *Problem
	values  []int // by operand: its tensor, or -1 if an optional operand is not given
	results []int // by statement: its tensor
	layouts layouts
	ids     slab.Slab[IndexID]

	// Of the statement being bound:
	dims     []dim     // of labels, and of the axes that "..." stands for
	order    []LabelID // in order of appearance, those of the left side first
	ellipsis int       // axes that "..." stands for
	serial   int       // counts references, to tell one operand's axes from another's
}

// dim is what is known of a label in a statement.
type dim struct {
	statement int // counted from 1
	extent    int
	span      Span
	id        IndexID
	sum       IndexID // what it is in the sums that enclose the tree at hand; NoIndex outside of any
	serial    int     // the last reference that has the label, its extent there, and where
	here      int
	at        Span
}

// match finds the spec of every operand; nil for an optional one that is not given.
func (b *binder) match(specs []Spec) ([]*Spec, error) {
	named := 0
	for i := range specs {
		if specs[i].Name != "" {
			named++
		}
	}
	switch named {
	case 0:
		return b.matchPositions(specs)
	case len(specs):
		return b.matchNames(specs)
	}
	return nil, b.fail(CodeBadSpec, Span{0, len(b.source)}, "%d of %d operands have names: give names to all or to none", named, len(specs))
}

func (b *binder) matchPositions(specs []Spec) ([]*Spec, error) {
	given := make([]*Spec, len(b.p.Operands))
	required := 0
	for _, o := range b.p.Operands {
		if !o.Optional {
			required++
		}
	}
	all := len(specs) == len(given)
	if !all && len(specs) != required {
		return nil, b.operandCount(len(specs), required)
	}
	next := 0
	for i, o := range b.p.Operands {
		if all || !o.Optional {
			given[i] = &specs[next]
			next++
		}
	}
	return given, nil
}

func (b *binder) operandCount(got, required int) error {
	everything := Span{0, len(b.source)}
	n := len(b.p.Operands)
	if got == 0 {
		return b.fail(CodeNoOperands, everything, "no operands were given for %s", plural(required, "input"))
	}
	if b.p.Notation != IndexNotation {
		return b.fail(CodeOperandCount, everything, "the equation has %s, but %s given", plural(n, "input"), were(got)).
			hint("commas separate the inputs")
	}
	var names []string
	for _, o := range b.p.Operands {
		names = append(names, o.Name)
	}
	err := b.fail(CodeOperandCount, everything, "the program has %s (%s), but %s given", plural(n, "operand"), list(names), were(got))
	if required != n {
		err.Msg = "the program has " + plural(required, "operand") + ", or " + strconv.Itoa(n) +
			" with all old values (" + list(names) + "), but " + were(got) + " given"
		return err.hint("give operands by name to leave out some of the old values")
	}
	return err
}

func were(n int) string {
	if n == 1 {
		return "1 was"
	}
	return strconv.Itoa(n) + " were"
}

func (b *binder) matchNames(specs []Spec) ([]*Spec, error) {
	given := make([]*Spec, len(b.p.Operands))
	position := make(map[string]int, len(given))
	var known []string
	for i, o := range b.p.Operands {
		if o.Name != "" {
			position[o.Name] = i
			known = append(known, o.Name)
		}
	}
	for i := range specs {
		at, ok := position[specs[i].Name]
		if !ok {
			return nil, b.unknownOperand(specs[i].Name, known)
		}
		if given[at] != nil {
			return nil, b.fail(CodeBadSpec, b.p.Operands[at].Span, "operand %s is given twice", quote(specs[i].Name))
		}
		given[at] = &specs[i]
	}
	for i, o := range b.p.Operands {
		if given[i] == nil && !o.Optional {
			return nil, b.fail(CodeUndefinedName, o.Span, "operand %s is not given", quote(o.Name)).
				hint("a name that no statement assigned before is an operand")
		}
	}
	return given, nil
}

func (b *binder) unknownOperand(name string, known []string) error {
	err := b.fail(CodeUnknownOperand, Span{0, len(b.source)}, "operand %s is given, but the text does not use it", quote(name))
	if b.p.Notation != IndexNotation {
		return err.hint("operands of an einsum string have no names: give them in order")
	}
	return err.hintIf(didYouMean(name, known, "its operands are "))
}

// operand checks a spec and adds its tensor.
func (b *binder) operand(i int, s *Spec) error {
	o := b.p.Operands[i]
	name := o.Name
	if b.p.Notation != IndexNotation {
		name = operandName(i)
	}
	if err := b.checkSpec(name, o.Span, s); err != nil {
		return err
	}
	b.values[i] = len(b.out.Tensors)
	b.out.Tensors = append(b.out.Tensors, Tensor{Name: name, DType: s.DType, Shape: b.layouts.ints.Clone(s.Shape),
		Layout: b.layouts.layout(s.Shape, s.Strides)})
	return nil
}

// operandName is the name of an operand of an einsum string.
func operandName(i int) string {
	const few = "op0op1op2op3op4op5op6op7op8op9"
	if n := len("op0"); n*i < len(few) {
		return few[n*i:][:n]
	}
	return "op" + strconv.Itoa(i)
}

func (b *binder) checkSpec(name string, at Span, s *Spec) error {
	if !s.DType.Valid() {
		return b.fail(CodeBadSpec, at, "operand %s has no valid element type", quote(name))
	}
	if len(s.Shape) > MaxRank {
		return b.fail(CodeLimitRank, at, "operand %s has %d axes, more than %d", quote(name), len(s.Shape), MaxRank)
	}
	if s.Strides != nil && len(s.Strides) != len(s.Shape) {
		return b.fail(CodeBadSpec, at, "operand %s has %d strides for %d axes", quote(name), len(s.Strides), len(s.Shape))
	}
	for _, e := range s.Shape {
		if e < 0 {
			return b.fail(CodeBadSpec, at, "operand %s has the negative extent %d", quote(name), e)
		}
	}
	code := checkBytes(s.Shape, s.DType)
	if code == "" && s.Strides != nil {
		code = checkReach(s.Shape, s.Strides, s.DType)
	}
	if code == "" {
		return nil
	}
	return b.tooLarge(code, at, "operand "+quote(name))
}

// tooLarge makes the error of a code that checkBytes gave.
func (b *binder) tooLarge(code Code, at Span, what string) error {
	switch code {
	case CodeOverflow:
		return b.fail(code, at, "the size of %s overflows 64 bits", what)
	case CodeLimitBytes:
		return b.fail(code, at, "%s has more than 2^46 bytes", what)
	}
	return nil
}
