package parser

import (
	"github.com/einc-lang/einc/internal/slab"
	"github.com/einc-lang/einc/tensor"
)

// layouts is where the lists of layouts, and of shapes, lie.
type layouts struct {
	ints  slab.Slab[int]
	bools slab.Slab[bool]
}

// layout classes the layout of a tensor. Strides count elements, one an axis; nil means row-major.
// Fuses has one entry for each pair of neighbouring axes, rank-1 in all. Of several axes with stride 1
// the last is the unit axis.
func (s *layouts) layout(shape, strides []int) Layout {
	if strides == nil {
		strides = tensor.RowMajor(s.ints.Make(len(shape)), shape)
	} else {
		strides = s.ints.Clone(strides)
	}
	l := Layout{Strides: strides, UnitAxis: -1}
	if len(shape) > 1 {
		l.Fuses = s.bools.Make(len(shape) - 1)
	}
	run := 0 // of the axis after the one at hand
	for a := len(shape) - 1; a >= 0; a-- {
		extent, by := shape[a], strides[a]
		switch {
		case extent <= 1:
		case by == 0:
			l.Broadcast = true
		case by == 1 && l.UnitAxis < 0:
			l.UnitAxis = a
		}
		if a < len(l.Fuses) {
			l.Fuses[a] = by == run
		}
		run = extent * by
	}
	return l
}

// Fused tells whether an axis and the next one are one run: a step along the first is as long as all of the
// second.
func Fused(shape, strides []int, axis int) bool {
	return axis+1 < len(shape) && strides[axis] == shape[axis+1]*strides[axis+1]
}
