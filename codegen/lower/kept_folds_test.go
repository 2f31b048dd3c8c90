package lower

import (
	"testing"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// Folded sums wait for the next run of terms where the largest input goes on along an axis that sums have; where runs are long, few, or
// those of a tile follow each other, where elements serve several sums, and where another input is as large, a tile has all its terms.
func TestFoldedSumsWait(t *testing.T) {
	exchange := map[rune]int{'p': 10, 'r': 40, 'q': 60, 's': 9}
	for _, c := range []struct {
		expr   string
		extent map[rune]int
		waits  bool
	}{
		{"prqs,rs->pq", exchange, true},
		{"rqs,rs->q", map[rune]int{'r': 300, 'q': 61, 's': 9}, true},                      // rows wait themselves
		{"prqs,rs->pq", map[rune]int{'p': 4, 'r': 30, 'q': 15, 's': 200}, false},          // long runs
		{"prqs,rs->pq", map[rune]int{'p': 40, 'r': 10, 'q': 60, 's': 9}, false},           // few that lie apart
		{"rqs,rs->q", map[rune]int{'r': 20, 'q': 700, 's': 12}, false},                    // fewer than where runs follow each other
		{"rqs,rs->q", map[rune]int{'r': 60, 'q': 61, 's': 150}, false},                    // long runs of a tile
		{"prqs,rs->pq", map[rune]int{'p': 80, 'r': 40, 'q': 7, 's': 9}, false},            // they soon end
		{"prqs,rpqs->pq", exchange, false},                                                // two inputs as large
		{"prqs,rst->pqt", map[rune]int{'p': 10, 'r': 40, 'q': 60, 's': 9, 't': 3}, false}, // shared elements
		{"pqrs,rs->pq", exchange, false},                                                  // all terms follow each other
		{"prqs,rs->pq", map[rune]int{'p': 2, 'r': 40, 'q': 60, 's': 9}, false},            // a cache has all
	} {
		k := firstKernel(t, caseOf{expr: c.expr, types: []tensor.DType{tensor.F64}, extent: c.extent})
		require.Equal(t, c.waits, k.shape(targets()[2]).waits >= 0, "%+v", c)
	}
}

// They are those of sums in registers, of all types and reductions, for tiles and vectors that are not full, and for cut axes.
func TestFoldedSumsThatWaitAreRight(t *testing.T) {
	exchange := map[rune]int{'p': 10, 'r': 60, 'q': 61, 's': 9}
	cases := []caseOf{
		{expr: "prqs,rs->pq", types: []tensor.DType{tensor.F64}, extent: exchange},
		{expr: "prqs,rs->pq", types: []tensor.DType{tensor.F32}, extent: map[rune]int{'p': 7, 'r': 60, 'q': 61, 's': 19}},
		{expr: "prqs,rs->qp", types: []tensor.DType{tensor.I64}, extent: exchange},
		{expr: "prqs,rs->pq", types: []tensor.DType{tensor.F64}, extent: exchange, reduce: parser.Max},
		{expr: "prqs,rs->pq", types: []tensor.DType{tensor.F64}, extent: exchange, old: "c", oldOp: parser.Sum},
		{expr: "prqs->pq", types: []tensor.DType{tensor.F64}, extent: exchange},
		{expr: "rqs,rs->q", types: []tensor.DType{tensor.F64}, extent: map[rune]int{'r': 300, 'q': 61, 's': 9}},
		{expr: "rqs,rs->q", types: []tensor.DType{tensor.F32}, extent: map[rune]int{'r': 300, 'q': 77, 's': 19}},
		{expr: "prqs,rs->pq", types: []tensor.DType{tensor.C128}, extent: exchange},
		{expr: "prtqs,rts->pq", types: []tensor.DType{tensor.F64}, extent: map[rune]int{'p': 9, 'r': 8, 't': 7, 'q': 77, 's': 8}},
	}
	for _, c := range cases {
		require.GreaterOrEqual(t, firstKernel(t, c).shape(targets()[2]).waits, 0, "%+v", c)
	}
	checkAll(t, cases)
}
