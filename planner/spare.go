package planner

import (
	"errors"
	"slices"

	"github.com/einc-lang/einc/parser"
)

// Temporaries are spared where nobody asked for it if they take more than spareBytes, and more than operands and
// output, in a plan of few steps, and slices take hardly longer: at most spareLoss times as long.
const (
	spareBytes = 1 << 30
	spareSteps = 64
	spareLoss  = 1.05
	spareCuts  = 3 // indices
)

// spare slices a plan along indices of the output where that leaves it little memory to take and costs no time.
// What is cut depends on the temporaries alone, not on workspace, caches or workers, as kernels of other extents
// may sum in another order.
func (d *draft) spare(base *Plan) (*Plan, error) {
	given := int64(0)
	for i := range base.Buffers {
		if base.Buffers[i].Kind != Temp {
			given += base.Buffers[i].Bytes
		}
	}
	if base.Arena <= max(spareBytes, given) || len(base.Steps) > spareSteps {
		return base, nil
	}
	var cuts []SliceIndex
	at, serial := base, *d
	serial.opts.Workspace = nil
	for len(cuts) < spareCuts && at.Arena > spareBytes {
		next, more, err := serial.spareOne(base, at, cuts)
		if err != nil {
			return nil, err
		}
		if next == nil {
			break
		}
		at, cuts = next, more
	}
	if at.Arena > base.Arena/2 {
		return base, nil
	}
	return d.slice(base, cuts, SliceWay{})
}

// spareOne finds the index of the output that is best cut next: the plan that takes the least time of those whose
// temporaries are few, or if there is none the one of the smallest temporaries. It is nil if none helps.
func (d *draft) spareOne(base, at *Plan, cuts []SliceIndex) (best *Plan, more []SliceIndex, err error) {
	origin := newSliceable(base)
	for _, id := range d.outputIndices() {
		if len(origin.components(id)) == 0 || slices.ContainsFunc(cuts, func(c SliceIndex) bool { return c.Index == id }) {
			continue
		}
		some := cuts
		for chunk := d.smaller(some, id); chunk > 0; chunk = d.smaller(some, id) {
			some = with(some, SliceIndex{id, chunk})
			s, err := d.slicing(base, some, SliceWay{Serial: true})
			if errors.Is(err, errSteps) {
				break
			}
			if err != nil {
				return nil, nil, err
			}
			p := s.plan
			if p.Cost.Nanos > spareLoss*base.Cost.Nanos {
				continue
			}
			if p.Arena < at.Arena && (best == nil || spares(p, best)) {
				best, more = p, some
			}
			if p.Arena <= spareBytes {
				break
			}
		}
	}
	return best, more, nil
}

// spares reports whether plan p is better than q: few temporaries, then time, else fewer temporaries.
func spares(p, q *Plan) bool {
	x, y := p.Arena <= spareBytes, q.Arena <= spareBytes
	switch {
	case x != y:
		return x
	case x:
		return p.Cost.Nanos < q.Cost.Nanos
	}
	return p.Arena < q.Arena
}

// outputIndices lists the indices of the last statement's left side that are longer than 1 and that nothing in it
// sums.
func (d *draft) outputIndices() []parser.IndexID {
	var list []parser.IndexID
	for i := range d.p.Statements {
		if st := &d.p.Statements[i]; st.Out == d.p.Output {
			for _, l := range st.Left {
				if l != parser.NoIndex && d.extent(l) > 1 {
					list = append(list, l)
				}
			}
		}
	}
	return list
}
