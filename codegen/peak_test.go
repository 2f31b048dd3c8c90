package codegen_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/codegen/libllvm"
	"github.com/einc-lang/einc/codegen/lower"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// TestPeakIsExact plans random expressions, many of them too large to run, and demands that the object
// asks for the very bytes that the plan states: whole and in slices, for any level and number of workers.
func TestPeakIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 0))
	spaces, private := map[string]int{}, 0
	for i := range 400 {
		expr, specs := randomExpression(r)
		problem := bind(t, expr, specs)
		target, err := codegen.TargetFor(codegen.Levels()[i%4])
		require.NoError(t, err)
		target.Workers = 1 + i%3
		opts, lopts := planner.Options{Target: target}, lower.Options{DirectOnly: i%5 == 4}
		opts.Workspace = lower.Workspace(target, lopts)
		for id, x := range problem.Indices {
			if _, _, product := planner.Product(problem); product && x.Extent > 1 && r.IntN(4) == 0 {
				opts.Slices = append(opts.Slices, planner.SliceIndex{Index: parser.IndexID(id), Chunk: x.Extent/2 + x.Extent%2})
			}
		}
		plan, err := planner.Search(context.Background(), problem, opts)
		require.NoError(t, err, expr)
		require.NoError(t, plan.Verify(), expr)
		u, err := codegen.Lower(plan, target, lopts)
		require.NoError(t, err, expr)
		o, err := u.Compile(context.Background(), noCode(u), "", codegen.ByNest)
		require.NoError(t, err, expr)
		require.Equal(t, plan.Peak, o.Arena+o.Shared+o.Worker*int64(plan.Workers), "round %d: %s %v\n%s%s", i, expr, specs, plan, u.Program)
		for _, n := range u.Program.Nests {
			for _, p := range n.Params {
				spaces[n.Strategy+" "+p.Name]++
			}
		}
		if plan.Private > 0 {
			private++
		}
	}
	for _, name := range []string{"direct sums", "direct partial", "packed/b panels", "packed/tile block", "packed/tile parts", "packed/tile rows.0", "packed/tile cols.0"} {
		require.Greater(t, spaces[name], 2, "%s: %v", name, spaces)
	}
	require.Greater(t, private, 5)
}

// noCode stands in for LLVM.
func noCode(u *codegen.Unit) codegen.Compiler {
	frames := map[string]int{}
	for _, s := range u.Symbols {
		frames[s] = 0
	}
	return func(context.Context, libllvm.Request) (*libllvm.Result, error) {
		return &libllvm.Result{Code: []byte{0}, Frames: frames}, nil
	}
}

func bind(t *testing.T, expr string, specs []parser.Spec) *parser.Problem {
	p, err := parser.Parse(expr, parser.ModeAuto)
	require.NoError(t, err, expr)
	problem, err := p.Bind(specs)
	require.NoError(t, err, "%s %v", expr, specs)
	return problem
}

// randomExpression is a chain of products with cross edges, sometimes with something around it.
func randomExpression(r *rand.Rand) (string, []parser.Spec) {
	const most = 1 << 24 // elements of an operand
	d := []tensor.DType{tensor.F32, tensor.F64, tensor.F16, tensor.C64, tensor.I32, tensor.I8}[r.IntN(6)]
	sizes := make([]int, 7)
	for i := range sizes {
		sizes[i] = []int{1, 3, 17, 64, 100, 500, 700, 900, 3000, 70000}[r.IntN(10)]
	}
	labels := "abcdefg"
	var terms []string
	var specs []parser.Spec
	used := map[byte]bool{}
	for i := range 1 + r.IntN(4) {
		term, n := []string{}, 1
		for _, l := range []int{i, i + 1, r.IntN(7)}[:2+r.IntN(2)] {
			if n*sizes[l] <= most && !slices.Contains(term, labels[l:l+1]) {
				term, n = append(term, labels[l:l+1]), n*sizes[l]
				used[labels[l]] = true
			}
		}
		r.Shuffle(len(term), func(a, b int) { term[a], term[b] = term[b], term[a] })
		terms = append(terms, fmt.Sprintf("%c[%s]", 'A'+i, strings.Join(term, ",")))
		specs = append(specs, spec(string(rune('A'+i)), d, term, sizes))
	}
	var out []string
	n := 1
	for i := range labels {
		if l := labels[i : i+1]; used[l[0]] && n*sizes[i] <= most && r.IntN(2) == 0 {
			out, n = append(out, l), n*sizes[i]
		}
	}
	r.Shuffle(len(out), func(a, b int) { out[a], out[b] = out[b], out[a] })
	left, right := fmt.Sprintf("Y[%s]", strings.Join(out, ",")), strings.Join(terms, " * ")
	choice := r.IntN(6)
	switch {
	case choice == 0:
		return left + " += " + right, append(specs, spec("Y", d, out, sizes))
	case choice == 1 && len(out) > 0 && !d.IsComplex():
		return fmt.Sprintf("%s = relu(%s + Z[%s])", left, right, out[0]), append(specs, spec("Z", d, out[:1], sizes))
	case choice == 2 && !d.IsComplex():
		return fmt.Sprintf("%s = gelu(exp(%s))", left, right), specs
	case choice == 3 && !d.IsComplex():
		return left + " max= " + right, specs
	}
	return left + " = " + right, specs
}

func spec(name string, d tensor.DType, labels []string, sizes []int) parser.Spec {
	s := parser.Spec{Name: name, DType: d}
	for _, l := range labels {
		s.Shape = append(s.Shape, sizes[l[0]-'a'])
	}
	return s
}
