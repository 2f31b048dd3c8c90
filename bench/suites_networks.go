package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
)

// madeNetwork is a network that a rule describes.
type madeNetwork struct {
	name string
	work
}

// madeNetworks are the inner product of two states, a chain of matrices, and circuits.
func madeNetworks() []madeNetwork {
	return []madeNetwork{
		{"mps-inner-100", innerProduct(100, 3, 10)},
		{"matrix-chain-100", matrixChain(100)},
		{"qft-27", fourierCircuit(27, tensor.C128)},
		{"qft-30", fourierCircuit(30, tensor.C64)},
	}
}

// network is a line of the files of the planner's tests.
type network struct {
	Name, Class string
	planner.Network
}

// networks reads a file of networks.
func networks(path string, f func(*network)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	for in := json.NewDecoder(file); ; {
		var n network
		if err := in.Decode(&n); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		f(&n)
	}
}

// work is the network as an einsum string.
func (n *network) work(d tensor.DType) work {
	w := work{dtype: d}
	var terms []string
	for _, term := range n.Inputs {
		shape := make([]int, len(term))
		for i, x := range term {
			shape[i] = int(n.Sizes[x])
		}
		terms, w.shapes = append(terms, letters(term)), append(w.shapes, shape)
	}
	w.expr = strings.Join(terms, ",") + "->" + letters(n.Output)
	return w
}

// work is the network as an einsum string, of a type that is still to be said.
func (c *networkCase) work() work { return (&network{Network: *c.network()}).work(tensor.Invalid) }

// firstLetter is that of the labels that are numbers: there are many after it.
const firstLetter = 0x4e00

func letters(labels []int32) string {
	var text []rune
	for _, x := range labels {
		text = append(text, firstLetter+x)
	}
	return string(text)
}

// innerProduct is that of two matrix product states of so many sites, written with letters of any script.
func innerProduct(sites, physical, bond int) work {
	next := rune(firstLetter)
	label := func() string { next++; return string(next) }
	var upper, lower []string
	var up, low [][]int
	u, l := "", ""
	for i := range sites {
		m := label()
		shape := []int{physical}
		a, b := m+u, m+l
		if i > 0 {
			shape = append(shape, bond)
		}
		if i < sites-1 {
			u, l = label(), label()
			a, b = a+u, b+l
			shape = append(shape, bond)
		}
		upper, lower = append(upper, a), append(lower, b)
		up, low = append(up, shape), append(low, shape)
	}
	return work{expr: fmt.Sprintf("%s,%s->", strings.Join(upper, ","), strings.Join(lower, ",")), dtype: tensor.F64, shapes: append(up, low...)}
}

// matrixChain is a product of so many matrices, of extents that go up and down between 21 and 511.
func matrixChain(matrices int) work {
	n := &network{}
	n.Output = []int32{0, int32(matrices)}
	for i := range int32(matrices + 1) {
		n.Sizes = append(n.Sizes, float64(21+i*i*37%491))
		if i > 0 {
			n.Inputs = append(n.Inputs, []int32{i - 1, i})
		}
	}
	return n.work(tensor.F64)
}

// fourierCircuit is a quantum Fourier transform of so many qubits: a state, a Hadamard gate for each of them, and a controlled
// phase for each pair, which is diagonal, so that it shares its labels with others.
func fourierCircuit(qubits int, d tensor.DType) work {
	n := &network{}
	all := int32(qubits)
	for q := range all {
		in, out := q, all+q
		n.Inputs = append(n.Inputs, []int32{in}, []int32{in, out})
		for later := q + 1; later < all; later++ {
			n.Inputs = append(n.Inputs, []int32{out, later})
		}
		n.Output = append(n.Output, out)
	}
	for range 2 * qubits {
		n.Sizes = append(n.Sizes, 2)
	}
	return n.work(d)
}
