package planner

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// scale measures sets of indices, which are bits of rows of words: it adds up the logarithms of their
// extents. Indices of equal extent share words, so that most sums are counts of bits.
type scale struct {
	words int
	runs  []run     // words of equal extents; none if there are too many extents for that
	lg    []float64 // of each bit
	bit   []int32   // of each index
	index []int32   // of each bit, -1 for gaps
}

// run is a range of words whose indices have the same extent.
type run struct {
	from, to int
	lg       float64
}

// spare is how many words more than necessary a row may have so that runs can be counted.
const spare = 6

func newScale(lg []float64) *scale {
	order := make([]int32, len(lg))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(lg[a], lg[b]) })
	s := &scale{bit: make([]int32, len(lg))}
	for from := 0; from < len(order); {
		to := from
		for to < len(order) && lg[order[to]] == lg[order[from]] {
			to++
		}
		words := (to - from + 63) / 64
		s.runs = append(s.runs, run{s.words, s.words + words, lg[order[from]]})
		for k, i := range order[from:to] {
			s.bit[i] = int32(64*s.words + k)
		}
		s.words, from = s.words+words, to
	}
	if tight := (len(lg) + 63) / 64; s.words > tight+spare {
		s.words, s.runs = tight, nil
		for i := range s.bit {
			s.bit[i] = int32(i)
		}
	}
	s.words = max(s.words, 1)
	s.lg, s.index = make([]float64, 64*s.words), make([]int32, 64*s.words)
	for b := range s.index {
		s.index[b] = -1
	}
	for i, b := range s.bit {
		s.lg[b], s.index[b] = lg[i], int32(i)
	}
	return s
}

// set makes row the set of legs.
func (s *scale) set(row []uint64, legs []int32) {
	clear(row)
	for _, i := range legs {
		b := s.bit[i]
		row[b/64] |= 1 << (b % 64)
	}
}

// sum adds up the bits of one word.
func (s *scale) sum(w int, x uint64) float64 {
	t, lg := 0.0, s.lg[64*w:64*w+64]
	for ; x != 0; x &= x - 1 {
		t += lg[bits.TrailingZeros64(x)&63]
	}
	return t
}

// size measures a.
func (s *scale) size(a []uint64) float64 { return s.union(a, a) }

// union measures what a and b have together.
func (s *scale) union(a, b []uint64) float64 {
	t := 0.0
	if s.runs == nil {
		for w, x := range a {
			if x |= b[w]; x != 0 { // rows of many words have few indices
				t += s.sum(w, x)
			}
		}
		return t
	}
	for _, r := range s.runs {
		n, x := 0, a[r.from:r.to]
		y := b[r.from:r.to][:len(x)]
		for w := range x {
			n += bits.OnesCount64(x[w] | y[w])
		}
		t += r.lg * float64(n)
	}
	return t
}

// swap makes out the legs of the product of a and c, where b joins it next to make p. It measures
// these legs, and the step with b.
func (s *scale) swap(out, a, c, b, p []uint64) (size, step float64) {
	if s.runs == nil {
		for w := range out {
			x := (a[w] | c[w]) & (b[w] | p[w])
			if out[w] = x; x|b[w] == 0 {
				continue
			}
			size += s.sum(w, x)
			step += s.sum(w, b[w]&^x)
		}
		return size, size + step
	}
	for _, r := range s.runs {
		o := out[r.from:r.to]
		n, m, wa, wb := 0, 0, a[r.from:r.to][:len(o)], b[r.from:r.to][:len(o)]
		wc, wp := c[r.from:r.to][:len(o)], p[r.from:r.to][:len(o)]
		for w := range o {
			x := (wa[w] | wc[w]) & (wb[w] | wp[w])
			o[w] = x
			n += bits.OnesCount64(x)
			m += bits.OnesCount64(x | wb[w])
		}
		size += r.lg * float64(n)
		step += r.lg * float64(m)
	}
	return size, step
}

// The table of log2(1+2^-d), for d in steps of 1/stepsPerBit up to lastBit.
const (
	stepsPerBit = 64
	lastBit     = 24
)

var softTable = func() (t [stepsPerBit*lastBit + 1]float32) {
	for i := range t {
		t[i] = float32(math.Log2(1 + math.Exp2(-float64(i)/stepsPerBit)))
	}
	return t
}()

// plus is about log2(2^a + 2^b): exact for whole numbers, within 0.004 else.
func plus(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if d := a - b; d < lastBit {
		return a + float64(softTable[int(d*stepsPerBit+0.5)])
	}
	return a
}

// logSum is log2 of the sum of the powers of two of x; -Inf for none.
func logSum(x []float64) float64 {
	top := math.Inf(-1)
	for _, v := range x {
		top = max(top, v)
	}
	if math.IsInf(top, 0) {
		return top
	}
	t := 0.0
	for _, v := range x {
		if v > top-60 {
			t += math.Exp2(v - top)
		}
	}
	return top + math.Log2(t)
}
