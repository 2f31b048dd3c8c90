package golden_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/codegen/libllvm"
	"github.com/einc-lang/einc/codegen/lower"
	"github.com/einc-lang/einc/golden"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/runtime"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// randomNetwork makes a chain with cross edges and batch indices, too large to run as one step.
func randomNetwork(t *testing.T, r *rand.Rand, d tensor.DType) *golden.Contraction {
	n := 3 + r.IntN(4)
	var terms []string
	var shapes [][]int
	extent := map[byte]int{}
	used := map[byte]int{}
	for i := range n {
		labels := []byte{byte('a' + i), byte('a' + i + 1)}
		if r.IntN(3) == 0 {
			labels = append(labels, byte('a'+r.IntN(n+1)))
		}
		if r.IntN(3) == 0 {
			labels = append(labels, 'z')
		}
		r.Shuffle(len(labels), func(a, b int) { labels[a], labels[b] = labels[b], labels[a] })
		var shape []int
		for _, l := range labels {
			if extent[l] == 0 {
				extent[l] = []int{2, 3, 5, 7, 11, 13, 24}[r.IntN(7)]
			}
			used[l]++
			shape = append(shape, extent[l])
		}
		terms, shapes = append(terms, string(labels)), append(shapes, shape)
	}
	out := ""
	for _, l := range "zyabcdefgh" {
		if used[byte(l)] > 0 && r.IntN(2) == 0 {
			out += string(l)
		}
	}
	operands, err := golden.Operands(r, d, shapes)
	require.NoError(t, err)
	return &golden.Contraction{Expr: strings.Join(terms, ",") + "->" + out, Operands: operands}
}

// kernelOf is a sliced plan on its way to memory: as machine code, and for the interpreter.
type kernelOf struct {
	unit   *codegen.Unit
	kernel *runtime.Kernel
}

func compileSliced(t *testing.T, p *parser.Problem, opts planner.Options, lopts lower.Options) kernelOf {
	opts.Workspace = lower.Workspace(opts.Target, lopts)
	pl, err := planner.Search(context.Background(), p, opts)
	require.NoError(t, err)
	require.NoError(t, pl.Verify(), pl.String())
	u, err := codegen.Lower(pl, opts.Target, lopts)
	require.NoError(t, err, pl.String())
	o, err := u.Compile(context.Background(), libllvm.CompileInWorker, "test", codegen.ByNest)
	require.NoError(t, err, pl.String())
	k, err := runtime.Load(o)
	require.NoError(t, err, "%s\n%s", pl, o)
	return kernelOf{u, k}
}

// run calls the kernel, and the interpreter for workers 0.
func (k kernelOf) run(t *testing.T, p *parser.Problem, operands []*tensor.Tensor, workers int) *tensor.Tensor {
	x := p.Tensors[p.Output]
	out, err := tensor.New(x.DType, x.Shape...)
	require.NoError(t, err)
	ptrs := []unsafe.Pointer{out.Data()}
	for _, o := range operands {
		ptrs = append(ptrs, o.Data())
	}
	var dims []int64
	for _, d := range k.unit.Dims() {
		if !d.Given() {
			n, err := d.Derive(dims)
			require.NoError(t, err)
			dims = append(dims, n)
			continue
		}
		of := out
		if d.Param > 0 {
			of = operands[d.Param-1]
		}
		dims = append(dims, int64(of.Strides()[d.Axis]))
	}
	if workers == 0 {
		require.NoError(t, k.unit.Interpret(context.Background(), ptrs, dims))
	} else {
		require.NoError(t, k.kernel.Run(context.Background(), ptrs, dims, workers))
	}
	return out
}

// TestSliced cuts random indices of random networks into pieces of random size: on integers the result is
// that of the definition, whoever runs it, and no more memory is taken than the plan states.
func TestSliced(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 7))
	hostLevels(t)
	target, err := codegen.Host()
	require.NoError(t, err)
	loops, parallel := 0, 0
	for i := range rounds(t, 40) {
		d := []tensor.DType{tensor.I64, tensor.I32, tensor.F64, tensor.F16}[i%4]
		c := randomNetwork(t, r, d)
		p := problem(t, c)
		target.Workers = 1 + i%3
		opts := planner.Options{Target: target}
		for id, x := range p.Indices {
			if x.Extent > 1 && r.IntN(3) == 0 {
				opts.Slices = append(opts.Slices, planner.SliceIndex{Index: parser.IndexID(id), Chunk: 1 + r.IntN(x.Extent)})
			}
		}
		note := fmt.Sprintf("round %d: %s %v %v, slices %v", i, c.Expr, d, shapes(c), opts.Slices)
		k := compileSliced(t, p, opts, lower.Options{RuntimeStrides: i%5 == 0, DirectOnly: i%5 == 0})
		whole, err := planner.Search(context.Background(), p, planner.Options{Target: target})
		require.NoError(t, err)
		u, err := codegen.Lower(whole, target, lower.Options{DirectOnly: true})
		require.NoError(t, err)
		want := kernelOf{unit: u}.run(t, p, c.Operands, 0)
		if d != tensor.F16 && naiveSpace(p) < 1e6 {
			def, err := golden.Eval(p, c.Operands)
			require.NoError(t, err)
			require.True(t, golden.Equal(def, want), note)
		}
		for workers := range 4 {
			got := k.run(t, p, c.Operands, workers)
			if d == tensor.F16 && workers > 1 { // sums are rounded: the same bits from any number of workers
				want = k.run(t, p, c.Operands, 1)
			} else if d == tensor.F16 {
				continue
			}
			require.True(t, golden.Equal(want, got), "%s, %d workers\n%s\nwant %v\ngot %v", note, workers, k.unit.Plan, want, got)
		}
		checkMemory(t, k, note)
		loops += len(k.unit.Plan.Loops)
		for _, l := range k.unit.Plan.Loops {
			if l.Parallel {
				parallel++
			}
		}
		require.NoError(t, k.kernel.Close())
	}
	require.Greater(t, loops, 20)
	require.Greater(t, parallel, 3)
}

func naiveSpace(p *parser.Problem) float64 {
	n := 1.0
	for _, x := range p.Indices {
		n *= float64(x.Extent)
	}
	return n
}

// checkMemory compares what a kernel takes with what its plan states, for as many workers as it uses.
func checkMemory(t *testing.T, k kernelOf, note string) {
	pl := k.unit.Plan
	m := k.kernel.Memory(pl.Workers)
	require.Equal(t, pl.Arena, m.Arena, note)
	used := m.Arena + m.Shared + m.Worker*int64(pl.Workers)
	require.Equal(t, pl.Peak, used, "%s\n%s\narena %d, shared %d, worker %d", note, pl, m.Arena, m.Shared, m.Worker)
}

// TestSlicedPacked slices products that are large enough for panels, and for blocks that take turns within slices.
func TestSlicedPacked(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 9))
	hostLevels(t)
	target, err := codegen.Host()
	require.NoError(t, err)
	target.Workers = 2
	operands, err := golden.Operands(r, tensor.F64, [][]int{{300, 520}, {520, 700}, {700, 310}})
	require.NoError(t, err)
	c := &golden.Contraction{Expr: "ab,bc,cd->ad", Operands: operands}
	p := problem(t, c)
	whole := compileSliced(t, p, planner.Options{Target: target}, lower.Options{})
	want := whole.run(t, p, operands, 2)
	turns := 0 // within slices
	for _, cuts := range [][]planner.SliceIndex{{{Index: 0, Chunk: 70}}, {{Index: 2, Chunk: 100}}, {{Index: 1, Chunk: 260}, {Index: 3, Chunk: 64}}} {
		k := compileSliced(t, p, planner.Options{Target: target, Slices: cuts}, lower.Options{})
		for workers := range 3 {
			require.True(t, golden.Equal(want, k.run(t, p, operands, 1+workers)), "%v\n%s", cuts, k.unit.Plan)
		}
		checkMemory(t, k, fmt.Sprint(cuts))
		require.NoError(t, k.kernel.Close())
		for _, turn := range k.unit.Program.Turns {
			for _, l := range k.unit.Plan.Loops {
				if step := k.unit.Program.Phases[turn.First].Step; step >= l.First && step < l.End {
					turns++
				}
			}
		}
	}
	require.Positive(t, turns)
}

// TestSlicedCopies runs products of a batch against the grain in less memory than their copies take: some items at a time.
func TestSlicedCopies(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 9))
	hostLevels(t)
	target, err := codegen.Host()
	require.NoError(t, err)
	target.Workers = 2
	for _, c := range []struct {
		expr   string
		shapes [][]int
	}{
		{"ikc,jkc->ijc", [][]int{{128, 130, 3}, {120, 130, 3}}},
		{"C[m,n,b] = relu(X[m,k,b]*Y[k,n,b] + D[m,n])", [][]int{{128, 130, 4}, {130, 120, 4}, {128, 120}}},
	} {
		operands, err := golden.Operands(r, tensor.F32, c.shapes)
		require.NoError(t, err)
		p := problem(t, &golden.Contraction{Expr: c.expr, Operands: operands})
		whole := compileSliced(t, p, planner.Options{Target: target}, lower.Options{})
		require.Greater(t, len(whole.unit.Plan.Steps), 1, whole.unit.Plan)
		k := compileSliced(t, p, planner.Options{Target: target, MaxMemory: whole.unit.Plan.Peak * 3 / 4}, lower.Options{})
		require.True(t, k.unit.Plan.Way.Copied, k.unit.Plan)
		want := whole.run(t, p, operands, 2)
		for workers := range 3 {
			require.True(t, golden.Equal(want, k.run(t, p, operands, 1+workers)), k.unit.Plan)
		}
		checkMemory(t, k, c.expr)
		require.NoError(t, k.kernel.Close())
		require.NoError(t, whole.kernel.Close())
	}
}

// TestMemoryLimit runs networks in a fraction of the memory they want.
func TestMemoryLimit(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 8))
	hostLevels(t)
	operands, err := golden.Operands(r, tensor.F32, [][]int{{96, 80}, {80, 70, 9}, {9, 70, 64}, {64, 100}})
	require.NoError(t, err)
	const expr = "ab,bcx,xcd,de->axe"
	run := func(limit int64) (*tensor.Tensor, int64, error) {
		opts := options(einc.Native)
		opts.MaxMemory = limit
		f, err := einc.Compile(expr, specs(operands), opts)
		if err != nil {
			return nil, 0, err
		}
		defer f.Close()
		out, err := f.NewOutput()
		require.NoError(t, err)
		require.NoError(t, f.Call(out, operands...))
		s := f.Stats()
		return out, s.Temporaries + s.Workspace, nil
	}
	want, free, err := run(0)
	require.NoError(t, err)
	for _, part := range []int64{2, 4, 8} {
		got, used, err := run(free / part)
		require.NoError(t, err)
		require.LessOrEqual(t, used, free/part)
		require.True(t, golden.Equal(want, got), "1/%d of the memory", part)
	}
	_, _, err = run(64)
	var e planner.MemoryError
	require.True(t, errors.As(err, &e), "%v", err)
	_, used, err := run(e.Least)
	require.NoError(t, err)
	require.LessOrEqual(t, used, e.Least)
}
