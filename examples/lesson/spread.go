package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"

	"github.com/einc-lang/einc"
)

// The networks of the chapter on initialisation.
const (
	layers = 10
	width  = 256
	batch  = 128
)

// spread sends a batch through deep networks and prints the standard deviation of each layer's
// activations. It should neither vanish nor saturate: for tanh that takes weights of variance 1/n
// (Glorot and Bengio 2010), for relu of 2/n (He et al. 2015), n being a unit's number of inputs.
func spread(w io.Writer) error {
	fmt.Fprintln(w, "== The spread of activations, layer by layer ==")
	fmt.Fprintln(w, "Weights that are too small make activations vanish, and gradients with them; too large ones saturate tanh, whose")
	fmt.Fprintln(w, "slope is then 0. Of n inputs, a standard deviation of 1/sqrt(n) lets tanh fade but slowly; sqrt(2/n) keeps relu's spread.")
	for _, c := range []struct {
		activation, name string
		deviation        float64
	}{
		{"tanh", "0.01", 0.01},
		{"tanh", "1", 1},
		{"tanh", "1/sqrt(n)", 1 / math.Sqrt(width)},
		{"relu", "1/sqrt(n)", 1 / math.Sqrt(width)},
		{"relu", "sqrt(2/n)", math.Sqrt(2.0 / width)},
		{"gelu", "sqrt(2/n)", math.Sqrt(2.0 / width)},
	} {
		found, err := spreadOf(c.activation, c.deviation)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%-5s weights %-9s", c.activation, c.name)
		for _, s := range found {
			fmt.Fprintf(w, " %8.2g", s)
		}
		fmt.Fprintln(w)
	}
	return nil
}

// spreadOf is the standard deviation of the activations of each layer.
func spreadOf(activation string, weights float64) ([]float64, error) {
	r := rand.New(rand.NewPCG(5, 6))
	x, err := normal(r, 1, batch, width)
	if err != nil {
		return nil, err
	}
	var found []float64
	for range layers {
		w, err := normal(r, weights, width, width)
		if err != nil {
			return nil, err
		}
		if x, err = einc.Einsum("Y[b,o] = "+activation+"(X[b,i]*W[i,o])", x, w); err != nil {
			return nil, err
		}
		s, err := deviation(x)
		if err != nil {
			return nil, err
		}
		found = append(found, s)
	}
	return found, nil
}
