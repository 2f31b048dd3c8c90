package planner

import "github.com/einc-lang/einc/parser"

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
