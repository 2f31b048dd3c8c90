package golden

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"github.com/einc-lang/einc/tensor"
)

// Case is a line of the conformance corpus: an expression with generated operands, and what it must
// give, or why it must be refused.
type Case struct {
	ID         string
	Kind       string // "ok" or "error"
	Eq         *string
	Shapes     [][]int
	DType      string
	DTypes     []string
	Gen        string
	Seed       uint64
	Literal    [][]json.RawMessage
	Sublists   [][]json.RawMessage
	OutSublist []json.RawMessage `json:"out_sublist"`
	Layout     []string
	Expected   Expected
	Exact      bool
	ATol       float64
	Why        string
	WhyAny     []string `json:"why_any"`
	NeedsPath  bool     `json:"needs_path"`
	Strict     []string `json:"strict_violations"`

	// Strict sums have these in place of Eq and Shapes.
	Out   string
	Terms []struct {
		Coef    float64
		Factors []string
		Shapes  [][]int
	}
}

// Expected is a case's result: all values, or checksums and some elements.
type Expected struct {
	Shape  []int
	Values []json.RawMessage
	Sum    json.RawMessage
	SumAbs json.RawMessage
	WSum   json.RawMessage
	Pos    []int
	At     []json.RawMessage
}

// ReadCases reads a corpus file, one JSON object a line.
func ReadCases(path string) ([]*Case, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var cases []*Case
	r := bufio.NewReader(f)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if len(strings.TrimSpace(string(line))) > 0 {
			c := new(Case)
			if err := json.Unmarshal(line, c); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", path, n, err)
			}
			cases = append(cases, c)
		}
		if err == io.EOF {
			return cases, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// Operands generates a case's operands.
func (c *Case) Operands() ([]*tensor.Tensor, error) {
	shapes := c.Shapes
	for _, t := range c.Terms {
		shapes = append(shapes, t.Shapes...)
	}
	var ts []*tensor.Tensor
	for op, shape := range shapes {
		t, err := c.operand(op, shape)
		if err != nil {
			return nil, err
		}
		ts = append(ts, t)
	}
	return ts, nil
}

func (c *Case) operand(op int, shape []int) (*tensor.Tensor, error) {
	name := c.DType
	if c.DTypes != nil {
		name = c.DTypes[op]
	}
	d, err := tensor.ParseDType(name)
	if err != nil {
		return nil, err
	}
	fortran := c.Layout != nil && c.Layout[op] == "F"
	t, err := newTensor(d, shape, fortran)
	if err != nil {
		return nil, err
	}
	i := uint64(0)
	positions(shape, func(pos []int) {
		if c.Gen == "literal" {
			store(t, pos, convert(parseNumber(c.Literal[op][i]), tensor.F64, d.Accum()))
		} else {
			store(t, pos, draw(d, c.Gen, c.Seed, uint64(op), i))
		}
		i++
	})
	return t, nil
}

// newTensor allocates in row-major or in Fortran order.
func newTensor(d tensor.DType, shape []int, fortran bool) (*tensor.Tensor, error) {
	if !fortran {
		return tensor.New(d, shape...)
	}
	reversed := make([]int, len(shape))
	axes := make([]int, len(shape))
	for a, n := range shape {
		reversed[len(shape)-1-a] = n
		axes[a] = len(shape) - 1 - a
	}
	t, err := tensor.New(d, reversed...)
	if err != nil {
		return nil, err
	}
	return t.Permute(axes...)
}

// hash is the corpus's generator: 64 bits for element i of operand op.
func hash(seed, op, i, part uint64) uint64 {
	z := seed*0x9E3779B97F4A7C15 + (op+1)*0xC2B2AE3D27D4EB4F + part + 2*i
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// draw makes an element of a generated operand.
func draw(d tensor.DType, gen string, seed, op, i uint64) number {
	h := hash(seed, op, i, 0)
	switch {
	case d == tensor.Bool:
		return number{i: 1 - int64((h>>33)%2)}
	case gen == "full":
		return wrap(int64(h), d)
	case d.IsInt():
		return number{i: small(h, gen)}
	}
	v := complex(scaled(h, gen), 0)
	if d.IsComplex() {
		v = complex(real(v), scaled(hash(seed, op, i, 1), gen))
	}
	return round(v, d.Accum())
}

func small(h uint64, gen string) int64 {
	if gen == "unit" {
		return int64((h>>33)%3) - 1
	}
	return int64((h>>33)%17) - 8
}

func scaled(h uint64, gen string) float64 {
	v := float64(small(h, gen))
	switch gen {
	case "unit":
		return v
	case "frac":
		return v / 3
	}
	return v * 0.25
}

// parseNumber reads a JSON number exactly, or "inf", "-inf" or "nan".
func parseNumber(raw json.RawMessage) number {
	s := strings.Trim(string(raw), `"`)
	var n number
	fmt.Sscan(s, &n.i)
	var f float64
	switch s {
	case "inf":
		f = math.Inf(1)
	case "-inf":
		f = math.Inf(-1)
	case "nan":
		f = math.NaN()
	default:
		fmt.Sscan(s, &f)
	}
	n.c = complex(f, 0)
	return n
}
