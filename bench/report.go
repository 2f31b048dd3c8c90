package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"github.com/einc-lang/einc"
)

// report is all that was measured.
type report struct {
	suites  []*suiteResult
	reasons *reasons
}

// markdown writes the whole page.
func (r *report) markdown(plot string, all bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Benchmarks\n\n%s\n\n", r.machines())
	b.WriteString(`A ratio is the time of the best peer of a class over einc's: the median over interleaved rounds, with the interval
that holds it with at least 95 % confidence, and the name of the peer. A bar is *missed* when the whole interval is below it; the number
beside it is that of the reason. One thread is measured in CPU time on one core, several in wall time. GF counts two for a multiply-add; GB
are operands and result, each once. Every peer's result was compared with einc's before it was timed. All give the result in the
memory order asked for: libraries that would return a transposed view make it contiguous. The machine's own rates (memcpy,
reading, streamed fill) are loops in C over as many bytes; "roof" is a product of two ideal matrices of the same M, N and K.
Written by ` + "`make bench`" + `.

`)
	r.summary(&b)
	var tables strings.Builder
	for _, x := range r.suites {
		x.table(&tables, all, r.reasons)
	}
	r.reasons.list(&b) // of what the tables cite too
	if plot != "" {
		fmt.Fprintf(&b, "![Ratios of all rows, by suite](%s)\n\n", plot)
	}
	return b.String() + tables.String()
}

// machines says where the numbers come from, and who took part.
func (r *report) machines() string {
	var texts []string
	peers := map[string]string{}
	for _, x := range r.suites {
		for _, text := range x.machines() {
			if !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
		}
		maps.Copy(peers, x.Peers)
	}
	var names []string
	for _, n := range slices.Sorted(maps.Keys(peers)) {
		names = append(names, strings.TrimSpace(n+" "+strings.TrimSpace(peers[n])))
	}
	return strings.Join(texts, "\n\n") + "\n\nPeers: " + strings.Join(names, ", ") + "."
}

// machineText describes the machine: all of it, whatever cores this process is to keep to.
func machineText() string {
	cpu, cores := "unknown CPU", 0
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for _, line := range strings.Split(string(text), "\n") {
			switch name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) {
			case "model name":
				cpu = strings.TrimSpace(value)
			case "processor":
				cores++
			}
		}
	}
	var lines []string
	for _, c := range einc.Doctor(&einc.Options{Cache: "off"})[:2] {
		text, _, _ := strings.Cut(c.Text, fmt.Sprintf(", %d workers", runtime.GOMAXPROCS(0)))
		lines = append(lines, text)
	}
	return fmt.Sprintf("%s, %d cores; %s; %s.", cpu, max(cores, 1), strings.Join(lines, "; "), runtime.Version())
}

// commitOf is the commit of a folder, "-dirty" if anything but what is written of measurements differs from it.
func commitOf(dir string) string {
	git := func(args ...string) (string, error) {
		text, err := exec.Command("git", append([]string{"-C", dir}, args...)...).Output()
		return strings.TrimSpace(string(text)), err
	}
	commit, err := git("describe", "--always")
	if err != nil {
		return "unknown"
	}
	changes, err := git("status", "--porcelain", "--untracked-files=no", "--", ":/", ":!/BENCHMARKS*", ":!/bench/results")
	if err != nil || changes != "" {
		commit += "-dirty"
	}
	return commit
}

// peersOf lists the peers with their versions, and those that are absent.
func peersOf(s *session) map[string]string {
	peers := map[string]string{}
	for name, l := range s.native.libraries {
		peers[name] = l.kernels
	}
	for module, p := range s.modules {
		peers[module] = p.versions[module]
	}
	for name, why := range s.absent {
		peers[name] = "(absent: " + why + ")"
	}
	return peers
}

// bars calls f for every bar with what was measured; it returns how many there are.
func (r *report) bars(f func(x *suiteResult, res *result, b bar, got ratio)) (total int) {
	for _, x := range r.suites {
		for _, res := range x.Results {
			for _, bar := range res.Bars {
				if t := res.best(bar.Class); t != nil {
					total++
					f(x, res, bar, t.Ratio)
				}
			}
		}
	}
	return total
}

// summary lists what was missed, why, and the means of suites.
func (r *report) summary(b *strings.Builder) {
	var worst []string
	total := r.bars(func(x *suiteResult, res *result, bar bar, got ratio) {
		if bar.missed(got) {
			worst = append(worst, fmt.Sprintf("%s %s %s: %.2f of %s, not %.4g%s", x.Name, res.Name, res.Type, got.Median, bar.Class, bar.Min,
				r.reasons.cite(x.Name, res, bar.Class)))
		}
	})
	fmt.Fprintf(b, "Bars: %d reached, %d missed.\n\n", total-len(worst), len(worst))
	for _, x := range r.suites {
		for _, m := range suiteOf(x.Name).means {
			if g, n := x.mean(m); n > 0 {
				fmt.Fprintf(b, "- %s: geometric mean against %s %.2f over %d rows, bar %.4g%s\n", strings.TrimSpace(x.Name+" "+m.rows), m.Class, g, n, m.Min, missedText(g < m.Min))
			}
		}
	}
	b.WriteString("\n")
	if len(worst) > 0 {
		fmt.Fprintf(b, "<details><summary>Missed</summary>\n\n- %s\n\n</details>\n\n", strings.Join(worst, "\n- "))
	}
}

// missedFor is missedText with the mark of the reason.
func (x *reasons) missedFor(row string, missed bool) string {
	if !missed {
		return ""
	}
	return missedText(true) + x.mark(row)
}

func missedText(missed bool) string {
	if missed {
		return " **missed**"
	}
	return ""
}

func (x *suiteResult) table(b *strings.Builder, all bool, why *reasons) {
	if len(x.Results) == 0 && x.Compile == nil && x.Planner == nil {
		return
	}
	fmt.Fprintf(b, "## %s\n\n`-suite %s`, measured %s\n\n", suiteOf(x.Name).title, x.Name, x.stamps())
	if x.Compile != nil {
		x.Compile.table(b, why)
		return
	}
	if x.Planner != nil {
		x.Planner.table(b, why)
		return
	}
	classes := x.classes()
	b.WriteString("| case | expression | type | einc | GF | GB/s |")
	for _, c := range classes {
		fmt.Fprintf(b, " %s |", c)
	}
	b.WriteString("\n|---|---|---|---|---|---|" + strings.Repeat("---|", len(classes)) + "\n")
	for _, r := range x.Results {
		r.line(b, classes, all, func(class string) string { return why.cite(x.Name, r, class) })
	}
	b.WriteString("\n")
}

func (r *result) line(b *strings.Builder, classes []string, all bool, cite func(class string) string) {
	expr := r.Expr
	if len(expr) > 40 {
		expr = expr[:strings.LastIndexAny(expr[:38], ",->")+1] + "…"
	}
	expr = "`" + strings.ReplaceAll(expr, "|", "\\|") + "`"
	if r.Failed != "" {
		fmt.Fprintf(b, "| %s | %s | %s | %s |||%s\n", r.Name, expr, r.Type, r.Failed, strings.Repeat("|", len(classes)))
		return
	}
	fmt.Fprintf(b, "| %s | %s | %s | %s | %.3g | %.3g |", r.Name, expr, r.Type, duration(r.Einc), r.Flops/r.Einc, r.Bytes/r.Einc)
	for _, c := range classes {
		fmt.Fprintf(b, " %s |", r.cell(c, all, cite))
	}
	b.WriteString("\n")
}

// cell is the ratio to the best of a class.
func (r *result) cell(class string, all bool, cite func(class string) string) string {
	t := r.best(class)
	if t == nil {
		return r.notes(class)
	}
	x := t.Ratio
	text := fmt.Sprintf("%.2f [%.2f, %.2f] %s", x.Median, x.Low, x.High, t.Name)
	if all {
		text += r.others(t)
	}
	for _, b := range r.Bars {
		if b.Class != class {
			continue
		}
		sign := "≥"
		if b.Both {
			sign = "within"
		}
		text += fmt.Sprintf(" %s %.4g", sign, b.Min)
		if b.missed(x) {
			text += missedText(true) + cite(class)
		}
	}
	return text
}

// others lists the rest of a class.
func (r *result) others(best *timing) string {
	text := ""
	for _, t := range r.Times {
		if t != best && t.Class == best.Class && t.Nanos > 0 {
			text += fmt.Sprintf("; %.2f %s", t.Ratio.Median, t.Name)
		}
	}
	return text
}

// notes says why nobody of a class ran.
func (r *result) notes(class string) string {
	var notes []string
	for _, t := range r.Times {
		if t.Class == class && !slices.Contains(notes, t.Note) {
			notes = append(notes, t.Note)
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
