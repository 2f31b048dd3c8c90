package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/parser"
	"github.com/spf13/cobra"
)

// runFlags are the settings of one run.
type runFlags struct {
	settings
	output string
	stats  bool
}

func runCommand() *cobra.Command {
	var r runFlags
	cmd := &cobra.Command{
		Use:   "run EXPR [FILE.npy | NAME=FILE.npy]...",
		Short: "Evaluate an expression on .npy files",
		Long: `run compiles an expression for the shapes and types of its operands, runs it and writes the result.

Operands are .npy files in order of first appearance, or NAME=FILE for index notation. Without -o
the result is printed. Where LLVM is missing, the loops are interpreted, with a warning.`,
		Example: `  einc run 'ik,kj->ij' a.npy b.npy -o c.npy
  einc run 'Y[b,o] = relu(X[b,i]*W[i,o] + bias[o])' W=w.npy X=x.npy bias=b.npy -o y.npy
  einc run --stats @model.ein x.npy -o y.npy`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return r.run(cmd, args[0], args[1:]) },
	}
	r.add(cmd)
	r.addPlan(cmd)
	r.addJSON(cmd)
	cmd.Flags().StringVar(&r.cache, "cache", "", "directory of the kernel cache, or off")
	cmd.Flags().StringVarP(&r.output, "output", "o", "", "write the result to this .npy file, or - for standard output")
	cmd.Flags().StringVar(&r.dtype, "dtype", "", "convert the operands to this element type first")
	cmd.Flags().StringVar(&r.engine, "engine", "auto", "what runs the loops: auto, native or interpreter")
	cmd.Flags().BoolVar(&r.stats, "stats", false, "print times and memory on standard error")
	return cmd
}

func (r *runFlags) run(cmd *cobra.Command, arg string, files []string) error {
	ctx := cmd.Context()
	if err := refuseSearch(cmd); err != nil {
		return err
	}
	if err := r.checkOutput(); err != nil {
		return err
	}
	opts, err := r.options(ctx)
	if err != nil {
		return err
	}
	expr, err := readExpression(ctx, arg)
	if err != nil {
		return err
	}
	operands, err := r.operands(ctx, expr, opts, files)
	if err != nil {
		return err
	}
	began, bar := time.Now(), watch(opts, "")
	f, err := einc.CompileFor(ctx, expr, opts, operands)
	bar.end()
	if err != nil {
		return err
	}
	defer f.Close()
	if w := f.Warning(); w != nil {
		fmt.Fprintf(os.Stderr, "einc: warning: interpreting, which is slow: %v\n", w)
	}
	compiled := time.Since(began)
	result, usage, err := measure(ctx, f, operands)
	if err != nil {
		return err
	}
	usage.Compile = compiled
	if usage.Uncached != nil {
		fmt.Fprintf(os.Stderr, "einc: warning: the kernel was not cached: %v\n", usage.Uncached)
	}
	if err := r.save(result); err != nil {
		return err
	}
	return r.show(expr, result, usage)
}

// checkOutput refuses two things on standard output, and a binary one on a terminal.
func (r *runFlags) checkOutput() error {
	if r.json && r.output == stdout {
		return usageError{errors.New("--json and -o - both write to standard output: give one of them")}
	}
	return refuseBinary(r.output, "a .npy file")
}

// save writes the result to where -o says, if it says so.
func (r *runFlags) save(result *einc.Tensor) error {
	switch r.output {
	case "":
		return nil
	case stdout:
		return einc.WriteNpy(os.Stdout, result)
	}
	return einc.SaveNpy(r.output, result)
}

// operands opens the files; named ones are put in the order of the expression's operands.
func (r *runFlags) operands(ctx context.Context, expr string, opts *einc.Options, files []string) ([]*einc.Tensor, error) {
	paths, err := orderFiles(expr, opts, files)
	if err != nil {
		return nil, err
	}
	var as einc.DType
	if r.dtype != "" {
		if as, err = einc.ParseDType(r.dtype); err != nil {
			return nil, usageError{err}
		}
	}
	var operands []*einc.Tensor
	for _, path := range paths {
		t, err := await(ctx, func() (*einc.Tensor, error) { return open(path, as) })
		if err != nil {
			return nil, err
		}
		operands = append(operands, t)
	}
	return operands, nil
}

// open reads an operand and converts it to the type asked for, if any.
func open(path string, as einc.DType) (*einc.Tensor, error) {
	t, err := einc.OpenNpy(path, as)
	if err != nil || as == 0 {
		return t, err
	}
	if t.DType().IsComplex() && (as.IsFloat() || as.IsInt()) {
		fmt.Fprintf(os.Stderr, "einc: warning: %s is %v: --dtype %v keeps the real parts alone\n", path, t.DType(), as)
	}
	if t, err = t.Convert(as); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// orderFiles puts NAME=FILE arguments into the order of the operands.
func orderFiles(expr string, opts *einc.Options, files []string) ([]string, error) {
	named, err := nameFiles(files)
	if err != nil || named == nil {
		return files, err
	}
	p, err := parser.Parse(expr, opts.Mode)
	if err != nil {
		return nil, err
	}
	if p.Notation != parser.IndexNotation {
		return nil, usageError{errors.New("operands of an einsum string have no names: give their files in order (a file with = in its name as ./FILE)")}
	}
	var paths []string
	for _, o := range p.Operands {
		path, ok := named[o.Name]
		delete(named, o.Name)
		if !ok && o.Optional {
			continue
		}
		if !ok {
			return nil, fmt.Errorf("no file for operand %s: add %s=FILE.npy", o.Name, o.Name)
		}
		paths = append(paths, path)
	}
	if len(named) > 0 {
		return nil, fmt.Errorf("the expression has no operand %s", slices.Min(slices.Collect(maps.Keys(named))))
	}
	return paths, nil
}

// nameFiles reads NAME=FILE arguments, if any is one.
func nameFiles(files []string) (map[string]string, error) {
	named := map[string]string{}
	for _, f := range files {
		name, path, ok := strings.Cut(f, "=")
		if !ok || name == "" || strings.ContainsAny(name, "/.") {
			continue
		}
		if _, twice := named[name]; twice {
			return nil, usageError{fmt.Errorf("operand %s is given twice", name)}
		}
		if path == "" {
			return nil, usageError{fmt.Errorf("operand %s has no file: write %s=FILE.npy", name, name)}
		}
		named[name] = path
	}
	switch len(named) {
	case 0:
		return nil, nil
	case len(files):
		return named, nil
	}
	return nil, usageError{errors.New("give every operand as NAME=FILE, or none")}
}

// usage is what --stats and --json tell of a run.
type usage struct {
	einc.Stats
	Compile, Run time.Duration
	Allocated    int64 // bytes of the Go heap that making the output and calling took
}

func measure(ctx context.Context, f *einc.Func, operands []*einc.Tensor) (*einc.Tensor, usage, error) {
	var u usage
	before := einc.AllocatedBytes()
	out, err := f.NewOutput()
	if err != nil {
		return nil, u, err
	}
	began := time.Now()
	err = f.CallContext(ctx, out, operands...)
	u.Run = time.Since(began)
	u.Allocated = einc.AllocatedBytes() - before
	u.Stats = f.Stats()
	return out, u, err
}

func (r *runFlags) show(expr string, result *einc.Tensor, u usage) error {
	if r.stats {
		fmt.Fprint(os.Stderr, u.text())
	}
	if r.json {
		report := map[string]any{"schema": "einc.run/v1", "expr": expr, "dtype": result.DType().String(),
			"shape": result.Shape(), "output": r.output, "engine": u.Engine, "compile_ns": u.Compile.Nanoseconds(),
			"run_ns": u.Run.Nanoseconds(), "output_bytes": u.Output, "temp_bytes": u.Temporaries,
			"workspace_bytes": u.Workspace, "allocated_bytes": u.Allocated, "mmap_bytes": u.Mapped}
		return printJSON(report)
	}
	if r.output == "" {
		_, err := fmt.Println(result)
		return err
	}
	return nil
}

func (u usage) text() string {
	return fmt.Sprintf(`engine      %s
compile     %v
run         %v
output      %d bytes
temporaries %d bytes
workspace   %d bytes
allocated   %d bytes in all, %d beyond the output
`, u.Engine, u.Compile.Round(time.Microsecond), u.Run.Round(time.Microsecond), u.Output, u.Temporaries, u.Workspace,
		u.Allocated+u.Mapped, u.Allocated+u.Mapped-u.Output)
}
