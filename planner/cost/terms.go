package cost

// Terms is the loops over the terms of a tile's sums, the outermost first, and what they move along.
type Terms struct {
	Tile  [2]Lines // of each of two inputs, those that a tile takes for one term
	Loops []TermLoop
}

// TermLoop is one of these loops.
type TermLoop struct {
	ID    int // the caller's name for it
	Trips int64
	Moves [2]int64 // bytes along each input
}

// TileRows is how many rows a tile is taken to have of an input, where loops over terms are nested.
const TileRows = 8

// worthNesting is how many times as many lines loops have to fetch in the order of strides as in another one that is preferred to it:
// memory is read in longer runs in the order of strides.
const worthNesting = 1.25

// Nest nests the loops, which come in the order of strides, so that the fewest lines are fetched, if not all of them stay in a cache until
// they are used up. As long as that helps, it takes the loop to another place that helps most.
func (t *Terms) Nest() {
	first, stay := t.fetched()
	if stay {
		return
	}
	var room [MostLoops]TermLoop
	old := append(room[:0], t.Loops...)
	now := first
	for {
		from, to, least := 0, 0, now
		for i := range t.Loops {
			for j := range t.Loops {
				if i == j || j == i-1 { // which is the move of that one
					continue
				}
				t.move(i, j)
				if lines, _ := t.fetched(); lines < least {
					from, to, least = i, j, lines
				}
				t.move(j, i)
			}
		}
		if from == to {
			break
		}
		t.move(from, to)
		now = least
	}
	if now*worthNesting > first {
		copy(t.Loops, old)
	}
}

// move takes a loop to another place.
func (t *Terms) move(from, to int) {
	x := t.Loops[from]
	if from < to {
		copy(t.Loops[from:to], t.Loops[from+1:to+1])
	} else {
		copy(t.Loops[to+1:from+1], t.Loops[to:from])
	}
	t.Loops[to] = x
}

// fetched is how many lines the loops fetch, those again that have left the cache meanwhile; stay says that none have.
func (t *Terms) fetched() (sum float64, stay bool) {
	inside, lines := t.Tile, [2]float64{}
	stay = true
	for i := range t.Tile {
		lines[i] = inside[i].lines()
	}
	for at := len(t.Loops) - 1; at >= 0; at-- {
		l, room := &t.Loops[at], 0.0
		for i := range t.Tile {
			room += inside[i].Count()
		}
		stay = stay && room <= LinesStay
		for i := range t.Tile {
			before := inside[i].lines()
			if inside[i].Add(l.Trips, l.Moves[i]); stay {
				lines[i] *= inside[i].lines() / before
			} else {
				lines[i] *= float64(l.Trips)
			}
		}
	}
	for i := range t.Tile {
		sum += lines[i]
	}
	return sum, stay
}
