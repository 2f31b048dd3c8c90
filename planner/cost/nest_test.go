package cost_test

import (
	"testing"

	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// tiles is the time of 128×96 sums of 128 terms, in tiles of 8 rows and so many columns. The left input moves so many bytes a row and a
// term, and the output so many a column, and all inputs have so many.
func tiles(bytes, columns, row, term, apart float64) float64 {
	w := cost.Work{B: 1, M: 128, N: 96, K: 128, Type: tensor.F32, Product: true, UnitInner: true, Run: 96, Cycles: 2e5, BytesIn: bytes, BytesOut: 1e5}
	w.Nest = &cost.Nest{Depth: 5, Loops: [cost.MostLoops]cost.Loop{
		{Trips: 96 / columns, Moves: [cost.MostArrays]float64{0, 4 * columns, columns * apart}},
		{Trips: 16, Moves: [cost.MostArrays]float64{8 * row, 0, 32}},
		{Trips: 128, Sums: true, Moves: [cost.MostArrays]float64{term, 544, 0}},
		{Trips: 8, Moves: [cost.MostArrays]float64{row, 0, 4}},
		{Trips: columns, Moves: [cost.MostArrays]float64{0, 4, apart}}}}
	return avx2.Model().Nanos(&w)
}

// A tile's sums stay in registers while its terms go on, so that its lines of the output push no inputs out of the first level, even
// where they share sets of it.
func TestOutputLeavesInputsWhereTheyAre(t *testing.T) {
	require.Less(t, tiles(1e5, 48, 544, 4, 1024), 1.1*tiles(1e5, 48, 544, 4, 544))
}

// Where lines of both inputs come alone, one is waited for while the other is.
func TestLinesOfBothInputsComeTogether(t *testing.T) {
	byRows, byTerms := tiles(1e6, 48, 544, 4, 544), tiles(1e6, 48, 4, 544, 544)
	const lines, near = 2 * 16 * 128, 0.22
	require.Greater(t, byTerms, byRows)
	require.Less(t, byTerms, byRows+lines*near, "what lines take anyway")
}
