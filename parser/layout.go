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
	for a, e := range shape {
		if e > 1 && strides[a] == 1 {
			l.UnitAxis = a
		}
		if e > 1 && strides[a] == 0 {
			l.Broadcast = true
		}
		if a > 0 {
			l.Fuses[a-1] = Fused(shape, strides, a-1)
		}
	}
	return l
}

// Fused tells whether an axis and the next one are one run: a step along the first is as long as all of the
// second.
func Fused(shape, strides []int, axis int) bool {
	return axis+1 < len(shape) && strides[axis] == shape[axis+1]*strides[axis+1]
}
