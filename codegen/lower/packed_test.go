package lower

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// small makes the blocks of a product a few tiles large, so that little tensors have every edge.
func small(target cost.Target, mc, nc, kc int64) func(tensor.DType, cost.Places, int64, int64, int64, int64) cost.Blocking {
	return func(d tensor.DType, place cost.Places, batch, m, n, k int64) cost.Blocking {
		b := target.Blocking(d, place, batch, m, n, k)
		b.MC, b.NC, b.NS, b.KC = mc*b.MR, nc*b.NR, 2*nc*b.NR, min(kc, k)
		b.Own = nc%2 > 0
		b.ByRows = place.A || mc%2 > 0
		return b
	}
}

// checkPacked runs a case by the packed strategy with given blocks.
func (c caseOf) checkPacked(t *testing.T, target cost.Target, mc, nc, kc, seed int64) *Program {
	t.Helper()
	c.packed = true
	if c.span == 0 {
		c.span = 2
	}
	if c.layouts == "" {
		c.layouts = "c"
	}
	b := c.build(newRand(seed))
	want := b.naive()
	l := newLowering(b.plan, target, Options{RuntimeStrides: c.runtime})
	l.blocking = small(target, mc, nc, kc)
	p, err := l.lower(Options{})
	require.NoError(t, err)
	require.NotEmpty(t, p.Phases)
	require.True(t, strings.HasPrefix(p.Nests[p.Phases[0].Nest].Strategy, "packed/"), "not packed: %+v", c)
	b.run(t, p)
	same(t, want, b.output(), "%+v, %d bytes, seed %d\n%s", c, target.VectorBytes, seed, p)
	return p
}

func TestPackedProducts(t *testing.T) {
	exprs := []string{"ab,bc->ac", "ba,cb->ac", "ab,bc->ca", "ae,dcbe->dcba", "fbea,ecfd->dcba", "ea,ebcd->abcd", "aebf,dfce->abcd",
		"xab,xbc->xac", "xyab,yxbc->xyac", "abc,abd->acd", "ab,cb->ac", "dca,bd->abc", "ab,b->a", "ab,abc->c", "abc,d->ad"}
	types := [][]tensor.DType{{tensor.F32}, {tensor.F64}, {tensor.F32, tensor.F16}}
	seed := int64(0)
	for _, target := range targets() {
		for i, e := range exprs {
			for j, ts := range types {
				for k, s := range []string{"739582x", "5G3426", "1H2915", "J2C143"} {
					seed++
					c := caseOf{expr: e, types: ts, extent: map[rune]int{'x': 2 + i%2, 'y': 2}, layouts: string("cfnzp"[seed%5]) + string("cpf"[seed/5%3])}
					c.sizes, c.runtime = strings.TrimSuffix(s, "x"), seed%4 == 0
					if ts[len(ts)-1] == tensor.F16 {
						c.body = parser.Expr{input(0, tensor.F32), input(1, tensor.F16), call(parser.FnCast, tensor.F32, 1), call(parser.FnMul, tensor.F32, 0, 2)}
					}
					c.checkPacked(t, target, int64(1+j), int64(1+k%2), int64([]int{4, 3, 100, 7}[k]), seed)
				}
			}
		}
	}
}

// What is repeated is said once: a program for large extents is as short as one for small ones.
func TestProgramsDoNotGrowWithExtents(t *testing.T) {
	for _, target := range targets() {
		for _, runtime := range []bool{false, true} {
			for _, n := range []int{4e3, 20e3, 1e6} {
				problem, err := parser.Parse("ik,kj->ij", parser.ModeAuto)
				require.NoError(t, err)
				bound, err := problem.Bind([]parser.Spec{{DType: tensor.F32, Shape: []int{n, n}}, {DType: tensor.F32, Shape: []int{n, n}}})
				require.NoError(t, err)
				plan, err := planner.Search(context.Background(), bound, planner.Options{Target: target})
				require.NoError(t, err)
				p, err := Lower(plan, target, Options{RuntimeStrides: runtime})
				require.NoError(t, err)
				require.LessOrEqual(t, len(p.Phases), 2)
				require.Len(t, p.Turns, 1)
				require.Greater(t, p.Turns[0].Count.Value, int64(n/1000))
				require.Less(t, len(p.String()), 10000)
			}
		}
	}
}

// Sums that outlive a block of K wait in the type that they are computed in: the result's own would round each of them.
func TestBlocksOfKAreNotRounded(t *testing.T) {
	for _, target := range targets() {
		for _, d := range []tensor.DType{tensor.F16, tensor.BF16} {
			f32 := tensor.F32
			c := caseOf{expr: "ab,bc->ac", sizes: "7Z9", types: []tensor.DType{d}, span: 60,
				body: parser.Expr{input(0, d), input(1, d), call(parser.FnCast, f32, 0), call(parser.FnCast, f32, 1), call(parser.FnMul, f32, 2, 3)}}
			for nc := int64(1); nc <= 2; nc++ {
				c.checkPacked(t, target, 1, nc, 8, nc)
			}
		}
	}
}

// Rows of A whose terms are neighbours are not packed, on machines that multiply by what they read.
func TestRowsOfAAreReadInPlace(t *testing.T) {
	for e, place := range map[string]bool{"ab,bc->ac": true, "xab,xcb->xac": true, "aeb,bc->aec": true, "ba,bc->ac": false, "aeb,bce->ac": false} {
		for _, d := range []tensor.DType{tensor.F32, tensor.C128, tensor.F16} {
			c := caseOf{expr: e, types: []tensor.DType{d}, extent: map[rune]int{'a': 29, 'b': 100, 'c': 70, 'e': 3, 'x': 2}}
			arm := targets()[2]
			arm.Arch = "arm64"
			for i, target := range []cost.Target{avx2, targets()[2], arm} {
				text := c.checkPacked(t, target, 2, int64(1+i%2), 64, 7).String()
				place := place && target.Arch == "amd64" && d != tensor.F16
				require.Equal(t, place, strings.Contains(text, " in rows "), text)
				require.NotEqual(t, place, strings.Contains(text, "worker block"), text)
			}
		}
	}
}

// Rows of B whose columns are neighbours are not packed where they lie near each other, on machines with wide vectors.
func TestRowsOfBAreReadInPlace(t *testing.T) {
	for e, place := range map[string]bool{"ab,bc->ac": true, "ba,bc->ac": true, "xab,xbc->xac": true, "bc,ab->ac": true, "ab,bce->ace": true,
		"ab,cb->ac": false, "ab,bec->ace": false, "aeb,bec->ac": false} {
		for _, d := range []tensor.DType{tensor.F32, tensor.F64, tensor.I32, tensor.C64, tensor.F16} {
			x := caseOf{expr: e, types: []tensor.DType{d}, extent: map[rune]int{'a': 29, 'b': 19, 'c': 70, 'e': 3, 'x': 2}}
			for i, target := range []cost.Target{avx2, targets()[2]} {
				text := x.checkPacked(t, target, 2, int64(1+i), 8, 7).String()
				want := place && target.VectorBytes == 64 && d.IsFloat() && d != tensor.F16
				require.NotEqual(t, want, strings.Contains(text, "panels"), "%s of %s\n%s", e, d, text)
			}
		}
	}
	far := caseOf{expr: "ab,bc->ac", types: []tensor.DType{tensor.F64}, extent: map[rune]int{'a': 3, 'b': 5, 'c': 512}}
	require.Contains(t, far.checkPacked(t, targets()[2], 1, 2, 8, 7).String(), "panels")
}

// Nor are those whose terms come in long runs, whatever blocks of K make of them, unless there are columns enough to be worth panels.
func TestRunsOfAAreReadInPlace(t *testing.T) {
	for i, e := range []string{"eab,ecb->ac", "eab,bec->ac", "xeab,bxec->xac", "eab,fbec->fac", "ebda,dbc->eac"} {
		for _, x := range []struct {
			rows, run, columns int
			place              bool
		}{{29, 15, 70, false}, {29, 16, 70, true}, {29, 43, 70, true}, {3, 16, 768, true}, {3, 16, 769, false}} {
			c := caseOf{expr: e, types: []tensor.DType{tensor.F64}, extent: map[rune]int{'a': x.rows, 'b': x.run, 'c': x.columns, 'd': x.run, 'e': 5, 'f': 1, 'x': 2}}
			for j, target := range []cost.Target{avx2, targets()[2]} {
				target.L2 = 2 << 20 // with less, fewer columns are worth panels of any A
				text := c.checkPacked(t, target, 2, int64(1+i%2), int64(x.run)+20, int64(i+j)).String()
				require.Equal(t, x.place && e != "ebda,dbc->eac", strings.Contains(text, fmt.Sprintf(" cut %d at ", x.run)) && strings.Contains(text, " in rows "), text)
			}
		}
	}
}

// Neighbours in B that lie in different panels, and neighbours along K that are not next to each other, are
// packed by turning vectors of them.
func TestPackedTurns(t *testing.T) {
	extent := map[rune]int{'a': 14, 'b': 16, 'c': 24, 'd': 12, 'e': 2, 'f': 3}
	types := [][]tensor.DType{{tensor.F32}, {tensor.F64}, {tensor.C64}, {tensor.F16}, {tensor.C128}, {tensor.I32}}
	for i, target := range targets() {
		for j, e := range []string{"ab,bdc->acd", "ab,bfedc->afced", "eab,ebcd->eadc", "acb,bdc->ad", "afcb,fbdc->ad", "abc,cdb->ad"} {
			for k, ts := range types {
				for _, span := range []int{24, 13} {
					extent['c'] = span
					c := caseOf{expr: e, types: ts, extent: extent}
					p := c.checkPacked(t, target, 2, int64([]int{60, 72}[k%2]), []int64{64, 128, 1000}[(i+k)%3], int64(100*j+k))
					c.checkPacked(t, target, 2, 1, 64, int64(100*j+k))
					require.True(t, span != 24 || strings.Contains(p.String(), " step 12") || strings.Contains(p.String(), "step 8") ||
						strings.Contains(p.String(), " step 24"), "%s\n%s", e, p)
				}
			}
		}
	}
}

// Panels that are packed at once hold squares of a cache line's neighbours whole, unless they are all that there are.
func TestSquaresAreNotCut(t *testing.T) {
	target := targets()[2]
	target.L1, target.L2, target.Workers = 48<<10, 2<<20, 1
	for _, x := range []struct {
		rows, neighbours int
		packed           string
	}{{96, 48, "of 384 width 24"}, {16, 28, "of min(456, "}} {
		c := caseOf{expr: "bcd,eba->adec", types: []tensor.DType{tensor.F64}, layouts: "c", packed: true,
			extent: map[rune]int{'a': 4, 'b': 1000, 'c': x.rows, 'd': x.neighbours, 'e': 12}}
		require.Contains(t, c.build(newRand(1)).lowered(t, target).String(), x.packed)
	}
}

// Columns run along C as far as the panels that B's lines go to have room: over two indices here, of which tiles store
// whole vectors, if K is short.
func TestColumnsRunAlongC(t *testing.T) {
	for k, run := range map[int]string{16: " cut 24 step 384 ", 200: " cut 24 step 24 "} {
		c := caseOf{expr: "dabfe,fc->edcba", types: []tensor.DType{tensor.F32}, layouts: "c", packed: true,
			extent: map[rune]int{'a': 24, 'b': 16, 'c': 24, 'd': 3, 'e': 24, 'f': k}}
		text := c.build(newRand(1)).lowered(t, targets()[2]).String()
		require.Contains(t, text, run)
		require.Equal(t, k == 16, strings.Contains(text, "add kb run 48"), text)
	}
}

// Runs of C that leave the panels of B's lines no room are split: into runs of whole lines, or of what divides them.
func TestLongRunsAreSplit(t *testing.T) {
	for i, x := range [][2]int{{64, 32}, {36, 18}, {37, 37}} {
		target := targets()[i]
		c := caseOf{expr: "adb,cd->cba", types: []tensor.DType{tensor.F32}, layouts: "c", packed: true,
			extent: map[rune]int{'a': x[0], 'b': 20, 'c': 3, 'd': 500}}
		require.Contains(t, c.build(newRand(1)).lowered(t, target).String(), fmt.Sprintf(" cut 20 step %d ", x[1]))
		c.checkPacked(t, target, 1, 500, 64, int64(i))
	}
}

// Tiles ask for the next panel of B, all of those of a column for a share of it, where the panels of a task do not stay in
// the second-level cache: not where they do, where B is read in place, and where all panels pass for each few rows.
func TestTilesAskForTheNextPanel(t *testing.T) {
	for _, x := range []struct {
		expr  string
		n     int
		ahead bool
	}{{"ba,bc->ac", 1024, true}, {"ba,cb->ac", 1024, true}, {"ba,cb->ac", 48, false}, {"ba,bc->ac", 1000, false}, {"ab,cb->ac", 1000, false}} {
		c := caseOf{expr: x.expr, types: []tensor.DType{tensor.F32}, layouts: "c", packed: true, extent: map[rune]int{'a': 200, 'b': 512, 'c': x.n}}
		text := c.build(newRand(1)).lowered(t, targets()[2]).String()
		require.Equal(t, x.ahead, strings.Contains(text, " ahead panels["), "%v: %s", x, text)
		if x.ahead { // of 5 tiles, a fifth of 48 columns each
			require.Regexp(t, `ahead panels\[jb\*\d+ \+ j\*24576 \+ i#8\*5120 \+ 24576\] by 10`, text)
		}
	}
}

// All panels of a block of a large B are packed a few terms at a time where its columns are neighbours.
func TestRowsOfBArePackedOn(t *testing.T) {
	for i, x := range []struct {
		expr  string
		n     int
		kc    int64
		nc    int64
		terms bool
	}{
		{"ab,bc->ac", 1001, 64, 3, true}, {"ab,bc->ac", 1001, 64, 2, true}, {"ab,bc->ac", 1001, 1000, 5, true},
		{"ab,bc->ac", 1001, 100, 3, false}, // blocks that pieces do not divide
		{"ab,bc->ac", 1001, 64, 1, false},  // of one panel
		{"ab,bc->ac", 300, 64, 3, false},   // small
		{"ab,cb->ac", 1001, 64, 3, false},  // terms are neighbours
	} {
		c := caseOf{expr: x.expr, types: []tensor.DType{tensor.F64}, extent: map[rune]int{'a': 9, 'b': 133, 'c': x.n}}
		text := c.checkPacked(t, targets()[2], 1, x.nc, x.kc, int64(i)).String()
		require.Equal(t, x.terms, strings.Contains(text, "for some"), "%v: %s", x, text)
	}
}

// Tiles end where runs of C do that nearly fill them, or parts of such runs, and panels with them.
func TestTilesEndWithRuns(t *testing.T) {
	for i, x := range []struct {
		expr   string
		run    int
		d      tensor.DType
		target cost.Target
		cols   string
	}{
		{"fdea,ecfb->dcba", 47, tensor.F32, targets()[2], "47"},
		{"fdea,ecfb->dcba", 92, tensor.F32, targets()[2], "46"},
		{"dfae,cebf->dcba", 23, tensor.F64, targets()[2], "23"},
		{"dfae,cebf->dcba", 45, tensor.F32, targets()[2], ""}, // leaves too much of them empty
		{"fdea,ecfb->dcba", 47, tensor.F32, avx2, ""},
		{"fdea,ecfb->dcba", 92, tensor.F64, targets()[2], "23"},
		{"dbea,ec->dcba", 47, tensor.F32, targets()[2], "47"}, // one block of K
	} {
		c := caseOf{expr: x.expr, types: []tensor.DType{x.d}, extent: map[rune]int{'a': x.run, 'b': 5, 'c': 3, 'd': 11, 'e': 7, 'f': 9}}
		for nc := range int64(3) {
			text := c.checkPacked(t, x.target, 2, 1+nc, 64, int64(i)).String()
			cols := regexp.MustCompile(`cols ccols\[[^]]*\] of (\d*)`).FindStringSubmatch(text)
			require.Equal(t, x.cols, cols[1], text)
		}
	}
}

// Tiles are as many rows and columns as write whole lines of C, where that is to pass the cache: runs of 24 columns that
// go on in the next row are, by eight rows, or four of half as long vectors. Tiles of an operand in place are that already.
func TestTilesFillLines(t *testing.T) {
	const packed, placeA, placeB = "bec,afe->bfca", "bce,afe->bfca", "bec,efa->bfca"
	server := targets()[2]
	for i, x := range []struct {
		target    cost.Target
		expr      string
		d         tensor.DType
		run, rows int
		tile      string
		streams   bool
	}{
		{server, packed, tensor.F32, 24, 16, "tile 8x48 lanes 16 ", true},
		{server, packed, tensor.F32, 24, 20, "tile 8x48 lanes 16 ", false},
		{server, packed, tensor.F32, 23, 16, "tile 8x48 lanes 16 ", false},
		{server, packed, tensor.F32, 2, 48, "tile 12x32 lanes 16 ", false},
		{server, packed, tensor.F32, 8, 24, "tile 12x32 lanes 16 ", true},
		{server, packed, tensor.F64, 24, 24, "tile 8x24 lanes 8 ", true},
		{server, placeA, tensor.F32, 24, 16, "tile 8x48 lanes 16 ", true},
		{server, placeA, tensor.F32, 24, 20, "tile 8x48 lanes 16 ", false},
		{server, placeA, tensor.F64, 24, 20, "tile 8x24 lanes 8 ", true},
		{server, placeB, tensor.F32, 24, 16, "tile 8x48 lanes 16 ", true},
		{server, placeB, tensor.F32, 8, 24, "tile 12x32 lanes 16 ", true},
		{server, placeB, tensor.F32, 23, 16, "tile 8x48 lanes 16 ", false},
		{avx2, placeA, tensor.F32, 24, 20, "tile 4x24 lanes 8 ", true},
		{avx2, placeA, tensor.F32, 4, 18, "tile 6x16 lanes 8 ", false},
		{avx2, placeA, tensor.C64, 12, 20, "tile 5x8 lanes 8 ", false},
	} {
		c := caseOf{expr: x.expr, types: []tensor.DType{x.d}, layouts: "c", packed: true, span: 2,
			extent: map[rune]int{'a': x.run, 'b': 3, 'c': x.rows, 'e': 24, 'f': 4}}
		b := c.build(newRand(int64(i)))
		want, l := b.naive(), newLowering(b.plan, x.target, Options{})
		l.past = 0
		p, err := l.lower(Options{})
		require.NoError(t, err)
		text := p.String()
		require.Contains(t, text, x.tile)
		require.Equal(t, x.streams, strings.Contains(text, " stream"), "%+v\n%s", x, p)
		require.Equal(t, x.expr == placeB, !strings.Contains(text, "panels["), "%+v\n%s", x, p)
		b.run(t, p)
		same(t, want, b.output(), "%+v", x)
	}
}

// Panels cut runs of any lengths anywhere, and turn squares of any extents.
func TestPackedOddRuns(t *testing.T) {
	exprs := []string{"aebd,ce->dcba", "dabe,ec->dcba", "fbea,ecfd->dcba", "dca,bd->cba", "dac,bcd->ba", "aged,cbfg->fedcba", "ki,jk->ji"}
	types := []tensor.DType{tensor.F32, tensor.F64, tensor.C64, tensor.F16, tensor.I32}
	rng := newRand(9)
	for i := range 3 * len(exprs) * len(types) {
		c := caseOf{expr: exprs[i%len(exprs)], types: []tensor.DType{types[i/3%len(types)]}, extent: map[rune]int{}}
		for j, l := range rng.Perm(7) {
			c.extent['a'+rune(l)] = 2 + rng.Intn(38>>j+1)
		}
		c.extent['k'], c.extent['i'], c.extent['j'] = 2+rng.Intn(39), 2+rng.Intn(39), 2+rng.Intn(39)
		c.checkPacked(t, targets()[i%3], 2, int64(1+i/3%2), 64, int64(i))
	}
}

// What follows the product is computed where its last block of K is stored: with one block and with
// several, whose sums wait in C or, where that is narrower or still to be read, in workspace.
func TestPackedAfter(t *testing.T) {
	f32, f64 := tensor.F32, tensor.F64
	bias := parser.Expr{input(0, f32), input(1, f32), call(parser.FnAdd, f32, 0, 1), call(parser.FnRelu, f32, 2)}
	scale := parser.Expr{input(0, f32), input(1, f32), input(2, f32), call(parser.FnMul, f32, 0, 1, 2)}
	cases := []caseOf{
		{expr: "ab,bc,c->ac", types: []tensor.DType{f32}, epilogue: bias, extras: 1},
		{expr: "ab,bc,a->ac", types: []tensor.DType{f32, f32, tensor.F16}, epilogue: bias, extras: 1, old: "c"},
		{expr: "ab,bc,ca->ac", types: []tensor.DType{f32}, epilogue: bias, extras: 1},
		{expr: "dab,dbc,d,c->dac", types: []tensor.DType{f32}, epilogue: scale, extras: 2, old: "f", oldOp: parser.Max},
		{expr: "dab,bec,eac,->aecd", types: []tensor.DType{f32}, epilogue: scale, extras: 2},
		{expr: "ab,bc->ac", types: []tensor.DType{tensor.F16}, old: "c"},
		{expr: "ab,bc->ac", types: []tensor.DType{tensor.BF16}},
		{expr: "ab,bc->ca", types: []tensor.DType{tensor.C64}, old: "p"},
		{expr: "ab,bc->ac", types: []tensor.DType{tensor.I32}, out: f64},
		{expr: "ab,cb->ac", types: []tensor.DType{tensor.C128}},
		{expr: "ba,cb->ac", types: []tensor.DType{tensor.I64}, old: "c", oldOp: parser.Min},
	}
	seed := int64(1000)
	for _, target := range targets() {
		for _, c := range cases {
			for k, s := range []string{"73952", "5G342", "1H291", "J2D14"} {
				seed++
				c.sizes, c.runtime = s, seed%4 == 0
				c.checkPacked(t, target, 2, int64(1+k%2), int64([]int{4, 3, 100, 7}[k]), seed)
			}
		}
	}
}

func TestPackedEdges(t *testing.T) {
	for i, n := range sizes[1:] {
		for _, x := range [][3]int{{n, 9, 20}, {8, n, 17}, {13, 8, n}, {n, n, n}} {
			c := caseOf{expr: "ab,bc->ac", types: []tensor.DType{tensor.F64}, extent: map[rune]int{'a': x[0], 'b': x[1], 'c': x[2]}}
			c.checkPacked(t, avx2, 2, 2, 4, int64(i))
		}
	}
}

func TestPackedWorkspaceIsTheModels(t *testing.T) {
	c := caseOf{expr: "ab,bc->ac", types: []tensor.DType{tensor.F32}, extent: map[rune]int{'a': 50, 'b': 600, 'c': 40}, layouts: "c", packed: true}
	for workers, nests := range map[int]int{1: 1, 2: 2} { // a single task packs both operands
		target := avx2
		target.Workers = workers
		p, err := Lower(c.build(newRand(1)).plan, target, Options{})
		require.NoError(t, err)
		b := target.Blocking(tensor.F32, cost.Places{}, 1, 50, 40, 600)
		require.Equal(t, b.SharedBytes(), p.Shared)
		require.LessOrEqual(t, p.Worker, b.Scratch().Bytes)
		require.Len(t, p.Nests, nests)
	}
}

func TestWhatDoesNotPackGoesDirect(t *testing.T) {
	f32 := []tensor.DType{tensor.F32}
	for i, c := range []caseOf{
		{expr: "abd,bcd->acd", types: f32},
		{expr: "ab,bc->aca", types: f32},
		{expr: "ab,bc->ac", types: []tensor.DType{tensor.I16}},
		{expr: "ab,bc->ac", types: f32, reduce: parser.Max},
		{expr: "ab,bc,c->ac", types: f32},
		{expr: "ac,c->ac", types: f32},
	} {
		c.sizes, c.packed = "5792", true
		for _, ph := range c.check(t, avx2, int64(i)).Nests {
			require.Equal(t, "direct", ph.Strategy)
		}
	}
}

// Caches and workers choose blocks of C, but not the blocks of K, which order the sum.
func TestCachesDoNotChangeTheSum(t *testing.T) {
	blocksOfK := func(target cost.Target) (text string, lines []string) {
		c := caseOf{expr: "ba,bc->ac", types: []tensor.DType{tensor.F32}, extent: map[rune]int{'a': 1000, 'b': 900, 'c': 100}, layouts: "c", packed: true}
		p, err := Lower(c.build(newRand(1)).plan, target, Options{})
		require.NoError(t, err)
		lines = strings.Split(p.String(), "\n")
		return p.String(), slices.DeleteFunc(lines, func(s string) bool { return !strings.Contains(s, "offsets cols") })
	}
	little := avx2
	little.L1, little.L2, little.L3, little.Workers = 16<<10, 128<<10, 1<<20, 64
	text, lines := blocksOfK(avx2)
	text2, lines2 := blocksOfK(little)
	require.NotEqual(t, text, text2)
	require.Len(t, lines, 2)
	require.Equal(t, lines, lines2)
}
