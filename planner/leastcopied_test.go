package planner

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// randomPair is a product of two operands, of axes in any order, some of which are those of diagonals.
func randomPair(t *testing.T, r *rand.Rand) *parser.Problem {
	labels, extent := []rune("abcdef"), map[rune]int{}
	for _, l := range labels {
		extent[l] = 2 + r.IntN(60)
	}
	specs, text := make([]parser.Spec, 2), ""
	for i := range specs {
		r.Shuffle(len(labels), func(i, j int) { labels[i], labels[j] = labels[j], labels[i] })
		for _, l := range labels[:2+r.IntN(3)] {
			for range 1 + r.IntN(8)/7 { // a diagonal
				text, specs[i].Shape = text+string(l), append(specs[i].Shape, extent[l])
			}
		}
		text += ","
	}
	dtype, out := []tensor.DType{tensor.F32, tensor.F64, tensor.C64, tensor.I64}[r.IntN(4)], ""
	specs[0].DType, specs[1].DType = dtype, dtype
	for _, l := range labels {
		if strings.ContainsRune(text, l) && r.IntN(4) > 0 {
			out += string(l)
		}
	}
	program, err := parser.Parse(strings.TrimSuffix(text, ",")+"->"+out, parser.ModeAuto)
	require.NoError(t, err)
	p, err := program.Bind(specs)
	require.NoError(t, err)
	return p
}

// avx512 is a machine with vectors of 64 bytes.
var avx512 = cost.Target{Arch: "amd64", Level: "x86-64-v4", VectorBytes: 64, Registers: 32, FMA: true}

// plannedPair is a random pair's plan, of whose steps copies can be asked for.
func plannedPair(t *testing.T, r *rand.Rand) *draft {
	p := randomPair(t, r)
	pl, err := Search(context.Background(), p, Options{Target: avx512})
	require.NoError(t, err)
	return &draft{p: p, plan: pl, opts: Options{Target: avx512}}
}

// A step with copies takes no less than the bound that spares writing it.
func TestStepsWithCopiesTakeNoLessThanTheBound(t *testing.T) {
	r, looked := rand.New(rand.NewPCG(4, 2)), 0
	for looked < 300 {
		d := plannedPair(t, r)
		for i := range d.plan.Steps {
			s := &d.plan.Steps[i]
			if len(s.Inputs) != 2 || s.Core[1] < 0 {
				continue
			}
			ways := slices.Concat(d.itemwise(s), d.alongside(s), d.alongLarger(s))
			if len(s.K) == 0 {
				ways = d.asResult(s)
			}
			for k := range ways {
				for _, axes := range ways[k] {
					require.False(t, repeats(axes), "%s: %v", d.plan, ways[k])
				}
				c := d.copying(s)
				least := c.sum(&ways[k], c.least)
				d.lookAt(func() {
					at := len(d.plan.Steps)
					d.copied(s, &ways[k])
					require.LessOrEqual(t, least, timeOf(d.plan.Steps[at:])*(1+1e-12), "%v: %v", s.Class, ways[k])
				})
				looked++
			}
		}
	}
}

// A step's best copies are found wherever it takes less with them than is asked for; else the time is no less than that.
func TestCopiesBelowALimit(t *testing.T) {
	r, given := rand.New(rand.NewPCG(4, 3)), 0
	for given < 30 {
		p := randomPair(t, r)
		d, err := newDraft(context.Background(), p, Options{Target: avx512})
		require.NoError(t, err)
		require.NoError(t, d.declare(d.live()))
		require.NoError(t, d.statement(&p.Statements[0]))
		s := &d.plan.Steps[len(d.plan.Steps)-1]
		best, nanos := d.bestCopies(s, math.Inf(1))
		if best != nil {
			given++
		}
		for _, share := range []float64{0.5, 0.99, 1, 1.01, 2} {
			most := share * nanos
			some, n := d.bestCopies(s, most)
			if nanos < most {
				require.Equal(t, best, some)
				require.Equal(t, nanos, n)
			} else {
				require.Nil(t, some)
				require.GreaterOrEqual(t, n, nanos)
			}
		}
	}
}

// What a set of copies takes is the same whichever sets were asked about before: copies of one array may lie in different ways.
func TestCopiesArePricedOneByOne(t *testing.T) {
	r, differ := rand.New(rand.NewPCG(5, 2)), 0
	for differ < 20 {
		d := plannedPair(t, r)
		s := &d.plan.Steps[len(d.plan.Steps)-1]
		if len(s.Inputs) != 2 || s.Core[1] < 0 || len(s.K) == 0 {
			continue
		}
		ways := d.asOperand(s)
		shared := d.copying(s)
		for k := range ways {
			alone := d.copying(s)
			require.Equal(t, alone.price(&ways[k], math.Inf(1)), shared.price(&ways[k], math.Inf(1)), "%s: way %d", d.plan, k)
		}
		if len(ways) > 1 {
			differ++
		}
	}
}
