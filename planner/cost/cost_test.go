package cost_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

var (
	avx2   = cost.Target{Level: "x86-64-v3", VectorBytes: 32, Registers: 16, FMA: true, L1: 32 << 10, L2: 512 << 10, L3: 32 << 20, Workers: 2}
	avx512 = cost.Target{Level: "x86-64-v4", VectorBytes: 64, Registers: 32, FMA: true, L1: 48 << 10, L2: 2 << 20, L3: 32 << 20, Workers: 8}
	sse    = cost.Target{Level: "x86-64-v2", VectorBytes: 16, Registers: 16, L1: 32 << 10, L2: 256 << 10, L3: 8 << 20, Workers: 4}
	neon   = cost.Target{Level: "armv8-a", VectorBytes: 16, Registers: 32, FMA: true, Workers: 4}
)

func targets() []cost.Target { return []cost.Target{avx2, avx512, sse, neon, {}} }

// gemm is the question for a plain product of the given extents.
func gemm(d tensor.DType, m, n, k float64) cost.Work {
	s := float64(d.Size())
	return cost.Work{B: 1, M: m, N: n, K: k, Type: d, Product: true, Plain: true, UnitInner: true,
		BytesIn: (m*k + n*k) * s, BytesOut: m * n * s}
}

func TestTilesStayInRegisters(t *testing.T) {
	for _, target := range targets() {
		for _, d := range []tensor.DType{tensor.F16, tensor.F32, tensor.F64} {
			b := target.Blocking(d, cost.Places{}, 1, 1000, 1000, 1000)
			vectors := b.NR / b.Lanes
			live := b.MR*vectors + vectors + 1
			require.LessOrEqual(t, live, int64(max(target.Registers, 16)), "%s %s", target.Level, d)
			require.Zero(t, b.NR%b.Lanes)
		}
	}
	b := avx2.Blocking(tensor.F32, cost.Places{}, 1, 1000, 1000, 1000)
	require.Equal(t, []int64{6, 16, 512}, []int64{b.MR, b.NR, b.KC})
	for columns, tile := range map[int64][]int64{1000: {8, 24}, 72: {8, 24}, 248: {8, 24}, 64: {12, 16}, 200: {12, 16}} {
		for _, place := range []cost.Places{{}, {B: true}} {
			b = avx512.Blocking(tensor.F64, place, 1, 1000, columns, 1000)
			require.Equal(t, tile, []int64{b.MR, b.NR}, "%d columns, %+v", columns, place)
		}
	}
	b = avx512.Blocking(tensor.I64, cost.Places{}, 1, 1000, 1000, 1000)
	require.Equal(t, []int64{12, 16}, []int64{b.MR, b.NR})
	b = neon.Blocking(tensor.F32, cost.Places{}, 1, 1000, 1000, 1000)
	require.Equal(t, []int64{8, 12}, []int64{b.MR, b.NR})
}

func TestBlocksCoverTheProduct(t *testing.T) {
	extents := []int64{1, 2, 5, 6, 7, 16, 17, 24, 255, 256, 257, 1000, 92352, 373248}
	for _, target := range targets() {
		for _, m := range extents {
			for _, n := range extents {
				for _, k := range extents {
					for _, place := range []cost.Places{{}, {A: true}, {B: true}, {A: true, B: true}} {
						b := target.Blocking(tensor.F32, place, 1, m, n, k)
						checkBlocking(t, b)
						for _, run := range []int64{17, 47, 92} {
							b := target.Blocking(tensor.F32, place, 1, m, n*run, k).Ended(run)
							checkBlocking(t, b)
							require.Equal(t, target.VectorBytes == 64 && n > 1 && run > 17 && !place.B && b.NR == 48 && b.Split == 1, b.Cols < b.NR, "%+v, run %d", b, run)
						}
					}
				}
			}
		}
	}
}

// Operands in place serve few rows or columns, or any number where the second level has room; sums are cut into blocks alike.
func TestPlacesStay(t *testing.T) {
	small, place := avx512, cost.Places{A: true, B: true}
	small.L2 = 1 << 20
	for _, c := range []struct {
		target        *cost.Target
		rows, columns int64
		want          cost.Places
	}{
		{&avx512, 2000, 2000, place}, {&small, 200, 1000, place}, {&small, 2000, 1000, cost.Places{A: true}},
		{&small, 200, 2000, cost.Places{B: true}}, {&small, 2000, 2000, cost.Places{}},
	} {
		b := c.target.Blocking(tensor.F32, place, 1, c.rows, c.columns, 1000)
		require.Equal(t, c.want, b.Place, "%d rows, %d columns, %d bytes", c.rows, c.columns, c.target.L2)
		require.Equal(t, cost.EvenDepth(tensor.F32, 1000), b.KC)
		require.Equal(t, c.want.B, c.target.RowsStay(c.rows))
	}
}

// Rows of B in place crowd a second level of 1 MB where many of them lie half a page apart, and a block is used again and again.
func TestRowsCrowd(t *testing.T) {
	small := avx512
	small.L2 = 1 << 20
	for _, c := range []struct {
		target     *cost.Target
		m, k, step int64
		want       bool
	}{
		{&small, 256, 1024, 512, true}, {&small, 32, 1024, 512, false}, {&small, 256, 512, 512, false},
		{&small, 256, 1024, 640, false}, {&avx512, 256, 1024, 512, false},
	} {
		require.Equal(t, c.want, c.target.RowsCrowd(tensor.F32, c.m, c.k, c.step), "%+v", c)
	}
}

func checkBlocking(t *testing.T, b cost.Blocking) {
	t.Helper()
	name := fmt.Sprintf("%+v", b)
	require.Zero(t, b.MC%b.MR, name)
	require.Zero(t, b.NC%b.Cols, name)
	covers := func(blocks, block, extent int64) bool {
		return blocks*block >= extent && (blocks-1)*block < extent
	}
	require.True(t, covers(b.MBlocks(), b.MC, b.M), name)
	require.True(t, covers(b.Slices(), b.NS, b.N), name)
	require.Equal(t, b.NS, b.NBlocks()*b.NC, name)
	require.True(t, covers(b.KBlocks(), b.KC, b.K), name)
	require.Equal(t, b.NS, b.Panels()*b.Cols, name)
	require.LessOrEqual(t, b.KC, cost.Depth(b.Type), name)
	require.Equal(t, b.Split > 1 || b.MBlocks() == 1 && b.NBlocks() == 1, b.Own, name)
	require.True(t, covers(b.Split, b.PartBlocks(), b.KBlocks()), name)
	switch {
	case b.Split > 1:
		require.GreaterOrEqual(t, b.SharedBytes(), b.Split*b.M*b.N*int64(b.Type.Size()), name)
	case b.Own || b.Place.B:
		require.Zero(t, b.SharedBytes(), name)
	default:
		require.GreaterOrEqual(t, b.SharedBytes(), b.Panels()*b.NR*b.KC*int64(b.Type.Size()), name)
	}
	checkScratch(t, b)
}

func checkScratch(t *testing.T, b cost.Blocking) {
	t.Helper()
	s := b.Scratch()
	own, block := int64(0), b.MC*b.KC*int64(b.Type.Size())
	if b.Place.A {
		block = 0
	}
	if b.Own && !b.Place.B {
		own = b.Panels() * b.NR * b.KC * int64(b.Type.Size())
	}
	ends := []int64{
		s.A + block, s.B + own, s.Rows + 8*max(b.MC, b.NR), s.Cols + 8*b.KC, s.CRows + 8*b.MC, s.CCols + 8*b.ColumnTable(), s.Bytes,
	}
	starts := []int64{s.A, s.B, s.Rows, s.Cols, s.CRows, s.CCols, s.ARows, s.Bytes}
	for i, end := range ends {
		require.Zero(t, starts[i]%64)
		require.LessOrEqual(t, end, starts[i+1], "%+v", b)
	}
}

// estimate asks the model of a target.
func estimate(t *cost.Target, w cost.Work) cost.Estimate { return t.Model().Estimate(&w) }

func TestSummationOrderIgnoresCachesAndWorkers(t *testing.T) {
	other := avx2
	other.L1, other.L2, other.L3, other.Workers = 1<<10, 1<<30, 1<<31, 64
	for k := int64(1); k < 3000; k += 13 {
		a, b := avx2.Blocking(tensor.F32, cost.Places{}, 1, 500, 500, k), other.Blocking(tensor.F32, cost.Places{}, 1, 500, 500, k)
		require.Equal(t, [3]int64{a.KC, a.MR, a.NR}, [3]int64{b.KC, b.MR, b.NR})
		a, b = avx2.Blocking(tensor.F32, cost.Places{}, 1, 50, 60, 97*k), other.Blocking(tensor.F32, cost.Places{}, 1, 50, 60, 97*k)
		require.Equal(t, [2]int64{a.KC, a.Split}, [2]int64{b.KC, b.Split})
		for _, n := range []float64{8, 100, 500, 3000} {
			w := gemm(tensor.F64, n, 300, float64(k))
			x, y := estimate(&avx2, w), estimate(&other, w)
			require.Equal(t, x.Strategy, y.Strategy, "%+v", w)
			require.Equal(t, x.Nanos, y.Nanos, "%+v", w)
		}
	}
}

func TestStrategy(t *testing.T) {
	ask := func(change func(*cost.Work)) cost.Strategy {
		w := gemm(tensor.F32, 1000, 1000, 1000)
		change(&w)
		return estimate(&avx2, w).Strategy
	}
	require.Equal(t, cost.Packed, ask(func(*cost.Work) {}))
	require.Equal(t, cost.Direct, ask(func(w *cost.Work) { w.Plain = false }))
	require.Equal(t, cost.Direct, ask(func(w *cost.Work) { w.Product = false }))
	require.Equal(t, cost.Packed, ask(func(w *cost.Work) { w.Type = tensor.I32 }))
	require.Equal(t, cost.Direct, ask(func(w *cost.Work) { w.Type = tensor.I8 }))
	require.Equal(t, cost.Packed, ask(func(w *cost.Work) { w.B = 2 }))
	require.Equal(t, cost.Direct, ask(func(w *cost.Work) { *w = gemm(tensor.F32, 64, 64, 64) }), "lives in L2")
	folded := func(n float64) func(*cost.Work) {
		return func(w *cost.Work) {
			*w = gemm(tensor.F32, n, n, n)
			w.Folded, w.Folds, w.Askew, w.UnitInner = true, true, true, true
		}
	}
	require.Equal(t, cost.Packed, ask(folded(32)))
	require.Equal(t, cost.Direct, ask(folded(8)), "too little to pack")
	require.Equal(t, cost.Direct, ask(func(w *cost.Work) { *w = gemm(tensor.F32, 1e6, 8, 64) }), "narrow")
	// Rows of TCCG with short sums and lopsided extents.
	for _, d := range []tensor.DType{tensor.F32, tensor.F64} {
		for _, x := range [][cost.MostArrays]float64{{9216, 4096, 24}, {312, 296, 92352}, {72, 373248, 72}, {1806336, 48, 28}} {
			e := estimate(&avx2, gemm(d, x[0], x[1], x[2]))
			require.Equal(t, cost.Packed, e.Strategy, "%s %v", d, x)
			b := avx2.Blocking(d, cost.Places{}, 1, int64(x[0]), int64(x[1]), int64(x[2]))
			require.Equal(t, b.SharedBytes(), e.Shared)
			require.Equal(t, b.Scratch().Bytes, e.PerWorker)
		}
	}
}

func TestEstimatesAreFiniteAndGrow(t *testing.T) {
	for _, target := range targets() {
		for _, d := range tensor.DTypes() {
			last := 0.0
			for _, n := range []float64{0, 1, 8, 64, 512, 4096} {
				e := estimate(&target, gemm(d, n, n, n))
				require.Greater(t, e.Nanos, 0.0)
				require.GreaterOrEqual(t, e.Nanos, last, "%s %s %g", target.Level, d, n)
				last = e.Nanos
			}
		}
	}
}

// Networks are vaster than integers: the planner asks about what will be cut.
func TestEstimatesOfVastProducts(t *testing.T) {
	const vast = 1 << 50
	for _, target := range targets() {
		w := gemm(tensor.F32, 4096, 4096, 512)
		one := estimate(&target, w)
		w.B, w.BytesIn, w.BytesOut = vast, vast*w.BytesIn, vast*w.BytesOut
		e := estimate(&target, w)
		require.Equal(t, cost.Packed, e.Strategy)
		require.Positive(t, one.Shared)
		require.GreaterOrEqual(t, e.Shared, int64(vast), "%s", target.Level)
		for _, grow := range []func(w *cost.Work, n float64){
			func(w *cost.Work, n float64) { w.B = n }, func(w *cost.Work, n float64) { w.M = n },
			func(w *cost.Work, n float64) { w.N = n }, func(w *cost.Work, n float64) { w.K = n },
		} {
			last := 0.0
			for bits := 40; bits < 200; bits++ {
				w := gemm(tensor.F32, 64, 64, 64)
				grow(&w, math.Ldexp(1, bits))
				w.BytesIn, w.BytesOut = 4*w.B*(w.M+w.N)*w.K, 4*w.B*w.M*w.N
				nanos := estimate(&target, w).Nanos
				require.Greater(t, nanos, last, "%s 2^%d", target.Level, bits)
				if last > 0 {
					require.Less(t, nanos, 4*last, "%s 2^%d", target.Level, bits)
				}
				last = nanos
			}
		}
	}
}

// TestHowOperandsLieDecides holds packing against what it saves: items of a batch that fit the cache need
// none, unless their vectors would run along the reduced index, or along the batch and across the output.
func TestHowOperandsLieDecides(t *testing.T) {
	target := cost.Target{VectorBytes: 32, Registers: 16, FMA: true, L1: 32 << 10, L2: 1 << 20, L3: 32 << 20, Workers: 1}
	w := cost.Work{B: 32, M: 256, N: 256, K: 64, Type: tensor.F32, Product: true, Plain: true, UnitInner: true, BytesIn: 4 << 20, BytesOut: 8 << 20}
	require.Equal(t, cost.Direct, estimate(&target, w).Strategy)
	folded := w
	folded.Folded, folded.Folds = true, true
	require.Equal(t, cost.Packed, estimate(&target, folded).Strategy)
	w.Scattered = true
	w.Nest = &cost.Nest{Depth: 4, Loops: [cost.MostLoops]cost.Loop{
		{Trips: 32, Moves: [cost.MostArrays]float64{65536, 65536, 4}}, {Trips: 64, Sums: true, Moves: [cost.MostArrays]float64{4, 1024, 0}},
		{Trips: 256, Moves: [cost.MostArrays]float64{256, 0, 32768}}, {Trips: 256, Moves: [cost.MostArrays]float64{0, 4, 128}}}}
	require.Equal(t, cost.Packed, estimate(&target, w).Strategy)
	w.Scattered, w.AlongBatch, w.Strided, w.Nest = false, true, 1<<25, nil
	require.Equal(t, cost.Direct, estimate(&target, w).Strategy, "packing reads against the grain, too")
}

func TestNoEstimateIsBelowTheBound(t *testing.T) {
	extents := []float64{1, 2, 7, 16, 48, 130, 1000, 40000}
	for _, target := range targets() {
		for _, d := range []tensor.DType{tensor.F16, tensor.F32, tensor.F64, tensor.C64, tensor.I32, tensor.I64} {
			b, s := target.Model().Bound(d), float64(d.Accum().Size())
			for code := range len(extents) * len(extents) * len(extents) * 4 {
				at := func(k int) float64 { return extents[k%len(extents)] }
				w := cost.Work{B: []float64{1, 3, 64, 5000}[code%4], M: at(code / 4), N: at(code / 32), K: at(code / 256),
					Type: d, Product: true, Plain: true, UnitInner: true}
				w.BytesIn, w.BytesOut = w.B*(w.M+w.N)*w.K*s, w.B*w.M*w.N*s
				nanos := estimate(&target, w).Nanos
				require.LessOrEqual(t, b.Fixed+b.Nanos(w.B*w.M*w.N*w.K, w.BytesIn+w.BytesOut), nanos*(1+1e-12), "%s %+v", target.Level, w)
				require.Equal(t, nanos, target.Model().Within(&w, nanos*(1+1e-12)), "%s %+v", target.Level, w)
				require.GreaterOrEqual(t, target.Model().Within(&w, nanos), nanos, "%s %+v", target.Level, w)
			}
		}
	}
}

// Narrow products are cut into independent tasks, which fit the cache; the cut does not change the blocks of K.
func TestNarrowProductsAreOnePhase(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		target := avx2
		target.Workers = workers
		for _, k := range []int64{20, 168, 5000} {
			b := target.Blocking(tensor.F32, cost.Places{}, 1, 24, 28224, k)
			require.True(t, b.Own)
			require.EqualValues(t, 1, b.Phases())
			require.Zero(t, b.SharedBytes())
			require.GreaterOrEqual(t, b.Slices(), int64(workers))
			require.Equal(t, b.NC, b.NS)
			require.LessOrEqual(t, b.KC*b.NC*4, int64(target.L2))
			require.Equal(t, target.Blocking(tensor.F32, cost.Places{}, 1, 2400, 28224, k).KC, b.KC)
		}
	}
	b := avx2.Blocking(tensor.F32, cost.Places{}, 1, 1000, 1000, 168)
	require.False(t, b.Own)
	require.EqualValues(t, 2, b.Phases())
}

// Tiles run row by row where C is what takes time, and all panels of B stay in the second-level cache then.
func TestShortSumsRunByRows(t *testing.T) {
	for _, target := range targets() {
		for _, k := range []int64{1, 24, 64, 65, 1000} {
			b := target.Blocking(tensor.F32, cost.Places{}, 1, 8303, 8304, k)
			require.Equal(t, k <= 64, b.ByRows, k)
			require.Equal(t, b.ByRows, b.ColumnTable() == b.NC)
			require.True(t, !b.ByRows || b.KC*b.NC*4 <= int64(max(target.L2, 512<<10))/2, "%+v", b)
		}
	}
}

// So do narrow tiles that share lines of C with those beside them.
func TestNarrowTilesThatShareLinesRunByRows(t *testing.T) {
	byRows := func(target cost.Target, d tensor.DType, n int64) bool {
		return target.Blocking(d, cost.Places{}, 1, 1225, n, 805).ByRows
	}
	require.True(t, byRows(avx2, tensor.F64, 805))
	require.False(t, byRows(avx2, tensor.F64, 808), "rows of whole lines")
	require.False(t, byRows(avx2, tensor.F32, 805), "twice the multiply-adds a row")
	require.False(t, byRows(avx512, tensor.F64, 805), "rows of three lines")
}

// Where a product has too few tiles for many tasks, its tasks go round the workers evenly.
func TestFewTasksGoRoundEvenly(t *testing.T) {
	for _, workers := range []int{2, 3, 4} {
		target := avx2
		target.Workers = workers
		b := target.Blocking(tensor.F32, cost.Places{}, 1, 15*6, 16, 28896) // 15 panels of rows, one of columns
		tasks := b.MBlocks() * b.NBlocks()
		require.Greater(t, tasks, int64(1))
		if tasks > int64(workers) {
			require.Zero(t, tasks%int64(workers), "%d tasks for %d workers", tasks, workers)
		}
	}
}

// A task of a part has all of C where blocks of it would have much packed again and there is room, and all rows of A in place.
func TestPartsPackOnce(t *testing.T) {
	target := avx2
	target.L2 = 1 << 20 // 512 rows and columns of blocks of K
	blocks := func(place cost.Places, m, n int64) [2]int64 {
		b := target.Blocking(tensor.F32, place, 1, m, n, 100000)
		require.Greater(t, b.Split, int64(1))
		return [2]int64{b.MBlocks(), b.Slices()}
	}
	require.Equal(t, [2]int64{1, 1}, blocks(cost.Places{}, 174, 174), "two blocks of each, else")
	require.Equal(t, [2]int64{1, 2}, blocks(cost.Places{}, 18, 300), "few rows are soon packed again")
	require.Equal(t, [2]int64{2, 2}, blocks(cost.Places{}, 240, 240), "no room")
	require.Equal(t, [2]int64{1, 1}, blocks(cost.Places{A: true}, 400, 240), "rows in place")
}

// K is cut into parts where it is all of a product's size.
func TestParts(t *testing.T) {
	for x, want := range map[[4]int64]int64{
		{1, 312, 296, 92352}:     8,  // 241 blocks of K, and sums for 11 parts
		{1, 100, 100, 92352}:     31, // of 8 blocks
		{1, 48, 64, 1000000}:     32,
		{1, 300, 300, 4000}:      1, // C is not so much smaller than the operands
		{1, 12, 16, 100000}:      1, // too little to do
		{8, 48, 64, 1000000}:     1, // a batch serves
		{1, 3000, 2000, 1 << 30}: 1, // as do the tiles of C
	} {
		b := avx2.Blocking(tensor.F32, cost.Places{}, x[0], x[1], x[2], x[3])
		require.Equal(t, want, b.Split, "%v", x)
		e := estimate(&avx2, gemm(tensor.F32, float64(x[1]), float64(x[2]), float64(x[3])))
		require.True(t, x[0] > 1 || e.Strategy != cost.Packed || e.Shared == b.SharedBytes(), "%v", x)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	parted := 0
	for range 5000 {
		extent := func(most float64) int64 { return int64(math.Exp(rng.Float64() * math.Log(most))) }
		batch := extent(10)
		b := avx2.Blocking(tensor.F64, cost.Places{}, batch, extent(2000), extent(2000), extent(1e7))
		if b.Split > 1 {
			parted++
			require.LessOrEqual(t, b.Split*batch*b.M*b.N, int64(cost.MostSums), "%+v", b)
			require.Less(t, (b.Split-1)*b.PartBlocks(), b.KBlocks(), "%+v", b)
		}
	}
	require.Greater(t, parted, 100)
}

// What vectors do not load side by side takes time, the more the farther it lies; what is not packed takes none.
func TestHowVectorsRunTakesTime(t *testing.T) {
	model := avx2.Model()
	small := gemm(tensor.F32, 64, 64, 64)
	small.Plain = false // or it would be packed
	batch := gemm(tensor.F32, 64, 64, 64)
	batch.B, batch.BytesIn, batch.BytesOut = 500, 500*batch.BytesIn, 500*batch.BytesOut
	large := gemm(tensor.F32, 1000, 1000, 1000)
	row := cost.Work{B: 1, M: 1, N: 1e4, K: 1e3, Type: tensor.F32, Product: true, UnitInner: true, BytesIn: 4e7, BytesOut: 4e4, Nearby: 1}
	turn := cost.Work{B: 1e6, M: 1, N: 1, K: 1, Run: 100, Type: tensor.F32, UnitInner: true, BytesIn: 4e6, BytesOut: 4e6}
	for name, c := range map[string]struct {
		of     cost.Work
		change func(*cost.Work)
	}{
		"gathers":       {small, func(w *cost.Work) { w.Fetches = 1 }},
		"far gathers":   {small, func(w *cost.Work) { w.Fetches, w.FetchedBytes = 1, 1e9 }},
		"near gathers":  {small, func(w *cost.Work) { w.Nearby = 1 }},
		"lines far off": {func() cost.Work { w := row; w.NearbyLines = 10; return w }(), func(w *cost.Work) { w.NearbyLines = 1e5 }},
		"turned inputs": {turn, func(w *cost.Work) { w.Turns = 1 }},
		"stores":        {small, func(w *cost.Work) { w.Scattered = true }},
		"lone elements": {row, func(w *cost.Work) { w.Lone = 1000 }},
		"short runs":    {small, func(w *cost.Work) { w.Run = 3 }},
		"jumps":         {large, func(w *cost.Work) { w.Jumps = 5000 }},
		"a batch":       {func() cost.Work { w := batch; w.BytesIn, w.BytesOut = 0, 0; return w }(), func(w *cost.Work) { *w = batch }},
		"packing":       {func() cost.Work { w := large; w.Place.A = true; return w }(), func(w *cost.Work) { w.Place.A = false }},
	} {
		w := c.of
		before := model.Nanos(&w)
		c.change(&w)
		require.Greater(t, model.Nanos(&w), before, name)
	}
	gathered := turn
	gathered.Fetches, gathered.FetchedBytes, turn.Turns = 1, 4e6, 1
	require.Less(t, model.Nanos(&turn), model.Nanos(&gathered), "tiles that are turned load whole vectors")
}

// Lines that loops come back to are near while all that passes meanwhile fits a cache: as many as there are sets for, in pages that the
// core knows.
func TestLoopsMoveLines(t *testing.T) {
	near := movesLines(300, 320, 1e5)
	require.Greater(t, movesLines(300, 4096, 1e5), near+1e3, "they share sets of the first level")
	beyond := movesLines(5000, 320, 1e5)
	require.Greater(t, movesLines(5000, 4096, 1e5), 1.5*beyond, "and of the second, on as many pages")
	require.InEpsilon(t, near, movesLines(300, 64, 1e5), 0.01, "wherever they are, in the first level")
}

// Lines come from the second level while multiply-adds go on, if nothing comes from farther away.
func TestLinesComeDuringArithmetic(t *testing.T) {
	require.InEpsilon(t, movesLines(300, 64, 1e7), movesLines(300, 4096, 1e7), 1e-3)
	require.Greater(t, movesLines(4200, 320, 1e8), movesLines(4200, 0, 1e8)+1e4)
}

// movesLines is the time of 64 by 64 sums whose terms are so many bytes apart in one input, beside so many cycles of multiply-adds.
func movesLines(terms, apart, cycles float64) float64 {
	w := cost.Work{B: 1, M: 64, N: 64, K: terms, Type: tensor.F32, Product: true, UnitInner: true, Run: 64, Cycles: cycles, BytesIn: 4 * 128 * terms, BytesOut: 4 * 64 * 64}
	w.Nest = &cost.Nest{Depth: 3, Loops: [cost.MostLoops]cost.Loop{
		{Trips: 64, Moves: [cost.MostArrays]float64{4, 0, 256}}, {Trips: terms, Sums: true, Moves: [cost.MostArrays]float64{0, apart, 0}}, {Trips: 16, Moves: [cost.MostArrays]float64{0, 4, 4}}}}
	return avx2.Model().Nanos(&w)
}

// What copies read and write leaves the second level by degrees.
func TestCopiesLeaveTheSecondLevel(t *testing.T) {
	model := avx2.Model()
	line := func(part float64) float64 { return model.LeastCopy(part*float64(model.L2)) / part }
	require.InEpsilon(t, line(0.25), line(0.5), 0.05, "but for the call")
	require.Greater(t, line(0.8), 1.2*line(0.5))
	require.Greater(t, line(1.1), 1.2*line(0.8))
	require.InEpsilon(t, line(1.1), line(4), 0.05)
}

// What just fits the second level is there.
func TestCachesHoldWhatFits(t *testing.T) {
	model := avx2.Model()
	fits := gemm(tensor.F32, 64, 64, 64)
	fits.Plain, fits.BytesIn = false, float64(model.L2)-fits.BytesOut
	less, more := fits, fits
	less.BytesIn--
	more.BytesIn++
	require.InEpsilon(t, model.Nanos(&less), model.Nanos(&fits), 1e-3)
	require.Greater(t, model.Nanos(&more), 1.1*model.Nanos(&fits))
}
