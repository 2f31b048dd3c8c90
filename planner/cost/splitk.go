package cost

// Products whose K is all of their size have few tiles of C, and no worker but the first would have one to do.
// Their blocks of K are shared out to parts, which sum up for themselves. All numbers here decide the order of
// summation: they know extents and types, and neither caches nor workers.
const (
	mostParts  = 32
	leastParts = 8       // so many tasks serve as many workers better than tiles do
	partPoints = 1 << 23 // multiply-adds of a part: a hundred microseconds or more
	partBlocks = 4       // blocks of K of a part
	partShare  = 16      // sums of all parts, against elements of operands: at most one for so many
)

// MostSums is the most sums of all parts: with more elements of C, there are tasks enough, and parts take much memory.
const MostSums = 1 << 20

// Arithmetic is what parts are counted with: on numbers, or on sizes that calls decide.
type Arithmetic[N any] struct {
	Const                       func(int64) N
	Add, Mul, CeilDiv, Min, Max func(a, b N) N
}

// Parts is the number of parts that the blocks of K of a product are cut into, about a multiple of leastParts for equal
// shares, and how many blocks each has but the last, which may have fewer; once is 1 if there are several parts, else 0.
func Parts[N any](x Arithmetic[N], batch, m, n, k, blocks N) (parts, share, once N) {
	c := x.Const
	above := func(a, b N) N { return x.CeilDiv(x.Add(a, c(1)), b) }       // and one more
	whole := func(a N, b int64) N { return x.Add(above(a, c(b)), c(-1)) } // a over b, rounded down
	one := x.Min(x.Mul(m, n), c(MostSums))
	sums, elements := x.Max(x.Mul(one, batch), c(1)), x.Mul(x.Mul(x.Add(m, n), k), batch)
	most := x.Min(above(x.Mul(one, k), c(partPoints)), above(blocks, c(partBlocks)))
	most = x.Min(most, above(x.Min(elements, c(partShare*MostSums)), x.Mul(sums, c(partShare))))
	most = x.Min(x.Add(most, c(-1)), c(mostParts))
	few := x.Add(x.Mul(x.Min(whole(batch, leastParts), c(1)), c(-1)), c(1))
	eights := x.Mul(whole(most, leastParts), few)
	once = x.Min(eights, c(1))
	blocks = x.Max(blocks, once) // a size of the call where the parts are
	parts = x.Max(x.Mul(eights, c(leastParts)), c(1))
	parts = x.CeilDiv(blocks, x.CeilDiv(blocks, parts))
	return parts, x.CeilDiv(blocks, parts), once
}

// splits is the number of parts of K.
func (b Blocking) splits(batch int64) int64 {
	if b.KBlocks() < leastParts*partBlocks {
		return 1 // as Parts says, sooner
	}
	x := Arithmetic[int64]{
		Const:   func(n int64) int64 { return n },
		Add:     func(a, b int64) int64 { return a + b },
		Mul:     saturated,
		CeilDiv: ceilDiv,
		Min:     func(a, b int64) int64 { return min(a, b) },
		Max:     func(a, b int64) int64 { return max(a, b) },
	}
	parts, _, _ := Parts(x, batch, b.M, b.N, b.K, b.KBlocks())
	return parts
}

// saturated is a product of two numbers, or the largest that is safe to count with: the planner asks about sums of more
// terms than memory has elements.
func saturated(a, b int64) int64 {
	const most = 1 << 60
	if b > 0 && a > most/b {
		return most
	}
	return a * b
}

// PartBlocks is the number of blocks of K of a part; the last part may have fewer, but has one.
func (b Blocking) PartBlocks() int64 { return ceilDiv(b.KBlocks(), b.Split) }

// cutParts makes a task of a part all of C, or as much of it as keeps packed operands in the second-level cache: rows of A in place pass
// it once for all columns. Where blocks of C would have a quarter and more packed again, what is packed may take most of that cache.
func (t *Target) cutParts(b *Blocking) {
	even := func(n, unit, most int64) int64 {
		panels := ceilDiv(n, unit)
		return ceilDiv(panels, ceilDiv(panels, max(most/unit, 1))) * unit
	}
	room := int64(t.l2()) / (b.KC * int64(b.Type.Size())) // rows and columns of a block of K
	rows, columns := even(b.M, b.MR, room/3), even(b.N, b.NR, room/3)
	again := (ceilDiv(b.M, rows)-1)*b.N + (ceilDiv(b.N, columns)-1)*b.M
	b.MC, b.NC = roundUp(b.M, b.MR), roundUp(b.N, b.NR)
	switch {
	case b.Place.A:
		b.NC = even(b.N, b.NR, room/2)
	case b.MC+b.NC > room*3/4 || again < (b.M+b.N)/4:
		b.MC, b.NC = rows, columns
	}
	b.NS, b.Own = b.NC, true
}
