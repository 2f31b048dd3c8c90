package main

import (
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/einc-lang/einc/tensor"
)

//go:embed cases/tccg.txt
var tccgText string

// contraction is a product of two tensors and the extents of its labels.
type contraction struct {
	id             int
	expr           string
	left, right, c string
	sizes          map[rune]int
}

// tccg reads the published contractions for a type.
func tccg(d tensor.DType) []contraction {
	var all []contraction
	for _, line := range strings.Split(strings.TrimSpace(tccgText), "\n") {
		f := strings.Split(line, "\t")
		if strings.HasPrefix(line, "#") || len(f) != 4 {
			continue
		}
		c := contraction{expr: f[1], sizes: parseSizes(f[2])}
		if d == tensor.F64 {
			c.sizes = parseSizes(f[3])
		}
		c.id, _ = strconv.Atoi(f[0])
		in, out, _ := strings.Cut(c.expr, "->")
		c.left, c.right, _ = strings.Cut(in, ",")
		c.c = out
		all = append(all, c)
	}
	return all
}

func parseSizes(text string) map[rune]int {
	sizes := map[rune]int{}
	for _, part := range strings.Split(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if n, err := strconv.Atoi(value); err == nil && len(name) > 0 {
			sizes[[]rune(name)[0]] = n
		}
	}
	return sizes
}

func (c *contraction) count(labels string) int {
	n := 1
	for _, l := range labels {
		n *= c.sizes[l]
	}
	return n
}

func (c *contraction) shape(labels string) []int {
	var shape []int
	for _, l := range labels {
		shape = append(shape, c.sizes[l])
	}
	return shape
}

// shared is the product of the extents of the labels that a and b have and c has not, or has.
func (c *contraction) shared(a, b string, inC bool) int {
	n := 1
	for _, l := range a {
		if strings.ContainsRune(b, l) && strings.ContainsRune(c.c, l) == inC {
			n *= c.sizes[l]
		}
	}
	return n
}

// scaled shrinks the extents alike until the largest tensor has so many bytes. As in the full suite, labels of
// unit stride keep multiples of 24 and others of 4, and short extents stay.
func (c contraction) scaled(bytes float64, d tensor.DType) contraction {
	full := c.sizes
	fit := func(f float64) contraction {
		s := c
		s.sizes = map[rune]int{}
		for l, n := range full {
			step := 4
			if strings.HasSuffix(c.left, string(l)) || strings.HasSuffix(c.right, string(l)) || strings.HasSuffix(c.c, string(l)) {
				step = 24
			}
			s.sizes[l] = n
			if n > 24 {
				s.sizes[l] = max(step, int(math.Round(f*float64(n)/float64(step)))*step)
			}
		}
		return s
	}
	low, high := 0.0, 1.0
	for range 30 {
		mid := (low + high) / 2
		s := fit(mid)
		if float64(max(s.count(s.left), s.count(s.right), s.count(s.c))*d.Size()) > bytes {
			high = mid
		} else {
			low = mid
		}
	}
	return fit(low)
}

// odd makes every extent one less, so that none is a multiple of a vector.
func (c contraction) odd() contraction {
	sizes := map[rune]int{}
	for l, n := range c.sizes {
		sizes[l] = n - 1
	}
	c.sizes = sizes
	return c
}

// friendly tells whether the result's unit-stride label is unit-stride in the operand that has it.
func (c *contraction) friendly() bool {
	unit := c.c[len(c.c)-1:]
	return strings.HasSuffix(c.left, unit) || strings.HasSuffix(c.right, unit)
}

// row holds a contraction against a plain matrix product of the same size, and against others' contractions.
func (c contraction) row(name string, d tensor.DType) *row {
	m, n, k := c.shared(c.left, c.c, true), c.shared(c.right, c.c, true), c.shared(c.left, c.right, false)
	r := &row{suite: "tccg", name: name, work: work{expr: c.expr, dtype: d, shapes: [][]int{c.shape(c.left), c.shape(c.right)}}}
	for _, lib := range []string{"OpenBLAS", "OpenBLAS (NumPy's)", "BLIS"} {
		r.peers = append(r.peers, roofPeer(lib, m, n, k))
	}
	r.peers = append(r.peers, interpreted(c.expr)...)
	roof, tblis := 0.6, 2.0
	switch {
	case k >= 1000:
		roof, tblis = 0.95, 1.05
	case c.friendly():
		roof, tblis = 0.9, 1.2
	}
	r.bars = []bar{{Class: roofClass, Min: roof}, {Class: tblisClass, Min: tblis}, {Class: arrayClass, Min: 1}}
	return r
}

// roofPeer multiplies matrices of the size that a contraction amounts to.
func roofPeer(name string, m, n, k int) peer {
	p := gemmPeer(name, roofClass, gemm{})
	p.unlike = true
	p.make = func(s *session, d *data) (*contender, error) {
		ideal := &data{row: d.row}
		for i, shape := range [][]int{{m, k}, {k, n}} {
			t, err := random(d.row.dtype, uint64(i), shape)
			if err != nil {
				return nil, err
			}
			ideal.operands = append(ideal.operands, t)
		}
		var err error
		if ideal.out, err = tensor.New(d.row.dtype, m, n); err != nil {
			return nil, err
		}
		return gemmPeer(name, roofClass, plain(m, n, k, false, false)).make(s, ideal)
	}
	return p
}

const tccgBytes = 20e6

// tccgQuick stands for the 48: of each kind and layout some.
var tccgQuick = []int{3, 7, 9, 13, 15, 19, 20, 31, 40}

func tccgRows(s *session) []*row {
	var rows []*row
	for _, d := range bothFloats {
		for _, c := range tccg(d) {
			if s.quick && !slices.Contains(tccgQuick, c.id) {
				continue
			}
			small := c.scaled(tccgBytes, d)
			rows = append(rows, small.row(fmt.Sprint(c.id), d))
			if slices.Contains([]int{3, 9, 13, 20, 31}, c.id) || !s.quick && c.id%3 == 0 {
				rows = append(rows, small.odd().row(fmt.Sprintf("%d odd", c.id), d))
			}
			if s.full {
				rows = append(rows, c.row(fmt.Sprintf("%d full", c.id), d))
			}
		}
	}
	return rows
}
