package lower

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// sizes are extents around vectors and tiles.
var sizes = []int{0, 1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33}

func TestDirectEveryTypeAndShape(t *testing.T) {
	exprs := []string{"ab,bc->ac", "ba,bc->ca", "ab,cb->ac", "ab,b->a", "ab,a->b", "a,a->", "a->", "aa->", "aa->a", "ab->ba",
		"ab->a", "ab->b", "a,b->ab", "abc->cab", "ab,ab->ab", "->", "abc,abd->acd", "ab,ac,ad->abcd", "ab.,.bc->a.c", "a->aa", "ab->aba", "abb->a"}
	seed := int64(1)
	for _, target := range targets() {
		for i, e := range exprs {
			for j, d := range tensor.DTypes() {
				seed++
				c := caseOf{expr: e, types: []tensor.DType{d}, extent: map[rune]int{}}
				for k, r := range "abcd" {
					c.extent[r] = sizes[(int(seed)*(k+3)+i*7+j*5+k*k)%len(sizes)]
				}
				c.layouts = string("cfnzp"[seed%5]) + string("cpfzn"[seed/5%5])
				c.runtime = seed%3 == 0
				c.check(t, target, seed)
			}
		}
	}
}

func TestDirectEveryExtent(t *testing.T) {
	for _, target := range targets() {
		for i, n := range sizes {
			for _, e := range []string{"ab,bc->ac", "ab,cb->ac", "ab,b->a", "ab->ba"} {
				for _, x := range [][3]int{{n, 4, 5}, {4, n, 5}, {6, 4, n}, {n, n, n}} {
					c := caseOf{expr: e, types: []tensor.DType{tensor.F32, tensor.F64}[i%2 : i%2+1], extent: map[rune]int{'a': x[0], 'b': x[1], 'c': x[2]}}
					c.check(t, target, int64(i))
					c.runtime = true
					c.check(t, target, int64(i))
				}
			}
		}
	}
}

func TestReductions(t *testing.T) {
	for _, target := range targets() {
		for _, r := range []parser.ReduceOp{parser.Sum, parser.Prod, parser.Max, parser.Min} {
			for _, d := range tensor.DTypes() {
				if d.IsComplex() && r >= parser.Max {
					continue
				}
				for i, n := range sizes {
					c := caseOf{expr: []string{"ab->a", "ba->a", "ab,ab->a"}[i%3], types: []tensor.DType{d}, reduce: r, span: 1,
						extent: map[rune]int{'a': 3 + i%5, 'b': n}}
					c.check(t, target, int64(i))
				}
			}
		}
	}
}

func TestOldValues(t *testing.T) {
	for i, layout := range []string{"c", "f", "n", "p", "z"} {
		for op := parser.Sum; op <= parser.Min; op++ {
			for _, e := range []string{"ab,bc->ac", "a,b->ab", "ab->a", "a->aa", "ab->baba", "->"} {
				for _, d := range []tensor.DType{tensor.F16, tensor.F32, tensor.I16} {
					c := caseOf{expr: e, sizes: "9H5"[i%2:] + "7", types: []tensor.DType{d}, old: layout, oldOp: op, runtime: i%2 == 1}
					c.check(t, avx2, int64(i))
				}
			}
		}
	}
}

func TestBodiesAndEpilogues(t *testing.T) {
	f32, f64, i32 := tensor.F32, tensor.F64, tensor.I32
	cases := []caseOf{
		{expr: "ab,bc,c->ac", types: []tensor.DType{f32}, extras: 1, // relu(X·W + bias)
			epilogue: parser.Expr{input(0, f32), input(1, f32), call(parser.FnAdd, f32, 0, 1), call(parser.FnRelu, f32, 2)}},
		{expr: "ab,cb->acb", types: []tensor.DType{f32}, body: parser.Expr{input(0, f32), input(1, f32), call(parser.FnSub, f32, 0, 1)}},
		{expr: "ab,cb->ac", types: []tensor.DType{f64}, body: parser.Expr{input(0, f64), input(1, f64), call(parser.FnSub, f64, 0, 1), call(parser.FnAbs, f64, 2)}},
		{expr: "ab,bc,a,c->ac", types: []tensor.DType{f32}}, // fused factors
		{expr: "ab,bc,c,ac->ac", types: []tensor.DType{f32, tensor.I8, f64, tensor.F16}, out: f64, extras: 2,
			body: parser.Expr{input(0, f32), input(1, tensor.I8), call(parser.FnCast, f64, 0), call(parser.FnCast, f64, 1), call(parser.FnMul, f64, 2, 3)},
			epilogue: parser.Expr{input(0, f64), input(1, f64), input(2, tensor.F16), call(parser.FnCast, f64, 2),
				call(parser.FnMax, f64, 0, 1), call(parser.FnSub, f64, 4, 3)}},
		{expr: "ab->ab", types: []tensor.DType{tensor.C64}, out: f32,
			body: parser.Expr{input(0, tensor.C64), call(parser.FnCast, f32, 0)}},
		{expr: "ab->a", types: []tensor.DType{i32}, body: parser.Expr{input(0, i32), call(parser.FnNeg, i32, 0),
			{Kind: parser.NodeConst, DType: i32, Value: 3, Int: 3}, call(parser.FnMin, i32, 1, 2), call(parser.FnAbs, i32, 3)}},
		{expr: "ab->", types: []tensor.DType{f32}, body: parser.Expr{{Kind: parser.NodeConst, DType: f32, Value: 2}}},
		{expr: "ab,b->a", types: []tensor.DType{f32}, reduce: parser.Max, body: parser.Expr{input(0, f32), input(1, f32), call(parser.FnAdd, f32, 0, 1)}},
	}
	for i, c := range cases {
		for j, s := range []string{"579", "HHH", "2G9", "9X3", "111", "707"} {
			for _, target := range targets() {
				c.sizes, c.runtime = s, (i+j)%3 == 0
				if c.sizes == "707" && i != 1 {
					c.sizes = "770"
				}
				c.check(t, target, int64(i*10+j))
			}
		}
	}
}

func TestLongReductionsAreSplit(t *testing.T) {
	for i, c := range []caseOf{
		{expr: "a->", extent: map[rune]int{'a': 300_001}, types: []tensor.DType{tensor.F32}},
		{expr: "a,a->", extent: map[rune]int{'a': 1 << 18}, types: []tensor.DType{tensor.I64}},
		{expr: "ab->b", extent: map[rune]int{'a': 140_003, 'b': 3}, types: []tensor.DType{tensor.F64}, old: "c", oldOp: parser.Sum},
		{expr: "abc->b", extent: map[rune]int{'a': 7, 'b': 2, 'c': 20_003}, types: []tensor.DType{tensor.I8}, layouts: "p"},
		{expr: "ab->", extent: map[rune]int{'a': 300, 'b': 901}, types: []tensor.DType{tensor.F16}, layouts: "n", runtime: true, reduce: parser.Max},
	} {
		p := c.check(t, avx2, int64(i))
		if len(p.Phases) != 2 || p.Shared == 0 || p.Phases[0].Tasks.Value < 2 {
			t.Errorf("case %d: not split:\n%s", i, p)
		}
	}
}

func TestTasksCoverLargeFreeAxes(t *testing.T) {
	for i, c := range []caseOf{
		{expr: "a->a", extent: map[rune]int{'a': 600_011}, types: []tensor.DType{tensor.F32}},
		{expr: "a->a", extent: map[rune]int{'a': 100_011}, types: []tensor.DType{tensor.F32}, runtime: true},
		{expr: "ab->ba", extent: map[rune]int{'a': 401, 'b': 807}, types: []tensor.DType{tensor.F64}},
		{expr: "ab,bc->ac", extent: map[rune]int{'a': 61, 'b': 64, 'c': 259}, types: []tensor.DType{tensor.F32}},
		{expr: "ab,cb->ac", extent: map[rune]int{'a': 61, 'b': 67, 'c': 159}, types: []tensor.DType{tensor.F32}},
	} {
		p := c.check(t, avx2, int64(i))
		if p.Phases[0].Tasks.Value < 2 {
			t.Errorf("case %d: one task:\n%s", i, p)
		}
		for _, ph := range p.Phases {
			if ph.Nanos > maxNanos {
				t.Errorf("case %d: a task of %g ns", i, ph.Nanos)
			}
		}
	}
}

// A product's tile: rows share the vector of B, both rows' sums stay in registers.
func ExampleProgram_String() {
	c := caseOf{expr: "ab,bc->ac", sizes: "238", types: []tensor.DType{tensor.F32}, layouts: "c", span: 1}
	p, err := Lower(c.build(newRand(1)).plan, avx2, Options{})
	fmt.Println(err)
	fmt.Print(p)
	// Output:
	// <nil>
	// program: shared 0 B, worker 0 B
	// phase 0: step 0, nest 0, 1 task of 100 ns: buffer 2 buffer 0 buffer 1
	//
	// 0: nest "direct" fma f16c
	//   out out f32[0..16)
	//   in ab f32[0..6)
	//   in bc f32[0..24)
	// for task 0..1 task
	//   r0:f32x8 = const 0
	//   for b 0..3 unroll carry r1:f32x8 = r0 then r5, r2:f32x8 = r0 then r7
	//     r3:f32x8 = load ab[b] by 0
	//     r4:f32x8 = load bc[b*8] by 1
	//     r5:f32x8 = fma r3, r4, r1
	//     r6:f32x8 = load ab[b + 3] by 0
	//     r7:f32x8 = fma r6, r4, r2
	//   store out[0] by 1, r1
	//   store out[8] by 1, r2
}

// TestTermsUseUpLines holds the order of loops over terms: by strides where lines stay until their next term comes, those of the larger
// input before the other's; else what has neighbours is inside, or the fewest lines are fetched.
func TestTermsUseUpLines(t *testing.T) {
	for _, c := range []struct {
		expr   string
		extent map[rune]int
		order  string
	}{
		{"ab,ba->", map[rune]int{'a': 512, 'b': 600}, "ba"},
		{"ab,ba->", map[rune]int{'a': 600, 'b': 512}, "ab"}, // the longest is outermost
		{"ab,ba->", map[rune]int{'a': 500, 'b': 600}, "ab"},
		{"cdb,bdc->", map[rune]int{'b': 97, 'c': 48, 'd': 90}, "dbc"},
		{"cdb,bdc->", map[rune]int{'b': 97, 'c': 48, 'd': 7}, "cbd"},
		{"cdb,abdc->a", map[rune]int{'a': 3, 'b': 97, 'c': 48, 'd': 74}, "bdc"}, // the second is larger
		{"db,abdc->ac", map[rune]int{'a': 3, 'b': 97, 'c': 48, 'd': 700}, "bd"}, // one has its neighbours elsewhere
		{"acbe,eacd->db", map[rune]int{'a': 16, 'b': 64, 'c': 64, 'd': 5, 'e': 24}, "ace"},
		{"acbe,eacd->db", map[rune]int{'a': 10, 'b': 16, 'c': 10, 'd': 5, 'e': 24}, "eac"},
		{"acb,ecad->ebd", map[rune]int{'a': 8, 'b': 2, 'c': 200, 'd': 8, 'e': 200}, "ca"},   // the second is far larger
		{"acb,ecad->ebd", map[rune]int{'a': 8, 'b': 2, 'c': 200, 'd': 2, 'e': 2}, "ac"},     // and here it is not
		{"eacb,dbce->dba", map[rune]int{'a': 13, 'b': 8, 'c': 24, 'd': 13, 'e': 256}, "ec"}, // tiles copy blocks of terms
	} {
		b := caseOf{expr: c.expr, types: []tensor.DType{tensor.F64}, extent: c.extent, span: 1, layouts: "c"}.build(newRand(1))
		k := newLowering(b.plan, avx2, Options{}).kernel(&b.plan.Steps[0])
		k.arrange()
		require.Equal(t, c.order, k.labels(k.red), "%s %v", c.expr, c.extent)
	}
	caseOf{expr: "ab,ba->", types: []tensor.DType{tensor.F64}, extent: map[rune]int{'a': 512, 'b': 513}}.check(t, avx2, 1)
}

// TestRowByRow holds which axis of a tile is outside: columns, whose vectors stay in a cache while the rows pass, unless those of all
// columns do.
func TestRowByRow(t *testing.T) {
	for _, c := range []struct {
		expr   string
		extent map[rune]int
		order  string
	}{
		{"ab,bc->ac", map[rune]int{'a': 500, 'b': 2, 'c': 600}, "ac"},
		{"ab,bc->ac", map[rune]int{'a': 500, 'b': 40, 'c': 600}, "ca"},
		{"ab,bc->ac", map[rune]int{'a': 500, 'b': 2, 'c': 6}, "ca"},            // one tile has all columns
		{"ab,bcd->ac", map[rune]int{'a': 200, 'b': 2, 'c': 600, 'd': 3}, "ca"}, // lines are read of which vectors use a part
	} {
		b := caseOf{expr: c.expr, types: []tensor.DType{tensor.F64}, extent: c.extent, span: 1, layouts: "cc"}.build(newRand(1))
		k := newLowering(b.plan, avx2, Options{}).kernel(&b.plan.Steps[0])
		k.arrange()
		require.Equal(t, c.order, k.labels(k.loopOrder(k.shape(avx2))), "%s %v", c.expr, c.extent)
	}
	caseOf{expr: "ab,bc->ac", types: []tensor.DType{tensor.F64}, extent: map[rune]int{'a': 50, 'b': 2, 'c': 60}}.check(t, avx2, 1)
}

// Sums of several runs of terms are computed row beside row, however long these are; those of one run are not.
func TestSumsRunBesideEachOther(t *testing.T) {
	for expr, beside := range map[string]bool{"abc->b": true, "abc,ac->b": true, "bc->b": false} {
		for _, n := range []int{20, 300} {
			c := caseOf{expr: expr, types: []tensor.DType{tensor.F32}, layouts: "c", extent: map[rune]int{'a': 5, 'b': 18, 'c': n}}
			text := c.check(t, targets()[2], 1).Nests[0].String()
			require.Equal(t, beside, regexp.MustCompile(` step [46]\n`).MatchString(text), "%s %d\n%s", expr, n, text)
		}
	}
}

// Where runs of terms follow each other in a large input, it is read on and on, a few rows at a time.
func TestRowsAreReadOn(t *testing.T) {
	for _, x := range []struct {
		expr string
		rows int
		on   bool
	}{{"abc,bc->ab", 10, true}, {"abc,bc->ba", 10, true}, {"abc,bc->ab", 4, false}, {"abc,dbc->abd", 10, false}, {"acb,cb->ab", 10, false}} {
		c := caseOf{expr: x.expr, types: []tensor.DType{tensor.F32}, layouts: "c", extent: map[rune]int{'a': x.rows, 'b': 500, 'c': 64, 'd': 3}}
		text := c.check(t, targets()[2], 1).Nests[0].String()
		require.Equal(t, x.on, regexp.MustCompile(`for a\S* .*\n *for b`).MatchString(text), "%+v\n%s", x, text)
	}
}

// The same of short runs of columns or terms that rows would come back to after many pages, and of lines that hold more than what a tile reads.
func TestRowsReadRunsOn(t *testing.T) {
	v4 := targets()[2]
	for _, c := range []struct {
		expr   string
		extent map[rune]int
		order  string
	}{
		{"cdba,bd->bac", map[rune]int{'a': 13, 'b': 20, 'c': 530, 'd': 8}, "acb"},
		{"cdba,bd->bac", map[rune]int{'a': 13, 'b': 20, 'c': 130, 'd': 8}, "bac"}, // few pages
		{"cdba,bd->bac", map[rune]int{'a': 130, 'b': 5, 'c': 530, 'd': 8}, "bac"}, // long runs
		{"cba,bd->cad", map[rune]int{'a': 3, 'b': 520, 'c': 170, 'd': 24}, "dca"}, // within lines
		{"cba,bd->cad", map[rune]int{'a': 3, 'b': 520, 'c': 80, 'd': 24}, "adc"},  // that stay
	} {
		cs := caseOf{expr: c.expr, types: []tensor.DType{tensor.F32}, extent: c.extent, span: 1, layouts: "c"}
		b := cs.build(newRand(1))
		k := newLowering(b.plan, v4, Options{}).kernel(&b.plan.Steps[0])
		k.arrange()
		require.Equal(t, c.order, k.labels(k.loopOrder(k.shape(v4))), "%s %v", c.expr, c.extent)
		cs.check(t, v4, 1)
	}
}
