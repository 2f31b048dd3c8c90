package planner

import (
	"fmt"
	"slices"
)

// align is the boundary, in bytes, that temporaries start at.
const align = 64

// finish finds lifetimes, lays out the arena and sums up.
func (d *draft) finish() error {
	p := d.plan
	p.lifetimes()
	if err := p.layOut(); err != nil {
		return err
	}
	p.Peak = p.Arena + p.workspace()
	p.sumUp()
	return d.ctx.Err()
}

// uses calls f for every buffer that s reads.
func (s *Step) uses(f func(buffer int)) {
	for _, r := range s.Inputs {
		f(r.Buffer)
	}
	for _, r := range s.Extra {
		f(r.Buffer)
	}
	if s.Old >= 0 {
		f(s.Old)
	}
}

// lifetimes sets First and Last of every buffer. An operand is there before any step: its First is -1.
func (p *Plan) lifetimes() {
	for i := range p.Buffers {
		p.Buffers[i].First, p.Buffers[i].Last = -1, -1
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		s.uses(func(b int) { p.Buffers[b].Last = i })
		p.Buffers[s.Out.Buffer].First, p.Buffers[s.Out.Buffer].Last = i, i
	}
}

// workspace is the most that a step's strategy needs, for all workers.
func (p *Plan) workspace() int64 {
	most := int64(0)
	for i := range p.Steps {
		e := &p.Steps[i].Estimate
		most = max(most, e.Shared+e.PerWorker*int64(p.Workers))
	}
	return most
}

// layOut gives every temporary the lowest offset that is free while it lives. A step's inputs are live
// while it writes its output.
func (p *Plan) layOut() error {
	var live []int // temporaries by offset
	for i := range p.Steps {
		live = slices.DeleteFunc(live, func(b int) bool { return p.Buffers[b].Last < i })
		b := p.Steps[i].Out.Buffer
		if p.Buffers[b].Kind != Temp {
			continue
		}
		at, offset := p.gap(live, p.Buffers[b].Bytes)
		if end := offset + p.Buffers[b].Bytes; end > maxBytes {
			return fmt.Errorf("einc: the temporaries would need more than 2^46 bytes at once: write the expression as smaller statements or reduce its extents")
		}
		p.Buffers[b].Offset = offset
		p.Arena = max(p.Arena, roundUp(offset+p.Buffers[b].Bytes))
		live = slices.Insert(live, at, b)
	}
	return nil
}

// gap is the first place of the given size between live temporaries: its position among them and its
// offset.
func (p *Plan) gap(live []int, bytes int64) (at int, offset int64) {
	for at, b := range live {
		if p.Buffers[b].Offset-offset >= roundUp(bytes) {
			return at, offset
		}
		offset = p.Buffers[b].Offset + roundUp(p.Buffers[b].Bytes)
	}
	return len(live), offset
}

func roundUp(bytes int64) int64 { return (bytes + align - 1) / align * align }

// sumUp fills in Cost.
func (p *Plan) sumUp() {
	d := &draft{p: p.Problem, plan: p}
	for i := range p.Problem.Statements {
		st := &p.Problem.Statements[i]
		refs := []Ref{{Axes: st.Left}}
		for n := range st.Expr {
			refs = append(refs, Ref{Axes: st.Expr[n].Axes})
		}
		p.Cost.Naive += d.volume(legsOf(refs))
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		w := d.work(s)
		p.Cost.Flops += s.Flops
		p.Cost.Bytes += w.BytesIn + w.BytesOut
		p.Cost.Nanos += s.Estimate.Nanos
		b := &p.Buffers[s.Out.Buffer]
		p.Cost.Size = max(p.Cost.Size, float64(b.Bytes)/float64(b.DType.Size()))
	}
}
