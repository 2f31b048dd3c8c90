package main

import (
	"fmt"
	"math/rand/v2"

	"github.com/einc-lang/einc/tensor"
)

// The rows of the suite "random": products of two tensors that nobody chose, drawn from a seed that stays.
const (
	randomSeed  = 1
	randomCount = 40 // of each type
)

// moveRate is the class of a copy that reads and writes as many bytes as a row's operands and result have.
const moveRate = "copying as much"

func randomRows(s *session) []*row {
	count := randomCount
	if s.quick {
		count = 8
	}
	var rows []*row
	for i, d := range bothFloats {
		source := rand.New(rand.NewPCG(randomSeed, uint64(i)))
		for k := range count {
			c := randomProduct(source, d)
			rows = append(rows, &row{suite: "random", name: fmt.Sprint(k + 1), peers: append(interpreted(c.expr), movePeer()),
				work: work{expr: c.expr, dtype: d, shapes: [][]int{c.shape(c.left), c.shape(c.right)}},
				bars: []bar{{Class: arrayClass, Min: 1}, {Class: tblisClass, Min: 1}}})
		}
	}
	return rows
}

// The work of a random product: long enough to be timed, and small enough for every peer.
const (
	randomLeast, randomMost = 2e6, 1e9 // multiply-adds
	randomBytes             = 60e6     // of operands and result
)

// randomProduct draws labels, what each is for, the order in which each tensor has them, and extents, until the
// product's size is one to measure.
func randomProduct(source *rand.Rand, d tensor.DType) contraction {
	extents := []int{2, 3, 5, 8, 13, 16, 24, 32, 50, 64, 97, 100, 128, 200, 256}
	for {
		c := contraction{sizes: map[rune]int{}}
		for _, l := range "abcde"[:3+source.IntN(3)] {
			c.sizes[l] = extents[source.IntN(len(extents))]
			x := string(l)
			switch source.IntN(7) {
			case 0: // a batch
				c.left, c.right, c.c = c.left+x, c.right+x, c.c+x
			case 1, 2:
				c.left, c.c = c.left+x, c.c+x
			case 3, 4:
				c.right, c.c = c.right+x, c.c+x
			default: // summed
				c.left, c.right = c.left+x, c.right+x
			}
		}
		for _, labels := range []*string{&c.left, &c.right, &c.c} {
			*labels = shuffled(source, *labels)
		}
		c.expr = c.left + "," + c.right + "->" + c.c
		if c.measurable(d) {
			return c
		}
	}
}

func (c *contraction) measurable(d tensor.DType) bool {
	terms := 1.0
	for _, n := range c.sizes {
		terms *= float64(n)
	}
	bytes := (c.count(c.left) + c.count(c.right) + c.count(c.c)) * d.Size()
	return c.left != "" && c.right != "" && terms >= randomLeast && terms <= randomMost && bytes <= randomBytes
}

func shuffled(source *rand.Rand, text string) string {
	x := []byte(text)
	source.Shuffle(len(x), func(i, j int) { x[i], x[j] = x[j], x[i] })
	return string(x)
}

// movePeer copies half of the bytes of operands and result, so that as many are read and written.
func movePeer() peer {
	return peer{name: "C", class: moveRate, unlike: true, make: func(s *session, d *data) (*contender, error) {
		n := len(d.out.Bytes())
		for _, t := range d.operands {
			n += len(t.Bytes())
		}
		from, to := make([]byte, n/2), make([]byte, n/2)
		for i := range from {
			from[i] = 1 // or all of it would be one page of zeros
		}
		return s.native.contender(&job{kind: jobCopy, a: pointer(from), c: pointer(to), n: int64(n / 2)}, d, d.out), nil
	}}
}
