package lower

import (
	"regexp"
	"strings"
	"testing"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// TestTranspositions turns squares of every width around, with edges on both sides and more axes around.
func TestTranspositions(t *testing.T) {
	seed := int64(0)
	for _, target := range targets() {
		for _, d := range tensor.DTypes() {
			for _, x := range []struct{ expr, sizes string }{{"ab->ba", "HX"}, {"ab->ba", "GG"}, {"ab->ba", "9A"}, {"abc->cba", "B3I"},
				{"abcd->dcba", "93AB"}, {"ab,ba->ba", "HX"}, {"abc,cb->cab", "AIH"},
				{"ab->ba", "3J"}, {"abc->bca", "5BI"}, {"abc,b->cba", "27X"}} {
				seed++
				c := caseOf{expr: x.expr, sizes: x.sizes, types: []tensor.DType{d}, layouts: "c"}
				c.check(t, target, seed)
			}
		}
	}
}

// What is turned around may have wider elements than the output, whose squares then have more rows than its own.
func TestWiderOperandsAreTurned(t *testing.T) {
	for _, target := range targets() {
		for _, x := range []struct{ out, in tensor.DType }{{tensor.F16, tensor.F32}, {tensor.BF16, tensor.F32}, {tensor.I8, tensor.I32},
			{tensor.F32, tensor.F64}, {tensor.F64, tensor.C128}, {tensor.F64, tensor.F16}, {tensor.I64, tensor.I8}} {
			for _, rows := range []int{3, 4, 5, 8, 9, 16, 17} {
				c := caseOf{expr: "ba->ab", extent: map[rune]int{'a': 1, 'b': rows}, types: []tensor.DType{x.in}, out: x.out, layouts: "c",
					body: parser.Expr{input(0, x.in), call(parser.FnCast, wide(x.out), 0)}}
				for _, n := range []int{2, 3, 5, 8, 13, 17} {
					c.extent['a'] = n
					c.check(t, target, int64(n+rows))
				}
			}
		}
	}
}

// wide is the type in which a step computes values of type d.
func wide(d tensor.DType) tensor.DType {
	if d == tensor.F16 || d == tensor.BF16 {
		return tensor.F32
	}
	return d
}

// Rows of the output that are shorter than half a vector are turned around, too, and stored whole.
func TestShortRowsAreTurned(t *testing.T) {
	for n, store := range map[int]string{3: "by 1 active 3,", 4: "by 1, ", 7: "by 1 active 7,"} {
		c := caseOf{expr: "abc->cba", extent: map[rune]int{'a': n, 'b': 9, 'c': 40}, types: []tensor.DType{tensor.F32}, layouts: "c"}
		text := c.check(t, targets()[2], 1).Nests[0].String()
		require.Contains(t, text, store)
		require.NotRegexp(t, `store .* by [^1]`, text, "no vector is stored lane by lane")
	}
}

// What leaves the caches is read in long runs: of 2 KB of a row, or of rows that follow each other, before the output goes on.
func TestFarTranspositionsReadRuns(t *testing.T) {
	loops := func(expr string, extent map[rune]int) string {
		c := caseOf{expr: expr, extent: extent, types: []tensor.DType{tensor.F32}, layouts: "c", span: 1}
		p, err := Lower(c.build(newRand(1)).plan, targets()[2], Options{})
		require.NoError(t, err)
		text, _, _ := strings.Cut(p.Nests[0].String(), "load")
		return text
	}
	require.Regexp(t, `for a\S* 0..512 step 16 .*\n *for b\S* 0..512 step 16`, loops("ab->ba", map[rune]int{'a': 2048, 'b': 2048}))
	require.Regexp(t, `for a\S* 0..64 step 16 .*\n *for b\S* 0..64 step 16`, loops("ab->ba", map[rune]int{'a': 512, 'b': 512}), "near")
	require.Regexp(t, `for a\S* .*\n *for c\S* .*\n *for d\S* `, loops("abcd->dcba", map[rune]int{'a': 64, 'b': 40, 'c': 56, 'd': 64}))
	require.Regexp(t, `for b\S* .*\n *for a\S* .*\n *for d\S* `, loops("abcd->dcba", map[rune]int{'a': 64, 'b': 8, 'c': 8, 'd': 64}), "near")
	require.Regexp(t, `for c\S* .*\n *for b\S* .*\n *for d\S* `, loops("abcd->adcb", map[rune]int{'a': 20, 'b': 97, 'c': 100, 'd': 24}), "lines of the output are shared")
}

// Sums of few terms are turned around where rows share no vectors; their rows then run inside of what shares these.
func TestLoneRowsAreTurned(t *testing.T) {
	for _, target := range targets() {
		for _, x := range []struct{ expr, sizes string }{{"be,caed->bdca", "57433"}, {"ab,bdc->acd", "537I"}, {"bac->cb", "3Y9"}} {
			for _, d := range []tensor.DType{tensor.F32, tensor.F64, tensor.I8, tensor.C64} {
				c := caseOf{expr: x.expr, sizes: x.sizes, types: []tensor.DType{d}, layouts: "c"}
				c.check(t, target, 7)
			}
		}
	}
	c := caseOf{expr: "be,caed->bdca", extent: map[rune]int{'a': 40, 'b': 30, 'c': 10, 'd': 50, 'e': 3}, types: []tensor.DType{tensor.F32}, layouts: "c"}
	text := c.check(t, targets()[2], 1).Nests[0].String()
	require.NotRegexp(t, `store .* by [^1]`, text, "no vector is stored lane by lane")
	require.Regexp(t, `(?s)for d\S* .*for b\S* .*for ca\S* .* step 16`, text)
	c.extent['e'], c.extent['d'] = 3, 9
	require.Regexp(t, `(?s)load caed.* by 27.*store .* by 1,`, c.check(t, targets()[2], 1).Nests[0].String(), "rows share what is fetched one by one")
	c.extent['e'], c.extent['d'] = 17, 50
	require.Regexp(t, `store .* by [^1]`, c.check(t, targets()[2], 1).Nests[0].String(), "many terms are worth sharing")
	c = caseOf{expr: "bda,cbae->decb", extent: map[rune]int{'a': 3, 'b': 16, 'c': 5, 'd': 6, 'e': 16}, types: []tensor.DType{tensor.F64}, layouts: "c"}
	require.NotContains(t, c.check(t, targets()[2], 1).Nests[0].String(), "shuffle", "vectors of a batch are copied")
}

// TestTurnedSums has products whose output is unit-stride along the tile's rows, with edges of squares and vectors,
// batches, an epilogue and an old value.
func TestTurnedSums(t *testing.T) {
	seed := int64(0)
	for _, target := range targets() {
		for _, d := range tensor.DTypes() {
			for _, x := range []struct{ expr, sizes string }{{"ac,cb->ba", "G5G"}, {"ac,cb->ba", "XHT"}, {"dac,dcb->dba", "7I32"}, {"ac,cb->ba", "4X2"},
				{"ac,cb->ba", "JZ9"}, {"ac,cb,b->ba", "HV5"}} {
				seed++
				c := caseOf{expr: x.expr, sizes: x.sizes, types: []tensor.DType{d}, layouts: "c"}
				if strings.Count(x.expr, ",") == 2 {
					c.extras, c.epilogue = 1, parser.Expr{input(0, d), input(1, d), call(parser.FnAdd, d, 0, 1)}
				}
				if seed%3 == 0 {
					c.old = "c"
				}
				c.check(t, target, seed)
			}
		}
	}
	c := caseOf{expr: "ac,cb->ba", sizes: "GGG", types: []tensor.DType{tensor.F32}, layouts: "c"}
	for _, target := range targets() {
		text := c.check(t, target, 1).Nests[0].String()
		require.Contains(t, text, "shuffle")
		require.NotRegexp(t, `store .* by [^1]`, text, "no vector is stored lane by lane")
	}
}

// TestTranspose turns squares of registers around, several side by side where vectors are longer.
func TestTranspose(t *testing.T) {
	for _, d := range []tensor.DType{tensor.I8, tensor.F16, tensor.F32, tensor.F64, tensor.C128} {
		for n := 2; n <= 16; n *= 2 {
			for lanes := n; lanes <= 4*n; lanes *= 2 {
				checkTranspose(t, d, n, lanes)
			}
		}
	}
}

func checkTranspose(t *testing.T, d tensor.DType, n, lanes int) {
	b := loop.NewBuilder("transpose")
	b.Param(loop.Param{Name: "out", DType: d, Role: loop.Out, Hi: int64(n * lanes)})
	b.Param(loop.Param{Name: "in", DType: d, Role: loop.In, Hi: int64(n * lanes)})
	b.For(&loop.For{Var: b.Var("task"), Kind: loop.Task, Count: loop.Bound{Max: loop.Const(1)}, Step: 1}, func() {
		var rows []loop.Reg
		for i := range n {
			rows = append(rows, b.Load(loop.Addr{Param: 1, Off: loop.Affine{Const: int64(i * lanes)}}, loop.Const(1), lanes))
		}
		for i, r := range transpose(b, rows) {
			b.Store(r, loop.Addr{Off: loop.Affine{Const: int64(i * lanes)}}, loop.Const(1))
		}
	})
	require.NoError(t, loop.Verify(b.Nest))
	size := d.Size()
	in, out := make([]byte, n*lanes*size), make([]byte, n*lanes*size)
	for i := range n * lanes {
		in[i*size] = byte(i + i>>8) // a number's lowest byte: a denormal is as good as any
	}
	require.NoError(t, loop.Run(b.Nest, []loop.Mem{{Data: out}, {Data: in}}, nil, 0, 1))
	for i := range n {
		for j := range lanes {
			from, to := ((j%n)*lanes+j/n*n+i)*size, (i*lanes+j)*size
			require.Equal(t, in[from:from+size], out[to:to+size], "%v %d of %d lanes: lane %d of vector %d", d, n, lanes, j, i)
		}
	}
}

// Results whose lanes share sets of the first level are stored line by line, from tiles of one vector where terms are few.
func TestCrowdedLinesAreFinished(t *testing.T) {
	for _, x := range []struct {
		c, k    int
		narrow  bool
		follows string // the first store
	}{{504, 16, false, "504"}, {512, 16, true, "2"}, {512, 17, false, "2"}} {
		c := caseOf{expr: "ba,cb->ac", extent: map[rune]int{'a': 24, 'b': x.k, 'c': x.c}, types: []tensor.DType{tensor.F64}, layouts: "c"}
		text := c.check(t, targets()[2], 1).Nests[0].String()
		require.Equal(t, x.narrow, strings.Contains(text, "for a 0..24 step 8 "), "%d columns, %d terms", x.c, x.k)
		require.Regexp(t, `store out\[[^\]]*c\] by 1, .*\n.*\n *store out\[.* \+ `+x.follows+`\]`, text)
	}
}

// Turned results are stored in parts: with few terms, vectors along the output's lines are better, though an input must be turned for them.
func TestFewTermsTurnAnInput(t *testing.T) {
	c := caseOf{expr: "cdb,ba->cad", extent: map[rune]int{'a': 7, 'b': 3, 'c': 5, 'd': 96}, types: []tensor.DType{tensor.F64}, layouts: "c"}
	text := c.check(t, targets()[2], 1).Nests[0].String()
	require.Contains(t, text, "for d 0..96 step 8 vector")
	c.extent['b'] = 40
	require.Contains(t, c.check(t, targets()[2], 1).Nests[0].String(), "for d 0..96 step 16\n", "whole results are turned around")
}

// TestRepeatedRows joins short rows to full vectors, and leaves others alone.
func TestRepeatedRows(t *testing.T) {
	for _, target := range targets() {
		for i, x := range []struct{ expr, sizes string }{{"ac,bc->abc", "7KA"}, {"ac,bc->abc", "5H3"}, {"c,abc->abc", "4G6"},
			{"ac,bc->abc", "G2F"}, {"ac,bc->abc", "396"}, {"c,ab->abc", "5XC"}, {"ac,bc,abc->abc", "3KA"},
			{"abd,dc->cabd", "5438"}, {"ab,bc->cab", "5XI"}, {"ab,cba->cab", "65W"}, {"ab,bc->cab", "J3F"}} {
			for _, d := range []tensor.DType{tensor.F32, tensor.F64, tensor.F16, tensor.C64, tensor.I8} {
				c := caseOf{expr: x.expr, sizes: x.sizes, types: []tensor.DType{d}, layouts: "c"}
				if i == 1 {
					c.body = parser.Expr{input(0, d), input(1, d), call(parser.FnSub, d, 0, 1)}
				}
				c.check(t, target, int64(i))
			}
		}
	}
	c := caseOf{expr: "ac,bc->abc", sizes: "7KA", types: []tensor.DType{tensor.F32}, layouts: "c"}
	text := c.check(t, avx2, 1).Nests[0].String()
	require.Contains(t, text, "shuffle")
	require.Contains(t, text, "step 40 vector", "five vectors hold four rows of ten")
	c = caseOf{expr: "ab,bc->cab", extent: map[rune]int{'a': 40, 'b': 16, 'c': 6}, types: []tensor.DType{tensor.F32}, layouts: "c"}
	text = c.check(t, avx2, 1).Nests[0].String()
	require.Contains(t, text, "load bc[c] by 6\n")
	require.Contains(t, text, "for ab 0..640 step 16 vector", "vectors that lie across are fetched once, and serve all rows")
	c = caseOf{expr: "ba,dbc->acdb", extent: map[rune]int{'a': 3, 'b': 16, 'c': 16, 'd': 40}, types: []tensor.DType{tensor.F32}, layouts: "c"}
	require.NotRegexp(t, `store .* by [^1]`, c.check(t, avx2, 1).Nests[0].String(), "lines of the output are whole")
}

// TestStreams looks for stores past the cache: in large outputs, where lines are whole.
func TestStreams(t *testing.T) {
	for _, x := range []struct {
		expr    string
		extent  map[rune]int
		streams bool
	}{
		{"a,b->ab", map[rune]int{'a': 2000, 'b': 2000}, true},
		{"a,b->ab", map[rune]int{'a': 900, 'b': 1000}, false},
		{"a,b->ab", map[rune]int{'a': 2000, 'b': 2001}, false},
		{"a->a", map[rune]int{'a': 4000003}, true},
		{"ak,kb->ab", map[rune]int{'a': 3000, 'b': 3200, 'k': 24}, true},
		{"ak,kb->ab", map[rune]int{'a': 3000, 'b': 3201, 'k': 24}, false},
		{"ak,kb->ab", map[rune]int{'a': 300, 'b': 3200, 'k': 24}, false},
		{"ak,kb->ab", map[rune]int{'a': 3000, 'b': 3200, 'k': 700}, false}, // C is read again
	} {
		c := caseOf{expr: x.expr, extent: x.extent, types: []tensor.DType{tensor.F32}, layouts: "c", packed: strings.Contains(x.expr, "k")}
		prog := c.build(newRand(1)).lowered(t, avx2)
		require.Equal(t, x.streams, strings.Contains(prog.String(), "stream"), "%s %v", x.expr, x.extent)
	}
	c := caseOf{expr: "a,b->ab", extent: map[rune]int{'a': 1024, 'b': 1088}, types: []tensor.DType{tensor.F32}, layouts: "c"}
	server := targets()[2]
	for l2, streams := range map[int]bool{1 << 20: false, 2 << 20: true} {
		server.L2 = l2
		require.Equal(t, streams, strings.Contains(c.build(newRand(1)).lowered(t, server).String(), "stream "), "%d bytes of second-level cache", l2)
	}
	server.L2 = 1 << 20
	for _, x := range []struct {
		expr    string
		l3      int
		streams bool
	}{{"a,b->ab", 4 << 20, true}, {"a,b->ab", 36 << 20, false}, {"ac,cb->ab", 36 << 20, true}} {
		c := caseOf{expr: x.expr, extent: map[rune]int{'a': 2048, 'b': 1920, 'c': 34}, types: []tensor.DType{tensor.F32}, layouts: "c"}
		server.L3 = x.l3
		require.Equal(t, x.streams, strings.Contains(c.build(newRand(1)).lowered(t, server).String(), "stream "), "%v", x)
	}
	c.expr = "ab->ba"
	require.Contains(t, c.build(newRand(1)).lowered(t, targets()[2]).String(), "stream ", "lines far from each other")
	require.NotContains(t, c.build(newRand(1)).lowered(t, avx2).String(), "stream ", "parts of lines")
	b := c.build(newRand(1))
	b.plan.Buffers[b.plan.Steps[0].Out.Buffer].Kind = planner.Temp
	require.NotContains(t, b.lowered(t, targets()[2]).String(), "stream ", "what the next step reads")
}

// A store goes past the caches only as a whole vector whose place is a multiple of it.
func TestStreamedStoresAreAligned(t *testing.T) {
	e := &emitter{shape: shape{lanes: 8}, multiple: map[loop.Var]int64{1: 2}}
	at := func(c int64, terms ...loop.Term) loop.Addr {
		return loop.Addr{Off: loop.Affine{Const: c, Terms: terms}}
	}
	for i, x := range []struct {
		n       loop.Store
		lanes   int64
		streams bool
	}{
		{loop.Store{To: at(16)}, 8, true},
		{loop.Store{To: at(16), Active: 3}, 8, false},
		{loop.Store{To: at(16)}, 4, false},
		{loop.Store{To: at(12)}, 8, false},
		{loop.Store{To: at(0, loop.Term{Var: 0, Coef: loop.Const(24)})}, 8, true},
		{loop.Store{To: at(0, loop.Term{Var: 0, Coef: loop.Const(4)})}, 8, false},
		{loop.Store{To: at(0, loop.Term{Var: 1, Coef: loop.Const(4)})}, 8, true},
		{loop.Store{To: at(0, loop.Term{Var: 0, Coef: loop.Dim(0)})}, 8, false},
	} {
		require.Equal(t, x.streams, e.streams(&x.n, tile{lanes: x.lanes}), "case %d", i)
	}
}

// TestTurnedBlocks cuts transpositions into squares: larger ones where the output leaves the caches.
func TestTurnedBlocks(t *testing.T) {
	c := caseOf{expr: "ab->ba", extent: map[rune]int{'a': 330, 'b': 400}, types: []tensor.DType{tensor.F32}, layouts: "c"}
	require.Contains(t, c.check(t, avx2, 1).Nests[0].String(), "split task = a.:6 b.:7")
	c.extent = map[rune]int{'a': 2000, 'b': 2000}
	require.Contains(t, c.build(newRand(1)).lowered(t, avx2).Nests[0].String(), "split task = a.:4 b.:4")
}

// Tiles that are turned around ask for the lines that they will write: for both that a row reaches into, unless rows begin with lines.
func TestTurnedRowsAreAskedFor(t *testing.T) {
	for extent, asked := range map[int][2]bool{320: {false, false}, 600: {true, true}, 608: {true, false}} {
		c := caseOf{expr: "ab->ba", extent: map[rune]int{'a': extent, 'b': 600}, types: []tensor.DType{tensor.F32}, layouts: "c"}
		text := c.check(t, targets()[2], 1).Nests[0].String()
		require.Equal(t, asked[0], regexp.MustCompile(`\+ a\S*\] to write`).MatchString(text), "%d", extent)
		require.Equal(t, asked[1], regexp.MustCompile(`\+ a\S* \+ 15\] to write`).MatchString(text), "%d", extent)
	}
}

// TestTurnedVectorsKeepToLines narrows vectors where rows are not multiples of whole ones, but of halves, or where there are many.
func TestTurnedVectorsKeepToLines(t *testing.T) {
	for _, x := range []struct {
		a, b  int
		lanes string
	}{{48, 48, "f32x16"}, {40, 40, "f32x8"}, {41, 41, "f32x16"}, {1311, 200, "f32x8"}, {1310, 200, "f32x16"}, {1312, 208, "f32x16"}} {
		c := caseOf{expr: "ab->ba", extent: map[rune]int{'a': x.a, 'b': x.b}, types: []tensor.DType{tensor.F32}, layouts: "c"}
		require.Contains(t, c.check(t, targets()[2], 1).Nests[0].String(), "r0:"+x.lanes+" = load ab", x)
	}
}
