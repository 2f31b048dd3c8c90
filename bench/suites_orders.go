package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unsafe"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/codegen/libllvm"
	"github.com/einc-lang/einc/codegen/lower"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/runtime"
	"github.com/einc-lang/einc/tensor"
)

// otherOrder is the class of einc's own kernels run in another order than that which it chooses.
const otherOrder = "other order"

// mostLoop bounds the multiply-adds of one loop nest that is worth trying.
const mostLoop = 1e9

// order is a way to choose what runs, in place of the default.
type order struct {
	name      string
	objective planner.Objective
	method    string
	fusing    planner.Fusing
}

// orders are the others: the best by measures that know no machine, one pass, and one loop nest.
var orders = []order{
	{"fewest flops", planner.ByFlops, "", planner.FusePairs},
	{"fewest writes", planner.ByWrite, "", planner.FusePairs},
	{"combo-64", planner.ByCombo, "", planner.FusePairs},
	{"greedy", "", "greedy", planner.FusePairs},
	{"one loop", "", "greedy", planner.FuseAll},
}

// orderRows are the small networks of the planner's test cases and what people reported elsewhere: the order
// that einc chooses is to be no slower than any other.
func orderRows(s *session) []*row {
	var rows []*row
	for _, file := range []string{"../golden/testdata/networks.jsonl", "../planner/testdata/networks.jsonl"} {
		err := networks(filepath.Join(s.dir, file), func(n *network) {
			classes := []string{"tn_small", "lm", "issue", "chain"}
			if !slices.Contains(classes, n.Class) {
				return
			}
			r := &row{suite: "orders", name: n.Name, work: n.work(tensor.F32), bars: []bar{{Class: otherOrder, Min: 1 / 1.05}}}
			r.own = func(s *session, d *data) (*contender, *einc.Tensor, error) {
				p, err := planOf(&d.row.work)
				if err != nil {
					return nil, nil, err
				}
				return planContender(s, p, d.operands)
			}
			for _, o := range orders {
				r.peers = append(r.peers, peer{name: o.name, class: otherOrder, make: o.contender})
			}
			rows = append(rows, r)
		})
		if err != nil {
			s.log("networks: %v", err)
		}
	}
	return rows
}

// contender runs a row's expression in the order; it sits out if that is einc's own, or takes too long.
func (o order) contender(s *session, d *data) (*contender, error) {
	own, err := planOf(&d.row.work)
	if err != nil {
		return nil, err
	}
	p, err := o.plan(&d.row.work)
	switch {
	case err != nil:
		return nil, err
	case stepsOf(p) == stepsOf(own):
		return nil, sitsOut(o.name + ": the same")
	case p.Cost.Flops > mostLoop:
		return nil, sitsOut(fmt.Sprintf("%s: %.2g multiply-adds", o.name, p.Cost.Flops))
	}
	c, _, err := planContender(s, p, d.operands)
	return c, err
}

// plan plans for one worker.
func (o order) plan(w *work) (*planner.Plan, error) {
	problem, target, err := problemOf(w)
	if err != nil {
		return nil, err
	}
	opts := planner.Options{Target: target, Fusing: o.fusing, Loose: o == order{}}
	net, _, ok := planner.Product(problem)
	if !ok {
		return nil, errors.New("no single product")
	}
	found, err := planner.OrderNetwork(context.Background(), net, planner.OrderOptions{Method: o.method, Objective: o.objective, Type: w.dtype, Target: target})
	if err != nil {
		return nil, err
	}
	return planner.SearchPath(context.Background(), problem, opts, found.Path)
}

// stepsOf is what a plan does, without how it was found.
func stepsOf(p *planner.Plan) string {
	_, steps, _ := strings.Cut(p.String(), "\n")
	return steps
}

// planContender runs a plan on operands that are there.
func planContender(s *session, p *planner.Plan, operands []*einc.Tensor) (*contender, *einc.Tensor, error) {
	target, err := codegen.Host()
	if err != nil {
		return nil, nil, err
	}
	target.Workers = 1
	u, err := codegen.Lower(p, target, lower.Options{})
	if err != nil {
		return nil, nil, err
	}
	o, err := u.Compile(s.ctx, libllvm.Compile, "bench", codegen.ByNest)
	if err != nil {
		return nil, nil, err
	}
	k, err := runtime.Load(o)
	if err != nil {
		return nil, nil, err
	}
	x := p.Problem.Tensors[p.Problem.Output]
	out, err := tensor.New(x.DType, x.Shape...)
	if err != nil {
		return nil, nil, err
	}
	pointers := []unsafe.Pointer{out.Data()}
	for _, t := range operands {
		pointers = append(pointers, t.Data())
	}
	return &contender{
		time: func(calls int) (float64, error) {
			began := clock(1)
			for range calls {
				if err := k.Run(s.ctx, pointers, nil, 1); err != nil {
					return 0, err
				}
			}
			return clock(1) - began, nil
		},
		result: func() ([]byte, error) { return out.Bytes(), nil },
		close:  func() { k.Close() },
	}, out, nil
}
