package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/einc-lang/einc"
	"github.com/spf13/cobra"
)

// buildFlags are the settings of one build.
type buildFlags struct {
	settings
	output, name, target, strides string
	emit, layout                  []string
	check                         bool
}

// suffixes are the file name endings of what a build emits.
var suffixes = map[string]string{"obj": ".o", "header": ".h", "asm": ".s", "llvm-ir": ".ll", "plan": ".plan.txt", "loops": ".loops.txt"}

func buildCommand() *cobra.Command {
	var b buildFlags
	cmd := &cobra.Command{
		Use:   "build EXPR SHAPE...",
		Short: "Compile an expression to an object file and a C header",
		Long: `build compiles an expression for operands of the given shapes. By default it writes an object file and,
beside it, the C header that describes it. --emit chooses from ` + strings.Join(einc.Kinds(), ", ") + `, each with an
optional =PATH; one text output may go to standard output with -o -.

--target names another system, as linux/arm64 or by triple. --cpu then is a level of that system; without it
code is for x86-64-v3, generic arm64 or Apple's M1, whatever this machine has. Several levels of x86-64,
separated by commas, give one object that picks the code for the CPU at its first call. The same input gives
the same bytes on every machine, with the same versions of einc and LLVM: blocks, and the size from which results
are stored past the caches, are for caches that all CPUs of the level have, where run and the library look at this
machine's.

A name that max=, min=, += or *= assigns without a plain statement before it is an operand, too, which holds the old
values: with -s, and where there is a shape for it, the function takes it as in_NAME. With shapes for the other
operands only, it is left out, and the reduction begins from nothing.`,
		Example: `  einc build 'ik,kj->ij' 64x128:f32 128x32:f32 -o matmul.o
  einc build 'ik,kj->ij' 64x128:f32 128x32:f32 -o matmul.o --cpu x86-64-v2,x86-64-v3,x86-64-v4
  einc build 'ik,kj->ij' 64x128:f32 128x32:f32 -o matmul.o --target darwin/arm64 --layout 1=F
  einc build -s i=64,k=128,j=32 'ik,kj->ij' --emit=asm -o -`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return b.run(cmd, args) },
	}
	b.addSizes(cmd)
	b.addPlan(cmd)
	f := cmd.Flags()
	f.StringVarP(&b.output, "output", "o", "", "file to write; other outputs go beside it")
	f.StringVar(&b.name, "name", "", "C name of the kernel, none of the C library's (default: the output file's name)")
	f.StringSliceVar(&b.emit, "emit", nil, "what to write: a comma list of KIND or KIND=PATH (default obj,header)")
	f.StringVar(&b.target, "target", "", "system to build for, as linux/arm64, or its triple (default: this one)")
	f.StringArrayVar(&b.layout, "layout", nil, "memory layout of an operand, by name or by number from 0: OPERAND=F for column-major, or OPERAND=STRIDE,STRIDE,... in elements")
	f.StringVar(&b.strides, "strides", "static", "static, or dynamic: the caller gives the strides of all axes of the output, then of each operand")
	f.BoolVar(&b.check, "check", false, "write nothing; say which files differ from what would be written, and exit 1 if any does")
	return cmd
}

func (b *buildFlags) run(cmd *cobra.Command, args []string) error {
	ctx := cmd.Context()
	if err := refuseSearch(cmd); err != nil {
		return err
	}
	targets, err := b.targets()
	if err != nil {
		return err
	}
	if b.strides != "static" && b.strides != "dynamic" {
		return usageError{fmt.Errorf("--strides=%s: use static or dynamic", b.strides)}
	}
	to := einc.BuildTarget{System: b.target, RuntimeStrides: b.strides == "dynamic"}
	if b.level != "" {
		to.CPUs = strings.Split(b.level, ",")
	}
	for _, cpu := range to.CPUs {
		if !slices.Contains(einc.Levels(), cpu) {
			return usageError{fmt.Errorf("unknown CPU level %q: use one of %s", cpu, strings.Join(einc.Levels(), ", "))}
		}
	}
	b.level = "" // the rest of the options knows of one level only
	opts, err := b.options(ctx)
	if err != nil {
		return err
	}
	expr, err := readExpression(ctx, args[0])
	if err != nil {
		return err
	}
	specs, err := b.specs(expr, opts, args[1:])
	if err != nil {
		return err
	}
	if err := b.layOut(specs); err != nil {
		return usageError{err}
	}
	bar := watch(opts, "")
	a, err := einc.BuildFor(ctx, expr, b.symbol(), specs, opts, to)
	bar.end()
	if err != nil {
		return err
	}
	// Everything is made before anything is written, so that a failure leaves no half of a pair.
	files := make([][]byte, len(targets))
	for i, t := range targets {
		if files[i], err = a.Emit(ctx, t.kind); err != nil {
			return err
		}
	}
	if b.check {
		return checkBuilt(targets, files)
	}
	for i, t := range targets {
		if err := writeFile(t.path, files[i]); err != nil {
			return err
		}
	}
	return nil
}

// checkBuilt compares files with what a build made.
func checkBuilt(targets []target, files [][]byte) error {
	stale := 0
	for i, t := range targets {
		if t.path == stdout {
			return usageError{errors.New("--check compares files: name one with -o")}
		}
		differs, err := showIfStale(t.path, files[i])
		if err != nil {
			return err
		}
		stale += differs
	}
	if stale > 0 {
		return fmt.Errorf("%s: run einc build without --check", plural(stale, "stale file"))
	}
	return nil
}

// target is one output of a build.
type target struct{ kind, path string }

// targets resolves --emit and -o before any work is done.
func (b *buildFlags) targets() ([]target, error) {
	kinds := b.emit
	if len(kinds) == 0 {
		kinds = []string{"obj", "header"}
		if b.output == stdout {
			return nil, usageError{errors.New("-o - takes one text output: choose it with --emit")}
		}
	}
	var targets []target
	for i, k := range kinds {
		kind, path, _ := strings.Cut(k, "=")
		if !slices.Contains(einc.Kinds(), kind) {
			return nil, usageError{fmt.Errorf("unknown output %q: build emits %s", kind, strings.Join(einc.Kinds(), ", "))}
		}
		if path == "" {
			path = b.pathFor(kind, i)
		}
		if path == "" {
			return nil, usageError{fmt.Errorf("no file named for %s: use -o FILE or --emit=%s=FILE", kind, kind)}
		}
		if path == stdout && len(kinds) > 1 {
			return nil, usageError{fmt.Errorf("%s cannot go to standard output: only one output can", kind)}
		}
		if kind == "obj" || kind == "shared" {
			if err := refuseBinary(path, kind); err != nil {
				return nil, err
			}
		}
		targets = append(targets, target{kind, path})
	}
	return targets, distinctPaths(targets)
}

// distinctPaths refuses outputs that would be written over each other.
func distinctPaths(targets []target) error {
	kinds := map[string]string{}
	for _, t := range targets {
		path := filepath.Clean(t.path)
		if other, taken := kinds[path]; taken {
			return usageError{fmt.Errorf("%s and %s would both be written to %s: give one another file with --emit=%s=FILE", other, t.kind, path, t.kind)}
		}
		kinds[path] = t.kind
	}
	return nil
}

// pathFor is -o for the first output, and a file beside it for the others.
func (b *buildFlags) pathFor(kind string, i int) string {
	if i == 0 || b.output == "" || b.output == stdout {
		return b.output
	}
	suffix := suffixes[kind]
	if kind == "shared" {
		suffix = einc.SharedSuffix(b.target)
	}
	return strings.TrimSuffix(b.output, filepath.Ext(b.output)) + suffix
}

// layOut gives operands the strides of --layout.
func (b *buildFlags) layOut(specs []einc.Spec) error {
	for _, text := range b.layout {
		which, how, ok := strings.Cut(text, "=")
		i := slices.IndexFunc(specs, func(s einc.Spec) bool { return s.Name != "" && s.Name == which })
		if n, err := strconv.Atoi(which); i < 0 && err == nil && n >= 0 && n < len(specs) {
			i = n
		}
		switch {
		case !ok:
			return fmt.Errorf("--layout %s: write OPERAND=LAYOUT, as in 0=F", text)
		case i < 0:
			return fmt.Errorf("--layout %s: no such operand: write its name or its number from 0, as in 0=F", text)
		}
		var err error
		if specs[i].Strides, err = parseStrides(how, specs[i].Shape); err != nil {
			return fmt.Errorf("--layout %s: %w", text, err)
		}
	}
	return nil
}

// parseStrides reads C, F or a comma list.
func parseStrides(text string, shape []int) ([]int, error) {
	strides, n := make([]int, len(shape)), 1
	switch text {
	case "C":
		return nil, nil
	case "F":
		for a, extent := range shape {
			strides[a], n = n, n*max(extent, 1)
		}
		return strides, nil
	}
	strides = strides[:0]
	for part := range strings.SplitSeq(text, ",") {
		stride, err := strconv.Atoi(part)
		if err != nil {
			return nil, fmt.Errorf("%q is no stride: write C, F, or strides in elements", part)
		}
		strides = append(strides, stride)
	}
	if len(strides) != len(shape) {
		return nil, fmt.Errorf("%d strides for %d axes", len(strides), len(shape))
	}
	return strides, nil
}

// symbol is --name, or the output file's base name as a C identifier.
func (b *buildFlags) symbol() string {
	if b.name != "" {
		return b.name
	}
	base := strings.TrimSuffix(filepath.Base(b.output), filepath.Ext(b.output))
	clean := strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, base)
	if strings.Trim(clean, "_0123456789") == "" {
		return "kernel"
	}
	return strings.TrimLeft(clean, "0123456789")
}
