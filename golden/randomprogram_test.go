package golden_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/golden"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// TestRandomPrograms runs random programs under settings that go together at random: an engine, a level, open extents,
// a limit of memory, a number of workers, a plan file.
func TestRandomPrograms(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 13))
	levels := hostLevels(t)
	types := []tensor.DType{tensor.I32, tensor.F64, tensor.I64, tensor.F32, tensor.Bool, tensor.I8, tensor.C128, tensor.I16}
	ran := 0
	for i := range rounds(t, 40) {
		c, err := golden.RandomProgram(r, types[i%len(types)], heap)
		require.NoError(t, err)
		bound, ok := bindProgram(t, c)
		if !ok {
			continue
		}
		want, err := golden.Eval(bound, c.Operands)
		require.NoError(t, err)
		opts := options(engines[min(1, r.IntN(5))].engine)
		opts.Level, opts.Workers = levels[r.IntN(len(levels))], 1+r.IntN(3)
		runProgram(t, r, c, opts, want)
		ran++
	}
	require.Greater(t, ran, 20)
}

// bindProgram says no to programs with what a type has not, as relu of complex numbers.
func bindProgram(t *testing.T, c *golden.Contraction) (*parser.Problem, bool) {
	prog, err := parser.Parse(c.Expr, parser.ModeAuto)
	require.NoError(t, err)
	bound, err := prog.Bind(specs(c.Operands))
	if unsuited(err) {
		return nil, false
	}
	require.NoError(t, err, "%s %v", c.Expr, shapes(c))
	return bound, true
}

func runProgram(t *testing.T, r *rand.Rand, c *golden.Contraction, opts *einc.Options, want *tensor.Tensor) {
	switch r.IntN(5) {
	case 0:
		opts.Dynamic = []string{einc.AllLabels}
	case 1:
		opts.Dynamic = someLabels(t, r, c)
	case 2:
		opts.MaxMemory = limit(t, r, c, opts)
	case 3:
		opts.Plan = filed(t, c, opts)
	}
	f, err := einc.Compile(c.Expr, specs(c.Operands), opts)
	require.NoError(t, err, "%s %v %+v", c.Expr, shapes(c), opts)
	defer f.Close()
	got, err := f.NewOutputFor(c.Operands...)
	require.NoError(t, err)
	for _, out := range []*tensor.Tensor{got, fortranLike(t, got)} {
		require.NoError(t, f.Call(out, c.Operands...))
		require.True(t, golden.Equal(want, out), "%s\n%v %+v\nwant %v\ngot %v\n%s", c.Expr, shapes(c), opts, want, out, f.Explain())
	}
}

// someLabels are some of the labels that may be left open: those that have more than one element wherever they occur.
func someLabels(t *testing.T, r *rand.Rand, c *golden.Contraction) (labels []string) {
	all := problem(t, c).Indices
	for _, x := range all {
		short := slices.ContainsFunc(all, func(y parser.Index) bool { return y.Name == x.Name && y.Extent < 2 })
		if !short && r.IntN(2) == 0 {
			labels = append(labels, x.Name)
		}
	}
	return labels
}

// limit is a part of the memory that a program takes without one, but not less than it can do with.
func limit(t *testing.T, r *rand.Rand, c *golden.Contraction, opts *einc.Options) int64 {
	f, err := einc.Compile(c.Expr, specs(c.Operands), opts)
	require.NoError(t, err, "%s %v %+v", c.Expr, shapes(c), opts)
	defer f.Close()
	s := f.Stats()
	tight := *opts
	tight.MaxMemory = max(1, (s.Temporaries+s.Workspace)/int64(2+r.IntN(3)))
	g, err := einc.Compile(c.Expr, specs(c.Operands), &tight)
	if err != nil {
		require.True(t, einc.IsBudget(err), "%s %v %+v: %v", c.Expr, shapes(c), opts, err)
		return 0
	}
	require.NoError(t, g.Close())
	return tight.MaxMemory
}

// filed is the program's plan, written and read; nil if it is no single product.
func filed(t *testing.T, c *golden.Contraction, opts *einc.Options) *einc.PlanFile {
	p, err := einc.PlanExpr(context.Background(), c.Expr, specs(c.Operands), opts)
	require.NoError(t, err, "%s %v", c.Expr, shapes(c))
	text, err := p.File()
	if err != nil {
		require.ErrorContains(t, err, "product")
		return nil
	}
	file, err := einc.ReadPlan(bytes.NewReader(text))
	require.NoError(t, err)
	return file
}

// TestRandomEpilogues adds biases, masks and activations to products that are worth packing, and to networks, whose
// temporaries a limit of memory cuts.
func TestRandomEpilogues(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 14))
	levels := hostLevels(t)
	types := []tensor.DType{tensor.F64, tensor.I32, tensor.F32, tensor.I64, tensor.I16}
	for i := range rounds(t, 6) {
		d := types[i/2%len(types)]
		c, err := golden.RandomPanels(r, d, heap)
		require.NoError(t, err)
		for i%2 == 1 && (len(c.Operands) == 2 || naiveSpace(problem(t, c)) > 1e6) {
			c = randomNetwork(t, r, tensor.I64)
		}
		addEpilogue(t, r, c)
		want, err := golden.Eval(problem(t, c), c.Operands)
		require.NoError(t, err)
		opts := options(einc.Native)
		opts.Level, opts.Workers = levels[r.IntN(len(levels))], 1+r.IntN(3)
		runProgram(t, r, c, opts, want)
	}
}

// addEpilogue writes a product in index notation, and what follows it.
func addEpilogue(t *testing.T, r *rand.Rand, c *golden.Contraction) {
	in, out, _ := strings.Cut(c.Expr, "->")
	axes, extent := map[string]string{"Y": out, "D": out}, map[rune]int{}
	factors, given := []string{}, map[string]*tensor.Tensor{}
	for i, term := range strings.Split(in, ",") {
		name := fmt.Sprint("X", i)
		factors, given[name] = append(factors, indexed(name, term)), c.Operands[i]
		for axis, l := range term {
			extent[l] = c.Operands[i].Shape()[axis]
		}
	}
	for _, l := range out {
		if r.IntN(2) == 0 {
			axes["C"] += string(l)
		}
	}
	names := strings.NewReplacer("Y", indexed("Y", out), "X", strings.Join(factors, "*"), "C", indexed("C", axes["C"]), "D", indexed("D", out))
	c.Expr = names.Replace([]string{"Y = relu(X + C)", "Y = X*C", "Y += X", "Y = relu(X) * C + D", "Y = min(X + D, C)",
		"Y = D - X", "Y = abs(X)*relu(D) - C", "Y += X*C", "Y = X - 2*X*C"}[r.IntN(9)])
	prog, err := parser.Parse(c.Expr, parser.ModeAuto)
	require.NoError(t, err)
	d := c.Operands[0].DType()
	c.Operands = nil
	for _, o := range prog.Operands {
		x := given[o.Name]
		if x == nil {
			shape := []int{}
			for _, l := range axes[o.Name] {
				shape = append(shape, extent[l])
			}
			more, err := golden.Operands(r, d, [][]int{shape})
			require.NoError(t, err)
			x = more[0]
		}
		c.Operands = append(c.Operands, x)
	}
}

func indexed(name, labels string) string {
	return name + "[" + strings.Join(strings.Split(labels, ""), ",") + "]"
}
