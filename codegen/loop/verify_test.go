package loop_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
)

func TestVerifyRefuses(t *testing.T) {
	root := func(n *loop.Nest) *loop.For { return n.Body[0].(*loop.For) }
	inner := func(n *loop.Nest, i int) *loop.For { return root(n).Body[i].(*loop.For) }
	for want, change := range map[string]func(n *loop.Nest){
		"does not consist of one task loop": func(n *loop.Nest) { n.Body = append(n.Body, n.Body[0]) },
		"one task loop":                     func(n *loop.Nest) { root(n).Kind = loop.Seq },
		"carries nothing":                   func(n *loop.Nest) { root(n).Step = 2 },
		"has no element type":               func(n *loop.Nest) { n.Params[1].DType = tensor.Invalid },
		"has no role":                       func(n *loop.Nest) { n.Params[1].Role = 9 },
		"has bounds [4, 3)":                 func(n *loop.Nest) { n.Params[1].Lo, n.Params[1].Hi = 4, 3 },
		"has type f32x3":                    func(n *loop.Nest) { n.Regs[1].Lanes = 3 },
		"has type f32x128":                  func(n *loop.Nest) { n.Regs[1].Lanes = 128 },
		"inside of another loop":            func(n *loop.Nest) { inner(n, 1).Kind = loop.Task },
		"a step is positive":                func(n *loop.Nest) { inner(n, 1).Step = 0 },
		"r4 is used before it is defined":   func(n *loop.Nest) { inner(n, 1).Carry[0].Init = 4 },
		"r4 was defined in a loop that has": func(n *loop.Nest) { root(n).Body[2].(*loop.Op).Args[0] = 4 },
		"r3 is defined twice":               func(n *loop.Nest) { inner(n, 1).Body[0].(*loop.Load).Dst = 3 },
		"there is no register r99":          func(n *loop.Nest) { root(n).Body[4].(*loop.Store).Src = 99 },
		"goes on as f32x4":                  func(n *loop.Nest) { inner(n, 3).Carry[0].Next = 0 },
		"variable i is set twice":           func(n *loop.Nest) { inner(n, 1).Var = 0 },
		"variable k#1 is not in scope":      func(n *loop.Nest) { root(n).Body[4].(*loop.Store).To.Off.Terms[0].Var = 1 },
		"spans [8, 54], outside [0, 54)":    func(n *loop.Nest) { n.Params[0].Hi-- },
		"outside [1, 55)":                   func(n *loop.Nest) { n.Params[0].Lo++ },
		"C[i + 1] spans [1, 5]":             func(n *loop.Nest) { root(n).Body[4].(*loop.Store).To.Off.Const = 1 },
		"C[i*-1] spans [-4, 0]":             func(n *loop.Nest) { root(n).Body[4].(*loop.Store).To.Off.Terms[0].Coef.Value = -1 },
		"leaves 64 bits":                    func(n *loop.Nest) { root(n).Body[4].(*loop.Store).To.Off.Terms[0].Coef.Value = math.MaxInt64 },
		"is only read":                      func(n *loop.Nest) { n.Params[2].Role = loop.In },
		"C holds f64":                       func(n *loop.Nest) { n.Params[2].DType = tensor.F64 },
		"4 lanes go to one element":         func(n *loop.Nest) { root(n).Body[4] = &loop.Store{Src: 0, To: loop.Addr{Param: 2}} },
		"9 of 4 lanes are active":           func(n *loop.Nest) { inner(n, 1).Body[0].(*loop.Load).Active = 9 },
		"a pick is below the lanes":         func(n *loop.Nest) { shuffle(inner(n, 1), []int{0, 1, 8, 3}) },
		"a pick for every lane":             func(n *loop.Nest) { shuffle(inner(n, 1), []int{0, 1}) },
		"no parameter 7":                    func(n *loop.Nest) { root(n).Body[4].(*loop.Store).To.Param = 7 },
		"2 arguments, fma takes 3":          func(n *loop.Nest) { op := inner(n, 1).Body[2].(*loop.Op); op.Args = op.Args[:2] },
		"the lanes differ":                  func(n *loop.Nest) { inner(n, 1).Body[2].(*loop.Op).Code = loop.OpSub; lanes(n) },
		"f32 has no xor":                    func(n *loop.Nest) { op := inner(n, 1).Body[2].(*loop.Op); op.Code = loop.OpXor; op.Args = op.Args[:2] },
		"a fold gives a scalar":             func(n *loop.Nest) { n.Regs[6].Lanes = 2 },
		"dims[2] of 0 dims":                 func(n *loop.Nest) { root(n).Body[4].(*loop.Store).To.Off.Terms[0].Coef = loop.Dim(2) },
		"dims[8] of 0 dims":                 func(n *loop.Nest) { root(n).Body[4].(*loop.Store).Stride = loop.Dim(8) },
		"A[i*11 + k#1] by 1: an address in": func(n *loop.Nest) { openLoop(n); n.Params[0].Role = loop.Worker },
		"an address in workspace depends":   func(n *loop.Nest) { n.Dims = 1; n.Params[2].Role = loop.Worker; dimStore(root(n)) },
	} {
		n := dot(5, 11)
		require.NoError(t, loop.Verify(n))
		change(n)
		require.ErrorContains(t, loop.Verify(n), want)
	}
}

func shuffle(l *loop.For, pick []int) {
	op := l.Body[2].(*loop.Op)
	op.Code, op.Args, op.Pick = loop.OpShuffle, op.Args[:2], pick
}

func lanes(n *loop.Nest) {
	n.Regs[2].Lanes = 8
	op := n.Body[0].(*loop.For).Body[1].(*loop.For).Body[2].(*loop.Op)
	op.Args = op.Args[:2]
	n.Params[0].Hi = 100
}

func dimStore(root *loop.For) { root.Body[4].(*loop.Store).To.Off.Terms[0].Coef = loop.Dim(0) }

// A block may begin at a number that stands as a term.
func TestVerifyTakesNumbersAsTerms(t *testing.T) {
	n := dot(5, 11)
	k := n.Body[0].(*loop.For).Body[1].(*loop.For)
	k.Count = loop.Bound{Max: loop.Const(16), Clamped: true, Total: loop.Const(13), At: affine(0, at(loop.NoVar, 2))}
	require.NoError(t, loop.Verify(n))
	k.Count.Total.Value = 16
	require.ErrorContains(t, loop.Verify(n), "spans [0, 55], outside [0, 55)")
}

// Blocks within blocks take no time that grows with the power of their number.
func TestVerifyBlocksWithinBlocks(t *testing.T) {
	const deep, most = 40, 3
	b := loop.NewBuilder("blocks")
	y := b.Param(loop.Param{Name: "Y", DType: tensor.F32, Role: loop.Out, Hi: most})
	at := affine(0)
	var inside func(depth int)
	inside = func(depth int) {
		if depth == 0 {
			b.Store(b.Const(loop.Type{DType: tensor.F32, Lanes: 1}, 0), loop.Addr{Param: y, Off: at}, loop.Const(0))
			return
		}
		v := b.Var("v")
		count := loop.Bound{Max: loop.Const(most), Clamped: true, Total: loop.Const(most), At: at}
		at = affine(0, loop.Term{Var: v, Coef: loop.Const(1)})
		b.For(&loop.For{Var: v, Count: count, Step: 1}, func() { inside(depth - 1) })
	}
	b.For(&loop.For{Var: b.Var("t"), Kind: loop.Task, Count: full(1), Step: 1}, func() { inside(deep) })
	require.NoError(t, loop.Verify(b.Nest))
}

func TestVerifyTakesDimsInOperands(t *testing.T) {
	n := dot(5, 11)
	n.Dims = 1
	dimStore(n.Body[0].(*loop.For))
	require.NoError(t, loop.Verify(n))
}

func TestVerifyRefusesBlocks(t *testing.T) {
	type parts struct {
		n        *loop.Nest
		root, kb *loop.For
		pa, pb   *loop.Pack
		tile     *loop.Tile
		am, bn   *loop.Offsets
	}
	for want, change := range map[string]func(p parts){
		"is not filled here":        func(p parts) { p.root.Body = append(p.root.Body[:1:1], p.root.Body[2:]...) },
		"table ak[1] is not filled": func(p parts) { p.pa.Cols.Off.Const = 1 },
		"runs of 8":                 func(p parts) { p.bn.From.Const, p.bn.Count.At.Const = -4, -4; p.n.Params[6].Lo = -8 },
		"does not come in runs":     func(p parts) { p.bn.Group.Strides[0].Value = 2; p.n.Params[1].Hi = 1000 },
		"in cut 5 at i*6":           func(p parts) { p.pa.Cut = &loop.CutRuns{Length: 5, At: p.am.From} },
		"in cut 19 at 1":            func(p parts) { p.pb.Cut = &loop.CutRuns{Length: 19}; p.pb.Cut.At.Const = 1 },
		"in cut -1":                 func(p parts) { p.pb.Cut = &loop.CutRuns{Length: -1, At: p.bn.From} },
		"has min(4, ":               func(p parts) { p.am.Count.Max.Value = 4 },
		"7 valid items in a block":  func(p parts) { p.pa.Width, p.pa.Count = 6, full(7) },
		"B[1] spans [1, 133]":       func(p parts) { p.pb.From.Off.Const = 1 },
		"outside [0, 94)":           func(p parts) { p.n.Params[2].Hi-- },
		"pa[0] spans":               func(p parts) { p.n.Params[3].Hi-- },
		"holds tables":              func(p parts) { p.pa.To = p.am.Table },
		"at a constant place":       func(p parts) { p.am.Table.Off = affine(0, at(1, 1)) },
		"i64 worker parameter":      func(p parts) { p.n.Params[5].Role = loop.Shared },
		"of a group of 5":           func(p parts) { p.am.Count.Clamped = false },
		"extent 0":                  func(p parts) { p.am.Group.Extents[0] = loop.Const(0) },
		"not vectors of 3 lanes":    func(p parts) { p.tile.Lanes = 3 },
		"accumulators of f16":       func(p parts) { p.tile.Acc = tensor.F16 },
		"panel pb holds f32":        func(p parts) { p.tile.Acc = tensor.F64; p.n.Params[3].DType = tensor.F64 },
		"A[kb*4 + 1] spans": func(p parts) {
			p.tile.ARows, p.tile.A = &p.am.Table, loop.Addr{Param: p.pa.From.Param, Off: affine(1, at(p.kb.Var, 4))}
		},
		"entries, 6 are read": func(p parts) {
			p.tile.ARows, p.tile.A, p.tile.Rows = &p.am.Table, p.pa.From, full(6)
		},
		"B[kb*76 + 19] spans [19, 140]": func(p parts) {
			p.tile.BStep, p.tile.B = loop.Const(19), loop.Addr{Param: p.pb.From.Param, Off: affine(19, at(p.kb.Var, 76))}
		},
		"tiles of 8":             func(p parts) { p.tile.BStep, p.tile.B, p.tile.Cols = loop.Const(19), p.pb.From, full(7) },
		"asks for nothing ahead": func(p parts) { p.tile.Ahead = &loop.Ahead{At: p.tile.B} },
		"no parameter 99":        func(p parts) { p.tile.Ahead = &loop.Ahead{At: loop.Addr{Param: 99}, Step: 4} },
		"lie -1 apart":           func(p parts) { p.tile.BStep = loop.Const(-1) },
		"come in runs, in rows":  func(p parts) { p.tile.ACols, p.tile.ACut = &p.pa.Cols, &loop.CutRuns{Length: 7} },
		"terms of A in place": func(p parts) {
			p.tile.ARows, p.tile.A, p.tile.ACols = &p.am.Table, p.pa.From, &p.pa.Cols
		},
		"in cut 5 at kb": func(p parts) {
			p.tile.ARows, p.tile.A, p.tile.ACols = &p.am.Table, p.pa.From, &p.pa.Cols
			p.tile.ACut = &loop.CutRuns{Length: 5, At: affine(0, at(p.kb.Var, 4))}
		},
		"runs of 3 do not divide 8": func(p parts) { p.tile.Run = 3 },
		"the digits end below 3":    func(p parts) { p.root.Count = full(4) },
		"2 digits with 1 radices":   func(p parts) { s := p.root.Body[0].(*loop.Split); s.Radix = s.Radix[:1] },
		"lie 1099511627776 apart leave 64 bits": func(p parts) {
			p.pa.KRun, p.pa.KStep = 1<<40, 1<<40
			p.pa.Cols.Off.Terms = []loop.Term{at(p.kb.Var, 0)}
		},
		// Refilled at the end of an iteration, a table is not what the next one expects.
		"am[0] is not filled here": func(p parts) {
			again := *p.am
			again.Group.Strides = []loop.Size{loop.Const(0)}
			p.kb.Body = append(p.kb.Body, &again)
		},
	} {
		n := product(productSize{m: 5, n: 19, k: 7, kb: 4, acc: tensor.F32}).nest
		require.NoError(t, loop.Verify(n))
		p := parts{n: n, root: n.Body[0].(*loop.For)}
		p.am, p.bn, p.kb = p.root.Body[1].(*loop.Offsets), p.root.Body[3].(*loop.Offsets), p.root.Body[5].(*loop.For)
		p.pa, p.pb, p.tile = p.kb.Body[2].(*loop.Pack), p.kb.Body[3].(*loop.Pack), p.kb.Body[4].(*loop.Tile)
		p.pb.Cut = &loop.CutRuns{At: p.bn.From}
		require.NoError(t, loop.Verify(n))
		change(p)
		if want == "runs of 8" {
			require.Error(t, loop.Verify(n)) // items below 0
			continue
		}
		require.ErrorContains(t, loop.Verify(n), want)
	}
}

// blocked is a random nest of blocks with clamped rests, that stores at a sum of everything.
func blocked(rng *rand.Rand) (n *loop.Nest, tasks int64) {
	b := loop.NewBuilder("blocked")
	out := b.Param(loop.Param{Name: "C", DType: tensor.I8, Role: loop.Out})
	task, x, y := b.Var("t"), b.Var("x"), b.Var("y")
	rx, ry := 1+rng.Int64N(3), 1+rng.Int64N(3)
	b.For(&loop.For{Var: task, Kind: loop.Task, Count: full(rx * ry), Step: 1}, func() {
		b.Add(&loop.Split{Of: task, Into: []loop.Var{x, y}, Radix: []loop.Size{loop.Const(rx), loop.Const(ry)}})
		off := affine(0)
		outer := []loop.Var{x, y}
		var nested func(depth int)
		nested = func(depth int) {
			if depth == 0 {
				lanes := 1 << rng.IntN(3)
				one := b.Int(loop.Type{DType: tensor.I8, Lanes: lanes}, 1)
				to := loop.Affine{Terms: append([]loop.Term(nil), off.Terms...)}
				b.Store(one, loop.Addr{Param: out, Off: to}, loop.Const(1+rng.Int64N(3)))
				return
			}
			block := 1 + rng.Int64N(9)
			o := outer[rng.IntN(len(outer))]
			count := loop.Bound{Max: loop.Const(block), Clamped: rng.IntN(4) > 0, Total: loop.Const(rng.Int64N(3 * block)), At: affine(rng.Int64N(3)-1, at(o, block))}
			f := &loop.For{Var: b.Var("i"), Count: count, Step: 1 + rng.Int64N(3), From: rng.Int64N(5)}
			c := rng.Int64N(9) - 4
			off.Terms = append(off.Terms, at(f.Var, c))
			if rng.IntN(4) > 0 {
				off.Terms = append(off.Terms, at(o, c*block))
			}
			outer = append(outer, f.Var)
			b.For(f, func() { nested(depth - 1) })
		}
		nested(1 + rng.IntN(3))
	})
	return b.Nest, rx * ry
}

// TestVerifiedNestsStayInside runs random nests in memory that ends at the bounds: what Verify accepts
// must not fail, and Verify should not ask for much more than is touched.
func TestVerifiedNestsStayInside(t *testing.T) {
	tight := 0
	for seed := range uint64(3000) {
		n, tasks := blocked(rand.New(rand.NewPCG(seed, 1)))
		lo, hi := touched(t, n, tasks)
		p := &n.Params[0]
		p.Lo, p.Hi = lo, hi
		if loop.Verify(n) == nil {
			tight++
		}
		for range 8 { // widen until it passes, then narrow the memory to what passed
			if loop.Verify(n) == nil {
				break
			}
			p.Lo, p.Hi = p.Lo-30, p.Hi+30
		}
		if loop.Verify(n) != nil {
			continue
		}
		for p.Lo < lo && loop.Verify(n) == nil {
			p.Lo++
		}
		if loop.Verify(n) != nil {
			p.Lo--
		}
		for p.Hi > hi && loop.Verify(n) == nil {
			p.Hi--
		}
		if loop.Verify(n) != nil {
			p.Hi++
		}
		mem := loop.Mem{Data: make([]byte, p.Hi-p.Lo), Origin: int(-p.Lo)}
		require.NoError(t, loop.Run(n, []loop.Mem{mem}, nil, 0, tasks), "seed %d\n%s", seed, n)
		if lo < hi { // one element less is refused, whichever end it is
			p.Lo, p.Hi = lo+1, 1<<20
			require.Error(t, loop.Verify(n), "seed %d\n%s", seed, n)
			p.Lo, p.Hi = -1<<20, hi-1
			require.Error(t, loop.Verify(n), "seed %d\n%s", seed, n)
		}
	}
	require.Greater(t, tight, 1500, "bounds are too coarse")
}

// touched is the range of elements that a nest writes.
func touched(t *testing.T, n *loop.Nest, tasks int64) (lo, hi int64) {
	const room = 4000
	mem := loop.Mem{Data: make([]byte, 2*room), Origin: room}
	require.NoError(t, loop.Run(n, []loop.Mem{mem}, nil, 0, tasks))
	lo, hi = room, -room
	for i, x := range mem.Data {
		if x != 0 {
			lo, hi = min(lo, int64(i)-room), max(hi, int64(i)-room+1)
		}
	}
	if lo > hi {
		return 0, 0
	}
	return lo, hi
}

// openLoop leaves an extent to calls.
func openLoop(n *loop.Nest) {
	n.Dims = 1
	n.Body[0].(*loop.For).Body[1].(*loop.For).Count.Max = loop.Dim(0)
}

func TestVerifyTakesOpenExtentsInOperands(t *testing.T) {
	n := dot(5, 11)
	openLoop(n)
	require.NoError(t, loop.Verify(n))
	n.Body[0].(*loop.For).Body[1].(*loop.For).Count.Max = loop.Size{Dim: 1, Value: 12}
	require.ErrorContains(t, loop.Verify(n), "outside", "a bound that is relied on is checked against")
}
