package einc

import (
	"context"
	"testing"

	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// loadedKernels is how much code the process holds.
func loadedKernels() int {
	kernels.mu.Lock()
	defer kernels.mu.Unlock()
	return len(kernels.loaded)
}

// TestEinsumReusesOpenCode calls one expression with ever new shapes: code for open extents takes over, and
// no more is compiled.
func TestEinsumReusesOpenCode(t *testing.T) {
	call := func(ctx context.Context, m, n, k int) {
		a, err := tensor.New(tensor.F64, m, k)
		require.NoError(t, err)
		b, err := tensor.New(tensor.F64, n, k)
		require.NoError(t, err)
		for i := range k {
			require.NoError(t, a.SetAt(float64(i+1), m-1, i))
			require.NoError(t, b.SetAt(2, n-1, i))
		}
		out, err := EinsumContext(ctx, "ik,jk->ij", &Options{Cache: "off"}, a, b)
		if ctx.Err() != nil {
			require.ErrorIs(t, err, context.Canceled)
			return
		}
		require.NoError(t, err)
		require.Equal(t, []int{m, n}, out.Shape())
		got, err := out.At(m-1, n-1)
		require.NoError(t, err)
		require.Equal(t, float64(k*(k+1)), got)
	}
	if f, err := Compile("i->", []Spec{{DType: tensor.F64, Shape: []int{3}}}, &Options{Engine: Native, Cache: "off"}); err != nil {
		t.Skipf("no native code: %v", err)
	} else {
		f.Close()
	}
	for n := range ownShapes {
		call(t.Context(), 3+n, 4+n, 5+2*n)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	call(ended, 20, 21, 22) // the code for all shapes is due here, and the next call makes it
	call(t.Context(), 30, 31, 32)
	loaded := loadedKernels()
	for n := range 10 {
		call(t.Context(), 2+7*n, 2+11*n, 2+13*n)
	}
	require.Equal(t, loaded, loadedKernels())
	call(t.Context(), 1, 7, 9)
	require.Equal(t, loaded+1, loadedKernels(), "an extent of 1 is another class")
}

// TestOneErrorForBothVariants fails to compile the code for the layouts at hand and for any, for one reason.
func TestOneErrorForBothVariants(t *testing.T) {
	c, err := prepare(t.Context(), "ij->ji", []Spec{{DType: tensor.F64, Shape: []int{67, 41}}}, &Options{Engine: Native, Cache: "off"})
	require.NoError(t, err)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = newFunc(ended, c, true)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "\n")
}
