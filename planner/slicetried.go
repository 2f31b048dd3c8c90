package planner

import (
	"encoding/binary"
	"errors"
)

// figures is what is known of a sliced plan.
type figures struct {
	peak   int64
	worst  []float64 // bytes that each of the unsliced plan's steps needs at most
	nanos  float64
	depend SliceWay // what of its way makes a difference
	err    error    // why there is no plan, which lean loops may change
}

// tried remembers the figures of sliced plans: searches that aim lower, or run loops otherwise, come upon many again.
type tried struct {
	of   map[string]*[4]*figures // of each list of cuts: by the number of the way
	size int                     // of all lists of figures
}

// mostTriedSize bounds what is remembered: numbers of eight bytes.
const mostTriedSize = 1 << 22

// number is that of a way to run loops, as under counts them.
func (w SliceWay) number() (n int) {
	if w.Serial {
		n |= serialWay
	}
	if w.Lean {
		n |= leanWay
	}
	return n
}

// find is what is known of a plan with cuts that run in a way, which may be another one's where it makes no difference.
func (t *tried) find(key string, way SliceWay) *figures {
	ways := t.of[key]
	if ways == nil {
		return nil
	}
	for number, x := range ways {
		if x == nil {
			continue
		}
		if others := number ^ way.number(); others&x.depend.number() == 0 {
			return x
		}
	}
	return nil
}

// add remembers figures, while there is room.
func (t *tried) add(key string, way SliceWay, x *figures) {
	if t.size += len(x.worst) + len(key)/8; t.size > mostTriedSize {
		return
	}
	if t.of == nil {
		t.of = map[string]*[4]*figures{}
	}
	if t.of[key] == nil {
		t.of[key] = new([4]*figures)
	}
	t.of[key][way.number()] = x
}

// keyOf tells lists of cuts apart.
func keyOf(cuts []SliceIndex) string {
	key := make([]byte, 0, 4*len(cuts))
	for _, c := range cuts {
		key = binary.AppendUvarint(binary.AppendUvarint(key, uint64(c.Index)), uint64(c.Chunk))
	}
	return string(key)
}

// look is try, without the plan where its figures are known.
func (f *fitting) look(cuts []SliceIndex) (*attempt, error) {
	key := keyOf(cuts)
	if x := f.tried.find(key, f.way); x != nil {
		if x.err != nil {
			return nil, x.err
		}
		return f.attempt(cuts, nil, *x), nil
	}
	a, err := f.try(cuts)
	switch {
	case err == nil:
		x := a.figures // not the plan
		f.tried.add(key, f.way, &x)
	case errors.Is(err, errSteps):
		f.tried.add(key, f.way, &figures{depend: SliceWay{Serial: true, Lean: true}, err: err})
	}
	return a, err
}
