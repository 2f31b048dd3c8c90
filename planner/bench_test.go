package planner_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
)

// smallNetworks are dense and sparse networks of few operands: a name, an equation, extents by letter
// in the order in which they are met, the last for all that follow.
var smallNetworks = []struct {
	name, equation string
	extents        []float64
}{
	{"2/matmul", "ab,bc->ac", []float64{64, 96, 80}},
	{"3/chain", "ab,bc,cd->ad", []float64{64, 96, 80, 40}},
	{"3/attention", "abcd,adbe,bef->acf", []float64{8, 16, 256, 256, 64, 1024}},
	{"5/tebd", "abc,cde,bdfg,a,e->afeg", []float64{128, 4, 128, 4, 128, 4, 4}},
	{"5/tucker", "abcd,ea,fb,gc,hd->efgh", []float64{8, 12, 6, 10, 60, 20, 90, 30}},
	{"6/mp2", "abc,ade,fbe,fdc,bdce,g->g", []float64{200, 12, 60, 12, 60, 200, 3}},
	{"7/attention", "abc,cde,afg,gde,afh,hdi,dij->abj", []float64{4, 512, 768, 12, 64, 512, 768, 768, 64, 768}},
	{"8/hyper", "ab,ac,bc,ad,bd,ae,ce,de->", []float64{25}},
	{"10/chain", "ab,bc,cd,de,ef,fg,gh,hi,ij,jk->ak", []float64{15, 82, 31, 114, 129, 6, 4, 416, 17, 15, 1000}},
	{"10/dense", "abcd,aefg,behi,cfhj,dgij,aklm,bkno,clnp,dmop,ejmn->ij", []float64{4, 5, 6, 3}},
	{"12/hyper", "a,b,c,d,e,ab,ac,ad,bc,bd,cd,ce->", []float64{100}},
	{"12/dense", "abcd,aefg,behi,cfhj,dgij,aklm,bkno,clnp,dmop,ejmn,alo,bgp->ij", []float64{4, 5, 6, 3}},
}

// BenchmarkOrder is the search for the order of a network.
func BenchmarkOrder(b *testing.B) {
	for _, by := range []planner.Objective{planner.ByFlops, planner.ByTime} {
		for _, s := range smallNetworks {
			n := net(s.equation, s.extents...)
			b.Run(fmt.Sprintf("%s/%s", by, s.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := planner.OrderNetwork(context.Background(), n, planner.OrderOptions{Objective: by, Target: target}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkStringToPlan parses, binds and plans an equation by estimated time.
func BenchmarkStringToPlan(b *testing.B) {
	for _, s := range smallNetworks {
		n := net(s.equation, s.extents...)
		specs := make([]parser.Spec, len(n.Inputs))
		for k, legs := range n.Inputs {
			specs[k].DType = tensor.F64
			for _, i := range legs {
				specs[k].Shape = append(specs[k].Shape, int(n.Sizes[i]))
			}
		}
		b.Run(s.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				program, err := parser.Parse(s.equation, 0)
				if err != nil {
					b.Fatal(err)
				}
				p, err := program.Bind(specs)
				if err != nil {
					b.Fatal(err)
				}
				if _, err = planner.Search(context.Background(), p, planner.Options{Target: target}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// chainNetwork is n matrices in a row.
func chainNetwork(n int) *planner.Network {
	net := &planner.Network{Sizes: []float64{2}, Output: []int32{0, int32(n)}}
	for i := range int32(n) {
		net.Sizes = append(net.Sizes, float64(2+i%3))
		net.Inputs = append(net.Inputs, []int32{i, i + 1})
	}
	return net
}

// BenchmarkGreedy is one greedy order of a large network.
func BenchmarkGreedy(b *testing.B) {
	n := chainNetwork(100000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := planner.OrderNetwork(context.Background(), n, planner.OrderOptions{Method: "greedy", Target: target}); err != nil {
			b.Fatal(err)
		}
	}
}
