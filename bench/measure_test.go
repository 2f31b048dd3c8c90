package main

import (
	"slices"
	"testing"
)

// enter tells which of contenders of one class that take so long a call take part in the rounds of a row, and how many of their calls
// were timed to find that out.
func enter(once ...float64) (in []bool, calls int) {
	var turns []*turn
	for _, nanos := range once {
		c := &contender{time: func(n int) (float64, error) { calls += n; return nanos * float64(n), nil }}
		turns = append(turns, &turn{contender: c, timing: &timing{}, once: nanos})
	}
	all := slices.Clone(turns)
	turns = (&session{}).entrants(&row{}, all[0], turns)
	for _, t := range all {
		in = append(in, slices.Contains(turns, t))
	}
	return in, calls
}

func TestWhoSitsOut(t *testing.T) {
	for _, x := range []struct {
		once  []float64
		in    []bool
		calls int
	}{
		{[]float64{1e6, 2.4e6, 2.6e6}, []bool{true, true, false}, 3}, // the first call may have warmed up
		{[]float64{2e9, 2.9e9, 3.1e9}, []bool{true, true, false}, 0},
	} {
		if in, calls := enter(x.once...); !slices.Equal(in, x.in) || calls != x.calls {
			t.Errorf("%v: %v after %d calls, want %v after %d", x.once, in, calls, x.in, x.calls)
		}
	}
}
