package llvm_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

var (
	blockLabel = regexp.MustCompile(`(?m)^[\w.]+:$`)
	arithmetic = regexp.MustCompile(`= ((?:add|sub|mul|udiv|urem|srem|icmp|select|getelementptr) .*)`)
)

// Blocks compute nothing twice, so that the text of unrolled loops is short.
func TestBlocksComputeOnce(t *testing.T) {
	sum := &sums{d: tensor.F32, lanes: 8, x: 5, y: 3, n: 8, stride: 20}
	products := matrices(tensor.F32, 6, 16, 8, 50, 100, 301, 150)
	for _, ir := range []string{
		text(t, sum.job(rand.New(rand.NewPCG(1, 2))).nest, v3), text(t, inPlace(products).job(level{fma: true}, 1).nest, v3),
	} {
		n := 0
		for _, block := range blockLabel.Split(ir, -1) {
			seen := map[string]bool{}
			for _, m := range arithmetic.FindAllStringSubmatch(block, -1) {
				require.False(t, seen[m[1]], m[1])
				seen[m[1]] = true
				n++
			}
		}
		require.Greater(t, n, 20)
	}
}

// Loops of nests without passes are hidden from LLVM's strength reduction, unless they have tiles with A in place.
func TestLoopsWithoutPassesAreFrozen(t *testing.T) {
	frozen := func(ir string) []int {
		return []int{strings.Count(ir, "freeze i64"), strings.Count(ir, "freeze float*")}
	}
	p := matrices(tensor.F32, 6, 16, 8, 12, 32, 304, 152)
	packed, place := frozen(text(t, p.job(level{fma: true}, 1).nest, v3)), frozen(text(t, inPlace(p).job(level{fma: true}, 1).nest, v3))
	require.Positive(t, packed[0])
	require.Positive(t, packed[1])
	require.Equal(t, []int{0, 0}, place)
	sum := &sums{d: tensor.F32, lanes: 8, x: 5, y: 3, n: 8, stride: 20}
	require.Equal(t, []int{0, 0}, frozen(text(t, sum.job(rand.New(rand.NewPCG(1, 2))).nest, v3)))
}
