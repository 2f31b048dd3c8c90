package golden

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
)

// programmer writes a random program in index notation.
type programmer struct {
	r      *rand.Rand
	d      tensor.DType
	labels string
	axes   map[string]string // of operands and temporaries, by name
	temps  []string
	few    int // products that a statement may yet have, so that values stay small
}

// RandomProgram makes statements in index notation of the given type: sums and products of several operands, functions,
// accumulation into an operand, reductions by max and min, diagonals, temporaries. All that it does is exact on
// the operands' small integers. Operands may be permuted, flipped, repeat one element along an axis, or have an axis of extent 1
// that others stretch.
func RandomProgram(r *rand.Rand, d tensor.DType, alloc Alloc) (*Contraction, error) {
	p := &programmer{r: r, d: d, labels: "abcde"[:1+r.IntN(5)], axes: map[string]string{}}
	statements := 1 + r.IntN(3)
	if d == tensor.F32 {
		statements = 1 // values stay below 2²⁴
	}
	var lines []string
	for i := range statements {
		lines = append(lines, p.statement(fmt.Sprintf("T%d", i)))
	}
	c := &Contraction{Expr: strings.Join(lines, "\n")}
	space := maxSpace / 4
	if strings.Contains(c.Expr, "(") {
		space = 500 // the naive evaluator comes to a sum in a function once for every position around it
	}
	sizes := randomSizes(r, len(p.labels), space)
	prog, err := parser.Parse(c.Expr, parser.ModeAuto)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Expr, err)
	}
	all := r.IntN(2) == 0
	for _, o := range prog.Operands {
		if o.Optional && !all {
			continue
		}
		of := sizes
		if !o.Optional && r.IntN(4) == 0 {
			of = slices.Clone(sizes)
			of[r.IntN(len(of))] = 1
		}
		t, err := randomOperand(r, d, p.axes[o.Name], of, alloc)
		if err != nil {
			return nil, err
		}
		if t, err = spread(r, t); err != nil {
			return nil, err
		}
		c.Operands = append(c.Operands, t)
	}
	return c, nil
}

// spread takes a tensor whose first axis repeats one element instead, sometimes.
func spread(r *rand.Rand, t *tensor.Tensor) (*tensor.Tensor, error) {
	if t.Len() == 0 || t.Rank() == 0 || r.IntN(6) > 0 {
		return t, nil
	}
	one, err := t.Index(tensor.Span{Stop: 1, Step: 1})
	if err != nil {
		return nil, err
	}
	return one.Expand(t.Shape()...)
}

// statement assigns to a name, with some of the right side's labels in any order, perhaps one of them twice.
func (p *programmer) statement(name string) string {
	join := []string{"*", " + "}
	switch p.few = 2; {
	case p.d == tensor.F32:
		p.few = 1
	case !p.d.IsInt() && p.d != tensor.Bool && len(p.temps) > 0: // values stay below 2⁵³
		p.few, join[0] = 0, " + "
	}
	right, labels := p.sum(2)
	if n := len(p.temps); n > 0 { // what is assigned must be used
		last := p.temps[n-1]
		right, labels = ref(last, p.axes[last])+join[p.r.IntN(2)]+right, union(labels, []byte(p.axes[last]))
	}
	p.r.Shuffle(len(labels), func(i, j int) { labels[i], labels[j] = labels[j], labels[i] })
	left := string(labels[:p.r.IntN(len(labels)+1)])
	if left != "" && p.r.IntN(8) == 0 {
		left += left[:1]
	}
	ops := []string{"=", "=", "=", "+="}
	if !p.d.IsComplex() {
		ops = append(ops, "max=", "min=")
	}
	p.axes[name], p.temps = left, append(p.temps, name)
	return ref(name, left) + " " + ops[p.r.IntN(len(ops))] + " " + right
}

func ref(name, axes string) string {
	if axes == "" {
		return name
	}
	return name + "[" + strings.Join(strings.Split(axes, ""), ",") + "]"
}

// sum is an expression of some depth, and the labels in it.
func (p *programmer) sum(depth int) (string, []byte) {
	left, labels := p.product(depth)
	if p.r.IntN(3) > 0 {
		return left, labels
	}
	right, more := p.product(depth)
	op := " + "
	if p.d != tensor.Bool && p.r.IntN(2) == 0 {
		op = " - "
	}
	return left + op + right, union(labels, more)
}

func (p *programmer) product(depth int) (string, []byte) {
	text, labels := p.factor(depth)
	for p.few > 0 && p.r.IntN(2) == 0 {
		p.few--
		right, more := p.factor(depth)
		text, labels = text+"*"+right, union(labels, more)
	}
	return text, labels
}

// factor is an operand, a temporary, or a function of a sum.
func (p *programmer) factor(depth int) (string, []byte) {
	if depth == 0 || p.r.IntN(3) > 0 || p.d.IsComplex() {
		return p.operand()
	}
	arg, labels := p.sum(depth - 1)
	switch f := []string{"relu", "abs", "sign", "min", "max", ""}[p.r.IntN(6)]; f {
	case "min", "max":
		other, more := p.sum(0)
		return f + "(" + arg + ", " + other + ")", union(labels, more)
	default:
		return f + "(" + arg + ")", labels
	}
}

// operand is the temporary assigned last, or an operand, new or old.
func (p *programmer) operand() (string, []byte) {
	if n := len(p.temps); n > 0 && p.r.IntN(2) == 0 {
		name := p.temps[n-1]
		return ref(name, p.axes[name]), union(nil, []byte(p.axes[name]))
	}
	name := "ABCDE"[p.r.IntN(5):][:1]
	if _, ok := p.axes[name]; !ok {
		p.axes[name] = randomTerm(p.r, p.labels)
	}
	return ref(name, p.axes[name]), union(nil, []byte(p.axes[name]))
}

func union(a, b []byte) []byte {
	for _, l := range b {
		if !slices.Contains(a, l) {
			a = append(a, l)
		}
	}
	return a
}
