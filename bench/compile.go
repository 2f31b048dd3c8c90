package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/tensor"
)

// compileTimes are how long the first call's code takes, for each of the suite's shapes, in nanoseconds.
type compileTimes struct {
	fresh []float64 // compiled in a warm process
	disk  []float64 // from the disk cache, in a new process
}

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

// timeCompiling measures both, the second in a new process of this program.
func timeCompiling(s *session) (*compileTimes, error) {
	cache, err := os.MkdirTemp(s.scratch, "cache-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(cache)
	warm := work{expr: "i,i->", dtype: tensor.F32, shapes: [][]int{{3}, {3}}}
	a, _ := random(warm.dtype, 0, warm.shapes[0])
	c, _, err := eincContender(s, &warm, []*einc.Tensor{a, a}, 1)
	if err != nil {
		return nil, err
	}
	c.close()
	t := &compileTimes{}
	if t.fresh, err = compileAll(s, cache); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(s.ctx, self, "-from-cache", cache, "-dir", s.dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	return t, json.Unmarshal(out, &t.disk)
}

// slowest names the shape that took longest.
func slowest(nanos []float64) string {
	at := 0
	for i, t := range nanos {
		if t > nanos[at] {
			at = i
		}
	}
	w := compileWork()[at]
	return fmt.Sprintf("%s %v", w.expr, w.dtype)
}

// printFromCache is the new process's part: it times every shape and prints the times.
func printFromCache(s *session, cache string) error {
	nanos, err := compileAll(s, cache)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(os.Stdout)
	defer w.Flush()
	return json.NewEncoder(w).Encode(nanos)
}
