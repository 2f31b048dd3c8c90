package main

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/tensor"
)

func TestIntervalCoversTheMedian(t *testing.T) {
	for n := 1; n <= 60; n++ {
		k := outside(n)
		// The interval misses the true median if at most k values lie on one side of it.
		miss, p := 0.0, math.Pow(0.5, float64(n))
		for i := 0; i <= k; i++ {
			miss += 2 * p
			p = p * float64(n-i) / float64(i+1)
		}
		if n >= 6 && miss > 0.05 {
			t.Errorf("%d values without %d at each end: covers %.3f", n, k, 1-miss)
		}
		if n >= 6 && miss+2*p <= 0.05 {
			t.Errorf("%d values: %d could be left out at each end", n, k+1)
		}
	}
}

func TestRatioAndBars(t *testing.T) {
	slow := &timing{Name: "slow", Class: "c", rounds: []float64{9, 9, 9, 9, 9, 9, 9}}
	quick := &timing{Name: "quick", Class: "c", rounds: []float64{2, 2, 4, 1, 4, 4, 1}}
	r := &result{rounds: []float64{1, 2, 4, 1, 2, 4, 1}, Times: []*timing{slow, {Class: "c", Note: "absent"}, quick}}
	r.settle()
	if best := r.best("c"); best == nil || best.Name != "quick" {
		t.Fatalf("best is %v", best)
	}
	got := quick.Ratio
	if got != (ratio{1, 1, 2}) {
		t.Errorf("ratio is %v", got)
	}
	for _, c := range []struct {
		bar    bar
		missed bool
	}{{bar{Min: 2}, false}, {bar{Min: 2.1}, true}, {bar{Min: 0.9, Both: true}, false}} {
		if c.bar.missed(got) != c.missed {
			t.Errorf("bar %v", c.bar)
		}
	}
	if !(bar{Min: 0.9, Both: true}).missed(ratio{1.2, 1.15, 1.3}) {
		t.Error("times that are not alike pass")
	}
}

// What is no number is no result: operands are small.
func TestCompareFindsWhatIsNoNumber(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range [][2]float64{{math.NaN(), 1}, {1, math.NaN()}, {math.NaN(), math.NaN()}, {inf, 1}, {1, -inf}, {inf, inf}} {
		if near([]float64{2, c[0]}, []float64{2, c[1]}, 1e-3) == nil {
			t.Errorf("%v passes for %v", c[1], c[0])
		}
	}
}

func TestCompare(t *testing.T) {
	bytes := func(v ...float32) []byte {
		x, err := tensor.From(v, len(v))
		if err != nil {
			t.Fatal(err)
		}
		return x.Bytes()
	}
	nan := float32(math.NaN())
	for _, c := range []struct {
		got []byte
		ok  bool
	}{{bytes(1, 100), true}, {bytes(1.001, 100), true}, {bytes(1.1, 100), false}, {bytes(nan, 100), false}, {bytes(1, nan), false}, {bytes(1), false}} {
		if err := compare(tensor.F32, bytes(1, 100), c.got, 10); (err == nil) != c.ok {
			t.Errorf("%v: %v", view[float32](c.got), err)
		}
	}
}

// Every row of every table must be an expression that einc plans, and the contractions must keep the sizes' rules.
func TestTablesPlan(t *testing.T) {
	s := &session{ctx: t.Context(), dir: ".", full: true, log: t.Errorf}
	s.cores.Set(0)
	s.cores.Set(1)
	for _, x := range suites() {
		if x.rows == nil {
			continue
		}
		rows := x.rows(s)
		if len(rows) == 0 {
			t.Fatalf("%s is without rows", x.name)
		}
		keys := map[string]bool{}
		for _, r := range rows {
			if keys[r.key()] {
				t.Errorf("%s has two rows %s", x.name, r.key())
			}
			keys[r.key()] = true
			if slices.ContainsFunc(r.shapes, func(shape []int) bool { return slices.Contains(shape, 0) }) {
				t.Errorf("%s/%s %.99s: a label has no extent", r.suite, r.name, r.expr)
			}
			if _, err := s.tooLarge(r); err != nil {
				t.Errorf("%s/%s %.99s: %v", r.suite, r.name, r.expr, err)
			}
		}
	}
	for _, c := range tccg(tensor.F32) {
		x := c.scaled(tccgBytes, tensor.F32)
		// Only those whose extents are all too short to shrink may be larger.
		if largest := 4 * max(x.count(x.left), x.count(x.right), x.count(x.c)); largest > tccgBytes && c.id < 31 {
			t.Errorf("TCCG %d has %d bytes", c.id, largest)
		}
		if n := x.sizes[rune(x.c[len(x.c)-1])]; n%24 != 0 {
			t.Errorf("TCCG %d: the result's rows have %d elements", c.id, n)
		}
	}
}

func TestInnerProduct(t *testing.T) {
	w := innerProduct(3, 2, 2)
	var operands []*einc.Tensor
	for _, shape := range w.shapes {
		x, err := tensor.Full(1.0, shape...)
		if err != nil {
			t.Fatal(err)
		}
		operands = append(operands, x)
	}
	if n := strings.Count(w.expr, ","); n != 5 {
		t.Fatalf("%s has %d terms", w.expr, n+1)
	}
	out, err := einc.EinsumContext(t.Context(), w.expr, &einc.Options{Engine: einc.Interpreter}, operands...)
	if err != nil {
		t.Fatal(err)
	}
	// 3 physical indices of 2 and 4 bonds of 2.
	if v, _ := out.At(); v != 128 {
		t.Errorf("%s of ones is %v, not 128", w.expr, v)
	}
}
