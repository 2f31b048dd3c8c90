package main

import (
	"strings"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
)

// smallRow is a product of few operands: nanoseconds of CPU time for its order, and from text to plan.
type smallRow struct {
	Name, Expr      string
	ByFlops, ByTime float64
	Plan, Most      float64 // Most is the bar of Plan
	extents         []float64
}

// smallWork lists them; extents are of the letters as they are met, the last for all that follow.
func smallWork() []*smallRow {
	return []*smallRow{
		{Name: "2, product", Expr: "ab,bc->ac", Most: 4e3, extents: []float64{64, 96, 80}},
		{Name: "3, chain", Expr: "ab,bc,cd->ad", Most: 15e3, extents: []float64{64, 96, 80, 40}},
		{Name: "5, TEBD", Expr: "abc,cde,bdfg,a,e->afeg", Most: 15e3, extents: []float64{128, 4, 128, 4, 128, 4, 4}},
		{Name: "5, Tucker", Expr: "abcd,ea,fb,gc,hd->efgh", Most: 15e3, extents: []float64{8, 12, 6, 10, 60, 20, 90, 30}},
		{Name: "6, MP2", Expr: "abc,ade,fbe,fdc,bdce,g->g", Most: 130e3, extents: []float64{200, 12, 60, 12, 60, 200, 3}},
		{Name: "7, attention", Expr: "abc,cde,afg,gde,afh,hdi,dij->abj", Most: 130e3, extents: []float64{4, 512, 768, 12, 64, 512, 768, 768, 64, 768}},
		{Name: "8, hyperedges", Expr: "ab,ac,bc,ad,bd,ae,ce,de->", Most: 130e3, extents: []float64{25}},
		{Name: "10, chain", Expr: "ab,bc,cd,de,ef,fg,gh,hi,ij,jk->ak", Most: 2e6, extents: []float64{15, 82, 31, 114, 129, 6, 4, 416, 17, 15, 1000}},
		{Name: "10, dense", Expr: "abcd,aefg,behi,cfhj,dgij,aklm,bkno,clnp,dmop,ejmn->ij", Most: 2e6, extents: []float64{4, 5, 6, 3}},
		{Name: "12, hyperedges", Expr: "a,b,c,d,e,ab,ac,ad,bc,bd,cd,ce->", Most: 5e6, extents: []float64{100}},
		{Name: "12, dense", Expr: "abcd,aefg,behi,cfhj,dgij,aklm,bkno,clnp,dmop,ejmn,alo,bgp->ij", Most: 5e6, extents: []float64{4, 5, 6, 3}},
	}
}

// shapes are the operands' extents, and the network that the expression is.
func (r *smallRow) shapes() ([]einc.Spec, *planner.Network) {
	left, right, _ := strings.Cut(r.Expr, "->")
	number, n := map[rune]int32{}, &planner.Network{}
	var specs []einc.Spec
	for _, term := range strings.Split(left, ",") {
		spec, legs := einc.Spec{DType: tensor.F64}, []int32{}
		for _, c := range term {
			if _, ok := number[c]; !ok {
				number[c] = int32(len(number))
				n.Sizes = append(n.Sizes, r.extents[min(len(n.Sizes), len(r.extents)-1)])
			}
			legs = append(legs, number[c])
			spec.Shape = append(spec.Shape, int(n.Sizes[number[c]]))
		}
		specs, n.Inputs = append(specs, spec), append(n.Inputs, legs)
	}
	for _, c := range right {
		n.Output = append(n.Output, number[c])
	}
	return specs, n
}

// planSmall times all of them for this machine's target.
func (s *session) planSmall() ([]*smallRow, error) {
	rows := smallWork()
	target, err := codegen.Host()
	if err != nil {
		return nil, err
	}
	target.Workers = 1
	for _, r := range rows {
		specs, n := r.shapes()
		order := func(by planner.Objective) func() error {
			return func() error {
				_, err := planner.OrderNetwork(s.ctx, n, planner.OrderOptions{Objective: by, Workers: 1, Target: target})
				return err
			}
		}
		plan := func() error {
			program, err := parser.Parse(r.Expr, parser.ModeAuto)
			if err != nil {
				return err
			}
			p, err := program.Bind(specs)
			if err != nil {
				return err
			}
			_, err = planner.Search(s.ctx, p, planner.Options{Target: target})
			return err
		}
		for _, x := range []struct {
			to *float64
			f  func() error
		}{{&r.ByFlops, order(planner.ByFlops)}, {&r.ByTime, order(planner.ByTime)}, {&r.Plan, plan}} {
			if *x.to, err = timeOf(x.f); err != nil {
				return nil, err
			}
		}
	}
	return rows, nil
}

// timeOf is the median CPU time of f in nanoseconds, over rounds of about a millisecond and more.
func timeOf(f func() error) (float64, error) {
	const rounds, round = 101, 1e6 // many, as neighbours of a shared machine slow it down for tenths of a second
	calls := 1
	for {
		t, err := cpuOf(f, calls)
		if err != nil {
			return 0, err
		}
		if t > round || calls > 1e6 {
			break
		}
		calls *= 2
	}
	var all []float64
	for range rounds {
		t, err := cpuOf(f, calls)
		if err != nil {
			return 0, err
		}
		all = append(all, t/float64(calls))
	}
	return median(all), nil
}

func cpuOf(f func() error, calls int) (float64, error) {
	began := clock(1)
	for range calls {
		if err := f(); err != nil {
			return 0, err
		}
	}
	return clock(1) - began, nil
}
