package golden_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the sections that are present in golden files")

// TestGolden runs the txtar files of this folder: "in" holds an expression, its operands' shapes (as
// 2x3:f32; none for a case without sizes) and optionally a CPU level; every other section is named for
// a stage, or "error" or "gradients", and holds what is printed for it.
func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(path, ".txtar"), func(t *testing.T) { checkArchive(t, path) })
	}
}

func checkArchive(t *testing.T, path string) {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	a := txtar.Parse(data)
	require.NotEmpty(t, a.Files)
	require.Equal(t, "in", a.Files[0].Name)
	for i := range a.Files[1:] {
		f := &a.Files[1+i]
		got := stageText(t, string(a.Files[0].Data), f.Name)
		if *update {
			f.Data = []byte(got)
			continue
		}
		require.Equal(t, string(f.Data), got, "section %s of %s; run: go test ./golden -update", f.Name, path)
	}
	if *update {
		require.NoError(t, os.WriteFile(path, txtar.Format(a), 0o644))
	}
}

// stageText is what einc prints for a stage of a case; the level is fixed so that files do not depend
// on the machine that runs the test.
func stageText(t *testing.T, in, stage string) string {
	lines := strings.Split(strings.TrimRight(in, "\n"), "\n")
	opts := &einc.Options{Level: "x86-64-v3", Workers: 1, Isolate: true}
	var specs []einc.Spec
	expr := lines[0]
	for _, line := range lines[1:] {
		key, value, _ := strings.Cut(line, " ")
		switch key {
		case "shapes":
			for _, s := range strings.Fields(value) {
				specs = append(specs, spec(t, s))
			}
		case "open":
			opts.Dynamic = strings.Fields(value)
		case "mode":
			m, err := parser.ParseMode(value)
			require.NoError(t, err)
			opts.Mode = m
		default:
			require.Fail(t, "unknown line in section in", line)
		}
	}
	if stage == "gradients" {
		return gradientsText(t, expr, opts.Mode)
	}
	if stage == "error" {
		_, err := einc.Explain(context.Background(), expr, specs, opts, "words", "plan")
		var e *parser.Error
		require.ErrorAs(t, err, &e)
		return strings.TrimRight(e.Detail(), "\n") + "\n"
	}
	require.True(t, slices.Contains(einc.StageNames(), stage), stage)
	e, err := einc.Explain(context.Background(), expr, specs, opts, stage)
	require.NoError(t, err)
	return e[0].Text
}

// gradientsText is what einc grad prints.
func gradientsText(t *testing.T, expr string, mode parser.Mode) (text string) {
	all, err := einc.Gradients(expr, mode)
	require.NoError(t, err)
	for _, g := range all {
		text += "# by " + g.Operand + "\n" + g.Expr + "\n"
	}
	return text
}

// spec reads "2x3:f32", "f32" being the default and "scalar" a shape.
func spec(t *testing.T, s string) einc.Spec {
	shape, name, ok := strings.Cut(s, ":")
	if !ok {
		name = "f32"
	}
	d, err := tensor.ParseDType(name)
	require.NoError(t, err)
	out := einc.Spec{DType: d, Shape: []int{}}
	if shape == "scalar" {
		return out
	}
	for _, part := range strings.Split(shape, "x") {
		n := 0
		for _, c := range part {
			require.True(t, c >= '0' && c <= '9', s)
			n = 10*n + int(c-'0')
		}
		out.Shape = append(out.Shape, n)
	}
	return out
}
