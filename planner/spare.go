package planner

import (
	"errors"
	"slices"

	"github.com/einc-lang/einc/parser"
)

// Temporaries are spared where nobody asked for it if they take more than spareBytes, and more than operands and
// output, or copies more than copyBytes, in a plan of few steps, and slices take hardly longer: at most spareLoss times as long.
const (
	spareBytes = 1 << 30
	spareSteps = 64
	spareLoss  = 1.05
	spareCuts  = 3 // indices
)

// given is the bytes of operands and output.
func (p *Plan) given() (bytes int64) {
	for i := range p.Buffers {
		if p.Buffers[i].Kind != Temp {
			bytes += p.Buffers[i].Bytes
		}
	}
	return bytes
}

// thrift is what a plan is sliced for: temporaries of few bytes, or half of what there were, and hardly more time.
type thrift struct {
	bytes int64
	nanos float64
}

// spare slices a plan whose temporaries take more than what is aimed at along indices of the output. What is cut depends on
// the temporaries alone, not on workspace, caches or workers, as kernels of other extents may sum in another order.
func (d *draft) spare(base *Plan, aim thrift, way SliceWay) (*Plan, error) {
	if base.Arena <= aim.bytes || len(base.Steps) > spareSteps {
		return base, nil
	}
	aim.bytes = min(aim.bytes, spareBytes)
	var cuts []SliceIndex
	at, serial := base, *d
	serial.opts.Workspace = nil
	for len(cuts) < spareCuts && at.Arena > aim.bytes {
		next, more, err := serial.spareOne(base, at, cuts, aim)
		if err != nil {
			return nil, err
		}
		if next == nil {
			break
		}
		at, cuts = next, more
	}
	if at.Arena > max(base.Arena/2, aim.bytes) {
		return base, nil
	}
	return d.slice(base, cuts, way)
}

// spareOne finds the index of the output that is best cut next: the plan that takes the least time of those whose
// temporaries are few, or if there is none the one of the smallest temporaries. It is nil if none helps.
func (d *draft) spareOne(base, at *Plan, cuts []SliceIndex, aim thrift) (best *Plan, more []SliceIndex, err error) {
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
			if p.Cost.Nanos > aim.nanos {
				continue
			}
			if p.Arena < at.Arena && (best == nil || aim.better(p, best)) {
				best, more = p, some
			}
			if p.Arena <= aim.bytes {
				break
			}
		}
	}
	return best, more, nil
}

// better reports whether plan p is better than q: few temporaries, then time, else fewer temporaries.
func (aim thrift) better(p, q *Plan) bool {
	x, y := p.Arena <= aim.bytes, q.Arena <= aim.bytes
	switch {
	case x != y:
		return x
	case x:
		return p.Cost.Nanos < q.Cost.Nanos
	}
	return p.Arena < q.Arena
}

// outputIndices lists the indices of the output that are longer than 1.
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
