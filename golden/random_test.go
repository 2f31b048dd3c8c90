package golden_test

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/golden"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// seed is the seed of a random test: EINC_SEED, or a fixed one.
func seed(t *testing.T) uint64 {
	s := uint64(1)
	if text := os.Getenv("EINC_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
		s = n
	}
	t.Logf("seed %d (set EINC_SEED to change it)", s)
	return s
}

// rounds is the number of random cases: EINC_ROUNDS, or few enough for a quick test.
func rounds(t *testing.T, quick int) int {
	text := os.Getenv("EINC_ROUNDS")
	if text == "" {
		return quick
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}

func heap(n int) []byte { return make([]byte, n) }

// hostLevels are the CPU levels that this machine can run.
func hostLevels(t *testing.T) []string {
	var ok []string
	for _, l := range einc.Levels() {
		f, err := einc.Compile("i->", []einc.Spec{{DType: tensor.F32, Shape: []int{3}}}, &einc.Options{Engine: einc.Native, Level: l, Isolate: true, Cache: "off"})
		if einc.IsMissing(err) {
			require.Empty(t, os.Getenv("CI"), "no native code, and nobody would notice: %v", err)
			t.Skipf("no native code: %v", err)
		}
		if err == nil {
			ok = append(ok, l)
			f.Close()
		}
	}
	require.NotEmpty(t, ok)
	return ok
}

// TestRandom compares the engines on random contractions: the interpreter, and native code for every
// level the machine has, specialised and with strides at run time; some of them with open extents.
func TestRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 0))
	levels := hostLevels(t)
	for i := range rounds(t, 25) {
		for _, d := range tensor.DTypes() {
			c, err := golden.Random(r, d, heap)
			require.NoError(t, err)
			compareEngines(t, c, levels[(i+int(d))%len(levels)], nil)
			if i%5 == int(d)%5 {
				compareEngines(t, c, levels[(i+int(d))%len(levels)], []string{einc.AllLabels})
			}
		}
	}
}

func compareEngines(t *testing.T, c *golden.Contraction, level string, open []string) {
	want, err := golden.Eval(problem(t, c), c.Operands)
	require.NoError(t, err)
	for _, e := range engines {
		opts := options(e.engine)
		opts.Level, opts.Dynamic = level, open
		f, err := einc.Compile(c.Expr, specs(c.Operands), opts)
		require.NoError(t, err, "%s %v", c.Expr, c.Operands)
		got, err := f.NewOutputFor(c.Operands...)
		require.NoError(t, err)
		require.NoError(t, f.Call(got, c.Operands...))
		require.True(t, golden.Equal(want, got), "%s %s %s open %v\noperands %v\nwant %v\ngot %v", e.name, level, c.Expr, open, c.Operands, want, got)
		generic := fortranLike(t, got)
		require.NoError(t, f.Call(generic, c.Operands...))
		require.True(t, golden.Equal(want, generic), "%s %s %s with strides at run time\nwant %v\ngot %v", e.name, level, c.Expr, want, generic)
		require.NoError(t, f.Close())
	}
}

// fortranLike is a fresh tensor of the same shape whose layout is not row-major.
func fortranLike(t *testing.T, like *tensor.Tensor) *tensor.Tensor {
	n := like.Rank()
	shape, axes := make([]int, n), make([]int, n)
	for a := range n {
		shape[a], axes[a] = like.Shape()[n-1-a], n-1-a
	}
	out, err := tensor.New(like.DType(), shape...)
	require.NoError(t, err)
	out, err = out.Permute(axes...)
	require.NoError(t, err)
	return out
}

// TestReproducible compiles contractions twice and demands the same bytes.
func TestReproducible(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 1))
	hostLevels(t)
	for range rounds(t, 10) {
		for _, d := range []tensor.DType{tensor.F32, tensor.C128, tensor.BF16, tensor.I8} {
			c, err := golden.Random(r, d, heap)
			require.NoError(t, err)
			build := func() []byte {
				a, err := einc.Build(context.Background(), c.Expr, "k", specs(c.Operands), options(einc.Native))
				require.NoError(t, err)
				code, err := a.Emit(context.Background(), "obj")
				require.NoError(t, err)
				return code
			}
			require.Equal(t, build(), build(), c.Expr)
		}
	}
}
