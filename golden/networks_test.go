package golden_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/golden"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// network is a line of the files of networks.
type network struct {
	Name   string  `json:"name"`
	Best   float64 `json:"best"` // log10 of the multiply-adds, where it is known
	Inputs [][]int `json:"inputs"`
	Output []int   `json:"output"`
	Sizes  []int   `json:"sizes"`
}

// networks reads a file of networks.
func networks(t *testing.T, path string) []network {
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	var all []network
	for in := bufio.NewScanner(f); in.Scan(); {
		var n network
		require.NoError(t, json.Unmarshal(in.Bytes(), &n))
		all = append(all, n)
	}
	return all
}

// expression writes a network in index notation.
func (n *network) expression() (string, []einc.Spec) {
	view := func(name string, ids []int) string {
		var s []string
		for _, i := range ids {
			s = append(s, fmt.Sprint("i", i))
		}
		return name + "[" + strings.Join(s, ",") + "]"
	}
	var terms []string
	var specs []einc.Spec
	for i, ids := range n.Inputs {
		terms = append(terms, view(fmt.Sprint("T", i), ids))
		s := einc.Spec{DType: tensor.F32}
		for _, id := range ids {
			s.Shape = append(s.Shape, n.Sizes[id])
		}
		specs = append(specs, s)
	}
	return view("Y", n.Output) + " = " + strings.Join(terms, " * "), specs
}

// bytes is the memory of the operands and the result.
func (n *network) bytes() float64 {
	sum := 0.0
	for _, ids := range append(n.Inputs, n.Output) {
		size := 4.0
		for _, i := range ids {
			size *= float64(n.Sizes[i])
		}
		sum += size
	}
	return sum
}

// TestPeakIsUsed runs every network of the test cases that fits in memory and is soon done, and compares
// the bytes that its plan states with those that the runtime took.
func TestPeakIsUsed(t *testing.T) {
	hostLevels(t)
	most, ran := rounds(t, 40), 0 // operands; compiling more takes seconds
	for _, n := range append(networks(t, "testdata/networks.jsonl"), networks(t, "../planner/testdata/networks.jsonl")...) {
		if n.Best > 9 || len(n.Inputs) > most {
			continue
		}
		expr, specs := n.expression()
		opts := options(einc.Native)
		opts.Workers, opts.Budget.Units = 1, 1e6
		planned, err := einc.PlanExpr(context.Background(), expr, specs, opts)
		require.NoError(t, err, n.Name)
		text, err := planned.Format("json")
		require.NoError(t, err, n.Name)
		var stated struct {
			Peak  float64 `json:"peak_bytes"`
			Flops float64 `json:"log10_flops"`
		}
		require.NoError(t, json.Unmarshal(text, &stated), n.Name)
		if n.bytes()+stated.Peak > 1<<29 || stated.Flops > 9 {
			continue
		}
		f, err := einc.Compile(expr, specs, opts)
		require.NoError(t, err, n.Name)
		var operands []*tensor.Tensor
		for _, s := range specs {
			o, err := tensor.New(s.DType, s.Shape...)
			require.NoError(t, err, n.Name)
			operands = append(operands, o)
		}
		out, err := f.NewOutput()
		require.NoError(t, err, n.Name)
		require.NoError(t, f.Call(out, operands...), n.Name)
		s := f.Stats()
		require.EqualValues(t, stated.Peak, s.Temporaries+s.Workspace, "%s\n%s", n.Name, f.Explain())
		require.NoError(t, f.Close())
		ran++
	}
	require.Greater(t, ran, 30)
}

// TestShrunkNetworks compares the engines on the small networks of the test cases, with extents of 2 and a few of 3.
// Results of chains of products stay within what F64 holds exactly.
func TestShrunkNetworks(t *testing.T) {
	const most = 12 // indices of more than one element
	levels := hostLevels(t)
	for k, n := range networks(t, "testdata/networks.jsonl") {
		if len(n.Inputs) > 12 {
			continue
		}
		r := rand.New(rand.NewPCG(uint64(k), 5))
		for at, i := range r.Perm(len(n.Sizes)) {
			n.Sizes[i] = 1
			if at < most {
				n.Sizes[i] = 2 + at/10
			}
		}
		expr, specs := n.expression()
		var shapes [][]int
		for _, s := range specs {
			shapes = append(shapes, s.Shape)
		}
		operands, err := golden.Operands(r, tensor.F64, shapes)
		require.NoError(t, err, n.Name)
		compareEngines(t, &golden.Contraction{Expr: expr, Operands: operands}, levels[k%len(levels)], nil)
	}
}
