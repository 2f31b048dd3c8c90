package lower

import (
	"strings"
	"testing"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// Products whose vectors run along the batch: as they lie, copied at once, and copied block by block of their terms, with
// sums that wait between them. Extents leave rests everywhere.
func TestVectorsAlongTheBatch(t *testing.T) {
	f32 := tensor.F32
	bias := parser.Expr{input(0, f32), input(1, f32), call(parser.FnAdd, f32, 0, 1), call(parser.FnRelu, f32, 2)}
	long := parser.Expr{input(0, f32), input(1, f32), call(parser.FnAdd, f32, 0, 1)}
	for range 200 {
		long = append(long, call(parser.FnRelu, f32, parser.NodeID(len(long)-1)))
	}
	cases := []caseOf{
		{expr: "acd,bcd->abd", types: []tensor.DType{f32}},
		{expr: "acd,cbd->abd", types: []tensor.DType{tensor.F64}, old: "c"},
		{expr: "eacd,ebcd->eabd", types: []tensor.DType{tensor.C64}},
		{expr: "aced,becd->abd", types: []tensor.DType{f32}, layouts: "cp"},
		{expr: "cad,cbd->bad", types: []tensor.DType{tensor.F16}},
		{expr: "acd,bcd->abd", types: []tensor.DType{tensor.I32}, reduce: parser.Max},
		{expr: "acd,bcd,bd->abd", types: []tensor.DType{f32}, extras: 1, epilogue: bias},
		{expr: "acd,bcd,ad->abd", types: []tensor.DType{f32}, extras: 1, epilogue: long},
		{expr: "dac,bcd->abd", types: []tensor.DType{f32}},
	}
	extents := []map[rune]int{
		{'a': 3, 'b': 4, 'c': 5, 'd': 3, 'e': 2},
		{'a': 13, 'b': 11, 'c': 31, 'd': 33, 'e': 1},
		{'a': 7, 'b': 9, 'c': 67, 'd': 19, 'e': 2},
		{'a': 5, 'b': 6, 'c': 64, 'd': 16, 'e': 7},
	}
	for i, c := range cases {
		for j, x := range extents {
			for _, target := range targets() {
				c.extent = x
				c.check(t, target, int64(i*10+j))
			}
		}
	}
}

// A task of few rows and sides copies what it needs of both inputs, for more terms than it takes at once; of other
// products nothing is copied.
func TestVectorsAreCopiedWhereTheyServe(t *testing.T) {
	for _, target := range targets() {
		target.L2 = 16 << 10
		sums := func(expr string, x map[rune]int) (copies, blocks int) {
			c := caseOf{expr: expr, types: []tensor.DType{tensor.F32}, extent: x}
			p := c.check(t, target, 3)
			text := p.String()
			require.Equal(t, p.Worker > 0, strings.Contains(text, "worker copy"), text[:min(len(text), 1000)])
			return strings.Count(text, "worker copy"), strings.Count(text, "worker block")
		}
		copies, blocks := sums("acd,bcd->abd", map[rune]int{'a': 30, 'b': 31, 'c': 70, 'd': 19})
		require.Equal(t, [2]int{2, 1}, [2]int{copies, blocks})
		copies, blocks = sums("acd,bcd->abd", map[rune]int{'a': 32, 'b': 33, 'c': 36, 'd': 19})
		require.Equal(t, [2]int{2, 0}, [2]int{copies, blocks})
		copies, _ = sums("acd,bcd->abd", map[rune]int{'a': 2, 'b': 33, 'c': 200, 'd': 19}) // each serves two
		require.Zero(t, copies)
		copies, _ = sums("dac,dbc->dab", map[rune]int{'a': 30, 'b': 31, 'c': 70, 'd': 19}) // vectors do not run along d
		require.Zero(t, copies)
		x := map[rune]int{'a': 40, 'b': 41, 'c': 9, 'd': 32}
		for _, expr := range []string{"dac,bcd->abd", "adc,cbd->abd", "dac,dbc->abd"} { // fetched element by element
			copies, _ = sums(expr, x)
			require.Equal(t, 2, copies, expr)
		}
		x['b'] = 3
		copies, _ = sums("dac,bcd->abd", x)
		require.Zero(t, copies)
	}
}

// Of large inputs, a task copies several vectors of a row together, with rests that no task but the last has.
func TestVectorsAreCopiedTogether(t *testing.T) {
	for _, x := range []struct {
		expr    string
		columns int
		dtype   tensor.DType
	}{
		{"acd,bcd->abd", 211, tensor.F32}, {"cad,bcd->bad", 100, tensor.F64}, {"acd,bcd->abd", 37, tensor.F64}, {"acd,cbd->abd", 128, tensor.F32},
	} {
		c := caseOf{expr: x.expr, types: []tensor.DType{x.dtype}, layouts: "c", extent: map[rune]int{'a': 9, 'b': 10, 'c': 67, 'd': x.columns}}
		if x.columns < 100 {
			c.extent['c'] = 233
		}
		for i, target := range targets() {
			target.L2 = 64 << 10
			k := newLowering(c.build(newRand(1)).plan, target, Options{}).kernel(&c.build(newRand(1)).plan.Steps[0])
			k.arrange()
			s := k.shape(target)
			require.True(t, s.copying)
			switch vectors := k.copyVectors(s); {
			case k.bytes(1)+k.bytes(2) < 1<<20, !s.masked && int64(x.columns)%s.lanes > 0:
				require.EqualValues(t, 1, vectors)
			default:
				require.Equal(t, min(8, ceilDiv(int64(x.columns), s.lanes)), vectors)
			}
			c.check(t, target, int64(i))
		}
	}
}

// Vectors run along what one input alone has at stride 1 if rows share those that the other input's elements are fetched for.
func TestVectorsAreSharedByRows(t *testing.T) {
	for _, x := range []struct {
		expr, loads string
		extent      map[rune]int
	}{
		{"cb,bac->ac", "load bac.* by 1\n", map[rune]int{'a': 32, 'b': 20, 'c': 18}},
		{"acbd,dac->b", "load acbd.* by 1\n", map[rune]int{'a': 3, 'b': 20, 'c': 5, 'd': 32}},
	} {
		c := caseOf{expr: x.expr, types: []tensor.DType{tensor.F32}, layouts: "c", extent: x.extent}
		require.Regexp(t, x.loads, c.build(newRand(1)).lowered(t, targets()[2]).String())
		for i, target := range targets() {
			c.check(t, target, int64(i))
		}
	}
}
