package cost

import "math"

// LinesStay is how many lines of an input are sure to stay in a second-level cache: loops over terms are nested by it.
const LinesStay = 4 << 10

// Outweighs is from how many times the bytes of another input on a large one decides the order of terms.
const Outweighs = 2

// Large is the bytes from which on an array does not stay in a cache near the core from one use to the next: what tiles read next of it
// is asked for.
const Large = 1 << 20

// Lines counts the lines of a cache that loops take for an array. Lines whose places are multiples of a large power of two share few sets,
// and count as many as if they were in all.
type Lines struct {
	count  float64 // of lines, if places is not 0; else there is one
	places int64   // bytes that lines are apart, the lowest bit of which decides the sets
}

// Add adds a loop that moves so many bytes each time.
func (l *Lines) Add(trips, moves int64) {
	moves = max(moves, -moves)
	lines := math.Ceil(float64(trips) * float64(min(moves, Line)) / Line)
	if lines <= 1 {
		return
	}
	if l.places == 0 {
		l.count = 1
	}
	l.count *= lines
	l.places |= max(moves, Line)
}

// lines is how many lines they are.
func (l *Lines) lines() float64 {
	if l.places == 0 {
		return 1
	}
	return l.count
}

// Count is how many lines they are. Those a page apart or more have the sets of one.
func (l *Lines) Count() float64 {
	if l.places == 0 {
		return 1
	}
	places := l.places | Page
	return l.count * max(float64(places&-places)/Line, 1)
}
