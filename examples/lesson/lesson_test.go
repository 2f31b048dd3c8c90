package main

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

func TestLesson(t *testing.T) {
	var b strings.Builder
	require.NoError(t, lesson(&b))
	require.Contains(t, b.String(), "[[ 25  28  31  34  37]")
	require.Contains(t, b.String(), "strides [1 0]")
}

// TestBackward compares the gradients with differences of the loss.
func TestBackward(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	x, err := normal(r, 1, 4, 3)
	require.NoError(t, err)
	target, err := normal(r, 1, 4, 2)
	require.NoError(t, err)
	n, err := newNetwork(r, x, target, 5)
	require.NoError(t, err)
	gradients, err := n.gradients()
	require.NoError(t, err)
	require.Len(t, gradients, len(weights))
	for name, d := range gradients {
		w, err := tensor.Values[float64](n.values[name]) // the storage itself
		require.NoError(t, err)
		want, err := tensor.Values[float64](d)
		require.NoError(t, err)
		for i := range w {
			require.InDelta(t, slope(t, n, &w[i]), want[i], 1e-5, name)
		}
	}
}

// slope is the central difference of the loss by one weight.
func slope(t *testing.T, n *network, weight *float64) float64 {
	const step = 1e-6
	at := func(d float64) float64 {
		*weight += d
		defer func() { *weight -= d }()
		l, err := n.loss()
		require.NoError(t, err)
		return l
	}
	return (at(step) - at(-step)) / (2 * step)
}

// TestSpread demands that good weights keep the spread and bad ones lose it.
func TestSpread(t *testing.T) {
	last := func(activation string, weights float64) float64 {
		found, err := spreadOf(activation, weights)
		require.NoError(t, err)
		return found[layers-1]
	}
	require.Less(t, last("tanh", 0.01), 1e-6)
	require.Greater(t, last("tanh", 1), 0.9)
	require.Greater(t, last("tanh", 0.0625), 0.1)
	require.Greater(t, last("relu", 0.0884), 0.3)
}
