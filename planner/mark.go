package planner

import (
	"github.com/einc-lang/einc/internal/slab"
	"github.com/einc-lang/einc/parser"
)

// mark is how far a plan is written.
type mark struct {
	steps, buffers int
	nodes          []parser.Node
	refs           []Ref
	args           []parser.NodeID
	lists          []parser.IndexID
	ints           []int
	bools          []bool
}

func (d *draft) mark() (m mark) {
	m.steps, m.buffers = len(d.plan.Steps), len(d.plan.Buffers)
	m.nodes, m.refs, m.args = d.made.nodes.Mark(), d.made.refs.Mark(), d.made.args.Mark()
	m.lists, m.ints, m.bools = d.lists.Mark(), d.layout.ints.Mark(), d.layout.bools.Mark()
	return m
}

// takeBack cuts off what was written since a mark.
func (d *draft) takeBack(m mark) {
	p := d.plan
	if !d.looking {
		d.bare = d.bare[:min(len(d.bare), m.steps)]
	}
	clear(p.Steps[m.steps:])
	clear(p.Buffers[m.buffers:])
	p.Steps, p.Buffers = p.Steps[:m.steps], p.Buffers[:m.buffers]
	d.made.nodes.Release(m.nodes)
	d.made.refs.Release(m.refs)
	d.made.args.Release(m.args)
	d.lists.Release(m.lists)
	d.layout.ints.Release(m.ints)
	d.layout.bools.Release(m.bools)
}

// written is the steps of a plan, and what they are made of.
type written struct {
	steps   []Step
	buffers []Buffer
	made    contents
	lists   slab.Slab[parser.IndexID]
	layout  layouts
}

// swap makes other lists those that the plan is written in.
func (d *draft) swap(w written) (was written) {
	was = written{d.plan.Steps, d.plan.Buffers, d.made, d.lists, d.layout}
	d.plan.Steps, d.plan.Buffers, d.made, d.lists, d.layout = w.steps, w.buffers, w.made, w.lists, w.layout
	return was
}

// lookAt calls f, which writes steps that are only looked at, and takes them back. They are written into lists that one search hands on to
// the next: the plan's own would grow for them, and leave what they were grown from to be collected.
func (d *draft) lookAt(f func()) {
	if d.looking {
		at := d.mark()
		f()
		d.takeBack(at)
		return
	}
	w := d.looked
	w.steps, w.buffers = w.steps[:0], append(w.buffers[:0], d.plan.Buffers...)
	w.made.nodes.Reset()
	w.made.refs.Reset()
	w.made.args.Reset()
	w.lists.Reset()
	w.layout.ints.Reset()
	w.layout.bools.Reset()
	was := d.swap(w)
	d.looking = true
	f()
	d.looking = false
	w = d.swap(was)
	clear(w.steps)
	clear(w.buffers)
	d.looked = w
}
