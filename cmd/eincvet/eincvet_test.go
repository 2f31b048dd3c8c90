package main

import (
	"go/ast"
	goparser "go/parser"
	"go/printer"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/analysis/analysistest"
)

func TestTexts(t *testing.T) {
	results := analysistest.Run(t, analysistest.TestData(), Analyzer, "texts")
	places(t, results)
	constantPlace(t, results)
}

var wantedPlace = regexp.MustCompile(`/\* at (.*?) +\*/|/\* at (.*?)\*/`)

// places checks that each diagnostic covers what its line says in a comment.
func places(t *testing.T, results []*analysistest.Result) {
	checked := 0
	for _, r := range results {
		for _, d := range r.Diagnostics {
			from, to := r.Pass.Fset.Position(d.Pos), r.Pass.Fset.Position(d.End)
			data, err := os.ReadFile(from.Filename)
			require.NoError(t, err)
			line := strings.Split(string(data), "\n")[from.Line-1]
			m := wantedPlace.FindStringSubmatch(line)
			require.NotNil(t, m, "%s: %s", from, d.Message)
			require.Equal(t, m[1]+m[2], string(data[from.Offset:to.Offset]), "%s: %s", from, d.Message)
			require.True(t, strings.HasSuffix(d.Message, "["+d.Category+"]"), d.Message)
			checked++
		}
	}
	require.Greater(t, checked, 28)
}

// constantPlace checks that an error in a declared constant leads to its declaration.
func constantPlace(t *testing.T, results []*analysistest.Result) {
	for _, r := range results {
		for _, d := range r.Diagnostics {
			if !strings.HasPrefix(d.Message, `in "ij,jk->iz"`) {
				continue
			}
			require.Len(t, d.Related, 1)
			p := r.Pass.Fset.Position(d.Related[0].Pos)
			require.Equal(t, "14:25", strings.TrimPrefix(p.String(), p.Filename+":"))
			return
		}
	}
	t.Fatal("the diagnostic is missing")
}

func TestOperands(t *testing.T) { analysistest.Run(t, analysistest.TestData(), Analyzer, "operands") }

func TestLoops(t *testing.T) { analysistest.Run(t, analysistest.TestData(), Analyzer, "loops") }

func TestKernels(t *testing.T) { analysistest.Run(t, analysistest.TestData(), Analyzer, "kernels") }

func TestFixes(t *testing.T) {
	analysistest.RunWithSuggestedFixes(t, analysistest.TestData(), Analyzer, "fixes")
}

// TestCarriageReturns checks places in raw strings of files with CRLF, whose syntax tree lacks the CRs.
func TestCarriageReturns(t *testing.T) {
	dir, cleanup, err := analysistest.WriteFiles(map[string]string{"crlf/crlf.go": strings.ReplaceAll(`package crlf

import "github.com/einc-lang/einc"

var _, _ = einc.Einsum(`+"`"+`
	D[i] = A[i]
	C[i] = exq(D[i])`+"`"+`, nil) // want "no function 'exq'"
`, "\n", "\r\n")})
	require.NoError(t, err)
	defer cleanup()
	copyTree(t, "testdata/src/github.com", filepath.Join(dir, "src/github.com"))
	d := analysistest.Run(t, dir, Analyzer, "crlf")[0]
	file, err := os.ReadFile(filepath.Join(dir, "src/crlf/crlf.go"))
	require.NoError(t, err)
	offset := d.Pass.Fset.Position(d.Diagnostics[0].Pos).Offset
	require.Equal(t, "exq", string(file[offset:offset+3]))
}

// TestSignatures holds the package that the other tests check calls of against the real one.
func TestSignatures(t *testing.T) {
	real, fake := signatures(t, "../.."), signatures(t, "testdata/src/github.com/einc-lang/einc")
	require.GreaterOrEqual(t, len(real), 8)
	for name, sig := range real {
		require.Equal(t, sig, fake[name], "testdata has another %s", name)
	}
}

// signatures prints the exported functions of a package that take an expression.
func signatures(t *testing.T, dir string) map[string]string {
	fset := token.NewFileSet()
	out := map[string]string{}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, name := range files {
		f, err := goparser.ParseFile(fset, name, nil, goparser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !fn.Name.IsExported() || fn.Recv != nil || strings.HasSuffix(name, "_test.go") {
				continue
			}
			var b strings.Builder
			require.NoError(t, printer.Fprint(&b, fset, fn.Type))
			if regexp.MustCompile(`\bexpr\b[^)]*string`).MatchString(b.String()) {
				out[fn.Name.Name] = b.String()
			}
		}
	}
	return out
}

// module writes a module that uses the testdata's einc and has one mistake.
func module(t *testing.T) string {
	dir := t.TempDir()
	copyTree(t, "testdata/src/github.com/einc-lang/einc", filepath.Join(dir, "einc"))
	for name, text := range map[string]string{
		"einc/go.mod": "module github.com/einc-lang/einc\n\ngo 1.25\n",
		"go.mod": "module example.org/user\n\ngo 1.25\n\nrequire github.com/einc-lang/einc v0.0.0\n\n" +
			"replace github.com/einc-lang/einc => ./einc\n",
		"user.go": "package user\n\nimport \"github.com/einc-lang/einc\"\n\n" +
			"func product(a, b *einc.Tensor) (*einc.Tensor, error) {\n\treturn einc.Einsum(\"ij,jk->iK\", a, b)\n}\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
	return dir
}

func copyTree(t *testing.T, from, to string) {
	require.NoError(t, os.CopyFS(to, os.DirFS(from)))
}

// TestCommand runs the command as a vet tool, alone, and to fix what it found.
func TestCommand(t *testing.T) {
	tool := filepath.Join(t.TempDir(), "eincvet")
	run := func(dir string, name string, args ...string) (string, error) {
		cmd := exec.Command(name, args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := run(".", "go", "build", "-mod=readonly", "-o", tool, ".")
	require.NoError(t, err, out)
	dir := module(t)
	const says = `user\.go:6:30: output index 'K' is in no input, so its extent is unknown; did you mean 'k'\? \[output-unknown\]`
	for _, args := range [][]string{{"go", "vet", "-vettool=" + tool, "./..."}, {tool, "./..."}} {
		out, err = run(dir, args[0], args[1:]...)
		require.Error(t, err, args)
		require.Regexp(t, says, out)
		require.Equal(t, 1, strings.Count(out, "output-unknown"), out)
	}
	out, err = run(dir, tool, "-fix", "./...")
	require.NoError(t, err, out)
	out, err = run(dir, "go", "vet", "-vettool="+tool, "./...")
	require.NoError(t, err, out)
	fixed, err := os.ReadFile(filepath.Join(dir, "user.go"))
	require.NoError(t, err)
	require.Contains(t, string(fixed), `"ij,jk->ik"`)
}
