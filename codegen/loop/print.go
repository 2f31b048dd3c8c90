package loop

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/einc-lang/einc/tensor"
)

// String prints the nest as pseudocode, a line a node. It is complete: two nests that print the same
// compile to the same code.
func (n *Nest) String() string { return print(n, false) }

// Canonical is String without the names that people gave: the strategy is left out, variables and
// parameters are called by number. It is what caches should be keyed by.
func (n *Nest) Canonical() string { return print(n, true) }

func print(n *Nest, canonical bool) string {
	p := newPrinter(n, canonical)
	p.header()
	p.body(n.Body, 0)
	return p.out.String()
}

type printer struct {
	nest   *Nest
	vars   []string
	params []string
	out    strings.Builder
	head   string
}

func newPrinter(n *Nest, canonical bool) *printer {
	p := &printer{nest: n, vars: make([]string, len(n.Vars)), params: make([]string, len(n.Params)), head: "nest"}
	names := make([]string, len(n.Params))
	for i := range n.Params {
		names[i] = n.Params[i].Name
	}
	if canonical {
		for i := range p.vars {
			p.vars[i] = "v" + strconv.Itoa(i)
		}
		for i := range p.params {
			p.params[i] = "p" + strconv.Itoa(i)
		}
		return p
	}
	p.head += " " + strconv.Quote(n.Strategy)
	unique(p.vars, n.Vars)
	unique(p.params, names)
	return p
}

// unique makes words of labels that cannot be confused with each other or with an expression.
func unique(dst, labels []string) {
	seen := map[string]int{}
	for _, l := range labels {
		seen[l]++
	}
	for i, l := range labels {
		dst[i] = l
		if !isWord(l) {
			dst[i] = strconv.Quote(l)
		}
		if seen[l] > 1 || l == "" {
			dst[i] += "#" + strconv.Itoa(i)
		}
	}
}

func isWord(s string) bool {
	for _, r := range s {
		if r != '_' && r != '.' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return true
}

func (p *printer) header() {
	p.out.WriteString(p.head)
	if p.nest.FMA {
		p.out.WriteString(" fma")
	}
	if p.nest.F16C {
		p.out.WriteString(" f16c")
	}
	if p.nest.Dims > 0 {
		fmt.Fprintf(&p.out, " dims %d", p.nest.Dims)
	}
	p.out.WriteByte('\n')
	for i, a := range p.nest.Params {
		fmt.Fprintf(&p.out, "  %s %s %s[%d..%d)\n", a.Role, p.params[i], dtypeName(a.DType), a.Lo, a.Hi)
	}
}

func (p *printer) body(nodes []Node, depth int) {
	for _, n := range nodes {
		p.out.WriteString(strings.Repeat("  ", depth))
		p.out.WriteString(p.line(n))
		p.out.WriteByte('\n')
		if f, ok := n.(*For); ok {
			p.body(f.Body, depth+1)
		}
	}
}

// line prints a node without the body of a loop.
func (p *printer) line(n Node) string {
	switch n := n.(type) {
	case *For:
		return p.loop(n)
	case *Split:
		return p.split(n)
	case *Op:
		return p.op(n)
	case *Load:
		return fmt.Sprintf("%s = load %s%s%s", p.def(n.Dst), p.addr(n.From), p.stride(n.Dst, n.Stride), active(n.Active))
	case *Store:
		word := "store"
		if n.Stream {
			word = "stream"
		}
		return fmt.Sprintf("%s %s%s%s, %s", word, p.addr(n.To), p.stride(n.Src, n.Stride), active(n.Active), p.reg(n.Src))
	case *Prefetch:
		if n.Write {
			return "prefetch " + p.addr(n.At) + " to write"
		}
		return "prefetch " + p.addr(n.At)
	case *Offsets:
		return fmt.Sprintf("offsets %s = group(%s) from %s count %s", p.addr(n.Table), group(n.Group), p.affine(n.From), p.bound(n.Count))
	case *Pack:
		return fmt.Sprintf("pack %s%s = %s rows %s of %s width %d cols %s of %s%s%s", p.addr(n.To), apart(Const(n.Apart)), p.addr(n.From),
			p.addr(n.Rows), p.bound(n.Count), n.Width, p.addr(n.Cols), p.bound(n.Depth), run("run", n.Run),
			run("krun", n.KRun)+run("kstep", n.KStep)+p.cut("cut", n.Cut)+p.cut("kcut", n.KCut))
	case *Tile:
		return p.tile(n)
	}
	return fmt.Sprintf("unknown node %T", n)
}

func (p *printer) tile(n *Tile) string {
	var b strings.Builder
	place := ""
	if n.ARows != nil {
		place = " in rows " + p.addr(*n.ARows)
	}
	if n.ACols != nil {
		place += " cols " + p.addr(*n.ACols) + p.cut("cut", n.ACut)
	}
	fmt.Fprintf(&b, "tile %dx%d lanes %d acc %s depth %s: %s = %s%s * %s%s rows %s of %s cols %s of %s add %s%s", n.MR, n.NR, n.Lanes,
		dtypeName(n.Acc), p.bound(n.Depth), p.addr(n.C), p.addr(n.A), place, p.addr(n.B), apart(n.BStep), p.addr(n.CRows), p.bound(n.Rows),
		p.addr(n.CCols), p.bound(n.Cols), p.name(n.Add), run("run", n.Run)+p.cut("cut", n.Cut))
	if n.Stream {
		b.WriteString(" stream")
	}
	if n.Part != nil {
		fmt.Fprintf(&b, " part %s", p.addr(*n.Part))
	}
	if n.Ahead != nil {
		fmt.Fprintf(&b, " ahead %s by %d", p.addr(n.Ahead.At), n.Ahead.Step)
	}
	if a := n.After; a != nil {
		fmt.Fprintf(&b, " after %s = %s: %s", p.name(a.When), a.Is, p.def(a.Sum))
		for _, x := range a.Beside {
			fmt.Fprintf(&b, "; %s = beside %s rows %s cols %s%s", p.def(x.Dst), p.addr(x.From), p.table(x.Rows), p.table(x.Cols), run("run", x.Run))
		}
		for _, o := range a.Body {
			b.WriteString("; " + p.line(o))
		}
		fmt.Fprintf(&b, "; %s", p.reg(a.Value))
	}
	return b.String()
}

// table prints the address of a table that may be missing.
func (p *printer) table(a Addr) string {
	if a.Param < 0 {
		return "0"
	}
	return p.addr(a)
}

// apart prints a distance, where 0 says that there is none.
func apart(n Size) string {
	if n == Const(0) {
		return ""
	}
	return fmt.Sprintf(" apart %s", n)
}

// run prints a length or step that is 1 unless it says more.
func run(word string, n int64) string {
	if n <= 1 {
		return ""
	}
	return fmt.Sprintf(" %s %d", word, n)
}

func (p *printer) cut(name string, c *CutRuns) string {
	if c == nil {
		return ""
	}
	return fmt.Sprintf(" %s %d%s at %s", name, c.Length, run("step", c.Step), p.affine(c.At))
}

func active(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" active %d", n)
}

func (p *printer) loop(f *For) string {
	s := fmt.Sprintf("for %s 0..%s", p.name(f.Var), p.bound(f.Count))
	if f.Step != 1 {
		s += fmt.Sprintf(" step %d", f.Step)
	}
	if f.From > 1 {
		s += fmt.Sprintf(" after %d", f.From)
	}
	if f.Kind != Seq {
		s += " " + f.Kind.String()
	}
	var carry []string
	for _, c := range f.Carry {
		carry = append(carry, fmt.Sprintf("%s = %s then %s", p.def(c.Reg), p.reg(c.Init), p.reg(c.Next)))
	}
	if carry != nil {
		s += " carry " + strings.Join(carry, ", ")
	}
	return s
}

func (p *printer) split(n *Split) string {
	var digits []string
	for i, v := range n.Into {
		radix := "?"
		if i < len(n.Radix) {
			radix = n.Radix[i].String()
		}
		digits = append(digits, p.name(v)+":"+radix)
	}
	return fmt.Sprintf("split %s = %s", p.name(n.Of), strings.Join(digits, " "))
}

func (p *printer) op(n *Op) string {
	var args []string
	for _, r := range n.Args {
		args = append(args, p.reg(r))
	}
	switch {
	case n.Code == OpConst && p.isInt(n.Dst):
		args = append(args, strconv.FormatInt(n.Int, 10))
	case n.Code == OpConst:
		args = append(args, strconv.FormatFloat(n.Value, 'g', -1, 64))
	case n.Code == OpShuffle:
		args = append(args, fmt.Sprint(n.Pick))
	case n.Code == OpShl || n.Code == OpShr || n.Code == OpSar:
		args = append(args, strconv.FormatInt(n.Int, 10))
	}
	return fmt.Sprintf("%s = %s %s", p.def(n.Dst), n.Code, strings.Join(args, ", "))
}

func (p *printer) isInt(r Reg) bool {
	return int(r) < len(p.nest.Regs) && r >= 0 && p.nest.Regs[r].DType.IsInt()
}

func (p *printer) reg(r Reg) string { return "r" + strconv.Itoa(int(r)) }

// def prints a register with its type, as where it is defined.
func (p *printer) def(r Reg) string {
	if r < 0 || int(r) >= len(p.nest.Regs) {
		return p.reg(r) + ":?"
	}
	return p.reg(r) + ":" + p.nest.Regs[r].String()
}

func (p *printer) name(v Var) string {
	if v < 0 || int(v) >= len(p.vars) {
		return "?" + strconv.Itoa(int(v))
	}
	return p.vars[v]
}

// stride prints the stride of an access; that of a scalar says nothing.
func (p *printer) stride(r Reg, s Size) string {
	if r >= 0 && int(r) < len(p.nest.Regs) && p.nest.Regs[r].Lanes == 1 {
		return ""
	}
	return " by " + s.String()
}

func (p *printer) addr(a Addr) string {
	name := "?" + strconv.Itoa(a.Param)
	if a.Param >= 0 && a.Param < len(p.params) {
		name = p.params[a.Param]
	}
	return name + "[" + p.affine(a.Off) + "]"
}

func (p *printer) affine(a Affine) string {
	var b strings.Builder
	for i, t := range a.Terms {
		if i > 0 {
			b.WriteString(" + ")
		}
		switch {
		case t.Var == NoVar:
			b.WriteString(t.Coef.String())
		case t.Coef == Const(1):
			b.WriteString(p.name(t.Var))
		default:
			b.WriteString(p.name(t.Var) + "*" + t.Coef.String())
		}
	}
	switch {
	case b.Len() == 0:
		return strconv.FormatInt(a.Const, 10)
	case a.Const > 0:
		fmt.Fprintf(&b, " + %d", a.Const)
	case a.Const < 0:
		fmt.Fprintf(&b, " - %d", uint64(-a.Const))
	}
	return b.String()
}

func (p *printer) bound(b Bound) string {
	if !b.Clamped {
		return b.Max.String()
	}
	return fmt.Sprintf("min(%s, %s - (%s))", b.Max, b.Total, p.affine(b.At))
}

func group(g Group) string {
	var digits []string
	for i, e := range g.Extents {
		stride := "?"
		if i < len(g.Strides) {
			stride = g.Strides[i].String()
		}
		digits = append(digits, e.String()+"*"+stride)
	}
	return strings.Join(digits, " ")
}

// String is the number, or dims[i], with the most it can be as in dims[i]≤8.
func (s Size) String() string {
	switch {
	case s.Dim != 0 && s.Value != 0:
		return fmt.Sprintf("dims[%d]≤%d", s.Dim-1, s.Value)
	case s.Dim != 0:
		return fmt.Sprintf("dims[%d]", s.Dim-1)
	}
	return strconv.FormatInt(s.Value, 10)
}

// String is the element type, with xN for N lanes, as in f32x8.
func (t Type) String() string {
	if t.Lanes == 1 {
		return dtypeName(t.DType)
	}
	return dtypeName(t.DType) + "x" + strconv.Itoa(t.Lanes)
}

// dtypeName survives values that are no element type.
func dtypeName(d tensor.DType) string {
	if d > tensor.C128 {
		return "invalid" + strconv.Itoa(int(d))
	}
	return d.String()
}

var roleNames = []string{"in", "out", "shared", "worker"}

// String is the role in lower case.
func (r Role) String() string {
	if int(r) >= len(roleNames) {
		return "role" + strconv.Itoa(int(r))
	}
	return roleNames[r]
}

var kindNames = []string{"seq", "task", "vector", "unroll", "block", "thread"}

// String is the kind in lower case.
func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return "kind" + strconv.Itoa(int(k))
	}
	return kindNames[k]
}
