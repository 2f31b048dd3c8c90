package planner_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/tensor"
)

// Temporaries are priced before they are cut to slices: rows of 2^69 elements take more time than those of 2^60, though
// no integer holds them.
func TestRunsBeyondIntegers(t *testing.T) {
	cycles := func(extent int) float64 {
		pl := plan(t, einsum("kabcd,k->abcd", map[byte]int{'a': 4, 'b': 4, 'c': 4, 'd': 4, 'k': 3}, tensor.F32), "")
		for i := range pl.Problem.Indices[:4] {
			pl.Problem.Indices[i].Extent = extent
		}
		pl.Problem.Indices[0].Extent = 1 << 9
		for i := range pl.Buffers {
			if b := &pl.Buffers[i]; len(b.Shape) > 3 {
				b.Shape = append(b.Shape[:len(b.Shape)-4:len(b.Shape)-4], 1<<9, extent, extent, extent)
				b.Layout.Strides = append(b.Layout.Strides[:len(b.Shape)-4:len(b.Shape)-4], extent*extent*extent, extent*extent, extent, 1)
			}
		}
		return pl.Work(&pl.Steps[0], target).Cycles
	}
	require.Greater(t, cycles(1<<20), 4*cycles(1<<17))
}

// Rows end where what the epilogue reads does not run on: a bias that would leave rows of two elements is added by itself.
func TestEpiloguesDoNotCutRows(t *testing.T) {
	extent := map[rune]int{'b': 24, 'c': 300, 'd': 2, 'e': 256}
	for bias, steps := range map[string]int{"cbd": 1, "bd": 1, "d": 2} {
		text := "Y[c,b,d] = X[e,c,b,d]*W[e,b,d] + v[" + strings.Join(strings.Split(bias, ""), ",") + "]"
		pl := plan(t, batched(t, text, tensor.F64, extent, "ecbd", "ebd", bias), "")
		require.Len(t, pl.Steps, steps, pl.String())
	}
}
