package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/einc-lang/einc/parser"
)

// mostRows is the number of steps that are all printed; of more, only the costliest few are.
const (
	mostRows  = 200
	costliest = 20
)

// String is the plan as a table: the totals, then a row a step. Buffers go by their names, nameless
// ones by %n, the output by out. Of more than 200 steps it shows the 20 that take longest.
func (p *Plan) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "plan: %s, %s\n", p.Method, count(len(p.Steps), "step"))
	w := tabwriter.NewWriter(&s, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "  multiply-adds\t%.4g\tof %.4g in one nest a statement\n", p.Cost.Flops, p.Cost.Naive)
	fmt.Fprintf(w, "  largest result\t%.4g\telements\n", p.Cost.Size)
	fmt.Fprintf(w, "  traffic\t%.4g\tbytes\n", p.Cost.Bytes)
	fmt.Fprintf(w, "  time\t%.4g\tµs on one core, by the model\n", p.Cost.Nanos/1000)
	fmt.Fprintf(w, "  arena\t%d\tbytes\n", p.Arena)
	fmt.Fprintf(w, "  peak\t%d\tbytes with %s\n", p.Peak, count(p.Workers, "worker"))
	w.Flush()
	p.writeLoops(&s)
	p.writeRows(&s)
	return s.String()
}

// writeLoops adds a line for every loop over slices: the steps, the index and what is done at a time.
func (p *Plan) writeLoops(s *strings.Builder) {
	for i := range p.Loops {
		if l := &p.Loops[i]; i < mostRows {
			x := p.Problem.Indices[l.Index]
			how := ""
			if l.Parallel {
				how = ", side by side"
			}
			fmt.Fprintf(s, "steps %d to %d for %s of %s=%d, %d at a time%s\n", l.First, l.End-1, count(l.Count, "slice"), x.Name, x.Extent, l.Chunk, how)
		}
	}
	if n := len(p.Loops) - mostRows; n > 0 {
		fmt.Fprintf(s, "and %d more loops\n", n)
	}
}

func (p *Plan) writeRows(s *strings.Builder) {
	rows := shownRows(len(p.Steps), func(i int) float64 { return p.Steps[i].Estimate.Nanos })
	if len(rows) < len(p.Steps) {
		fmt.Fprintf(s, "the %d steps that take longest:\n", len(rows))
	}
	d := &draft{p: p.Problem, plan: p}
	w := tabwriter.NewWriter(s, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "step\tdoes\tB\tM\tN\tK\tstrategy\tmuladds\tbytes\tµs\tat")
	for _, i := range rows {
		t := &p.Steps[i]
		in, out := d.traffic(t)
		at := "-"
		if b := &p.Buffers[t.Out.Buffer]; b.Kind == Temp {
			at = fmt.Sprint(b.Offset)
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%.3g\t%.3g\t%.3g\t%s\n", i, p.does(t), p.group(t.B), p.group(t.M), p.group(t.N), p.group(t.K),
			t.Estimate.Strategy, t.Flops, in+out, t.Estimate.Nanos/1000, at)
	}
	w.Flush()
}

// shownRows are the numbers of the steps to print, of n: all, or the costliest of many, in order.
func shownRows(n int, nanos func(int) float64) []int {
	rows := countUp(0, n)
	if n <= mostRows {
		return rows
	}
	slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(nanos(b), nanos(a)) })
	rows = rows[:costliest]
	slices.Sort(rows)
	return rows
}

// does is a step in a line: what it reads, what it computes of it, and what it writes.
func (p *Plan) does(s *Step) string {
	var b strings.Builder
	for i, r := range s.Inputs {
		if i == 8 {
			fmt.Fprintf(&b, ", … %d more", len(s.Inputs)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.view(r))
	}
	b.WriteString(" -" + functions(s.Body))
	if len(s.K) > 0 {
		b.WriteString("," + s.Reduce.String())
	}
	if len(s.Epilogue) > 0 {
		b.WriteString(";" + functions(s.Epilogue))
	}
	b.WriteString("-> " + p.view(s.Out))
	for _, r := range s.Extra {
		b.WriteString(" with " + p.view(r))
	}
	if s.Old >= 0 {
		fmt.Fprintf(&b, " %s old %s", s.OldOp, p.name(s.Old))
	}
	return b.String()
}

// functions lists what an expression applies, in order, cut after eight.
func functions(e parser.Expr) string {
	var names []string
	for i := range e {
		if e[i].Kind != parser.NodeApply {
			continue
		}
		if len(names) == 8 {
			names = append(names, "…")
			break
		}
		names = append(names, e[i].Fn.String())
	}
	return strings.Join(names, ",")
}

// view is a buffer's name and the indices it is seen through.
func (p *Plan) view(r Ref) string {
	names := make([]string, 0, len(r.Axes))
	for a, i := range r.Axes {
		switch {
		case a == 12:
			names = append(names, "…")
		case a > 12:
		case i == parser.NoIndex:
			names = append(names, "0")
		default:
			names = append(names, p.Problem.Indices[i].Name)
		}
	}
	return p.name(r.Buffer) + "[" + strings.Join(names, ",") + "]"
}

func (p *Plan) name(buffer int) string {
	if n := p.Buffers[buffer].Name; n != "" {
		return n
	}
	if p.Buffers[buffer].Kind == Output {
		return "out"
	}
	return fmt.Sprintf("%%%d", buffer)
}

// group is a class with its extents, or a dash.
func (p *Plan) group(ids []parser.IndexID) string {
	if len(ids) == 0 {
		return "-"
	}
	var b strings.Builder
	for a, i := range ids {
		if a == 8 {
			b.WriteString("…")
			break
		}
		if a > 0 {
			b.WriteString(" ")
		}
		fmt.Fprintf(&b, "%s=%d", p.Problem.Indices[i].Name, p.Problem.Indices[i].Extent)
	}
	return b.String()
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
