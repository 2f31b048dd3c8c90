package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/parser"
	"github.com/spf13/cobra"
)

// maxExpression bounds what is read from a file or standard input.
const maxExpression = 64 << 20

// readExpression resolves @FILE and -; anything else is the expression itself. The context ends a read
// that waits for input.
func readExpression(ctx context.Context, arg string) (string, error) {
	return await(ctx, func() (string, error) { return resolve(arg) })
}

func resolve(arg string) (string, error) {
	var r io.Reader
	switch {
	case arg == "-":
		r = os.Stdin
	case strings.HasPrefix(arg, "@"):
		f, err := os.Open(arg[1:])
		if err != nil {
			return "", err
		}
		defer f.Close()
		r = f
	default:
		return arg, nil
	}
	text, err := io.ReadAll(io.LimitReader(r, maxExpression+1))
	if err != nil {
		return "", err
	}
	if len(text) > maxExpression {
		return "", fmt.Errorf("%s is longer than %d bytes", arg, maxExpression)
	}
	const byteOrderMark = "\ufeff" // which editors of Windows begin a file with
	return strings.TrimRight(strings.TrimPrefix(string(text), byteOrderMark), "\r\n"), nil
}

// await gives what read reads, or the context's error as soon as that is cancelled: a read from a pipe
// or a terminal would wait on.
func await[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := read()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// settings are the flags that several commands share.
type settings struct {
	mode, dtype, sizes, level, cache, engine, optimize string
	threads                                            int
	maxMemory, plan                                    string
	json                                               bool
}

// add adds the flags of all commands that plan.
func (s *settings) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.mode, "mode", "", "rules the text follows: numpy, index or einstein (default: numpy for einsum strings, index for index notation)")
	f.StringVar(&s.level, "cpu", "", "CPU level to compile for: "+strings.Join(einc.Levels(), ", ")+" (default: this CPU's)")
	f.StringVar(&s.optimize, "optimize", "auto", "how to search for the order: auto, exact, greedy or best")
	f.StringVar(&s.maxMemory, "max-memory", "", "bytes of temporaries and workspace allowed, as 512MB or 2GiB")
	f.IntVar(&s.threads, "threads", 0, "workers (default: all cores)")
}

func (s *settings) addJSON(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&s.json, "json", false, "print one JSON object on standard output")
}

// addSizes adds the flags of commands that take sizes instead of files.
func (s *settings) addSizes(cmd *cobra.Command) {
	s.add(cmd)
	cmd.Flags().StringVarP(&s.sizes, "sizes", "s", "", "extents by index, as i=64,j=32, where * leaves one open to calls; dynamic leaves all of the shapes' extents open")
	cmd.Flags().StringVar(&s.dtype, "dtype", "f64", "element type of the operands")
}

// options turns the flags into Options; the command compiles in a worker process.
func (s *settings) options(ctx context.Context) (*einc.Options, error) {
	mode, err := parser.ParseMode(s.mode)
	if err != nil {
		return nil, usageError{err}
	}
	memory, err := parseBytes(s.maxMemory)
	if err != nil {
		return nil, usageError{err}
	}
	engines := map[string]einc.Engine{"": einc.Auto, "auto": einc.Auto, "native": einc.Native, "interpreter": einc.Interpreter}
	engine, ok := engines[s.engine]
	if !ok {
		return nil, usageError{fmt.Errorf("unknown engine %q: use auto, native or interpreter", s.engine)}
	}
	if s.level != "" && !slices.Contains(einc.Levels(), s.level) {
		return nil, usageError{fmt.Errorf("unknown CPU level %q: use one of %s", s.level, strings.Join(einc.Levels(), ", "))}
	}
	if s.optimize != "" && !slices.Contains(einc.Methods(), s.optimize) {
		return nil, usageError{fmt.Errorf("unknown search %q: --optimize takes %s", s.optimize, strings.Join(einc.Methods(), ", "))}
	}
	if s.threads < 0 || s.threads > einc.MostWorkers {
		return nil, usageError{fmt.Errorf("--threads=%d: use 0, for all cores, to %d", s.threads, einc.MostWorkers)}
	}
	plan, err := s.readPlan(ctx)
	if err != nil {
		return nil, err
	}
	return &einc.Options{Mode: mode, Plan: plan, Engine: engine, Workers: s.threads, MaxMemory: memory, Method: s.optimize,
		Level: s.level, Cache: s.cache, Isolate: true}, nil
}

// parseBytes reads a number of bytes with an optional unit. 0 is none, as options mean no limit by it.
func parseBytes(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	units := []struct {
		suffix string
		scale  int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1}, {"", 1}}
	for _, u := range units {
		digits, ok := strings.CutSuffix(s, u.suffix)
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if ok && err == nil && n > 0 && n <= (1<<62)/u.scale {
			return n * u.scale, nil
		}
	}
	return 0, fmt.Errorf("cannot read %q as a number of bytes above 0: write 512MB or 2GiB", s)
}

// specs describes the operands of an expression from --sizes or from shapes given as arguments, and puts the
// labels that --sizes leaves open into opts.
func (s *settings) specs(expr string, opts *einc.Options, shapes []string) ([]einc.Spec, error) {
	dtype, err := einc.ParseDType(s.dtype)
	if err != nil {
		return nil, usageError{err}
	}
	sizes := s.sizes
	switch {
	case sizes == "dynamic" && len(shapes) == 0:
		return nil, usageError{fmt.Errorf("--sizes=dynamic needs example shapes, which decide the order of contraction: give them as 64x32, or the extents as i=*,j=*")}
	case sizes == "dynamic":
		opts.Dynamic, sizes = []string{einc.AllLabels}, ""
	case sizes == "static":
		sizes = ""
	case sizes != "" && !strings.Contains(sizes, "="):
		return nil, usageError{fmt.Errorf("cannot read --sizes=%s: write extents as i=64,j=32, or static or dynamic", sizes)}
	}
	if len(shapes) > 0 && sizes != "" {
		return nil, usageError{fmt.Errorf("give shapes or --sizes, not both")}
	}
	if sizes != "" {
		sizes, opts.Dynamic = openSizes(sizes)
		return einc.SpecsFromSizes(expr, opts.Mode, sizes, dtype)
	}
	var specs []einc.Spec
	for _, text := range shapes {
		spec, err := parseShape(text, dtype)
		if err != nil {
			return nil, usageError{err}
		}
		specs = append(specs, spec)
	}
	return specs, nil
}

// exampleExtent stands for an open extent where an order of contraction is chosen.
const exampleExtent = "256"

// openSizes gives the open extents of a list like i=*,j=32 an example, and names their labels.
func openSizes(sizes string) (known string, open []string) {
	items := strings.Split(sizes, ",")
	for i, item := range items {
		if label, value, ok := strings.Cut(item, "="); ok && strings.TrimSpace(value) == "*" {
			items[i] = label + "=" + exampleExtent
			open = append(open, strings.TrimSpace(label))
		}
	}
	return strings.Join(items, ","), open
}

// sayExample says on standard error what the figures of open extents are for.
func (s *settings) sayExample(opts *einc.Options) {
	switch {
	case len(opts.Dynamic) == 0:
	case s.sizes == "dynamic":
		fmt.Fprintln(os.Stderr, "einc: extents are left open to calls: the figures are for the shapes given")
	default:
		fmt.Fprintf(os.Stderr, "einc: extents are left open to calls: the figures are for %s of %s\n", strings.Join(opts.Dynamic, ", "), exampleExtent)
	}
}

// parseShape reads "2x3", "A=2x3", "2x3:f32" or "scalar".
func parseShape(text string, dtype einc.DType) (einc.Spec, error) {
	spec := einc.Spec{DType: dtype, Shape: []int{}}
	rest := text
	if name, after, ok := strings.Cut(rest, "="); ok {
		spec.Name, rest = name, after
	}
	if before, name, ok := strings.Cut(rest, ":"); ok {
		d, err := einc.ParseDType(name)
		if err != nil {
			return spec, err
		}
		spec.DType, rest = d, before
	}
	if rest == "scalar" {
		return spec, nil
	}
	for _, part := range strings.Split(rest, "x") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return spec, fmt.Errorf("cannot read %q as a shape: write 64x32, A=64x32, 64x32:f32, or scalar", text)
		}
		spec.Shape = append(spec.Shape, n)
	}
	return spec, nil
}
