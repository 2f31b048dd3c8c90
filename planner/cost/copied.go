package cost

// Vectors of both inputs of a product that run along an index of the batch are copied side by side, where each is multiplied
// by enough of the other input's.

// LeastServed is the fewest that are enough.
const LeastServed = 4

// mostServed is the most that count, as tasks have no more rows than their caches allow.
const mostServed = 64

// copiedFetch is what an element costs, in vector operations, that is fetched by itself to be copied.
const copiedFetch = 8.0

// Served is how many multiply-adds share what is copied once, of so many vectors that each is multiplied by; 0 if nothing is
// copied.
func Served(vectors int64) float64 {
	if vectors < LeastServed {
		return 0
	}
	return float64(min(vectors, mostServed))
}

// CopiedFetch is what elements cost a multiply-add, in vector operations, that are fetched one by one to be copied: its part
// of the copying, and a share of a load.
func CopiedFetch(served, share float64) float64 { return share + copiedFetch/served }
