package golden

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/einc-lang/einc/tensor"
)

// Check compares a result with what a case expects; nil means equal, within the case's tolerance.
func (c *Case) Check(got *tensor.Tensor) error {
	if want, err := tensor.ParseDType(c.resultType()); err != nil || got.DType() != want {
		return fmt.Errorf("type %v, want %s", got.DType(), c.resultType())
	}
	if !slices.Equal(got.Shape(), c.Expected.Shape) {
		return fmt.Errorf("shape %v, want %v", got.Shape(), c.Expected.Shape)
	}
	elements := flatten(got)
	if c.Expected.Pos == nil {
		return c.checkElements(elements, got.DType(), allOf(len(elements)), c.Expected.Values)
	}
	if err := c.checkElements(elements, got.DType(), c.Expected.Pos, c.Expected.At); err != nil {
		return err
	}
	return c.checkSums(elements, got.DType())
}

// resultType is the case's own type, or what its operands promote to.
func (c *Case) resultType() string {
	if c.DTypes == nil {
		return c.DType
	}
	d := tensor.Bool
	for _, name := range c.DTypes {
		x, err := tensor.ParseDType(name)
		if err != nil {
			return name
		}
		d = tensor.Promote(d, x)
	}
	return d.String()
}

func allOf(n int) []int {
	pos := make([]int, n)
	for i := range pos {
		pos[i] = i
	}
	return pos
}

func flatten(t *tensor.Tensor) []number {
	var out []number
	positions(t.Shape(), func(pos []int) { out = append(out, load(t, pos)) })
	return out
}

func (c *Case) checkElements(got []number, d tensor.DType, pos []int, want []json.RawMessage) error {
	parts := 1
	if d.IsComplex() {
		parts = 2
	}
	if len(want) != parts*len(pos) {
		return fmt.Errorf("%d expected numbers for %d elements", len(want), len(pos))
	}
	for k, p := range pos {
		re := parseNumber(want[k*parts])
		im := number{}
		if parts == 2 {
			im = parseNumber(want[k*parts+1])
		}
		ok := c.near(real(got[p].c), real(re.c), c.ATol) && c.near(imag(got[p].c), real(im.c), c.ATol)
		if d.IsInt() || d == tensor.Bool {
			ok = got[p].i == re.i
		}
		if !ok {
			return fmt.Errorf("element %d is %v, want %s", p, got[p], want[k*parts:(k+1)*parts])
		}
	}
	return nil
}

func (c *Case) near(got, want, tol float64) bool {
	if math.IsNaN(want) {
		return math.IsNaN(got)
	}
	return got == want || !c.Exact && math.Abs(got-want) <= tol
}

// checkSums compares the weighted sum, which a permuted result changes; the plain sum says no more.
func (c *Case) checkSums(got []number, d tensor.DType) error {
	var i int64
	var w complex128
	for k, x := range got {
		weight := k%97 + 1
		i += x.i * int64(weight)
		w += complex(real(x.c)*float64(weight), imag(x.c)*float64(weight))
	}
	if d.IsInt() || d == tensor.Bool {
		if want := parseNumber(c.Expected.WSum).i; i != want {
			return fmt.Errorf("weighted sum %d, want %d", i, want)
		}
		return nil
	}
	want := parseComplex(c.Expected.WSum)
	tol := float64(len(got))*c.ATol*97 + 1e-12*97*real(parseNumber(c.Expected.SumAbs).c)
	if math.Abs(real(w-want)) > tol || math.Abs(imag(w-want)) > tol {
		return fmt.Errorf("weighted sum %v, want %v within %g", w, want, tol)
	}
	return nil
}

// parseComplex reads a number or a pair [re, im].
func parseComplex(raw json.RawMessage) complex128 {
	var pair []json.RawMessage
	if json.Unmarshal(raw, &pair) == nil && len(pair) == 2 {
		return complex(real(parseNumber(pair[0]).c), real(parseNumber(pair[1]).c))
	}
	return parseNumber(raw).c
}
