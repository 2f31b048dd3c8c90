package lower

import (
	"testing"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// blockCases are products of more terms than a block has, whole blocks and others.
func blockCases() []caseOf {
	f32, f64, f16 := tensor.F32, tensor.F64, tensor.F16
	bias := parser.Expr{input(0, f32), input(1, f32), call(parser.FnAdd, f32, 0, 1), call(parser.FnRelu, f32, 2)}
	long := parser.Expr{input(0, f32)} // one that sums wait for
	for i := range parser.NodeID(30) {
		long = append(long, call(parser.FnNeg, f32, i))
	}
	return []caseOf{
		{expr: "ab,bc->ac", types: []tensor.DType{f32}, extent: map[rune]int{'a': 13, 'b': 1024, 'c': 50}},
		{expr: "ab,bc->ac", types: []tensor.DType{f32}, extent: map[rune]int{'a': 7, 'b': 701, 'c': 33}, old: "c"},
		{expr: "ba,bc->ac", types: []tensor.DType{f64}, extent: map[rune]int{'a': 9, 'b': 257, 'c': 20}},
		{expr: "ab,bc->ca", types: []tensor.DType{f64}, extent: map[rune]int{'a': 16, 'b': 600, 'c': 12}},
		{expr: "xab,xbc->xac", types: []tensor.DType{f32}, extent: map[rune]int{'x': 3, 'a': 8, 'b': 530, 'c': 24}, layouts: "p"},
		{expr: "xab,xbc->xac", types: []tensor.DType{f32}, extent: map[rune]int{'x': 8, 'a': 64, 'b': 520, 'c': 16}},
		{expr: "ab,bc->ac", types: []tensor.DType{f16}, extent: map[rune]int{'a': 6, 'b': 513, 'c': 40}},
		{expr: "ab,bc,c->ac", types: []tensor.DType{f32}, extras: 1, body: product2(f32, 2), epilogue: bias, extent: map[rune]int{'a': 12, 'b': 640, 'c': 32}},
		{expr: "ab,bc->ac", types: []tensor.DType{f32}, epilogue: long, extent: map[rune]int{'a': 11, 'b': 1100, 'c': 35}},
		{expr: "ba,bc->ac", types: []tensor.DType{f64}, extent: map[rune]int{'a': 150, 'b': 900, 'c': 6}},
		{expr: "xba,xbc->xca", types: []tensor.DType{f32}, extent: map[rune]int{'x': 2, 'a': 203, 'b': 700, 'c': 9}},
		{expr: "abc,bcd->ad", types: []tensor.DType{f32}, extent: map[rune]int{'a': 10, 'b': 30, 'c': 20, 'd': 19}},
	}
}

// Products of many terms are the same from either strategy, to the bit: sums that round, and sums that are 0 below it.
func TestDirectSumsBlocksAsPackedDoes(t *testing.T) {
	for _, target := range targets() {
		for i, c := range blockCases() {
			for _, scale := range []float64{1, 1e-30} {
				var outputs [2][]byte
				for j, packed := range []bool{false, true} {
					c.packed, c.span = packed, 1
					if c.layouts == "" {
						c.layouts = "c"
					}
					b := c.build(newRand(int64(i)))
					b.fill(scale)
					p := b.lowered(t, target)
					require.Contains(t, p.Nests[len(p.Nests)-1].Strategy, string(map[bool]cost.Strategy{false: cost.Direct, true: cost.Packed}[packed]))
					b.run(t, p)
					outputs[j] = b.mem[b.plan.Steps[0].Out.Buffer].Data
				}
				require.Equal(t, outputs[1], outputs[0], "case %d by %g on %d bytes", i, scale, target.VectorBytes)
			}
		}
	}
}

// fill gives operands numbers whose sums round.
func (b *bench) fill(scale float64) {
	r := newRand(7)
	for i, x := range b.plan.Buffers {
		if x.Kind != planner.Operand {
			continue
		}
		for at := 0; at < len(b.mem[i].Data); at += x.DType.Size() {
			put(x.DType, b.mem[i].Data[at:], complex((r.Float64()-0.5)*scale, 0))
		}
	}
}

// Every type sums in blocks, with what follows, as naive loops do.
func TestBlocksOfTerms(t *testing.T) {
	for _, target := range targets() {
		for i, c := range blockCases() {
			c.check(t, target, int64(i))
		}
		for i, d := range tensor.DTypes() {
			c := caseOf{expr: "ab,bc->ac", types: []tensor.DType{d}, span: 1, extent: map[rune]int{'a': 5, 'b': 515 + i, 'c': 18}}
			c.check(t, target, int64(i))
			c.layouts = "f"
			c.check(t, target, int64(i))
		}
	}
}
