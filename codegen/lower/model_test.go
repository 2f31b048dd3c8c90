package lower

import (
	"context"
	"math/rand"
	"regexp"
	"strings"
	"testing"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// pairPlan plans a random product of two dense tensors of up to five indices.
func pairPlan(t *testing.T, rng *rand.Rand, target cost.Target) *planner.Plan {
	var terms [3]string
	extent := map[rune]int{}
	for _, l := range "abcde" {
		extent[l] = []int{1, 3, 8, 20, 40}[rng.Intn(5)]
		holders := []int{3, 5, 6, 7}[rng.Intn(4)] // of both operands and the output, two or all
		for i := range terms {
			if at := rng.Intn(len(terms[i]) + 1); holders>>i&1 > 0 {
				terms[i] = terms[i][:at] + string(l) + terms[i][at:]
			}
		}
	}
	return planOf(t, terms[0]+","+terms[1]+"->"+terms[2], extent, target)
}

// planOf plans an expression of dense float32 tensors.
func planOf(t *testing.T, text string, extent map[rune]int, target cost.Target) *planner.Plan {
	p, err := parser.Parse(text, parser.ModeNumPy)
	require.NoError(t, err)
	var specs []parser.Spec
	inputs, _, _ := strings.Cut(text, "->")
	for _, term := range strings.Split(inputs, ",") {
		s := parser.Spec{DType: tensor.F32}
		for _, l := range term {
			s.Shape = append(s.Shape, extent[l])
		}
		specs = append(specs, s)
	}
	problem, err := p.Bind(specs)
	require.NoError(t, err, text)
	plan, err := planner.Search(context.Background(), problem, planner.Options{Target: target})
	require.NoError(t, err, text)
	return plan
}

// The planner's model must have products run as they are built: what vectors gather, what tiles turn around, and
// whether rows of A are packed.
func TestTheModelKnowsHowStepsAreBuilt(t *testing.T) {
	rng := newRand(3)
	seen := map[string]int{}
	for range 2500 {
		target := targets()[rng.Intn(3)]
		plan := pairPlan(t, rng, target)
		l := newLowering(plan, target, Options{})
		for i := range plan.Steps {
			s := &plan.Steps[i]
			w := plan.Work(s, target)
			if packs(l, s) {
				if p := l.panels(s); p != nil {
					require.Equal(t, cost.Places{A: p.inPlace(), B: p.rowsInPlace()}, w.Place, "%s", plan)
					count(seen, "place", w.Place.A)
					count(seen, "rows", w.Place.B)
					count(seen, "runs", w.Place.A && !p.oneRun())
				}
			}
			k := l.kernel(s)
			k.arrange()
			k.repeatRows(target)
			shape := k.shape(target)
			gathers := k.gathers(shape)
			require.Equal(t, shape.turned, w.Turns > 0, "%s", plan)
			require.Equal(t, shape.atOnce > 1, w.Turning > 0, "%+v\n%s", shape, plan)
			count(seen, "terms", shape.atOnce > 1)
			require.Equal(t, gathers, w.Fetches+w.Nearby > 0, "%+v\n%s", shape, plan)
			count(seen, "turns", shape.turned)
			count(seen, "gathers", gathers)
		}
	}
	for _, what := range []string{"place", "rows", "runs", "turns", "terms", "gathers"} {
		require.Greater(t, seen[what], 50, what)
		require.Greater(t, seen["no "+what], 50, what)
	}
}

func count(seen map[string]int, what string, is bool) {
	if !is {
		what = "no " + what
	}
	seen[what]++
}

// gathers tells whether elements of an input are fetched one by one.
func (k *kernel) gathers(s shape) bool {
	along := s.col
	if s.kvec >= 0 && !s.sweep {
		along = s.kvec
	}
	if along < 0 {
		return true
	}
	if s.stretch {
		return false
	}
	for i := 1; i <= k.inputs; i++ {
		if n := k.axes[along].at[i].n; n != 0 && n != 1 && !(s.turned && k.turnsInput(s, i)) && !(s.atOnce > 1 && k.turnsTerms(s.col, i)) {
			return true
		}
	}
	return false
}

// Of two axes that could be a tile's rows, that one is which vectors stay put along: what is stored then lies close, too.
func TestRowsShareVectors(t *testing.T) {
	row := regexp.MustCompile(`for a\S* 0\.\..* step \d`)
	for _, target := range targets() {
		c := caseOf{expr: "ab,bcd->cad", types: []tensor.DType{tensor.F32}, extent: map[rune]int{'a': 40, 'b': 6, 'c': 50, 'd': 30}}
		text := c.check(t, target, 5).String()
		require.True(t, row.MatchString(text), text[:min(len(text), 2000)])
		require.False(t, strings.Contains(text, "for c#3 0..50 step"), text[:min(len(text), 2000)])
	}
}

// The same where vectors are fetched element by element, which costs more.
func TestRowsShareWhatIsFetched(t *testing.T) {
	for _, target := range targets()[:3] {
		c := caseOf{expr: "cbad,ed->bcea", types: []tensor.DType{tensor.F32}, extent: map[rune]int{'a': 64, 'b': 4, 'c': 3, 'd': 5, 'e': 16}}
		text := c.check(t, target, 5).String()
		require.Greater(t, strings.Count(text, "= fma")+strings.Count(text, "= add"), 3*strings.Count(text, "] by 5\n"), text[:min(len(text), 2000)])
	}
}
