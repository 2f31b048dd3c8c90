package einc

import (
	"context"
	"errors"

	"github.com/einc-lang/einc/codegen/lower"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
)

// searchPlan plans a problem: along the path or the plan that is given, or by searching.
func searchPlan(ctx context.Context, p *parser.Problem, t cost.Target, opts *Options) (*planner.Plan, *planner.Order, error) {
	po := opts.planner(t)
	po.Method, po.MaxMemory, po.Whole = opts.Method, opts.MaxMemory, len(opts.Dynamic) > 0
	po.Objective, po.Budget, po.Seed = planner.Objective(opts.Objective), opts.Budget, opts.Seed
	net, _, product := planner.Product(p)
	switch {
	case opts.Plan != nil:
		plan, err := replay(ctx, opts.Plan, p, po)
		return plan, nil, err
	case !product && opts.Path != "":
		return nil, nil, asOption(errNotProduct("has a path or a plan file"))
	case product && opts.searches(len(net.Inputs)):
		return searchProduct(ctx, p, net, po, opts)
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if po.Stop = ctx; product {
		ctx = context.WithoutCancel(ctx) // it is done in a moment, and Ctrl-C is to keep what was found
	}
	plan, err := planner.Search(ctx, p, po)
	return plan, nil, err
}

// searchProduct plans a product along an order that is searched with its slices, or if that does not fit the limit along
// the greedy one.
func searchProduct(ctx context.Context, p *parser.Problem, n *planner.Network, po planner.Options, opts *Options) (*planner.Plan, *planner.Order, error) {
	if opts.Path != "" {
		return planWithin(ctx, p, n, po, opts)
	}
	plan, o, err := planEither(ctx, p, n, po, opts)
	var short planner.MemoryError
	if !errors.As(err, &short) {
		return plan, o, err
	}
	// With another limit another order is found, which may need more: the limit that is named has been tried.
	wider := *opts
	for tries := 0; tries < mostWider && short.Cause == nil && ctx.Err() == nil; tries++ {
		wider.MaxMemory, po.MaxMemory = short.Least, short.Least
		plan, o, err := planEither(ctx, p, n, po, &wider)
		var next planner.MemoryError
		switch {
		case err == nil && plan.Peak <= opts.MaxMemory:
			return plan, o, nil
		case err == nil:
			return nil, nil, short
		}
		if !errors.As(err, &next) {
			break
		}
		short.Least, short.Cause = next.Least, next.Cause
	}
	short.Least, short.Cause = 0, ctx.Err()
	return nil, nil, short
}

// mostWider bounds the limits that are tried for an error.
const mostWider = 4

// farOff is how many times a limit the least memory of an order is from which on no other order is tried: orders hardly
// differ by as much, and to say no takes time.
const farOff = 4

// planEither plans a product along the order that suits the limit, or where slices of that order need more, as they hold
// sums and small temporaries that no order counts, along the greedy one, which has other sums.
func planEither(ctx context.Context, p *parser.Problem, n *planner.Network, po planner.Options, opts *Options) (*planner.Plan, *planner.Order, error) {
	plan, o, err := planWithin(ctx, p, n, po, opts)
	var short, other planner.MemoryError
	if !errors.As(err, &short) || short.Cause != nil || short.Least/farOff > opts.MaxMemory {
		return plan, o, err
	}
	po.Method, po.Budget, po.Stop = "greedy", Budget{}, ctx
	plan, err = planner.Search(context.WithoutCancel(ctx), p, po)
	if !errors.As(err, &other) {
		return plan, nil, err
	}
	if other.Least < short.Least {
		short.Least = other.Least
	}
	short.Cause = other.Cause
	return nil, nil, short
}

// planWithin plans a product along the order that suits the limit. Steps need workspace beside results, so where no
// order fits, the one that comes nearest tells what limit would do.
func planWithin(ctx context.Context, p *parser.Problem, n *planner.Network, po planner.Options, opts *Options) (*planner.Plan, *planner.Order, error) {
	plan, o, err := planAlong(ctx, p, n, po, opts)
	var short *planner.InfeasibleError
	if errors.As(err, &short) {
		nearest := *opts
		nearest.MaxMemory = 2 * short.Least
		return planAlong(ctx, p, n, po, &nearest)
	}
	return plan, o, err
}

// planAlong plans a product along an order: the path that is given, or the best for the network that a search finds,
// with its slices.
func planAlong(ctx context.Context, p *parser.Problem, n *planner.Network, po planner.Options, opts *Options) (*planner.Plan, *planner.Order, error) {
	o, groups, err := networkOrder(ctx, n, p.Tensors[p.Output].DType, po.Target, opts)
	if err != nil {
		return nil, nil, err
	}
	po.Fusing, po.Slices = fusingOf(groups, o.Path), planner.SlicesFor(p, o.Sliced)
	po.Loose = opts.Path == "" && len(po.Slices) == 0 && (opts.Objective == "" || po.Objective == planner.ByTime)
	po.Stop = ctx
	plan, err := planner.SearchPath(context.WithoutCancel(ctx), p, po, o.Path)
	if err == nil {
		plan.Method = o.Method
	}
	return plan, o, err
}

// planner are the planner's options that follow from what will run the plan.
func (o *Options) planner(t cost.Target) planner.Options {
	return planner.Options{Target: t, Workspace: lower.Workspace(t, lower.Options{DirectOnly: o.Engine == Interpreter})}
}

// searches reports whether the order of n operands is given as a path, or takes a search of its own.
func (o *Options) searches(n int) bool {
	asked := o.Budget != Budget{} || o.Objective != "" && o.Objective != string(planner.ByTime) || o.Method == "best"
	return o.Path != "" || n > 2 && asked || n > planner.ExactLimit && o.Method != "greedy" && o.Method != "exact"
}
