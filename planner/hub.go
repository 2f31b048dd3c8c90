package planner

import "slices"

// A hub is a tensor of very many indices. Where it meets one of few, it is changed in place, so that a step
// costs what the small tensor has.
const (
	hubLegs  = 512
	hubRatio = 16
)

// hubbed reports whether the legs of two tensors, the longer first, are those of a hub and of a small one.
func hubbed(long, short int) bool { return long >= hubLegs && long >= hubRatio*short }

// extents are those of a step's classes of indices, in bits: of both operands and the result, of one and the
// result, of the other and the result, and of those that are summed.
type extents struct {
	b, m, n, k  float64
	flops, size float64 // of the multiply-adds, and of the result
	legs        int     // indices of the result
}

// absorb multiplies hub a, whose legs it changes in place, by b, brings holders up to date, and appends the legs
// that a did not have to more. size is that of a.
func (g *graph) absorb(a, b []int32, size float64, holders, more []int32) (out, fresh []int32, x extents) {
	x.m = size
	for _, l := range b {
		at, shared := slices.BinarySearch(a, l)
		lg := g.lg[l]
		if !shared {
			a, more = slices.Insert(a, at, l), append(more, l)
			x.n += lg
			continue
		}
		x.m -= lg
		if holders[l]--; holders[l] > 1 || g.open[l] {
			x.b += lg
		} else {
			holders[l] = 0
			a = slices.Delete(a, at, at+1)
			x.k += lg
		}
	}
	x.size = x.b + x.m + x.n
	x.flops, x.legs = x.size+x.k, len(a)
	return a, more, x
}

// hub is what a pool knows of a tensor that it changes in place.
type hub struct {
	changes int // since its partners were last offered
}

// absorb contracts hub a and b, and leaves the product under a's number.
func (p *pool) absorb(a, b int32) {
	h := p.hubs[a]
	if h == nil {
		if p.hubs == nil {
			p.hubs = map[int32]*hub{}
		}
		h = &hub{}
		p.hubs[a] = h
		p.legs[a] = slices.Clone(p.legs[a])
	}
	h.changes++
	p.work += float64(4 * len(p.legs[b]))
	var x extents
	p.legs[a], p.fresh, x = p.g.absorb(p.legs[a], p.legs[b], p.size[a], p.holders, p.fresh[:0])
	p.size[a], p.bulk[a] = x.size, exp2(x.size)
	for _, l := range p.fresh {
		p.lists[l] = append(p.lists[l], a)
	}
}

// reborn gives a hub another number, so that what was offered of the old one is forgotten.
func (p *pool) reborn(t int32) int32 {
	r := int32(len(p.legs))
	p.legs, p.size, p.bulk = append(p.legs, p.legs[t]), append(p.size, p.size[t]), append(p.bulk, p.bulk[t])
	p.alive, p.seen, p.name = append(p.alive, true), append(p.seen, 0), append(p.name, p.name[t])
	p.alive[t], p.legs[t] = false, nil
	delete(p.hubs, t)
	p.hubs[r] = &hub{}
	for _, l := range p.legs[r] {
		p.lists[l] = append(p.lists[l], r)
	}
	p.work += float64(len(p.legs[r]))
	return r
}

// suitors appends the living tensors to be offered to t, which has just been made: all partners, or of a hub those
// that it has met with its last change. A hub that has changed much is offered to all anew, under another number,
// which it returns; scores that are older than that are as good.
func (p *pool) suitors(t int32, out []int32) (int32, []int32) {
	h := p.hubs[t]
	switch {
	case h == nil:
		return t, p.partners(t, p.legs[t], out)
	case 4*h.changes > len(p.legs[t])+1:
		t = p.reborn(t)
		return t, p.partners(t, p.legs[t], out)
	}
	return t, p.partners(t, p.fresh, out)
}
