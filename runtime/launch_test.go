package runtime

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Waking a helper costs as much as it could save in a short launch; one that is awake is worth asking.
func TestWidth(t *testing.T) {
	for _, c := range []struct {
		nanos        float64
		tasks        int64
		workers      int
		rested, busy int // width if helpers may sleep, and if they are awake
	}{
		{10e3, 8, 4, 1, 1}, {22e3, 8, 4, 1, 4}, {22e3, 2, 4, 1, 2}, {50e3, 8, 4, 1, 4}, {60e3, 8, 4, 2, 4}, {1e6, 8, 4, 4, 4}, {1e6, 1, 4, 1, 1},
		{16e3, 8, 64, 1, 3},
	} {
		l := launch{nanos: c.nanos, tasks: c.tasks}
		require.Equal(t, c.rested, l.width(c.workers, false), "%+v", c)
		require.Equal(t, c.busy, l.width(c.workers, true), "%+v", c)
	}
}
