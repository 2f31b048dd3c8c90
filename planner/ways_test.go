package planner_test

import (
	"context"
	"testing"

	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// TestRivals demands that a plan takes no longer by the model than some way that the search by pairs does not find.
func TestRivals(t *testing.T) {
	for _, c := range []struct {
		why, expr string
		sizes     map[byte]int
		dtype     tensor.DType
		most      float64 // nanoseconds of that way
	}{
		{"a tree that takes less than the model of pairs says", "dba,dba,cb,a,dcba,d->", map[byte]int{'d': 4, 'b': 200, 'a': 32, 'c': 64}, tensor.F32, 275e3},
		{"without factors that lie ill", "abc,c,cb,c,ab->c", map[byte]int{'a': 100, 'b': 64, 'c': 64}, tensor.F64, 110e3},
		{"with copies", "eabi,gad,e,iab,gfia->fd", map[byte]int{'e': 3, 'a': 2, 'b': 2, 'i': 32, 'g': 64, 'd': 2, 'f': 64}, tensor.F32, 60e3},
		{"nine operands in one nest", "ca,ca,ca,cba,ba,bc,b,bc,ca->", map[byte]int{'c': 256, 'a': 24, 'b': 256}, tensor.F32, 950e3},
		{"as the operand lies", "abc,cde,bdfg,a,e->afeg", map[byte]int{'a': 128, 'b': 4, 'c': 128, 'd': 4, 'e': 128, 'f': 4, 'g': 4}, tensor.F32, 580e3},
	} {
		pl, err := planner.Search(context.Background(), einsum(c.expr, c.sizes, c.dtype), planner.Options{Target: wideTarget()})
		require.NoError(t, err)
		require.NoError(t, pl.Verify())
		require.LessOrEqual(t, pl.Cost.Nanos, c.most, "%s: %s\n%s", c.why, c.expr, pl)
	}
}

// A tile of rows in place takes time to begin, which few terms are not worth.
func TestFewTermsAreNotPacked(t *testing.T) {
	for terms, want := range map[int]cost.Strategy{8: cost.Direct, 512: cost.Packed} {
		pl, err := planner.Search(context.Background(), einsum("ac,cn->an", map[byte]int{'a': 4096, 'c': terms, 'n': 16}, tensor.F32), planner.Options{Target: wideTarget()})
		require.NoError(t, err)
		require.Equal(t, want, pl.Steps[0].Estimate.Strategy, "%d terms", terms)
	}
}
