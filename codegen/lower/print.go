package lower

import (
	"fmt"
	"math"
	"strings"
)

// String prints the phases, then each nest.
func (p *Program) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "program: shared %d B, worker %d B\n", p.Shared, p.Worker)
	for i, d := range p.Dims {
		fmt.Fprintf(&b, "dims[%d] = stride of axis %d of buffer %d\n", i, d.Axis, d.Buffer)
	}
	for i, ph := range p.Phases {
		fmt.Fprintf(&b, "phase %d: step %d, nest %d, %d %s%s of %s:", i, ph.Step, ph.Nest, ph.Tasks, plural(ph.Tasks, "task"), from(ph.First), duration(ph.Nanos))
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
	for i, n := range p.Nests {
		fmt.Fprintf(&b, "\n%d: %s", i, n)
	}
	return b.String()
}

// from says where a phase begins, if not at the nest's first task.
func from(first int64) string {
	if first == 0 {
		return ""
	}
	return fmt.Sprintf(" from %d", first)
}

func plural(n int64, word string) string {
	if n == 1 {
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
