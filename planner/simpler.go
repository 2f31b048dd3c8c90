package planner

import "math"

// simpler calls f with trees of the factors of a network that are good by simpler measures: greedy ones, and those of fewest
// multiply-adds where an element written counts for nothing or for some.
func (d *draft) simpler(n *network, f func(tree)) {
	s, k := &d.subsets, &d.small
	if s.n != n {
		s.begin(n)
	}
	full := uint32(1)<<len(n.legs) - 1
	room := func() tree { return d.pairs.Empty(len(n.legs) - 1) }
	if k.describeSets(s) {
		k.seek(aim{write: comboBits})
		k.solveTwice()
		if !math.IsInf(k.best[full], 1) {
			f(readTree(k.split, full, room()))
		}
		if !math.IsInf(k.plain[full], 1) {
			f(readTree(k.plainSplit, full, room()))
		}
	}
	s.greedy(full)
	f(readTree(s.split, full, room()))
}

// describeSets prepares for the factors of an exact search; false if there are too many groups.
func (k *block) describeSets(s *subsets) bool {
	if len(s.holders) > len(k.pattern) {
		return false
	}
	k.begin(len(s.n.legs))
	k.groups = len(s.holders)
	for g, h := range s.holders {
		k.pattern[g], k.ext[g] = h.factors, s.ext[g]
		if h.open {
			k.pattern[g] |= kept
		}
	}
	k.prepare()
	return true
}

// solveTwice finds the best trees of all parts for what is sought and for multiply-adds alone, which most splits are counted
// for but once: costs are +Inf if they are beyond the block's numbers.
func (k *block) solveTwice() {
	full := uint32(1)<<k.parts - 1
	if len(k.plain) <= int(full) {
		k.plain, k.plainSplit = make([]float64, full+1), make([]uint32, full+1)
	}
	for set := uint32(1); set <= full; set++ {
		if set&(set-1) != 0 {
			k.searchTwice(set)
		} else {
			k.best[set], k.plain[set] = 0, 0
		}
	}
}

// searchTwice finds the best splits of a set, of equal ones the first.
func (k *block) searchTwice(set uint32) {
	const most = 1e300
	legs, best, plain := k.legs, k.best, k.plain
	low, mid, high := &k.table[0], k.byte(1), k.byte(2)
	extra := k.volume(legs[set]) * k.write
	least, fewest := most-extra, most
	split, plainSplit := uint32(0), uint32(0)
	for a := (set - 1) & set; a > set&^a; a = (a - 1) & set {
		b := set &^ a
		x := legs[a] | legs[b]
		points := low[x&255] * mid[x>>8&255] * high[x>>16&255]
		if k.groups > 24 {
			points = k.volume(x)
		}
		if c := best[a] + best[b] + points; c < least {
			least, split = c, a
		}
		if c := plain[a] + plain[b] + points; c < fewest {
			fewest, plainSplit = c, a
		}
	}
	best[set], k.split[set] = least+extra, split
	plain[set], k.plainSplit[set] = fewest, plainSplit
	if split == 0 {
		best[set] = math.Inf(1)
	}
	if plainSplit == 0 {
		plain[set] = math.Inf(1)
	}
}
