package cost_test

import (
	"math/rand/v2"
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

// No tile takes fewer cycles than the one that planner and lowering choose, of those that have registers, and of whole squares.
func TestTilesTakeTheFewestCycles(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		m, vecs, free, square := 1+rng.Int64N(300), 1+rng.Int64N(40), 2+rng.Int64N(30), int64(1)<<rng.IntN(3)
		terms := float64(1 + rng.IntN(300))
		rows, cols := avx2.TileShape(m, vecs, square, cost.MostColumns, free, terms)
		require.True(t, rows*cols+cols <= free && (rows*cols == 1 || rows%square == 0), "%d×%d of %d", rows, cols, free)
		least := avx2.TilesCycles(m, vecs, rows, cols, terms)
		for c := range min(vecs, cost.MostColumns) {
			for r := square; r <= min(m, 16) && (r+1)*(c+1) <= free; r += square {
				if square == 1 || r&(r-1) == 0 {
					require.LessOrEqual(t, least, avx2.TilesCycles(m, vecs, r, c+1, terms)*(1+1e-9), "%d×%d, not %d×%d", r, c+1, rows, cols)
				}
			}
		}
	}
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
