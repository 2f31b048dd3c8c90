package parser

// resolveSums finds what every tree of p sums, by the rules of the program's mode, and returns p.
func resolveSums(p *Program) (*Program, error) {
	if p.Mode == ModeEinstein {
		return p, checkStrict(p)
	}
	s := &scopes{left: make([]bool, len(p.Labels)), seen: make([]int, len(p.Labels))}
	for i := range p.Assigns {
		a := &p.Assigns[i]
		s.mark(a.Left, true)
		if a.Op == Sum {
			s.scope(a.Right)
		} else {
			s.whole(a.Right)
		}
		s.mark(a.Left, false)
	}
	return p, nil
}

// scopes finds sums as index notation and NumPy have them: a term sums its own indices that are not
// on the left.
type scopes struct {
	left []bool
	seen []int // by label: the last term that has it
	term int
}

func (s *scopes) mark(left Ref, on bool) {
	for _, a := range left.Axes {
		if a.Label != EllipsisID {
			s.left[a.Label] = on
		}
	}
}

// scope goes through the additive terms of a right side or of a function's argument.
func (s *scopes) scope(t *Tree) {
	if t.Kind == TreeSum || t.Kind == TreeNeg {
		for _, a := range t.Args {
			s.scope(a)
		}
		return
	}
	s.term++
	var calls []*Tree
	t.Sums = s.own(t, nil, &calls)
	for _, c := range calls {
		for _, a := range c.Args {
			s.scope(a)
		}
	}
}

// own adds the summed labels of a term, in order of appearance, and collects the function calls in it,
// whose arguments are scopes of their own.
func (s *scopes) own(t *Tree, sums []LabelID, calls *[]*Tree) []LabelID {
	switch t.Kind {
	case TreeRef:
		return s.add(t.Ref, sums)
	case TreeCall:
		*calls = append(*calls, t)
		return sums
	}
	for _, a := range t.Args {
		sums = s.own(a, sums, calls)
	}
	return sums
}

func (s *scopes) add(r *Ref, sums []LabelID) []LabelID {
	for _, a := range r.Axes {
		if a.Label == EllipsisID || s.left[a.Label] || s.seen[a.Label] == s.term {
			continue
		}
		s.seen[a.Label] = s.term
		sums = append(sums, a.Label)
	}
	return sums
}

// whole reduces a right side over everything that is not on the left, as *=, max= and min= do.
func (s *scopes) whole(t *Tree) {
	s.term++
	_ = t.eachRef(func(r *Ref) error {
		t.Sums = s.add(r, t.Sums)
		return nil
	})
}
