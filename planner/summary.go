package planner

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

const (
	// ruleWidth is the width of the summary's rule.
	ruleWidth = 104
	// mostText is the longest equation in letters that is printed whole.
	mostText = 240
	// mostLeft is the most tensors that are listed as remaining.
	mostLeft = 20
)

// Summary is the report in the layout of opt_einsum's path summary, whose first seven figures mean what
// they mean there: a FLOP is a multiplication or an addition of a step that runs, where the multiply-adds are those of
// the path taken a pair at a time, as cotengra counts. Bytes and times are added. Of more than 200 steps it shows the 20
// that take longest.
func (r *Report) Summary() string {
	var b strings.Builder
	line := func(label, format string, args ...any) {
		fmt.Fprintf(&b, "%22s:  %s\n", label, fmt.Sprintf(format, args...))
	}
	if r.Name != "" {
		line("Network", "%s", r.Name)
	}
	line("Complete contraction", "%s", r.complete())
	line("Naive scaling", "%d", r.Scaling)
	line("Optimized scaling", "%d", r.scaling())
	line("Naive FLOP count", "%s", power(r.Naive))
	line("Optimized FLOP count", "%s", power(r.Flops))
	line("Theoretical speedup", "%s", power(r.speedup()))
	line("Largest intermediate", "%s elements, %s", power(r.Size), r.bytes(r.Size))
	line("Multiply-adds", "%s of the path's pairs", power(r.Order.Log10Flops*math.Log2(10)))
	line("Peak memory", "%s", byteCount(r.Order.PeakBytes))
	if r.Copied > 0 {
		line("Copies", "%s of operands and results, laid out as their steps run along them", byteCount(r.Copied))
	}
	line("Estimated time", "%s", duration(r.Nanos))
	r.writeSearch(line)
	rule := strings.Repeat("-", ruleWidth) + "\n"
	b.WriteString(rule)
	fmt.Fprintf(&b, "%7s %9s %10s %10s %26s    %s\n", "scaling", "BLAS", "bytes", "time", "current", "remaining")
	b.WriteString(rule)
	r.writeRows(&b)
	return b.String()
}

// speedup is log2 of the operations of the naive loop nest for one of the rows'.
func (r *Report) speedup() float64 {
	if math.IsInf(r.Flops, -1) {
		return 0
	}
	return r.Naive - r.Flops
}

// writeSearch says how the order was found, how to find it again, and what is cut.
func (r *Report) writeSearch(line func(label, format string, args ...any)) {
	o := &r.Order
	text := "the path was given"
	if o.Method != "path" {
		text = fmt.Sprintf("%s, %s, %.4gu of work, seed %d", o.Method, count(o.Trials, "trial"), o.Work, o.Seed)
	}
	if o.Budget > 0 {
		text += ", again with --budget=" + units(o.Budget)
	}
	line("Search", "%s", text)
	if len(o.Sliced) == 0 {
		return
	}
	line("Slices", "%.4g: %s; sizes and times below are those of one", o.Slices, r.sliced())
}

// sliced lists the indices that are cut, and into how many parts.
func (r *Report) sliced() string {
	cuts := make([]string, len(r.Order.Sliced))
	for k, s := range r.Order.Sliced {
		cuts[k] = fmt.Sprintf("%s into %d", r.label(s.Index), s.Parts)
	}
	return strings.Join(cuts, ", ")
}

// units writes units of work as budgets are written.
func units(u float64) string { return strconv.FormatFloat(u, 'g', -1, 64) + "u" }

// writeRows prints the steps, or the costliest of many.
func (r *Report) writeRows(b *strings.Builder) {
	rows := shownRows(len(r.Rows), func(i int) float64 { return r.Rows[i].Nanos })
	if len(rows) < len(r.Rows) {
		fmt.Fprintf(b, "the %d of %d steps that take longest:\n", len(rows), len(r.Rows))
	}
	left := r.lefts()
	for _, i := range rows {
		row := &r.Rows[i]
		fmt.Fprintf(b, "%5d %11s %10s %10s %26s    %s\n", row.Scaling, row.Kind, r.bytes(row.Size), duration(row.Nanos),
			r.current(row), r.remaining(i, left[i]))
	}
}

// scaling is the most indices of a step.
func (r *Report) scaling() int {
	most := 0
	for i := range r.Rows {
		most = max(most, r.Rows[i].Scaling)
	}
	return most
}

// lefts counts the tensors that are left after each row.
func (r *Report) lefts() []int {
	counts, left := make([]int, len(r.Rows)), len(r.Network.Inputs)
	for i := range r.Rows {
		left -= len(r.Rows[i].Inputs) - 1
		counts[i] = left
	}
	return counts
}

// label names an index: as it was written, or a letter where there are letters enough, or its number.
func (r *Report) label(i int32) string {
	switch {
	case r.Labels != nil:
		return r.Labels[i]
	case len(r.Network.Sizes) > 52:
		return strconv.Itoa(int(i))
	case i < 26:
		return string(rune('a' + i))
	}
	return string(rune('A' + i - 26))
}

// letters reports whether every label is a single letter, so that terms need no separators.
func (r *Report) letters() bool {
	if r.Labels == nil {
		return len(r.Network.Sizes) <= 52
	}
	return !slices.ContainsFunc(r.Labels, func(l string) bool { return len([]rune(l)) != 1 })
}

// term writes a tensor's indices.
func (r *Report) term(legs []int32) string { return r.spell(legs, r.label) }

// spell writes a tensor's indices by the names that are given.
func (r *Report) spell(legs []int32, name func(int32) string) string {
	names := make([]string, len(legs))
	for a, i := range legs {
		names[a] = name(i)
	}
	if r.letters() {
		return strings.Join(names, "")
	}
	return "[" + strings.Join(names, " ") + "]"
}

// legs are a tensor's indices: an operand's as they were written, unless some are summed first.
func (r *Report) legs(tensor int) []int32 {
	n := len(r.Network.Inputs)
	switch {
	case tensor >= n:
		return r.Pairs[tensor-n].Legs
	case r.sums(tensor):
		return r.summed[tensor]
	}
	return r.Network.Inputs[tensor]
}

// sums reports whether an operand has indices that are summed before all else.
func (r *Report) sums(operand int) bool {
	in := r.Network.Inputs[operand]
	return len(r.Network.Inputs) > 1 && slices.ContainsFunc(in, func(i int32) bool { return !slices.Contains(r.summed[operand], i) })
}

// shown writes a tensor's indices, at most a dozen of them.
func (r *Report) shown(legs []int32) string { return r.shownAs(legs, r.label) }

func (r *Report) shownAs(legs []int32, name func(int32) string) string {
	if len(legs) <= shownLegs {
		return r.spell(legs, name)
	}
	return r.spell(legs[:shownLegs], name) + "…"
}

// cuts reports whether an index is sliced.
func (r *Report) cuts(i int32) bool {
	return slices.ContainsFunc(r.Order.Sliced, func(s Slice) bool { return s.Index == i })
}

// terms writes several tensors, or how many there are where that would be too long.
func (r *Report) terms(tensors []int, limit int) string {
	names, long := make([]string, 0, min(len(tensors), limit)), 0
	for _, t := range tensors {
		names = append(names, r.shown(r.legs(t)))
		if long += len(last(names)) + 1; long > limit+1 {
			return fmt.Sprintf("(%d tensors)", len(tensors))
		}
	}
	return strings.Join(names, ",")
}

// complete is the whole equation.
func (r *Report) complete() string {
	if r.Equation != "" {
		return r.Equation
	}
	names, long := []string{}, 0
	for _, in := range r.Network.Inputs {
		names = append(names, r.term(in))
		if long += len(last(names)) + 1; long > mostText {
			names = []string{fmt.Sprintf("(%d tensors)", len(r.Network.Inputs))}
			break
		}
	}
	return strings.Join(names, ",") + "->" + r.shown(r.Network.Output)
}

// current is the equation of a row.
func (r *Report) current(row *Row) string {
	if len(row.Inputs) == 1 {
		out := r.Network.Output
		if len(r.Network.Inputs) > 1 {
			out = r.summed[row.Out]
		}
		return r.shown(r.Network.Inputs[row.Inputs[0]]) + "->" + r.shown(out)
	}
	return r.terms(row.Inputs, mostText) + "->" + r.shown(r.legs(row.Out))
}

// remaining is what is left to contract after row i.
func (r *Report) remaining(i, left int) string {
	out := r.shown(r.Network.Output)
	switch {
	case left == 1:
		return out + "->" + out
	case left > mostLeft:
		return fmt.Sprintf("(%d tensors)->%s", left, out)
	}
	gone, born := r.innerResults(), len(r.Network.Inputs)-1
	for k := range r.Rows[:i+1] {
		row := &r.Rows[k]
		if born = max(born, row.Out); len(row.Inputs) == 1 {
			continue
		}
		for _, t := range row.Inputs {
			gone[t] = true
		}
	}
	live := slices.DeleteFunc(countUp(0, born+1), func(t int) bool { return gone[t] })
	return r.terms(live, 60) + "->" + out
}

// innerResults tells which results no row leaves behind.
func (r *Report) innerResults() []bool {
	n := len(r.Network.Inputs)
	inner := make([]bool, n+len(r.Pairs))
	for _, g := range r.Groups {
		for _, p := range g[:max(len(g)-1, 0)] {
			inner[n+p] = true
		}
	}
	return inner
}

// bytes is the size of a tensor in bytes, by log2 of its elements.
func (r *Report) bytes(log2 float64) string {
	if log2 > 900 {
		return power(log2+math.Log2(float64(r.Type.Size()))) + " B"
	}
	return byteCount(math.Exp2(log2) * float64(r.Type.Size()))
}

// power writes 2^log2 as 1.234e+5, for numbers of any size.
func power(log2 float64) string {
	if math.IsInf(log2, -1) {
		return "0"
	}
	exponent := math.Floor(log2 * math.Log10(2))
	mantissa := math.Exp2(log2 - exponent*math.Log2(10))
	text := fmt.Sprintf("%.3f", mantissa)
	switch {
	case text == "10.000":
		text, exponent = "1.000", exponent+1
	case mantissa < 0.9995: // rounding of the logarithms
		text, exponent = fmt.Sprintf("%.3f", mantissa*10), exponent-1
	case mantissa < 1:
		text = "1.000"
	}
	return fmt.Sprintf("%se%+d", text, int(exponent))
}

// byteCount writes a number of bytes with a unit.
func byteCount(bytes float64) string {
	if bytes < 1000 {
		return fmt.Sprintf("%.0f B", bytes)
	}
	units := []string{"kB", "MB", "GB", "TB", "PB", "EB"}
	for _, u := range units {
		if bytes /= 1000; bytes < 999.5 {
			return fmt.Sprintf("%.3g %s", bytes, u)
		}
	}
	return power(math.Log2(bytes*1e18)) + " B"
}

// duration writes nanoseconds with a unit, up to years.
func duration(nanos float64) string {
	steps := []struct {
		unit string
		size float64
	}{{"ns", 1e3}, {"µs", 1e3}, {"ms", 1e3}, {"s", 3600}, {"h", 24}, {"days", 365}}
	for _, s := range steps {
		if nanos < s.size*0.9995 {
			return fmt.Sprintf("%.3g %s", nanos, s.unit)
		}
		nanos /= s.size
	}
	if nanos < 1e6 {
		return fmt.Sprintf("%.3g years", nanos)
	}
	return power(math.Log2(nanos)) + " years"
}
