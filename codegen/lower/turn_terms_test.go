package lower

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/tensor"
)

// TestTermsAreTurnedAround has sums too short to be folded, of an input whose terms lie side by side: rows of it are loaded a few terms at
// a time, with what is left of them, and none element by element.
func TestTermsAreTurnedAround(t *testing.T) {
	seed := int64(0)
	for _, target := range targets() {
		for _, d := range []tensor.DType{tensor.F32, tensor.F64, tensor.I32, tensor.I64} {
			for _, e := range []string{"abt,dt->dab", "abt->ab", "abt,t->ab", "dat,bt->abd", "abt,abt->ab", "atb,at,d->dab"} {
				for _, terms := range []int{2, 3, 4, 6, 9} {
					seed++
					c := caseOf{expr: e, types: []tensor.DType{d}, extent: map[rune]int{'a': 37, 'b': 5, 'd': 3, 't': terms}}
					text := c.check(t, target, seed).String()
					if e == "abt,t->ab" && terms%4 == 0 && target.VectorBytes >= 32 && d.Size() == 4 {
						require.Contains(t, text, "shuffle", "%v %s", target, d)
						require.NotContains(t, text, "] by 4\n")
					}
				}
			}
		}
	}
}

// TestRestsOfTermsAreMasked has sums of rows that are no multiple of vectors: the last vector of a row is a part of one.
func TestRestsOfTermsAreMasked(t *testing.T) {
	for _, target := range targets() {
		for i, e := range []string{"ab,ab->a", "ab,cb->ac", "ab->a"} {
			c := caseOf{expr: e, types: []tensor.DType{tensor.F32}, extent: map[rune]int{'a': 9, 'b': 93, 'c': 4}}
			text := c.check(t, target, int64(i)).String()
			require.Equal(t, target.Masks(), strings.Contains(text, "by 1 active"), text)
		}
	}
}
