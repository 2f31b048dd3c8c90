package llvm_test

import (
	"math"
	"sync"
	"testing"

	"github.com/einc-lang/einc/codegen/llvm"
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
	"github.com/llir/llvm/ir"
	"github.com/stretchr/testify/require"
)

var v3 = llvm.Target{Triple: linux, CPU: "x86-64-v3", VectorBits: 256}

// text emits one nest.
func text(t *testing.T, n *loop.Nest, target llvm.Target) string {
	t.Helper()
	require.NoError(t, loop.Verify(n))
	m, err := module(n, target)
	require.NoError(t, err)
	return llvm.Text(m)
}

// module is that of a single nest, whose function is k.
func module(n *loop.Nest, target llvm.Target) (*ir.Module, error) {
	return llvm.Module([]llvm.Named{{Symbol: "k", Nest: n}}, target)
}

// elementwise is the nest of one element-wise operation on vectors.
func elementwise(lv level, lanes int, f compute, out tensor.DType, in ...tensor.DType) *loop.Nest {
	w := &wise{lv: lv, lanes: lanes}
	w.add(out, f, in...)
	return w.jobs[0].nest
}

func fma(b *loop.Builder, a []loop.Reg) loop.Reg { return b.Same(loop.OpFMA, a...) }

func TestTextOfMultiplyAdd(t *testing.T) {
	f32 := tensor.F32
	fused := text(t, elementwise(level{fma: true}, 8, fma, f32, f32, f32, f32), v3)
	require.Contains(t, fused, "define void @k(i8** noalias nocapture readonly %args, i64 %lo, i64 %hi) nounwind")
	for _, attr := range []string{`"frame-pointer"="none"`, `"no-builtins"`, `"target-cpu"="x86-64-v3"`, `"warn-stack-size"="0"`} {
		require.Contains(t, fused, attr)
	}
	require.Contains(t, fused, "declare <8 x float> @llvm.fma.v8f32(")
	require.Contains(t, fused, "load <8 x float>, <8 x float>* ")
	require.NotContains(t, fused, "prefer-vector-width")
	require.NotRegexp(t, `align (8|16|32|64)\b.*float`, fused, "floats are aligned to themselves")
	require.NotRegexp(t, `\b(fast|contract|reassoc|nnan|ninf|nsz|arcp|afn)\b`, fused)

	apart := text(t, elementwise(level{}, 8, fma, f32, f32, f32, f32), v3)
	require.NotContains(t, apart, "llvm.fma")
	require.Regexp(t, `fmul <8 x float>[^\n]*\n[^\n]*fadd <8 x float>`, apart)
}

func TestTextIsStable(t *testing.T) {
	j := odd().job(level{fma: true}, 1)
	first := text(t, j.nest, v3)
	m, err := module(j.nest, v3)
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if llvm.Text(m) != first {
				t.Error("the same nest gave another text")
			}
		})
	}
	wg.Wait()
}

func TestTextOfWideVectors(t *testing.T) {
	n := elementwise(level{fma: true}, 16, fma, tensor.F32, tensor.F32, tensor.F32, tensor.F32)
	v4 := llvm.Target{Triple: linux, CPU: "x86-64-v4", VectorBits: 512}
	require.Regexp(t, `"min-legal-vector-width"="512" "prefer-vector-width"="512"`, text(t, n, v4))
	require.NotContains(t, text(t, n, v3), "prefer-vector-width", "the machine has no such registers")
}

func TestReservedRegistersOfAArch64(t *testing.T) {
	n := elementwise(level{}, 4, fma, tensor.F32, tensor.F32, tensor.F32, tensor.F32)
	require.Contains(t, text(t, n, llvm.Target{Triple: arm}), `"target-features"="+reserve-x28,+reserve-x18"`)
	require.Contains(t, text(t, n, llvm.Target{Triple: arm, Features: "+neon,+reserve-x18"}), `"+neon,+reserve-x18,+reserve-x28"`)
}

func TestTextOfConstants(t *testing.T) {
	for want, v := range map[string]float64{
		"float 0x7FF8000000000000": math.NaN(), "float 0xFFF0000000000000": math.Inf(-1), "float 0x8000000000000000": math.Copysign(0, -1),
		"float 0x36A0000000000000": math.SmallestNonzeroFloat32, "float 0x3FB99999A0000000": 0.1,
	} {
		n := elementwise(level{}, 1, func(b *loop.Builder, a []loop.Reg) loop.Reg { return b.Const(b.Type(a[0]), v) }, tensor.F32, tensor.F32)
		require.Contains(t, text(t, n, v3), want)
	}
}

func TestHalvesWithoutHardwareAreIntegers(t *testing.T) {
	widen := func(b *loop.Builder, a []loop.Reg) loop.Reg { return b.Convert(a[0], tensor.F32) }
	require.Contains(t, text(t, elementwise(level{fma: true}, 8, widen, tensor.F32, tensor.F16), v3), "fpext <8 x half>")
	require.NotContains(t, text(t, elementwise(level{}, 8, widen, tensor.F32, tensor.F16), v3), "half")
	require.NotContains(t, text(t, elementwise(level{fma: true}, 8, widen, tensor.F32, tensor.BF16), v3), "bfloat")
}

func TestPasses(t *testing.T) {
	require.Empty(t, llvm.Passes("packed/b"))
	require.Equal(t, llvm.Passes("direct"), llvm.Passes("packedish"))
	require.Contains(t, llvm.Passes("direct"), "loop-mssa(loop-rotate,licm)")
}

func TestErrors(t *testing.T) {
	good := elementwise(level{}, 4, fma, tensor.F32, tensor.F32, tensor.F32, tensor.F32)
	halves := elementwise(level{}, 4, fma, tensor.F16, tensor.F16, tensor.F16, tensor.F16)
	grid := elementwise(level{}, 1, fma, tensor.F32, tensor.F32, tensor.F32, tensor.F32)
	grid.Body[0].(*loop.For).Body[0].(*loop.For).Kind = loop.Thread
	named := func(n ...llvm.Named) []llvm.Named { return n }
	for want, c := range map[string]struct {
		target llvm.Target
		nests  []llvm.Named
	}{
		`no code for triple "nvptx64-nvidia-cuda"`:             {llvm.Target{Triple: "nvptx64-nvidia-cuda"}, named(llvm.Named{Symbol: "k", Nest: good})},
		`symbol "k" of nest "direct" is empty or taken`:        {v3, named(llvm.Named{Symbol: "k", Nest: good}, llvm.Named{Symbol: "k", Nest: good})},
		`symbol "" of nest`:                                    {v3, named(llvm.Named{Nest: good})},
		`loop over "i" is of a GPU kind, which is unsupported`: {v3, named(llvm.Named{Symbol: "k", Nest: grid})},
		`no operation fma on f16: convert`:                     {v3, named(llvm.Named{Symbol: "k", Nest: halves})},
		`its body must be one For of kind Task`:                {v3, named(llvm.Named{Symbol: "k", Nest: &loop.Nest{}})},
	} {
		_, err := llvm.Module(c.nests, c.target)
		require.ErrorContains(t, err, want)
	}
}
