package emit

import (
	"fmt"
	"go/ast"
	goparser "go/parser"
	"go/printer"
	"go/token"
	"regexp"
	"strings"
	"testing"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/runtime/object"
	"github.com/stretchr/testify/require"
)

// goOptions are those of a directive, with a variant for amd64 whose code is a few bytes.
func goOptions(t testing.TB, directive string) GoOptions {
	d, err := parser.ParseDirective(directive)
	require.NoError(t, err)
	p, err := d.Program.Bind(d.Specs(1))
	require.NoError(t, err)
	o := &object.Object{LLVM: "22", CPU: "x86-64-v3", Modules: [][]byte{{1}}, Symbols: []object.Symbol{{Name: "k", Frame: 264}},
		Params:   []object.Param{{DType: "f32", Size: 4}, {DType: "f32", Size: 4}},
		Launches: []object.Launch{{First: 7, Tasks: 1000, Nanos: 500}, {Tasks: 2, Nanos: 2e6}, {Tasks: 0}, {Tasks: 3}}, Worker: 64}
	o.Launches[0].Args = []object.Arg{{Area: object.AreaParam, Index: 1}, {Area: object.AreaWorker, Offset: 8}, {Area: object.AreaShared}, {Area: object.AreaArena, Offset: 64}}
	return GoOptions{Package: "p", Directive: d, Problem: p, Head: d.Head("einc gen ./...", "v1"), Tests: true,
		Variants: []GoVariant{{Arch: "amd64", Level: 3, Object: o, Blobs: []Blob{{Code: make([]byte, 128), Entries: map[int]int{0: 16}}}}}}
}

func generated(t testing.TB, opt GoOptions) map[string]string {
	files, err := Go(opt)
	require.NoError(t, err)
	text := map[string]string{}
	for _, f := range files {
		text[f.Name] = string(f.Data)
	}
	return text
}

func TestGoFiles(t *testing.T) {
	files := generated(t, goOptions(t, `//einc:kernel Scale "i->i" i=8 float32`))
	for _, name := range []string{"", "_amd64", "_asm", "_noasm", "_test", "_linux_test", "_asm_test", "_noasm_test", "_v3_amd64"} {
		require.Contains(t, files, "scale_einc"+name+".go")
	}
	require.Len(t, files, 11)
	require.Contains(t, files["scale_einc.go"], "func Scale(out, a []float32) {\n")
	require.Contains(t, files["scale_einc.go"], "// Scale computes\n//\n//\ti->i\n//\n")
	require.Contains(t, files["scale_einc_noasm.go"], "\n//go:build purego || noasm || !amd64\n\npackage p\n")
}

// TestGoCalls: calls take about 75 µs by the model; longer ones are made visible to the scheduler.
func TestGoCalls(t *testing.T) {
	files := generated(t, goOptions(t, `//einc:kernel Scale "i->i" i=8 float32`))
	table := files["scale_einc_v3_amd64.go"]
	require.Contains(t, table, "{eincScaleV3K0, eincScaleV3K0Long, 7, 1000, 150, 5, []eincScaleArg{{1, 0}, {-1, 8}, {3, 0}, {2, 64}}},")
	require.Contains(t, table, "{eincScaleV3K0, eincScaleV3K0Long, 0, 2, 1, 2, []eincScaleArg{}},")
	require.Contains(t, table, "{eincScaleV3K0, nil, 0, 3, 3, 1, []eincScaleArg{}},")
	require.Equal(t, 4, strings.Count(table, "[]eincScaleArg{"))
	asm := files["scale_einc_v3_amd64.s"]
	require.Equal(t, 1, strings.Count(asm, "entersyscall(SB)"))
	require.Contains(t, asm, "TEXT ·eincScaleV3K0(SB), 0, $344-24\n", "a frame with room to align, and never NOSPLIT")
	require.Contains(t, asm, "ADDQ $16, AX")
	require.Equal(t, 16, strings.Count(asm, "\tQUAD $"))
}

// TestGoTurns: a launch that a loop moves on is one row of the table, however often it runs.
func TestGoTurns(t *testing.T) {
	opt := goOptions(t, `//einc:kernel Scale "i->i" i=8 float32`)
	o := opt.Variants[0].Object
	o.Loops = []object.Loop{{First: 0, End: 2, Step: 1, Count: 1 << 20}}
	o.Launches[0].Advance, o.Launches[1].Advance = 1, 1
	files := generated(t, opt)
	table := files["scale_einc_v3_amd64.go"]
	require.Contains(t, table, "{eincScaleV3K0, eincScaleV3K0Long, 0, 2, 1, 2, 1, []eincScaleArg{}},")
	require.Contains(t, table, "{eincScaleV3K0, nil, 0, 3, 3, 1, 0, []eincScaleArg{}},")
	require.Contains(t, table, "{0, 2, 1, 0, 1, 1048576, false, 1, 1},")
	require.Contains(t, files["scale_einc_asm.go"], "l.first + int64(at[l.advance-1])*l.tasks")
}

// TestGoTags: a level is left out where every CPU reaches the next one.
func TestGoTags(t *testing.T) {
	opt := goOptions(t, `//einc:kernel Scale "i->i" i=8 float32`)
	v4, arm := opt.Variants[0], opt.Variants[0]
	v4.Level, arm.Level, arm.Arch = 4, 0, "arm64"
	opt.Variants = append(opt.Variants, v4, arm)
	files := generated(t, opt)
	require.Contains(t, files["scale_einc_v3_amd64.s"], "\n//go:build !purego && !noasm && !amd64.v4\n\n")
	require.Contains(t, files["scale_einc_v4_amd64.go"], "\n//go:build !purego && !noasm\n\n")
	require.Contains(t, files["scale_einc_arm64.s"], "\tWORD $")
	require.Contains(t, files["scale_einc_asm.go"], "\n//go:build (amd64 || arm64) && !purego && !noasm\n\n")
}

// TestGoTestSizes: generated tests take seconds whatever the extents. They take a sample where the work is large, and
// say why where they do nothing.
func TestGoTestSizes(t *testing.T) {
	for directive, want := range map[string]testSize{
		`//einc:kernel F "ij,jk->ik" i=256,j=256,k=256 float32`:                            {},
		`//einc:kernel F "ij,jk->ik" i=256,j=256,k=257 float32`:                            {Sample: true},
		`//einc:kernel F "bij,bjk->bik" b=*,i=64,j=64,k=64 float32`:                        {},
		`//einc:kernel F "bij,bjk->bik" b=*,i=128,j=64,k=64 float32`:                       {Sample: true},
		`//einc:kernel F "ij,jk->ik" i=1024,j=1024,k=1025 float32`:                         {Sample: true, NoLoops: true},
		`//einc:kernel F "ij,jk->ik" i=8192,j=16384,k=8192 int8`:                           {Sample: true, NoLoops: true, TooMuch: "a call runs its innermost loops 1.1e+12 times, and those of tests may 6.87e+10 times"},
		`//einc:kernel F "i->i" i=100000000 float64`:                                       {Sample: true, TooMuch: "a call takes 1.53e+03 MiB with what checks it, and tests may take 512"},
		`//einc:kernel F "T[i,k] = A[i,j]*B[j,k]; D[] = T[i,k]" i=700,j=900,k=800 float32`: {Sample: true, TooMuch: "naive loops run 5.05e+08 times for 64 elements of the result, and those of tests may 2.68e+08 times"},
	} {
		k, err := newGoKernel(goOptions(t, directive))
		require.NoError(t, err)
		k.naive = nil
		require.Equal(t, want, k.testSize, directive)
		text := generated(t, goOptions(t, directive))["f_einc_test.go"]
		require.Equal(t, want.TooMuch != "", strings.Contains(text, "t.Skip(\"a call") || strings.Contains(text, "t.Skip(\"naive"), directive)
		require.Equal(t, want.NoLoops, !strings.Contains(text, `eincFEngine{"loops"`), directive)
		require.Equal(t, !want.Sample, strings.Contains(text, "// Output:"), directive)
	}
}

// TestGoSample: elements of temporaries are kept, those off a diagonal are what they were, and what is not read has
// no variable.
func TestGoSample(t *testing.T) {
	d, err := parser.ParseDirective(`//einc:kernel F "T[i,j] = A[i,k]*B[j,k]; D[i,i] += T[i,i]" i=3,j=3,k=2 float32`)
	require.NoError(t, err)
	p, err := d.Program.Bind(d.Specs(1))
	require.NoError(t, err)
	require.True(t, sampleable(&Plain{Problem: p}))
	text := goSample(&Plain{Problem: p}, "einc")
	require.Contains(t, text, "at3 := func(at int) float32 {\nif done3[at] {\nreturn t3[at]\n}\nxj := at%3\nxi := at/3\nvar r1 float64 = 0\n")
	require.Contains(t, text, "t3[at], done3[at] = float32(r1), true\nreturn t3[at]\n}\nreturn func(at int) float32 {\nxi := at%3\n"+
		"if at/3 != xi {\nreturn float32(float64(op2[at]))\n}\nv5 := float64(at3(xi*3+xi))\nreturn float32(float64(op2[xi*3+xi]) + v5)\n}\n")
}

// The slope of leaky_relu is that of the type it is computed in, as in machine code: 0.01 of float32 and of float64 differ.
func TestGoLeakyRelu(t *testing.T) {
	for typ, call := range map[string]string{"float64": "eincFLeakyRelu(float64(", "float32": "eincFLeakyRelu32(float64(",
		"bfloat16": "eincFLeakyRelu32(float64(", "int32": "eincFLeakyRelu(float64("} {
		text := generated(t, goOptions(t, `//einc:kernel F "Y[i] = leaky_relu(X[i])" i=3 `+typ))["f_einc.go"]
		require.Contains(t, text, call, typ)
		require.Equal(t, strings.Contains(call, "32("), strings.Contains(text, "float64(float32(0.01)) * x"), typ)
		require.Equal(t, !strings.Contains(call, "32("), strings.Contains(text, "return 0.01 * x"), typ)
	}
}

func TestGoNames(t *testing.T) {
	for directive, want := range map[string]string{
		`//einc:kernel F "D[i] = out[i] + len[i] + F[i]*i[i]" i=2 float32`: "func F(out, op0_, op1_, op2_, op3_ []float32)",
		`//einc:kernel F "D[i] = X[i] + Ü[i]" i=2 float32`:                 "func F(out, X, op1_ []float32)",
		`//einc:kernel F "X[i] += X[i]" i=2 float32`:                       "func F(out, X []float32)",
		`//einc:kernel Ö "i,j->ij" i=2,j=3 bfloat16`:                       "func Ö(out, a, b []uint16)",
		`//einc:kernel F "D[i] = X[i] / 2" i=2 int32`:                      "func F(out []float64, X []int32)",
	} {
		opt := goOptions(t, directive)
		opt.File = "k_einc.go"
		require.Contains(t, generated(t, opt)["k_einc.go"], want)
	}
}

// No kernel may have a name that the generated code uses for something else: what its files do not declare
// themselves, and the variables that are in scope where the kernel is called.
func TestGoNamesInUse(t *testing.T) {
	for _, form := range []string{`//einc:kernel %s "i->i" i=* float32`, `//einc:kernel %s "i,i->i" i=8 bfloat16`,
		`//einc:kernel %s "i->" i=8 complex64`} {
		use := goNames(t, fmt.Sprintf(form, "Scale"))
		require.Contains(t, use.free, "len")
		require.Contains(t, use.free, "testing")
		require.Contains(t, use.local, "out")
		for name := range use.free {
			_, err := Go(goOptions(t, fmt.Sprintf(form, name)))
			require.ErrorContains(t, err, "cannot be a kernel's name", name)
		}
		for name := range use.local {
			if _, err := Go(goOptions(t, fmt.Sprintf(form, name))); err == nil {
				require.Equal(t, use.calls[name], goNames(t, fmt.Sprintf(form, name)).calls[name], "a variable hides %s", name)
			}
		}
	}
}

// goUse is what the files of a kernel use beside its own names: names that they do not declare, variables, and how
// often a variable is called.
type goUse struct {
	free, local map[string]bool
	calls       map[string]int
}

func goNames(t *testing.T, directive string) goUse {
	opt := goOptions(t, directive)
	opt.Tests = true
	use := goUse{map[string]bool{}, map[string]bool{}, map[string]int{}}
	own := func(id *ast.Ident) bool {
		return id.Name == opt.Directive.Name || id.Name == "_" || strings.HasPrefix(id.Name, "einc")
	}
	isVar := func(e ast.Node) (*ast.Ident, bool) {
		id, ok := e.(*ast.Ident)
		return id, ok && id.Obj != nil && id.Obj.Kind == ast.Var
	}
	for name, text := range generated(t, opt) {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		f, err := goparser.ParseFile(token.NewFileSet(), name, text, 0)
		require.NoError(t, err)
		for _, id := range f.Unresolved {
			if !own(id) {
				use.free[id.Name] = true
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if id, ok := isVar(n); ok && !own(id) {
				use.local[id.Name] = true
			}
			if c, ok := n.(*ast.CallExpr); ok {
				if id, ok := isVar(c.Fun); ok {
					use.calls[id.Name]++
				}
			}
			return true
		})
	}
	return use
}

// code is a file without its comments.
func code(t testing.TB, name, text string) string {
	if strings.HasSuffix(name, ".s") {
		return regexp.MustCompile(`//[^\n]*`).ReplaceAllString(text, "")
	}
	fset := token.NewFileSet()
	f, err := goparser.ParseFile(fset, name, text, 0)
	require.NoError(t, err)
	var b strings.Builder
	require.NoError(t, printer.Fprint(&b, fset, f))
	return b.String()
}

// checkGoInjection puts text in every place that takes any. It must be refused, or change nothing but
// comments and the kernel's own name.
func checkGoInjection(t *testing.T, s string) {
	plain := generated(t, goOptions(t, `//einc:kernel Scale "i->i" i=8 float32`))
	opt := goOptions(t, `//einc:kernel Scale "i->i" i=8 float32`)
	opt.Directive.Expr = s
	opt.Variants[0].Object.LLVM, opt.Variants[0].Object.CPU, opt.Problem.Tensors[0].Name = s, "x86", s
	opt.Head = opt.Directive.Head(s, s)
	opt.Directive.Program.Operands[0].Name = s
	if files, err := Go(opt); err == nil {
		for _, f := range files {
			if !operandName.MatchString(s) { // otherwise it is the operand's name
				require.Equal(t, strings.ReplaceAll(code(t, f.Name, plain[f.Name]), "op0_", "a"),
					strings.NewReplacer("op0_", "a", `"x86"`, `"x86-64-v3"`).Replace(code(t, f.Name, string(f.Data))))
			}
		}
	}
	opt = goOptions(t, `//einc:kernel Scale "i->i" i=8 float32`)
	opt.Directive.Name = s
	if files, err := Go(opt); err == nil {
		require.True(t, token.IsIdentifier(s))
		for _, f := range files {
			require.Regexp(t, `^[a-z0-9_]+_einc[a-z0-9_]*\.(go|s)$`, f.Name)
		}
	}
	for _, change := range []func(*GoOptions){func(o *GoOptions) { o.Package = s }, func(o *GoOptions) { o.File = s + "_einc.go" }} {
		opt = goOptions(t, `//einc:kernel Scale "i->i" i=8 float32`)
		change(&opt)
		if files, err := Go(opt); err == nil {
			require.Regexp(t, `^[\pL_][\pL\p{Nd}_]*$`, opt.Package)
			require.NotContains(t, files[0].Name, "/")
		}
	}
}

var hostileGo = append([]string{"x\nfunc init() { panic(1) }", "\n//go:linkname a b", "\r//line x.go:1", "`", `"; import "os"`, "func", "init", "_", "a/b",
	"..", "π", "x\u2028y", "go:build ignore", "\n//go:build ignore\n", "+build ignore", "\nTEXT ·x(SB), 0, $0\n", "\\\nTEXT", "{{.Name}}", "%d%s", "out", "eincScale",
	"Scale", "len", "fmt"}, hostile...)

func TestGoInjection(t *testing.T) {
	for _, s := range hostileGo {
		checkGoInjection(t, s)
	}
}

func FuzzGoInjection(f *testing.F) {
	for _, s := range hostileGo {
		f.Add(s)
	}
	f.Fuzz(checkGoInjection)
}

// TestCheckBack: the second lock holds by itself.
func TestCheckBack(t *testing.T) {
	k, err := newGoKernel(goOptions(t, `//einc:kernel Scale "i->i" i=8 float32`))
	require.NoError(t, err)
	names, err := k.checkBack([]byte("package p\n\nimport \"math\"\n\n// x\nfunc Scale() { _ = math.Pi }\n"))
	require.NoError(t, err)
	require.Equal(t, []string{"Scale"}, names)
	for _, text := range []string{"package q\n", "package p\n\nfunc Other() {}\n", "package p\n\nvar X = 1\n", "package p\n\ntype T int\n", "package p\n\nimport \"os\"\n",
		"package p\n\nimport m \"math\"\n", "package p\n\n//go:linkname a b\n", "package p\n\n//line x.go:1\n", "package p\n\n/*line x.go:1*/\n", "//go:build ignore\n\npackage p\n",
		"package p\n\n// +build x\n", "package p\n\n//export Scale\n", "package p\n\nfunc (\n"} {
		_, err := k.checkBack([]byte(text))
		require.Error(t, err, text)
	}
}

// TestGoLoops reads the loops back as text; the root's tests run them.
func TestGoLoops(t *testing.T) {
	for directive, want := range map[string]string{
		`//einc:kernel F "i->" i=3 float32`:                            "var r1 float64 = 0\nfor xi := range 3 {\nv2 := op0[xi]\nr1 += float64(v2)\n}\nv3 := float32(r1)\nout[0] = v3\n",
		`//einc:kernel F "i->" i=3 complex64`:                          "var r1 complex128 = 0\nfor xi := range 3 {\nv2 := op0[xi]\nr1 += complex128(v2)\n}\nv3 := complex64(r1)\nout[0] = v3\n",
		`//einc:kernel F "i->" i=3 bfloat16`:                           "var r1 float64 = 0\nfor xi := range 3 {\nv2 := eincFromBF16(op0[xi])\nr1 += float64(v2)\n}\nv3 := float32(r1)\nout[0] = eincToBF16(v3)\n",
		`//einc:kernel F "i->" i=3 float64`:                            "var r1 float64 = 0\nfor xi := range 3 {\nv2 := op0[xi]\nr1 += v2\n}\nout[0] = r1\n",
		`//einc:kernel F "D[i,i] = X[i]" i=3 int8`:                     "clear(out)\nfor xi := range 3 {\nv1 := op0[xi]\nout[xi*3+xi] = v1\n}\n",
		`//einc:kernel F "C[j] max= A[i,j]" i=2,j=1 int16`:             "for range 1 {\nvar r1 int16 = -1 << 15\nfor xi := range 2 {\nv2 := op1[xi]\nr1 = max(r1, v2)\n}\nout[0] = max(op0[0], r1)\n}\n",
		`//einc:kernel F "C[i] += C[i]*C[i]" i=2 float64`:              "for xi := range 2 {\nv1 := op0[xi]\nv2 := op0[xi]\nv3 := float64(v1*v2)\nout[xi] = op0[xi] + v3\n}\n",
		`//einc:kernel F "D[i] = log(X[i])" i=2 float64`:               "for xi := range 2 {\nv1 := op0[xi]\nv2 := float64(eincLog(float64(v1)))\nout[xi] = v2\n}\n",
		`//einc:kernel F "D[i] = X[i] + 100" i=2 int8`:                 "",
		`//einc:kernel F "T[i] = X[i]; D[] = T[i]*T[i]" i=2 complex64`: "",
	} {
		d, err := parser.ParseDirective(directive)
		require.NoError(t, err)
		p, err := d.Program.Bind(d.Specs(1))
		require.NoError(t, err)
		text := goLoops(&Plain{Problem: p}, "einc", false)
		if want != "" {
			require.Equal(t, want, text, directive)
		}
		_, err = goparser.ParseFile(token.NewFileSet(), "", "package p\nfunc f() {\n"+text+"}", 0)
		require.NoError(t, err)
	}
}
