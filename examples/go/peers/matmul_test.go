// Package peers measures the generated product of 256×256 matrices beside other ways to compute it. It is
// a module of its own, so that einc does not depend on what it is compared with. On one core:
//
//	go test -bench MatMul -cpu 1 -benchtime 300x
package peers

import (
	"slices"
	"testing"
	"time"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/examples/go/kernels"
	"github.com/einc-lang/einc/tensor"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

const n = 256

func threeLoops(out, a, b []float32) {
	for i := range n {
		for j := range n {
			var sum float32
			for k := range n {
				sum += a[i*n+k] * b[k*n+j]
			}
			out[i*n+j] = sum
		}
	}
}

// compiled is the JIT's function for the same product.
func compiled(tb testing.TB) func(out, a, b []float32) {
	spec := einc.Spec{DType: tensor.F32, Shape: []int{n, n}}
	f, err := einc.Compile("ik,kj->ij", []einc.Spec{spec, spec}, &einc.Options{Engine: einc.Native, Workers: 1})
	if err != nil {
		tb.Skip(err)
	}
	tb.Cleanup(func() { _ = f.Close() })
	return func(out, a, b []float32) {
		var t [3]*tensor.Tensor
		for i, s := range [][]float32{out, a, b} {
			if t[i], err = tensor.From(s, n, n); err != nil {
				tb.Fatal(err)
			}
		}
		if err := f.Call(t[0], t[1], t[2]); err != nil {
			tb.Fatal(err)
		}
	}
}

func peers(tb testing.TB) []peer {
	return []peer{
		{"generated", kernels.MatMul},
		{"jit", compiled(tb)},
		{"gonum", func(out, a, b []float32) {
			gonum.Implementation{}.Sgemm(blas.NoTrans, blas.NoTrans, n, n, n, 1, a, n, b, n, 0, out, n)
		}},
		{"loops", threeLoops},
	}
}

type peer struct {
	name string
	run  func(out, a, b []float32)
}

func operands() (out, a, b []float32) {
	out, a, b = make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
	for i := range a {
		a[i], b[i] = float32(i%7-3), float32(i%5-2)
	}
	return out, a, b
}

func TestPeersAgree(t *testing.T) {
	want, a, b := operands()
	threeLoops(want, a, b)
	for _, p := range peers(t) {
		got := make([]float32, n*n)
		p.run(got, a, b)
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%s: element %d is %g, want %g", p.name, i, got[i], want[i])
			}
		}
	}
}

// BenchmarkMatMul takes turns, so that what else the machine does hits all alike. Before each timed call comes
// another, so that none finds the caches as its predecessor left them.
func BenchmarkMatMul(b *testing.B) {
	out, x, y := operands()
	all := peers(b)
	times := make([][]float64, len(all))
	for b.Loop() {
		for i, p := range all {
			p.run(out, x, y)
			start := time.Now()
			p.run(out, x, y)
			times[i] = append(times[i], float64(time.Since(start).Nanoseconds())/1e3)
		}
	}
	for i, p := range all {
		slices.Sort(times[i])
		b.ReportMetric(times[i][0], p.name+"-best-µs")
		b.ReportMetric(times[i][len(times[i])/2], p.name+"-median-µs")
	}
}
