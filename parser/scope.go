package parser

import "github.com/einc-lang/einc/internal/slab"

// resolveSums finds what every tree of p sums, by the rules of the program's mode, and returns p.
func resolveSums(p *Program) (*Program, error) {
	if p.Mode == ModeEinstein {
		return p, checkStrict(p)
	}
	s := &scopes{labels: make([]scoped, len(p.Labels))}
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
	labels []scoped
	term   int
	lists  slab.Slab[LabelID]
}

// scoped is what is known of a label.
type scoped struct {
	left bool // it is on the left
	seen int  // the last term that has it
}

func (s *scopes) mark(left Ref, on bool) {
	for _, a := range left.Axes {
		if a.Label != EllipsisID {
			s.labels[a.Label].left = on
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
	t.Sums = s.sums(s.own(t, s.lists.Room(1), &calls))
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
		if a.Label == EllipsisID {
			continue
		}
		if l := &s.labels[a.Label]; !l.left && l.seen != s.term {
			l.seen = s.term
			sums = append(sums, a.Label)
		}
	}
	return sums
}

// whole reduces a right side over everything that is not on the left, as *=, max= and min= do.
func (s *scopes) whole(t *Tree) {
	s.term++
	sums := s.lists.Room(1)
	_ = t.eachRef(func(r *Ref) error {
		sums = s.add(r, sums)
		return nil
	})
	t.Sums = s.sums(sums)
}

// sums closes a list; nil for none.
func (s *scopes) sums(list []LabelID) []LabelID {
	if len(list) == 0 {
		return nil
	}
	return s.lists.Keep(list)
}
