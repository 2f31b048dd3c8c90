package lower

import (
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
		{"abc->bac", map[rune]int{'a': 900, 'b': 70, 'c': 8}, tensor.F64, 0},           // few pages
		{"abc->bac", map[rune]int{'a': 1100, 'b': 17, 'c': 33}, tensor.F64, 0},         // long runs
		{"abc->bac", map[rune]int{'a': 1100, 'b': 520, 'c': 2}, tensor.F32, 0},         // runs of few bytes
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

// Short rows of sums of few terms are written on, along the axis that the output goes on along after them: inside of the tile's rows.
func TestShortRowsAreWrittenOn(t *testing.T) {
	for _, c := range []struct {
		expr    string
		extent  map[rune]int
		between string // the loops from the outermost to the innermost
	}{
		{"ab,cdb->adc", map[rune]int{'a': 120, 'b': 3, 'c': 50, 'd': 50}, `for a\S* .*for d\S* .*for c`},
		{"ab,dbc->adc", map[rune]int{'a': 120, 'b': 3, 'c': 16, 'd': 150}, `for a\S* .*for d`},            // c is one vector
		{"ab,cdb->adc", map[rune]int{'a': 120, 'b': 17, 'c': 50, 'd': 50}, `for d\S* .*for c\S* .*for a`}, // more terms
		{"ab,cdb->adc", map[rune]int{'a': 12, 'b': 3, 'c': 50, 'd': 50}, `for d\S* .*for c`},              // a small output
		{"adb,dcb->adc", map[rune]int{'a': 120, 'b': 3, 'c': 50, 'd': 50}, `for d\S* .*for a`},            // a batch
	} {
		cs := caseOf{expr: c.expr, types: []tensor.DType{tensor.F32}, extent: c.extent, span: 1, layouts: "c"}
		require.Regexp(t, `(?s)`+c.between, cs.check(t, targets()[2], 1).Nests[0].String())
	}
}
