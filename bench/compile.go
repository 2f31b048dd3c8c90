package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/tensor"
)

// compileTimes are how long the first call's code takes, for each of the suite's shapes, in nanoseconds: medians
// over processes.
type compileTimes struct {
	Date, Commit string
	Shapes       []string
	Fresh        []float64 // compiled in a warm process
	Disk         []float64 // from the disk cache, in a new process
}

// compileRounds is how many processes time every shape.
const compileRounds = 3

// compileWork is the shapes whose compilation is timed.
func compileWork() []work {
	var all []work
	for _, d := range bothFloats {
		for _, c := range tccg(d) {
			c = c.scaled(tccgBytes, d)
			all = append(all, work{expr: c.expr, dtype: d, shapes: [][]int{c.shape(c.left), c.shape(c.right)}})
		}
		for _, n := range []int{7, 33, 250, 1001} {
			for _, l := range layouts {
				all = append(all, work{expr: l.expr, dtype: d, shapes: [][]int{{n, n}, {n, n}}})
			}
		}
		all = append(all, work{expr: "abcd->dcba", dtype: d, shapes: [][]int{{9, 17, 33, 65}}},
			work{expr: "ijk->k", dtype: d, shapes: [][]int{{19, 31, 101}}},
			work{expr: "ijk,ja,ka->ia", dtype: d, shapes: [][]int{{101, 102, 103}, {102, 16}, {103, 16}}},
			work{expr: "bqhd,bkhd->bhqk", dtype: d, shapes: [][]int{{2, 100, 4, 64}, {2, 100, 4, 64}}})
	}
	return all
}

// compileAll times the compilation of every shape with a cache directory.
func compileAll(s *session, cache string) ([]float64, error) {
	var nanos []float64
	for _, w := range compileWork() {
		var operands []*einc.Tensor
		for _, shape := range w.shapes {
			t, err := tensor.New(w.dtype, shape...)
			if err != nil {
				return nil, err
			}
			operands = append(operands, t)
		}
		began := time.Now()
		f, err := einc.CompileFor(s.ctx, w.expr, &einc.Options{Engine: einc.Native, Workers: 1, Cache: cache}, operands)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.expr, err)
		}
		nanos = append(nanos, float64(time.Since(began)))
		f.Close()
	}
	return nanos, nil
}

// measureCompiling measures the suite as a whole, unless some rows only are asked for.
func measureCompiling(s *session, o settings, x *suiteResult, keep func() error) (err error) {
	if o.match != "" {
		return nil
	}
	x.Compile, err = timeCompiling(s)
	return errors.Join(err, keep())
}

// timeCompiling measures both in processes of their own, since a process keeps what it has compiled.
func timeCompiling(s *session) (*compileTimes, error) {
	t := &compileTimes{Date: time.Now().Format(time.DateOnly), Commit: s.commit}
	for _, w := range compileWork() {
		t.Shapes = append(t.Shapes, fmt.Sprint(w.expr, " ", w.dtype))
	}
	var fresh, disk [][]float64
	for range compileRounds {
		cache, err := os.MkdirTemp(s.scratch, "cache-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(cache)
		for _, into := range []*[][]float64{&fresh, &disk} {
			nanos, err := compileElsewhere(s, cache)
			if err != nil {
				return nil, err
			}
			*into = append(*into, nanos)
		}
	}
	t.Fresh, t.Disk = medians(fresh), medians(disk)
	return t, nil
}

// compileElsewhere times every shape in a new process of this program.
func compileElsewhere(s *session, cache string) ([]float64, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(s.ctx, self, "-compile-with", cache, "-dir", s.dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var nanos []float64
	return nanos, json.Unmarshal(out, &nanos)
}

// medians takes the median of each column.
func medians(rounds [][]float64) []float64 {
	var m []float64
	for i := range rounds[0] {
		var x []float64
		for _, r := range rounds {
			x = append(x, r[i])
		}
		m = append(m, median(x))
	}
	return m
}

// printCompiling is such a process: it times every shape and prints the times. With an empty cache it warms up first.
func printCompiling(s *session, cache string) error {
	if entries, err := os.ReadDir(cache); err != nil || len(entries) == 0 {
		warm := work{expr: "i,i->", dtype: tensor.F32, shapes: [][]int{{3}, {3}}}
		a, _ := random(warm.dtype, 0, warm.shapes[0])
		c, _, err := eincContender(s, &warm, []*einc.Tensor{a, a}, 1)
		if err != nil {
			return err
		}
		c.close()
	}
	nanos, err := compileAll(s, cache)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(nanos)
}

// table shows the times beside their bars, in milliseconds.
func (c *compileTimes) table(b *strings.Builder, why *reasons) {
	b.WriteString("| | shapes | median | worst | bars |\n|---|---|---|---|---|\n")
	line := func(name string, nanos []float64, most ...float64) {
		at := slices.Index(nanos, slices.Max(nanos))
		m, w := median(nanos)/1e6, nanos[at]/1e6
		missed := why.missedFor("compile/"+name, m > most[0] || len(most) > 1 && w > most[1])
		fmt.Fprintf(b, "| %s | %d | %.2f ms | %.2f ms (`%s`) | ≤ %v ms%s |\n", name, len(nanos), m, w, c.Shapes[at], most, missed)
	}
	line("compiled, in a warm process", c.Fresh, 60, 120)
	line("from the disk cache, in a new process", c.Disk, 2)
	b.WriteString("\n")
}
