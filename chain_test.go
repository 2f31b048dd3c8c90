package einc_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/tensor"
)

// chainText is a product of n matrices: index k joins the k-th and the next.
func chainText(n int) string {
	var b strings.Builder
	b.WriteString("Y[i0,i")
	fmt.Fprintf(&b, "%d] = ", n)
	for k := range n {
		if k > 0 {
			b.WriteString(" * ")
		}
		fmt.Fprintf(&b, "A%d[i%d,i%d]", k, k, k+1)
	}
	return b.String()
}

// chainOperands are n matrices that multiply to small numbers.
func chainOperands(t testing.TB, n, size int) []*tensor.Tensor {
	operands := make([]*tensor.Tensor, n)
	for k := range operands {
		m, err := tensor.New(tensor.F64, size, size)
		require.NoError(t, err)
		for i := range size {
			require.NoError(t, m.SetAt(1, i, (i+k)%size))
		}
		operands[k] = m
	}
	return operands
}

func compileChain(t testing.TB, operands []*tensor.Tensor) *einc.Func {
	specs := make([]einc.Spec, len(operands))
	for i, o := range operands {
		specs[i] = einc.Spec{DType: o.DType(), Shape: o.Shape()}
	}
	f, err := einc.Compile(chainText(len(operands)), specs, &einc.Options{Engine: einc.Native, Cache: "off", Workers: 1})
	if einc.IsMissing(err) {
		t.Skip(err)
	}
	require.NoError(t, err)
	return f
}

// BenchmarkChain multiplies chains of tiny matrices: it is all steps and hardly any work.
func BenchmarkChain(b *testing.B) {
	for _, n := range []int{2_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			operands := chainOperands(b, n, 2)
			start := time.Now()
			f := compileChain(b, operands)
			defer f.Close()
			compile := time.Since(start)
			out, err := f.NewOutput()
			require.NoError(b, err)
			require.NoError(b, f.Call(out, operands...))
			b.ResetTimer()
			for b.Loop() {
				if err := f.Call(out, operands...); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n-1), "ns/step")
			b.ReportMetric(float64(compile.Microseconds())/float64(n-1), "compile-µs/step")
		})
	}
}
