package parser

import (
	"slices"
	"strings"
)

// functions are the names that can be called.
var functions = func() map[string]Fn {
	m := map[string]Fn{}
	for f := FnAbs; f <= FnMax; f++ {
		m[f.String()] = f
	}
	return m
}()

// advice says what to write instead of an operator that index notation does not have.
var advice = map[string]string{
	"-=": "write += -(…)", "/=": "write *= 1/(…)", ":=": "write =", "==": "an assignment has a single =",
	"**": "there are no powers: write x*x, or exp(p*log(x))", "->": "the left side comes first: C[i,j] = A[i,k]*B[k,j]",
	"=>": "the left side comes first: C[i,j] = A[i,k]*B[k,j]", "!=": "there are no comparisons", "<=": "there are no comparisons",
	">=": "there are no comparisons",
}

// otherReductions say what to write instead of an assignment by an operator that there is not, such as mean=.
var otherReductions = map[string]string{
	"mean": "sum, and divide by the extent, as in Y[b] = X[b,o]/4", "avg": "sum, and divide by the extent, as in Y[b] = X[b,o]/4",
	"sum": "write +=, or = to sum without what the left held", "add": "write +=", "prod": "write *=", "mul": "write *=",
	"maximum": "write max=", "amax": "write max=", "minimum": "write min=", "amin": "write min=",
}

// otherNames are functions of other languages, with what they are here.
var otherNames = map[string]string{
	"sum":        "an index that is not on the left is summed by itself",
	"mean":       "sum, and divide by the extent",
	"prod":       "write P[i] *= A[i,j]",
	"amax":       "write M[i] max= A[i,j]",
	"amin":       "write M[i] min= A[i,j]",
	"maximum":    "did you mean 'max'?",
	"minimum":    "did you mean 'min'?",
	"pow":        "there are no powers: write x*x, or exp(p*log(x))",
	"softmax":    "write M[i] max= S[i,j]; E[i,j] = exp(S[i,j] - M[i]); Z[i] = E[i,j]; P[i,j] = E[i,j]/Z[i]",
	"transpose":  "write B[j,i] = A[i,j]",
	"fabs":       "did you mean 'abs'?",
	"ln":         "did you mean 'log'?",
	"logistic":   "did you mean 'sigmoid'?",
	"einsum":     "write the product itself: C[i,j] = A[i,k]*B[k,j]",
	"matmul":     "write C[i,j] = A[i,k]*B[k,j]",
	"dot":        "write s = a[i]*b[i]",
	"leakyrelu":  "did you mean 'leaky_relu'?",
	"reciprocal": "write 1/x",
}

func (g *grammar) unknownFunction(name token) error {
	err := g.fail(CodeUnknownFunction, name.span, "there is no function %s", quote(name.text))
	if h, ok := otherNames[strings.ToLower(name.text)]; ok {
		return err.hintIf(h)
	}
	var known []string
	for f := FnAbs; f <= FnMax; f++ {
		known = append(known, f.String())
	}
	if best := closest(name.text, known); best != "" {
		return err.hint("did you mean %s?", quote(best))
	}
	return err.hint("the functions are %s", strings.Join(known, " "))
}

func (g *grammar) arity(t *Tree, name token) error {
	n := len(t.Args)
	switch {
	case t.Fn == FnMin || t.Fn == FnMax:
		if n < 2 {
			return g.fail(CodeArity, t.Span, "%s takes two or more arguments, not %d", name.text, n).
				hint("to reduce over an index write M[i] %s= A[i,j]", name.text)
		}
	case n != 1:
		return g.fail(CodeArity, t.Span, "%s takes one argument, not %d", name.text, n)
	}
	return nil
}

// noStatement refuses a token that begins no statement.
func (g *grammar) noStatement() error {
	if g.tok.kind == tokOp && slices.Contains([]string{"+", "-", "*", "/"}, g.tok.text) && len(g.p.Assigns) > 0 {
		return g.fail(CodeSyntax, g.tok.span, "a statement cannot begin with %s", g.tok.name()).
			hint("a statement goes on in the next line if its line ends with the operator, or inside brackets")
	}
	return g.fail(CodeSyntax, g.tok.span, "a statement begins with the name of a tensor, not %s", g.tok.name())
}

// noOperand refuses a token where a value must stand.
func (g *grammar) noOperand() error {
	if h, ok := advice[g.tok.text]; ok && g.tok.kind == tokOp {
		return g.fail(CodeUnknownOperator, g.tok.span, "index notation has no operator %s here", g.tok.name()).hint("%s", h)
	}
	err := g.fail(CodeSyntax, g.tok.span, "a tensor, a number or a function is missing before %s", g.tok.name())
	if g.tok.is("[") {
		err.Msg = "indices without a tensor's name"
	}
	if g.tok.is("+") {
		return err.hint("there is no unary +")
	}
	return err
}

// noIndex refuses a token where the name of an index must stand.
func (g *grammar) noIndex() error {
	switch {
	case g.tok.is("...") && g.p.Mode == ModeEinstein:
		return g.fail(CodeUsesEllipsis, g.tok.span, "%s", ruleDots).hint("name the axes that the ellipsis stands for")
	case g.tok.is("..."):
		return g.fail(CodeUsesEllipsis, g.tok.span, "index notation has no ellipsis").
			hint("name the axes; an index that a tensor lacks broadcasts")
	case g.tok.kind == tokNumber:
		return g.fail(CodeSyntax, g.tok.span, "an index is a name, not %s", g.tok.name()).
			hint("take the element or slice before the call")
	}
	return g.fail(CodeSyntax, g.tok.span, "the name of an index is missing before %s", g.tok.name())
}

// unclosed refuses the token that stands where a bracket must close or a list go on.
func (g *grammar) unclosed(open Span, want string) error {
	if g.tok.kind == tokEnd {
		return g.fail(CodeSyntax, open, "this bracket is not closed").hint("add '%s'", want)
	}
	if h, ok := advice[g.tok.text]; ok && g.tok.kind == tokOp {
		return g.fail(CodeUnknownOperator, g.tok.span, "index notation has no operator %s here", g.tok.name()).aux(open).hint("%s", h)
	}
	err := g.fail(CodeSyntax, g.tok.span, "expected ',' or '%s' before %s", want, g.tok.name()).aux(open)
	if want == "]" && g.tok.kind == tokOp && strings.Contains("+-*/", g.tok.text) {
		return err.hint("there is no arithmetic on indices; take slices before the call")
	}
	return err.hintIf(g.missingOperator())
}

// missingOperator is the hint for two values side by side.
func (g *grammar) missingOperator() string {
	if g.tok.kind == tokName || g.tok.kind == tokNumber || g.tok.is("(") {
		return "a product is written with *"
	}
	return ""
}

// leftover refuses what follows a statement on its line.
func (g *grammar) leftover() error {
	if g.tok.kind == tokOp && (g.tok.is("=") || strings.HasSuffix(g.tok.text, "=")) {
		return g.wrongOperator("a statement assigns once; there is a second %s")
	}
	if _, ok := advice[g.tok.text]; ok && g.tok.kind == tokOp {
		return g.wrongOperator("index notation has no operator %s")
	}
	if g.tok.is(")") || g.tok.is("]") {
		return g.fail(CodeSyntax, g.tok.span, "this bracket was not opened")
	}
	return g.fail(CodeSyntax, g.tok.span, "an operator is missing before %s", g.tok.name()).hintIf(g.missingOperator())
}

func (g *grammar) wrongOperator(format string) error {
	if h, ok := advice[g.tok.text]; ok {
		return g.fail(CodeUnknownOperator, g.tok.span, format, g.tok.name()).hint("%s", h)
	}
	return g.fail(CodeSyntax, g.tok.span, format, g.tok.name())
}
