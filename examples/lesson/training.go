package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/tensor"
)

// The passes, a contraction each: the labels of a gradient are those of what it is the gradient of, and the others
// are summed.
const (
	hiddenUnits  = "H[b,h] = tanh(X[b,i]*W[i,h] + bias[h])"
	outputs      = "bh,ho->bo"
	outputError  = "D[b,o] = 2*(Y[b,o] - T[b,o])"
	gradientW2   = "bh,bo->ho"
	hiddenError  = "G[b,h] = D[b,o]*W[h,o]; Z[b,h] = G[b,h]*(1 - H[b,h]*H[b,h])"
	gradientW1   = "bi,bh->ih"
	gradientBias = "bh->h"
)

// network is a layer of tanh units under a linear one.
type network struct {
	w1, b1, w2 *tensor.Tensor
}

// forward computes the hidden activations H[b,h] and the outputs Y[b,o] for inputs X[b,i].
func (n *network) forward(x *tensor.Tensor) (h, y *tensor.Tensor, err error) {
	if h, err = einc.Einsum(hiddenUnits, x, n.w1, n.b1); err != nil {
		return nil, nil, err
	}
	y, err = einc.Einsum(outputs, h, n.w2)
	return h, y, err
}

// loss is the sum of squared errors.
func loss(y, target *tensor.Tensor) (float64, error) {
	s, err := einc.Einsum("s = (Y[b,o] - T[b,o]) * (Y[b,o] - T[b,o])", y, target)
	if err != nil {
		return 0, err
	}
	return s.At()
}

// gradients are the derivatives of the loss by the weights.
type gradients struct {
	w1, b1, w2 *tensor.Tensor
}

// backward applies the chain rule, from the outputs to the inputs.
func (n *network) backward(x, target, h, y *tensor.Tensor) (*gradients, error) {
	var g gradients
	var dy, dz *tensor.Tensor
	for _, step := range []struct {
		out      **tensor.Tensor
		expr     string
		operands func() []*tensor.Tensor
	}{
		{&dy, outputError, func() []*tensor.Tensor { return []*tensor.Tensor{y, target} }},
		{&g.w2, gradientW2, func() []*tensor.Tensor { return []*tensor.Tensor{h, dy} }},
		{&dz, hiddenError, func() []*tensor.Tensor { return []*tensor.Tensor{dy, n.w2, h} }},
		{&g.w1, gradientW1, func() []*tensor.Tensor { return []*tensor.Tensor{x, dz} }},
		{&g.b1, gradientBias, func() []*tensor.Tensor { return []*tensor.Tensor{dz} }},
	} {
		out, err := einc.Einsum(step.expr, step.operands()...)
		if err != nil {
			return nil, err
		}
		*step.out = out
	}
	return &g, nil
}

// descend moves the weights against the gradients.
func (n *network) descend(g *gradients, rate float64) error {
	r := tensor.Scalar(rate)
	for _, p := range []struct{ weight, gradient **tensor.Tensor }{{&n.w1, &g.w1}, {&n.b1, &g.b1}, {&n.w2, &g.w2}} {
		expr := "N[i,j] = P[i,j] - r*G[i,j]"
		if (*p.weight).Rank() == 1 {
			expr = "N[i] = P[i] - r*G[i]"
		}
		next, err := einc.Einsum(expr, *p.weight, r, *p.gradient)
		if err != nil {
			return err
		}
		*p.weight = next
	}
	return nil
}

// newNetwork draws weights so that each layer keeps the spread of what it is given.
func newNetwork(r *rand.Rand, in, hidden, out int) (*network, error) {
	var n network
	var err error
	if n.w1, err = normal(r, 1/math.Sqrt(float64(in)), in, hidden); err != nil {
		return nil, err
	}
	if n.b1, err = normal(r, 0.1, hidden); err != nil {
		return nil, err
	}
	n.w2, err = normal(r, 1/math.Sqrt(float64(hidden)), hidden, out)
	return &n, err
}

// training fits a small network and prints how its loss falls.
func training(w io.Writer) error {
	fmt.Fprintln(w, "== Forward and backward: fitting a small network ==")
	for _, pass := range [][2]string{{"hidden units", hiddenUnits}, {"outputs", outputs}, {"error of outputs", outputError}, {"gradient of W2", gradientW2},
		{"error of hidden units", hiddenError}, {"gradient of W1", gradientW1}, {"gradient of bias", gradientBias}} {
		fmt.Fprintf(w, "%-22s %s\n", pass[0], pass[1])
	}
	r := rand.New(rand.NewPCG(3, 4))
	x, err := normal(r, 1, 32, 4)
	if err != nil {
		return err
	}
	target, err := einc.Einsum("T[b,o] = tanh(X[b,o]) * X[b,i]", x)
	if err != nil {
		return err
	}
	n, err := newNetwork(r, 4, 16, 4)
	if err != nil {
		return err
	}
	for step := range 201 {
		h, y, err := n.forward(x)
		if err != nil {
			return err
		}
		if step%50 == 0 {
			l, err := loss(y, target)
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "step %3d  loss %8.3f\n", step, l)
		}
		g, err := n.backward(x, target, h, y)
		if err != nil {
			return err
		}
		if err := n.descend(g, 0.002); err != nil {
			return err
		}
	}
	return nil
}
