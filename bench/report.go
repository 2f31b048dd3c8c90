package main

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/einc-lang/einc"
)

// report is all that was measured.
type report struct {
	suites  []suiteResult
	compile *compileTimes
}

type suiteResult struct {
	suite
	results []*result
}

// markdown writes the whole page.
func (r *report) markdown(s *session, plot string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Benchmarks\n\n%s\n\n", machineText(s))
	b.WriteString(`A ratio is the time of the best peer of a class over einc's: the median over interleaved rounds, with the interval
that holds it with at least 95 % confidence, and the name of the peer. A bar is *missed* when the whole interval is below it. One thread
is measured in CPU time on one core, several in wall time. GF counts two for a multiply-add; GB are
operands and result, each once. Every peer's result was compared with einc's before it was timed. All give the result in the
memory order asked for: libraries that would return a transposed view make it contiguous. The machine's own rates (memcpy,
reading, streamed fill) are loops in C over as many bytes; "roof" is a product of two ideal matrices of the same M, N and K.
Written by ` + "`make bench`" + `.

`)
	r.summary(&b)
	if plot != "" {
		fmt.Fprintf(&b, "![Ratios of all rows, by suite](%s)\n\n", plot)
	}
	for _, x := range r.suites {
		x.table(&b, s.all)
	}
	if r.compile != nil {
		r.compile.table(&b)
	}
	return b.String()
}

// machineText says where and when the numbers come from, and who took part.
func machineText(s *session) string {
	cpu := "unknown CPU"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for _, line := range strings.Split(string(text), "\n") {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				cpu = strings.TrimSpace(value)
				break
			}
		}
	}
	var lines []string
	for _, c := range einc.Doctor(&einc.Options{Cache: "off"})[:2] {
		lines = append(lines, c.Text)
	}
	commit, err := exec.Command("git", "-C", s.dir, "describe", "--always", "--dirty").Output()
	if err != nil {
		commit = []byte("unknown")
	}
	text := fmt.Sprintf("%s, %s, %d cores; %s; %s; commit %s.\n\n", time.Now().Format("2006-01-02"), cpu, s.cores.Count(),
		strings.Join(lines, "; "), runtime.Version(), strings.TrimSpace(string(commit)))
	return text + "Peers: " + strings.Join(peerNames(s), ", ") + "."
}

// peerNames lists the peers with their versions, and those that are absent.
func peerNames(s *session) []string {
	var names []string
	for name, l := range s.native.libraries {
		names = append(names, name+l.kernels)
	}
	for module, p := range s.modules {
		names = append(names, module+" "+p.versions[module])
	}
	sort.Strings(names)
	var absent []string
	for name, why := range s.absent {
		absent = append(absent, fmt.Sprintf("%s (absent: %s)", name, why))
	}
	sort.Strings(absent)
	return append(names, absent...)
}

// summary lists what was missed and the means of suites.
func (r *report) summary(b *strings.Builder) {
	total, missed := 0, 0
	var worst []string
	for _, x := range r.suites {
		for _, res := range x.results {
			for _, bar := range res.bars {
				if t := res.best(bar.class); t != nil {
					total++
					if got := res.ratio(t); bar.missed(got) {
						missed++
						worst = append(worst, fmt.Sprintf("%s %s %s: %.2f of %s, not %.2f", x.name, res.name, res.dtype, got.median, bar.class, bar.min))
					}
				}
			}
		}
	}
	fmt.Fprintf(b, "Bars: %d reached, %d missed.\n\n", total-missed, missed)
	for _, x := range r.suites {
		for _, m := range x.means {
			if g, n := x.mean(m.class); n > 0 {
				fmt.Fprintf(b, "- %s: geometric mean against %s %.2f over %d rows, bar %.2f%s\n", x.name, m.class, g, n, m.min, missedText(g < m.min))
			}
		}
	}
	b.WriteString("\n")
	if len(worst) > 0 {
		fmt.Fprintf(b, "<details><summary>Missed</summary>\n\n- %s\n\n</details>\n\n", strings.Join(worst, "\n- "))
	}
}

func missedText(missed bool) string {
	if missed {
		return " **missed**"
	}
	return ""
}

// mean is the geometric mean of the ratios to the best of a class.
func (x *suiteResult) mean(class string) (mean float64, rows int) {
	sum := 0.0
	for _, r := range x.results {
		if t := r.best(class); t != nil {
			sum += math.Log(r.ratio(t).median)
			rows++
		}
	}
	return math.Exp(sum / float64(rows)), rows
}

// classes lists the classes of peers in a suite, those with bars first.
func (x *suiteResult) classes() []string {
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, r := range x.results {
		for _, b := range r.bars {
			add(b.class)
		}
	}
	for _, r := range x.results {
		for _, t := range r.times {
			add(t.class)
		}
	}
	return names
}

func (x *suiteResult) table(b *strings.Builder, all bool) {
	if len(x.results) == 0 {
		return
	}
	classes := x.classes()
	fmt.Fprintf(b, "## %s\n\n`-suite %s`\n\n| case | expression | type | einc | GF | GB/s |", x.title, x.name)
	for _, c := range classes {
		fmt.Fprintf(b, " %s |", c)
	}
	b.WriteString("\n|---|---|---|---|---|---|" + strings.Repeat("---|", len(classes)) + "\n")
	for _, r := range x.results {
		r.line(b, classes, all)
	}
	b.WriteString("\n")
}

func (r *result) line(b *strings.Builder, classes []string, all bool) {
	expr := r.expr
	if len(expr) > 40 {
		expr = expr[:strings.LastIndexAny(expr[:38], ",->")+1] + "…"
	}
	expr = "`" + strings.ReplaceAll(expr, "|", "\\|") + "`"
	if r.failed != "" {
		fmt.Fprintf(b, "| %s | %s | %s | %s |||%s\n", r.name, expr, r.dtype, r.failed, strings.Repeat("|", len(classes)))
		return
	}
	t := median(r.einc)
	fmt.Fprintf(b, "| %s | %s | %s | %s | %.3g | %.3g |", r.name, expr, r.dtype, duration(t), r.flops/t, r.bytes/t)
	for _, c := range classes {
		fmt.Fprintf(b, " %s |", r.cell(c, all))
	}
	b.WriteString("\n")
}

// cell is the ratio to the best of a class.
func (r *result) cell(class string, all bool) string {
	t := r.best(class)
	if t == nil {
		return r.notes(class)
	}
	x := r.ratio(t)
	text := fmt.Sprintf("%.2f [%.2f, %.2f] %s", x.median, x.low, x.high, t.name)
	if all {
		text += r.others(t)
	}
	for _, b := range r.bars {
		if b.class != class {
			continue
		}
		text += fmt.Sprintf(" ≥ %.4g", b.min)
		if b.both {
			text = strings.Replace(text, "≥", "within", 1)
		}
		text += missedText(b.missed(x))
	}
	return text
}

// others lists the rest of a class.
func (r *result) others(best *timing) string {
	text := ""
	for i := range r.times {
		if t := &r.times[i]; t != best && t.class == best.class && len(t.nanos) > 0 {
			text += fmt.Sprintf("; %.2f %s", r.ratio(t).median, t.name)
		}
	}
	return text
}

// notes says why nobody of a class ran.
func (r *result) notes(class string) string {
	var notes []string
	for _, t := range r.times {
		if t.class == class && !slices.Contains(notes, t.note) {
			notes = append(notes, t.note)
		}
	}
	return strings.ReplaceAll(strings.Join(notes, "; "), "|", "/")
}

func duration(ns float64) string {
	for _, u := range []struct {
		name string
		ns   float64
	}{{"s", 1e9}, {"ms", 1e6}, {"µs", 1e3}} {
		if ns >= u.ns {
			return fmt.Sprintf("%.3g %s", ns/u.ns, u.name)
		}
	}
	return fmt.Sprintf("%.3g ns", ns)
}

func (c *compileTimes) table(b *strings.Builder) {
	ms := func(x float64) float64 { return x / 1e6 }
	b.WriteString("## First use of a shape\n\n`-suite compile`\n\n| | shapes | median | worst | bars |\n|---|---|---|---|---|\n")
	m, w := ms(median(c.fresh)), ms(slices.Max(c.fresh))
	fmt.Fprintf(b, "| compiled, in a warm process | %d | %.1f ms | %.1f ms (`%s`) | ≤ 60, ≤ 120%s |\n", len(c.fresh), m, w, slowest(c.fresh), missedText(m > 60 || w > 120))
	m, w = ms(median(c.disk)), ms(slices.Max(c.disk))
	fmt.Fprintf(b, "| from the disk cache, in a new process | %d | %.2f ms | %.2f ms (`%s`) | ≤ 2%s |\n\n", len(c.disk), m, w, slowest(c.disk), missedText(m > 2))
}
