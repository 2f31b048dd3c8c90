package parser

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/tensor"
)

// fact is a case of the conformance corpus, without its numbers.
type fact struct {
	ID       string
	Eq       *string
	Shapes   [][]int
	Shape    []int // of the result
	DType    string
	DTypes   []string
	Sublists [][]any
	Out      []any    `json:"out_sublist"`
	Why      Code     // for refusals
	WhyAny   []Code   `json:"why_any"`
	Strict   []Code   `json:"strict_violations"`
	Terms    []addend // of a sum
	Result   string   `json:"out"`
}

// addend is a term of a strict sum.
type addend struct {
	Coef    float64
	Factors []string
	Shapes  [][]int
}

func readFacts(t *testing.T, path string) (out []fact) {
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c fact
		require.NoError(t, json.Unmarshal(lines.Bytes(), &c))
		out = append(out, c)
	}
	return out
}

func (c *fact) specs(t *testing.T) []Spec {
	out := []Spec{}
	for i, shape := range c.Shapes {
		name := c.DType
		if c.DTypes != nil {
			name = c.DTypes[i]
		}
		d, err := tensor.ParseDType(name)
		require.NoError(t, err)
		out = append(out, Spec{DType: d, Shape: shape})
	}
	return out
}

// programs parses the case in every spelling it has.
func (c *fact) programs(mode Mode) (out []*Program, err error) {
	add := func(p *Program, e error) {
		out = append(out, p)
		if e != nil {
			err = e
		}
	}
	if c.Eq != nil {
		add(Parse(*c.Eq, mode))
	}
	if c.Sublists != nil {
		var in [][]any
		for _, l := range c.Sublists {
			in = append(in, labelsOf(l))
		}
		add(ParseSublists(in, labelsOf(c.Out), mode))
	}
	return out, err
}

// labelsOf converts a list from JSON; nil stays nil.
func labelsOf(list []any) []any {
	if list == nil {
		return nil
	}
	out := []any{}
	for _, l := range list {
		if n, ok := l.(float64); ok {
			out = append(out, int(n))
		} else {
			out = append(out, Ellipsis)
		}
	}
	return out
}

func (c *fact) bind(t *testing.T, mode Mode) (problems []*Problem, err error) {
	programs, err := c.programs(mode)
	if err != nil {
		return nil, err
	}
	for _, p := range programs {
		q, err := p.Bind(c.specs(t))
		if err != nil {
			return nil, err
		}
		problems = append(problems, q)
	}
	return problems, nil
}

// TestCorpus accepts and refuses what the corpus says, with its codes, and makes results of its shapes.
func TestCorpus(t *testing.T) {
	facts := readFacts(t, "testdata/corpus.jsonl")
	require.Len(t, facts, 757)
	for _, c := range facts {
		problems, err := c.bind(t, ModeAuto)
		if c.Why != "" {
			require.Contains(t, c.WhyAny, code(t, err), "%s %v", c.ID, err)
			if code(t, err) != c.Why {
				t.Logf("%s: %v, the corpus prefers %s", c.ID, err, c.Why)
			}
			continue
		}
		require.NoError(t, err, c.ID)
		for _, q := range problems {
			verify(t, q)
			out := q.Tensors[q.Output]
			require.Equal(t, fmt.Sprint(c.Shape), fmt.Sprint(out.Shape), c.ID)
			if c.DTypes == nil {
				require.Equal(t, c.DType, out.DType.NumPy(), c.ID)
			}
		}
	}
}

// TestCorpusStrict demands in mode einstein that exactly the cases without violations pass.
func TestCorpusStrict(t *testing.T) {
	for _, c := range readFacts(t, "testdata/corpus.jsonl") {
		if c.Why != "" {
			continue
		}
		problems, err := c.bind(t, ModeEinstein)
		if len(c.Strict) > 0 {
			require.Contains(t, c.Strict, code(t, err), "%s %v", c.ID, err)
			continue
		}
		require.NoError(t, err, c.ID)
		loose, err := c.bind(t, ModeAuto)
		require.NoError(t, err)
		require.Equal(t, loose, problems, c.ID)
	}
}

// TestStrictSums writes the corpus' sums in index notation.
func TestStrictSums(t *testing.T) {
	for _, c := range readFacts(t, "testdata/strict.jsonl") {
		src, specs := c.sum(t)
		p, err := Parse(src, ModeEinstein)
		var q *Problem
		if err == nil {
			q, err = p.Bind(specs)
		}
		require.Equal(t, c.Why, code(t, err), "%s %s: %v", c.ID, src, err)
		if err == nil {
			verify(t, q)
			require.Equal(t, c.Shape, q.Tensors[q.Output].Shape)
		}
	}
}

// sum is the case as a statement, with a tensor for each factor.
func (c *fact) sum(t *testing.T) (src string, specs []Spec) {
	indices := func(s string) string {
		s = strings.ReplaceAll(s, "...", "…")
		return strings.ReplaceAll(strings.Join(strings.Split(s, ""), ","), "…", "...")
	}
	d, err := tensor.ParseDType(c.DType)
	require.NoError(t, err)
	var terms []string
	for _, a := range c.Terms {
		term := fmt.Sprint(a.Coef)
		for i, f := range a.Factors {
			term += fmt.Sprintf(" * A%d[%s]", len(specs), indices(f))
			specs = append(specs, Spec{DType: d, Shape: a.Shapes[i]})
		}
		terms = append(terms, term)
	}
	return fmt.Sprintf("R[%s] = %s", indices(c.Result), strings.Join(terms, " + ")), specs
}

// verify checks what the package promises of every problem.
func verify(t testing.TB, q *Problem) {
	require.Equal(t, q.Operands+len(q.Statements), len(q.Tensors))
	require.Equal(t, q.Output, len(q.Tensors)-1)
	used := map[IndexID]int{}
	for i, s := range q.Statements {
		require.Equal(t, q.Operands+i, s.Out)
		out := q.Tensors[s.Out]
		require.Equal(t, out.DType, s.Expr[len(s.Expr)-1].DType)
		if s.Old >= 0 {
			require.Less(t, s.Old, s.Out)
			require.Equal(t, out.Shape, q.Tensors[s.Old].Shape)
			require.Equal(t, out.DType, q.Tensors[s.Old].DType)
		}
		require.Len(t, s.Left, len(out.Shape))
		own := func(x IndexID) {
			if owner, ok := used[x]; ok {
				require.Equal(t, owner, i, "an index belongs to one statement")
			}
			used[x] = i
		}
		for a, x := range s.Left {
			own(x)
			require.Equal(t, q.Indices[x].Extent, out.Shape[a])
		}
		verifyExpr(t, q, s, own)
	}
}

func verifyExpr(t testing.TB, q *Problem, s Statement, own func(IndexID)) {
	free := make([]map[IndexID]bool, len(s.Expr)) // of each node
	bound := make([]map[IndexID]bool, len(s.Expr))
	for i, n := range s.Expr {
		free[i], bound[i] = map[IndexID]bool{}, map[IndexID]bool{}
		for _, a := range n.Args {
			require.Less(t, int(a), i)
			if n.Fn != FnCast && n.Fn != FnAbs {
				require.Equal(t, n.DType, s.Expr[a].DType)
			}
			for x := range free[a] {
				free[i][x] = true
			}
			for x := range bound[a] {
				bound[i][x] = true
			}
		}
		if n.Kind == NodeRef {
			require.Less(t, n.Tensor, s.Out)
			for a, x := range n.Axes {
				if extent := q.Tensors[n.Tensor].Shape[a]; x == NoIndex {
					require.Equal(t, 1, extent)
				} else {
					own(x)
					require.Equal(t, q.Indices[x].Extent, extent)
					free[i][x] = true
				}
			}
		}
		require.True(t, slices.IsSorted(n.Over))
		for _, x := range n.Over {
			own(x)
			require.False(t, bound[i][x], "an index is reduced twice on a path")
			require.NotContains(t, s.Left, x)
			delete(free[i], x)
			bound[i][x] = true
		}
	}
	for x := range free[len(free)-1] {
		require.Contains(t, s.Left, x)
	}
}
