package lower

import (
	"fmt"
	"math"
	"strings"

	"github.com/einc-lang/einc/codegen/loop"
)

// String prints the phases, then each nest.
func (p *Program) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "program: shared %d B, worker %d B\n", p.Shared, p.Worker)
	for i, d := range p.Dims {
		fmt.Fprintf(&b, "dims[%d] = %s\n", i, d)
	}
	for i, ph := range p.Phases {
		fmt.Fprintf(&b, "phase %d: step %d, nest %d, %s %s of %s:", i, ph.Step, ph.Nest, ph.Tasks, plural(ph.Tasks, "task"), duration(ph.Nanos)+scaledBy(ph.Scale))
		for j, a := range ph.Args {
			param := p.Nests[ph.Nest].Params[j]
			if a.Buffer >= 0 {
				fmt.Fprintf(&b, " buffer %d", a.Buffer)
			} else {
				fmt.Fprintf(&b, " %s+%d", param.Role, a.Offset)
			}
		}
		if ph.Dims > 0 {
			fmt.Fprintf(&b, " dims+%d", ph.Dims)
		}
		b.WriteByte('\n')
	}
	for _, t := range p.Turns {
		fmt.Fprintf(&b, "turns: phases %d to %d, %s times\n", t.First, t.End-1, t.Count)
	}
	for i, n := range p.Nests {
		fmt.Fprintf(&b, "\n%d: %s", i, n)
	}
	return b.String()
}

// String says how the entry comes about.
func (d Dim) String() string {
	switch {
	case d.Op == DimStride:
		return fmt.Sprintf("stride of axis %d of buffer %d", d.Axis, d.Buffer)
	case d.Op == DimSize:
		return fmt.Sprintf("size %d", d.Axis)
	}
	second := loop.Const(d.Value)
	if d.B >= 0 {
		second = loop.Dim(d.B)
	}
	return fmt.Sprintf("%s of dims[%d], %s", [...]string{"sum", "product", "rounded-up quotient", "minimum", "maximum"}[d.Op-DimAdd], d.A, second)
}

// scaledBy says what an estimate is a multiple of.
func scaledBy(dim int) string {
	if dim == 0 {
		return ""
	}
	return fmt.Sprintf(" × dims[%d]", dim-1)
}

func plural(n loop.Size, word string) string {
	if n == loop.Const(1) {
		return word
	}
	return word + "s"
}

// duration prints nanoseconds with two digits, so that goldens outlive small changes of the model.
func duration(nanos float64) string {
	units := []string{"ns", "µs", "ms", "s"}
	for len(units) > 1 && nanos >= 995 {
		nanos, units = nanos/1000, units[1:]
	}
	if nanos >= 99.5 {
		return fmt.Sprintf("%.0f %s", math.Round(nanos/10)*10, units[0])
	}
	return fmt.Sprintf("%.2g %s", nanos, units[0])
}
