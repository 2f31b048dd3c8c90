package einc_test

import (
	"context"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// ending is a context that ends when it has been asked so many times.
type ending struct {
	context.Context
	left int
}

func (e *ending) Err() error {
	if e.left--; e.left < 0 {
		return context.Canceled
	}
	return nil
}

// An order is there whenever a search ends: also where every tree is looked at, which is not the best
// one until all of them are.
func TestAPlanIsThereWheneverItsSearchEnds(t *testing.T) {
	const expr = "abcd,aefg,behi,cfhj,dgij,aklm,bkno,clnp,dmop,ejmn,alo,bgp->ij"
	var specs []einc.Spec
	for _, rank := range []int{4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 3, 3} {
		spec := einc.Spec{DType: tensor.F64}
		for range rank {
			spec.Shape = append(spec.Shape, 3)
		}
		specs = append(specs, spec)
	}
	whole, err := einc.PlanExpr(t.Context(), expr, specs, nil)
	require.NoError(t, err)
	best, err := whole.Format("numpy-path")
	require.NoError(t, err)
	early := 0
	for left := 1; left < 12; left++ {
		p, err := einc.PlanExpr(&ending{t.Context(), left}, expr, specs, nil)
		require.NoError(t, err, "%d", left)
		path, err := p.Format("numpy-path")
		require.NoError(t, err)
		if string(path) != string(best) {
			early++
		}
	}
	require.Positive(t, early, "a search that ends at once does not find the best tree")
	_, err = einc.PlanExpr(&ending{t.Context(), 0}, expr, specs, nil)
	require.ErrorIs(t, err, context.Canceled)
}
