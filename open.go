package einc

import (
	"errors"
	"fmt"
	"strings"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/runtime/object"
)

// AllLabels in Options.Dynamic leaves every extent open that is above 1 in the example.
const AllLabels = parser.AllLabels

// In place of a stride, anyStride stands for one that code takes at run time, and fusedStride for that of an
// axis which is one run with the next.
const (
	anyStride   = -1 << 62
	fusedStride = anyStride + 1
)

// stackSizes is the number of open sizes that a call keeps on the stack.
const stackSizes = 32

// checkOpen refuses what only makes sense where all extents are known.
func (o *Options) checkOpen() error {
	switch {
	case len(o.Dynamic) == 0:
		return nil
	case o.MaxMemory > 0:
		return errors.New("a memory limit needs extents that are known: give no limit (Options.MaxMemory, --max-memory), or leave no extent open")
	case o.Plan != nil:
		return errors.New("Options.Plan is for known extents: leave none open in Options.Dynamic")
	case o.Specialize:
		return errors.New("Options.Specialize makes code for known extents: leave none open in Options.Dynamic")
	}
	return nil
}

// expect notes what a call is to bring for a tensor of the problem; open extents as object.Open.
func (f *Func) expect(t int) {
	x := f.c.problem.Tensors[t]
	s := tensorSpec{x.Name, x.DType, append([]int{}, x.Shape...)}
	if f.c.sizes != nil {
		for a, n := range f.c.sizes.OfAxis[t] {
			if n >= 0 {
				s.shape[a] = object.Open(n)
			}
		}
	}
	f.expected = append(f.expected, s)
}

// sizes appends the open sizes of a call: -1 for one that an operand lacks the axis for.
func (f *Func) sizes(buf []int, operands []*Tensor) []int {
	if f.c.sizes == nil {
		return buf
	}
	for _, from := range f.c.sizes.From {
		n := -1
		if from.Operand < len(operands) {
			if t := operands[from.Operand]; t != nil && len(t.Shape()) > from.Axis {
				n = t.Shape()[from.Axis]
			}
		}
		buf = append(buf, n)
	}
	return buf
}

// extent is an expected extent with the sizes of a call.
func extent(n int, sizes []int) int {
	if i := object.OpenSize(n); i >= 0 {
		return sizes[i]
	}
	return n
}

func (s *tensorSpec) hasShape(shape, sizes []int) bool {
	if len(shape) != len(s.shape) {
		return false
	}
	for a, n := range s.shape {
		if shape[a] != extent(n, sizes) {
			return false
		}
	}
	return true
}

// shapeText is the expected shape, open extents by name and as the call's operands have them.
func (f *Func) shapeText(s *tensorSpec, sizes []int) string {
	names, values := make([]string, len(s.shape)), []string{}
	for a, n := range s.shape {
		names[a] = fmt.Sprint(n)
		if i := object.OpenSize(n); i >= 0 {
			names[a] = f.c.sizes.Names[i]
			values = append(values, fmt.Sprintf("%s = %d", names[a], sizes[i]))
		}
	}
	text := "[" + strings.Join(names, " ") + "]"
	if len(values) > 0 {
		text += " with " + strings.Join(values, ", ")
	}
	return text
}
