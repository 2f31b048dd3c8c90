package lower

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/tensor"
)

// Short rows of sums of few terms are written on, along the axis that the output goes on along after them: inside of the tile's rows.
func TestShortRowsAreWrittenOn(t *testing.T) {
	for _, c := range []struct {
		expr    string
		extent  map[rune]int
		between string // the loops from the outermost to the innermost
	}{
		{"ab,cdb->adc", map[rune]int{'a': 120, 'b': 3, 'c': 50, 'd': 50}, `for a\S* .*for d\S* .*for c`},
		{"ab,dbc->adc", map[rune]int{'a': 120, 'b': 3, 'c': 16, 'd': 150}, `for a\S* .*for d`},            // c is one vector
		{"ab,cdb->adc", map[rune]int{'a': 120, 'b': 17, 'c': 50, 'd': 50}, `for d\S* .*for a\S* .*for c`}, // more terms
		{"ab,cdb->adc", map[rune]int{'a': 12, 'b': 3, 'c': 50, 'd': 50}, `for d\S* .*for c`},              // a small output
		{"adb,dcb->adc", map[rune]int{'a': 120, 'b': 3, 'c': 50, 'd': 50}, `for d\S* .*for a`},            // a batch
	} {
		cs := caseOf{expr: c.expr, types: []tensor.DType{tensor.F32}, extent: c.extent, span: 1, layouts: "c"}
		require.Regexp(t, `(?s)`+c.between, cs.check(t, targets()[2], 1).Nests[0].String())
	}
}

// Rows of sums of few terms are written to their end, into the caches, where a large output has many and the second level keeps what all of
// them read; with larger ones, past the caches, column by column.
func TestRowsAreWrittenToTheirEnd(t *testing.T) {
	rows, columns := `for a\S* .*for b`, `for b\S* .*for a`
	for _, c := range []struct {
		expr   string
		extent map[rune]int
		l2     int
		order  string
		stream bool
	}{
		{"ac,cb->ab", map[rune]int{'a': 600, 'b': 960, 'c': 24}, 1 << 20, rows, false},
		{"ac,bc->ab", map[rune]int{'a': 3000, 'b': 960, 'c': 3}, 1 << 20, rows, false},
		{"ac,cb->ab", map[rune]int{'a': 600, 'b': 960, 'c': 24}, 2 << 20, rows, false}, // too small to pass the caches
		{"ac,bc->ab", map[rune]int{'a': 3000, 'b': 960, 'c': 3}, 2 << 20, columns, true},
		{"ac,cb->ab", map[rune]int{'a': 600, 'b': 960, 'c': 40}, 1 << 20, columns, false}, // many terms
		{"ac,cb->ab", map[rune]int{'a': 200, 'b': 960, 'c': 24}, 1 << 20, columns, false}, // a small output
		{"ac,cb->ab", map[rune]int{'a': 90, 'b': 9600, 'c': 24}, 1 << 20, columns, false}, // much to read
	} {
		target := targets()[2]
		target.L2 = c.l2
		cs := caseOf{expr: c.expr, types: []tensor.DType{tensor.F32}, extent: c.extent, span: 1, layouts: "c"}
		text := cs.build(newRand(1)).lowered(t, target).Nests[0].String()
		require.Regexp(t, `(?s)split .*`+c.order, text, "%v", c)
		require.Equal(t, c.stream, strings.Contains(text, "stream "), "%v", c)
	}
}
