package einc

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/codegen/emit"
	"github.com/einc-lang/einc/codegen/lower"
	"github.com/einc-lang/einc/internal/fault"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/runtime"
)

// GoKernel asks for a kernel as part of a Go package.
type GoKernel struct {
	Directive *parser.Directive
	Package   string   // name of the package
	File      string   // main file, ending in _einc.go; empty: made from the kernel's name
	Command   string   // what made the files, for their first line
	Levels    []string // CPU levels to write machine code for, of arm64 one; nil for GoLevels
	NoTests   bool
	Isolate   bool  // as in Options
	MaxMemory int64 // as in Options, for a call and, with an open index, each item that it works on
	// Plan is a plan file whose order to take, as in Options. Its extent of an open index is 1.
	Plan *PlanFile
}

// GoLevels are the CPU levels that Go packages get machine code for.
func GoLevels() []string { return []string{"x86-64-v2", "x86-64-v3", "x86-64-v4", "generic"} }

// GoFile is a generated file: its name without directory, its text, and what it declares.
type GoFile = emit.File

// GenerateGo writes a kernel as Go and assembly files that need nothing but the Go toolchain. The same
// kernel gives the same files on every host, with the same versions of einc and LLVM.
//
// Of open extents, one is possible: that of an index which comes first in the result and in every operand
// and temporary that has it, in all statements.
func GenerateGo(ctx context.Context, k GoKernel) ([]GoFile, error) {
	if ctx == nil {
		return nil, errNoContext
	}
	d := k.Directive
	if d == nil {
		return nil, errNoDirective
	}
	levels := k.Levels
	if levels == nil {
		levels = GoLevels()
	}
	if err := checkGoLevels(levels); err != nil {
		return nil, asOption(err)
	}
	opt, err := k.options()
	if err != nil {
		return nil, err
	}
	if err := emit.CheckGo(opt); err != nil {
		return nil, asOption(err)
	}
	specs := d.Specs(1)
	options := func(level string) *Options {
		return &Options{Level: level, Isolate: k.Isolate, Workers: portableWorkers, MaxMemory: k.MaxMemory, Plan: k.Plan}
	}
	c, err := prepare(ctx, d.Expr, specs, options(GoLevels()[0]))
	if err != nil {
		return nil, err
	}
	opt.Plain = codegen.Plain(c.plan)
	for _, level := range levels {
		v, err := goVariant(ctx, d.Expr, specs, options(level))
		if err != nil {
			return nil, fmt.Errorf("%s for %s: %w", d.Name, level, err)
		}
		opt.Variants = append(opt.Variants, v)
	}
	slices.SortStableFunc(opt.Variants, func(a, b emit.GoVariant) int { return a.Level - b.Level })
	return emit.Go(opt)
}

// Check reports what GenerateGo refuses of a kernel before it asks LLVM for anything: a name that the function, its
// file or its package cannot have, and an extent that cannot be left open.
func (k GoKernel) Check() error {
	if k.Directive == nil {
		return errNoDirective
	}
	opt, err := k.options()
	if err != nil {
		return err
	}
	return emit.CheckGo(opt)
}

var errNoDirective = errors.New("GoKernel.Directive is nil: make one with parser.ParseDirective")

// options are those of the files that are made for every CPU.
func (k GoKernel) options() (emit.GoOptions, error) {
	d := k.Directive
	problem, err := d.Program.Bind(d.Specs(1))
	return emit.GoOptions{Package: k.Package, File: k.File, Directive: d, Problem: problem, Tests: !k.NoTests,
		Head: d.Head(k.Command, releasedVersion())}, err
}

// checkGoLevels refuses levels whose code would be in one file. On arm64 nothing asks the CPU which code it can run,
// so that there is one.
func checkGoLevels(levels []string) error {
	arm := ""
	for i, l := range levels {
		t, err := codegen.TargetFor(l)
		switch {
		case err != nil:
			return err
		case slices.Contains(levels[:i], l):
			return fmt.Errorf("CPU level %s is given twice", l)
		case t.Arch != "arm64":
		case arm != "":
			return fmt.Errorf("a Go package has code for one CPU level of arm64, not for both %s and %s: choose one", arm, l)
		default:
			arm = l
		}
	}
	return nil
}

// goVariant compiles a kernel for one CPU level.
func goVariant(ctx context.Context, expr string, specs []Spec, opts *Options) (emit.GoVariant, error) {
	var v emit.GoVariant
	c, err := prepare(ctx, expr, specs, opts)
	if err != nil {
		return v, err
	}
	target, err := opts.target()
	if err != nil {
		return v, err
	}
	u, err := codegen.Lower(c.plan, target, lower.Options{})
	if err != nil {
		return v, err
	}
	o, err := u.Compile(ctx, opts.compiler(), releasedVersion(), codegen.ByPasses)
	if err != nil {
		return v, err
	}
	v.Arch, v.Object = target.Arch, o
	_, _ = fmt.Sscanf(o.CPU, "x86-64-v%d", &v.Level)
	for m, file := range o.Modules {
		var symbols []int
		var names []string
		for i, s := range o.Symbols {
			if s.Module == m {
				symbols, names = append(symbols, i), append(names, s.Name)
			}
		}
		flat, err := runtime.Flatten(file, names)
		if err != nil {
			return v, fault.Errorf("module %d: %w", m, err)
		}
		b := emit.Blob{Code: flat.Code, Entries: map[int]int{}}
		for i, at := range flat.Entries {
			b.Entries[symbols[i]] = at
		}
		v.Blobs = append(v.Blobs, b)
	}
	return v, nil
}

// releasedVersion is the version of a released einc. Builds from a checkout are all called devel: the
// state of the checkout would change with every commit, and with it everything that is generated.
func releasedVersion() string {
	if v := Version(); released.MatchString(v) {
		return v
	}
	return "devel"
}

// released matches versions that are tags.
var released = regexp.MustCompile(`^v\d+\.\d+\.\d+(-[0-9A-Za-z]+(\.[0-9A-Za-z]+)?)?$`)
