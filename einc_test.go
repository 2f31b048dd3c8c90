package einc_test

import (
	"context"
	"math"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	einc.ServeWorker()
	os.Exit(m.Run())
}

func specOf(d tensor.DType, shape ...int) einc.Spec { return einc.Spec{DType: d, Shape: shape} }

// native compiles for LLVM, or skips the test.
func native(t testing.TB, expr string, specs ...einc.Spec) *einc.Func {
	f, err := einc.Compile(expr, specs, &einc.Options{Engine: einc.Native, Cache: "off"})
	if einc.IsMissing(err) {
		t.Skip("LLVM is missing: apt-get install libllvm22")
	}
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

func arange(t testing.TB, shape ...int) *tensor.Tensor {
	n, err := tensor.CheckedLen(shape)
	require.NoError(t, err)
	data := make([]float64, n)
	for i := range data {
		data[i] = float64(i)
	}
	x, err := tensor.From(data, shape...)
	require.NoError(t, err)
	return x
}

func TestCallAllocatesNothing(t *testing.T) {
	f := native(t, "ik,kj->ij", specOf(tensor.F64, 4, 4), specOf(tensor.F64, 4, 4))
	a, b := arange(t, 4, 4), arange(t, 4, 4)
	out, err := f.NewOutput()
	require.NoError(t, err)
	require.NoError(t, f.Call(out, a, b))
	bt, err := b.Permute(1, 0)
	require.NoError(t, err)
	for _, operand := range []*tensor.Tensor{b, bt} {
		allocs := testing.AllocsPerRun(100, func() {
			if err := f.Call(out, a, operand); err != nil {
				t.Error(err)
			}
		})
		require.Zero(t, allocs)
	}
}

func TestCallRefusesWhatItWasNotCompiledFor(t *testing.T) {
	f := native(t, "ik,kj->ij", specOf(tensor.F64, 2, 3), specOf(tensor.F64, 3, 2))
	out, err := f.NewOutput()
	require.NoError(t, err)
	a, b := arange(t, 2, 3), arange(t, 3, 2)
	require.ErrorContains(t, f.Call(out, a), "takes 2")
	require.ErrorContains(t, f.Call(out, b, a), "operand 0")
	require.ErrorContains(t, f.Call(nil, a, b), "the output is nil")
	require.ErrorContains(t, f.Call(a, a, b), "the output")
	half, err := tensor.New(tensor.F32, 3, 2)
	require.NoError(t, err)
	require.ErrorContains(t, f.Call(out, a, half), "f32")
	require.NoError(t, f.Close())
	require.ErrorIs(t, f.Call(out, a, b), einc.ErrClosed)
}

// A Func that no Compile returned says so, as does a closed one.
func TestMethodsOfNoFunc(t *testing.T) {
	a := arange(t, 2)
	for _, f := range []*einc.Func{nil, {}} {
		_, err := f.NewOutput()
		_, other := f.NewOutputFor(a)
		for _, err := range []error{err, other, f.Warning(), f.Call(a, a), f.CallContext(t.Context(), a, a)} {
			require.ErrorContains(t, err, "nil or zero")
		}
		require.Contains(t, f.Explain().String(), "nil or zero")
		require.Zero(t, f.Stats())
		require.NoError(t, f.Close())
		require.NoError(t, f.Close())
	}
}

// A nil context is an error, not a panic.
func TestNoContext(t *testing.T) {
	a, specs := arange(t, 2), []einc.Spec{specOf(tensor.F64, 2)}
	f, err := einc.Compile("i->", specs, &einc.Options{Engine: einc.Interpreter})
	require.NoError(t, err)
	d, err := parser.ParseDirective(`//einc:kernel Sum "i->" i=2 float64`)
	require.NoError(t, err)
	var none context.Context
	for name, call := range map[string]func() error{
		"EinsumContext":  func() error { _, err := einc.EinsumContext(none, "i->", nil, a); return err },
		"CompileContext": func() error { _, err := einc.CompileContext(none, "i->", specs, nil); return err },
		"CompileFor":     func() error { _, err := einc.CompileFor(none, "i->", nil, []*einc.Tensor{a}); return err },
		"CallContext":    func() error { return f.CallContext(none, arange(t), a) },
		"Build":          func() error { _, err := einc.Build(none, "i->", "k", specs, nil); return err },
		"PlanExpr":       func() error { _, err := einc.PlanExpr(none, "i->", specs, nil); return err },
		"PlanNetworks":   func() error { return einc.PlanNetworks(none, strings.NewReader(""), false, tensor.F64, nil, nil) },
		"CheckPlan":      func() error { _, err := einc.CheckPlan(none, &einc.PlanFile{}); return err },
		"Explain":        func() error { _, err := einc.Explain(none, "i->", specs, nil); return err },
		"Measure":        func() error { _, err := einc.Measure(none, "i->", specs, nil); return err },
		"GenerateGo":     func() error { _, err := einc.GenerateGo(none, einc.GoKernel{Directive: d, Package: "p"}); return err },
	} {
		require.NotPanics(t, func() { require.ErrorContains(t, call(), "the context is nil", name) }, name)
	}
}

func TestStatsOfOpenExtents(t *testing.T) {
	f, err := einc.Compile("ij->j", []einc.Spec{specOf(tensor.F64, 3, 5)}, &einc.Options{Engine: einc.Interpreter, Dynamic: []string{"j"}})
	require.NoError(t, err)
	require.EqualValues(t, 5*8, f.Stats().Output)
}

func TestOverlap(t *testing.T) {
	f := native(t, "C[i,j] += A[i,k]*B[k,j]", specOf(tensor.F64, 2, 2), specOf(tensor.F64, 2, 2), specOf(tensor.F64, 2, 2))
	c, a, b := arange(t, 2, 2), arange(t, 2, 2), arange(t, 2, 2)
	require.NoError(t, f.Call(c, c, a, b), "in place")
	got, err := tensor.Values[float64](c)
	require.NoError(t, err)
	require.Equal(t, []float64{2, 4, 8, 14}, got)
	require.ErrorContains(t, f.Call(a, c, a, b), "overlaps operand 1")
}

func TestCancelled(t *testing.T) {
	f := native(t, "ik,kj->ij", specOf(tensor.F64, 400, 400), specOf(tensor.F64, 400, 400))
	out, err := f.NewOutput()
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, f.CallContext(ctx, out, arange(t, 400, 400), arange(t, 400, 400)), context.Canceled)
}

func TestConcurrentCalls(t *testing.T) {
	f := native(t, "ik,kj,jl->il", specOf(tensor.F64, 30, 40), specOf(tensor.F64, 40, 20), specOf(tensor.F64, 20, 10))
	a, b, c := arange(t, 30, 40), arange(t, 40, 20), arange(t, 20, 10)
	want, err := f.NewOutput()
	require.NoError(t, err)
	require.NoError(t, f.Call(want, a, b, c))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			out, err := f.NewOutput()
			if err != nil {
				t.Error(err)
				return
			}
			for range 50 {
				if err := f.Call(out, a, b, c); err != nil || !tensor.Equal(want, out) {
					t.Error("a concurrent call differs", err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestWorkerCounts demands the same bits from any number of workers.
func TestWorkerCounts(t *testing.T) {
	for _, expr := range []string{"ik,kj->ij", "ik,kj->", "ik,kj->k"} {
		var want *tensor.Tensor
		for _, workers := range []int{1, 2, 3, 8} {
			got, err := einc.EinsumContext(context.Background(), expr, &einc.Options{Workers: workers}, fractions(t, 300, 200), fractions(t, 200, 250))
			require.NoError(t, err)
			if want == nil {
				want = got
			}
			require.True(t, tensor.Equal(want, got), "%s with %d workers", expr, workers)
		}
	}
}

func fractions(t *testing.T, shape ...int) *tensor.Tensor {
	x := arange(t, shape...)
	data, err := tensor.Values[float64](x)
	require.NoError(t, err)
	for i := range data {
		data[i] = 1 / (1 + data[i])
	}
	y, err := tensor.From(data, shape...)
	require.NoError(t, err)
	return y
}

// TestBroadcastViews is the streaming case of the broadcasting lesson, on unsqueezed views.
func TestBroadcastViews(t *testing.T) {
	x, err := arange(t, 300, 10).Unsqueeze(1)
	require.NoError(t, err)
	m, err := arange(t, 20, 10).Unsqueeze(0)
	require.NoError(t, err)
	d, err := einc.Einsum("D[n,k,d] = X[n,k,d] - M[n,k,d]", x, m)
	require.NoError(t, err)
	require.Equal(t, []int{300, 20, 10}, d.Shape())
	v, err := tensor.Values[float64](d)
	require.NoError(t, err)
	for i, got := range v {
		n, k, e := i/200, i/10%20, i%10
		require.Equal(t, float64(10*n+e-10*k-e), got)
	}
}

func BenchmarkCall4x4(b *testing.B) {
	f := native(b, "ik,kj->ij", specOf(tensor.F64, 4, 4), specOf(tensor.F64, 4, 4))
	x, y := arange(b, 4, 4), arange(b, 4, 4)
	out, err := f.NewOutput()
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if err := f.Call(out, x, y); err != nil {
			b.Fatal(err)
		}
	}
}

// TestManyShapes goes through more shapes than Einsum remembers, from several goroutines.
func TestManyShapes(t *testing.T) {
	var wg sync.WaitGroup
	for g := range 3 {
		wg.Go(func() {
			for n := range 400 {
				x, err := tensor.From(make([]float64, n+g), n+g)
				if err != nil {
					t.Error(err)
					return
				}
				opts := &einc.Options{Engine: einc.Interpreter}
				if out, err := einc.EinsumContext(context.Background(), "i->", opts, x); err != nil || out.Rank() != 0 {
					t.Error(n, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// The interpreter, too, takes layouts that the function was not compiled for.
func TestInterpretedCallTakesAnyLayout(t *testing.T) {
	f, err := einc.Compile("ii,ij->j", []einc.Spec{specOf(tensor.F64, 3, 3), specOf(tensor.F64, 3, 2)}, &einc.Options{Engine: einc.Interpreter})
	require.NoError(t, err)
	defer f.Close()
	a, err := arange(t, 9, 9).Index(tensor.Slice(1, 7, 2), tensor.Slice(0, 9, 3))
	require.NoError(t, err)
	b, err := arange(t, 3, 2).Flip(0, 1)
	require.NoError(t, err)
	want, err := einc.EinsumContext(context.Background(), "ii,ij->j", &einc.Options{Engine: einc.Interpreter}, a, b)
	require.NoError(t, err)
	wide := arange(t, 2, 4)
	out, err := wide.Index(tensor.At(0), tensor.Slice(3, 0, -2))
	require.NoError(t, err)
	require.NoError(t, f.Call(out, a, b))
	require.Equal(t, want.String(), out.String())
}

func TestSpecialize(t *testing.T) {
	for _, expr := range []string{"ij->ij", "Y[i,j] = X[i,j]"} {
		f, err := einc.Compile(expr, []einc.Spec{specOf(tensor.F64, 3, 2)}, &einc.Options{Specialize: true, Cache: "off"})
		require.NoError(t, err)
		a, err := arange(t, 3, 2).Flip(0)
		require.NoError(t, err)
		out, err := f.NewOutput()
		require.NoError(t, err)
		require.NoError(t, f.Call(out, a))
		require.Equal(t, a.String(), out.String())

		// Variants are for row-major outputs: another layout must not be taken for one.
		back, err := arange(t, 3, 2).Flip(0)
		require.NoError(t, err)
		require.NoError(t, f.Call(back, a))
		require.Equal(t, a.String(), back.String())
		require.NoError(t, f.Close())
	}
}

// What is compiled for one layout refuses others rather than write where the output is not.
func TestCompileForOneLayout(t *testing.T) {
	a, buffer := arange(t, 3, 2), arange(t, 9, 2)
	f, err := einc.CompileFor(context.Background(), "Y[i,j] = X[i,j]", &einc.Options{Cache: "off"}, []*tensor.Tensor{a})
	require.NoError(t, err)
	defer f.Close()
	out, err := buffer.Index(tensor.Slice(5, 2, -1))
	require.NoError(t, err)
	before := buffer.String()
	require.ErrorContains(t, f.Call(out, a), "compiled for other layouts")
	require.Equal(t, before, buffer.String())
	back, err := a.Flip(0)
	require.NoError(t, err)
	require.ErrorContains(t, f.Call(arange(t, 3, 2), back), "compiled for other layouts")
	require.NoError(t, f.Call(arange(t, 3, 2), a))
}

func TestOutputsThatShareStorage(t *testing.T) {
	f := native(t, "ijk->ijk", specOf(tensor.F64, 3, 2, 2))
	a := arange(t, 3, 2, 2)
	for _, c := range []struct {
		strides []int
		ok      bool
	}{
		{[]int{4, 2, 1}, true}, {[]int{1, 3, 6}, true}, {[]int{2, 7, 30}, true},
		{[]int{1, 1, 3}, false}, {[]int{3, 2, 1}, false}, {[]int{4, 2, 2}, false}, {[]int{0, 2, 1}, false},
	} {
		out, err := arange(t, 60).AsStrided(0, []int{3, 2, 2}, c.strides)
		require.NoError(t, err)
		if c.ok {
			require.NoError(t, f.Call(out, a), "%v", c.strides)
			require.Equal(t, a.String(), out.String())
			continue
		}
		require.ErrorContains(t, f.Call(out, a), "share storage", "%v", c.strides)
	}
}

func TestNilOperands(t *testing.T) {
	_, err := einc.Einsum("i->", nil)
	require.ErrorContains(t, err, "operand 0 is nil")
	_, err = einc.EinsumSublists([]*einc.Tensor{nil}, []einc.Sublist{{0}}, nil)
	require.ErrorContains(t, err, "operand 0 is nil")
}

// Options may be nil wherever they are taken.
// Doctor says that a cache takes no entries.
func TestDoctorOfClosedCache(t *testing.T) {
	dir := t.TempDir()
	cache := einc.Doctor(&einc.Options{Cache: dir})[2]
	require.True(t, cache.OK)
	require.Equal(t, dir, cache.Text)
	require.NoError(t, os.Chmod(dir, 0o500))
	if os.Geteuid() == 0 {
		dir = "/proc" // root may write where modes forbid it, but nobody makes a file there
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip(err)
	}
	cache = einc.Doctor(&einc.Options{Cache: dir})[2]
	require.False(t, cache.OK)
	require.Contains(t, cache.Text, "nothing can be stored: ")
}

func TestDoctorWithoutOptions(t *testing.T) {
	require.Len(t, einc.Doctor(nil), 3)
	require.False(t, einc.IsInternal(nil) || einc.IsMissing(nil) || einc.IsBudget(nil))
}

func TestOptionsAreChecked(t *testing.T) {
	for _, opts := range []*einc.Options{{Mode: 99}, {Engine: 99}, {Workers: -1}, {Workers: math.MaxInt}, {MaxMemory: -1}, {Method: "nope"},
		{Budget: einc.Budget{Units: -1}}, {Budget: einc.Budget{Units: math.NaN()}}, {Budget: einc.Budget{Time: -1}}} {
		_, err := einc.Compile("i->", []einc.Spec{specOf(tensor.F32, 2)}, opts)
		require.Error(t, err)
		network := strings.NewReader(`{"inputs":[[0,1],[1,2]],"output":[0,2],"sizes":[2,3,4]}`)
		require.Error(t, einc.PlanNetworks(t.Context(), network, false, tensor.F64, opts, func(*einc.Planned) error { return nil }))
	}
}
