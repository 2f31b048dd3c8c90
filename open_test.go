package einc_test

import (
	"context"
	"testing"
	"time"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

func openProduct(t *testing.T, opts *einc.Options) *einc.Func {
	t.Helper()
	opts.Dynamic = []string{einc.AllLabels}
	f, err := einc.Compile("ik,kj->ij", []einc.Spec{specOf(tensor.F64, 4, 5), specOf(tensor.F64, 5, 6)}, opts)
	if einc.IsMissing(err) {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

func TestOpenCallAllocatesNothing(t *testing.T) {
	f := openProduct(t, &einc.Options{Engine: einc.Native, Cache: "off"})
	var calls [][]*tensor.Tensor
	for _, n := range []int{3, 70} {
		a, b := arange(t, n, n+1), arange(t, n+1, 2*n)
		out, err := f.NewOutputFor(a, b)
		require.NoError(t, err)
		require.NoError(t, f.Call(out, a, b))
		calls = append(calls, []*tensor.Tensor{out, a, b})
	}
	for _, c := range calls {
		require.Zero(t, testing.AllocsPerRun(100, func() { _ = f.Call(c[0], c[1:]...) }))
	}
}

// TestCallsForNothing: where the result has no elements, temporaries that have are not computed.
func TestCallsForNothing(t *testing.T) {
	f, err := einc.Compile("ij,jk,kl->il", []einc.Spec{specOf(tensor.F64, 40, 9), specOf(tensor.F64, 9, 9), specOf(tensor.F64, 9, 1)},
		&einc.Options{Dynamic: []string{"i", "j", "k"}})
	require.NoError(t, err)
	defer f.Close()
	one, err := tensor.New(tensor.F64, 1, 1)
	require.NoError(t, err)
	const n = 1 << 20
	many, err := one.Expand(n, n)
	require.NoError(t, err)
	last, err := one.Expand(n, 1)
	require.NoError(t, err)
	none, err := tensor.New(tensor.F64, 0, n)
	require.NoError(t, err)
	out, err := f.NewOutputFor(none, many, last)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	require.NoError(t, f.CallContext(ctx, out, none, many, last))
	cancel()
	require.ErrorIs(t, f.CallContext(ctx, out, none, many, last), context.Canceled)
}

func TestOpenCallsRefuseWhatDisagrees(t *testing.T) {
	f := openProduct(t, &einc.Options{Engine: einc.Interpreter})
	_, err := f.NewOutput()
	require.ErrorContains(t, err, "use NewOutputFor")
	_, err = f.NewOutputFor(arange(t, 3, 4))
	require.ErrorContains(t, err, "1 operands given, the function takes 2")
	_, err = f.NewOutputFor(arange(t), arange(t, 4, 5))
	require.ErrorContains(t, err, "no axis that tells the output's extent i")
	_, err = f.NewOutputFor(nil, arange(t, 4, 5))
	require.EqualError(t, err, "operand 0 is nil")
	_, err = f.NewOutputFor(arange(t, 3, 4), arange(t, 5, 5))
	require.EqualError(t, err, f.Call(arange(t, 3, 5), arange(t, 3, 4), arange(t, 5, 5)).Error())
	require.ErrorContains(t, f.Call(arange(t, 3, 5), arange(t, 3, 4), arange(t, 5, 5)),
		"operand 1 is f64[5 5], the function was compiled for f64[k j] with k = 4, j = 5")
	require.ErrorContains(t, f.Call(arange(t, 3, 6), arange(t, 3, 4), arange(t, 4, 5)), "the output is f64[3 6]")
	require.ErrorContains(t, f.Call(arange(t, 3, 5), arange(t, 3), arange(t, 4, 5)), "operand 0 is f64[3]")
	for _, o := range []*einc.Options{{MaxMemory: 1 << 20}, {Specialize: true}} {
		o.Dynamic = []string{"i"}
		_, err := einc.Compile("i->", []einc.Spec{specOf(tensor.F64, 4)}, o)
		require.ErrorContains(t, err, "known")
	}
	_, err = einc.Compile("T[j] = A[i,j]; Y[i] = T[i]*B[j]", []einc.Spec{specOf(tensor.F64, 5, 1), specOf(tensor.F64, 3)}, &einc.Options{Dynamic: []string{"i"}})
	require.ErrorContains(t, err, `"i" is to be left open: give an example of its extent that is 2 or more, not 1, which it is in the statement for Y`)
	require.True(t, einc.IsOption(err))
	_, err = einc.Compile("i->", []einc.Spec{specOf(tensor.F64, 4)}, &einc.Options{Dynamic: []string{"q"}})
	require.ErrorContains(t, err, `"q" is to be left open, but the expression has no such label`)
}

// Along an axis with one position no stride is looked at, but one that is a run with it depends on what the code
// takes that stride to be: views that repeat an element must not be read as rows.
func TestOpenCallsTellRunsFromRepeats(t *testing.T) {
	for _, engine := range []einc.Engine{einc.Auto, einc.Interpreter} {
		f, err := einc.Compile("abc->c", []einc.Spec{specOf(tensor.I64, 4, 5, 6)},
			&einc.Options{Engine: engine, Cache: "off", Dynamic: []string{einc.AllLabels}})
		require.NoError(t, err)
		defer f.Close()
		base, err := tensor.Arange(tensor.I64, 64)
		require.NoError(t, err)
		for _, c := range []struct{ shape, strides []int }{
			{[]int{4, 3, 1}, []int{0, 0, 0}}, {[]int{4, 1, 1}, []int{0, 0, 0}}, {[]int{4, 1, 3}, []int{0, 0, 1}},
			{[]int{4, 3, 1}, []int{6, 2, 2}}, {[]int{4, 3, 1}, []int{3, 1, 7}}, {[]int{1, 3, 2}, []int{9, 2, 1}},
			{[]int{3, 1, 2}, []int{2, 0, 1}}, {[]int{3, 1, 2}, []int{8, 8, 1}},
		} {
			x, err := base.AsStrided(5, c.shape, c.strides)
			require.NoError(t, err)
			want := make([]int64, c.shape[2])
			for i, v := range valuesOf(t, x) {
				want[i%c.shape[2]] += v
			}
			out, err := f.NewOutputFor(x)
			require.NoError(t, err)
			require.NoError(t, f.Call(out, x))
			require.Equal(t, want, valuesOf(t, out), "%v", c)
		}
	}
}

func valuesOf(t *testing.T, x *tensor.Tensor) []int64 {
	t.Helper()
	v, err := tensor.Values[int64](x)
	require.NoError(t, err)
	return v
}
