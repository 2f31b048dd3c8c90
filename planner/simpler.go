package planner

import "math"

// simpler calls f with trees of the factors of a network that are good by simpler measures: greedy ones, and those of fewest
// multiply-adds where an element written counts for nothing or for some. One tree is known.
func (d *draft) simpler(n *network, known tree, f func(tree)) {
	s, k := &d.subsets, &d.small
	if s.n != n {
		s.begin(n)
	}
	full := uint32(1)<<len(n.legs) - 1
	room := func() tree { return d.pairs.Empty(len(n.legs) - 1) }
	s.greedy(full)
	quick := readTree(s.split, full, room())
	if k.describeSets(s) {
		k.seek(aim{write: comboBits})
		k.solveTwice(known, quick)
		if !math.IsInf(k.best[full], 1) {
			f(readTree(k.split, full, room()))
		}
		if !math.IsInf(k.plain[full], 1) {
			f(readTree(k.plainSplit, full, room()))
		}
	}
	f(quick)
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
// for but once: costs are +Inf if they are beyond the block's numbers. Nothing is kept that exceeds the costs of known trees.
func (k *block) solveTwice(known ...tree) {
	full := uint32(1)<<k.parts - 1
	if len(k.plain) <= int(full) {
		k.plain, k.plainSplit = make([]float64, full+1), make([]uint32, full+1)
	}
	most := twice{mostCost, mostCost}
	for _, t := range known {
		most = most.atMost(k.costs(t))
	}
	for set := uint32(1); set <= full; set++ {
		if set&(set-1) != 0 {
			k.searchTwice(set, full, most)
		} else {
			k.best[set], k.plain[set] = 0, 0
		}
	}
}

// twice is the costs of a tree: by what is sought, and in multiply-adds alone.
type twice struct{ sought, plain float64 }

// mostCost is beyond the block's numbers.
const mostCost = 1e300

// atMost is the lesser of either costs, but for what rounding may add.
func (c twice) atMost(o twice) twice {
	const rounding = 1 + 1e-9
	return twice{min(c.sought, o.sought*rounding), min(c.plain, o.plain*rounding)}
}

// costs are those of a tree.
func (k *block) costs(t tree) (c twice) {
	var room [2 * ExactLimit]uint32
	sets := room[:0]
	for p := range k.parts {
		sets = append(sets, 1<<p)
	}
	for _, p := range t {
		a, b := sets[p[0]], sets[p[1]]
		sets = append(sets, a|b)
		points := k.volume(k.legs[a] | k.legs[b])
		c.plain += points
		c.sought += points + k.volume(k.legs[a|b])*k.write
	}
	return c
}

// searchTwice finds the best splits of a set, of equal ones the first. A tree that has the result of a part takes a multiply-add
// at least for each element, to make it and to read it.
func (k *block) searchTwice(set, full uint32, most twice) {
	best := k.best[:full+1]
	legs, plain := k.legs[:len(best)], k.plain[:len(best)] // as long, so that one check of an index does for all
	size := k.volume(legs[set])
	extra := size * k.write
	best[set], plain[set] = math.Inf(1), math.Inf(1)
	least, fewest := most.sought-extra, most.plain
	if set != full {
		if least, fewest = least-size, fewest-size; size > least && size > fewest {
			return
		}
	}
	low, mid, high := &k.table[0], k.byte(1), k.byte(2)
	split, plainSplit := uint32(0), uint32(0)
	for a := (set - 1) & set; a > set&^a; a = (a - 1) & set {
		b := set &^ a
		c, p := best[a]+best[b], plain[a]+plain[b]
		if c >= least && p >= fewest {
			continue
		}
		x := legs[a] | legs[b]
		points := low[x&255]
		if k.groups > 24 {
			points = k.volume(x)
		} else if k.groups > 8 {
			points = points * mid[x>>8&255] * high[x>>16&255]
		}
		if c += points; c < least {
			least, split = c, a
		}
		if p += points; p < fewest {
			fewest, plainSplit = p, a
		}
	}
	if split != 0 {
		best[set], k.split[set] = least+extra, split
	}
	if plainSplit != 0 {
		plain[set], k.plainSplit[set] = fewest, plainSplit
	}
}
