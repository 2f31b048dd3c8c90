package emit

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
)

// goType is the Go type of a stored element. The half types are stored as their bits.
func goType(d tensor.DType) string {
	switch d {
	case tensor.F16, tensor.BF16:
		return "uint16"
	case tensor.C64:
		return "complex64"
	case tensor.C128:
		return "complex128"
	}
	return d.NumPy()
}

// loops writes a problem as plain Go loops over row-major slices: the body of a function with parameters
// out, op0, op1, …. Element-wise values go into variables, so that a value used twice is computed once.
type loops struct {
	strings.Builder
	p      *parser.Problem
	prefix string // of the names of helper functions
	wide   bool   // compute in float64 and complex128
	used   map[parser.IndexID]bool
	names  int
	scopes []map[parser.NodeID]string
	expr   parser.Expr
}

// goLoops is the body of a function that computes p.
func goLoops(p *parser.Problem, prefix string, wide bool) string {
	l := &loops{p: p, prefix: prefix, wide: wide, used: map[parser.IndexID]bool{}}
	for i := range p.Statements {
		l.statement(&p.Statements[i])
	}
	return l.String()
}

func (l *loops) printf(format string, args ...any) { fmt.Fprintf(l, format+"\n", args...) }

// name makes a variable that no other has.
func (l *loops) name(kind string) string {
	l.names++
	return kind + strconv.Itoa(l.names)
}

// tensorName is the slice of a tensor.
func (l *loops) tensorName(t int) string {
	switch {
	case t == l.p.Output:
		return "out"
	case t < l.p.Operands:
		return fmt.Sprintf("op%d", t)
	}
	return fmt.Sprintf("t%d", t)
}

func (l *loops) statement(s *parser.Statement) {
	out, dst := &l.p.Tensors[s.Out], l.tensorName(s.Out)
	if s.Out != l.p.Output {
		l.printf("%s := make([]%s, %d)", dst, goType(out.DType), size(out.Shape))
	}
	free := distinct(s.Left)
	switch {
	case s.Old >= 0:
		l.copyOld(s, dst)
	case len(free) < len(s.Left):
		l.printf("clear(%s)", dst)
	}
	l.expr = s.Expr
	l.over(free, func() {
		last := parser.NodeID(len(s.Expr) - 1)
		v := l.cast(s.Expr[last].DType, out.DType, l.value(last))
		at := fmt.Sprintf("%s[%s]", dst, l.place(s.Left, out.Shape))
		if s.Old >= 0 {
			v = l.apply2(s.Op.Fn(), out.DType.Accum(), l.load(out.DType, at), v)
		}
		l.printf("%s = %s", at, l.store(out.DType, v))
	})
}

// copyOld starts a result from what the left held.
func (l *loops) copyOld(s *parser.Statement, dst string) {
	from, to := l.p.Tensors[s.Old].DType, l.p.Tensors[s.Out].DType
	old := l.tensorName(s.Old)
	if from == to {
		l.printf("copy(%s, %s)", dst, old)
		return
	}
	l.printf("for i := range %s {\n%[1]s[i] = %s\n}", dst, l.store(to, l.cast(from, to, l.load(from, old+"[i]"))))
}

// over writes loops over indices around what body writes. A loop whose index the body does not mention has
// no variable, as Go demands.
func (l *loops) over(ixs []parser.IndexID, body func()) {
	if len(ixs) == 0 {
		l.scopes = append(l.scopes, map[parser.NodeID]string{})
		body()
		l.scopes = l.scopes[:len(l.scopes)-1]
		return
	}
	ix := ixs[0]
	before, outer := l.take(), l.used[ix]
	l.used[ix] = false
	l.over(ixs[1:], body)
	inner, used := l.take(), l.used[ix]
	l.used[ix] = outer
	head := fmt.Sprintf("for range %d", l.p.Indices[ix].Extent)
	if used {
		head = fmt.Sprintf("for %s := range %d", l.variable(ix), l.p.Indices[ix].Extent)
	}
	l.printf("%s%s {\n%s}", before, head, inner)
}

// take returns what was written and begins anew.
func (l *loops) take() string {
	text := l.String()
	l.Reset()
	return text
}

// variable is the loop variable of an index: x and its name if that is plain, else its number.
func (l *loops) variable(ix parser.IndexID) string {
	if n := l.p.Indices[ix].Name; identifier.MatchString(n) && len(n) <= maxName {
		return "x" + n
	}
	return fmt.Sprintf("x%d", ix)
}

// place is the offset of an element in a row-major tensor.
func (l *loops) place(axes []parser.IndexID, shape []int) string {
	var terms []string
	stride := 1
	for a := len(axes) - 1; a >= 0; a-- {
		if ix := axes[a]; ix != parser.NoIndex && l.p.Indices[ix].Extent != 1 {
			l.used[ix] = true
			term := l.variable(ix)
			if stride != 1 {
				term += "*" + strconv.Itoa(stride)
			}
			terms = append(terms, term)
		}
		stride *= shape[a]
	}
	if len(terms) == 0 {
		return "0"
	}
	slices.Reverse(terms)
	return strings.Join(terms, "+")
}

// value writes what a node needs and returns a variable or constant that holds it.
func (l *loops) value(id parser.NodeID) string {
	for _, s := range l.scopes {
		if v, ok := s[id]; ok {
			return v
		}
	}
	n := &l.expr[id]
	var v string
	if n.Kind == parser.NodeReduce {
		v = l.reduce(n)
	} else {
		text := l.compute(n)
		v = l.name("v")
		l.printf("%s := %s", v, text)
	}
	l.scopes[len(l.scopes)-1][id] = v
	return v
}

func (l *loops) compute(n *parser.Node) string {
	switch n.Kind {
	case parser.NodeConst:
		return l.constant(n)
	case parser.NodeRef:
		t := &l.p.Tensors[n.Tensor]
		return l.load(t.DType, fmt.Sprintf("%s[%s]", l.tensorName(n.Tensor), l.place(n.Axes, t.Shape)))
	}
	d, from := n.DType.Accum(), l.expr[n.Args[0]].DType.Accum()
	v := l.value(n.Args[0])
	switch n.Fn {
	case parser.FnCast:
		return l.cast(from, d, v)
	case parser.FnAdd, parser.FnSub, parser.FnMul, parser.FnDiv, parser.FnMin, parser.FnMax:
		for _, a := range n.Args[1:] {
			v = l.apply2(n.Fn, d, v, l.value(a))
		}
		return v
	}
	return l.apply1(n.Fn, d, from, v)
}

func (l *loops) reduce(n *parser.Node) string {
	d := n.DType.Accum()
	v := l.name("r")
	l.printf("var %s %s = %s", v, l.typ(d), l.identity(n.Reduce, d))
	l.over(n.Over, func() {
		x := l.value(n.Args[0])
		if n.Reduce == parser.Sum && d != tensor.Bool {
			l.printf("%s += %s", v, x)
		} else {
			l.printf("%s = %s", v, l.apply2(n.Reduce.Fn(), d, v, x))
		}
	})
	return v
}

// identity is what an empty reduction gives.
func (l *loops) identity(r parser.ReduceOp, d tensor.DType) string {
	switch {
	case d == tensor.Bool:
		return strconv.FormatBool(r == parser.Prod || r == parser.Min)
	case r == parser.Prod:
		return "1"
	case r == parser.Max && d.IsInt():
		return fmt.Sprintf("-1 << %d", 8*d.Size()-1)
	case r == parser.Min && d.IsInt():
		return fmt.Sprintf("1<<%d - 1", 8*d.Size()-1)
	case r == parser.Max:
		return l.typ(d) + "(math.Inf(-1))"
	case r == parser.Min:
		return l.typ(d) + "(math.Inf(1))"
	}
	return "0"
}

// constant is a literal of a node's type. It goes into a variable like any other value: Go would compute
// with constants exactly, and refuse those that overflow.
func (l *loops) constant(n *parser.Node) string {
	d := n.DType.Accum()
	switch {
	case d == tensor.Bool:
		return strconv.FormatBool(n.Int != 0 || n.Value != 0)
	case d.IsInt():
		return fmt.Sprintf("%s(%d)", l.typ(d), n.Int)
	case d.IsComplex():
		return fmt.Sprintf("complex(%s, 0)", l.float(d.Real(), n.Value))
	}
	return l.float(d, n.Value)
}

func (l *loops) float(d tensor.DType, v float64) string {
	typ := l.typ(d)
	if typ == "float32" {
		v = float64(float32(v))
	}
	switch {
	case math.IsNaN(v):
		return typ + "(math.NaN())"
	case math.IsInf(v, 0):
		return fmt.Sprintf("%s(math.Inf(%d))", typ, int(math.Copysign(1, v)))
	case v == 0 && math.Signbit(v):
		return typ + "(math.Copysign(0, -1))"
	}
	return typ + "(" + strconv.FormatFloat(v, 'g', -1, 64) + ")"
}

func size(shape []int) int {
	n := 1
	for _, e := range shape {
		n *= e
	}
	return n
}

func distinct(axes []parser.IndexID) []parser.IndexID {
	var out []parser.IndexID
	for _, ix := range axes {
		if ix != parser.NoIndex && !slices.Contains(out, ix) {
			out = append(out, ix)
		}
	}
	return out
}
