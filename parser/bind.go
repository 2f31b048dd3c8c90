package parser

import (
	"strconv"
	"sync"

	"github.com/einc-lang/einc/internal/slab"
)

// Bind gives the program its operands and returns what is to be computed. Operands come in order of
// first appearance (Program.Operands), or by name, all or none of them. Positional operands include
// all optional ones or none; named ones may include any. The error is an *Error.
func (p *Program) Bind(specs []Spec) (*Problem, error) {
	b := binders.Get().(*binder)
	defer b.release()
	if err := b.bind(p, specs); err != nil {
		return nil, err
	}
	return b.out, nil
}

// binders keeps the lists of a binder for the next one. It says nothing about any program.
var binders = sync.Pool{New: func() any { return new(binder) }}

// release leaves the problem to the caller and the lists to the next binder.
func (b *binder) release() {
	clear(b.given)
	b.source, b.p, b.out = "", nil, nil
	b.given, b.values, b.results, b.dims, b.order = b.given[:0], b.values[:0], b.results[:0], b.dims[:0], b.order[:0]
	b.layouts, b.ids, b.nodes, b.args = layouts{}, slab.Slab[IndexID]{}, slab.Slab[Node]{}, slab.Slab[NodeID]{}
	b.runs.Reset()
	b.serial = 0
	binders.Put(b)
}

// bound is a problem, mostly of one statement.
type bound struct {
	Problem
	statements [1]Statement
}

// smallBound is a problem of a product of two or three operands, with room for its parts.
type smallBound struct {
	bound
	tensors [fewTerms + 1]Tensor
	indices [fewLabels]Index
	nodes   [fewTerms + 2]Node
	ints    [12]int
	ids     [12]IndexID
	args    [6]NodeID
	bools   [8]bool
}

// bind makes the problem of a program.
func (b *binder) bind(p *Program, specs []Spec) error {
	b.source, b.p = source(p.Src), p
	if err := b.match(specs); err != nil {
		return err
	}
	b.makeRoom()
	for i, s := range b.given {
		b.values = append(b.values, -1)
		if s == nil {
			continue
		}
		if err := b.operand(i, s); err != nil {
			return err
		}
	}
	b.out.Operands = len(b.out.Tensors)
	for i := range b.p.Assigns {
		if err := b.assign(&b.p.Assigns[i]); err != nil {
			return err
		}
	}
	b.out.Output = len(b.out.Tensors) - 1
	return nil
}

// makeRoom makes a problem with room for tensors, axes and indices.
func (b *binder) makeRoom() {
	tensors := len(b.p.Operands) + len(b.p.Assigns)
	if tensors <= fewTerms+1 {
		x := &smallBound{}
		b.out, x.Statements, x.Tensors, x.Indices = &x.Problem, x.statements[:0], x.tensors[:0], x.indices[:0]
		b.ids.Start(x.ids[:0])
		b.nodes.Start(x.nodes[:0])
		b.args.Start(x.args[:0])
		b.layouts.ints.Start(x.ints[:0])
		b.layouts.bools.Start(x.bools[:0])
		return
	}
	x, axes, labels, nodes := &bound{}, 0, len(b.p.Labels), 0
	for _, s := range b.given {
		if s != nil {
			axes += len(s.Shape)
		}
	}
	b.out, x.Statements, x.Tensors, x.Indices = &x.Problem, x.statements[:0], make([]Tensor, 0, tensors), make([]Index, 0, labels)
	for i := range b.p.Assigns {
		nodes += b.p.Assigns[i].Right.nodes()
	}
	b.nodes.Reserve(nodes)
	b.args.Reserve(nodes)
	b.ids.Reserve(axes + 3*labels)
	b.layouts.ints.Reserve(2 * (axes + labels))
	b.layouts.bools.Reserve(axes + labels)
}

// binder turns statements over labels into statements over indices with extents.
type binder struct {
	source
	p       *Program
	out     *Problem
	given   []*Spec // by operand: what describes it; nil for an optional one that is not given
	values  []int   // by operand: its tensor, or -1 if an optional operand is not given
	results []int   // by statement: its tensor
	layouts layouts
	ids     slab.Slab[IndexID]
	nodes   slab.Slab[Node]
	args    slab.Slab[NodeID]
	runs    slab.Slab[value] // factors that are being lowered

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

// match finds the spec of every operand.
func (b *binder) match(specs []Spec) error {
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
	return b.fail(CodeBadSpec, Span{0, len(b.source)}, "%d of %d operands have names: give names to all or to none", named, len(specs))
}

func (b *binder) matchPositions(specs []Spec) error {
	required := 0
	for i := range b.p.Operands {
		if !b.p.Operands[i].Optional {
			required++
		}
	}
	all := len(specs) == len(b.p.Operands)
	if !all && len(specs) != required {
		return b.operandCount(len(specs), required)
	}
	next := 0
	for i := range b.p.Operands {
		var s *Spec
		if all || !b.p.Operands[i].Optional {
			s = &specs[next]
			next++
		}
		b.given = append(b.given, s)
	}
	return nil
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

func (b *binder) matchNames(specs []Spec) error {
	given := append(b.given, make([]*Spec, len(b.p.Operands))...)
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
			return b.unknownOperand(specs[i].Name, known)
		}
		if given[at] != nil {
			return b.fail(CodeBadSpec, b.p.Operands[at].Span, "operand %s is given twice", quote(specs[i].Name))
		}
		given[at] = &specs[i]
	}
	for i, o := range b.p.Operands {
		if given[i] == nil && !o.Optional {
			return b.fail(CodeUndefinedName, o.Span, "operand %s is not given", quote(o.Name)).
				hint("a name that no statement assigned before is an operand")
		}
	}
	b.given = given
	return nil
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
	o := &b.p.Operands[i]
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
