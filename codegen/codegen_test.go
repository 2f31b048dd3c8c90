package codegen_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"unsafe"

	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/codegen/libllvm"
	"github.com/einc-lang/einc/codegen/lower"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	libllvm.RunWorkerIfAsked()
	os.Exit(m.Run())
}

// unit lowers an expression on f32 operands for x86-64-v3.
func unit(t *testing.T, expr string, shapes ...[]int) *codegen.Unit {
	p, err := parser.Parse(expr, parser.ModeAuto)
	require.NoError(t, err)
	var specs []parser.Spec
	for _, s := range shapes {
		specs = append(specs, parser.Spec{DType: tensor.F32, Shape: s})
	}
	problem, err := p.Bind(specs)
	require.NoError(t, err)
	target, err := codegen.TargetFor("x86-64-v3")
	require.NoError(t, err)
	target.Workers = 1
	plan, err := planner.Search(context.Background(), problem, planner.Options{Target: target})
	require.NoError(t, err)
	u, err := codegen.Lower(plan, target, lower.Options{})
	require.NoError(t, err)
	return u
}

func TestTargets(t *testing.T) {
	_, err := codegen.TargetFor("pentium")
	require.ErrorContains(t, err, "x86-64-v3")
	for _, name := range codegen.Levels() {
		target, err := codegen.TargetFor(name)
		require.NoError(t, err)
		require.Equal(t, name, target.Level)
		require.GreaterOrEqual(t, target.VectorBytes, 16)
	}
	host, err := codegen.Host()
	require.NoError(t, err)
	require.Positive(t, host.Workers)
}

// TestKey demands that a key names content: the same expression twice gives one key, whatever its
// labels are called, and any change of code or shape gives another.
func TestKey(t *testing.T) {
	key := func(u *codegen.Unit, einc string) [32]byte {
		k, err := u.Key(einc)
		require.NoError(t, err)
		return k
	}
	first := key(unit(t, "ik,kj->ij", []int{4, 5}, []int{5, 6}), "v1")
	require.Equal(t, first, key(unit(t, "ik,kj->ij", []int{4, 5}, []int{5, 6}), "v1"))
	require.NotEqual(t, first, key(unit(t, "ik,kj->ij", []int{4, 5}, []int{5, 6}), "v2"))
	require.NotEqual(t, first, key(unit(t, "ik,kj->ij", []int{4, 5}, []int{5, 7}), "v1"))
	require.NotEqual(t, first, key(unit(t, "ik,kj->ji", []int{4, 5}, []int{5, 6}), "v1"))
}

func TestCompileMakesOneObjectOfAnyPlan(t *testing.T) {
	u := unit(t, "ij,jk,kl->il", []int{10, 400}, []int{400, 10}, []int{10, 400})
	o, err := u.Compile(context.Background(), libllvm.CompileInWorker, "test", codegen.Whole)
	var missing *libllvm.MissingError
	if errors.As(err, &missing) {
		t.Skip(err)
	}
	require.NoError(t, err)
	require.Len(t, o.Modules, 1)
	require.Len(t, o.Params, 4)
	require.Equal(t, u.Plan.Arena, o.Arena)
	for _, s := range o.Symbols {
		require.Positive(t, s.Frame)
	}
}

func TestInterpretHonoursItsContext(t *testing.T) {
	u := unit(t, "i->", []int{3})
	x, out := []float32{1, 2, 3}, []float32{0}
	ptrs := []unsafe.Pointer{unsafe.Pointer(&out[0]), unsafe.Pointer(&x[0])}
	require.NoError(t, u.Interpret(context.Background(), ptrs, nil))
	require.Equal(t, []float32{6}, out)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, u.Interpret(ctx, ptrs, nil), context.Canceled)
}
