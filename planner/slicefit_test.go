package planner

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSameWays goes through what plans may have depended on: a way is another one's where nothing depended on what it
// changes.
func TestSameWays(t *testing.T) {
	none, serial, lean := SliceWay{}, SliceWay{Serial: true}, SliceWay{Lean: true}
	both := SliceWay{Serial: true, Lean: true}
	for _, c := range []struct {
		way    SliceWay
		before []SliceWay // what those of lower number depended on
		same   bool
		was    SliceWay
	}{
		{way: none},
		{way: serial, before: []SliceWay{none}, same: true},
		{way: serial, before: []SliceWay{serial}},
		{way: serial, before: []SliceWay{lean}, same: true, was: lean},
		{way: lean, before: []SliceWay{serial, none}, same: true, was: serial},
		{way: lean, before: []SliceWay{both, none}},
		{way: both, before: []SliceWay{both, lean, none}, same: true},
		{way: both, before: []SliceWay{both, none, serial}, same: true},
		{way: both, before: []SliceWay{both, lean, serial}},
	} {
		was, same := c.way.sameAs(c.before)
		require.Equal(t, c.same, same, c)
		require.Equal(t, c.was, was, c)
	}
}
