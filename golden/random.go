package golden

import (
	"math"
	"math/rand/v2"
	"strings"

	"github.com/einc-lang/einc/tensor"
)

// Contraction is a random problem: an expression with operands of small integers, whose result every
// engine must give exactly.
type Contraction struct {
	Expr     string
	Operands []*tensor.Tensor
}

// extents are sizes around the widths of vectors and tiles, and the corners 0 and 1.
var extents = []int{0, 1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33}

// maxSpace bounds the naive loop nest of a random contraction.
const maxSpace = 60_000

// Alloc provides memory for an operand.
type Alloc func(bytes int) []byte

// Random makes a contraction of the given type. All choices come from r; memory comes from alloc.
func Random(r *rand.Rand, d tensor.DType, alloc Alloc) (*Contraction, error) {
	labels := "abcdef"[:1+r.IntN(6)]
	sizes := randomSizes(r, len(labels), maxSpace)
	var terms []string
	for range 1 + r.IntN(3) {
		terms = append(terms, randomTerm(r, labels))
	}
	c := &Contraction{Expr: strings.Join(terms, ",") + "->" + randomOutput(r, terms)}
	for _, term := range terms {
		t, err := randomOperand(r, d, term, sizes, alloc)
		if err != nil {
			return nil, err
		}
		c.Operands = append(c.Operands, t)
	}
	return c, nil
}

// paneled are contractions whose free indices lie in A, B and C in all orders.
var paneled = []string{"aebd,ce->dcba", "dabe,ec->dcba", "ae,dcbe->dcba", "fbea,ecfd->dcba", "dca,bd->cba", "cda,bd->cba", "dac,bcd->ba",
	"aged,cbfg->fedcba", "cged,bafg->fedcba", "acbd,be->edca"}

// RandomPanels makes a contraction of row-major operands that is worth packing, of any extents up to 40.
func RandomPanels(r *rand.Rand, d tensor.DType, alloc Alloc) (*Contraction, error) {
	c := &Contraction{Expr: paneled[r.IntN(len(paneled))]}
	in, _, _ := strings.Cut(c.Expr, "->")
	sizes, all := map[rune]int{}, 0
	for all < 1<<20 || all > 1<<21 {
		all = 1
		for _, l := range "abcdefgijk" {
			if sizes[l] = 2 + r.IntN(39); strings.ContainsRune(in, l) {
				all *= sizes[l]
			}
		}
	}
	for _, term := range strings.Split(in, ",") {
		shape, n := []int{}, 1
		for _, l := range term {
			shape, n = append(shape, sizes[l]), n*sizes[l]
		}
		t, err := tensor.FromBytes(d, alloc(n*d.Size()), shape...)
		if err != nil {
			return nil, err
		}
		positions(shape, func(pos []int) { store(t, pos, smallNumber(r, d)) })
		c.Operands = append(c.Operands, t)
	}
	return c, nil
}

// randomSizes picks extents whose product stays small; zeros are rare, since they hide all else.
func randomSizes(r *rand.Rand, n, most int) []int {
	sizes := make([]int, n)
	space := 1
	for i := range sizes {
		x := extents[r.IntN(len(extents))]
		if x == 0 && r.IntN(8) > 0 {
			x = 4
		}
		for space*max(x, 1) > most {
			x /= 2
		}
		sizes[i] = x
		space *= max(x, 1)
	}
	return sizes
}

// randomTerm is up to four labels, sometimes one of them twice.
func randomTerm(r *rand.Rand, labels string) string {
	n := r.IntN(min(4, len(labels)) + 1)
	term := ""
	for _, i := range r.Perm(len(labels))[:n] {
		term += labels[i : i+1]
	}
	if term != "" && r.IntN(6) == 0 {
		term += term[:1]
	}
	return term
}

// randomOutput is a random order of some of the labels that occur.
func randomOutput(r *rand.Rand, terms []string) string {
	seen := map[rune]bool{}
	var all []rune
	for _, c := range strings.Join(terms, "") {
		if !seen[c] {
			all = append(all, c)
		}
		seen[c] = true
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return string(all[:r.IntN(len(all)+1)])
}

// randomOperand allocates row-major memory and may then permute, flip or broadcast axes.
func randomOperand(r *rand.Rand, d tensor.DType, term string, sizes []int, alloc Alloc) (*tensor.Tensor, error) {
	order := r.Perm(len(term))
	if r.IntN(2) == 0 {
		for i := range order {
			order[i] = i
		}
	}
	shape := make([]int, len(term))
	n := 1
	for a, p := range order {
		shape[a] = sizes[term[p]-'a']
		n *= shape[a]
	}
	t, err := tensor.FromBytes(d, alloc(n*d.Size()), shape...)
	if err != nil {
		return nil, err
	}
	positions(shape, func(pos []int) { store(t, pos, smallNumber(r, d)) })
	inverse := make([]int, len(order))
	for a, p := range order {
		inverse[p] = a
	}
	if t, err = t.Permute(inverse...); err != nil {
		return nil, err
	}
	if len(term) > 0 && r.IntN(4) == 0 {
		return t.Flip(r.IntN(len(term)))
	}
	return t, nil
}

// Operands allocates row-major operands of small integers.
func Operands(r *rand.Rand, d tensor.DType, shapes [][]int) ([]*tensor.Tensor, error) {
	var ts []*tensor.Tensor
	for _, shape := range shapes {
		t, err := tensor.New(d, shape...)
		if err != nil {
			return nil, err
		}
		positions(shape, func(pos []int) { store(t, pos, smallNumber(r, d)) })
		ts = append(ts, t)
	}
	return ts, nil
}

// smallNumber is one of ±1, ±2, ±3 (true or false), so that sums stay exact in every type but the
// half ones, which smaller sums keep exact.
func smallNumber(r *rand.Rand, d tensor.DType) number {
	v := int64(1 + r.IntN(3))
	if d == tensor.F16 || d == tensor.BF16 {
		v = 1
	}
	if r.IntN(2) == 0 {
		v = -v
	}
	switch {
	case d == tensor.Bool:
		return number{i: (v + 3) % 2}
	case d.IsInt():
		return number{i: v}
	case d.IsComplex():
		return number{c: complex(float64(v), float64(r.IntN(5)-2))}
	}
	return number{c: complex(float64(v), 0)}
}

// Equal compares two tensors element by element, by value: −0 equals 0 and NaN equals NaN. Complex numbers are
// compared part by part.
func Equal(a, b *tensor.Tensor) bool {
	x, y := flatten(a), flatten(b)
	if len(x) != len(y) || a.DType() != b.DType() {
		return false
	}
	for i := range x {
		if x[i].i != y[i].i || !samePart(real(x[i].c), real(y[i].c)) || !samePart(imag(x[i].c), imag(y[i].c)) {
			return false
		}
	}
	return true
}

func samePart(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }
