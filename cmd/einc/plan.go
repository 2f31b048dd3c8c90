package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/einc-lang/einc"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// planFlags are the settings of one plan.
type planFlags struct {
	settings
	objective, budget, path, output, format, check string
	seed                                           uint64
	compare                                        []string
	timed                                          bool // the budget is a time
}

func planCommand() *cobra.Command {
	var p planFlags
	cmd := &cobra.Command{
		Use:   "plan EXPR|NETWORK [SHAPE]...",
		Short: "Find the order of contraction, and show what it costs",
		Long: `plan finds the order of contraction for operands of the given shapes and prints its cost.

Shapes are arguments (64x32, A=64x32, 64x32:f32, scalar), or come from extents: --sizes i=64,j=32.
A network is a file NAME.json, {"inputs":[[ids]],"output":[ids],"sizes":[extent by id]}, or NAME.jsonl
with one on each line, which may have a "name" too; each is planned under a budget of its own. Peak memory is
that of temporaries and workspace; of a network it is that of results, the last one included.

FLOP counts are opt_einsum's and NumPy's: multiplications and additions of the steps that run (log10_operations
in JSON). Multiply-adds (log10_flops) are those of the path taken a pair at a time, whatever runs as one step,
as cotengra counts them.

The search counts units of work, so that equal commands give equal plans. A --budget in seconds does
not; the units it came to are printed, and as a budget find the same plan. Ctrl-C ends the search and
keeps the best plan so far; the second one aborts.

-o writes a plan file that run and build take, and that --check compares with what this einc would
need; with --format=dot, svg or numpy-path it writes that instead.`,
		Example: `  einc plan 'ij,jk,kl->il' 10x1000 1000x10 10x1000
  einc plan -s i=10,j=1000,k=10,l=1000 'ij,jk,kl->il' --path='[(0,1),(0,1)]'
  einc plan network.json --optimize=best --budget=10s -o plan.json
  einc plan network.json --format=svg -o tree.svg
  einc plan networks.jsonl --compare greedy,auto,best
  einc plan --check plan.json`,
		Args: p.args,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := p.refuse(cmd); err != nil {
				return err
			}
			return p.run(cmd.Context(), args)
		},
	}
	p.addSizes(cmd)
	p.addJSON(cmd)
	f := cmd.Flags()
	f.StringVar(&p.objective, "objective", "time", "what to seek least of: time, flops, size, write (elements written) or combo (flops + 64 × write)")
	f.StringVar(&p.budget, "budget", "", "how long to search: units of work as 5e8u, or a time as 10s")
	f.Uint64Var(&p.seed, "seed", 0, "seed of the search")
	f.StringVar(&p.path, "path", "", "cost this order, given as NumPy lists it, instead of searching; one tuple of all operands is one step")
	f.StringVarP(&p.output, "output", "o", "", "write the plan to this file")
	f.StringVar(&p.format, "format", "", "what to print: "+strings.Join(einc.PlanFormats(), ", ")+" (default text)")
	f.StringSliceVar(&p.compare, "compare", nil, "a line for each of these ways to search, as greedy,auto,best")
	f.StringVar(&p.check, "check", "", "fail if the plan in this file would need more time or memory than it says")
	return cmd
}

// args counts the arguments: none with --check.
func (p *planFlags) args(cmd *cobra.Command, args []string) error {
	if p.check != "" {
		return cobra.ExactArgs(0)(cmd, args)
	}
	return cobra.MinimumNArgs(1)(cmd, args)
}

// refuse refuses flags that would not be heard.
func (p *planFlags) refuse(cmd *cobra.Command) error {
	var others []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "check" {
			others = append(others, f.Name)
		}
	})
	if err := refuseBeside(cmd, "check", "counts a plan as its file says", others...); err != nil {
		return err
	}
	if err := refuseBeside(cmd, "path", "gives the order, and nothing is searched", "budget", "optimize", "objective", "seed"); err != nil {
		return err
	}
	return refuseBeside(cmd, "compare", "names the ways to search, and prints a table", "optimize", "path", "output", "format", "json")
}

func (p *planFlags) run(ctx context.Context, args []string) error {
	if p.check != "" {
		return checkPlan(ctx, p.check)
	}
	opts, err := p.planOptions(ctx)
	if err != nil {
		return err
	}
	in, lines, err := openNetworks(args[0])
	if err != nil {
		return err
	}
	if in == nil {
		return p.expression(ctx, opts, args)
	}
	defer in.Close()
	if len(args) > 1 || p.sizes != "" {
		return usageError{errors.New("a network file has its own sizes: give no shapes and no --sizes")}
	}
	if p.mode != "" {
		return usageError{errors.New("a network file has no text that could follow rules: leave out --mode")}
	}
	if lines && p.output != "" {
		return usageError{errors.New("-o takes one plan: give one network in a .json file")}
	}
	return p.networks(ctx, opts, in, lines)
}

// planOptions checks the flags.
func (p *planFlags) planOptions(ctx context.Context) (*einc.Options, error) {
	opts, err := p.options(ctx)
	if err != nil {
		return nil, err
	}
	if opts.Budget, err = einc.ParseBudget(p.budget); err != nil {
		return nil, usageError{err}
	}
	p.timed = opts.Budget.Time > 0
	if p.json && p.format == "" {
		p.format = "json"
	}
	switch {
	case p.format != "" && !slices.Contains(einc.PlanFormats(), p.format):
		err = fmt.Errorf("unknown format %q: use %s", p.format, strings.Join(einc.PlanFormats(), ", "))
	case p.json && p.format != "json":
		err = fmt.Errorf("--json and --format=%s exclude each other", p.format)
	case !slices.Contains(einc.Objectives(), p.objective):
		err = fmt.Errorf("unknown objective %q: use %s", p.objective, strings.Join(einc.Objectives(), ", "))
	}
	for _, method := range p.compare {
		if !slices.Contains(einc.Methods(), method) {
			err = fmt.Errorf("unknown search %q: --compare takes %s", method, strings.Join(einc.Methods(), ", "))
		}
	}
	if p.format == "" {
		p.format = "text"
	}
	opts.Objective, opts.Seed, opts.Path = p.objective, p.seed, p.path
	if err != nil {
		return nil, usageError{err}
	}
	return opts, nil
}

// expression plans an expression.
func (p *planFlags) expression(ctx context.Context, opts *einc.Options, args []string) error {
	expr, err := readExpression(ctx, args[0])
	if err != nil {
		return err
	}
	specs, err := p.specs(expr, opts, args[1:])
	if err != nil {
		return err
	}
	p.sayExample(opts)
	return p.each(ctx, opts, func(opts *einc.Options, f func(*einc.Planned) error) error {
		plan, err := einc.PlanExpr(ctx, expr, specs, opts)
		if err != nil {
			return err
		}
		return f(plan)
	})
}

// networks plans the networks of a file.
func (p *planFlags) networks(ctx context.Context, opts *einc.Options, in *os.File, lines bool) error {
	d, err := einc.ParseDType(p.dtype)
	if err != nil {
		return usageError{err}
	}
	return p.each(ctx, opts, func(opts *einc.Options, f func(*einc.Planned) error) error {
		if _, err := in.Seek(0, io.SeekStart); err != nil {
			return err
		}
		var failed error // of what is done with a plan, which is no fault of the file
		err := einc.PlanNetworks(ctx, in, lines, d, opts, func(plan *einc.Planned) error {
			failed = f(plan)
			return failed
		})
		if err != nil && failed == nil {
			err = inFile(in.Name(), err)
		}
		return err
	})
}

// searcher plans by some options and calls a function with each plan.
type searcher func(*einc.Options, func(*einc.Planned) error) error

// each runs the search, once or for every optimizer to compare, and prints what it gives.
func (p *planFlags) each(ctx context.Context, opts *einc.Options, search searcher) error {
	if len(p.compare) > 0 {
		return p.compareAll(ctx, opts, search)
	}
	bar := watch(opts, " (Ctrl-C keeps the best)")
	defer bar.end()
	return search(opts, func(plan *einc.Planned) error {
		bar.end()
		if err := p.show(ctx, plan); err != nil {
			return err
		}
		bar.restart()
		return nil
	})
}

// show prints or writes one plan, and says on standard error what its figures do not.
func (p *planFlags) show(ctx context.Context, plan *einc.Planned) error {
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "einc: the search was interrupted: this is the best plan until then")
	case p.timed && plan.Stopped():
		fmt.Fprintf(os.Stderr, "einc: the clock ended this search, so that no budget finds its plan again: about --budget=%.4gu comes to as much\n", plan.Work())
	case p.timed && plan.Units() > 0:
		fmt.Fprintf(os.Stderr, "einc: a budget in seconds is not reproducible: --budget=%.4gu finds this plan again\n", plan.Units())
	}
	data, err := plan.Format(p.format)
	if err != nil {
		return err
	}
	if p.output == "" {
		_, err = os.Stdout.Write(data)
		return err
	}
	if p.format != "text" && p.format != "json" {
		return writeFile(p.output, data)
	}
	file, err := plan.File()
	if err != nil {
		return err
	}
	if err := writeFile(p.output, file); err != nil || p.output == stdout {
		return err
	}
	_, err = os.Stdout.Write(data)
	return err
}

// compareAll plans by several optimizers and prints a table for every network: of what was found until an
// error, if there is one.
func (p *planFlags) compareAll(ctx context.Context, opts *einc.Options, search searcher) error {
	found, failed := p.tryAll(ctx, opts, search)
	for _, plans := range found {
		table, err := einc.ComparePlans(p.compare, plans)
		if err != nil {
			return err
		}
		if _, err := fmt.Printf("%s\n%s", plans[0].Name(), table); err != nil {
			return err
		}
	}
	return failed
}

// tryAll finds the plans of each network by all optimizers. A search that was interrupted is none to compare.
func (p *planFlags) tryAll(ctx context.Context, opts *einc.Options, search searcher) (found [][]*einc.Planned, err error) {
	bar := watch(opts, "")
	defer bar.end()
	for k, method := range p.compare {
		try, at := *opts, 0
		try.Method = method
		err := search(&try, func(plan *einc.Planned) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if k == 0 {
				found = append(found, nil)
			}
			found[at] = append(found[at], plan)
			at++
			bar.end()
			bar.restart()
			return nil
		})
		if err != nil {
			return found, fmt.Errorf("%s: %w", method, err)
		}
	}
	return found, nil
}

// openNetworks opens an argument that names a network file; nil for expressions.
func openNetworks(arg string) (in *os.File, lines bool, err error) {
	lines = strings.HasSuffix(arg, ".jsonl")
	if !lines && !strings.HasSuffix(arg, ".json") {
		return nil, false, nil
	}
	in, err = os.Open(arg)
	return in, lines, err
}

// addPlan adds the flag that pins an order.
func (s *settings) addPlan(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.plan, "plan", "", "take the order of contraction from this file, which einc plan -o wrote")
}

// readPlan reads the file of --plan, if there is one.
func (s *settings) readPlan(ctx context.Context) (*einc.PlanFile, error) {
	if s.plan == "" {
		return nil, nil
	}
	return readPlanFile(ctx, s.plan)
}

// readPlanFile reads a plan file, or ends with ctx: the file may be a pipe or a terminal.
func readPlanFile(ctx context.Context, path string) (*einc.PlanFile, error) {
	return await(ctx, func() (*einc.PlanFile, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		plan, err := einc.ReadPlan(f)
		if err != nil {
			return nil, inFile(path, err)
		}
		return plan, nil
	})
}

func checkPlan(ctx context.Context, path string) error {
	plan, err := readPlanFile(ctx, path)
	if err != nil {
		return err
	}
	text, err := einc.CheckPlan(ctx, plan)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	_, err = fmt.Printf("%s: %s\n", path, text)
	return err
}
