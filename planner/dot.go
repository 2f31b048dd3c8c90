package planner

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// shownLegs is the most indices that a picture writes at a tensor.
const shownLegs = 12

// DOT is the contraction tree in Graphviz's language: nodes are coloured by the multiply-adds of their
// contraction, edges are as wide as the logarithm of the tensor that goes along them, and dashed where
// the tensor has a sliced index.
func (r *Report) DOT() string {
	var b strings.Builder
	b.WriteString("digraph contraction {\n")
	fmt.Fprintf(&b, "  label=%q;\n  rankdir=BT;\n  node [style=filled, fontname=\"sans-serif\"];\n", r.caption())
	p := r.picture()
	for t := range p.nodes {
		n := &p.nodes[t]
		if n.a < 0 {
			fmt.Fprintf(&b, "  t%d [shape=box, fillcolor=\"#ffffff\", label=%q, tooltip=%q];\n", t, n.label, n.title)
		} else {
			fmt.Fprintf(&b, "  t%d [shape=ellipse, fillcolor=%q, fontcolor=%q, label=%q, tooltip=%q];\n", t, n.colour, n.ink(), n.label, n.title)
		}
	}
	for t := range p.nodes {
		n := &p.nodes[t]
		for _, from := range n.children() {
			style := ""
			if p.nodes[from].cut {
				style = ", style=dashed"
			}
			fmt.Fprintf(&b, "  t%d -> t%d [penwidth=%.1f%s];\n", from, t, p.nodes[from].width, style)
		}
	}
	b.WriteString("}\n")
	return b.String()
}

// picture is a contraction tree ready to be drawn.
type picture struct {
	nodes    []pictured // operands, then results
	from, to float64    // log10 of the least and most multiply-adds of a pair
}

// pictured is a tensor in a picture.
type pictured struct {
	a, b   int // -1 for operands
	legs   []int32
	label  string
	title  string
	colour string
	shade  float64 // 0 for the cheapest contraction, 1 for the dearest
	width  float64 // of the edge to where the tensor is used, in pixels
	cut    bool    // it has a sliced index
	leaves int
	height int     // of the tree below
	turn   float64 // the middle of its operands' places, from 0 to 1
}

func (n *pictured) children() []int {
	if n.a < 0 {
		return nil
	}
	return []int{n.a, n.b}
}

// ink is a colour that can be read on the node's own.
func (n *pictured) ink() string {
	if n.shade > 0.55 {
		return "#000000"
	}
	return "#ffffff"
}

// picture works out what pictures share.
func (r *Report) picture() *picture {
	n := len(r.Network.Inputs)
	p := &picture{nodes: make([]pictured, n+len(r.Pairs)), from: math.Inf(1), to: math.Inf(-1)}
	for i := range r.Pairs {
		if f := r.Pairs[i].Flops * math.Log10(2); !math.IsInf(f, 0) {
			p.from, p.to = min(p.from, f), max(p.to, f)
		}
	}
	largest := max(r.Size, 1)
	sizes := newRecount(cutNetwork(r.Network, r.Order.Sliced))
	for t := range p.nodes {
		legs := r.legs(t)
		d := &p.nodes[t]
		d.a, d.b, d.leaves = -1, -1, 1
		size := sizes.size(sizes.distinct(legs))
		if t >= n {
			pair := &r.Pairs[t-n]
			d.a, d.b = pair.A, pair.B
			d.leaves = p.nodes[d.a].leaves + p.nodes[d.b].leaves
			d.height = 1 + max(p.nodes[d.a].height, p.nodes[d.b].height)
			d.shade = p.shade(pair.Flops * math.Log10(2))
			d.colour = ramp(d.shade)
		}
		d.legs, d.cut = legs, slices.ContainsFunc(legs, r.cuts)
		d.width = 0.7 + 6.3*max(0, min(size/largest, 1))
		d.label, d.title = r.shown(legs), r.title(t, size)
		if len(legs) == 0 {
			d.label = "·"
		}
	}
	p.place()
	return p
}

// shade places a cost between the least and the most.
func (p *picture) shade(log10 float64) float64 {
	if p.to <= p.from {
		return 1
	}
	return max(0, min((log10-p.from)/(p.to-p.from), 1))
}

// place gives operands their places in the order of a walk over the tree, larger branches first, and
// results the middle of theirs.
func (p *picture) place() {
	if len(p.nodes) == 0 {
		return
	}
	next, leaves := 0, p.nodes[len(p.nodes)-1].leaves
	stack := []int{len(p.nodes) - 1}
	for len(stack) > 0 {
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		n := &p.nodes[t]
		if n.a < 0 {
			n.turn = (float64(next) + 0.5) / float64(leaves)
			next++
			continue
		}
		a, b := n.a, n.b
		if p.nodes[a].leaves < p.nodes[b].leaves {
			a, b = b, a
		}
		stack = append(stack, b, a)
	}
	for t := range p.nodes {
		if n := &p.nodes[t]; n.a >= 0 {
			n.turn = (p.nodes[n.a].turn + p.nodes[n.b].turn) / 2
		}
	}
}

// title says all about a tensor in a few lines.
func (r *Report) title(t int, size float64) string {
	var b strings.Builder
	n := len(r.Network.Inputs)
	legs := r.legs(t)
	if t < n {
		fmt.Fprintf(&b, "operand %d: %s", t, r.shown(r.Network.Inputs[t]))
	} else {
		p := &r.Pairs[t-n]
		fmt.Fprintf(&b, "pair %d: %d, %d -> %d: %s\n%s multiply-adds", t-n, p.A, p.B, t, r.shown(legs), power(p.Flops))
	}
	fmt.Fprintf(&b, "\n%d indices, %s elements, %s", len(legs), power(size), r.bytes(size))
	var cuts []string
	for _, s := range r.Order.Sliced {
		if slices.Contains(legs, s.Index) {
			cuts = append(cuts, r.label(s.Index))
		}
	}
	if len(cuts) > 0 {
		fmt.Fprintf(&b, "\nsliced along %s", strings.Join(cuts, ", "))
	}
	return b.String()
}

// caption is the whole order in a line.
func (r *Report) caption() string {
	name := r.Name
	if name == "" {
		name = r.complete()
	}
	s := fmt.Sprintf("%s: %s, %s FLOP, largest result %s elements", name, count(len(r.Network.Inputs), "operand"), power(r.Flops), power(r.Size))
	if len(r.Order.Sliced) > 0 {
		s += fmt.Sprintf("; %.4g slices: %s", r.Order.Slices, r.sliced())
	}
	return s
}

// rampColours go from the cheapest to the dearest contraction: dark to light, so that they can be told
// apart without colours too.
var rampColours = [...][3]float64{{68, 20, 90}, {60, 80, 140}, {33, 145, 140}, {100, 200, 95}, {250, 225, 40}}

// ramp is the colour of a shade from 0 to 1.
func ramp(shade float64) string {
	at := shade * float64(len(rampColours)-1)
	k := min(int(at), len(rampColours)-2)
	var c [3]int
	for i := range c {
		c[i] = int(math.Round(rampColours[k][i] + (at-float64(k))*(rampColours[k+1][i]-rampColours[k][i])))
	}
	return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2])
}
