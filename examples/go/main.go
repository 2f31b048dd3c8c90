// Command go calls kernels of a generated package.
package main

import (
	"fmt"
	"time"

	"github.com/einc-lang/einc/examples/go/kernels"
)

const n = 256

// threeLoops is what one would write by hand.
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

// best is the shortest of several runs.
func best(f func()) time.Duration {
	least := time.Hour
	for range 5 {
		start := time.Now()
		f()
		least = min(least, time.Since(start))
	}
	return least
}

func main() {
	a, b, out, want := make([]float32, n*n), make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
	for i := range a {
		a[i], b[i] = float32(i%7-3), float32(i%5-2)
	}
	hand := best(func() { threeLoops(want, a, b) })
	compiled := best(func() { kernels.MatMul(out, a, b) })
	for i := range out {
		if out[i] != want[i] {
			panic(fmt.Sprintf("element %d is %g, want %g", i, out[i], want[i]))
		}
	}
	fmt.Printf("MatMul of %d×%d: right; three loops take %.0f times as long\n", n, n, float64(hand)/float64(compiled))

	const items = 5 // any number, as the extent is open
	x, y, z := make([]float32, items*64*64), make([]float32, items*64*64), make([]float32, items*64*64)
	for i := range x {
		x[i], y[i] = 1, float32(i/(64*64))
	}
	kernels.BatchMul(z, x, y)
	fmt.Println("BatchMul of 5 items begins them with", z[0], z[64*64], z[2*64*64], z[3*64*64], z[4*64*64])
}
