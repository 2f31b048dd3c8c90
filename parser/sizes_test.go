package parser_test

import (
	"testing"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

func TestSpecsFromSizes(t *testing.T) {
	shapes := func(expr, sizes string) ([][]int, error) {
		p, err := parser.Parse(expr, parser.ModeAuto)
		require.NoError(t, err)
		specs, err := p.SpecsFromSizes(sizes, tensor.F32)
		var out [][]int
		for _, s := range specs {
			out = append(out, s.Shape)
		}
		return out, err
	}
	got, err := shapes("ik,kj->ij", "i=2, j=3,k=4")
	require.NoError(t, err)
	require.Equal(t, [][]int{{2, 4}, {4, 3}}, got)
	got, err = shapes("C[i] += A[i,k]*s", "i=2,k=3")
	require.NoError(t, err)
	require.Equal(t, [][]int{{2}, {2, 3}, {}}, got)
	for sizes, message := range map[string]string{"i=2": "index 'k'", "i=2,k": "INDEX=EXTENT", "z=1": "no index 'z'",
		"i=1,i=2": "two sizes", "i=-1": "INDEX=EXTENT"} {
		_, err := shapes("ik,k->i", sizes)
		require.ErrorContains(t, err, message)
	}
	_, err = shapes("i...->i", "i=2")
	require.ErrorContains(t, err, "ellipsis")
}

func TestParseMode(t *testing.T) {
	for _, m := range []parser.Mode{parser.ModeAuto, parser.ModeNumPy, parser.ModeIndex, parser.ModeEinstein} {
		got, err := parser.ParseMode(m.String())
		require.NoError(t, err)
		require.Equal(t, m, got)
	}
	_, err := parser.ParseMode("nump")
	require.ErrorContains(t, err, "numpy, index or einstein")
}
