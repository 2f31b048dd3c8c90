package cost

import "github.com/einc-lang/einc/tensor"

// depth is the number of K terms a block aims at: a panel of B that deep and two vectors wide takes
// half of a 32 KiB first-level cache. It is a constant because it decides the order of summation.
const depth = 256

// align is the boundary in bytes that every piece of workspace starts at: a cache line.
const align = 64

// Blocking cuts an M×N×K product into register tiles and cache blocks. All fields but the bytes count
// elements.
//
// The packed strategy runs in two phases. Phase 1 packs all of B, panel by panel, into shared
// workspace. Phase 2 has a task for every MC×NC block of C: for each block of K it packs MC×KC of A
// into the worker's workspace and runs the tiles of the block, adding to C from the second block on.
type Blocking struct {
	M, N, K int64        // extents of the groups
	Type    tensor.DType // of the panels and the accumulators
	Lanes   int64        // elements of a vector register
	MR, NR  int64        // tile: rows, and columns, a multiple of Lanes
	MC      int64        // rows of a task, a multiple of MR
	NC      int64        // columns of a task, a multiple of NR
	KC      int64        // terms of a block of K; the last block may have fewer
}

// Blocking is the blocking for a product of the given extents and element type, each at least 1.
func (t Target) Blocking(d tensor.DType, m, n, k int64) Blocking {
	b := Blocking{M: m, N: n, K: k, Type: d.Accum(), Lanes: int64(t.Lanes(d))}
	rows, vectors := t.tile()
	b.MR, b.NR = rows, vectors*b.Lanes
	b.KC = k
	if k > depth { // even blocks, of whole vectors
		b.KC = roundUp(ceilDiv(k, ceilDiv(k, depth)), 16)
	}
	size := int64(b.Type.Size())
	most := max(int64(t.l2())/3/(b.KC*size)/b.MR, 1) // tile rows of A that a third of L2 holds
	b.MC = split(ceilDiv(m, b.MR), most, t.workers()*2) * b.MR
	b.NC = ceilDiv(n, b.NR) * b.NR
	// A wide product with few rows gets its parallelism from the columns.
	if want := ceilDiv(t.workers()*2, ceilDiv(m, b.MC)); want > 1 {
		b.NC = max(ceilDiv(ceilDiv(n, b.NR), want), min(8, ceilDiv(n, b.NR))) * b.NR
	}
	return b
}

// tile is the number of rows and of vectors of the register tile: the accumulators, one row of B, one
// element of A and, without fused multiply-add, one product must stay in registers.
func (t Target) tile() (rows, vectors int64) {
	switch {
	case t.Registers >= 32 && t.VectorBytes >= 32:
		return 12, 2
	case t.Registers >= 32:
		return 8, 3
	}
	return 6, 2
}

// split is the size of the blocks when n items are cut into equal blocks of at most most items, and
// into at least parts blocks as long as these have four items.
func split(n, most, parts int64) int64 {
	blocks := ceilDiv(n, most)
	if blocks < parts {
		blocks = min(parts, max(blocks, n/4))
	}
	return ceilDiv(n, blocks)
}

// KBlocks is the number of blocks of K.
func (b Blocking) KBlocks() int64 { return ceilDiv(b.K, b.KC) }

// MBlocks is the number of task rows.
func (b Blocking) MBlocks() int64 { return ceilDiv(b.M, b.MC) }

// NBlocks is the number of task columns.
func (b Blocking) NBlocks() int64 { return ceilDiv(b.N, b.NC) }

// Panels is the number of NR-wide panels of B.
func (b Blocking) Panels() int64 { return ceilDiv(b.N, b.NR) }

// PanelB is the offset, in elements of shared workspace, of panel j of K block kb. Every panel takes
// KC×NR elements, so that the offset is affine in kb and j.
func (b Blocking) PanelB(kb, j int64) int64 { return (kb*b.Panels() + j) * b.KC * b.NR }

// SharedBytes is the shared workspace: all of B, padded to whole panels and whole blocks of K.
func (b Blocking) SharedBytes() int64 {
	return roundUp(b.PanelB(b.KBlocks(), 0)*int64(b.Type.Size()), align)
}

// Scratch says where the pieces of a worker's workspace start, in bytes, each at a multiple of 64. The
// tables hold I64 offsets. Phase 1 uses Rows (NR columns of B) and Cols only.
type Scratch struct {
	A     int64 // the packed block of A: MC×KC elements, MR-row panels one after the other
	Rows  int64 // max(MC, NR) offsets: rows of A, columns of B
	Cols  int64 // KC offsets: terms of K in the operand that is packed
	CRows int64 // MC offsets: rows of C
	CCols int64 // NR offsets: columns of C
	Bytes int64 // of all
}

// Scratch lays out a worker's workspace.
func (b Blocking) Scratch() Scratch {
	const entry = 8
	var s Scratch
	at := roundUp(b.MC*b.KC*int64(b.Type.Size()), align)
	for _, table := range []struct {
		at *int64
		n  int64
	}{{&s.Rows, max(b.MC, b.NR)}, {&s.Cols, b.KC}, {&s.CRows, b.MC}, {&s.CCols, b.NR}} {
		*table.at = at
		at += roundUp(table.n*entry, align)
	}
	s.Bytes = at
	return s
}

func ceilDiv(a, b int64) int64 { return (a + b - 1) / b }

func roundUp(a, b int64) int64 { return ceilDiv(a, b) * b }
