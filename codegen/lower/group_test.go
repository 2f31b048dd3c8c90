package lower

import (
	"math/rand"
	"strings"
	"testing"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// randomDigits is a group of known extents above 1, of which some are neighbours in the operand, in any order.
func randomDigits(rng *rand.Rand) (ds []digit) {
	next := int64(1)
	for range 1 + rng.Intn(3) {
		d := digit{extent: 2 + rng.Int63n(11), at: []stride{{n: []int64{next, 1, 5, 100}[rng.Intn(4)]}}}
		d.size = loop.Const(d.extent)
		next = d.extent * d.at[0].n
		ds = append([]digit{d}, ds...)
	}
	return ds
}

// placeOf is where an item of a group is in the operand.
func placeOf(ds []digit, item int64) (at int64) {
	for i := len(ds) - 1; i >= 0; i-- {
		at += item % ds[i].extent * ds[i].at[0].n
		item /= ds[i].extent
	}
	return at
}

// What packs and tiles rely on: each promise of runs, for all items of blocks of a width, as loop.Pack has it.
func TestPromisesOfRuns(t *testing.T) {
	rng := newRand(1)
	kept := map[string]int{}
	for range 4000 {
		ds, width := randomDigits(rng), 1+rng.Int63n(24)
		total := items(ds)
		neighbours := func(item, step int64) bool { return placeOf(ds, item+step) == placeOf(ds, item)+1 }
		run := runs(ds, 0, width)
		n, step := steppedRuns(ds, 0, width)
		long, all := unitRun(ds, 0)
		length, apart := crossRuns(ds, 0)
		require.Equal(t, long == total, all, "%+v", ds)
		for item := range total {
			c := item % width // in its block
			if c+1 < width && item+1 < total && (c+1)%run != 0 {
				require.True(t, neighbours(item, 1), "run %d of %+v in blocks of %d: item %d", run, ds, width, item)
				kept["runs"]++
			}
			if c+step < width && item+step < total && (c/step+1)%n != 0 {
				require.True(t, neighbours(item, step), "runs of %d, %d apart, of %+v in blocks of %d: item %d", n, step, ds, width, item)
				kept["stepped"]++
			}
			if item+1 < total && (item+1)%long != 0 {
				require.True(t, neighbours(item, 1), "unit run %d of %+v: item %d", long, ds, item)
				kept["unit"]++
			}
			if item+apart < total && (item/apart+1)%length != 0 {
				require.True(t, neighbours(item, apart), "runs of %d, %d apart, of %+v: item %d", length, apart, ds, item)
				kept["cross"]++
			}
		}
	}
	for _, what := range []string{"runs", "stepped", "unit", "cross"} {
		require.Greater(t, kept[what], 1000, what)
	}
}

// Of a digit that is open, no more is known than that it goes on if it is the slowest.
func TestPromisesOfOpenRuns(t *testing.T) {
	known := digit{extent: 4, size: loop.Const(4), at: []stride{{n: 1}}}
	open := func(n int64) digit { return digit{extent: 8, size: loop.Dim(0), at: []stride{{n: n}}} }
	other := digit{extent: 3, size: loop.Const(3), at: []stride{{n: 50}}}
	for _, c := range []struct {
		ds  []digit
		n   int64
		all bool
	}{
		{[]digit{open(1)}, 1, true}, {[]digit{open(4), known}, 4, true}, {[]digit{other, open(1)}, 1, false}, {[]digit{other, open(4), known}, 4, false},
		{[]digit{open(5), known}, 4, false}, {[]digit{{extent: 8, size: loop.Const(8), at: []stride{{n: 4, dim: 1}}}, known}, 4, false},
	} {
		n, all := unitRun(c.ds, 0)
		require.Equal(t, c.n, n, "%+v", c.ds)
		require.Equal(t, c.all, all, "%+v", c.ds)
		require.LessOrEqual(t, runs(c.ds, 0, 16), max(n, 16))
	}
}

// labelsOf names the digits of a group, slowest first.
func labelsOf(ds []digit) string {
	var list []string
	for _, d := range ds {
		list = append(list, d.label)
	}
	return strings.Join(list, " ")
}

// Rows of a product are in A's order, or in that of an output to which it would scatter them.
func TestRowsFollowTheOutputTheyScatterTo(t *testing.T) {
	for _, c := range []struct {
		expr   string
		extent map[rune]int
		order  string
	}{
		{"aceb,db->eacd", map[rune]int{'a': 100, 'b': 5, 'c': 13, 'd': 50, 'e': 50}, "e ac"}, // A's rows are half a line
		{"aceb,db->eacd", map[rune]int{'a': 100, 'b': 3, 'c': 13, 'd': 40, 'e': 50}, "ac e"}, // less
		{"aceb,db->eacd", map[rune]int{'a': 10, 'b': 5, 'c': 13, 'd': 50, 'e': 50}, "ac e"},  // the output is small
		{"aceb,db->aced", map[rune]int{'a': 100, 'b': 5, 'c': 13, 'd': 50, 'e': 50}, "ace"},  // they are neighbours in it
		{"cdb,abe->deac", map[rune]int{'a': 256, 'b': 16, 'c': 2, 'd': 25, 'e': 64}, "a e"},  // A is large
		{"cdb,abe->deac", map[rune]int{'a': 128, 'b': 14, 'c': 2, 'd': 50, 'e': 64}, "e a"},  // it stays in a cache
	} {
		b := caseOf{expr: c.expr, types: []tensor.DType{tensor.F64}, extent: c.extent, span: 1, layouts: "c"}.build(newRand(1))
		p, ok := newLowering(b.plan, avx2, Options{}).product(&b.plan.Steps[0])
		require.True(t, ok)
		require.Equal(t, c.order, labelsOf(p.m), "%s %v", c.expr, c.extent)
	}
}

// Terms are in the order of the larger operand alone; where neither is twice as large, some neighbours of both come together.
func TestTermsFollowTheLargerOperand(t *testing.T) {
	for _, c := range []struct {
		rows, columns int
		order         string
	}{
		{64, 32, "a b"}, {32, 64, "b a"}, {64, 33, "b a b"}, {33, 64, "b a b"},
	} {
		cs := caseOf{expr: "iab,bja->ij", types: []tensor.DType{tensor.F32}, extent: map[rune]int{'i': c.rows, 'j': c.columns, 'a': 16, 'b': 24}, span: 1, layouts: "c"}
		b := cs.build(newRand(1))
		p, ok := newLowering(b.plan, avx2, Options{}).product(&b.plan.Steps[0])
		require.True(t, ok)
		require.Equal(t, c.order, labelsOf(p.k), "%d × %d", c.rows, c.columns)
	}
}
