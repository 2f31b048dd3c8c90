package loop_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
)

type productSize struct {
	m, n, k, kb int64
	acc         tensor.DType
	place       bool  // A is read in place
	rows        bool  // B is
	run         int64 // and its terms come in runs of so many: not 0
}

type packed struct {
	nest  *loop.Nest
	tasks int64
}

// product builds C[i,j] = Σ_k A[i,k]·B[k,j] of row-major matrices with panels and a 6×8 tile.
func product(s productSize) packed {
	b := loop.NewBuilder("packed")
	b.Nest.FMA = true
	area := func(name string, d tensor.DType, r loop.Role, n int64) loop.Addr {
		return loop.Addr{Param: b.Param(loop.Param{Name: name, DType: d, Role: r, Hi: n})}
	}
	pa, pb, pc := area("A", s.acc, loop.In, s.m*s.k), area("B", s.acc, loop.In, s.k*s.n), area("C", s.acc, loop.Out, s.m*s.n)
	wa, wb := area("pa", s.acc, loop.Worker, 6*s.kb), area("pb", s.acc, loop.Worker, 8*s.kb)
	table := func(name string, n int64) loop.Addr { return area(name, tensor.I64, loop.Worker, n) }
	am, bn, ak, bk, cm, cn := table("am", 6), table("bn", 8), table("ak", s.kb), table("bk", s.kb), table("cm", 6), table("cn", 8)
	task, i, j, kb := b.Var("task"), b.Var("i"), b.Var("j"), b.Var("kb")
	mt, nt := (s.m+5)/6, (s.n+7)/8
	offsets := func(t loop.Addr, extent, stride int64, v loop.Var, block int64) loop.Bound {
		from := affine(0, at(v, block))
		c := loop.Bound{Max: loop.Const(block), Clamped: true, Total: loop.Const(extent), At: from}
		b.Add(&loop.Offsets{Table: t, Group: loop.Group{Extents: []loop.Size{loop.Const(extent)}, Strides: []loop.Size{loop.Const(stride)}}, From: from, Count: c})
		return c
	}
	b.For(&loop.For{Var: task, Kind: loop.Task, Count: full(mt * nt), Step: 1}, func() {
		b.Add(&loop.Split{Of: task, Into: []loop.Var{i, j}, Radix: []loop.Size{loop.Const(mt), loop.Const(nt)}})
		rows := offsets(am, s.m, s.k, i, 6)
		offsets(cm, s.m, s.n, i, 6)
		cols := offsets(bn, s.n, 1, j, 8)
		offsets(cn, s.n, 1, j, 8)
		b.For(&loop.For{Var: kb, Count: full((s.k + s.kb - 1) / s.kb), Step: 1}, func() {
			depth := offsets(ak, s.k, 1, kb, s.kb)
			offsets(bk, s.k, s.n, kb, s.kb)
			b.Add(&loop.Pack{To: wa, From: pa, Rows: am, Cols: ak, Width: 6, Count: rows, Depth: depth, Run: 1})
			b.Add(&loop.Pack{To: wb, From: pb, Rows: bn, Cols: bk, Width: 8, Count: cols, Depth: depth, Run: 8})
			tile := &loop.Tile{MR: 6, NR: 8, Lanes: 4, Acc: s.acc, Depth: depth, A: wa, B: wb, C: pc, CRows: cm, CCols: cn,
				Rows: rows, Cols: cols, Add: kb, Run: 8}
			if s.run > 0 {
				tile.ARows, tile.ACols, tile.ACut, tile.A = &am, &ak, &loop.CutRuns{Length: s.run, At: affine(0, at(kb, s.kb))}, pa
			} else if s.place {
				tile.ARows, tile.A = &am, loop.Addr{Param: pa.Param, Off: affine(0, at(kb, s.kb))}
			}
			if s.rows {
				tile.BStep, tile.B = loop.Const(s.n), loop.Addr{Param: pb.Param, Off: affine(0, at(kb, s.kb*s.n), at(j, 8))}
			}
			b.Add(tile)
		})
	})
	return packed{b.Nest, mt * nt}
}

// memory makes room for a nest's parameters, exactly as large as their bounds, filled with small numbers.
func memory(n *loop.Nest, rng *rand.Rand) []loop.Mem {
	var args []loop.Mem
	for _, p := range n.Params {
		size := p.DType.Size()
		m := loop.Mem{Data: make([]byte, int(p.Hi-p.Lo)*size), Origin: -int(p.Lo) * size}
		for i := 0; i < len(m.Data); i += size {
			switch p.DType {
			case tensor.F32:
				copy(m.Data[i:], f32s([]float32{float32(rng.IntN(9) - 4)}))
			default:
				m.Data[i] = byte(rng.IntN(5))
			}
		}
		args = append(args, m)
	}
	return args
}

func TestPackedProduct(t *testing.T) {
	for _, s := range []productSize{{m: 1, n: 1, k: 1, kb: 1, acc: tensor.F32}, {m: 6, n: 8, k: 4, kb: 4, acc: tensor.F32},
		{m: 13, n: 19, k: 11, kb: 4, acc: tensor.F32}, {m: 7, n: 9, k: 5, kb: 8, acc: tensor.I32},
		{m: 13, n: 19, k: 11, kb: 4, acc: tensor.F32, place: true}, {m: 7, n: 9, k: 5, kb: 8, acc: tensor.I32, place: true},
		{m: 13, n: 19, k: 11, kb: 4, acc: tensor.F32, rows: true}, {m: 7, n: 5, k: 5, kb: 8, acc: tensor.I32, place: true, rows: true},
		{m: 13, n: 19, k: 12, kb: 5, acc: tensor.F32, run: 3}, {m: 7, n: 9, k: 5, kb: 8, acc: tensor.I32, run: 5}} {
		p := product(s)
		require.NoError(t, loop.Verify(p.nest))
		args := memory(p.nest, rand.New(rand.NewPCG(5, 5)))
		require.NoError(t, loop.Run(p.nest, args, nil, 0, p.tasks))
		read := func(param, i int) float32 {
			if s.acc == tensor.F32 {
				return f32At(args[param].Data, i)
			}
			return float32(int32(binary.LittleEndian.Uint32(args[param].Data[4*i:])))
		}
		for i := range int(s.m) {
			for j := range int(s.n) {
				want := float32(0)
				for k := range int(s.k) {
					want += read(0, i*int(s.k)+k) * read(1, k*int(s.n)+j)
				}
				require.Equal(t, want, read(2, i*int(s.n)+j), "%+v [%d,%d]", s, i, j)
			}
		}
	}
}

// TestPackZeroes wants zeros where a block, the second here, has fewer rows than the panel.
func TestPackZeroes(t *testing.T) {
	p := product(productSize{m: 11, n: 8, k: 3, kb: 3, acc: tensor.F32})
	args := memory(p.nest, rand.New(rand.NewPCG(6, 6)))
	for i := range args[0].Data {
		args[0].Data[i] = 0x3f
	}
	require.NoError(t, loop.Run(p.nest, args, nil, 0, p.tasks))
	for k := range 3 {
		require.Equal(t, f32At(args[0].Data, 3*10+k), f32At(args[3].Data, 6*k+4))
		require.Equal(t, float32(0), f32At(args[3].Data, 6*k+5))
	}
}
