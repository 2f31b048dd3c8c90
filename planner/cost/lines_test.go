package cost

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLinesThatLoopsTake(t *testing.T) {
	for _, x := range []struct {
		loops [][2]int64 // trips and bytes
		want  float64
	}{
		{nil, 1},
		{[][2]int64{{100, 0}}, 1},
		{[][2]int64{{4, 8}}, 1},
		{[][2]int64{{4, -8}}, 1},
		{[][2]int64{{9, 8}}, 2},
		{[][2]int64{{10, 64}}, 10},
		{[][2]int64{{10, 192}}, 10}, // an odd number of lines apart: all sets are used
		{[][2]int64{{10, 128}}, 20}, // every other set
		{[][2]int64{{10, Page}}, 10 * Page / Line},
		{[][2]int64{{10, 4 * Page}}, 10 * Page / Line},
		{[][2]int64{{10, Page}, {8, 8}}, 10 * Page / Line}, // within the same lines
		{[][2]int64{{10, Page}, {16, 8}}, 20},              // and the next ones
	} {
		var l Lines
		for _, loop := range x.loops {
			l.Add(loop[0], loop[1])
		}
		assert.Equal(t, x.want, l.Count(), "%v", x.loops)
	}
}
