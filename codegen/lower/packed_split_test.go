package lower

import (
	"regexp"
	"testing"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// parted cuts K into blocks of kc terms, and these into so many parts.
func parted(target cost.Target, mc, nc, kc, parts int64) func(tensor.DType, cost.Places, int64, int64, int64, int64) cost.Blocking {
	return func(d tensor.DType, place cost.Places, batch, m, n, k int64) cost.Blocking {
		b := small(target, mc, nc, kc)(d, place, batch, m, n, k)
		b.NS, b.Own = b.NC, true
		b.Split = ceilDiv(b.KBlocks(), ceilDiv(b.KBlocks(), parts))
		return b
	}
}

// Parts of K are summed up apart, in every layout and type, and what follows comes after all of them; the
// workspace that the planner states is all there is.
func TestPartsOfK(t *testing.T) {
	f32 := tensor.F32
	bias := parser.Expr{input(0, f32), input(1, f32), call(parser.FnAdd, f32, 0, 1), call(parser.FnRelu, f32, 2)}
	cases := []caseOf{
		{expr: "ab,bc->ac", types: []tensor.DType{f32}},
		{expr: "ba,cb->ca", types: []tensor.DType{tensor.F64}},
		{expr: "dab,dbc->dca", types: []tensor.DType{tensor.C64}, old: "p"},
		{expr: "abd,dbc->ac", types: []tensor.DType{tensor.I32}},
		{expr: "bad,cbe->aecd", types: []tensor.DType{tensor.F16}, old: "c"},
		{expr: "ab,bc,c->ac", types: []tensor.DType{f32, f32, tensor.F64}, epilogue: bias, extras: 1, old: "f", oldOp: parser.Max},
		{expr: "ab,bc,ca->ac", types: []tensor.DType{f32}, epilogue: bias, extras: 1},
	}
	seed := int64(0)
	for _, target := range targets() {
		for _, c := range cases {
			for k, s := range []string{"7Z352", "5G342", "IZH32"} {
				seed++
				c.sizes, c.runtime, c.packed, c.span = s, seed%4 == 0, true, 2
				c.layouts = string("cfnzp"[seed%5]) + string("cpf"[seed/5%3])
				c.checkParts(t, target, int64(1+k%2), []int64{3, 2, 5}[k], 1+seed%4, seed)
			}
		}
	}
}

func (c caseOf) checkParts(t *testing.T, target cost.Target, mc, kc, parts, seed int64) {
	t.Helper()
	b := c.build(newRand(seed))
	want := b.naive()
	l := newLowering(b.plan, target, Options{RuntimeStrides: c.runtime})
	l.blocking = parted(target, mc, 2, kc, parts)
	shared, worker := packedSpace(l, &b.plan.Steps[0])
	p, err := l.lower(Options{})
	require.NoError(t, err)
	require.Equal(t, "packed/tile", p.Nests[p.Phases[0].Nest].Strategy, "not packed: %+v", c)
	require.Equal(t, parts > 1, len(p.Phases) > 1, "%+v\n%s", c, p)
	require.Equal(t, []int64{shared, worker}, []int64{p.Shared, p.Worker}, "%+v\n%s", c, p)
	b.run(t, p)
	same(t, want, b.output(), "%+v, %d bytes, %d parts, seed %d\n%s", c, target.VectorBytes, parts, seed, p)
}

// Long sums of few results are cut, and alike for any number of workers and size of caches.
func TestLongSumsAreParted(t *testing.T) {
	ofK := regexp.MustCompile(`part:\d+|for k 0.*|offsets cols.*`)
	lower := func(target cost.Target, m, n int) []string {
		c := caseOf{expr: "ab,bc->ac", types: []tensor.DType{tensor.F32}, extent: map[rune]int{'a': m, 'b': 100000, 'c': n}, layouts: "c", packed: true}
		p, err := Lower(c.build(newRand(1)).plan, target, Options{})
		require.NoError(t, err)
		return ofK.FindAllString(p.String(), -1)
	}
	other := avx2
	other.L1, other.L2, other.L3, other.Workers = 16<<10, 128<<10, 64<<20, 64
	for _, n := range [][2]int{{24, 32}, {96, 80}} {
		a := lower(avx2, n[0], n[1])
		require.Regexp(t, `part:\d`, a[0])
		require.Equal(t, a, lower(other, n[0], n[1]))
	}
	require.NotRegexp(t, "part", lower(avx2, 8, 16)[0], "too little to do")
}
