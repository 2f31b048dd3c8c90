package tensor

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// testdata/numpy.json holds files that NumPy 2.4 saved, and what it prints for them.
type numpyCase struct {
	Npy  []byte `json:"npy"`
	Text string `json:"text"`
}

func numpyCases(t testing.TB) (cases []numpyCase) {
	raw, err := os.ReadFile("testdata/numpy.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &cases))
	return cases
}

func TestLikeNumPy(t *testing.T) {
	for _, c := range numpyCases(t) {
		a, err := ReadNpy(bytes.NewReader(c.Npy))
		require.NoError(t, err)
		require.Equal(t, c.Text, a.String(), "%v", a.DType())
		var b bytes.Buffer
		require.NoError(t, WriteNpy(&b, a))
		require.Equal(t, string(c.Npy), b.String())
	}
}

func TestStringSummarises(t *testing.T) {
	require.Equal(t, "[   0    1    2 ...  999 1000 1001]", arange(1002).String())
	require.NotContains(t, arange(10, 100).String(), "...")
	s := must(arange(40, 2, 40).Convert(F64)).String()
	require.True(t, strings.HasPrefix(s, `[[[0.000e+00 1.000e+00 2.000e+00 ... 3.700e+01 3.800e+01 3.900e+01]
  [4.000e+01 `), s)
	require.Contains(t, s, "]]\n\n ...\n\n [[")
	wide := must(Scalar(true).Expand(slices.Repeat([]int{2}, 46)...))
	require.Less(t, len(wide.String()), 1<<20)
	require.Less(t, len(wide.Storage()), 1<<11)
	deep := must(Scalar(true).Reshape(slices.Repeat([]int{1}, MaxRank)...))
	require.Equal(t, strings.Repeat("[", MaxRank)+" True"+strings.Repeat("]", MaxRank), deep.String())
	require.Equal(t, "[1.   2.5  0.01]", must(must(From([]float32{1, 2.5, 0.01}, 3)).Convert(BF16)).String())
}

func TestStorageOfOddViews(t *testing.T) {
	a := must(Arange(I16, 100))
	v := must(a.Index(Slice(90, 80, -3)))
	s := v.Storage()
	require.True(t, strings.HasPrefix(s, "i16 view of shape (4,): strides (-3,) in elements, (-6,) in bytes; offset 90\n"+
		"4 elements in storage of 100 elements, 200 bytes\n"), s)
	require.Contains(t, s, "       68       136     68  -\n")
	require.Contains(t, s, "       81       162     81  [3]\n")
	require.Contains(t, s, "       90       180     90  [0]\n")
	require.Contains(t, s, "       91       182     91  -\n")
	require.Contains(t, s, "        …  68 elements before\n")
	require.NotContains(t, s, "after")
	require.Contains(t, must(New(F32, 0, 3)).Storage(), "0 elements in storage of 0 elements, 0 bytes\n")
	require.Contains(t, must(Scalar(1.5).Expand(100)).Storage(), "        0         0    1.5  [0] [1] [2] [3] [4] [5] …\n")
	windows := must(a.AsStrided(0, []int{3, 3}, []int{1, 1}))
	require.Contains(t, windows.Storage(), "        2         4      2  [0, 2] [1, 1] [2, 0]\n")
}
