package einc

import (
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
	call := func(m, n, k int) {
		a, err := tensor.New(tensor.F64, m, k)
		require.NoError(t, err)
		b, err := tensor.New(tensor.F64, n, k)
		require.NoError(t, err)
		for i := range k {
			require.NoError(t, a.SetAt(float64(i+1), m-1, i))
			require.NoError(t, b.SetAt(2, n-1, i))
		}
		out, err := EinsumContext(t.Context(), "ik,jk->ij", &Options{Cache: "off"}, a, b)
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
	for n := range ownShapes + 1 {
		call(3+n, 4+n, 5+2*n)
	}
	loaded := loadedKernels()
	for n := range 10 {
		call(2+7*n, 2+11*n, 2+13*n)
	}
	require.Equal(t, loaded, loadedKernels())
	call(1, 7, 9)
	require.Equal(t, loaded+1, loadedKernels(), "an extent of 1 is another class")
}
