package emit

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/einc-lang/einc/codegen/libllvm"
	"github.com/einc-lang/einc/runtime/object"
	"github.com/stretchr/testify/require"
)

// Two kernels over items [lo, hi): arena[i] = a[i]*b[i], then out[i] = arena[i] + float(dims[0]) + worker[1],
// where worker[0…1] = i is written first.
const (
	mulIR = `
define void @einc_mul(i8** %args, i64 %lo, i64 %hi) {
entry:
  %any = icmp slt i64 %lo, %hi
  br i1 %any, label %loop, label %end
loop:
  %i = phi i64 [ %lo, %entry ], [ %next, %loop ]
  %f = bitcast i8** %args to float**
  %ta = getelementptr float*, float** %f, i64 1
  %tb = getelementptr float*, float** %f, i64 2
  %t = load float*, float** %f
  %a = load float*, float** %ta
  %b = load float*, float** %tb
  %pt = getelementptr float, float* %t, i64 %i
  %pa = getelementptr float, float* %a, i64 %i
  %j = sub i64 0, %i
  %pb = getelementptr float, float* %b, i64 %j
  %va = load float, float* %pa, align 4
  %vb = load float, float* %pb, align 4
  %m = fmul float %va, %vb
  store float %m, float* %pt, align 4
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %hi
  br i1 %more, label %loop, label %end
end:
  ret void
}
`
	addIR = `
define void @einc_add(i8** %args, i64 %lo, i64 %hi) {
entry:
  %any = icmp slt i64 %lo, %hi
  br i1 %any, label %loop, label %end
loop:
  %i = phi i64 [ %lo, %entry ], [ %next, %loop ]
  %f = bitcast i8** %args to float**
  %to = getelementptr float*, float** %f, i64 1
  %t = load float*, float** %f
  %o = load float*, float** %to
  %g = bitcast i8** %args to i64**
  %td = getelementptr i64*, i64** %g, i64 3
  %tw = getelementptr float*, float** %f, i64 2
  %d = load i64*, i64** %td
  %w = load float*, float** %tw
  %n = load i64, i64* %d
  %fn = sitofp i64 %n to float
  %fi = sitofp i64 %i to float
  store float %fi, float* %w, align 4
  %pt = getelementptr float, float* %t, i64 %i
  %po = getelementptr float, float* %o, i64 %i
  %v = load float, float* %pt, align 4
  %s = fadd float %v, %fn
  %r = fadd float %s, %fi
  store float %r, float* %po, align 4
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %hi
  br i1 %more, label %loop, label %end
end:
  ret void
}
`
)

// sample runs the two kernels on 5 items. Its modules are empty of code.
func sample() *object.Object {
	vec := func(name string, stride ...int) object.Param {
		return object.Param{Name: name, DType: "f32", Size: 4, Shape: []int{5}, Strides: stride}
	}
	return &object.Object{
		Einc: "test", LLVM: "22", Triple: "x86_64-unknown-linux-gnu", CPU: "x86-64-v2", Features: []string{"SSE42"},
		Modules: [][]byte{{1}, {2}},
		Symbols: []object.Symbol{{Name: "einc_mul", Module: 0, Frame: 256}, {Name: "einc_add", Module: 1, Frame: 300}},
		Launches: []object.Launch{
			{Symbol: 0, Tasks: 5, Args: []object.Arg{{Area: object.AreaArena, Offset: 64}, {Area: object.AreaParam, Index: 1},
				{Area: object.AreaParam, Index: 2, Offset: 16}}},
			{Symbol: 1, Tasks: 5, Args: []object.Arg{{Area: object.AreaArena, Offset: 64}, {Area: object.AreaParam},
				{Area: object.AreaWorker, Offset: 4}, {Area: object.AreaDims}}},
		},
		Params: []object.Param{vec("Y"), vec("int", 1), vec("ß", 1)},
		Dims:   []object.Dim{{Param: 0, Axis: 0}},
		Arena:  84, Shared: 100, Worker: 8,
	}
}

const mainC = `
#include <stdio.h>
#include <stdlib.h>
#include "k.h"
#include "k.h"

_Alignas(K_WORKSPACE_ALIGN) char ws[K_WORKSPACE_BYTES + 64];

int main(void)
{
    float a[5] = {1, 2, 3, 4, 5}, b[5] = {10, 20, 30, 40, 50}, y[5], z[5];
    int64_t dims[K_DIMS] = {7}, l;
    int i;
    for (i = 0; i < 64; i++) ws[K_WORKSPACE_BYTES + i] = 99;
    for (l = 0; l < K_LAUNCHES; l++)
        k_launch(l, 0, k_tasks(l), y, a, b, dims, ws, ws + 128, ws + 256);
    for (l = 0; l < K_LAUNCHES; l++) {
        k_launch(l, 3, k_tasks(l), z, a, b, dims, ws, ws + 128, ws + 256);
        k_launch(l, 0, 3, z, a, b, dims, ws, ws + 128, ws + 256);
    }
    for (i = 0; i < 5; i++) printf("%g %g\n", y[i], z[i]);
    for (i = 0; i < 64; i++) if (ws[K_WORKSPACE_BYTES + i] != 99) return 1;
    return 0;
}
`

func run(t *testing.T, dir, name string, args ...string) string {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s %v:\n%s", name, args, out)
	return string(out)
}

func need(t *testing.T, tool string) {
	if _, err := exec.LookPath(tool); err != nil {
		t.Skip(err)
	}
}

func write(t *testing.T, dir, name, text string) {
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
}

// compiled fills the sample's modules with code for this machine.
func compiled(t *testing.T) *object.Object {
	o := sample()
	if runtime.GOOS != "linux" {
		t.Skip("the objects are for Linux")
	}
	if runtime.GOARCH == "arm64" {
		o.Triple, o.CPU = "aarch64-unknown-linux-gnu", "generic"
	}
	for i, ir := range []string{mulIR, addIR} {
		r, err := libllvm.Compile(context.Background(), libllvm.Request{IR: ir, Triple: o.Triple, CPU: o.CPU, Level: 2})
		if _, missing := err.(*libllvm.MissingError); missing {
			t.Skip(err)
		}
		require.NoError(t, err)
		o.Modules[i] = r.Code
	}
	return o
}

// TestDriverRuns links the object files with a C program that uses the header, as C and as C++.
func TestDriverRuns(t *testing.T) {
	o := compiled(t)
	text, err := Header([]*object.Object{o}, HeaderOptions{Name: "k", Expr: "Y[i] = int[i]*ß[-i] + …"})
	require.NoError(t, err)
	for compiler, std := range map[string]string{"gcc": "-std=c11", "g++": "-std=c++11"} {
		t.Run(compiler, func(t *testing.T) {
			need(t, compiler)
			dir := t.TempDir()
			write(t, dir, "k.h", text)
			write(t, dir, "main.c", strings.ReplaceAll(mainC, "_Alignas", map[string]string{"gcc": "_Alignas", "g++": "alignas"}[compiler]))
			args := []string{std, "-Wall", "-Wextra", "-pedantic", "-Werror", "-O1", "-o", "main", "main.c"}
			for i, m := range o.Modules {
				name := fmt.Sprintf("k%d.o", i)
				write(t, dir, name, string(m))
				args = append(args, "-xnone", name)
			}
			run(t, dir, compiler, args...)
			want := ""
			for i := range 5 {
				y := (i+1)*10*(5-i) + 7 + i
				want += fmt.Sprintf("%d %d\n", y, y)
			}
			require.Equal(t, want, run(t, dir, "./main"))
		})
	}
}

// lint compiles a header alone with every warning an error.
func lint(t *testing.T, header string) {
	dir := t.TempDir()
	write(t, dir, "k.h", header)
	for compiler, args := range map[string][]string{
		"gcc": {"-std=c11", "-xc"}, "g++": {"-std=c++11", "-xc++"},
	} {
		write(t, dir, "main.c", "#include \"k.h\"\nint main(void) { return 0; }\n")
		run(t, dir, compiler, append(args, "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", "main.c")...)
	}
}

func TestCornersCompile(t *testing.T) {
	need(t, "gcc")
	need(t, "g++")
	empty := &object.Object{Params: []object.Param{{DType: "c128", Size: 16}}}
	text, err := Header([]*object.Object{empty}, HeaderOptions{Name: "nothing"})
	require.NoError(t, err)
	lint(t, text)
	require.Contains(t, text, "out: double, one element, complex")

	o := sample()
	o.Arena, o.Shared, o.Worker, o.Dims, o.Symbols[1].Name = 0, 0, 0, nil, "double_"
	o.Launches = []object.Launch{{Symbol: 1}, {Symbol: 0, Tasks: 1 << 40, Args: []object.Arg{{Area: object.AreaArena}}}}
	for i, d := range []string{"bool", "f16", "bf16"} {
		o.Params[i].DType, o.Params[i].Size = d, map[string]int{"bool": 1}[d]+2*min(i, 1)
	}
	text, err = Header([]*object.Object{o}, HeaderOptions{Name: "K_1", Expr: "a\nb"})
	require.NoError(t, err)
	lint(t, text)
}

// A launch that advances with a loop does so from its first task on.
func TestAdvance(t *testing.T) {
	o := sample()
	o.Sizes, o.Dims, o.Params[0].Strides = []string{"n"}, []object.Dim{{Op: object.DimExtent}}, []int{1}
	o.Loops = []object.Loop{{First: 0, End: 1, Step: 1, CountDim: 1}}
	o.Launches[0].Advance, o.Launches[0].First = 1, 7
	text, err := Header([]*object.Object{o}, HeaderOptions{Name: "k"})
	require.NoError(t, err)
	require.Contains(t, text, "einc_mul(args, position * INT64_C(5) + INT64_C(7) + begin, position * INT64_C(5) + INT64_C(7) + end);")
	moved := `(%v\d+) = mul i64 %v\d+, 5\n  %v\d+ = add i64 %v\d+, 7\n`
	require.Regexp(t, moved, Driver([]*object.Object{o}, "k"))

	o.Sizes, o.Dims, o.Params[0].Strides = nil, []object.Dim{object.Stride(0, 0)}, nil
	o.Loops[0].CountDim, o.Loops[0].Count = 0, 1<<20
	text, err = Header([]*object.Object{o}, HeaderOptions{Name: "k"})
	require.NoError(t, err)
	lint(t, text)
	require.Contains(t, text, "einc_mul(args, at[0] * INT64_C(5) + INT64_C(7) + begin, at[0] * INT64_C(5) + INT64_C(7) + end);")
	require.Contains(t, text, "#define K_LAUNCHES 1048577\n")
	driver := Driver([]*object.Object{o}, "k")
	require.Regexp(t, `load i64, i64\* %at0, align 8\n  `+moved, driver)
	require.Equal(t, 1, strings.Count(driver, "call void @einc_mul("), "in a loop")
}

// The functions of each level are there for those that choose among them, and the header says so.
func TestLevelsAreNotForCallers(t *testing.T) {
	o := sample()
	o.Sizes, o.Dims, o.Params[0].Strides = []string{"n"}, []object.Dim{{Op: object.DimExtent}}, []int{1}
	higher := *o
	higher.CPU, higher.Symbols = "x86-64-v3", []object.Symbol{{Name: "other_mul"}, {Name: "other_add", Module: 1}}
	text, err := Header([]*object.Object{o, &higher}, HeaderOptions{Name: "k"})
	require.NoError(t, err)
	lint(t, text)
	require.Contains(t, text, "Names with a level in them, as k_v2_launch, are not for callers:\n")
	for _, level := range []string{"v2", "v3"} {
		require.Contains(t, text, "\n/* x86-64-"+level+", not for callers: the functions without a level in their names choose. */\n\n"+
			"static inline int k_"+level+"_find(")
	}
	text, err = Header([]*object.Object{o}, HeaderOptions{Name: "k"})
	require.NoError(t, err)
	require.NotContains(t, text, "not for callers")
}

func TestText(t *testing.T) {
	text, err := Header([]*object.Object{sample()}, HeaderOptions{Name: "k", Expr: "i,i->i"})
	require.NoError(t, err)
	again, err := Header([]*object.Object{sample()}, HeaderOptions{Name: "k", Expr: "i,i->i"})
	require.NoError(t, err)
	require.Equal(t, text, again)
	for _, part := range []string{
		" *     i,i->i\n", " *     out: float[5], strides in dims (Y)\n", " *     in_int: float[5], strides 1\n",
		" *     in_1: float[5], strides 1 (ß)\n", " *     dims[0]: stride of axis 0 of out\n", "must have: SSE42.", "at most 300 bytes of stack",
		"#define K_WORKSPACE_BYTES 320\n", "#define K_ARENA_BYTES 84\n", "#define K_LAUNCHES 2\n", "#define K_DIMS 1\n",
		"void einc_mul(void **args, int64_t task_begin, int64_t task_end);\n",
		"\nvoid k(float *out, const float *in_int, const float *in_1, const int64_t *dims, void *workspace);\n",
		"\nint k_dlpack(DLTensor *out, const DLTensor *in_int, const DLTensor *in_1, void *workspace);\n",
		"    return k_cpu() >= 2;\n",
	} {
		require.Contains(t, text, part)
	}
}

func TestBadNames(t *testing.T) {
	for _, name := range []string{"", "1a", "a b", "a;", "a\n", "ä", "_a", "a__b", "int", "class", "xor", "size_t", "int64_t", "INT64_C", "INT_MAX",
		"main", "NULL", "linux", "exp", "memcpy", strings.Repeat("a", 64), "a\x00", "a(void){}//", "einc_mul"} {
		_, err := Header([]*object.Object{sample()}, HeaderOptions{Name: name})
		require.Error(t, err, "%q", name)
	}
	for _, symbol := range []string{"k", "k_launch", "K_DIMS", "double", "a__b", "a\nb"} {
		o := sample()
		o.Symbols[0].Name = symbol
		_, err := Header([]*object.Object{o}, HeaderOptions{Name: "k"})
		require.Error(t, err, "%q", symbol)
	}
	o := sample()
	o.Launches[0].Symbol = 9
	_, err := Header([]*object.Object{o}, HeaderOptions{Name: "k"})
	require.ErrorContains(t, err, "launch 0 runs symbol 9")
	o = sample()
	o.Params[1].DType = "f33"
	_, err = Header([]*object.Object{o}, HeaderOptions{Name: "k"})
	require.ErrorContains(t, err, `"f33"`)
	o.Params[1].DType = "f64"
	_, err = Header([]*object.Object{o}, HeaderOptions{Name: "k"})
	require.ErrorContains(t, err, "elements of 4 bytes, not the 8")
}

// TestLibraryNames: no kernel takes the place of a function of the C library; this machine's headers say which there are.
func TestLibraryNames(t *testing.T) {
	require.True(t, slices.IsSorted(libraryFunctions))
	require.True(t, slices.IsSorted(mathFunctions))
	for _, name := range []string{"exp", "expf", "expl", "memcpy", "sincosf", "csqrtl", "modff", "atomic_load", "thrd_join", "setjmp"} {
		require.ErrorContains(t, CheckName(name), "the C library has a function of that name: choose another (--name)", name)
	}
	for _, name := range []string{"matmul", "exponent", "expff", "mallocf", "softmax", "gemm"} {
		require.NoError(t, CheckName(name))
	}
	text := ""
	for _, h := range strings.Fields("assert complex ctype fenv inttypes locale math setjmp signal stdio stdlib string threads time uchar wchar wctype") {
		text += "#include <" + h + ".h>\n"
	}
	cmd := exec.Command("gcc", "-std=c11", "-E", "-P", "-x", "c", "-")
	cmd.Stdin = strings.NewReader(text)
	out, err := cmd.Output()
	if err != nil {
		t.Skip(err)
	}
	found := regexp.MustCompile(`extern [^();{}]*\b([a-z][a-z0-9_]*) *\(`).FindAllStringSubmatch(string(out), -1)
	require.Greater(t, len(found), 400)
	for _, m := range found {
		require.Error(t, CheckName(m[1]), m[0])
	}
}

// strip removes block comments, as a C compiler does after it has replaced trigraphs and joined lines.
func strip(text string) string {
	text = strings.NewReplacer("??/", `\`).Replace(text)
	text = strings.ReplaceAll(text, "\\\n", "")
	return regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(text, "")
}

// checkInjection puts text in every place that takes any, and wants no code from it.
func checkInjection(t *testing.T, s string) {
	plain, err := Header([]*object.Object{sample()}, HeaderOptions{Name: "k", Expr: "x"})
	require.NoError(t, err)
	o := sample()
	o.Einc, o.LLVM, o.Triple, o.CPU, o.Features, o.Params[0].Name, o.Params[2].Name = s, s, s, "x86-64-v2 "+s, []string{s, s}, s, "="+s
	text, err := Header([]*object.Object{o}, HeaderOptions{Name: "k", Expr: s})
	if err != nil {
		return // too long for an object
	}
	require.Equal(t, strip(plain), strip(text))
	for _, r := range text {
		require.True(t, r == '\n' || unicode.IsPrint(r), "%.80q leaves %q", s, r)
	}
}

var hostile = []string{"*/ int evil; /*", "*//", "**/", "*\\\n/ int evil;", "*??/\n/ int evil;", "//", "a\r\n#include \"x\"", "\u2028#error", "\u202e*/",
	"\xff*/", "*\x00/", "*\u00ad/ int evil;", strings.Repeat("*/", 3000), "/*/*", "???/", "\t", "", "*\t/"}

func TestInjection(t *testing.T) {
	for _, s := range hostile {
		checkInjection(t, s)
	}
}

func TestInjectionCompiles(t *testing.T) {
	need(t, "gcc")
	need(t, "g++")
	o := sample()
	o.Params[2].Name = strings.Join(hostile[:12], "")
	text, err := Header([]*object.Object{o}, HeaderOptions{Name: "k", Expr: strings.Join(hostile[:12], "\n")})
	require.NoError(t, err)
	lint(t, text)
}

func FuzzInjection(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(checkInjection)
}
