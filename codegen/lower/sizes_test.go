package lower

import (
	"fmt"
	"testing"

	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// Strides that come at run time have entries in the order in which callers have them, whatever builds the nests; what
// follows from them comes behind.
func TestStridesAreInTheOrderOfCallers(t *testing.T) {
	for _, expr := range []string{"ab,bc->ac", "ba,cb->ac", "dab,bcd->cda", "aab,bc->ac"} {
		for _, packed := range []bool{false, true} {
			for _, target := range targets() {
				b := caseOf{expr: expr, sizes: "YYY3", types: []tensor.DType{tensor.F32}, layouts: "c", runtime: true, packed: packed}.build(newRand(1))
				p := b.lowered(t, target)
				var want []Dim
				for _, kind := range []planner.BufferKind{planner.Output, planner.Operand} {
					for i := range b.plan.Buffers {
						for a := range b.plan.Buffers[i].Shape {
							if b.plan.Buffers[i].Kind == kind {
								want = append(want, StrideOf(i, a))
							}
						}
					}
				}
				require.Equal(t, want, p.Dims[:len(want)], fmt.Sprint(expr, packed, target.Level))
				for _, d := range p.Dims[len(want):] {
					require.NotEqual(t, DimStride, d.Op, expr)
				}
			}
		}
	}
}
