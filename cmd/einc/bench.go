package main

import (
	"errors"
	"fmt"
	goruntime "runtime"
	"strings"
	"time"

	"github.com/einc-lang/einc"
	"github.com/spf13/cobra"
)

func benchCommand() *cobra.Command {
	var s settings
	var format string
	cmd := &cobra.Command{
		Use:   "bench EXPR [SHAPE]...",
		Short: "Measure how fast an expression runs on this machine",
		Long: `bench compiles an expression and times it on made-up operands, alternating with loops that show what the
machine can do: multiply-adds in registers, and copying memory. It prints the median over rounds of
calls, the spread, the rate and its share of those peaks.

Sizes are given as for plan. --format=benchstat prints a line a round, as Go's benchmarks do.`,
		Example: `  einc bench -s i=512,j=512,k=512 --dtype f32 'ik,kj->ij'
  einc bench --json --threads 1 'ij->ji' 4000x4000
  einc bench --format=benchstat 'ik,kj->ij' 64x64 64x64 > new.txt`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			show, err := benchFormat(format, s.json)
			if err != nil {
				return err
			}
			m, err := s.measure(cmd, args)
			if err != nil {
				return err
			}
			return show(m)
		},
	}
	s.addSizes(cmd)
	s.addJSON(cmd)
	cmd.Flags().StringVar(&format, "format", "text", "what to print: text or benchstat")
	return cmd
}

// benchFormat finds the printer.
func benchFormat(format string, asJSON bool) (func(*einc.Measurement) error, error) {
	switch {
	case asJSON && format != "text":
		return nil, usageError{fmt.Errorf("give --json or --format=%s, not both", format)}
	case asJSON:
		return func(m *einc.Measurement) error { return printJSON(m) }, nil
	case format == "text":
		return printMeasurement, nil
	case format == "benchstat":
		return printBenchstat, nil
	}
	return nil, usageError{fmt.Errorf("unknown format %q: use text or benchstat", format)}
}

func (s *settings) measure(cmd *cobra.Command, args []string) (*einc.Measurement, error) {
	opts, err := s.options(cmd.Context())
	if err != nil {
		return nil, err
	}
	expr, err := readExpression(cmd.Context(), args[0])
	if err != nil {
		return nil, err
	}
	if s.sizes == "" && len(args) == 1 {
		return nil, usageError{errors.New("nothing says how large the operands are: give -s with the extents of indices, as -s i=64,j=32, or a shape for each operand, as 64x32")}
	}
	specs, err := s.specs(expr, opts, args[1:])
	if err != nil {
		return nil, err
	}
	s.sayExample(opts)
	defer watch(opts, "").end()
	return einc.Measure(cmd.Context(), expr, specs, opts)
}

func printMeasurement(m *einc.Measurement) error {
	compute := ""
	if m.GFlops > 0 {
		compute = fmt.Sprintf("compute   %.4g GFLOP/s, %.3g %% of the %.4g that multiply-adds reach in registers\n",
			m.GFlops, 100*m.GFlops/m.PeakGFlops, m.PeakGFlops)
	}
	_, err := fmt.Printf(`%s  %s  %s, at most %s: %s
time      %v median of %d rounds, %v to %v
%smemory    %.4g GB/s, %.3g %% of the %.4g that copying reaches
compile   %v
temporary %d bytes, and %d of workspace
`, m.Expr, shapesText(m.Shapes, " "), m.DType, plural(m.Threads, "thread"), strings.Join(m.Strategy, ", "),
		nanos(m.MedianNanos), m.Rounds, nanos(m.MinNanos), nanos(m.MaxNanos),
		compute, m.GBytes, 100*m.GBytes/m.CopyGBytes, m.CopyGBytes,
		nanos(float64(m.CompileNanos)), m.TemporaryBytes, m.WorkspaceBytes)
	return err
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// shapesText writes shapes as they are given.
func shapesText(shapes [][]int, between string) string {
	text := make([]string, len(shapes))
	for i, shape := range shapes {
		text[i] = "scalar"
		if len(shape) > 0 {
			text[i] = strings.ReplaceAll(strings.Trim(fmt.Sprint(shape), "[]"), " ", "x")
		}
	}
	return strings.Join(text, between)
}

// nanos rounds a time to four digits or so.
func nanos(ns float64) time.Duration {
	d := time.Duration(ns)
	for unit := time.Second; unit > time.Nanosecond; unit /= 10 {
		if d >= unit {
			return d.Round(unit / 1000)
		}
	}
	return d
}

// printBenchstat prints the rounds as Go's benchmarks print theirs.
func printBenchstat(m *einc.Measurement) error {
	name := strings.Join(strings.Fields(m.Expr), "_") + "/" + shapesText(m.Shapes, "/")
	fmt.Printf("goos: %s\ngoarch: %s\n", goruntime.GOOS, goruntime.GOARCH)
	for _, s := range m.Samples {
		_, err := fmt.Printf("BenchmarkEinc/%s/%s-%d\t%d\t%.1f ns/op\t%.3f GFLOP/s\t%.3f GB/s\n", name, m.DType, m.Threads,
			s.Calls, s.Nanos, m.GFlops*m.MedianNanos/s.Nanos, m.GBytes*m.MedianNanos/s.Nanos)
		if err != nil {
			return err
		}
	}
	return nil
}
