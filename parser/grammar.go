package parser

// grammar parses index notation, one token ahead.
type grammar struct {
	lexer
	names
	tok   token
	depth int
	refs  int
	p     *Program
}

// parseIndex reads a program in index notation.
func parseIndex(src string, mode Mode) (*Program, error) {
	if mode == ModeAuto {
		mode = ModeIndex
	}
	g := &grammar{lexer: lexer{source: source(src)}, p: &Program{Src: src, Mode: mode, Notation: IndexNotation}}
	if err := g.program(); err != nil {
		return nil, err
	}
	g.p.Labels = g.list
	if err := resolveNames(g.p); err != nil {
		return nil, err
	}
	return resolveSums(g.p)
}

func (g *grammar) advance() (err error) {
	g.tok, err = g.next()
	return err
}

// skip moves on to the next token that is not the end of a line.
func (g *grammar) skip() error {
	for {
		if err := g.advance(); err != nil || g.tok.kind != tokLine {
			return err
		}
	}
}

func (g *grammar) program() error {
	for {
		if err := g.skip(); err != nil {
			return err
		}
		if g.tok.is(";") {
			continue
		}
		if g.tok.kind == tokEnd {
			break
		}
		a, err := g.statement()
		if err != nil {
			return err
		}
		g.p.Assigns = append(g.p.Assigns, a)
		if g.tok.kind == tokEnd {
			break
		}
		if g.tok.kind != tokLine && !g.tok.is(";") {
			return g.leftover()
		}
	}
	if len(g.p.Assigns) == 0 {
		return g.fail(CodeSyntax, Span{0, len(g.source)}, "there is no statement").hint("write for example C[i,j] = A[i,k]*B[k,j]")
	}
	return nil
}

func (g *grammar) statement() (Assign, error) {
	a := Assign{Old: NoValue}
	if g.tok.kind != tokName {
		return a, g.noStatement()
	}
	left, err := g.ref()
	if err != nil {
		return a, err
	}
	a.Left = *left
	if err := g.assignOp(&a); err != nil {
		return a, err
	}
	if err := g.skip(); err != nil {
		return a, err
	}
	a.Right, err = g.sum()
	if err == nil {
		a.Span = a.Left.Span.to(a.Right.Span)
	}
	return a, err
}

func (g *grammar) assignOp(a *Assign) error {
	if g.tok.kind != tokOp {
		err := g.fail(CodeSyntax, g.tok.span, "a statement has '=', '+=', '*=', 'max=' or 'min=' after its left side, not %s", g.tok.name())
		if h, ok := otherReductions[g.tok.text]; ok {
			err = err.hint("%s", h)
		}
		return err
	}
	a.Update = true
	switch g.tok.text {
	case "=":
		a.Update = false
	case "+=":
		a.Op = Sum
	case "*=":
		a.Op = Prod
	case "max=":
		a.Op = Max
	case "min=":
		a.Op = Min
	case "(":
		return g.fail(CodeSyntax, a.Left.Span.to(g.tok.span), "a statement begins with what it assigns, such as Y[i] =")
	default:
		return g.wrongOperator("a statement has '=', '+=', '*=', 'max=' or 'min=' after its left side, not %s")
	}
	return nil
}

// sum parses products joined by + and -.
func (g *grammar) sum() (*Tree, error) { return g.chain(TreeSum, "+", "-", (*grammar).product) }

// product parses factors joined by * and /.
func (g *grammar) product() (*Tree, error) { return g.chain(TreeProduct, "*", "/", (*grammar).factor) }

// chain parses parts joined by an operator or its inverse into one tree; a single part stays as it is.
func (g *grammar) chain(kind TreeKind, op, inverse string, part func(*grammar) (*Tree, error)) (*Tree, error) {
	first, err := part(g)
	if err != nil || !g.tok.is(op) && !g.tok.is(inverse) {
		return first, err
	}
	t := &Tree{Kind: kind, Args: []*Tree{first}, Inverse: []bool{false}, Span: first.Span}
	for g.tok.is(op) || g.tok.is(inverse) {
		t.Inverse = append(t.Inverse, g.tok.is(inverse))
		if err := g.skip(); err != nil {
			return nil, err
		}
		arg, err := part(g)
		if err != nil {
			return nil, err
		}
		t.Args = append(t.Args, arg)
		t.Span.End = arg.Span.End
	}
	return t, g.measure(t)
}

// measure finds the height of a tree and refuses one that is too high: what follows may recurse. Sums
// and products of any length are flat, but divisions are done one after the other.
func (g *grammar) measure(t *Tree) error {
	for i, a := range t.Args {
		t.height = max(t.height, a.height)
		if t.Kind == TreeProduct && t.Inverse[i] {
			t.height++
		}
	}
	if t.height++; t.height > MaxDepth {
		return g.tooDeep(t.Span)
	}
	return nil
}

func (g *grammar) tooDeep(at Span) error {
	return g.fail(CodeDepth, at, "operations are nested more than %d deep", MaxDepth).
		hint("give a part of the expression a name in a statement of its own")
}

// factor parses a unary minus, a number, a call, a reference or a sum in brackets.
func (g *grammar) factor() (*Tree, error) {
	switch {
	case g.tok.is("-"):
		return g.negative()
	case g.tok.is("("):
		return g.brackets()
	case g.tok.kind == tokNumber:
		return g.number(g.tok.span.Start, "")
	case g.tok.kind != tokName:
		return nil, g.noOperand()
	}
	name := g.tok
	if _, ok := functions[name.text]; ok || g.peek() == '(' {
		return g.call(name)
	}
	ref, err := g.ref()
	if err != nil {
		return nil, err
	}
	return &Tree{Kind: TreeRef, Span: ref.Span, Ref: ref}, nil
}

// peek is the first byte after the token and blanks, or 0.
func (g *grammar) peek() byte {
	for i := g.pos; i < len(g.source); i++ {
		if c := g.source[i]; c != ' ' && c != '\t' {
			return c
		}
	}
	return 0
}

// deeper counts a level of brackets, so that recursion stays within the stack.
func (g *grammar) deeper() error {
	g.depth++
	if g.depth > MaxDepth {
		return g.tooDeep(g.tok.span)
	}
	return nil
}

func (g *grammar) negative() (*Tree, error) {
	at := g.tok.span
	if err := g.deeper(); err != nil {
		return nil, err
	}
	defer func() { g.depth-- }()
	if err := g.skip(); err != nil {
		return nil, err
	}
	if g.tok.kind == tokNumber {
		return g.number(at.Start, "-")
	}
	arg, err := g.factor()
	if err != nil {
		return nil, err
	}
	t := &Tree{Kind: TreeNeg, Span: at.to(arg.Span), Args: []*Tree{arg}}
	return t, g.measure(t)
}

func (g *grammar) brackets() (*Tree, error) {
	open := g.tok.span
	if err := g.deeper(); err != nil {
		return nil, err
	}
	defer func() { g.depth-- }()
	if err := g.skip(); err != nil {
		return nil, err
	}
	t, err := g.sum()
	if err != nil {
		return nil, err
	}
	if !g.tok.is(")") {
		return nil, g.unclosed(open, ")")
	}
	return t, g.advance()
}

// call parses a function and its arguments; the token is its name.
func (g *grammar) call(name token) (*Tree, error) {
	if err := g.deeper(); err != nil {
		return nil, err
	}
	defer func() { g.depth-- }()
	fn, ok := functions[name.text]
	if !ok {
		return nil, g.unknownFunction(name)
	}
	if err := g.advance(); err != nil {
		return nil, err
	}
	if !g.tok.is("(") {
		return nil, g.fail(CodeReservedName, name.span, "%s is a function, not a tensor", quote(name.text)).
			hint("write %s(…), or choose another name for the tensor", name.text)
	}
	open := g.tok.span
	t := &Tree{Kind: TreeCall, Fn: fn}
	for {
		if err := g.skip(); err != nil {
			return nil, err
		}
		if g.tok.is(")") && len(t.Args) == 0 {
			break
		}
		arg, err := g.sum()
		if err != nil {
			return nil, err
		}
		t.Args = append(t.Args, arg)
		if !g.tok.is(",") {
			break
		}
	}
	if !g.tok.is(")") {
		return nil, g.unclosed(open, ")")
	}
	t.Span = name.span.to(g.tok.span)
	if err := g.arity(t, name); err != nil {
		return nil, err
	}
	if err := g.measure(t); err != nil {
		return nil, err
	}
	return t, g.advance()
}

// ref parses a name and its indices; the token is the name.
func (g *grammar) ref() (*Ref, error) {
	r := &Ref{Name: g.tok.text, Span: g.tok.span}
	if _, ok := functions[r.Name]; ok && g.peek() != '(' {
		return nil, g.fail(CodeReservedName, r.Span, "%s is a function, not a tensor", quote(r.Name)).hint("choose another name for the tensor")
	}
	if g.refs++; g.refs > MaxOperands {
		return nil, g.fail(CodeLimitOperands, r.Span, "there are more than %d operands", MaxOperands)
	}
	if err := g.advance(); err != nil || !g.tok.is("[") {
		return r, err
	}
	open := g.tok.span
	for {
		if err := g.advance(); err != nil {
			return nil, err
		}
		if g.tok.is("]") && len(r.Axes) == 0 {
			break
		}
		if err := g.axis(r); err != nil {
			return nil, err
		}
		if !g.tok.is(",") {
			break
		}
	}
	if !g.tok.is("]") {
		return nil, g.unclosed(open, "]")
	}
	r.Span.End = g.tok.span.End
	return r, g.advance()
}

// axis parses one index of r.
func (g *grammar) axis(r *Ref) error {
	if g.tok.kind != tokName {
		return g.noIndex()
	}
	if len(r.Axes) >= MaxRank {
		return g.fail(CodeLimitRank, g.tok.span, "a tensor has more than %d axes", MaxRank)
	}
	r.Axes = append(r.Axes, Axis{g.id(g.tok.text), g.tok.span})
	if len(g.list) > MaxIndices {
		return g.fail(CodeLimitIndices, g.tok.span, "there are more than %d different indices", MaxIndices)
	}
	return g.advance()
}
