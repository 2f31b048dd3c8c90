// Command operands writes the .npy files that `make run` contracts: the matrices of a small example,
// and a batch, weights and bias of a neural network's layer.
package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/einc-lang/einc/tensor"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: operands DIR")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "operands:", err)
		os.Exit(1)
	}
}

func write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(1, 2))
	const batch, in, out = 512, 784, 256
	files := []struct {
		name  string
		shape []int
		data  any
	}{
		{"a", []int{3, 3}, counting(9)},
		{"b", []int{3, 5}, counting(15)},
		{"x", []int{batch, in}, normal(r, batch*in, 1)},
		{"w", []int{in, out}, normal(r, in*out, math.Sqrt(2.0/in))}, // He initialisation
		{"bias", []int{out}, normal(r, out, 0.1)},
	}
	for _, f := range files {
		t, err := from(f.data, f.shape)
		if err != nil {
			return err
		}
		if err := tensor.SaveNpy(filepath.Join(dir, f.name+".npy"), t); err != nil {
			return err
		}
	}
	return nil
}

func from(data any, shape []int) (*tensor.Tensor, error) {
	if ints, ok := data.([]int64); ok {
		return tensor.From(ints, shape...)
	}
	return tensor.From(data.([]float32), shape...)
}

func counting(n int) []int64 {
	s := make([]int64, n)
	for i := range s {
		s[i] = int64(i)
	}
	return s
}

// normal draws n values of mean 0 and the given standard deviation.
func normal(r *rand.Rand, n int, deviation float64) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(r.NormFloat64() * deviation)
	}
	return s
}
