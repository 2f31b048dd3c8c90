package einc_test

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/parser"
	"github.com/stretchr/testify/require"
)

// genDirectives are kernels that differ in what their files hold: an open index, workspace and several
// launches, functions, temporaries, and every element type.
var genDirectives = []string{
	`//einc:kernel BatchMul "bij,bjk->bik" b=*,i=5,j=7,k=9 float32`,
	`//einc:kernel Mlp "T[h] = 2*U[h]; H[b,h] = relu(X[b,i]*W[i,h] + T[h]); Y[b,o] = H[b,h]*V[h,o]" b=*,i=4,h=8,o=17 float32`,
	`//einc:kernel Packed "ik,kj->ij" i=120,j=72,k=130 float64`,
	`//einc:kernel Blocks "ik,kj->ij" i=128,k=600,j=140 float64`,
	`//einc:kernel layer "Y[b,o] = gelu(X[b,i] * W[i,o] + bias[o])" b=3,i=5,o=19 float32`,
	`//einc:kernel Chain "T[i,k] = A[i,j]*B[j,k]; D[i,i] = T[i,i]" i=4,j=3,k=4 complex128`,
	`//einc:kernel Tropical "P[i,j] max= A[i,k] + B[k,j]" i=3,j=17,k=4 int16`,
	`//einc:kernel Half "Y[i] = sigmoid(X[i,j]) - 2" i=3,j=21 float16`,
	`//einc:kernel Brain "ij->j" i=3,j=9 bfloat16`,
	`//einc:kernel Any "ij,j->i" i=3,j=33 bool`,
	`//einc:kernel Empty "ij,jk->ik" i=3,j=0,k=2 int64`,
	`//einc:kernel Nothing "ij,jk->ik" i=0,j=3,k=2 float32`,
	`//einc:kernel NoTerms "bi,i->b" b=*,i=0 float64`,
	`//einc:kernel Größe "M[i] = sqrt(abs(Z[i]))" i=11 complex64`,
	// Of these, the tests look at a sample of the elements.
	`//einc:kernel LargeSteps "T[i,k] = A[i,j]*B[j,k]; D[i,i] += T[i,k]*T[k,i]" i=260,j=261,k=260 float32`,
	`//einc:kernel LargeItems "bij,bjk->bik" b=*,i=80,j=81,k=82 float16`,
}

// slicedDirectives are kernels that a limit of memory cuts into slices: with loops that sum, that stop short in
// the last slice, and an open index around them.
var slicedDirectives = map[string]int64{
	`//einc:kernel SlicedRows "ab,bc,cd->ad" a=60,b=65,c=66,d=67 float64`:            6000,
	`//einc:kernel SlicedSum "abx,bcx,cdx->ad" a=24,b=15,c=26,d=17,x=5 complex64`:    4000,
	`//einc:kernel SlicedItems "nab,bc,cd,de->nae" n=*,a=11,b=13,c=17,d=7,e=9 int32`: 700,
	sharedSlices: 20000,
}

// sharedSlices is one whose plan comes from a file, and that goroutines share.
const sharedSlices = `//einc:kernel SlicedBatch "bij,bjk,bkl->bil" b=390,i=16,j=18,k=19,l=23 float64`

// slicedPlan is a plan file of one worker's plan.
func slicedPlan(t *testing.T, d *parser.Directive, memory int64) *einc.PlanFile {
	p, err := einc.PlanExpr(t.Context(), d.Expr, d.Specs(1), &einc.Options{MaxMemory: memory, Level: "x86-64-v2", Workers: 1})
	require.NoError(t, err)
	text, err := p.File()
	require.NoError(t, err)
	f, err := einc.ReadPlan(bytes.NewReader(text))
	require.NoError(t, err)
	return f
}

// generate writes the kernels as a package into a module of its own.
func generate(t *testing.T, directives []string) string {
	if err := einc.Doctor(&einc.Options{Cache: "off"}); err[0].Err != nil {
		t.Log(err[0].Err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write("go.mod", "module example.com/kernels\n\ngo 1.22\n")
	write("doc.go", "// Package kernels is generated.\npackage kernels\n")
	for _, text := range directives {
		d, err := parser.ParseDirective(text)
		require.NoError(t, err)
		k := einc.GoKernel{Directive: d, Package: "kernels", Command: "einc gen ./...", MaxMemory: slicedDirectives[text]}
		if text == sharedSlices {
			k.Plan, k.MaxMemory = slicedPlan(t, d, k.MaxMemory), 0
		}
		files, err := einc.GenerateGo(t.Context(), k)
		if einc.IsMissing(err) {
			t.Skip(err)
		}
		require.NoError(t, err, text)
		again, err := einc.GenerateGo(t.Context(), k)
		require.NoError(t, err)
		require.Equal(t, files, again, "the same kernel, the same bytes")
		for _, f := range files {
			write(f.Name, string(f.Data))
			head, ok := parser.ParseGeneratedHead(string(f.Data))
			require.True(t, ok && head.MadeFrom(d), f.Name)
		}
	}
	return dir
}

// generatePlain adds a kernel without machine code to a package.
func generatePlain(t *testing.T, dir, directive string) {
	d, err := parser.ParseDirective(directive)
	require.NoError(t, err)
	files, err := einc.GenerateGo(t.Context(), einc.GoKernel{Directive: d, Package: "kernels", Command: "x", Levels: []string{}})
	require.NoError(t, err)
	for _, f := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600))
	}
}

// goTool runs the go command in a directory and returns what it printed.
func goTool(t *testing.T, dir string, env string, args ...string) {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off"), strings.Fields(env)...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s go %v:\n%s", env, args, out)
}

// TestGeneratedPackages runs the generated tests in every way in which a package can be built, with
// nothing but the Go toolchain.
func TestGeneratedPackages(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a package a dozen times")
	}
	dir := generate(t, slices.Concat(genDirectives, slices.Sorted(maps.Keys(slicedDirectives))))
	checkSliced(t, dir)
	for _, c := range []struct{ name, env, args, needs string }{
		{"static", "CGO_ENABLED=0", "test ./...", ""},
		{"race", "CGO_ENABLED=1", "test -race ./...", "gcc"},
		{"pie", "CGO_ENABLED=1", "test -buildmode=pie ./...", "gcc"},
		{"v3", "GOAMD64=v3", "test ./...", ""},
		{"purego", "", "test -tags purego ./...", ""},
		{"noasm", "", "vet -tags noasm ./...", ""},
		{"arm64", "GOARCH=arm64 CGO_ENABLED=0", "test -exec qemu-aarch64 ./...", "qemu-aarch64"},
		{"vet", "", "vet ./...", ""},
		{"vet arm64", "GOARCH=arm64", "vet ./...", ""},
		{"windows", "GOOS=windows GOARCH=amd64", "vet ./...", ""},
		{"darwin", "GOOS=darwin GOARCH=arm64", "vet ./...", ""},
		{"riscv64", "GOARCH=riscv64", "build ./...", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := exec.LookPath(c.needs); c.needs != "" && err != nil {
				t.Skip(err)
			}
			goTool(t, dir, c.env, strings.Fields(c.args)...)
		})
	}
	t.Run("gofmt", func(t *testing.T) {
		out, err := exec.Command("gofmt", "-l", dir).CombinedOutput()
		require.NoError(t, err)
		require.Empty(t, string(out))
	})
	t.Run("no imports", func(t *testing.T) {
		cmd := exec.Command("go", "list", "-deps", "-test", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err)
		for _, p := range strings.Fields(string(out)) {
			require.True(t, strings.HasPrefix(p, "example.com/kernels") || strings.HasPrefix(p, "["), p)
		}
	})
}

// checkSliced makes sure that there is something to test: loops, such that goroutines share and such that none do.
func checkSliced(t *testing.T, dir string) {
	var all strings.Builder
	for text := range slicedDirectives {
		name := strings.ToLower(strings.Fields(text)[1])
		asm, err := os.ReadFile(filepath.Join(dir, name+"_einc_v2_amd64.go"))
		require.NoError(t, err)
		require.Contains(t, string(asm), "loops: []", name)
		plain, err := os.ReadFile(filepath.Join(dir, name+"_einc.go"))
		require.NoError(t, err)
		require.Regexp(t, `for s0 := 0; s0 < \d+; s0 \+= `, string(plain), name)
		all.Write(asm)
	}
	require.Regexp(t, `\{\d+, \d+, \d+, \d+, \d+, \d+, true, \d+, (?:[2-9]|\d\d+)\},\n`, all.String(), "a loop that goroutines share")
	require.Regexp(t, `\{\d+, \d+, \d+, \d+, \d+, \d+, false, \d+, 1\},\n`, all.String())
	turns, err := os.ReadFile(filepath.Join(dir, "blocks_einc_v3_amd64.go"))
	require.NoError(t, err)
	require.Regexp(t, `\{0, 2, 1, 0, 1, [2-9], false, \d+, 1\},\n`, string(turns), "blocks that take turns")
	require.Regexp(t, `\{\d+, \d+, \d+, [1-9]\d*, \d+, 1, false, \d+, 1\},\n`, all.String(), "a last slice that is smaller")
}

// TestGeneratedTestsCanFail breaks a kernel's code, and wants the generated tests to say so: also where they look at
// a sample, and where what is wrong is outside of it.
func TestGeneratedTestsCanFail(t *testing.T) {
	dir := generate(t, genDirectives[:1])
	generatePlain(t, dir, `//einc:kernel Large "ij,jk->ik" i=300,j=301,k=302 float32`)
	for _, c := range []struct{ file, old, new, want string }{
		{"batchmul_einc.go", "r1 += ", "r1 -= ", "loops: element"},
		{"large_einc.go", "r1 += ", "r1 -= ", "Large: element 0 is .* \\(seed 1\\)"},
		{"large_einc.go", "\tif eincLargeNative", "\teincLargeLoops(out, a, b)\n\tout[1]++\n\treturn\n\tif eincLargeNative", "loops: element 1 is .* by the first engine .* \\(seed 1\\)"},
	} {
		name := filepath.Join(dir, c.file)
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		broken := strings.Replace(string(text), c.old, c.new, 1)
		require.NotEqual(t, string(text), broken)
		require.NoError(t, os.WriteFile(name, []byte(broken), 0o600))
		cmd := exec.Command("go", "test", "-vet=off", "./...")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.Error(t, err)
		require.Regexp(t, c.want, string(out))
		require.NoError(t, os.WriteFile(name, text, 0o600))
	}
}

// longSums is a test of kernels: sums that begin with 2²⁴, and end with what takes it away again, of 1024 ones between.
const longSums = `package kernels

import "testing"

func sum[T comparable](t *testing.T, kernel func(out, a, b []T), big, one, minus, want T) {
	t.Helper()
	out, a, b := make([]T, 1), make([]T, 1026), make([]T, 1026)
	for i := range a {
		a[i], b[i] = one, one
	}
	a[0], b[0], a[1025], b[1025] = big, big, minus, big
	if kernel(out, a, b); out[0] != want {
		t.Errorf("%v, not %v", out[0], want)
	}
}

func TestLongSums(t *testing.T) {
	sum(t, F32, 4096, 1, -4096, 1024)
	sum(t, C64, 4096+4096i, 1+1i, -4096-4096i, 2048i)
	sum(t, F16, 0x6C00, 0x3C00, 0xEC00, 0x6400)
	sum(t, BF16, 0x4580, 0x3F80, 0xC580, 0x4480)
}
`

// TestLongSums: plain loops have one sum for all terms, and that one must not stand still at 2²⁴.
func TestLongSums(t *testing.T) {
	dir := generate(t, nil)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "long_test.go"), []byte(longSums), 0o600))
	for name, dtype := range map[string]string{"F32": "float32", "C64": "complex64", "F16": "float16", "BF16": "bfloat16"} {
		generatePlain(t, dir, `//einc:kernel `+name+` "i,i->" i=1026 `+dtype)
	}
	goTool(t, dir, "", "test", "-run", "TestLongSums", "./...")
}

func TestGenerateRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`//einc:kernel Mul "ij,jk->ik" i=2,j=*,k=3 float32`:        "index j is open",
		`//einc:kernel Mul "ij,jk->ik" i=2,j=3,k=* float32`:        "index k is open",
		`//einc:kernel Mul "bij,bjk->bik" b=*,i=*,j=3,k=4 float32`: "both open",
		`//einc:kernel Sum "bi->b" b=*,i=0 float32`:                "",
		`//einc:kernel Diag "D[b,b] = V[b]" b=* float32`:           "index b is open",
		// An index has one name in all statements; a temporary or operand must have it in all of them.
		`//einc:kernel Mlp "H[b,h] = relu(X[b,i]*W[i,h]); Y[b,o] = H[b,h]*V[h,o]" b=*,i=2,h=3,o=4 float32`: "",
		`//einc:kernel Side "T[h,o] = U[h]*V[h,o]; Y[b,o] = X[b,h]*T[h,o]" b=*,h=3,o=4 float32`:            "",
		`//einc:kernel Sum "H[b,h] = X[b,h]; Y[h] = H[b,h]" b=*,h=3 float32`:                               "index b is open",
		`//einc:kernel Turn "H[h,b] = X[b,h]; Y[b,h] = H[h,b]" b=*,h=3 float32`:                            "index b is open",
		`//einc:kernel Other "H[b,h] = X[b,h]; Y[b,h] = H[q,h]*X[b,h]" b=*,h=3,q=1 float32`:                "H is used both with it and without it",
		`//einc:kernel None "bi->bi" b=*,i=0 float32`:                                                      "no elements for any extent",
		`//einc:kernel eincMul "i->i" i=3 float32`:                                                         "keeps names that begin with einc",
	} {
		d, err := parser.ParseDirective(text)
		require.NoError(t, err)
		_, err = einc.GenerateGo(t.Context(), einc.GoKernel{Directive: d, Package: "kernels", Levels: []string{}})
		if want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, want)
		}
	}
	d, err := parser.ParseDirective(`//einc:kernel Mul "i->i" i=3 float32`)
	require.NoError(t, err)
	for _, k := range []einc.GoKernel{
		{Directive: d, Package: "a b"}, {Directive: d, Package: "_"}, {Directive: d, Package: "x_test"}, {Directive: d, Package: ""},
		{Directive: d, Package: "p", File: "../x_einc.go"}, {Directive: d, Package: "p", File: "x.go"}, {Directive: d, Package: "p", File: "_x_einc.go"},
		{Directive: d, Package: "p", Levels: []string{"pentium"}}, {Directive: d, Package: "p", Levels: []string{"x86-64-v3", "x86-64-v3"}},
		{Directive: d, Package: "p", Levels: []string{"generic", "neoverse-n1"}}, // which would be one file
	} {
		_, err := einc.GenerateGo(t.Context(), k)
		require.Error(t, err, "%+v", k)
	}
}
