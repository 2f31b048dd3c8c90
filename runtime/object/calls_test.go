package object

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// Calls of a launch that is long in all are no short ones, however its tasks are cut.
func TestCallsOfLongLaunchesAreLong(t *testing.T) {
	for _, task := range []float64{1, 900, 30e3, 47e3, 50e3, 60e3, 80e3, 2e6} {
		require.Greater(t, float64(CallTasks(task))*task, ShortNanos, "tasks of %v ns", task)
	}
	require.Equal(t, int64(math.MaxInt32), CallTasks(math.SmallestNonzeroFloat64))
	require.Equal(t, 7.0, (&Launch{Nanos: 7}).TaskNanos())
	require.Positive(t, (&Launch{}).TaskNanos(), "a task without an estimate takes some time")
}
