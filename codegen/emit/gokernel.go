package emit

import (
	"fmt"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
)

// operandName is what an operand may be called in Go: not what the function's text uses itself.
var operandName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,60}$`)

// nameParams calls the output out, and operands by their names, or a, b, c, … where they have none.
func (k *goKernel) nameParams() {
	p := k.Problem
	taken := []string{"out", "n", "i", "fmt", "unsafe", k.Name}
	for i, t := range append([]parser.Tensor{p.Tensors[p.Output]}, p.Tensors[:p.Operands]...) {
		c := goParam{Name: "out", Type: goType(t.DType), DType: t.DType, Shape: t.Shape, Len: size(t.Shape)}
		c.Open = k.opens[p.Output]
		if i > 0 {
			c.Open = k.opens[i-1]
			c.Name = k.operand(i-1, taken)
			taken = append(taken, c.Name)
		}
		k.Params = append(k.Params, c)
	}
}

func (k *goKernel) operand(i int, taken []string) string {
	name := ""
	if decls := k.Directive.Program.Operands; i < len(decls) {
		name = decls[i].Name
	}
	if name == "" && i < 26 {
		name = string(rune('a' + i))
	}
	if !operandName.MatchString(name) || token.IsKeyword(name) || types.Universe.Lookup(name) != nil ||
		strings.HasPrefix(name, "einc") || slices.Contains(taken, name) {
		return fmt.Sprintf("op%d_", i)
	}
	return name
}

// Operands is Params without the output.
func (k *goKernel) Operands() []goParam { return k.Params[1:] }

// Signature declares the parameters: neighbours of one type share it.
func (k *goKernel) Signature() string { return signature(k.Params) }

// LoopSignature declares the parameters by the names that loops use.
func (k *goKernel) LoopSignature() string { return signature(k.loopParams()) }

func (k *goKernel) loopParams() []goParam {
	ps := slices.Clone(k.Params)
	for i := range ps[1:] {
		ps[i+1].Name = fmt.Sprintf("op%d", i)
	}
	return ps
}

// LoopArgs passes on what LoopSignature declares.
func (k *goKernel) LoopArgs() string {
	names := []string{"out"}
	for i := range k.Operands() {
		names = append(names, fmt.Sprintf("op%d", i))
	}
	return strings.Join(names, ", ")
}

func signature(ps []goParam) string {
	var b strings.Builder
	for i, p := range ps {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.Name)
		if i+1 == len(ps) || ps[i+1].Type != p.Type {
			b.WriteString(" []" + p.Type)
		}
	}
	return b.String()
}

// ArgList passes the parameters on.
func (k *goKernel) ArgList() string {
	var names []string
	for _, p := range k.Params {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}

// ItemList passes item i of the parameters on.
func (k *goKernel) ItemList() string {
	var items []string
	for _, p := range k.Params {
		if p.Open {
			items = append(items, fmt.Sprintf("%s[i*%d:(i+1)*%[2]d]", p.Name, p.Len))
		} else {
			items = append(items, p.Name)
		}
	}
	return strings.Join(items, ", ")
}

// ExprLines are the expression for a comment.
func (k *goKernel) ExprLines() []string { return commentLines(k.Directive.Expr) }

// Compiler says what made the code of the variants.
func (k *goKernel) Compiler() string {
	if len(k.Variants) == 0 {
		return ""
	}
	return commentWord(k.Variants[0].Object.LLVM)
}

// Loops are the plain loops.
func (k *goKernel) Loops() string { return goLoops(k.Plain, k.Prefix, false) }

// Helpers are the functions that the loops need. The halves' are always there, as the tests need them.
func (k *goKernel) Helpers() string {
	text := k.Loops()
	for _, p := range k.Params {
		if p.Half() != "" {
			text += k.Prefix + "From" + p.Half() + "(" + k.Prefix + "To" + p.Half() + "("
		}
	}
	var b strings.Builder
	for _, h := range helpers {
		if strings.Contains(text, k.Prefix+h.name+"(") {
			fmt.Fprintf(&b, h.text, k.Prefix)
		}
	}
	return b.String()
}

// Half is the name of a half type, or empty.
func (p goParam) Half() string {
	if p.DType == tensor.F16 || p.DType == tensor.BF16 {
		return halfName(p.DType)
	}
	return ""
}

// Test is the part of the tests' names after Test, Fuzz and so on.
func (k *goKernel) Test() string {
	if token.IsExported(k.Name) {
		return k.Name
	}
	return "_" + k.Name
}

// Asm is the build constraint of machine code, NoAsm its opposite.
func (k *goKernel) Asm() string {
	var archs []string
	for _, a := range []string{"amd64", "arm64"} {
		if k.Has(a) {
			archs = append(archs, a)
		}
	}
	if len(archs) == 2 {
		return "(amd64 || arm64) && !purego && !noasm"
	}
	return strings.Join(archs, "") + " && !purego && !noasm"
}

// NoAsm is the build constraint of what stands in for machine code.
func (k *goKernel) NoAsm() string {
	switch {
	case len(k.Variants) == 0:
		return ""
	case k.Has("amd64") && k.Has("arm64"):
		return "purego || noasm || !(amd64 || arm64)"
	case k.Has("amd64"):
		return "purego || noasm || !amd64"
	}
	return "purego || noasm || !arm64"
}

// Bases is the number of bases of a frame.
func (k *goKernel) Bases() int { return len(k.Params) + 2 }

// HeadNanos is the least work of a goroutine.
func (k *goKernel) HeadNanos() int { return headNanos }

// Bytes is the memory of the parameter, or of one item of it.
func (p goParam) Bytes() int { return p.Len * p.DType.Size() }

// ExampleLen is the length of the output in the example, which has three items.
func (k *goKernel) ExampleLen() int {
	if k.Open != "" {
		return 3 * k.Params[0].Len
	}
	return k.Params[0].Len
}

// MaxArgs is the longest args block of any launch.
func (k *goKernel) MaxArgs() int {
	n := 1
	for _, v := range k.Variants {
		for _, l := range v.Object.Launches {
			n = max(n, len(l.Args))
		}
	}
	return n
}

// Value is an expression for a random number that suits the tests.
func (k *goKernel) Value() string {
	switch {
	case k.Exact:
		return "float64(r.IntN(5) - 2)"
	case k.Directive.DType.IsInt() || k.Directive.DType == tensor.Bool:
		return "float64(1 + r.IntN(3))"
	}
	return "0.05 + r.Float64()/4"
}

// FromFloat is an expression for an element made from a random number.
func (p goParam) FromFloat(prefix string) string {
	v := prefix + "Value(r)"
	switch {
	case p.DType == tensor.Bool:
		return "r.IntN(2) == 1"
	case p.Half() != "":
		return fmt.Sprintf("%sTo%s(float32(%s))", prefix, p.Half(), v)
	case p.DType.IsComplex():
		part := goType(p.DType.Real())
		return fmt.Sprintf("complex(%s(%s), %[1]s(%[2]s))", part, v)
	}
	return fmt.Sprintf("%s(%s)", p.Type, v)
}

// Close is the body of a function that compares elements got and want of the output.
func (k *goKernel) Close() string {
	p := k.Params[0]
	x := func(v string) string {
		if p.Half() != "" {
			v = fmt.Sprintf("%sFrom%s(%s)", k.Prefix, p.Half(), v)
		}
		return "float64(" + v + ")"
	}
	switch {
	case k.Exact || p.DType.IsInt() || p.DType == tensor.Bool:
		return "return got == want"
	case p.DType.IsComplex():
		return fmt.Sprintf("return got == want || cmplx.Abs(complex128(got-want)) <= %s*(cmplx.Abs(complex128(want))+0.05)", k.Tolerance())
	}
	return fmt.Sprintf("x, y := %s, %s\nreturn x == y || x != x && y != y || math.Abs(x-y) <= %s*(math.Abs(y)+0.05)", x("got"), x("want"), k.Tolerance())
}

// Tolerance is how far a result may be from that of the wide loops, relative to it.
func (k *goKernel) Tolerance() string {
	switch k.Params[0].DType {
	case tensor.F16:
		return "0x1p-7"
	case tensor.BF16:
		return "0x1p-4"
	case tensor.F32, tensor.C64:
		return "1e-4"
	}
	return "1e-9"
}

// exact says that results on integers of -2 to 2 are exact in any order of summation.
func exact(p *parser.Problem) bool {
	bounds := make([]float64, len(p.Tensors))
	for i := range p.Operands {
		bounds[i] = 2
	}
	for _, s := range p.Statements {
		b := make([]float64, len(s.Expr))
		for i := range s.Expr {
			if b[i] = bound(p, &s.Expr[i], b, bounds); b[i] > 1<<20 {
				return false
			}
		}
		bounds[s.Out] = b[len(b)-1]
		if s.Old >= 0 {
			bounds[s.Out] = max(bounds[s.Old]*b[len(b)-1], bounds[s.Old]+b[len(b)-1])
		}
	}
	for _, t := range p.Tensors {
		if t.DType != t.DType.Accum() {
			return false
		}
	}
	return true
}

// inexact is the bound of what is no small integer.
const inexact = 1e300

// bound is the largest modulus of a node's value.
func bound(p *parser.Problem, n *parser.Node, b, tensors []float64) float64 {
	switch n.Kind {
	case parser.NodeRef:
		return tensors[n.Tensor]
	case parser.NodeConst:
		if n.Value != float64(int64(n.Value)) {
			return inexact
		}
		return max(n.Value, -n.Value)
	case parser.NodeReduce:
		v := b[n.Args[0]]
		if n.Reduce == parser.Prod {
			return inexact
		}
		for _, ix := range n.Over {
			if n.Reduce == parser.Sum {
				v *= float64(p.Indices[ix].Extent)
			}
		}
		return v
	}
	v := b[n.Args[0]]
	for _, a := range n.Args[1:] {
		switch n.Fn {
		case parser.FnAdd, parser.FnSub:
			v += b[a]
		case parser.FnMul:
			v *= 2 * b[a]
		default:
			v = max(v, b[a])
		}
	}
	switch n.Fn {
	case parser.FnCast, parser.FnAdd, parser.FnSub, parser.FnMul, parser.FnNeg, parser.FnRelu, parser.FnMin, parser.FnMax:
		return v
	case parser.FnSign:
		return min(v, 1)
	case parser.FnAbs:
		if slices.ContainsFunc(p.Tensors, func(t parser.Tensor) bool { return t.DType.IsComplex() }) {
			return inexact
		}
		return v
	}
	return inexact
}
