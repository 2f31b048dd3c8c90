package golden_test

import (
	"context"
	"regexp"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// TestDirectTilesStayInRegisters looks for vectors on the stack in the code of small products.
func TestDirectTilesStayInRegisters(t *testing.T) {
	spill := regexp.MustCompile(`(?m)^.*[xyz]mm.*\(%rsp.*$|^.*\(%rsp.*[xyz]mm.*$`)
	for _, level := range []string{"x86-64-v3", "x86-64-v4"} {
		for _, d := range []tensor.DType{tensor.F32, tensor.F64} {
			for _, n := range []int{8, 12, 20, 32, 100} {
				specs := []einc.Spec{{DType: d, Shape: []int{n, n}}, {DType: d, Shape: []int{n, n}}}
				e, err := einc.Explain(context.Background(), "ij,jk->ik", specs, &einc.Options{Level: level, Isolate: true, Cache: "off"}, "asm")
				if einc.IsMissing(err) {
					t.Skip("LLVM is missing")
				}
				require.NoError(t, err)
				require.Regexp(t, `[yz]mm`, e.String())
				require.Empty(t, spill.FindAllString(e.String(), -1), "%s %v %d", level, d, n)
			}
		}
	}
}
