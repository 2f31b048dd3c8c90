package main

import (
	"fmt"
	"slices"
	"strings"
)

// plannerClass is networks of about the same size, and what the mean and the worst gap should not exceed
// with each of plannerBudgets.
type plannerClass struct {
	most int
	name string
	bars [][2]float64
}

var plannerClasses = []plannerClass{
	{12, "to 12", [][2]float64{{0, 0}, {0, 0}, {0, 0}}},
	{49, "to 49", [][2]float64{{0.003, 0.05}, {0, 0.005}, {0, 0}}},
	{100, "50 to 100", [][2]float64{{0.10, 0.6}, {0.03, 0.3}, {0.005, 0.05}}},
	{300, "101 to 300", [][2]float64{{0.20, 1}, {0.10, 0.5}, {0.005, 0.05}}},
	{1000, "301 to 1000", [][2]float64{{0.50, 2}, {0.30, 1.5}, {0.02, 0.2}}},
	{1 << 30, "above 1000", [][2]float64{{1, 4}, noBars, {0.10, 1}}},
}

// noBars stands where there are none.
var noBars = [2]float64{-1, -1}

// rounding is what figures may be above a bar: known ones have four digits.
const rounding = 5e-4

// table shows gaps by size, slices by depth, times of small networks and of two goroutines, and every network.
func (p *plannerTimes) table(b *strings.Builder, why *reasons) {
	cases, err := networkCases()
	if err != nil {
		fmt.Fprintf(b, "%v\n", err)
	}
	known := map[string]*networkCase{}
	for i := range cases {
		known[cases[i].Name] = &cases[i]
	}
	unknown := func(r *plannerRow) bool { return known[r.Name] == nil }
	rows := slices.DeleteFunc(slices.Clone(p.Orders), unknown)
	sliced := slices.DeleteFunc(slices.Clone(p.Slices), unknown)
	b.WriteString(`Gaps are log10 of multiply-adds above the fewest that any program is known to have found, mean / worst; bars are in
brackets. Times are CPU time on one core, median / worst. A budget is in units of work of about ten nanoseconds, which find the same order
on every machine.

`)
	classTable(b, rows, known, why)
	peerText(b, rows, known)
	sliceTable(b, sliced, known, why)
	p.smallTable(b, why)
	p.pairTable(b, why)
	everyNetwork(b, rows, sliced, known)
}

// everyNetwork is the figures in full.
func everyNetwork(b *strings.Builder, rows, sliced []*plannerRow, known map[string]*networkCase) {
	b.WriteString("<details><summary>Every network: log10 of multiply-adds, gap, CPU time</summary>\n\n| network | class | operands | known | best peer |")
	for _, x := range plannerBudgets {
		fmt.Fprintf(b, " %s |", x.name)
	}
	b.WriteString(" sliced |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range rows {
		c := known[r.Name]
		fmt.Fprintf(b, "| %s | %s | %d | %.4f | %s |", r.Name, r.Class, r.Operands, c.Known, figure(c.Peer))
		for k := range plannerBudgets {
			if k < len(r.Found) {
				b.WriteString(r.Found[k].cell(c.Known))
			} else {
				b.WriteString(" |")
			}
		}
		if s := findRow(sliced, r.Name); s != nil {
			b.WriteString(s.Found[0].cell(c.KnownSliced))
		} else {
			b.WriteString(" |")
		}
		b.WriteString("\n")
	}
	b.WriteString("\n</details>\n\n")
}

// cell is a figure, how far it is above the known one, and its time.
func (f found) cell(known float64) string {
	return fmt.Sprintf(" %.4f, %+.4f, %s |", f.Log10Flops, f.Log10Flops-known, duration(f.Seconds*1e9))
}

// figure is a number that may be missing.
func figure(x float64) string {
	if x == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", x)
}

// classTable has a line for each size.
func classTable(b *strings.Builder, rows []*plannerRow, known map[string]*networkCase, why *reasons) {
	b.WriteString("| operands | networks |")
	for _, x := range plannerBudgets {
		fmt.Fprintf(b, " %s | time |", x.name)
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|---|", len(plannerBudgets)) + "\n")
	least := 0
	for _, class := range plannerClasses {
		per := make([]gaps, len(plannerBudgets))
		count := 0
		for _, r := range rows {
			if r.Operands > least && r.Operands <= class.most {
				count++
				for k, f := range r.Found {
					per[k].add(f, known[r.Name].Known)
				}
			}
		}
		if least = class.most; count == 0 {
			continue
		}
		fmt.Fprintf(b, "| %s | %d |", class.name, count)
		for k := range per {
			b.WriteString(per[k].cell(class.bars[k], func(missed bool) string { return why.missedFor("planner/"+class.name+" operands", missed) }))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

// cell is the mean and the worst gap with their bars, and times.
func (g *gaps) cell(bars [2]float64, verdict func(missed bool) string) string {
	if len(g.gap) == 0 {
		return " | |"
	}
	mean, worst := average(g.gap), slices.Max(g.gap)
	text := fmt.Sprintf(" %.4f / %.4f", mean, worst)
	if bars != noBars {
		text += fmt.Sprintf(" (%v / %v)%s", bars[0], bars[1], verdict(mean > bars[0]+rounding || worst > bars[1]+rounding))
	}
	return text + fmt.Sprintf(" | %s / %s |", duration(median(g.seconds)*1e9), duration(slices.Max(g.seconds)*1e9))
}

// peerText compares the largest budget with the best of the other programs, whose figures have two digits.
func peerText(b *strings.Builder, rows []*plannerRow, known map[string]*networkCase) {
	const digits = 0.005
	better, equal := 0, 0
	var worse []string
	for _, r := range rows {
		c := known[r.Name]
		if c.Peer == 0 || len(r.Found) == 0 {
			continue
		}
		switch gap := r.Found[len(r.Found)-1].Log10Flops - c.Peer; {
		case gap > digits:
			worse = append(worse, fmt.Sprintf("%s by %.3f", r.Name, gap))
		case gap < -digits:
			better++
		default:
			equal++
		}
	}
	fmt.Fprintf(b, "Against the best of opt_einsum's and cotengra's modes, which had 10 s and more each, at the largest budget measured: better on %d networks, "+
		"equal on %d, worse on %d%s. Their figures are from an earlier run on a machine of this kind.\n\n", better, equal, len(worse), listed(worse))
}

func listed(x []string) string {
	if len(x) == 0 {
		return ""
	}
	return " (" + strings.Join(x, ", ") + ")"
}

// sliceDepths are by how many bits results must shrink, and what the median and the mean overhead should
// not exceed; 0 for no bar.
var sliceDepths = []struct {
	most         float64
	name         string
	median, mean float64
}{{4, "to 4", 0.01, 0.06}, {8, "5 to 8", 0.20, 0}, {16, "9 to 16", 0.7, 0}, {25, "17 to 25", 1.5, 0}, {1e9, "more", 0, 0}}

// sliceTable has a line for each depth of slicing.
func sliceTable(b *strings.Builder, rows []*plannerRow, known map[string]*networkCase, why *reasons) {
	b.WriteString("Slices to 8 MiB, so that all results that live at once have 2^20 elements of f64: log10 of all slices' multiply-adds above the best " +
		"unsliced order known, and above the best order known in slices whose largest result has as many (which is the looser limit).\n\n" +
		"| bits to remove | networks | median overhead | mean overhead | mean over known slices |\n|---|---|---|---|---|\n")
	least := 0.0
	for _, d := range sliceDepths {
		var over, beside []float64
		for _, r := range rows {
			c := known[r.Name]
			if bits := c.KnownBits - 20; bits > least && bits <= d.most {
				over = append(over, r.Found[0].Log10Flops-c.Known)
				beside = append(beside, r.Found[0].Log10Flops-c.KnownSliced)
			}
		}
		if least = d.most; len(over) == 0 {
			continue
		}
		bar := func(x, most float64) string {
			if most == 0 {
				return fmt.Sprintf("%.3f", x)
			}
			return fmt.Sprintf("%.3f (%v)%s", x, most, why.missedFor("planner/slices "+d.name, x > most+rounding))
		}
		fmt.Fprintf(b, "| %s | %d | %s | %s | %+.3f |\n", d.name, len(over), bar(median(over), d.median), bar(average(over), d.mean), average(beside))
	}
	b.WriteString("\n")
}

// smallTable shows what planning a few operands takes.
func (p *plannerTimes) smallTable(b *strings.Builder, why *reasons) {
	if len(p.Small) == 0 {
		return
	}
	b.WriteString("| few operands | expression | order by multiply-adds | order by time | from text to plan | bar |\n|---|---|---|---|---|---|\n")
	for _, r := range p.Small {
		bar := "≤ " + duration(r.Most) + why.missedFor("planner/few operands "+r.Name, r.Plan > r.Most)
		fmt.Fprintf(b, "| %s | `%s` | %s | %s | %s | %s |\n", r.Name, r.Expr, duration(r.ByFlops), duration(r.ByTime), duration(r.Plan), bar)
	}
	b.WriteString("\n")
}
