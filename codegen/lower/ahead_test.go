package lower

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// While a tile is computed, it asks for what it will write, and for what the next one reads, of operands that
// caches do not keep.
func TestTilesAskForTheNext(t *testing.T) {
	prefetches := func(batch, rows int, layouts string) (reads, writes int) {
		c := caseOf{expr: "xab,xbc->xac", types: []tensor.DType{tensor.F32}, layouts: layouts, span: 1,
			extent: map[rune]int{'x': batch, 'a': rows, 'b': 32, 'c': 16}}
		p, err := Lower(c.build(newRand(1)).plan, avx2, Options{})
		require.NoError(t, err)
		first, _, _ := strings.Cut(p.Nests[0].String(), "store")
		writes = strings.Count(first, "prefetch out")
		return strings.Count(first, "prefetch") - writes, writes
	}
	reads, writes := prefetches(1000, 24, "c")
	require.Equal(t, []int{2, 6}, []int{reads, writes}, "a line of each operand's next item with each term, and C's own")
	_, writes = prefetches(2000, 24, "c")
	require.Zero(t, writes, "13 MB pass through the cache: what is written goes past it")
	reads, writes = prefetches(40, 24, "c")
	require.Equal(t, []int{0, 0}, []int{reads, writes}, "what is smaller stays near")
	reads, _ = prefetches(1000, 60, "fc")
	require.Zero(t, reads, "rows that do not lie together are not read to the end of a line")
}

// Of an operand of which a tile reads more than stays near until the next one, it asks for nothing of that one's.
func TestTilesAskForWhatStaysNear(t *testing.T) {
	const near = ` \+ \d{1,3}\]` // of the columns beside
	require.Positive(t, asksFor(t, "dba,bdc->ac", near, 8, 12, 8000, 80), "960 terms of a few lines for many rows")
	require.Zero(t, asksFor(t, "dba,bdc->ac", near, 8, 12, 8000, 400), "4800 of them")
	require.Positive(t, asksFor(t, "dba,bdc->ac", near, 4, 12, 8000, 4), "48 of them for four rows")
	require.Zero(t, asksFor(t, "dba,bdc->ac", near, 4, 12, 8000, 80), "960 of them")
}

// asksFor is how often the first nest of a product asks for places in its second operand; extents are of a, b, c and d.
func asksFor(t *testing.T, expr, at string, extents ...int) int {
	c := caseOf{expr: expr, types: []tensor.DType{tensor.F32}, layouts: "c", span: 1, extent: map[rune]int{}}
	for i, n := range extents {
		c.extent[rune('a'+i)] = n
	}
	p, err := Lower(c.build(newRand(1)).plan, targets()[2], Options{})
	require.NoError(t, err)
	return len(regexp.MustCompile(`prefetch bd?c\[[^\]]*`+at).FindAllString(p.Nests[0].String(), -1))
}

// Of an operand whose terms are lines far apart, more than the core keeps until the next tile, a tile asks for what it reads eight terms on.
func TestTilesAskForLaterTerms(t *testing.T) {
	require.Positive(t, asksFor(t, "ab,bc->ac", ` \+ 3072\]`, 384, 384, 384), "eight rows of 384 columns")
	require.Positive(t, asksFor(t, "ab,bc->ac", ` \+ 8192\]`, 384, 128, 1024), "128 lines, 4 KB apart: the sets of one")
	require.Zero(t, asksFor(t, "ab,bc->ac", `\]`, 384, 128, 1040), "128 in all sets")
	require.Zero(t, asksFor(t, "ab,bc->ac", `\]`, 384, 384, 320), "under 512 kB")
	require.Zero(t, asksFor(t, "ab,bc->ac", `\]`, 384, 16, 8192), "16 terms are soon over")
	require.Positive(t, asksFor(t, "bda,bdc->ac", ` \+ 8192\]`, 384, 16, 1024, 40), "40 times 16, one after the other")
}

// Of columns that a tile writes across, it asks for each line once.
func TestTilesAskForLinesOfColumns(t *testing.T) {
	for rows, step := range map[int]string{7: "16", 20: "20"} {
		c := caseOf{expr: "ad,cdb->cba", types: []tensor.DType{tensor.F32}, layouts: "c", span: 1,
			extent: map[rune]int{'a': rows, 'b': 256, 'c': 200, 'd': 12}}
		p, err := Lower(c.build(newRand(1)).plan, targets()[2], Options{})
		require.NoError(t, err)
		require.Regexp(t, `prefetch out\[[^\]]*d\S*\*`+step+`[^\d]`, p.Nests[0].String())
	}
}

// Of a large input whose short rows of terms follow each other, tiles that turn these around ask for all lines of the next one.
func TestTilesAskForTheNextRuns(t *testing.T) {
	asked := func(expr string, items, terms int) []int {
		c := caseOf{expr: expr, types: []tensor.DType{tensor.F32}, layouts: "c", span: 1,
			extent: map[rune]int{'a': items, 'b': 3, 'c': 256, 'd': 2, 'e': terms}}
		p, err := Lower(c.build(newRand(1)).plan, targets()[2], Options{})
		require.NoError(t, err)
		lines := []int{}
		for _, at := range fetched(p.Nests[0])[2] {
			lines = append(lines, at/16)
		}
		slices.Sort(lines)
		return slices.Compact(lines)
	}
	for _, terms := range []int{3, 4, 7} {
		lines := asked("eb,ace->abc", 2000/terms, terms)
		require.Greater(t, lines[0], 0)
		require.Equal(t, len(lines), lines[len(lines)-1]-lines[0]+1, "%d terms: %v", terms, lines)
		require.Zero(t, len(lines)*16%(256*terms), "%d terms", terms)
	}
	require.Empty(t, asked("eb,ace->abc", 200, 4), "under 1 MB")
	require.Empty(t, asked("eb,acde->abdc", 400, 4), "rows take turns")
}

// The tiles of an item of a batch together ask for the lines of an item to come, but for a few where shares are not even.
func TestTilesShareOutTheNextItem(t *testing.T) {
	for _, x := range []struct{ rows, terms, columns int }{{24, 32, 16}, {24, 32, 40}, {7, 16, 48}, {16, 16, 16}} {
		c := caseOf{expr: "xab,xbc->xac", types: []tensor.DType{tensor.F32}, layouts: "c", span: 1,
			extent: map[rune]int{'x': 2000, 'a': x.rows, 'b': x.terms, 'c': x.columns}}
		p, err := Lower(c.build(newRand(1)).plan, avx2, Options{})
		require.NoError(t, err)
		asked := fetched(p.Nests[0])
		for param, item := range map[int]int{1: x.rows * x.terms, 2: x.terms * x.columns} {
			far := slices.Min(asked[param]) / item
			require.Positive(t, far)
			lines := map[int]bool{}
			for _, at := range asked[param] {
				lines[(at-far*item)/16] = true
			}
			require.GreaterOrEqual(t, len(lines), item/16*9/10, "%v: operand %d", x, param)
			require.Less(t, slices.Max(asked[param]), (far+1)*item, "%v: operand %d", x, param)
		}
	}
}

// Tiles of A in place share out the rows that the next ones read, where these follow and are read from afar for few panels.
func TestTilesAskForTheNextRows(t *testing.T) {
	ahead := regexp.MustCompile(`ahead \S+( \S+)*? by \d+`)
	asked := func(rows, columns int, expr string) string {
		c := caseOf{expr: expr, types: []tensor.DType{tensor.F32}, layouts: "c", packed: true, span: 1,
			extent: map[rune]int{'a': rows, 'b': 128, 'c': columns, 'd': 2}}
		p, err := Lower(c.build(newRand(1)).plan, targets()[2], Options{})
		require.NoError(t, err)
		return ahead.FindString(p.String())
	}
	require.Equal(t, "ahead ab[ib*33792 + i*1536 + j*768 + 1536] by 6", asked(2100, 64, "ab,bc->ac"), "six of twelve rows of 128 terms for each of two panels")
	require.Empty(t, asked(2000, 64, "ab,bc->ac"), "under 1 MB")
	require.Empty(t, asked(2100, 440, "ab,bc->ac"), "fourteen panels for twelve rows")
	require.Empty(t, asked(1100, 64, "adb,dbc->dac"), "rows of two items take turns")
}

// fetched is where the prefetches of a nest are in each parameter, for tasks and batch items 0.
func fetched(n *loop.Nest) map[int][]int {
	at, found := make([]int, len(n.Vars)), map[int][]int{}
	var walk func([]loop.Node)
	label := func(v loop.Var) string { return n.Vars[v] }
	walk = func(body []loop.Node) {
		for _, n := range body {
			switch x := n.(type) {
			case *loop.For:
				trips := int(x.Count.Max.Value)
				if x.Kind == loop.Task || strings.HasPrefix(label(x.Var), "x") {
					trips = 1
				}
				first := 0
				if x.From > 1 {
					first = trips / int(x.From) * int(x.From)
				}
				for at[x.Var] = first; at[x.Var]+int(x.Step) <= max(trips, 1); at[x.Var] += int(x.Step) {
					walk(x.Body)
				}
			case *loop.Prefetch:
				off := int(x.At.Off.Const)
				for _, term := range x.At.Off.Terms {
					off += at[term.Var] * int(term.Coef.Value)
				}
				if !x.Write {
					found[x.At.Param] = append(found[x.At.Param], off)
				}
			}
		}
	}
	walk(n.Body)
	return found
}
