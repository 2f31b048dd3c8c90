package planner

import (
	"math"
	"math/bits"
)

// rng is a generator of pseudo-random numbers (splitmix64) that costs next to nothing, and whose
// numbers depend on its seed alone.
type rng uint64

// newRNG mixes the words of a seed.
func newRNG(seed ...uint64) *rng {
	r := rng(0x9e3779b97f4a7c15)
	for _, s := range seed {
		r = rng(uint64(r) ^ s)
		r = rng(r.next())
	}
	return &r
}

func (r *rng) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below is a number from 0 to n-1; n is at least 1.
func (r *rng) below(n int) int {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int(hi)
}

// float is a number from 0 up to 1, never either.
func (r *rng) float() float64 { return (float64(r.next()>>12) + 0.5) / (1 << 52) }

// shuffle permutes list.
func (r *rng) shuffle(list []int32) {
	for i := len(list) - 1; i > 0; i-- {
		j := r.below(i + 1)
		list[i], list[j] = list[j], list[i]
	}
}

// between is a number between two bounds, whose logarithm is distributed evenly.
func (r *rng) between(low, high float64) float64 {
	return low * math.Exp(r.float()*math.Log(high/low))
}

// gumbels are quantiles of the Gumbel distribution, evenly spread.
var gumbels = func() (t [1 << 12]float32) {
	for k := range t {
		t[k] = float32(-math.Log(-math.Log((float64(k) + 0.5) / float64(len(t)))))
	}
	return t
}()

// gumbel is a Gumbel variate: the larger of two that are shifted is one again, so that adding them to
// scores picks each choice with a probability that is exponential in its score.
func (r *rng) gumbel() float64 { return float64(gumbels[r.next()>>52]) }
