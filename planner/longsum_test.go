package planner_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
)

// manyTerms adds n operands, products and sums of products among them, within and around functions.
func manyTerms(t *testing.T, n int) *parser.Problem {
	var terms []string
	var specs []parser.Spec
	add := func(shape ...int) { specs = append(specs, parser.Spec{DType: tensor.F64, Shape: shape}) }
	for k := range n {
		switch k % 5 {
		case 3:
			terms = append(terms, fmt.Sprintf("A%d[i,j]*B%d[j]", k, k))
			add(3, 4)
			add(4)
		case 4:
			terms = append(terms, fmt.Sprintf("abs(A%d[i])*A0[i]", k))
			add(3)
		default:
			terms = append(terms, fmt.Sprintf("A%d[i]", k))
			add(3)
		}
	}
	sum := strings.Join(terms, " - ")
	program, err := parser.Parse("C[i] = abs("+sum+") * A0[i] + "+sum, 0)
	require.NoError(t, err)
	p, err := program.Bind(specs)
	require.NoError(t, err)
	return p
}

// Sums of very many terms take several steps, as compiling a kernel takes more than twice as long for twice as many.
func TestLongSums(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{3, 127, 128, 129, 130, 255, 256, 600} {
		p := manyTerms(t, n)
		pl, err := planner.Search(context.Background(), p, planner.Options{Target: target})
		require.NoError(t, err)
		require.NoError(t, pl.Verify())
		for i := range pl.Steps {
			require.LessOrEqual(t, len(pl.Steps[i].Inputs)+len(pl.Steps[i].Extra), 2*128+2, "%d terms, step %d", n, i)
		}
		operands := numbers(p, r)
		require.Equal(t, naive(p, operands).data, execute(pl, operands).data, "%d terms", n)
	}
}
