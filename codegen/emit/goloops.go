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

// Plain is what plain Go computes: the statements of a problem, one after the other, in loops over slices.
type Plain struct {
	*parser.Problem
	Loops   []PlainLoop    // around runs of statements; an outer one comes before those inside it
	Windows []*PlainWindow // by tensor; nil, as beyond the end, for those that are no part of another
}

// PlainLoop repeats the statements First…End-1, once for each of Count positions: at position p it stands at
// item Begin+p·Step.
type PlainLoop struct{ First, End, Begin, Step, Count int }

// PlainWindow makes a tensor a part of another one, which begins along some axes where loops stand.
type PlainWindow struct {
	Of    int
	Moves []PlainMove
}

// PlainMove shifts a window along an axis with one of Plain.Loops.
type PlainMove struct{ Axis, Loop int }

// loops writes it as plain Go loops over row-major slices: the body of a function with parameters
// out, op0, op1, …. Element-wise values go into variables, so that a value used twice is computed once.
type loops struct {
	strings.Builder
	p      *Plain
	prefix string // of the names of helper functions
	wide   bool   // compute in float64 and complex128
	lazy   bool   // temporaries are functions of the place of an element: see goSample
	used   map[parser.IndexID]bool
	made   map[string]bool // temporaries
	names  int
	scopes []map[parser.NodeID]string
	expr   parser.Expr
}

// goLoops is the body of a function that computes p.
func goLoops(p *Plain, prefix string, wide bool) string {
	l := &loops{p: p, prefix: prefix, wide: wide, used: map[parser.IndexID]bool{}, made: map[string]bool{}}
	l.run(0, len(p.Statements), 0, false)
	return l.String()
}

// run writes the statements lo…hi-1, of which loops from number next on may repeat some. Temporaries are made
// outside of all loops.
func (l *loops) run(lo, hi, next int, inside bool) {
	for i := lo; i < hi; {
		for next < len(l.p.Loops) && l.p.Loops[next].First < i {
			next++
		}
		end := i + 1
		if loop := next; loop < len(l.p.Loops) && l.p.Loops[loop].First == i {
			o := &l.p.Loops[loop]
			if end = o.End; !inside {
				l.make(i, end)
			}
			l.printf("for s%d := %d; s%[1]d < %[3]d; s%[1]d += %[4]d {", loop, o.Begin, o.Begin+o.Count*o.Step, o.Step)
			l.run(i, end, loop+1, true)
			l.printf("}")
		} else {
			if !inside {
				l.make(i, end)
			}
			l.statement(&l.p.Statements[i])
		}
		i = end
	}
}

// make declares the temporaries that statements lo…hi-1 are the first to write.
func (l *loops) make(lo, hi int) {
	for _, s := range l.p.Statements[lo:hi] {
		t := l.whole(s.Out)
		if name := l.tensorName(t); t >= l.p.Operands && t != l.p.Output && !l.made[name] {
			l.made[name] = true
			l.printf("%s := make([]%s, %d)", name, goType(l.p.Tensors[t].DType), size(l.p.Tensors[t].Shape))
		}
	}
}

func (l *loops) printf(format string, args ...any) { fmt.Fprintf(l, format+"\n", args...) }

// name makes a variable that no other has.
func (l *loops) name(kind string) string {
	l.names++
	return kind + strconv.Itoa(l.names)
}

// window is what makes a tensor a part of another, or nil.
func (l *loops) window(t int) *PlainWindow {
	if t < len(l.p.Windows) {
		return l.p.Windows[t]
	}
	return nil
}

// whole is the tensor that t is, or is a part of.
func (l *loops) whole(t int) int {
	if w := l.window(t); w != nil {
		return w.Of
	}
	return t
}

// tensorName is the slice of a tensor.
func (l *loops) tensorName(t int) string {
	switch t = l.whole(t); {
	case t == l.p.Output:
		return "out"
	case t < l.p.Operands:
		return fmt.Sprintf("op%d", t)
	}
	return fmt.Sprintf("t%d", t)
}

// element is a stored element of a tensor.
func (l *loops) element(t int, axes []parser.IndexID) string {
	return l.at(t, l.place(t, axes))
}

func (l *loops) statement(s *parser.Statement) {
	out := l.p.Tensors[s.Out].DType
	free := distinct(s.Left)
	diagonal := len(free) < len(s.Left)-count(s.Left, parser.NoIndex)
	switch {
	case diagonal && s.Old >= 0:
		l.copyOld(s)
	case diagonal:
		l.printf("clear(%s)", l.tensorName(s.Out))
	}
	l.expr = s.Expr
	l.over(free, func() {
		v := l.combined(s)
		l.printf("%s = %s", l.element(s.Out, s.Left), l.store(out, v))
	})
}

// combined is the value of a statement for an element, with what its left held if it has an operator.
func (l *loops) combined(s *parser.Statement) string {
	out, last := l.p.Tensors[s.Out].DType, parser.NodeID(len(s.Expr)-1)
	v := l.cast(s.Expr[last].DType, out, l.value(last))
	if s.Old < 0 {
		return v
	}
	from := l.p.Tensors[s.Old].DType
	return l.apply2(s.Op.Fn(), out.Accum(), l.cast(from, out, l.load(from, l.element(s.Old, s.Left))), v)
}

// copyOld starts a result, of which only a diagonal is computed, from what the left held.
func (l *loops) copyOld(s *parser.Statement) {
	from, to := l.p.Tensors[s.Old].DType, l.p.Tensors[s.Out].DType
	old, dst := l.tensorName(s.Old), l.tensorName(s.Out)
	switch {
	case old == dst:
	case from == to:
		l.printf("copy(%s, %s)", dst, old)
	default:
		l.printf("for i := range %s {\n%[1]s[i] = %s\n}", dst, l.store(to, l.cast(from, to, l.load(from, old+"[i]"))))
	}
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

// place is the offset of an element in its tensor, or in the one that this is a part of.
func (l *loops) place(t int, axes []parser.IndexID) string {
	var terms []string
	w, shape := l.window(t), l.p.Tensors[l.whole(t)].Shape
	stride := 1
	add := func(variable string) {
		if stride != 1 {
			variable += "*" + strconv.Itoa(stride)
		}
		terms = append(terms, variable)
	}
	for a := len(axes) - 1; a >= 0; a-- {
		if ix := axes[a]; ix != parser.NoIndex && l.p.Indices[ix].Extent != 1 {
			l.used[ix] = true
			add(l.variable(ix))
		}
		if w != nil {
			for _, m := range w.Moves {
				if m.Axis == a {
					add(fmt.Sprintf("s%d", m.Loop))
				}
			}
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
		return l.load(l.p.Tensors[n.Tensor].DType, l.element(n.Tensor, n.Axes))
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
	total := l.total(n.Reduce, d)
	v := l.name("r")
	l.printf("var %s %s = %s", v, l.typ(total), l.identity(n.Reduce, total))
	l.over(n.Over, func() {
		x := l.cast(d, total, l.value(n.Args[0]))
		if n.Reduce == parser.Sum && d != tensor.Bool {
			l.printf("%s += %s", v, x)
		} else {
			l.printf("%s = %s", v, l.apply2(n.Reduce.Fn(), d, v, x))
		}
	})
	if total == d {
		return v
	}
	rounded := l.name("v")
	l.printf("%s := %s", rounded, l.cast(total, d, v))
	return rounded
}

// total is the type that values of d are reduced in. A sum in float32 would stand still where its terms are less
// than half a unit in its last place, as those of a sum of millions are.
func (l *loops) total(r parser.ReduceOp, d tensor.DType) tensor.DType {
	switch {
	case l.wide || r != parser.Sum:
	case d == tensor.F32:
		return tensor.F64
	case d == tensor.C64:
		return tensor.C128
	}
	return d
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

func count(axes []parser.IndexID, id parser.IndexID) (n int) {
	for _, ix := range axes {
		if ix == id {
			n++
		}
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
