package einc

import (
	"fmt"
	"slices"

	"github.com/einc-lang/einc/parser"
)

// aliases tells for each operand whether it may be the output itself: if it is only read as the old
// value of the last statement, each element is read just before it is written.
func aliases(p *parser.Problem) []bool {
	ok := make([]bool, p.Operands)
	last := len(p.Statements) - 1
	if old := p.Statements[last].Old; old >= 0 && old < p.Operands {
		ok[old] = true
	}
	for i, s := range p.Statements {
		if i != last && s.Old >= 0 && s.Old < p.Operands {
			ok[s.Old] = false
		}
		for _, n := range s.Expr {
			if n.Kind == parser.NodeRef && n.Tensor < p.Operands {
				ok[n.Tensor] = false
			}
		}
	}
	return ok
}

// checkOverlap refuses an output that shares memory with an operand or with itself.
func (f *Func) checkOverlap(out *Tensor, operands []*Tensor) error {
	lo, hi := span(out)
	if lo == hi {
		return nil
	}
	if err := checkWritable(out); err != nil {
		return err
	}
	for i, t := range operands {
		a, b := span(t)
		if a >= hi || b <= lo {
			continue
		}
		same := out.Data() == t.Data() && slices.Equal(out.Strides(), t.Strides())
		if !same || !f.aliases[i] {
			return fmt.Errorf("the output overlaps operand %d in memory: give it memory of its own", i)
		}
	}
	return nil
}

// checkWritable refuses an output whose elements share storage: one with a broadcast axis, or with a
// step along an axis that does not clear what the axes of smaller steps span.
func checkWritable(out *Tensor) error {
	shape, strides := out.Shape(), out.Strides()
	for a, n := range shape {
		if n <= 1 {
			continue
		}
		step := abs(strides[a])
		if step == 0 {
			return fmt.Errorf("axis %d of the output is broadcast (stride 0): its elements share storage", a)
		}
		inner := 0
		for b, m := range shape {
			if s := abs(strides[b]); s < step || s == step && b > a {
				inner += (m - 1) * s
			}
		}
		if step <= inner {
			return fmt.Errorf("axis %d of the output steps into its other axes (strides %v of shape %v): its elements share storage", a, strides, shape)
		}
	}
	return nil
}

func abs(n int) int { return max(n, -n) }

// span is the range of addresses that a tensor's elements occupy; empty for an empty tensor.
func span(t *Tensor) (lo, hi uintptr) {
	size := t.DType().Size()
	low, high := 0, size
	for a, n := range t.Shape() {
		if n == 0 {
			return 0, 0
		}
		if reach := (n - 1) * t.Strides()[a] * size; reach < 0 {
			low += reach
		} else {
			high += reach
		}
	}
	base := uintptr(t.Data())
	return base + uintptr(low), base + uintptr(high)
}
