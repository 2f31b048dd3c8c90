package parser

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/einc-lang/einc/tensor"
)

// ParseMode reads a mode's name; the empty name is ModeAuto.
func ParseMode(name string) (Mode, error) {
	if name == "" {
		return ModeAuto, nil
	}
	for m := ModeAuto; m <= ModeEinstein; m++ {
		if m.String() == name {
			return m, nil
		}
	}
	return ModeAuto, fmt.Errorf("unknown mode %q: use numpy, index or einstein", name)
}

// SpecsFromSizes describes the operands of a program from the extents of its indices, written as
// "i=64,j=32"; every operand gets the type d. An ellipsis has no size of its own: give shapes there.
func (p *Program) SpecsFromSizes(sizes string, d tensor.DType) ([]Spec, error) {
	extents, err := p.readSizes(sizes)
	if err != nil {
		return nil, err
	}
	specs, axes := make([]Spec, len(p.Operands)), p.operandAxes()
	for i, o := range p.Operands {
		specs[i] = Spec{Name: o.Name, DType: d, Shape: []int{}}
		for _, a := range axes[i] {
			if a.Label == EllipsisID {
				return nil, fmt.Errorf("operand %d has an ellipsis, which sizes by index cannot give: give shapes", i)
			}
			n, ok := extents[p.Labels[a.Label]]
			if !ok {
				return nil, fmt.Errorf("no size for index '%s': add %s=N", p.Labels[a.Label], p.Labels[a.Label])
			}
			specs[i].Shape = append(specs[i].Shape, n)
		}
	}
	return specs, nil
}

// readSizes reads a comma list of INDEX=EXTENT whose indices the program has.
func (p *Program) readSizes(sizes string) (map[string]int, error) {
	known := map[string]bool{}
	for _, l := range p.Labels {
		known[l] = true
	}
	extents := map[string]int{}
	for _, part := range strings.Split(sizes, ",") {
		name, text, ok := strings.Cut(strings.TrimSpace(part), "=")
		n, err := strconv.Atoi(text)
		switch _, twice := extents[name]; {
		case !ok || err != nil || n < 0:
			return nil, fmt.Errorf("cannot read %q as INDEX=EXTENT, as in i=64", part)
		case !known[name]:
			return nil, fmt.Errorf("the expression has no index '%s'", name)
		case twice:
			return nil, fmt.Errorf("index '%s' has two sizes", name)
		}
		extents[name] = n
	}
	return extents, nil
}

// operandAxes lists the labels of each operand, as where it first appears.
func (p *Program) operandAxes() [][]Axis {
	axes := make([][]Axis, len(p.Operands))
	note := func(value int, at []Axis) {
		if value >= 0 && value < len(axes) && axes[value] == nil {
			axes[value] = at
		}
	}
	for i := range p.Assigns {
		a := &p.Assigns[i]
		note(a.Old, a.Left.Axes)
		_ = a.Right.eachRef(func(r *Ref) error {
			note(r.Value, r.Axes)
			return nil
		})
	}
	return axes
}
