package parser

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/einc-lang/einc/internal/slab"
)

// equation is an einsum string or its interleaved form while it is read.
type equation struct {
	source
	names
	x     *product
	terms []written
	out   Ref
	arrow Span  // of "->"; empty while there is none
	uses  []use // by label
	lists slab.Slab[Axis]
}

// written is a term and the tree that it is.
type written struct {
	ref  Ref
	tree Tree
}

// use is where a label occurs.
type use struct {
	inputs int  // how often
	out    Span // in the output; empty if it is not there
}

// product is a program of one statement, whose right side is a product.
type product struct {
	Program
	assigns [1]Assign
	right   Tree
}

// What there is room for at first: in a small product terms and, mostly, labels and axes, and in others labels.
const (
	fewTerms, fewLabels, fewAxes = 2, 5, 10

	someLabels = 16
)

// smallProduct is a product of few terms with room for their parts, as making many lists takes longer than filling them.
type smallProduct struct {
	product
	terms    [fewTerms]written
	args     [fewTerms]*Tree
	inverse  [fewTerms]bool
	operands [fewTerms]OperandDecl
	axes     [fewAxes]Axis
	labels   [fewLabels]string
	uses     [fewLabels]use
	sums     [fewLabels]LabelID
}

// makeRoom makes a product of so many terms of so many letters, in which everything has its place.
func (e *equation) makeRoom(terms, letters int) {
	if terms <= fewTerms {
		x := &smallProduct{}
		e.x, e.terms, e.list, e.uses = &x.product, x.terms[:0], x.labels[:0], x.uses[:0]
		e.lists.Start(x.axes[:0])
		x.Operands, x.right.Args, x.right.Inverse, x.right.Sums = x.operands[:0], x.args[:0], x.inverse[:0], x.sums[:0]
		return
	}
	x, labels := &product{}, min(letters/2+2, someLabels) // most are in two terms, or in one and the output
	e.x, e.terms, e.list, e.uses = x, make([]written, 0, terms), make([]string, 0, labels), make([]use, 0, labels)
	e.lists.Reserve(min(letters, 4*someLabels))
	x.Operands, x.right.Args, x.right.Inverse = make([]OperandDecl, 0, terms), make([]*Tree, 0, terms), make([]bool, 0, terms)
	x.right.Sums = make([]LabelID, 0, labels)
}

// parseEinsum reads an einsum string.
func parseEinsum(src string, mode Mode) (*Program, error) {
	e := equation{source: source(src)}
	commas := strings.Count(src, ",")
	e.makeRoom(min(1+commas, MaxOperands), len(src)-commas)
	if err := e.scan(); err != nil {
		return nil, err
	}
	e.x.Src, e.x.Mode, e.x.Notation = src, mode, EinsumString
	return e.finish(func(a, b LabelID) int { return strings.Compare(e.list[a], e.list[b]) })
}

// scan splits the text into terms and output. Only U+0020 may stand between tokens.
func (e *equation) scan() error {
	src := string(e.source)
	term := e.begin(0)
	for pos := 0; pos < len(src); {
		r, n := utf8.DecodeRuneInString(src[pos:])
		at := Span{pos, pos + n}
		var err error
		switch {
		case r == ' ':
		case r == ',':
			err = e.comma(at)
			e.close(&term, pos)
			term = e.begin(at.End)
		case r == '.':
			at.End = pos + len("...")
			err = e.ellipsis(&term, at)
		case r == '-' || r == '>' || strings.HasPrefix(src[pos:], "=>"):
			at.End = pos + len("->")
			err = e.readArrow(at)
			e.close(&term, pos)
			term = e.begin(at.End)
		case unicode.IsLetter(r):
			err = e.label(&term, src[pos:at.End], at)
		default:
			err = e.badChar(r, n, at)
		}
		if err != nil {
			return err
		}
		pos = at.End
	}
	if e.arrow.End > 0 {
		e.out = term
		e.out.trim(len(src))
	} else {
		e.close(&term, len(src))
	}
	return e.countTerms()
}

// begin starts a term.
func (e *equation) begin(at int) Ref { return Ref{Span: Span{at, at}, Axes: e.lists.Room(1)} }

// close ends an input term.
func (e *equation) close(term *Ref, end int) {
	term.Axes = e.lists.Keep(term.Axes)
	term.trim(end)
	e.add(term)
}

// add appends an input term.
func (e *equation) add(term *Ref) {
	e.terms = append(e.terms, written{})
	e.terms[len(e.terms)-1].ref = *term
}

// trim ends a term and leaves spaces around its labels out of its span.
func (r *Ref) trim(end int) {
	r.Span.End = end
	if n := len(r.Axes); n > 0 {
		r.Span = r.Axes[0].Span.to(r.Axes[n-1].Span)
	}
}

func (e *equation) comma(at Span) error {
	if e.arrow.End == 0 {
		return e.countTerms()
	}
	if i := strings.Index(string(e.source[at.End:]), "->"); i >= 0 {
		return e.readArrow(Span{at.End + i, at.End + i + len("->")})
	}
	return e.fail(CodeCommaInOutput, at, "the output has a comma, but there is one output only").
		aux(e.arrow).hint("inputs go to the left of '->'")
}

func (e *equation) countTerms() error {
	if len(e.terms) >= MaxOperands+1 {
		return e.fail(CodeLimitOperands, e.terms[MaxOperands].ref.Span, "there are more than %d operands", MaxOperands)
	}
	return nil
}

func (e *equation) ellipsis(term *Ref, at Span) error {
	src := string(e.source)
	if !strings.HasPrefix(src[at.Start:], "...") {
		end := at.Start
		for end < len(src) && (src[end] == '.' || src[end] == ' ') {
			end++
		}
		return e.fail(CodeBadEllipsis, Span{at.Start, at.Start + len(strings.TrimRight(src[at.Start:end], " "))},
			"an ellipsis is three dots without spaces: '...'").hint("commas separate inputs; dots are for an ellipsis only")
	}
	for _, a := range term.Axes {
		if a.Label == EllipsisID {
			return e.fail(CodeMultipleEllipsis, at, "a term has two ellipses, so which axes each stands for is open").aux(a.Span)
		}
	}
	term.Axes = append(term.Axes, Axis{EllipsisID, at})
	return nil
}

func (e *equation) readArrow(at Span) error {
	src := string(e.source)
	if !strings.HasPrefix(src[at.Start:], "->") {
		at.End = at.Start + 1
		if strings.HasPrefix(src[at.Start:], "=>") {
			at.End++
		}
		return e.fail(CodeMalformedArrow, at, "the arrow before the output is '->', without spaces inside")
	}
	if e.arrow.End > 0 {
		return e.fail(CodeMultipleArrow, at, "there are two arrows").aux(e.arrow).hint("an equation has the form inputs->output")
	}
	e.arrow = at
	return nil
}

func (e *equation) label(term *Ref, name string, at Span) error {
	id := e.id(name)
	if len(term.Axes) >= MaxRank {
		return e.fail(CodeLimitRank, at, "a term has more than %d axes", MaxRank)
	}
	if len(e.list) > MaxIndices {
		return e.fail(CodeLimitIndices, at, "there are more than %d different indices", MaxIndices)
	}
	if int(id) == len(e.uses) {
		e.uses = append(e.uses, use{})
	}
	if e.arrow.End == 0 {
		e.uses[id].inputs++
	}
	term.Axes = append(term.Axes, Axis{id, at})
	return nil
}

// lookalikes are characters that are often typed or pasted for another.
var lookalikes = map[rune]string{
	'→': "write the arrow as ->", '⇒': "write the arrow as ->", '–': "write the arrow as ->", '−': "write the arrow as ->",
	'…': "write the ellipsis as three dots: ...",
	'，': "write an ASCII comma", '、': "write an ASCII comma", ';': "separate inputs with commas",
	'\t': "separate with plain spaces", '\n': "an equation is one line", '\r': "an equation is one line",
	'\u00a0': "this space is not U+0020; use a plain one", '"': "remove the quotes", '\'': "remove the quotes",
	'(': "brackets are for index notation, which has a left side: C[i,j] = …",
	'[': "brackets are for index notation, which has a left side: C[i,j] = A[i,k]*B[k,j]",
	'=': "this is read as an einsum string, whose output follows '->'; index notation has brackets, a scalar empty ones: C[i,j] = …, Y[] = A[]",
	'*': "factors are separated by commas; index notation has a left side: C[i,j] = …",
}

func (e *equation) badChar(r rune, size int, at Span) error {
	if r == utf8.RuneError && size == 1 {
		return e.fail(CodeBadChar, at, "the text is not UTF-8: byte 0x%02x", e.source[at.Start])
	}
	err := e.fail(CodeBadChar, at, "%s cannot be a label: labels are letters", quote(string(r)))
	if unicode.IsDigit(r) || r == '_' {
		return err.hint("one letter is one axis, so names like i0 do not exist here; use another letter")
	}
	return err.hintIf(lookalikes[r])
}

// finish checks the output, or makes it, and builds the program, of which some is known. The order of labels is that
// of an implicit output.
func (e *equation) finish(order func(a, b LabelID) int) (*Program, error) {
	p := &e.x.Program
	if p.Mode == ModeAuto {
		p.Mode = ModeNumPy
	}
	if e.arrow.End == 0 {
		p.Implicit = true
		e.implicitOutput(order)
	}
	if err := e.checkOutput(); err != nil {
		return nil, err
	}
	p.Labels, p.Assigns = e.list, e.x.assigns[:]
	a := &p.Assigns[0]
	a.Span, a.Left, a.Old, a.Right = Span{0, len(e.source)}, e.out, NoValue, e.product()
	if p.Mode == ModeEinstein {
		return p, checkStrict(p)
	}
	a.Right.Sums = e.sums()
	return p, nil
}

// sums lists the labels that are not in the output. They are numbered in order of appearance.
func (e *equation) sums() []LabelID {
	list := e.x.right.Sums
	for id := range e.uses {
		if e.uses[id].out.End == 0 {
			list = append(list, LabelID(id))
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list
}

// implicitOutput has the ellipsis first and then every label that occurs once.
func (e *equation) implicitOutput(order func(a, b LabelID) int) {
	end := Span{len(e.source), len(e.source)}
	e.out = Ref{Span: end}
	for i := range e.terms {
		if hasEllipsis(e.terms[i].ref.Axes) {
			e.out.Axes = []Axis{{EllipsisID, end}}
			break
		}
	}
	var once []LabelID
	for id, u := range e.uses {
		if u.inputs == 1 {
			once = append(once, LabelID(id))
		}
	}
	slices.SortFunc(once, order)
	for _, id := range once {
		e.out.Axes = append(e.out.Axes, Axis{id, end})
	}
}

func hasEllipsis(axes []Axis) bool {
	return slices.ContainsFunc(axes, func(a Axis) bool { return a.Label == EllipsisID })
}

func (e *equation) checkOutput() error {
	for _, a := range e.out.Axes {
		if a.Label != EllipsisID && e.uses[a.Label].inputs == 0 {
			return e.fail(CodeOutputUnknown, a.Span, "output index %s is in no input, so its extent is unknown",
				quote(e.list[a.Label])).hintIf(e.knownLabels(e.list[a.Label]))
		}
	}
	for _, a := range e.out.Axes {
		if a.Label == EllipsisID {
			continue
		}
		u := &e.uses[a.Label]
		if u.out.End > 0 {
			return e.fail(CodeOutputRepeated, a.Span, "index %s is in the output twice", quote(e.list[a.Label])).aux(u.out).
				hint("to put values on a diagonal, write index notation: D[i,i] = A[i]")
		}
		u.out = a.Span
	}
	if len(e.out.Axes) > MaxRank {
		return e.fail(CodeLimitRank, e.out.Span, "the output has more than %d axes", MaxRank)
	}
	return nil
}

// knownLabels says which labels the inputs have, or the one that was probably meant.
func (e *equation) knownLabels(wrong string) string {
	var known []string
	for id, u := range e.uses {
		if u.inputs > 0 {
			known = append(known, e.list[id])
		}
	}
	return didYouMean(wrong, known, "the inputs have the indices ")
}

// product is the tree of the inputs, which become the program's operands.
func (e *equation) product() *Tree {
	x := e.x
	for i := range e.terms {
		r, t := &e.terms[i].ref, &e.terms[i].tree
		r.Value = i
		t.Kind, t.Span, t.Ref = TreeRef, r.Span, r
		d := OperandDecl{Rank: len(r.Axes), Span: r.Span, Ellipsis: hasEllipsis(r.Axes)}
		if d.Ellipsis {
			d.Rank--
		}
		x.Operands = append(x.Operands, d)
		x.right.Args, x.right.Inverse = append(x.right.Args, t), append(x.right.Inverse, false)
	}
	if len(e.terms) == 1 {
		return &e.terms[0].tree
	}
	x.right.Kind, x.right.Span = TreeProduct, e.terms[0].ref.Span.to(e.terms[len(e.terms)-1].ref.Span)
	return &x.right
}
