package golden_test

import (
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// TestLongSumsOfManyTiles multiplies tall matrices of whole numbers, whose sums are exact: of blocks of terms in parts, the last of each
// shorter.
func TestLongSumsOfManyTiles(t *testing.T) {
	const rows, left, right = 140001, 70, 6
	hostLevels(t)
	a, b := make([]float64, rows*left), make([]float64, rows*right)
	for i := range a {
		a[i] = float64(i*7%31 - 15)
	}
	for i := range b {
		b[i] = float64(i*5%17 - 8)
	}
	want := make([]float64, left*right)
	for k := range rows {
		for i, x := range a[k*left:][:left] {
			for j, y := range b[k*right:][:right] {
				want[i*right+j] += x * y
			}
		}
	}
	x, err := tensor.From(a, rows, left)
	require.NoError(t, err)
	y, err := tensor.From(b, rows, right)
	require.NoError(t, err)
	f, err := einc.CompileFor(t.Context(), "ki,kj->ij", options(einc.Native), []*tensor.Tensor{x, y})
	require.NoError(t, err)
	defer f.Close()
	out, err := f.NewOutputFor(x, y)
	require.NoError(t, err)
	require.NoError(t, f.Call(out, x, y))
	got, err := tensor.Values[float64](out)
	require.NoError(t, err)
	require.Equal(t, want, got)
}
