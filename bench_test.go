package einc

import (
	"testing"

	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// The loop that gives the peak must be sound and keep every chain, in every type and at every level.
func TestChainNest(t *testing.T) {
	for _, level := range codegen.Levels() {
		target, err := codegen.TargetFor(level)
		require.NoError(t, err)
		for _, d := range []DType{tensor.F32, tensor.F64, tensor.I8, tensor.I32, tensor.I64} {
			n := chainNest(target, d, 12, 3)
			require.NoError(t, loop.Verify(n))
			lanes := target.Lanes(d)
			in, err := tensor.New(d, 14*lanes)
			require.NoError(t, err)
			out, err := tensor.New(d, 3*lanes)
			require.NoError(t, err)
			// A factor of 1 and an addend of 0 leave the chains as they are: the sum is that of the inputs.
			for i := range in.Len() {
				require.NoError(t, in.SetAt([]float64{1, 0, 2}[min(i/lanes, 2)], i))
			}
			mems := []loop.Mem{{Data: out.Bytes()}, {Data: in.Bytes()}}
			require.NoError(t, loop.Run(n, mems, nil, 0, 1))
			got, err := out.At(lanes - 1)
			require.NoError(t, err)
			require.Equal(t, 24.0, got, "%s %v", level, d)
		}
	}
}

func TestMeasurementSums(t *testing.T) {
	m := &Measurement{Samples: []Sample{{1, 40}, {1, 10}, {1, 20}, {1, 30}}}
	m.sum(100, 50)
	require.Equal(t, []float64{25, 10, 40, 8, 2}, []float64{m.MedianNanos, m.MinNanos, m.MaxNanos, m.GFlops, m.GBytes})
	require.Equal(t, 4, m.Rounds)
}

func TestMeasureRefuses(t *testing.T) {
	specs := []Spec{{DType: tensor.F32, Shape: []int{4, 4}, Strides: []int{1, 4}}}
	_, err := Measure(t.Context(), "ij->i", specs, nil)
	require.ErrorContains(t, err, "only row-major operands")
	_, err = Measure(t.Context(), "ij->i", nil, &Options{Engine: Interpreter})
	require.ErrorContains(t, err, "only native code")
}
