package einc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/codegen/emit"
	"github.com/einc-lang/einc/codegen/libllvm"
	"github.com/einc-lang/einc/codegen/lower"
	"github.com/einc-lang/einc/runtime/object"
)

// BuildTarget says what BuildFor compiles for.
type BuildTarget struct {
	System string   // GOOS/GOARCH or a triple; empty: this machine's
	CPUs   []string // levels of the system's architecture; none: the one that most machines in use have
	// Several levels, of x86-64 only, make code that picks one at its first call.

	// RuntimeStrides leaves the strides of operands and output to the caller: an array of those of all axes of the
	// output, then of each operand, whatever the levels are.
	RuntimeStrides bool
}

// Artifacts is a compiled expression as files: what `einc build` emits. It is not safe for concurrent use.
type Artifacts struct {
	opts    Options
	system  codegen.System
	name    string
	expr    string
	levels  []level
	ahead   *codegen.Ahead
	objects []*object.Object // once compiled
}

// level is the plan and the code for one CPU level.
type level struct {
	c    *compilation
	unit *codegen.Unit
}

// Kinds lists what Artifacts.Emit takes.
func Kinds() []string {
	return []string{"obj", "shared", "header", "asm", "llvm-ir", "plan", "loops"}
}

// Build plans and lowers an expression for ahead-of-time use under a C name, for this machine's system and
// the CPU level of the options, by default this CPU's.
func Build(ctx context.Context, expr, name string, specs []Spec, opts *Options) (*Artifacts, error) {
	if opts == nil {
		opts = &Options{}
	}
	host, err := opts.target()
	if err != nil {
		return nil, err
	}
	return BuildFor(ctx, expr, name, specs, opts, BuildTarget{CPUs: []string{host.Level}})
}

// BuildFor is Build for other machines. What Emit then gives depends on nothing of this one but, where no
// other is named, its system; the Level of the options is not used.
func BuildFor(ctx context.Context, expr, name string, specs []Spec, opts *Options, to BuildTarget) (*Artifacts, error) {
	if ctx == nil {
		return nil, errNoContext
	}
	system, err := codegen.SystemFor(to.System)
	if err != nil {
		return nil, asOption(err)
	}
	if opts == nil {
		opts = &Options{}
	}
	if err := emit.CheckName(name); err != nil {
		return nil, asOption(err)
	}
	a := &Artifacts{opts: *opts, system: system, name: name, expr: expr}
	cpus, err := a.cpus(to.CPUs)
	if err != nil {
		return nil, asOption(err)
	}
	var units []*codegen.Unit
	for _, cpu := range cpus {
		l, err := a.lower(ctx, specs, cpu, to.RuntimeStrides)
		if err != nil {
			return nil, err
		}
		a.levels, units = append(a.levels, l), append(units, l.unit)
	}
	a.ahead = codegen.NewAhead(name, units)
	return a, nil
}

// cpus checks the levels, and puts them in rising order.
func (a *Artifacts) cpus(names []string) ([]string, error) {
	if len(names) == 0 {
		return []string{a.system.Level}, nil
	}
	var rising []string
	for _, l := range Levels() {
		for _, n := range names {
			if n != l {
				continue
			}
			t, err := codegen.TargetFor(l)
			if err != nil {
				return nil, err
			}
			if t.Arch != a.system.Arch() {
				return nil, fmt.Errorf("%s is no CPU level of %s", n, a.system.Name)
			}
			rising = append(rising, l)
		}
	}
	switch {
	case len(rising) != len(names) || len(slices.Compact(slices.Clone(rising))) != len(rising):
		return nil, fmt.Errorf("unknown or repeated CPU level in %q: einc compiles for %s", strings.Join(names, ","), strings.Join(Levels(), " "))
	case len(rising) > 1 && a.system.Arch() != "amd64":
		return nil, fmt.Errorf("code for several CPUs in one object is possible for x86-64 levels only, not %s", strings.Join(names, ","))
	}
	return rising, nil
}

func (a *Artifacts) lower(ctx context.Context, specs []Spec, cpu string, strides bool) (level, error) {
	opts := a.opts
	opts.Level = cpu
	if opts.Workers == 0 {
		opts.Workers = portableWorkers
	}
	c, err := prepare(ctx, a.expr, specs, &opts)
	if err != nil {
		return level{}, err
	}
	target, err := opts.target()
	if err != nil {
		return level{}, err
	}
	if c.sizes != nil {
		if err := c.needRowMajor(strides); err != nil {
			return level{}, err
		}
	}
	u, err := codegen.Lower(c.plan, target, lower.Options{RuntimeStrides: strides, Sizes: c.sizes, Dense: c.sizes != nil})
	if err != nil {
		return level{}, err
	}
	u.Triple = a.system.Triple
	return level{c, u}, nil
}

// needRowMajor refuses layouts of another kind where extents are open: strides follow from the sizes then.
func (c *compilation) needRowMajor(strides bool) error {
	if strides {
		return asOption(errors.New("with open extents, operands are row-major: strides cannot come at run time, too"))
	}
	for i := range c.problem.Operands {
		x := &c.problem.Tensors[i]
		dense := 1
		for a := len(x.Shape) - 1; a >= 0; a-- {
			if x.Shape[a] > 1 && x.Layout.Strides[a] != dense {
				return fmt.Errorf("with open extents, operands are row-major: operand %d has strides %v", i, x.Layout.Strides)
			}
			dense *= x.Shape[a]
		}
	}
	return nil
}

// portableWorkers is the number of workers that code which runs elsewhere is planned for: not this
// machine's, so that every machine makes the same code.
const portableWorkers = 8

// Emit makes one of Kinds. An object file needs LLVM, as the header does, which states the stack that
// LLVM proved, and the assembly. A shared library needs a linker for the system, too.
func (a *Artifacts) Emit(ctx context.Context, kind string) ([]byte, error) {
	if ctx == nil {
		return nil, errNoContext
	}
	switch kind {
	case "obj", "header", "shared":
		return a.compiled(ctx, kind)
	case "asm":
		return a.ahead.Text(ctx, a.opts.compiler(), libllvm.Asm)
	case "llvm-ir":
		text, err := a.ahead.IR()
		return []byte(text), err
	}
	var b strings.Builder
	for _, l := range a.levels {
		stage := kind
		if kind == "loops" {
			stage = "loop"
		}
		text, err := l.c.stage(ctx, l.unit, stage)
		if err != nil {
			return nil, err
		}
		if len(a.levels) > 1 {
			fmt.Fprintf(&b, "-- %s --\n", l.unit.Target.Level)
		}
		b.WriteString(text)
	}
	return []byte(b.String()), nil
}

// compiled makes what needs the object file, which is compiled once.
func (a *Artifacts) compiled(ctx context.Context, kind string) ([]byte, error) {
	if a.objects == nil {
		objects, err := a.ahead.Compile(ctx, a.opts.compiler(), releasedVersion())
		if err != nil {
			return nil, err
		}
		a.objects = objects
	}
	// The header is made in any case: it checks the names that go into the object.
	text, err := emit.Header(a.objects, emit.HeaderOptions{Name: a.name, Expr: a.expr})
	switch {
	case err != nil:
		return nil, err
	case kind == "header":
		return []byte(text), nil
	case kind == "shared":
		return a.link(ctx)
	}
	return a.objects[0].Modules[0], nil
}

// SharedSuffix is the usual ending of a shared library's name on a system that BuildTarget names.
func SharedSuffix(system string) string {
	s, err := codegen.SystemFor(system)
	switch {
	case err == nil && s.OS() == "darwin":
		return ".dylib"
	case err == nil && s.OS() == "windows":
		return ".dll"
	}
	return ".so"
}
