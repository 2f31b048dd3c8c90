package cost

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func order(t *Terms) (ids []int) {
	for _, l := range t.Loops {
		ids = append(ids, l.ID)
	}
	return ids
}

func TestTermsAreNestedByLines(t *testing.T) {
	for _, x := range []struct {
		what  string
		loops []TermLoop
		want  []int
	}{
		{"one input lies along the outer loop", []TermLoop{{0, 24, [2]int64{4, 20480}}, {1, 1024, [2]int64{6144, 20}}}, []int{1, 0}},
		{"all of it stays", []TermLoop{{0, 24, [2]int64{4, 2048}}, {1, 100, [2]int64{96 * 8, 20}}}, []int{0, 1}},
		{"another order fetches hardly less", []TermLoop{{0, 10, [2]int64{64 << 10, 64 << 10}}, {1, 1024, [2]int64{64, 64}}}, []int{0, 1}},
		{"of three", []TermLoop{{0, 16, [2]int64{4, 64 * 512 * 64}}, {1, 512, [2]int64{64 * 64, 64 * 64}}, {2, 64, [2]int64{64 * 512 * 64, 64}}}, []int{1, 0, 2}},
	} {
		n := Terms{Loops: x.loops}
		n.Tile[0].Add(TileRows, 96)
		n.Nest()
		assert.Equal(t, x.want, order(&n), x.what)
	}
}

// Whatever the loops, they are the same ones afterwards, and fetch no more.
func TestNestedTermsFetchNoMore(t *testing.T) {
	rng, changed := rand.New(rand.NewPCG(7, 7)), 0
	for range 2000 {
		var n Terms
		for i := range 2 + rng.IntN(4) {
			l := TermLoop{ID: i, Trips: 2 + rng.Int64N(300)}
			for k := range n.Tile {
				l.Moves[k] = 4 << rng.Int64N(20)
			}
			n.Loops = append(n.Loops, l)
		}
		before, stay := n.fetched()
		was := order(&n)
		n.Nest()
		after, _ := n.fetched()
		require.ElementsMatch(t, was, order(&n))
		if assert.ObjectsAreEqual(was, order(&n)) {
			continue
		}
		changed++
		require.False(t, stay)
		require.LessOrEqual(t, after*worthNesting, before)
	}
	require.Greater(t, changed, 100)
}
