package einc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
)

// PlanFile is a plan as a repository keeps it: see ReadPlan.
type PlanFile = planner.File

// Budget bounds the search for a plan.
type Budget = planner.Budget

// ParseBudget reads a budget: "10s", or "5e8u" in units of work, which is reproducible.
func ParseBudget(s string) (Budget, error) { return planner.ParseBudget(s) }

// PlanProgress is how far a search is.
type PlanProgress = planner.Progress

// ReadPlan reads a plan file and checks that it is one: that its parts agree with each other, and that its target is a
// machine that einc compiles for. Options.Plan takes it.
func ReadPlan(r io.Reader) (*PlanFile, error) {
	f, err := planner.ReadFile(r)
	if err != nil {
		return nil, err
	}
	if err := checkTarget(f.Target); err != nil {
		return nil, fmt.Errorf("einc: the plan file: %w; make it again with einc plan -o", err)
	}
	return f, nil
}

// checkTarget refuses a target that is not of its level: costs would be of no machine. Caches and workers may be any.
func checkTarget(t planner.FileTarget) error {
	own, err := codegen.TargetFor(t.Level)
	if err != nil {
		return fmt.Errorf("its target: %w", err)
	}
	own.L1, own.L2, own.L3, own.Workers = t.L1, t.L2, t.L3, t.Workers
	if planner.FileTarget(own) != t {
		return fmt.Errorf("its target is not that of its level: %s is arch %s, vector_bytes %d, registers %d, fma %t, f16c %t",
			own.Level, own.Arch, own.VectorBytes, own.Registers, own.FMA, own.F16C)
	}
	return nil
}

// Planned is an order of contraction and what it costs, ready to be printed.
type Planned struct {
	report    *planner.Report // nil for expressions that are more than one product
	plan      *planner.Plan   // nil for networks
	name      string
	file      *planner.File
	objective planner.Objective
	target    cost.Target
	took      time.Duration
}

// PlanFormats lists what Planned.Format takes.
func PlanFormats() []string { return []string{"text", "json", "dot", "svg", "numpy-path"} }

// PlanExpr plans an expression. If ctx ends during the search, it returns the best plan until then, or a
// greedy one if there is none yet.
func PlanExpr(ctx context.Context, expr string, specs []Spec, opts *Options) (*Planned, error) {
	if ctx == nil {
		return nil, errNoContext
	}
	if opts == nil {
		opts = &Options{}
	}
	if err := wantSpecs(expr, specs, opts); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	began := time.Now()
	c, err := prepare(ctx, expr, specs, opts)
	if end := ctx.Err(); end != nil && errors.Is(err, end) && opts.MaxMemory == 0 { // before any order was found: the first one will do
		quick := *opts
		if opts.Plan == nil && opts.Path == "" {
			quick.Method, quick.Objective, quick.Budget = "greedy", "", Budget{}
		}
		ctx = context.WithoutCancel(ctx)
		c, err = prepare(ctx, expr, specs, &quick)
	}
	if err != nil {
		return nil, err
	}
	p := &Planned{plan: c.plan, name: expr, took: time.Since(began)}
	p.objective = planner.Objective(opts.Objective)
	if p.target, err = c.opts.target(); err != nil {
		return nil, err
	}
	if _, _, ok := planner.Product(c.problem); !ok {
		return p, nil
	}
	return p, p.describe(ctx, c)
}

// wantSpecs says how to give shapes where there are none.
func wantSpecs(expr string, specs []Spec, opts *Options) error {
	program, err := parser.Parse(expr, opts.Mode)
	if err == nil && len(specs) == 0 && len(program.Operands) > 0 {
		err = fmt.Errorf("a plan needs the operands' shapes: give %d of them, as 64x32 or 64x32:f32, or --sizes", len(program.Operands))
	}
	return err
}

// describe makes the report and the file of an expression's plan.
func (p *Planned) describe(ctx context.Context, c *compilation) error {
	net, labels, _ := planner.Product(c.problem)
	path, groups, err := c.plan.Unsliced().Path()
	if err != nil {
		return err
	}
	if given, tuples, err := planner.ParsePath(c.opts.Path, len(net.Inputs)); err == nil && len(tuples) == 0 {
		if along, ok := planner.Regroup(given, path, groups, len(net.Inputs)); ok {
			path, groups = given, along
		}
	}
	o := planner.Order{Method: c.plan.Method, Trials: 1, Seed: c.opts.Seed}
	if c.order != nil {
		o = *c.order
	}
	o.Path = path
	o.Sliced, o.Slices = c.plan.Sliced()
	if o.Log10Flops = math.Inf(-1); len(o.Sliced) > 0 {
		o.Log10Flops = math.Log10(c.plan.Cost.Flops)
	}
	if p.report, err = planner.NewReport(net, &o, groups, p.target, c.problem.Tensors[c.problem.Output].DType); err != nil {
		return err
	}
	p.report.Equation, p.report.Labels = p.name, labels
	p.report.UsePlan(c.plan)
	return p.record(ctx, c)
}

// record makes the file. Its time and memory are those of the plan that the file will give.
func (p *Planned) record(ctx context.Context, c *compilation) error {
	f := planner.NewFile(p.report, p.objective, p.target)
	f.Einc, f.Expr, f.Mode = Version(), p.name, c.opts.Mode.String()
	f.Serial, f.Lean, f.Copied = c.plan.Way.Serial, c.plan.Way.Lean, c.plan.Way.Copied
	for _, t := range c.problem.Tensors[:c.problem.Operands] {
		f.Shapes, f.Types = append(f.Shapes, t.Shape), append(f.Types, t.DType.String())
	}
	again, err := replay(context.WithoutCancel(ctx), f, c.problem, c.opts.planner(p.target))
	if err != nil {
		return err
	}
	f.Nanos, f.PeakBytes = again.Cost.Nanos, float64(again.Peak)
	p.file = f
	return nil
}

// replay plans a problem as a file says.
func replay(ctx context.Context, f *PlanFile, p *parser.Problem, po planner.Options) (*planner.Plan, error) {
	net, _, ok := planner.Product(p)
	if !ok {
		return nil, errNotProduct("has a path or a plan file")
	}
	path, sliced, err := f.OrderFor(net)
	if err != nil {
		return nil, err
	}
	po.Slices, po.Way = planner.SlicesFor(p, sliced), planner.SliceWay{Serial: f.Serial, Lean: f.Lean, Copied: f.Copied}
	po.Whole = len(po.Slices) == 0 && po.MaxMemory == 0
	if f.Method == "path" {
		po.Fusing = fusingOf(f.Groups, path)
	}
	return planner.SearchPath(ctx, p, po, path)
}

// fusingOf honours a path that was given as one tuple of all operands.
func fusingOf(groups [][]int, path [][2]int) planner.Fusing {
	if len(groups) == 1 && len(groups[0]) == len(path) {
		return planner.FuseAll
	}
	return planner.FuseByCost
}

// errNotProduct is the error of what only a single product does.
func errNotProduct(does string) error {
	return fmt.Errorf("only a single product of operands %s: this expression is more than that", does)
}

// PlanNetworks reads networks, as planner.ReadNetwork and, with lines set, planner.ReadNetworks do, plans
// each under its own budget and calls f with it. Elements are of type d. If ctx ends during a search, f
// gets the best order until then, and no further network is planned.
func PlanNetworks(ctx context.Context, in io.Reader, lines bool, d DType, opts *Options, f func(*Planned) error) error {
	if ctx == nil {
		return errNoContext
	}
	if opts == nil {
		opts = &Options{}
	}
	if !d.Valid() {
		return fmt.Errorf("element type number %d does not exist: use tensor.F64 or another of tensor.DTypes()", d)
	}
	if err := opts.check(); err != nil {
		return asOption(err)
	}
	each := func(n *planner.NamedNetwork) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		p, err := planNetwork(ctx, n, d, opts)
		if err != nil {
			if n.Name != "" {
				err = &networkError{n.Name, err}
			}
			return err
		}
		return f(p)
	}
	if lines {
		return planner.ReadNetworks(in, each)
	}
	n, err := planner.ReadNetwork(in)
	if err != nil {
		return err
	}
	return each(n)
}

// networkError says which network of several an error is about.
type networkError struct {
	name string
	err  error
}

func (e *networkError) Error() string {
	return fmt.Sprintf("network %s: %s", e.name, strings.TrimPrefix(e.err.Error(), "einc: "))
}

func (e *networkError) Unwrap() error { return e.err }

func planNetwork(ctx context.Context, n *planner.NamedNetwork, d DType, opts *Options) (*Planned, error) {
	target, err := opts.target()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	o, groups, err := networkOrder(ctx, n.Network, d, target, opts)
	if err != nil {
		return nil, err
	}
	p := &Planned{name: n.Name, objective: planner.Objective(opts.Objective), target: target, took: time.Since(began)}
	if p.report, err = planner.NewReport(n.Network, o, groups, target, d); err != nil {
		return nil, err
	}
	p.report.Name = n.Name
	if opts.Path != "" {
		p.recost()
	}
	p.file = planner.NewFile(p.report, p.objective, target)
	p.file.Einc = Version()
	return p, nil
}

// networkOrder searches, or reads the path that is given.
func networkOrder(ctx context.Context, n *planner.Network, d DType, t cost.Target, opts *Options) (*planner.Order, [][]int, error) {
	switch {
	case opts.Plan != nil:
		path, sliced, err := opts.Plan.OrderFor(n)
		if err != nil {
			return nil, nil, err
		}
		o, err := opts.Plan.Order()
		if err == nil {
			o.Path, o.Sliced = path, sliced
		}
		return o, opts.Plan.Groups, err
	case opts.Path != "":
		path, groups, err := planner.ParsePath(opts.Path, len(n.Inputs))
		return &planner.Order{Path: path, Method: "path", Slices: 1, Seed: opts.Seed}, groups, asOption(err)
	}
	o, err := orders.find(ctx, n, opts.orderOptions(d, t))
	return o, nil, err
}

// recost fills in the figures of a path that was given.
func (p *Planned) recost() {
	r := p.report
	r.Order.Log10Flops, r.Order.Log2Size = r.MACs(), r.Size
	r.Order.PeakBytes = math.Exp2(math.Min(r.Peak, 1000)) * float64(r.Type.Size())
	r.Order.Nanos = r.Nanos
}

// orderOptions are the planner's options for a network.
func (o *Options) orderOptions(d DType, t cost.Target) planner.OrderOptions {
	return planner.OrderOptions{Method: o.Method, Objective: planner.Objective(o.Objective), Budget: o.Budget, Seed: o.Seed,
		Workers: o.Workers, Type: d, Target: t, MaxMemory: o.MaxMemory, Progress: o.Progress}
}

// Format prints a plan in one of PlanFormats.
func (p *Planned) Format(kind string) ([]byte, error) {
	switch {
	case kind == "json":
		return p.json()
	case kind == "text" && p.report == nil:
		return []byte(p.plan.String()), nil
	case p.report == nil:
		return nil, errNotProduct("is drawn or written as " + kind)
	case kind == "text":
		return []byte(p.report.Summary()), nil
	case kind == "dot":
		return []byte(p.report.DOT()), nil
	case kind == "svg":
		return []byte(p.report.SVG()), nil
	case kind == "numpy-path":
		return []byte(planner.FormatPath(p.report.Order.Path, len(p.report.Network.Inputs)) + "\n"), nil
	}
	return nil, fmt.Errorf("unknown format %q: the formats are %s", kind, strings.Join(PlanFormats(), ", "))
}

// json is the plan as one line.
func (p *Planned) json() ([]byte, error) {
	const schema = "einc.plan/v1"
	if p.report == nil {
		c := p.plan.Cost
		_, slices := p.plan.Sliced()
		return marshalLine(map[string]any{"schema": schema, "name": p.name, "ssa_path": nil, "log10_flops": log10(c.Flops),
			"log2_size": log2(c.Size), "peak_bytes": p.plan.Peak, "slices": slices, "plan_ns": p.took.Nanoseconds(),
			"method": p.plan.Method, "estimated_ns": c.Nanos, "steps": len(p.plan.Steps)})
	}
	l := p.report.Line()
	l.Schema, l.PlanNanos = schema, p.took.Nanoseconds()
	if p.plan != nil {
		l.Name = p.name
	}
	return marshalLine(l)
}

// marshalLine is v as one line of JSON, with arrows as they are.
func marshalLine(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return b.Bytes(), err
}

// log10 and log2 are nil for what JSON cannot hold.

func log10(v float64) any { return orNil(math.Log10(v)) }
func log2(v float64) any  { return orNil(math.Log2(v)) }

func orNil(v float64) any {
	if math.IsInf(v, 0) {
		return nil
	}
	return v
}

// File is the plan as a file that ReadPlan reads. Plans of expressions that are more than one product
// have none.
func (p *Planned) File() ([]byte, error) {
	if p.file == nil {
		return nil, errNotProduct("has a plan file")
	}
	return p.file.Bytes()
}

// Name is the network's name, or the expression.
func (p *Planned) Name() string { return p.name }

// Units is the budget in units of work that finds the plan again; 0 if the search needs none, or was stopped.
func (p *Planned) Units() float64 {
	if p.report == nil {
		return 0
	}
	return p.report.Order.Budget
}

// Stopped reports whether the search ended before it had done the work of its budget: the clock ended it, or
// the context did.
func (p *Planned) Stopped() bool { return p.report != nil && p.report.Order.Stopped() }

// Work is what the search did, in units of work.
func (p *Planned) Work() float64 {
	if p.report == nil {
		return 0
	}
	return p.report.Order.Work
}

// ComparePlans tables what several optimizers found for the same network or expression: plans of the first of
// them, or of all.
func ComparePlans(optimizers []string, plans []*Planned) (string, error) {
	if len(optimizers) < len(plans) {
		return "", fmt.Errorf("%d names of optimizers for %d plans", len(optimizers), len(plans))
	}
	var all []planner.Contender
	for i, p := range plans {
		if p.report == nil {
			return "", errNotProduct("is compared")
		}
		all = append(all, planner.Contender{Optimizer: optimizers[i], Report: p.report, Took: p.took})
	}
	return planner.Compare(all), nil
}

// CheckPlan recounts what a plan file's order costs today and fails if that is more time or memory than
// the file says; else it returns both in a line.
func CheckPlan(ctx context.Context, f *PlanFile) (string, error) {
	if ctx == nil {
		return "", errNoContext
	}
	if f == nil {
		return "", errors.New("there is no plan file to check: read one with ReadPlan")
	}
	nanos, peak, err := recountFile(ctx, f)
	if err != nil {
		return "", err
	}
	const slack = 1 + 1e-6
	text := fmt.Sprintf("estimated time %.6g ns, the file says %.6g; peak %.6g bytes, the file says %.6g", nanos, f.Nanos, peak, f.PeakBytes)
	if nanos > f.Nanos*slack || peak > f.PeakBytes*slack {
		return "", fmt.Errorf("the plan would need more than its file says: %s: plan again", text)
	}
	return text, nil
}

// recountFile plans a file's path anew for the machine that it names.
func recountFile(ctx context.Context, f *PlanFile) (nanos, peak float64, err error) {
	r, err := f.Report()
	if err != nil {
		return 0, 0, err
	}
	if f.Expr == "" {
		return r.Nanos, math.Exp2(math.Min(r.Peak, 1000)) * float64(r.Type.Size()), nil
	}
	problem, err := f.Problem()
	if err != nil {
		return 0, 0, err
	}
	p, err := replay(ctx, f, problem, new(Options).planner(cost.Target(f.Target)))
	if err != nil {
		return 0, 0, err
	}
	return p.Cost.Nanos, float64(p.Peak), nil
}
