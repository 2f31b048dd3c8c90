package parser

import (
	"errors"
	gotoken "go/token"
	"strconv"
	"strings"

	"github.com/einc-lang/einc/tensor"
)

// What is wrong with a kernel directive beside its expression. Every constant has an example, which a
// test runs.
const (
	// CodeDirective: a comment that begins like a directive but has not its form.
	//
	//	Example: `//einc:kernal Dot "i,i->" i=* float32`
	//	Says: there is no directive '//einc:kernal'
	//	Example: `//einc:kernel Dot i,i-> i=* float32`
	//	Says: the expression is not a Go string: a Go string begins with a quote
	CodeDirective Code = "directive"

	// CodeKernelName: the kernel's name cannot be that of a Go function.
	//
	//	Example: `//einc:kernel 2Dot "i,i->" i=* float32`
	//	Says: '2Dot' cannot be the name of a Go function
	CodeKernelName Code = "kernel-name"

	// CodeKernelSizes: the sizes are not one for every index.
	//
	//	Example: `//einc:kernel Mul "ij,jk->ik" i=*,j=64 float32`
	//	Says: index 'k' has no size
	//	Example: `//einc:kernel Mul "ij,jk->ik" i=*,j=64,k=x float32`
	//	Says: 'x' is not the extent of an index
	CodeKernelSizes Code = "kernel-sizes"

	// CodeKernelType: the element type is missing or unknown.
	//
	//	Example: `//einc:kernel Dot "i,i->" i=* flaot32`
	//	Says: there is no element type 'flaot32'
	CodeKernelType Code = "kernel-type"
)

// AnyExtent is the extent of a Size that is left open until a call.
const AnyExtent = -1

// directivePrefix begins every directive; kernelDirective is the one that asks for a kernel.
const (
	directivePrefix = "//einc:"
	kernelDirective = directivePrefix + "kernel"
)

// Directive asks for a kernel in a comment of a Go file:
//
//	//einc:kernel BatchMul "bij,bjk->bik" b=*,i=64,j=64,k=64 float32
//
// that is the name of a Go function, the expression as a Go string, an extent or * for every index, and
// the element type of all operands, by einc's or NumPy's name. An expression without indices has no
// sizes. A // after the type begins a comment. Spans point into Text.
type Directive struct {
	Text     string
	Name     string
	NameSpan Span
	Expr     string
	ExprSpan Span // of the literal, with its quotes
	Program  *Program
	Sizes    []Size // one an index, in the order of Program.Labels
	DType    tensor.DType
	TypeSpan Span
}

// Size is the extent of an index, or AnyExtent.
type Size struct {
	Index  string
	Extent int
	Span   Span
}

// IsDirective reports whether a comment, given from its // on, is meant for einc.
func IsDirective(comment string) bool { return strings.HasPrefix(comment, directivePrefix) }

// ParseDirective reads a comment, given from its // on, and checks it: the expression with the real
// parser, its indices and types by binding it. The error is an *Error about the comment.
func ParseDirective(comment string) (*Directive, error) {
	text := strings.TrimRight(comment, " \t\r\n")
	r := &directiveReader{source: source(text), d: &Directive{Text: text}}
	for _, read := range []func() error{r.keyword, r.name, r.expression, r.sizesAndType, r.bind} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return r.d, nil
}

// String is the directive in its one canonical form: what two spellings of one kernel share.
func (d *Directive) String() string {
	var b strings.Builder
	b.WriteString(kernelDirective + " " + d.Name + " " + strconv.Quote(d.Expr))
	for i, s := range d.Sizes {
		b.WriteByte(" ,"[min(i, 1)])
		extent := "*"
		if s.Extent != AnyExtent {
			extent = strconv.Itoa(s.Extent)
		}
		b.WriteString(s.Index + "=" + extent)
	}
	return b.String() + " " + d.DType.NumPy()
}

// Specs describes the operands, in order, with the extent open for every size that is left open.
func (d *Directive) Specs(open int) []Spec {
	extents := make([]int, len(d.Sizes))
	for i, s := range d.Sizes {
		if extents[i] = s.Extent; s.Extent == AnyExtent {
			extents[i] = open
		}
	}
	specs, axes := make([]Spec, len(d.Program.Operands)), d.Program.operandAxes()
	for i, o := range d.Program.Operands {
		specs[i] = Spec{Name: o.Name, DType: d.DType, Shape: []int{}}
		for _, a := range axes[i] {
			specs[i].Shape = append(specs[i].Shape, extents[a.Label])
		}
	}
	return specs
}

// directiveReader reads a directive from left to right.
type directiveReader struct {
	source
	pos   int
	d     *Directive
	at    []int // by byte of the expression: its place in the comment
	sizes map[string]Size
}

// word reads up to the next blank.
func (r *directiveReader) word() (string, Span) {
	r.blanks()
	start := r.pos
	for r.pos < len(r.source) && r.source[r.pos] != ' ' && r.source[r.pos] != '\t' {
		r.pos++
	}
	return string(r.source[start:r.pos]), Span{start, r.pos}
}

// argument is the next word; a comment on the directive ends it.
func (r *directiveReader) argument() (string, Span) {
	word, at := r.word()
	if strings.HasPrefix(word, "//") {
		r.pos = len(r.source)
		return "", Span{at.Start, at.Start}
	}
	return word, at
}

func (r *directiveReader) blanks() {
	for r.pos < len(r.source) && (r.source[r.pos] == ' ' || r.source[r.pos] == '\t') {
		r.pos++
	}
}

// directiveForm ends the hints of directives that lack a part.
const directiveForm = `the form is //einc:kernel Name "ij,jk->ik" i=*,j=64,k=64 float32`

func (r *directiveReader) keyword() error {
	word, at := r.word()
	switch {
	case word == kernelDirective:
		return nil
	case !IsDirective(word):
		return r.fail(CodeDirective, at, "the comment is no directive").hint(directiveForm)
	}
	return r.fail(CodeDirective, at, "there is no directive %s", quote(word)).
		hintIf(didYouMean(word, []string{kernelDirective}, "the only one is "))
}

func (r *directiveReader) name() error {
	word, at := r.word()
	switch {
	case word == "":
		return r.fail(CodeKernelName, at, "the kernel has no name").hint(directiveForm)
	case !gotoken.IsIdentifier(word) || word == "_" || word == "init" || word == "main":
		return r.fail(CodeKernelName, at, "%s cannot be the name of a Go function", quote(word)).hint(directiveForm)
	}
	r.d.Name, r.d.NameSpan = word, at
	return nil
}

func (r *directiveReader) expression() error {
	r.blanks()
	start := r.pos
	value, at, err := UnquoteGo(string(r.source[start:]))
	if err != nil {
		_, at := r.word()
		return r.fail(CodeDirective, at, "the expression is not a Go string: %s", err).hint(directiveForm)
	}
	for i := range at {
		at[i] += start
	}
	r.pos = at[len(value)] + 1
	r.d.Expr, r.d.ExprSpan, r.at = value, Span{start, r.pos}, at
	if r.d.Program, err = Parse(value, ModeAuto); err != nil {
		return r.inText(err)
	}
	for _, o := range r.d.Program.Operands {
		if o.Ellipsis {
			return r.fail(CodeKernelSizes, r.place(o.Span), "the ellipsis of a kernel has no size").hint("name its axes")
		}
	}
	return nil
}

// inText takes an error about the expression to its place in the comment.
func (r *directiveReader) inText(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	moved := *e
	moved.Src, moved.Span = string(r.source), r.place(e.Span)
	if e.Aux != (Span{}) {
		moved.Aux = r.place(e.Aux)
	}
	return &moved
}

func (r *directiveReader) place(s Span) Span { return Span{r.at[s.Start], r.at[s.End]} }

// sizesAndType reads what follows the expression: lists of sizes, then one word without "=".
func (r *directiveReader) sizesAndType() error {
	r.sizes = map[string]Size{}
	for {
		word, at := r.argument()
		if !strings.Contains(word, "=") {
			if err := r.allSizes(); err != nil {
				return err
			}
			return r.elementType(word, at)
		}
		start := at.Start
		for _, part := range strings.Split(word, ",") {
			if err := r.size(part, Span{start, start + len(part)}); err != nil {
				return err
			}
			start += len(part) + 1
		}
	}
}

// size reads INDEX=EXTENT; a list that goes on after a blank has an empty last part.
func (r *directiveReader) size(part string, at Span) error {
	if part == "" {
		return nil
	}
	index, text, ok := strings.Cut(part, "=")
	extent, err := AnyExtent, error(nil)
	if text != "*" {
		extent, err = strconv.Atoi(text)
	}
	switch before, twice := r.sizes[index]; {
	case !ok:
		return r.fail(CodeKernelSizes, at, "%s has no extent", quote(part)).hint("write INDEX=EXTENT, as in %s=64", part)
	case err != nil || text != "*" && extent < 0:
		return r.fail(CodeKernelSizes, Span{at.End - len(text), at.End}, "%s is not the extent of an index", quote(text)).
			hint("write a number, or * for any")
	case twice:
		return r.fail(CodeKernelSizes, at, "index %s has two sizes", quote(index)).aux(before.Span)
	}
	for _, l := range r.d.Program.Labels {
		if l == index {
			r.sizes[index] = Size{index, extent, at}
			return nil
		}
	}
	return r.fail(CodeKernelSizes, Span{at.Start, at.Start + len(index)}, "the expression has no index %s", quote(index)).
		hintIf(didYouMean(index, r.d.Program.Labels, "its indices are "))
}

func (r *directiveReader) allSizes() error {
	for i, l := range r.d.Program.Labels {
		s, ok := r.sizes[l]
		if !ok {
			return r.fail(CodeKernelSizes, r.place(r.firstPlace(LabelID(i))), "index %s has no size", quote(l)).
				hint("add %s=64, or %s=* for any extent", l, l)
		}
		r.d.Sizes = append(r.d.Sizes, s)
	}
	return nil
}

// firstPlace is where an operand has a label first.
func (r *directiveReader) firstPlace(l LabelID) Span {
	for _, axes := range r.d.Program.operandAxes() {
		for _, a := range axes {
			if a.Label == l {
				return a.Span
			}
		}
	}
	return Span{0, len(r.d.Expr)}
}

func (r *directiveReader) elementType(word string, at Span) error {
	if word == "" {
		return r.fail(CodeKernelType, at, "the element type is missing").hint("add it at the end, as in float32")
	}
	d, err := tensor.ParseDType(word)
	if err != nil {
		var known []string
		for _, d := range tensor.DTypes() {
			known = append(known, d.NumPy())
		}
		return r.fail(CodeKernelType, at, "there is no element type %s", quote(word)).hint("%s",
			didYouMean(word, known, "the element types are "))
	}
	r.d.DType, r.d.TypeSpan = d, at
	if rest, at := r.argument(); rest != "" {
		return r.fail(CodeDirective, Span{at.Start, len(r.source)}, "%s follows the element type, which is last", quote(rest)).hint(directiveForm)
	}
	return nil
}

// bind finds what only sizes and types show. An open extent may be any, so the least stands for it.
func (r *directiveReader) bind() error {
	if _, err := r.d.Program.Bind(r.d.Specs(1)); err != nil {
		return r.inText(err)
	}
	return nil
}
