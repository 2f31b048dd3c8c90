package lower

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestChunksCoverAnAxis checks for every small extent that the chunks of each kind take every item once.
func TestChunksCoverAnAxis(t *testing.T) {
	for extent := int64(1); extent < 70; extent++ {
		for n := int64(1); n <= 4; n++ {
			cover(t, extent, evenChunks(extent, n))
			for _, lanes := range []int64{1, 4, 8} {
				cover(t, extent, chunks(extent, lanes, n))
				cover(t, extent, maskedChunks(extent, lanes, n, false))
				cover(t, extent, maskedChunks(extent, lanes, n, true))
			}
		}
	}
}

func cover(t *testing.T, extent int64, cs []chunk) {
	t.Helper()
	seen := make([]int, extent)
	for _, c := range cs {
		width := c.n * c.lanes
		if c.active > 0 {
			width -= c.lanes - c.active
		}
		require.Equal(t, c.step, width, "%+v", c)
		for i := range c.trips(extent) {
			for j := range width {
				seen[c.first(extent)+i*c.step+j]++
			}
		}
	}
	for i, n := range seen {
		require.Equal(t, 1, n, "item %d of %d: %+v", i, extent, cs)
	}
}
