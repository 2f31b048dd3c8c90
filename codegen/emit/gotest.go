package emit

import (
	"fmt"
	"slices"
)

// testSize is how much the generated tests of a kernel compute: so much that they take seconds, whatever the
// extents.
type testSize struct {
	Sample  bool   // they compare a sample of the result's elements with naive loops, not every one
	NoLoops bool   // they leave out the plain loops, and all that runs them
	TooMuch string // why they run nothing at all, or empty
	naive   *Plain // what their naive loops, or functions of single elements, compute
}

const (
	// maxNaive is how many times the innermost loop of the test's loops may run: where one nest of loops over
	// all indices would take longer, they too follow the plan.
	maxNaive = 1 << 22
	// maxWhole is the same for naive loops over every element, which a test runs about a dozen times: some
	// tenths of a second each.
	maxWhole = 1 << 24
	// maxSample is the same for the functions of single elements.
	maxSample = 1 << 28
	// maxLoops is the same for the plain loops, which then run once: some seconds, as they miss the caches.
	maxLoops = 1 << 30
	// maxMachine is the same for machine code, of which the test of large kernels makes about twenty calls.
	maxMachine = 1 << 36
	// maxTestBytes is the memory of a call's arguments and of what the naive functions keep; four calls can
	// be under way.
	maxTestBytes = 1 << 29
	// openItems is how many items of a kernel with an open index its test computes at once, and
	// openItemsSample those of a large one.
	openItems, openItemsSample = 33, 3
	// sampleElements is how many elements a sample has.
	sampleElements = 64
)

// sizeTest finds what the tests can compute.
func (k *goKernel) sizeTest() testSize {
	written, planned := &Plain{Problem: k.Problem}, k.Plain
	n := testSize{naive: written}
	if plainWork(written) > maxNaive {
		n.naive = planned
	}
	if plainWork(n.naive)*k.items(openItems) <= maxWhole && k.argBytes(openItems) <= maxTestBytes {
		return n
	}
	n.Sample = true
	work := plainWork(planned) * k.items(openItemsSample)
	n.NoLoops = work > maxLoops
	var cost, kept float64
	n.naive, cost, kept = cheapestSample(written, planned)
	bytes := k.argBytes(openItemsSample) + kept
	switch {
	case bytes > maxTestBytes:
		n.TooMuch = fmt.Sprintf("a call takes %.3g MiB with what checks it, and tests may take %d", bytes/(1<<20), maxTestBytes>>20)
	case work > maxMachine:
		n.TooMuch = fmt.Sprintf("a call runs its innermost loops %.3g times, and those of tests may %.3g times", work, float64(maxMachine))
	case cost > maxSample:
		n.TooMuch = fmt.Sprintf("naive loops run %.3g times for %d elements of the result, and those of tests may %.3g times", cost, sampleElements, float64(maxSample))
	}
	return n
}

// cheapestSample chooses the statements that take elements of the result in the fewest steps: those written, if
// the ones of the plan are not sampleable. With them come what sampleCost says, kept in bytes.
func cheapestSample(written, planned *Plain) (best *Plain, work, kept float64) {
	work, kept = sampleCost(written, sampleElements)
	if sampleable(planned) {
		if w, b := sampleCost(planned, sampleElements); w < work {
			return planned, w, b
		}
	}
	return written, work, kept
}

// items is how many items the tests compute: n of a kernel with an open index.
func (k *goKernel) items(n int) float64 {
	if k.Open == "" {
		return 1
	}
	return float64(n)
}

// Counts tells whether a parameter says alone how many items there are: the result, if an item of it is one element, and
// none of the operands has any. It cannot be too long then.
func (k *goKernel) Counts(param int) bool {
	return param == 0 && k.Params[0].Open && k.Params[0].Len == 1 &&
		!slices.ContainsFunc(k.Params[1:], func(p goParam) bool { return p.Open && p.Len > 0 })
}

// argBytes is the memory of the arguments of a call for n items.
func (k *goKernel) argBytes(n int) (sum float64) {
	for _, p := range k.Params {
		bytes := float64(p.Bytes())
		if p.Open {
			bytes *= float64(n)
		}
		sum += bytes
	}
	return sum
}

// plainWork is how often the innermost loops of statements run, each being one nest, in the loops around them.
func plainWork(p *Plain) (sum float64) {
	for i, s := range p.Statements {
		work := extents(p.Problem, distinct(s.Left)) * extents(p.Problem, inside(&s))
		for _, l := range p.Loops {
			if l.First <= i && i < l.End {
				work *= float64(l.Count)
			}
		}
		sum += work
	}
	return sum
}

// Naive are the loops of the test, which compute in wider types; or the functions of single elements.
func (k *goKernel) Naive() string {
	if k.Sample {
		return goSample(k.naive, k.Prefix)
	}
	return goLoops(k.naive, k.Prefix, true)
}

// NaiveSignature declares the operands by the names that loops use.
func (k *goKernel) NaiveSignature() string { return signature(k.loopParams()[1:]) }

// SampleElements is how many elements of a large result the tests look at.
func (k *goKernel) SampleElements() int { return sampleElements }
