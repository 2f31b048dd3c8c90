package planner

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// ringFrom is the number of operands from which a tree is drawn as a ring rather than upright.
const ringFrom = 25

// SVG is a picture of the contraction tree: operands along the bottom of an upright tree or, of many,
// around a ring, the result at the top or in the middle. Edges are as wide as the logarithm of the tensor
// that goes along them, and dashed where it has a sliced index, which is underlined; nodes are coloured by the
// multiply-adds of their contraction. Titles tell the rest. Equal reports give equal bytes.
func (r *Report) SVG() string {
	p := r.picture()
	d := drawing{r: r, p: p}
	if d.leaves = 1; len(p.nodes) > 0 {
		d.leaves, d.height = p.nodes[len(p.nodes)-1].leaves, max(p.nodes[len(p.nodes)-1].height, 1)
	}
	if d.ring = d.leaves >= ringFrom; d.ring {
		d.layRing()
	} else {
		d.layUpright()
	}
	d.head()
	for t := range p.nodes {
		d.edges(&p.nodes[t], t)
	}
	for t := range p.nodes {
		d.node(&p.nodes[t], t)
	}
	d.legend()
	d.WriteString("</svg>\n")
	return d.String()
}

// drawing is an SVG in the making.
type drawing struct {
	strings.Builder
	r              *Report
	p              *picture
	leaves, height int
	ring           bool
	wide, tall     float64 // of the picture
	cx, cy, radius float64 // of a ring
	label          int     // characters of the longest label of an operand
	caption        []string
	x, y           []float64
}

// The picture's measures, in pixels.
const (
	letter  = 6.6 // width of a character of 11 px
	leafGap = 13.0
	margin  = 24.0
	banner  = 16.0 // above the caption
	line    = 14.0 // height of a line of it
	footer  = 64.0 // the legend below
	leastX  = 720.0
)

// longest finds the room that operands' labels need.
func (d *drawing) longest() float64 {
	for t := range d.leaves {
		if t < len(d.p.nodes) {
			d.label = max(d.label, len([]rune(d.p.nodes[t].label)))
		}
	}
	return float64(d.label)*letter + 8
}

// layUpright puts operands in a row and every result above its own.
func (d *drawing) layUpright() {
	gap := max(d.longest()+14, 56)
	level := 66.0
	d.wide = max(float64(d.leaves)*gap+2*margin, leastX)
	d.tall = float64(d.height)*level + d.above() + footer + 2*margin
	gap = (d.wide - 2*margin) / float64(d.leaves)
	for t := range d.p.nodes {
		n := &d.p.nodes[t]
		d.x = append(d.x, margin+n.turn*gap*float64(d.leaves))
		d.y = append(d.y, d.tall-footer-margin-float64(n.height)*level)
	}
}

// layRing puts operands on a circle and every result the nearer to the middle the more there is below
// it, measured half by its operands and half by its height, so that neither bushy nor stringy trees
// crowd.
func (d *drawing) layRing() {
	text := d.longest()
	d.radius = max(float64(d.leaves)*leafGap/(2*math.Pi), 240)
	d.wide = 2 * (d.radius + text + margin)
	d.tall = d.wide + d.above() + footer
	d.cx, d.cy = d.wide/2, d.tall-footer-d.wide/2
	for t := range d.p.nodes {
		n := &d.p.nodes[t]
		in := 0.0
		if n.a >= 0 {
			in = (math.Log2(float64(n.leaves))/math.Log2(float64(d.leaves)) + float64(n.height)/float64(d.height)) / 2
			in = 0.06 + 0.94*in
		}
		if n.leaves == d.leaves {
			in = 1
		}
		sin, cos := math.Sincos(2 * math.Pi * n.turn)
		d.x = append(d.x, d.cx+d.radius*(1-in)*sin)
		d.y = append(d.y, d.cy-d.radius*(1-in)*cos)
	}
}

func (d *drawing) head() {
	fmt.Fprintf(d, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img" font-family="monospace" font-size="11">`+"\n",
		d.wide, d.tall, d.wide, d.tall)
	fmt.Fprintf(d, "<title>%s</title>\n", escape(d.r.caption()))
	fmt.Fprintf(d, `<rect width="%.0f" height="%.0f" fill="#ffffff"/>`+"\n", d.wide, d.tall)
	for k, text := range d.caption {
		fmt.Fprintf(d, `<text x="%.0f" y="%.0f">%s</text>`+"\n", margin, 20+line*float64(k), escape(text))
	}
}

// above breaks the caption into lines that fit the width, and is the room they take.
func (d *drawing) above() float64 {
	most := int(d.wide/letter) - 6
	d.caption = []string{""}
	for _, word := range strings.Fields(d.r.caption()) {
		if runes := []rune(word); len(runes) > most {
			word = string(runes[:most-1]) + "…"
		}
		row := &d.caption[len(d.caption)-1]
		switch {
		case *row == "":
			*row = word
		case utf8.RuneCountInString(*row)+1+utf8.RuneCountInString(word) <= most:
			*row += " " + word
		default:
			d.caption = append(d.caption, word)
		}
	}
	return banner + line*float64(len(d.caption))
}

// markup is a tensor's label as it is drawn.
func (d *drawing) markup(n *pictured) string {
	if !n.cut {
		return escape(n.label)
	}
	return d.r.shownAs(n.legs, func(i int32) string {
		name := escape(d.r.label(i))
		if d.r.cuts(i) {
			name = `<tspan font-weight="bold" text-decoration="underline">` + name + "</tspan>"
		}
		return name
	})
}

// edges draws the lines from the tensors that a result is made of.
func (d *drawing) edges(n *pictured, t int) {
	for _, from := range n.children() {
		c := &d.p.nodes[from]
		width, colour, dash := c.width, "#8a94a0", ""
		if c.a < 0 && d.ring { // hundreds of these meet
			width, colour = 0.4*width, "#b4bcc5"
		}
		if c.cut {
			dash = fmt.Sprintf(` stroke-dasharray="%.1f %.1f"`, 2*width+2, width+2)
		}
		fmt.Fprintf(d, `<path d="%s" fill="none" stroke="%s" stroke-width="%.1f"%s><title>%s</title></path>`+"\n",
			d.line(from, t), colour, width, dash, escape(c.title))
	}
}

// line goes from a tensor to its result: in a ring straight, else upward first.
func (d *drawing) line(from, to int) string {
	x, y, u, v := d.x[from], d.y[from], d.x[to], d.y[to]
	if d.ring {
		return fmt.Sprintf("M%.1f %.1fL%.1f %.1f", x, y, u, v)
	}
	mid := v + min(30, (y-v)/2)
	return fmt.Sprintf("M%.1f %.1fV%.1fC%.1f %.1f %.1f %.1f %.1f %.1f", x, y, mid+20, x, mid, u, mid, u, v)
}

func (d *drawing) node(n *pictured, t int) {
	x, y := d.x[t], d.y[t]
	fmt.Fprintf(d, "<g><title>%s</title>", escape(n.title))
	switch {
	case n.a < 0 && d.ring:
		d.leafLabel(n, x, y)
	case n.a < 0:
		d.box(n, x, y+10, "#eef1f4", "#000000")
	case d.ring:
		fmt.Fprintf(d, `<circle cx="%.1f" cy="%.1f" r="%.1f" fill="%s" stroke="#333333" stroke-width="0.6"/>`, x, y, 2.6+2.6*n.shade, n.colour)
	default:
		d.box(n, x, y, n.colour, n.ink())
	}
	d.WriteString("</g>\n")
}

// leafLabel writes an operand's indices outward from the ring.
func (d *drawing) leafLabel(n *pictured, x, y float64) {
	turn, anchor, shift := n.turn*360-90, "start", 5.0
	if n.turn > 0.5 {
		turn, anchor, shift = turn-180, "end", -5.0
	}
	fmt.Fprintf(d, `<circle cx="%.1f" cy="%.1f" r="1.8" fill="#333333"/>`, x, y)
	fmt.Fprintf(d, `<text transform="translate(%.1f %.1f) rotate(%.1f)" x="%.0f" dy="3.6" text-anchor="%s">%s</text>`,
		x, y, turn, shift, anchor, d.markup(n))
}

// box is a label in a frame, which is dashed where something is sliced.
func (d *drawing) box(n *pictured, x, y float64, fill, ink string) {
	wide := max(float64(len([]rune(n.label)))*letter+12, 22)
	dash := ""
	if n.cut {
		dash = ` stroke-dasharray="4 3"`
	}
	fmt.Fprintf(d, `<rect x="%.1f" y="%.1f" width="%.1f" height="20" rx="6" fill="%s" stroke="#333333"%s/>`, x-wide/2, y-10, wide, fill, dash)
	fmt.Fprintf(d, `<text x="%.1f" y="%.1f" text-anchor="middle" fill="%s">%s</text>`, x, y+4, ink, d.markup(n))
}

// legend explains colours, widths and dashes.
func (d *drawing) legend() {
	y, bar := d.tall-footer+18, 160.0
	const cells = 16
	for k := range cells {
		fmt.Fprintf(d, `<rect x="%.1f" y="%.0f" width="%.1f" height="12" fill="%s"/>`+"\n",
			margin+float64(k)*bar/cells, y, bar/cells+0.3, ramp(float64(k)/(cells-1)))
	}
	low, high := "0", "0"
	if d.p.to >= d.p.from {
		low, high = fmt.Sprintf("10^%.1f", d.p.from), fmt.Sprintf("10^%.1f", d.p.to)
	}
	fmt.Fprintf(d, `<text x="%.0f" y="%.0f">%s … %s multiply-adds</text>`+"\n", margin, y+28, low, high)
	x := margin + bar + 90
	for k, width := range []float64{0.7, 3.8, 7} {
		fmt.Fprintf(d, `<path d="M%.0f %.0fh30" stroke="#8a94a0" stroke-width="%.1f"/>`+"\n", x+float64(k)*40, y+6, width)
	}
	text := fmt.Sprintf("1 … %s elements", power(d.r.Size))
	if len(d.r.Order.Sliced) > 0 {
		text += "; dashed: sliced, along what is underlined"
	}
	fmt.Fprintf(d, `<text x="%.0f" y="%.0f">%s</text>`+"\n", x, y+28, text)
}

// escape makes text safe between tags, and drops what XML cannot hold.
func escape(s string) string {
	var b strings.Builder
	for _, c := range s {
		switch {
		case c == '<':
			b.WriteString("&lt;")
		case c == '>':
			b.WriteString("&gt;")
		case c == '&':
			b.WriteString("&amp;")
		case c == '"':
			b.WriteString("&quot;")
		case c == '\n':
			b.WriteString("&#10;")
		case c < ' ', c == 0xFFFE, c == 0xFFFF:
			b.WriteRune('�')
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}
