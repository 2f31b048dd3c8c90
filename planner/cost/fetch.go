package cost

import (
	"math/bits"

	"github.com/einc-lang/einc/tensor"
)

// Vectors of both inputs of a product that run along an index of the batch are copied side by side, where each is multiplied
// by enough of the other input's.

// LeastServed is the fewest that are enough.
const LeastServed = 4

// CopiedVectors is how many vectors along the batch are copied together of Large inputs: memory is read in lines that follow each other.
const CopiedVectors = 8

// mostServed is the most that count, as tasks have no more rows than their caches allow.
const mostServed = 64

// What an element costs, in vector operations, that is fetched by itself to be copied, or to be shared by rows.
const (
	copiedFetch = 4.0
	sharedFetch = 8.0
)

// Served is how many multiply-adds share what is copied once, of so many vectors that each is multiplied by; 0 if nothing is
// copied.
func Served(vectors int64) float64 {
	if vectors < LeastServed {
		return 0
	}
	return float64(min(vectors, mostServed))
}

// Gather is what an element costs, in vector operations, that a vector fetches by itself: what the index that vectors run
// along is chosen by.
const Gather = 1.5

// FewTerms is the most terms of sums that storing takes longer than adding up.
const FewTerms = 16

// Scatter is what an element of a sum costs, in vector operations, that a vector stores by itself: where there are few terms for it,
// that it goes to a page of its own counts for more than what they fetch.
func Scatter(terms float64) float64 {
	const strewn = 6.0
	if terms > FewTerms {
		return Gather
	}
	return strewn
}

// fewRows is the most rows of a tile that share a vector whose elements are fetched one by one.
const fewRows = 8

// Sharing is how many rows of a tile share such a vector, of so many that there are beside it.
func Sharing(rows int64) float64 { return float64(max(min(rows, fewRows), 1)) }

// Load is what vectors cost a multiply-add that are loaded as they lie: a share of a load, or half of it where each serves so many others.
func Load(share float64, served int64) float64 {
	if served >= LeastServed {
		return share / 2
	}
	return share
}

// Fetch is what elements cost a multiply-add that are fetched one by one: a share of a load, and a part of the fetching, where
// they are copied, as so many vectors are served by each, or else where so many rows share a vector of them.
func Fetch(share float64, served, rows int64) float64 {
	if n := Served(served); n > 0 {
		return Load(share, served) + copiedFetch/n
	}
	return min(Gather, share+sharedFetch/Sharing(rows))
}

// TurnedColumns is the vectors of a tile without rows whose terms are turned around.
const TurnedColumns = 4

// Crowd reports whether rows of an input, so many bytes apart, crowd each other out of the first level before a tile has all terms of
// them: of so many lanes, and of some vectors where no other rows share them. Rows apart by a large power of two fall into few sets.
func Crowd(lanes, apart, rows int64) bool {
	const ways = 8 // lines of a set that stay
	if rows < 2 {
		lanes *= TurnedColumns
	}
	apart = max(apart, -apart)
	return lanes > ways*Page/min(max(apart&-apart, Line), Page)
}

// Fold is what it costs, in vector operations, to add up so many lanes.
func Fold(lanes int64) float64 { return float64(2*bits.Len64(uint64(max(lanes, 1)-1)) + 3) }

// turnedFetch is what a vector costs, in vector operations, that is turned around in registers with those of the next terms.
const turnedFetch = 7.0

// Turned is what elements cost a multiply-add that are turned around in registers: a share of a load, and a part of the turning, where so
// many rows share a vector of them.
func Turned(share float64, rows int64) float64 { return share * (1 + turnedFetch/Sharing(rows)) }

// LeastRepeats is the fewest rows that vectors are fetched for element by element, once, where tiles could be turned around.
const LeastRepeats = 32

// Stretches reports whether tiles have each element of an input in registers as often as a short run is long, of which there are so many.
func Stretches(run, runs, lanes int64) bool {
	const most = 8
	return run >= 2 && run <= min(most, lanes-1) && runs >= lanes
}

// MostRepeats is the most vectors that hold whole rows of an input that repeats them.
const MostRepeats = 8

// Square is the side of the squares of elements that are turned around in registers.
func Square(d tensor.DType) int64 {
	const bytes = 16 // of a side: shuffles inside of 128-bit lanes are the cheapest
	return int64(max(bytes/d.Size(), 1))
}

// Across is what a vector of sums costs, in vector operations, that is turned around before it is stored: each term loads one
// more where rows share none.
func Across(shared bool, terms float64) float64 {
	const turn = 3 // of its shuffles and the stores of parts
	if shared {
		return turn
	}
	return turn + terms
}
