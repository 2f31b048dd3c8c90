package libllvm

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	RunWorkerIfAsked()
	os.Exit(m.Run())
}

// needLLVM skips a test where there is no libLLVM.
func needLLVM(t testing.TB) {
	t.Helper()
	if _, err := Open(); err != nil {
		t.Skip(err)
	}
}

const (
	linux = "x86_64-unknown-linux-gnu"
	arm   = "aarch64-unknown-linux-gnu"
	lite  = "function(sroa,early-cse<memssa>,simplifycfg,loop-mssa(loop-rotate,licm),instcombine,simplifycfg,adce)"
)

// axpy is a kernel in the typed-pointer spelling that llir writes.
const axpy = `
define void @axpy(i8** %args, i64 %lo, i64 %hi) #0 {
entry:
  %p0 = bitcast i8** %args to float**
  %y = load float*, float** %p0
  %q1 = getelementptr i8*, i8** %args, i64 1
  %p1 = bitcast i8** %q1 to float**
  %x = load float*, float** %p1
  %any = icmp slt i64 %lo, %hi
  br i1 %any, label %loop, label %end
loop:
  %i = phi i64 [ %lo, %entry ], [ %next, %loop ]
  %px = getelementptr float, float* %x, i64 %i
  %py = getelementptr float, float* %y, i64 %i
  %vx = load float, float* %px, align 4
  %vy = load float, float* %py, align 4
  %m = fmul float %vx, 2.5
  %s = fadd float %m, %vy
  store float %s, float* %py, align 4
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %hi
  br i1 %more, label %loop, label %end
end:
  ret void
}
attributes #0 = { nounwind "no-builtins" }
`

func request(ir string) Request {
	return Request{IR: ir, Triple: linux, CPU: "x86-64-v3", Passes: lite, Level: 3, VerifyEach: true}
}

func TestCompileTwiceSameBytes(t *testing.T) {
	needLLVM(t)
	a, err := Compile(context.Background(), request(axpy))
	require.NoError(t, err)
	b, err := Compile(context.Background(), request(axpy))
	require.NoError(t, err)
	require.Equal(t, a, b)
	require.Equal(t, map[string]int{"axpy": frameSlack}, a.Frames, "a function without a frame is in the map")
	require.NotEmpty(t, a.LLVM)
	names, err := Undefined(a.Code)
	require.NoError(t, err)
	require.Empty(t, names)
}

func TestKinds(t *testing.T) {
	needLLVM(t)
	for _, c := range []struct {
		triple, cpu string
		kind        Kind
		want        string
	}{
		{linux, "x86-64-v3", Asm, "axpy:"},
		{linux, "x86-64-v3", IR, "define void @axpy("},
		{arm, "generic", Asm, "axpy:"},
		{arm, "neoverse-v1", Obj, "\x7fELF"},
		{linux, "x86-64-v2", Obj, "\x7fELF"},
		{linux, "x86-64-v4", Obj, "\x7fELF"},
		{"nvptx64-nvidia-cuda", "sm_80", Asm, ".target sm_80"},
	} {
		r := request(axpy)
		r.Triple, r.CPU, r.Kind = c.triple, c.cpu, c.kind
		res, err := Compile(context.Background(), r)
		require.NoError(t, err, "%v", c)
		require.Contains(t, string(res.Code), c.want)
	}
}

// wide needs more registers than there are, so it has a frame.
func wide() string {
	var b strings.Builder
	b.WriteString("define void @wide(i64* %p) {\n")
	for i := range 40 {
		fmt.Fprintf(&b, "%%p%d = getelementptr i64, i64* %%p, i64 %d\n%%v%d = load volatile i64, i64* %%p%d\n", i, i, i, i)
	}
	for i := range 40 {
		fmt.Fprintf(&b, "store volatile i64 %%v%d, i64* %%p%d\n", i, 39-i)
	}
	return b.String() + "ret void\n}\n" + axpy
}

func TestFrames(t *testing.T) {
	needLLVM(t)
	for _, triple := range []string{linux, arm} {
		target, err := targetOf(triple)
		require.NoError(t, err)
		r := request(wide())
		r.Triple, r.CPU = triple, target.arch.cpus[0]
		res, err := Compile(context.Background(), r)
		require.NoError(t, err)
		require.Equal(t, frameSlack, res.Frames["axpy"])
		require.Greater(t, res.Frames["wide"], frameSlack+8*8, triple)
		require.Len(t, res.Frames, 2)
	}
}

// TestReservedRegisters wants x28 and x18 left alone even under register pressure.
func TestReservedRegisters(t *testing.T) {
	needLLVM(t)
	r := request(wide())
	r.Triple, r.CPU, r.Kind, r.Features = arm, "generic", Asm, "+dotprod"
	res, err := Compile(context.Background(), r)
	require.NoError(t, err)
	require.Contains(t, string(res.Code), "x27")
	for _, reg := range []string{"x28", "w28", "x18", "w18"} {
		require.NotContains(t, string(res.Code), reg)
	}
}

// broken lists modules that LLVM must refuse, with the stage and a part of the message.
var broken = []struct {
	name, ir, passes, stage, msg string
}{
	{"syntax", "define void @f() {\n  %x = frobnicate i32 1\n  ret void\n}\n", "", "parse", "kernel.ll:2:8: error: expected instruction opcode"},
	{"type", "define i32 @f(float %a) {\n  %x = add i32 %a, 1\n  ret i32 %x\n}\n", "", "parse", "but expected 'i32'"},
	{"dominance", "define i32 @f(i32 %a) {\n  %y = add i32 %x, 1\n  %x = add i32 %a, 1\n  ret i32 %y\n}\n", "", "", "does not dominate all uses"},
	{"passes", axpy, "default<O9>", "passes", "O9"},
	{"pass name", axpy, "function(frobnicate)", "passes", "frobnicate"},
	{"fatal", "declare void @llvm.x86.tilezero(i8)\ndefine void @f() {\n  call void @llvm.x86.tilezero(i8 1)\n  ret void\n}\n", "", "fatal", "Cannot select"},
	{"inline asm", "define void @f() {\n  call void asm sideeffect \"frob\", \"\"()\n  ret void\n}\n", "", "codegen", "invalid instruction mnemonic 'frob'"},
	{"libcall", "declare float @llvm.exp.f32(float)\ndefine float @f(float %x) {\n  %y = call float @llvm.exp.f32(float %x)\n  ret float %y\n}\n", "", "object", "expf"},
	{"extern", "declare void @puts(i8*)\ndefine void @f(i8* %x) {\n  call void @puts(i8* %x)\n  ret void\n}\n", "", "object", "puts"},
	{"call", "define internal void @g() noinline {\n  ret void\n}\ndefine void @f() {\n  call void @g()\n  ret void\n}\n", "", "object", "function g is called"},
	{"recursion", "define void @f() {\n  call void @f()\n  ret void\n}\n", "", "object", "leaves"},
	{"variable alloca", "define i8* @f(i64 %n) {\n  %p = alloca i8, i64 %n\n  ret i8* %p\n}\n", "", "object", "variable size"},
	{"name", "define void @\"a b\"() {\n  ret void\n}\n", "", "verify", "plain identifier"},
}

func checkBroken(t *testing.T, compile func(context.Context, Request) (*Result, error)) {
	for _, c := range broken {
		r := request(c.ir)
		r.Passes = c.passes
		_, err := compile(context.Background(), r)
		var e *Error
		require.ErrorAs(t, err, &e, c.name)
		require.Contains(t, e.Msg, c.msg, c.name)
		if c.stage != "" {
			require.Equal(t, c.stage, e.Stage, c.name)
		}
	}
}

func TestErrorsThenGoodCompile(t *testing.T) {
	needLLVM(t)
	want, err := Compile(context.Background(), request(axpy))
	require.NoError(t, err)
	for range 2 {
		checkBroken(t, Compile)
		got, err := Compile(context.Background(), request(axpy))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestRefusedRequests(t *testing.T) {
	for want, change := range map[string]func(*Request){
		"the IR is empty":                    func(r *Request) { r.IR = "" },
		"zero byte":                          func(r *Request) { r.IR += "\x00" },
		"limit":                              func(r *Request) { r.IR = strings.Repeat(" ", MaxIR+1) },
		`unknown target triple "foo-bar"`:    func(r *Request) { r.Triple = "foo-bar" },
		`unknown CPU "nosuch"`:               func(r *Request) { r.CPU = "nosuch" },
		`unknown CPU "native"`:               func(r *Request) { r.CPU = "native" },
		`unknown CPU "generic"`:              func(r *Request) { r.CPU = "generic" },
		`unknown CPU ""`:                     func(r *Request) { r.CPU = "" },
		`unknown CPU feature "-sse2"`:        func(r *Request) { r.Features = "-sse2" },
		`unknown CPU feature "-64bit"`:       func(r *Request) { r.Features = "+avx,-64bit" },
		`"avx" needs a leading +`:            func(r *Request) { r.Features = "avx" },
		`"" needs a leading +`:               func(r *Request) { r.Features = "+avx," },
		`"-reserve-x28" needs a leading +`:   func(r *Request) { r.Triple, r.CPU, r.Features = arm, "generic", "-reserve-x28" },
		"malformed pass list":                func(r *Request) { r.Passes = `print<"x">` },
		"level 4":                            func(r *Request) { r.Level = 4 },
		"level -1":                           func(r *Request) { r.Level = -1 },
		"unknown kind":                       func(r *Request) { r.Kind = 9 },
		"no objects for nvptx64-nvidia-cuda": func(r *Request) { r.Triple, r.CPU = "nvptx64-nvidia-cuda", "sm_80" },
	} {
		r := request(axpy)
		change(&r)
		for _, compile := range []func(context.Context, Request) (*Result, error){Compile, CompileInWorker} {
			_, err := compile(context.Background(), r)
			var e *Error
			require.ErrorAs(t, err, &e, want)
			require.Equal(t, "request", e.Stage)
			require.Contains(t, e.Msg, want)
		}
	}
}

// TestForeignTargetAttributes hides names that are fatal to LLVM in the text; the request must win.
func TestForeignTargetAttributes(t *testing.T) {
	needLLVM(t)
	want, err := Compile(context.Background(), request(axpy))
	require.NoError(t, err)
	ir := strings.Replace(axpy, `"no-builtins"`, `"no-builtins" "target-cpu"="nosuch" "target-features"="-sse2,-64bit" "warn-stack-size"="9999"`, 1)
	got, err := Compile(context.Background(), request("target triple = \"foo-bar\"\n"+ir))
	require.NoError(t, err)
	require.Equal(t, want.Code, got.Code)
}

// deepen calls f at the end of a deep goroutine stack, which has been moved several times.
func deepen(n int, f func()) byte {
	var pad [1024]byte
	if n == 0 {
		f()
		return 0
	}
	pad[n%1024] = deepen(n-1, f)
	return pad[(n*7)%1024]
}

// TestSideBySide compiles in fresh goroutines whose stacks grow while LLVM holds out-parameters, with
// failing modules between.
func TestSideBySide(t *testing.T) {
	needLLVM(t)
	want, err := Compile(context.Background(), request(axpy))
	require.NoError(t, err)
	var group sync.WaitGroup
	for i := range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			rnd := rand.New(rand.NewSource(int64(i)))
			for range 3 {
				deepen(rnd.Intn(64), func() {
					c := broken[rnd.Intn(len(broken))]
					_, err := Compile(context.Background(), Request{IR: c.ir, Triple: linux, CPU: "x86-64-v3", Passes: c.passes})
					if err == nil {
						t.Errorf("%s: no error", c.name)
					}
					got, err := Compile(context.Background(), request(axpy))
					if err != nil || string(got.Code) != string(want.Code) {
						t.Errorf("axpy differs: %v", err)
					}
				})
			}
		}()
	}
	group.Wait()
}

func TestCancel(t *testing.T) {
	needLLVM(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Compile(ctx, request(axpy))
	require.ErrorIs(t, err, context.Canceled)

	ctx, cancel = context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err = Compile(ctx, slow())
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// slow takes LLVM some seconds: its passes are quadratic in the length of a block.
func slow() Request {
	var b strings.Builder
	b.WriteString("define void @slow(float* %p) {\n  %s0 = load float, float* %p\n")
	for i := range 6000 {
		fmt.Fprintf(&b, "  %%q%d = getelementptr float, float* %%p, i64 %d\n  %%v%d = load float, float* %%q%d\n", i, i+1, i, i)
		fmt.Fprintf(&b, "  %%s%d = fadd float %%s%d, %%v%d\n  store float %%s%d, float* %%q%d\n", i+1, i, i, i+1, i)
	}
	b.WriteString("  ret void\n}\n")
	r := request(b.String())
	r.Passes = "default<O3>"
	return r
}

func TestOpen(t *testing.T) {
	needLLVM(t)
	info, err := Open()
	require.NoError(t, err)
	require.FileExists(t, info.Path)
	require.Contains(t, info.Targets, "X86")
	require.True(t, strings.HasPrefix(info.Version, fmt.Sprint(info.Major)), "%+v", info)
}

func TestMissing(t *testing.T) {
	_, err := open("/nonexistent/libLLVM.so")
	var missing *MissingError
	require.True(t, errors.As(err, &missing))
	for _, part := range []string{"/nonexistent/libLLVM.so", "EINC_LLVM", "apt-get install libllvm22", "No such file"} {
		require.ErrorContains(t, err, part)
	}
	_, err = open("libc.so.6")
	require.ErrorAs(t, err, &missing)
	require.ErrorContains(t, err, "it lacks LLVMContextCreate")

	text := (&MissingError{Tried: sonames()}).Error()
	require.True(t, strings.HasPrefix(text, "libLLVM is missing (tried libLLVM.so.22.1 libLLVM.so.21.1"), text)
	require.Contains(t, text, "apt-get install libllvm22")
	require.NotContains(t, text, "-15", "versions that are not tested are not searched for")
}

func TestSignalHandlersKept(t *testing.T) {
	needLLVM(t)
	before := signalHandlers()
	_, err := Compile(context.Background(), request(axpy))
	require.NoError(t, err)
	require.Equal(t, before, signalHandlers())
	require.NoError(t, before.check())
}

func TestUndefinedRefusesGarbage(t *testing.T) {
	for _, code := range []string{"", "\x7fELF", "MZ", strings.Repeat("\x7fELF", 100)} {
		_, err := Undefined([]byte(code))
		require.ErrorContains(t, err, "not an ELF object")
	}
}
