package einc

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/codegen/libllvm"
	"github.com/einc-lang/einc/codegen/lower"
	"github.com/einc-lang/einc/parser"
)

// Explanation is the text of stages, in pipeline order.
type Explanation []Stage

// Stage is what one stage gave, in the form it is printed in everywhere, and the time it took where
// that was measured.
type Stage struct {
	Name, Text string
	Took       time.Duration
}

// String prints every stage under its name.
func (e Explanation) String() string {
	var b strings.Builder
	for i, s := range e {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "-- %s --\n%s", s.Name, s.Text)
	}
	return b.String()
}

// StageNames lists the stages in pipeline order: what each index does in words, the program and
// problem that the parser made, the plan, the loops, LLVM's input, and the machine's assembly.
func StageNames() []string {
	return []string{"words", "program", "problem", "plan", "loop", "llvm", "asm"}
}

// Explain prints the named stages of an expression, or all of them. Without specs only "words" and
// "program" can be had.
func Explain(ctx context.Context, expr string, specs []Spec, opts *Options, stages ...string) (Explanation, error) {
	if ctx == nil {
		return nil, errNoContext
	}
	if opts == nil {
		opts = &Options{}
	}
	for _, name := range stages {
		if !slices.Contains(StageNames(), name) {
			return nil, unknownStage(name)
		}
	}
	p, err := parser.Parse(expr, opts.Mode)
	if err != nil {
		return nil, err
	}
	if len(specs) == 0 && len(p.Operands) > 0 {
		return explainText(p, stages)
	}
	c, err := plan(ctx, p, specs, opts)
	if err != nil {
		return nil, err
	}
	return c.explain(ctx, stages)
}

// explainText is all that can be said without sizes.
func explainText(p *parser.Program, stages []string) (Explanation, error) {
	if len(stages) == 0 {
		stages = []string{"words"}
	}
	var out Explanation
	for _, name := range stages {
		text := parser.Explain(p)
		switch name {
		case "words":
		case "program":
			text = p.String() + "\n"
		default:
			return nil, fmt.Errorf("%q needs the operands' shapes: give %d of them, as 64x32 or 64x32:f32", name, len(p.Operands))
		}
		out = append(out, Stage{Name: name, Text: text})
	}
	return out, nil
}

// Explain prints every stage of the function up to LLVM's input.
func (f *Func) Explain() Explanation {
	e, err := Explanation(nil), errNotCompiled
	if f.compiled() {
		e, err = f.c.explain(context.Background(), StageNames()[:6])
	}
	if err != nil {
		return Explanation{{Name: "error", Text: err.Error() + "\n"}}
	}
	return e
}

func (c *compilation) explain(ctx context.Context, stages []string) (Explanation, error) {
	if len(stages) == 0 {
		stages = StageNames()
	}
	target, err := c.opts.target()
	if err != nil {
		return nil, err
	}
	unit, err := codegen.Lower(c.plan, target, lower.Options{Sizes: c.sizes})
	if err != nil {
		return nil, err
	}
	var e Explanation
	for _, name := range stages {
		text, err := c.stage(ctx, unit, name)
		if err != nil {
			return nil, err
		}
		e = append(e, Stage{Name: name, Text: text, Took: c.watch.took(name)})
	}
	return e, nil
}

func (c *compilation) stage(ctx context.Context, u *codegen.Unit, name string) (string, error) {
	switch name {
	case "words":
		if c.sizes != nil {
			return parser.Explain(c.program) + c.openWords(), nil
		}
		return parser.ExplainSizes(c.program, c.specs)
	case "program":
		return c.program.String() + "\n", nil
	case "problem":
		return c.problem.String(), nil
	case "plan":
		return c.plan.String(), nil
	case "loop":
		return u.Program.String(), nil
	case "llvm":
		return u.IR()
	case "asm":
		return u.Text(ctx, c.opts.compiler(), libllvm.Asm)
	}
	return "", unknownStage(name)
}

// openWords tells which extents are left to calls, and the examples that the order and all figures are for.
func (c *compilation) openWords() string {
	var open, known []string
	for id, x := range c.problem.Indices {
		text := fmt.Sprintf("%s=%d", x.Name, x.Extent)
		if c.sizes.OfIndex[id] < 0 {
			known = append(known, text)
			continue
		}
		open = append(open, text)
	}
	text := "\nExtents\n  open to calls; the order and all figures are for " + strings.Join(open, " ") + "\n"
	if len(known) > 0 {
		text += "  known: " + strings.Join(known, " ") + "\n"
	}
	return text
}

func unknownStage(name string) error {
	return fmt.Errorf("unknown stage %q: the stages are %s", name, strings.Join(StageNames(), ", "))
}

// stopwatch notes what stages took.
type stopwatch []lap

type lap struct {
	stage string
	took  time.Duration
}

// start begins a lap that the returned function ends.
func (w *stopwatch) start(stage string) func() {
	began := time.Now()
	return func() { *w = append(*w, lap{stage, time.Since(began)}) }
}

func (w stopwatch) took(stage string) time.Duration {
	for _, l := range w {
		if l.stage == stage {
			return l.took
		}
	}
	return 0
}
