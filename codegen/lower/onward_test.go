package lower

import (
	"fmt"
	"strings"
	"testing"

	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// Runs of an input are read on where the loops of the result would come back to a page after more than a core knows, and not elsewhere.
func TestShortRunsAreReadOn(t *testing.T) {
	for _, c := range []struct {
		expr   string
		extent map[rune]int
		dtype  tensor.DType
		items  int64
	}{
		{"abc->bac", map[rune]int{'a': 1100, 'b': 150, 'c': 8}, tensor.F64, 16}, // of a result that would be stored past the caches
		{"abc->bac", map[rune]int{'a': 1100, 'b': 130, 'c': 4}, tensor.F64, 32}, // the most
		{"abc->bac", map[rune]int{'a': 1100, 'b': 21, 'c': 25}, tensor.F64, 5},
		{"abc->bac", map[rune]int{'a': 900, 'b': 70, 'c': 8}, tensor.F64, 0},   // few pages
		{"abc->bac", map[rune]int{'a': 1100, 'b': 17, 'c': 33}, tensor.F64, 0}, // long runs
		{"abc->bac", map[rune]int{'a': 1100, 'b': 520, 'c': 2}, tensor.F32, 32},
		{"abc->bac", map[rune]int{'a': 1100, 'b': 520, 'c': 3}, tensor.F32, 0},         // runs of few bytes that take two accesses
		{"abc->cab", map[rune]int{'a': 1100, 'b': 70, 'c': 8}, tensor.F64, 0},          // squares are turned around
		{"abc,c->bac", map[rune]int{'a': 1100, 'b': 70, 'c': 8}, tensor.F64, 16},       // beside a small input
		{"dabc,cd->cabd", map[rune]int{'a': 5, 'b': 5, 'c': 5, 'd': 9}, tensor.F64, 0}, // a small one
	} {
		cs := caseOf{expr: c.expr, types: []tensor.DType{c.dtype}, extent: c.extent, span: 1, layouts: "c"}
		for _, target := range targets() {
			b := cs.build(newRand(1))
			k := newLowering(b.plan, target, Options{}).kernel(&b.plan.Steps[0])
			k.arrange()
			require.Equal(t, c.items, k.shape(target).onwards, "%s %v", c.expr, c.extent)
		}
		if c.items == 0 {
			continue
		}
		text := cs.check(t, avx2, 1).String()
		require.Less(t, strings.Index(text, "for a 0.."), strings.Index(text, "for b 0.."), "%s", text)
		require.NotContains(t, text, "stream ")
	}
}

// Rows that share little beside short runs of vectors are those with which a large input goes on after them.
func TestRowsGoOnAfterRuns(t *testing.T) {
	for _, c := range []struct {
		expr   string
		extent map[rune]int
		rows   string
	}{
		{"bdca,d->cba", map[rune]int{'a': 64, 'b': 16, 'c': 50, 'd': 6}, "c 4"},
		{"bdca,d->bca", map[rune]int{'a': 64, 'b': 16, 'c': 50, 'd': 6}, " 1"},   // one run with the next
		{"bdca,d->cba", map[rune]int{'a': 64, 'b': 4, 'c': 50, 'd': 6}, " 1"},    // a cache has all
		{"bdca,d->cba", map[rune]int{'a': 144, 'b': 16, 'c': 23, 'd': 6}, " 1"},  // long runs
		{"bcda,d->cba", map[rune]int{'a': 64, 'b': 16, 'c': 50, 'd': 6}, " 1"},   // terms go on
		{"bdca,dc->cba", map[rune]int{'a': 64, 'b': 16, 'c': 50, 'd': 6}, "c 4"}, // with nothing to share
	} {
		cs := caseOf{expr: c.expr, types: []tensor.DType{tensor.F32}, extent: c.extent, span: 1, layouts: "c"}
		for _, target := range targets()[1:] {
			b := cs.build(newRand(1))
			k := newLowering(b.plan, target, Options{}).kernel(&b.plan.Steps[0])
			k.arrange()
			s, row := k.shape(target), ""
			if s.row >= 0 {
				row = k.axes[s.row].label
			}
			want := c.rows
			if target.Registers < 32 {
				want = strings.Replace(want, "4", "2", 1) // registers hold fewer sums
			}
			require.Equal(t, want, fmt.Sprint(row, " ", s.rows), "%s %v", c.expr, c.extent)
			if row != "" {
				cs.check(t, target, 1)
			}
		}
	}
}
