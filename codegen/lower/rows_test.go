package lower

import (
	"testing"

	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// A tile with all of its few rows has those along another axis of the same input beside them, as many as its registers hold.
func TestRowsBesideFewRows(t *testing.T) {
	for _, c := range []struct {
		expr   string
		extent map[rune]int
		sides  int64
	}{
		{"akb,kc->abc", map[rune]int{'a': 3, 'b': 2, 'k': 40, 'c': 100}, 2},
		{"akb,kc->abc", map[rune]int{'a': 3, 'b': 40, 'k': 40, 'c': 100}, 1},  // enough rows along one axis
		{"akb,kc->akbc", map[rune]int{'a': 3, 'b': 2, 'k': 40, 'c': 100}, 1},  // nothing is reduced
		{"kc,akbc->abc", map[rune]int{'a': 3, 'b': 2, 'k': 40, 'c': 100}, 1},  // both inputs have vectors
		{"akb,bkc->abc", map[rune]int{'a': 3, 'b': 20, 'k': 40, 'c': 100}, 1}, // an axis that both inputs move along
	} {
		cs := caseOf{expr: c.expr, types: []tensor.DType{tensor.F32}, extent: c.extent, layouts: "cf"}
		cs.check(t, avx2, 2)
		cs.span, cs.layouts = 1, "c"
		b := cs.build(newRand(1))
		k := newLowering(b.plan, avx2, Options{}).kernel(&b.plan.Steps[0])
		k.arrange()
		require.Equal(t, c.sides, k.shape(avx2).sides, "%s %v", c.expr, c.extent)
	}
}
