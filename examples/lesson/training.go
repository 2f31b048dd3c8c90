package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/tensor"
)

// model is a layer of tanh units under a linear one, and the sum of its squared errors. Its gradients follow from it:
// the labels of a gradient are those of what it is the gradient by, and the others are summed.
const model = `H[b,h] = tanh(X[b,i]*W1[i,h] + b1[h])
Y[b,o] = H[b,h]*W2[h,o]
D[b,o] = Y[b,o] - T[b,o]
loss = D[b,o]*D[b,o]`

// operands are what model reads, and weights those that are learnt.
var (
	operands = []string{"X", "W1", "b1", "W2", "T"}
	weights  = []string{"W1", "b1", "W2"}
)

// network is the model with values for its operands, and for the gradient of the loss by itself, which is 1.
type network struct {
	values   map[string]*tensor.Tensor
	backward []einc.Gradient // by the weights
}

// newNetwork draws weights so that each layer keeps the spread of what it is given.
func newNetwork(r *rand.Rand, x, target *tensor.Tensor, hidden int) (*network, error) {
	gradients, err := einc.Gradients(model, 0)
	if err != nil {
		return nil, err
	}
	n := &network{values: map[string]*tensor.Tensor{"X": x, "T": target, gradients[0].Seed: tensor.Scalar(1.0)}}
	n.backward = slices.DeleteFunc(gradients, func(g einc.Gradient) bool { return !slices.Contains(weights, g.Operand) })
	in, out := x.Shape()[1], target.Shape()[1]
	for _, w := range []struct {
		name      string
		deviation float64
		shape     []int
	}{{"W1", 1 / math.Sqrt(float64(in)), []int{in, hidden}}, {"b1", 0.1, []int{hidden}}, {"W2", 1 / math.Sqrt(float64(hidden)), []int{hidden, out}}} {
		if n.values[w.name], err = normal(r, w.deviation, w.shape...); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// evaluate computes an expression of named values.
func (n *network) evaluate(expr string, names []string) (*tensor.Tensor, error) {
	list := make([]*tensor.Tensor, len(names))
	for i, name := range names {
		list[i] = n.values[name]
	}
	return einc.Einsum(expr, list...)
}

// loss is the forward pass.
func (n *network) loss() (float64, error) {
	l, err := n.evaluate(model, operands)
	if err != nil {
		return 0, err
	}
	return l.At()
}

// gradients is the backward pass: the derivatives of the loss by the weights.
func (n *network) gradients() (map[string]*tensor.Tensor, error) {
	all := map[string]*tensor.Tensor{}
	for _, g := range n.backward {
		d, err := n.evaluate(g.Expr, g.Operands)
		if err != nil {
			return nil, err
		}
		all[g.Operand] = d
	}
	return all, nil
}

// descend moves the weights against their gradients.
func (n *network) descend(rate float64) error {
	gradients, err := n.gradients()
	if err != nil {
		return err
	}
	r := tensor.Scalar(rate)
	for name, d := range gradients {
		expr := "N[i,j] = P[i,j] - r*G[i,j]"
		if d.Rank() == 1 {
			expr = "N[i] = P[i] - r*G[i]"
		}
		if n.values[name], err = einc.Einsum(expr, n.values[name], r, d); err != nil {
			return err
		}
	}
	return nil
}

// training fits a small network and prints how its loss falls.
func training(w io.Writer) error {
	fmt.Fprintf(w, "== Forward and backward: fitting a small network ==\n%s\n", model)
	r := rand.New(rand.NewPCG(3, 4))
	x, err := normal(r, 1, 32, 4)
	if err != nil {
		return err
	}
	target, err := einc.Einsum("T[b,o] = tanh(X[b,o]) * X[b,i]", x)
	if err != nil {
		return err
	}
	n, err := newNetwork(r, x, target, 16)
	if err != nil {
		return err
	}
	for _, g := range n.backward {
		fmt.Fprintf(w, "-- the gradient by %s, derived from that --\n%s\n", g.Operand, g.Expr)
	}
	for step := range 201 {
		if step%50 == 0 {
			l, err := n.loss()
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "step %3d  loss %8.3f\n", step, l)
		}
		if err := n.descend(0.002); err != nil {
			return err
		}
	}
	return nil
}
