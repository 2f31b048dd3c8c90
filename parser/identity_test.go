package parser_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
)

func TestIdentities(t *testing.T) {
	for _, c := range []struct {
		r     parser.ReduceOp
		d     tensor.DType
		whole int64
	}{
		{parser.Max, tensor.I8, -128}, {parser.Min, tensor.I8, 127}, {parser.Max, tensor.I64, -1 << 63}, {parser.Min, tensor.I64, 1<<63 - 1},
		{parser.Min, tensor.I32, 1<<31 - 1}, {parser.Max, tensor.I16, -1 << 15}, {parser.Prod, tensor.I16, 1}, {parser.Sum, tensor.I16, 0},
	} {
		_, whole := c.r.Identity(c.d)
		require.Equal(t, c.whole, whole, "%s %s", c.r, c.d)
	}
	for _, d := range tensor.DTypes() {
		most, _ := parser.Max.Identity(d)
		least, _ := parser.Min.Identity(d)
		want := [2]float64{math.Inf(-1), math.Inf(1)}
		if d == tensor.Bool {
			want = [2]float64{0, 1}
		}
		require.Equal(t, want, [2]float64{most, least}, "%s", d)
	}
}
