package planner

// Splits are as good as equal if one costs so many times what the other does; and so many trees are looked at that
// differ from the best by one of them.
const (
	alikeCost = 1.01
	mostTies  = 4
)

// tie is a split of a set that costs some nanoseconds more than the best one.
type tie struct {
	set, split uint32
	more       float64
}

// ties lists trees that are as good as the one that exact finds, as far as the model of pairs can tell, which knows
// nothing of layouts: they split one of its sets otherwise. Those that cost least come first.
func (d *draft) ties(n *network) (all []tree) {
	s, full := &d.subsets, uint32(1)<<len(n.legs)-1
	if s.n != n {
		if _, err := d.exact(n); err != nil {
			return nil
		}
	}
	var first [mostTies + 1]tie
	var room [2 * ExactLimit]uint32
	found, sets := first[:0], append(room[:0], full)
	for i := 0; i < len(sets); i++ {
		if set := sets[i]; set&(set-1) != 0 {
			found = s.splits(found, set, full)
			sets = append(sets, s.split[set], set&^s.split[set])
		}
	}
	for _, t := range found {
		was := s.split[t.set]
		s.split[t.set] = t.split
		all = append(all, readTree(s.split, full, d.pairs.Empty(len(n.legs)-1)))
		s.split[t.set] = was
	}
	return all
}

// splits adds those of a set that are about as good as the best one to the first few.
func (s *subsets) splits(found []tie, set, full uint32) []tie {
	most, extra := alikeCost*s.best[set], s.extra(set, full)
	for a := (set - 1) & set; a > set&^a; a = (a - 1) & set {
		b := set &^ a
		c := s.best[a] + s.best[b] + extra
		if a == s.split[set] || b == s.split[set] || c >= most {
			continue
		}
		if c = s.within(c, a, b, most); c < most {
			found = earliest(found, tie{set, a, c - s.best[set]})
		}
	}
	return found
}

// earliest puts a tie among the first few, behind those that cost no more.
func earliest(found []tie, t tie) []tie {
	found = append(found, t)
	for i := len(found) - 1; i > 0 && found[i].more < found[i-1].more; i-- {
		found[i], found[i-1] = found[i-1], found[i]
	}
	return found[:min(len(found), mostTies)]
}
