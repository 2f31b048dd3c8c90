package lower

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBlocksOfReductions: blocks end inside of an axis whose stride is known. Where it is not, they are the axes
// inside of it, or nothing is cut if these are few terms.
func TestBlocksOfReductions(t *testing.T) {
	for _, c := range []struct {
		outer, inner  int64
		dynamic       bool
		outside, left []int64 // extents of what counts blocks, and of what a block reduces
	}{
		{1000, 100, false, []int64{32}, []int64{32, 100}},
		{1000, 100, true, nil, []int64{1000, 100}},
		{1000, 400, true, []int64{1000}, []int64{400}},
		{1000, 4000, false, []int64{1000}, []int64{4000}},
		{4, 1000, true, nil, []int64{4, 1000}},
	} {
		at := stride{n: 1}
		if c.dynamic {
			at.dim = 1
		}
		k := &kernel{axes: []axis{{label: "a", extent: c.outer, at: []stride{at}}, {label: "b", extent: c.inner, at: []stride{at}}}, red: []int{0, 1}}
		extents := func(ids []int) (ns []int64) {
			for _, id := range ids {
				ns = append(ns, k.axes[id].extent)
			}
			return ns
		}
		require.Equal(t, c.outside, extents(k.block(5000)), "%+v", c)
		require.Equal(t, c.left, extents(k.red), "%+v", c)
	}
}
