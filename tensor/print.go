package tensor

import (
	"runtime"
	"strings"
	"unsafe"
)

// How much String shows, in NumPy's figures; shownCells bounds what even many short axes may print.
const (
	summaryAbove = 1000 // elements
	edgeItems    = 3    // at either end of a summarised axis
	lineWidth    = 75
	shownCells   = 8192
)

// String shows the elements as NumPy's str does: nested brackets, aligned columns, and beyond 1000
// elements the first and last three of each axis. Where many short axes would still print more than
// 8192 elements, the outer ones show their first item only.
func (t *Tensor) String() string {
	if t.length == 0 {
		return "[]"
	}
	p := &printer{shape: t.shape}
	p.summarise(t.length)
	cells := p.collect(t)
	if t.Rank() == 0 {
		return t.dtype.scalarText(cells)
	}
	p.texts = t.dtype.columnTexts(cells)
	p.block(0)
	return p.out.String()
}

// printer writes one tensor.
type printer struct {
	shape []int
	shown []shown  // of each axis
	texts []string // of the elements shown, in order
	used  int      // texts written so far
	out   strings.Builder
}

// shown is how much of an axis is printed: lead items, then dots and trail items if that is not all.
type shown struct {
	lead, trail int
	dots        bool
}

func (s shown) items() int { return s.lead + s.trail }

// summarise decides how much of each axis to show, the inner axes first.
func (p *printer) summarise(length int) {
	p.shown = make([]shown, len(p.shape))
	cells := 1
	for a := len(p.shape) - 1; a >= 0; a-- {
		s := shown{lead: p.shape[a]}
		if length > summaryAbove && s.lead > 2*edgeItems {
			s = shown{edgeItems, edgeItems, true}
		}
		if s.items() > 1 && cells*s.items() > shownCells {
			s = shown{1, 0, true}
		}
		p.shown[a] = s
		cells *= s.items()
	}
}

// collect copies the elements that are shown.
func (p *printer) collect(t *Tensor) *Tensor {
	extents, n := make([]int, len(p.shape)), 1
	for a, s := range p.shown {
		extents[a] = s.items()
		n *= s.items()
	}
	size := t.dtype.Size()
	bytes := make([]byte, 0, n*size)
	for index := make([]int, len(p.shape)); ; {
		off := 0
		for a, i := range index {
			if s := p.shown[a]; i >= s.lead {
				i += p.shape[a] - s.items()
			}
			off += i * t.strides[a]
		}
		bytes = append(bytes, row[byte](unsafe.Add(t.data, off*size), size)...)
		if !next(index, extents) {
			break
		}
	}
	runtime.KeepAlive(t)
	return newTensor(wrap(bytes), t.dtype, []int{n}, []int{1}, 0, n)
}

// block writes the sub-tensor that the next texts belong to, the first of whose axes is given.
func (p *printer) block(axis int) {
	p.out.WriteByte('[')
	if axis == len(p.shape)-1 {
		p.line(axis)
	} else {
		s := p.shown[axis]
		for i := range s.items() {
			if i > 0 {
				p.breakLine(axis)
			}
			if s.dots && i == s.lead {
				p.out.WriteString("...")
				p.breakLine(axis)
			}
			p.block(axis + 1)
		}
		if s.dots && s.trail == 0 {
			p.breakLine(axis)
			p.out.WriteString("...")
		}
	}
	p.out.WriteByte(']')
}

// breakLine goes to the next item of an axis: one line further for every axis inside it.
func (p *printer) breakLine(axis int) {
	p.out.WriteString(strings.Repeat("\n", len(p.shape)-1-axis))
	p.out.WriteString(strings.Repeat(" ", axis+1))
}

// line writes the items of the last axis, wrapped between them where a line would grow too long.
func (p *printer) line(axis int) {
	s, indent := p.shown[axis], strings.Repeat(" ", axis+1)
	words := append([]string(nil), p.texts[p.used:p.used+s.items()]...)
	p.used += s.items()
	if s.dots {
		words = append(words[:s.lead:s.lead], append([]string{"..."}, words[s.lead:]...)...)
	}
	width := lineWidth - axis // room is kept for the brackets that may close after the line
	var line strings.Builder
	for i, w := range words {
		room := width
		if i < len(words)-1 {
			room--
		}
		if line.Len() > 0 && len(indent)+line.Len()+len(w) > room {
			p.out.WriteString(strings.TrimRight(line.String(), " ") + "\n" + indent)
			line.Reset()
		}
		line.WriteString(w)
		if i < len(words)-1 {
			line.WriteByte(' ')
		}
	}
	p.out.WriteString(line.String())
}
