package einc_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

func TestExplainStages(t *testing.T) {
	specs := []einc.Spec{specOf(tensor.F32, 4, 5), specOf(tensor.F32, 5, 6)}
	e, err := einc.Explain(context.Background(), "ik,kj->ij", specs, nil, einc.StageNames()[:6]...)
	require.NoError(t, err)
	want := map[string]string{"words": "summed", "program": "ik,kj->ij", "problem": "sum[k]", "plan": "peak", "loop": "for ", "llvm": "define"}
	for _, s := range e {
		require.Contains(t, s.Text, want[s.Name], s.Name)
		require.Contains(t, e.String(), "-- "+s.Name+" --")
	}
	_, err = einc.Explain(context.Background(), "ik,kj->ij", specs, nil, "lop")
	require.ErrorContains(t, err, "the stages are words, program")
	_, err = einc.Explain(context.Background(), "ik,kj->ij", nil, nil, "plan")
	require.ErrorContains(t, err, "shapes")
}

// Figures for open extents are those of an example, and words say of which.
func TestExplainOpen(t *testing.T) {
	specs := []einc.Spec{specOf(tensor.F32, 4, 5), specOf(tensor.F32, 5, 6)}
	words := func(open ...string) string {
		e, err := einc.Explain(t.Context(), "ik,kj->ij", specs, &einc.Options{Dynamic: open}, "words")
		require.NoError(t, err)
		return e[0].Text
	}
	require.Contains(t, words("i"), "figures are for i=4\n  known: j=6 k=5\n")
	require.Contains(t, words(einc.AllLabels), "figures are for i=4 j=6 k=5\n")
	require.NotContains(t, words(einc.AllLabels), "known")
}

func TestFuncExplain(t *testing.T) {
	f := native(t, "i,i->", specOf(tensor.F64, 9), specOf(tensor.F64, 9))
	require.Contains(t, f.Explain().String(), "-- loop --")
}

func TestDump(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("EINCDUMP", "dir:"+dir)
	f := native(t, "ab->ba", specOf(tensor.F32, 3, 7))
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	require.NoError(t, err)
	require.Len(t, files, len(einc.StageNames()))
	text, err := os.ReadFile(files[2])
	require.NoError(t, err)
	require.Equal(t, f.Explain()[2].Text, string(text))
}

// Variants that calls have compiled are compilations, too.
func TestDumpOfSpecialized(t *testing.T) {
	native(t, "i->", specOf(tensor.F32, 2)) // assembly is among the stages
	f, err := einc.Compile("ab->ab", []einc.Spec{specOf(tensor.F32, 3, 7)}, &einc.Options{Specialize: true, Cache: "off"})
	require.NoError(t, err)
	defer f.Close()
	dir := t.TempDir()
	t.Setenv("EINCDUMP", "dir:"+dir)
	out, err := f.NewOutput()
	require.NoError(t, err)
	back, err := arange(t, 3, 7).Convert(tensor.F32)
	require.NoError(t, err)
	back, err = back.Flip(1)
	require.NoError(t, err)
	require.NoError(t, f.Call(out, back))
	files, err := filepath.Glob(filepath.Join(dir, "*-problem.txt"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	text, err := os.ReadFile(files[0])
	require.NoError(t, err)
	require.Contains(t, string(text), "strides [7,-1]")
}

func TestBuildKinds(t *testing.T) {
	native(t, "i->", specOf(tensor.F32, 2))
	a, err := einc.Build(context.Background(), "ik,kj->ij", "matmul", []einc.Spec{specOf(tensor.F32, 4, 5), specOf(tensor.F32, 5, 6)}, nil)
	require.NoError(t, err)
	want := map[string]string{"obj": "\x7fELF", "header": "matmul", "asm": "ret", "llvm-ir": "define", "plan": "peak", "loops": "for "}
	for _, kind := range einc.Kinds() {
		data, err := a.Emit(context.Background(), kind)
		require.NoError(t, err)
		require.True(t, strings.Contains(string(data), want[kind]), kind)
	}
}
