package planner_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
)

// batched is a program over operands of one type, each index of some extent.
func batched(t *testing.T, text string, d tensor.DType, extent map[rune]int, operands ...string) *parser.Problem {
	t.Helper()
	program, err := parser.Parse(text, parser.ModeAuto)
	require.NoError(t, err)
	specs := make([]parser.Spec, len(operands))
	for i, axes := range operands {
		specs[i].DType = d
		for _, l := range axes {
			specs[i].Shape = append(specs[i].Shape, extent[l])
		}
	}
	p, err := program.Bind(specs)
	require.NoError(t, err)
	return p
}

// Products that would read or write items of a batch against the grain get copies in which these lie one after the other,
// sums over an operand that lies across the other one get a copy that lies along it, and products that sum nothing get one of an
// operand that they would turn around again and again. Diagonals that are read often get one, and results that are small beside an
// operand lie as it does before they are turned around. The smaller operand of a sum along the larger one's terms gets one that has them
// so, too. They give what they gave.
func TestWhatLiesAgainstTheGrainIsCopied(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 7))
	for _, c := range []struct {
		text     string
		dtype    tensor.DType
		operands []string
		inputs   int  // that are copied
		result   bool // and whether that is, too
	}{
		{"mkb,knb->mnb", tensor.I64, []string{"mkb", "knb"}, 2, true},
		{"C[m,n,b] = relu(X[m,k,b]*Y[k,n,b] + D[m,n])", tensor.I64, []string{"mkb", "knb", "mn"}, 2, true},
		{"C[m,n,b] += X[m,k,b]*Y[k,n,b]", tensor.I64, []string{"mnb", "mkb", "knb"}, 2, true},
		{"bmk,bkn->bmn", tensor.I64, []string{"bmk", "bkn"}, 0, false},
		{"cuvw,wvu->c", tensor.F32, []string{"cuvw", "wvu"}, 1, false},
		{"wvu,cuvw->c", tensor.F32, []string{"wvu", "cuvw"}, 1, false},
		{"cuvw,uvw->c", tensor.F32, []string{"cuvw", "uvw"}, 0, false},
		{"mn,bk->mnkb", tensor.F32, []string{"mn", "bk"}, 1, false},
		{"mn,bk->nmbk", tensor.F32, []string{"mn", "bk"}, 0, false},
		{"mb,mkn->mbnk", tensor.F32, []string{"mb", "mkn"}, 1, false},
		{"uvmk,uv->km", tensor.F32, []string{"uvmk", "uv"}, 0, true},
		{"uvmk,uv->mk", tensor.F32, []string{"uvmk", "uv"}, 0, false},
		{"uvv,vmnu->mnu", tensor.F32, []string{"uvv", "vmnu"}, 1, false},
		{"uva,cbuv->acb", tensor.F32, []string{"uva", "cbuv"}, 1, false},
		{"cbuv,uva->acb", tensor.F32, []string{"cbuv", "uva"}, 1, false},
		{"auv,cbuv->acb", tensor.F32, []string{"auv", "cbuv"}, 0, false},
		{"uvmk->km", tensor.F32, []string{"uvmk"}, 0, true},
		{"uvmk->mk", tensor.F32, []string{"uvmk"}, 0, false},
		{"C[k,m] = relu(X[u,v,m,k] + D[m])", tensor.I64, []string{"uvmk", "m"}, 0, true},
		{"C[k,m] += X[u,v,m,k]", tensor.I64, []string{"km", "uvmk"}, 0, true},
		{"C[k,m] max= X[u,v,m,k]", tensor.I64, []string{"km", "uvmk"}, 0, true},
	} {
		extent := map[rune]int{'b': 12, 'm': 33, 'k': 35, 'n': 37, 'c': 16, 'u': 40, 'v': 40, 'w': 13, 'a': 3}
		p := batched(t, c.text, c.dtype, extent, c.operands...)
		pl := plan(t, p, "")
		points, inputs, result := 1.0, 0, false
		for _, i := range p.Indices {
			points *= float64(i.Extent)
		}
		for _, s := range pl.Steps {
			if len(s.K) > 0 {
				result = pl.Buffers[s.Out.Buffer].Kind == planner.Temp
			} else if len(s.Inputs) == 1 && pl.Buffers[s.Inputs[0].Buffer].Kind == planner.Operand {
				inputs++
			}
		}
		require.Equal(t, c.inputs, inputs, "%s\n%s", c.text, pl)
		require.Equal(t, c.result, result, "%s\n%s", c.text, pl)
		require.Equal(t, points, pl.Cost.Flops, "copies multiply nothing")
		operands := make([]array, len(c.operands))
		for i := range operands {
			operands[i] = newArray(p.Tensors[i].Shape)
			for k := range operands[i].data {
				operands[i].data[k] = float64(r.IntN(9) - 4)
			}
		}
		require.Equal(t, naive(p, operands).data, execute(pl, operands).data, "%s\n%s", c.text, pl)
	}
}

// Results whose operand has terms in its rows, not indices of theirs, lie as it does, too.
func TestResultsOfRowsOfTermsLieAsTheirOperand(t *testing.T) {
	p := batched(t, "cab,dcb->ad", tensor.F32, map[rune]int{'a': 32, 'b': 24, 'c': 200, 'd': 100}, "cab", "dcb")
	pl := plan(t, p, "")
	require.Len(t, pl.Steps, 2, "%s", pl)
	require.NotEmpty(t, pl.Steps[0].K, "%s", pl)
}

// Large operands that are read once are read on and on: their result lies as they do before it is turned around, and a smaller operand
// beside them, too, where that saves more than it takes.
func TestOperandsReadOnceAreReadOn(t *testing.T) {
	for _, c := range []struct {
		expr   string
		dtype  tensor.DType
		sizes  map[byte]int
		copies int
	}{
		{"ec,cdeba->bad", tensor.F32, map[byte]int{'a': 128, 'b': 256, 'c': 3, 'd': 24, 'e': 5}, 1},
		{"ec,cdeba->dba", tensor.F32, map[byte]int{'a': 128, 'b': 256, 'c': 3, 'd': 24, 'e': 5}, 0},
		{"ba,abcd->dbc", tensor.F64, map[byte]int{'a': 200, 'b': 8, 'c': 32, 'd': 97}, 1},
		{"cba,adbc->bdc", tensor.F64, map[byte]int{'a': 100, 'b': 50, 'c': 3, 'd': 256}, 2},
		{"abc,adbc->bdc", tensor.F64, map[byte]int{'a': 100, 'b': 50, 'c': 3, 'd': 256}, 1},
	} {
		pl, err := planner.Search(context.Background(), einsum(c.expr, c.sizes, c.dtype), planner.Options{Target: wideTarget()})
		require.NoError(t, err)
		require.Len(t, pl.Steps, 1+c.copies, "%s\n%s", c.expr, pl)
		sum := slices.IndexFunc(pl.Steps, func(s planner.Step) bool { return len(s.K) > 0 })
		large := func(r planner.Ref) bool { return len(r.Axes) > 3 && pl.Buffers[r.Buffer].Kind == planner.Operand }
		require.True(t, slices.ContainsFunc(pl.Steps[sum].Inputs, large), "the sum reads the larger operand as it lies\n%s", pl)
	}
}

// Where memory is short, copies are made of slices, or left out. Products that are soon done have none.
func TestCopiesKeepTheLimit(t *testing.T) {
	const text = "C[m,n,b] = relu(X[m,k,b]*Y[k,n,b] + D[m,n])"
	large := batched(t, text, tensor.I64, map[rune]int{'b': 12, 'm': 33, 'k': 35, 'n': 37}, "mkb", "knb", "mn")
	whole := plan(t, large, "")
	require.Len(t, whole.Steps, 4, whole.String())
	require.Empty(t, whole.Slices)
	for _, workers := range []int{1, 2} {
		here := target
		here.Workers = workers
		opts := planner.Options{Target: here, MaxMemory: whole.Peak - 1}
		tight, err := planner.Search(context.Background(), large, opts)
		require.NoError(t, err)
		require.NoError(t, tight.Verify())
		require.True(t, tight.Way.Copied, tight.String())
		require.LessOrEqual(t, tight.Peak, opts.MaxMemory)
		require.Equal(t, whole.Cost.Flops, tight.Cost.Flops, "copies of slices multiply nothing, either")
		again, err := planner.Search(context.Background(), large, planner.Options{Target: here, Slices: tight.Slices, Way: tight.Way})
		require.NoError(t, err)
		require.Equal(t, tight.String(), again.String(), "as it is written into a plan file")
		opts.MaxMemory = whole.Arena / 64
		tight, err = planner.Search(context.Background(), large, opts)
		require.NoError(t, err)
		require.Len(t, tight.Steps, 1, tight.String())
	}
	small := batched(t, text, tensor.I64, map[rune]int{'b': 5, 'm': 9, 'k': 9, 'n': 9}, "mkb", "knb", "mn")
	require.Len(t, plan(t, small, "").Steps, 1)
}

// Large copies are made of slices, a few items of the batch at a time: all of them took nine times the memory, and longer.
func TestLargeCopiesAreSliced(t *testing.T) {
	p := batched(t, "ikc,jkc->ijc", tensor.F32, map[rune]int{'i': 768, 'j': 768, 'k': 768, 'c': 128}, "ikc", "jkc")
	pl, err := planner.Search(context.Background(), p, planner.Options{Target: wideTarget()})
	require.NoError(t, err)
	require.NoError(t, pl.Verify())
	require.Equal(t, []planner.SliceIndex{{Index: 2, Chunk: 16}}, pl.Slices, pl.String())
	require.LessOrEqual(t, pl.Arena+pl.Private, int64(128<<20))
	require.LessOrEqual(t, pl.Cost.Nanos, 1.05*pl.Unsliced().Cost.Nanos)
}

// Few items side by side leave vectors along them mostly empty, and their lines leave the caches before all items have used them: copies
// took a half to an eighteenth of the time. Where items are in the caches, none are made.
func TestShortBatchesAlongVectorsAreCopied(t *testing.T) {
	for _, c := range []struct {
		items, side int
		copied      bool
	}{{2, 256, true}, {3, 256, true}, {4, 256, true}, {8, 256, true}, {16, 256, true}, {16, 64, false}, {32, 64, false}} {
		extent := map[rune]int{'i': c.side, 'j': c.side, 'k': c.side, 'c': c.items}
		p := batched(t, "ikc,jkc->ijc", tensor.F32, extent, "ikc", "jkc")
		pl, err := planner.Search(context.Background(), p, planner.Options{Target: wideTarget()})
		require.NoError(t, err)
		require.Equal(t, c.copied, len(pl.Steps) > 1, pl.String())
	}
}

// Items whose lines are used up as they come are read as they lie: copies of the larger operand took twice as long.
func TestLinesUsedUpAreNotCopied(t *testing.T) {
	p := batched(t, "bcd,adbc->ba", tensor.F32, map[rune]int{'a': 200, 'b': 100, 'c': 2, 'd': 50}, "bcd", "adbc")
	pl, err := planner.Search(context.Background(), p, planner.Options{Target: wideTarget()})
	require.NoError(t, err)
	large := func(r planner.Ref) bool { return len(r.Axes) == 4 }
	require.True(t, slices.ContainsFunc(pl.Steps[len(pl.Steps)-1].Inputs, large), "the product reads its larger operand as it lies\n%s", pl)
}
