package object

import "math"

// How launches are cut into calls, in modelled nanoseconds. Whoever walks the launches of an object goes by this.
const (
	// ShortNanos is up to what time a call may keep its P. A longer one is made visible to Go's scheduler, like a
	// system call.
	ShortNanos = 50e3
	callNanos  = 75e3 // a call is given at least so much, if there is as much
	guessNanos = 1e3  // of a task without an estimate
)

// TaskNanos is the modelled time of a task.
func (l *Launch) TaskNanos() float64 {
	if l.Nanos <= 0 {
		return guessNanos
	}
	return l.Nanos
}

// CallTasks is how many tasks of so many nanoseconds a call is given: enough that it is no short one. A row of short
// calls, each a little below ShortNanos, was measured to take up to a fifth longer.
func CallTasks(task float64) int64 {
	return int64(min(math.Ceil(callNanos/task), math.MaxInt32))
}
