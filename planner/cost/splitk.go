package cost

// Products whose K is all of their size have few tiles of C, and no worker but the first would have one to do.
// Their blocks of K are shared out to parts, which sum up for themselves. All numbers here decide the order of
// summation: they know extents and types, and neither caches nor workers.
const (
	mostParts  = 32
	leastParts = 8       // so many tasks serve as many workers better than tiles do
	partPoints = 1 << 23 // multiply-adds of a part: a hundred microseconds or more
	partBlocks = 4       // blocks of K of a part
	mostSums   = 1 << 17 // elements of C: with more, there are tasks enough, and the parts would take much memory
	partShare  = 16      // sums of all parts, against elements of operands: at most one for so many
)

// splits is the number of parts that K is cut into, about a power of two, for equal shares; or 1.
func (b Blocking) splits(batch int64) int64 {
	if batch >= leastParts || float64(b.M)*float64(b.N) > mostSums {
		return 1
	}
	most := float64(mostParts)
	for _, limit := range []float64{
		float64(b.M) * float64(b.N) * float64(b.K) / partPoints,
		float64(b.KBlocks()) / partBlocks,
		float64(b.M+b.N) * float64(b.K) / (partShare * float64(b.M) * float64(b.N)),
	} {
		most = min(most, limit)
	}
	parts := int64(leastParts)
	if most < leastParts {
		return 1
	}
	for float64(2*parts) <= most {
		parts *= 2
	}
	return ceilDiv(b.KBlocks(), ceilDiv(b.KBlocks(), parts))
}

// PartBlocks is the number of blocks of K of a part; the last part may have fewer, but has one.
func (b Blocking) PartBlocks() int64 { return ceilDiv(b.KBlocks(), b.Split) }

// cutParts makes a task of a part all of C, or as much of it as keeps packed operands in the second-level cache.
func (t *Target) cutParts(b *Blocking) {
	most := max(int64(t.l2())/3/(b.KC*int64(b.Type.Size())), 1)
	even := func(n, unit int64) int64 {
		panels := ceilDiv(n, unit)
		return ceilDiv(panels, ceilDiv(panels, max(most/unit, 1))) * unit
	}
	b.MC, b.NC = even(b.M, b.MR), even(b.N, b.NR)
	b.NS, b.Own = b.NC, true
}
