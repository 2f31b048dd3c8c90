package planner

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func sampleFile(t testing.TB) *File {
	r := report(t, chainNetwork(4, 8, 64), inOrder(4), [][]int{{1, 2}}, Slice{Index: 2, Parts: 4})
	r.Name = `a "name", [with] {all} \"`
	f := NewFile(r, "", machine)
	f.Einc, f.Labels = "(devel)", []string{"i", "j", "k", "l", "m,\n"}
	return f
}

func TestFileRoundTrip(t *testing.T) {
	f := sampleFile(t)
	text, err := f.Bytes()
	require.NoError(t, err)
	require.NotContains(t, string(text), "plan_ns")
	require.Contains(t, string(text), "\n \"ssa_path\":[[0,1],[4,2],[5,3]],\n", "a field a line")
	read, err := ReadFile(bytes.NewReader(text))
	require.NoError(t, err)
	require.Equal(t, f, read)
	read, err = ReadFile(strings.NewReader("\ufeff" + string(text)))
	require.NoError(t, err, "as editors of Windows write it")
	require.Equal(t, f, read)
	again, err := read.Bytes()
	require.NoError(t, err)
	require.Equal(t, string(text), string(again))

	r, err := read.Report()
	require.NoError(t, err)
	require.Equal(t, f.Nanos, r.Nanos, "a report of the file costs what the file says")
	require.InEpsilon(t, f.PeakBytes, 8*math.Exp2(r.Peak), 1e-9)
}

// A file may say that its slices keep next to nothing: what they would compute again is looked at so often, no more.
func TestFileOfSlicesThatKeepNothing(t *testing.T) {
	n := chainNetwork(64, 8)
	var cut []Slice
	c := noCuts(n)
	for i := int32(3); i < 60; i += 4 {
		cut, c[i] = append(cut, Slice{Index: i, Parts: 2}), 2
	}
	path := inOrder(32) // of either half
	for k, p := range path {
		path[k] = [2]int{p[0] + 32*min(1, p[0]/32), p[1]}
	}
	for i, a := 33, 32; i < 64; i++ {
		path, a = append(path, [2]int{a, i}), 64+len(path)
	}
	path = append(path, [2]int{64 + 30, 64 + 61})
	steps := make(tree, len(path))
	for k, p := range path {
		steps[k] = [2]int32{int32(p[0]), int32(p[1])}
	}
	require.Greater(t, n.newNest(steps, c, 0).tries, 3)
	require.Equal(t, 3, n.nestWithin(steps, c, 0, 3).tries)

	f := NewFile(report(t, n, path, nil, cut...), "", machine)
	f.PeakBytes = 1
	r, err := f.Report()
	require.NoError(t, err)
	require.Greater(t, 8*math.Exp2(r.Peak), f.PeakBytes)
}

func TestFileOfNothing(t *testing.T) {
	for _, n := range []int{0, 1} {
		net := chainNetwork(n, 3)
		if n == 0 {
			net.Output = nil
		}
		text, err := NewFile(report(t, net, nil, nil), BySize, machine).Bytes()
		require.NoError(t, err)
		f, err := ReadFile(bytes.NewReader(text))
		require.NoError(t, err)
		_, err = f.Report()
		require.NoError(t, err)
	}
}

func TestReadFileErrors(t *testing.T) {
	text, err := sampleFile(t).Bytes()
	require.NoError(t, err)
	for _, c := range []struct{ old, new, want string }{
		{`"einc plan"`, `"a song"`, `its format is "a song"`},
		{`"version":1`, `"version":2`, "has version 2, this einc reads version 1"},
		{`"version":1`, `"version":1,"surprise":3`, `unknown field "surprise"`},
		{`"version":1`, `"version":1,"type":"f32"`, `the plan has "type" a second time`},
		{`"fma":true`, `"fma":false,"fma":true`, `the plan has "fma" a second time`},
		{`[[0,1],[4,2],[5,3]]`, `[[0,1],[4,2]]`, "2 pairs for 4 tensors"},
		{`[[0,1],[4,2],[5,3]]`, `[[0,1],[4,2],[6,3]]`, "pair 2 of the path takes tensor 6"},
		{`[[0,1],[4,2],[5,3]]`, `[[0,1],[4,2],[5,-3]]`, "takes tensor -3"},
		{`[[0,1],[4,2],[5,3]]`, `[[0,1],[4,2],[5,2]]`, "used up"},
		{`[[0,1],[4,2],[5,3]]`, `[[0,1],[4,2],[5,3,1]]`, "pair 2 of the path has 3 numbers"},
		{`[[0,1],[4,2],[5,3]]`, `[[0,1],[4,2],[5]]`, "pair 2 of the path has 1 numbers"},
		{`"groups":[[1,2]]`, `"groups":[[1,3]]`, "group 0: pair 3"},
		{`"groups":[[1,2]]`, `"groups":[[]]`, "group 0"},
		{`"groups":[[1,2]]`, `"groups":[[0,2]]`, "not one tree"},
		{`"sizes":[8,64`, `"sizes":[8,-64`, "extent -64"},
		{`"sizes":[8,64`, `"sizes":[8,99999999999999999`, "2^46"},
		{`"sizes":[8,64`, `"sizes":[8,6.4`, "number 6.4"},
		{`[[0,1],[1,2]`, `[[0,9],[1,2]`, "input 0: axis 1 has index 9"},
		{`"output":[0,4]`, `"output":[0,0]`, "twice"},
		{`"sliced":[[2,4]]`, `"sliced":[[2,9]]`, "slice"},
		{`"sliced":[[2,4]]`, `"sliced":[[2,4],[2,4]]`, "slice"},
		{`"sliced":[[2,4]]`, `"sliced":[[2]]`, "slice"},
		{`"sliced":[[2,4]]`, `"sliced":[[4294967298,4]]`, "slice"},
		{`"slices":4`, `"slices":0`, "slices is 0: it is at least 1"},
		{`"trials":0`, `"trials":-1`, "trials is -1: it is at least 0"},
		{`"type":"f64"`, `"type":"f65"`, "f65"},
		{`"labels":["i",`, `"labels":[`, "4 labels for 5"},
		{`"slices":4`, `"slices":7`, "slices is 7, and the parts of sliced make 4"},
		{`"sliced":[[2,4]]`, `"sliced":[]`, "slices is 4, and the parts of sliced make 1"},
		{`"labels":["i","j"`, `"labels":["i","i"`, `labels: the indices 0 and 1 are both called "i"`},
		{`"l1":32768`, `"l1":0`, "target.l1 is 0: it is at least 1"},
		{`"objective":"time"`, `"objective":"fame"`, "fame"},
		{`"workers":1`, `"workers":-1`, "target"},
		{`"fma":true`, `"fma":1`, `where "target.fma" takes true or false`},
		{`"slices":4`, `"slices":"4"`, `where "slices" takes a number`},
		{`"target":{`, `"target":7,"x":{`, `where "target" takes an object`},
		{`"registers":16`, `"registers":99999`, "no machine"},
		{`"type":"f64"`, `"type":"f64","types":["f32"]`, "0 shapes and 1 types"},
		{`"type":"f64"`, `"type":"f64","expr":"ij,jk->ik"`, "0 shapes"},
		{`"type":"f64"`, `"type":"f64","types":["f32","f32","f32","f32"],"shapes":[[-1],[],[],[]]`, "no possible shape"},
		{`"type":"f64"`, `"type":"f64","types":["f32","f32","f32","f32"],"shapes":[[70368744177664],[],[],[]]`, "2^46 bytes"},
	} {
		require.Contains(t, string(text), c.old)
		_, err := ReadFile(strings.NewReader(strings.Replace(string(text), c.old, c.new, 1)))
		require.ErrorContains(t, err, c.want, c.new)
		require.ErrorContains(t, err, "einc: ")
	}
	for _, text := range []string{"", "[]", "{", strings.Repeat("[", 20000), `{"format":1}`} {
		_, err := ReadFile(strings.NewReader(text))
		require.ErrorContains(t, err, "einc: ", clip(text))
	}
}

// A file's expression, with its shapes and types, is the network that its path is for: whoever reads one of them
// reads the other.
func TestReadFileOfExpression(t *testing.T) {
	n := chainNetwork(2, 2, 3, 4)
	f := NewFile(report(t, n, inOrder(2), nil), "", machine)
	f.Expr, f.Mode, f.Shapes, f.Types = "ij,jk->ik", "numpy", [][]int{{2, 3}, {3, 4}}, []string{"f64", "f64"}
	text, err := f.Bytes()
	require.NoError(t, err)
	_, err = ReadFile(bytes.NewReader(text))
	require.NoError(t, err, "%s", text)
	for _, c := range []struct{ old, new, want string }{
		{`"shapes":[[2,3],[3,4]]`, `"shapes":[[7,3],[3,4]]`, "they are for another operand 0: with extent 2 at axis 0, not 7; make the file again"},
		{`"shapes":[[2,3],[3,4]]`, `"shapes":[[2,3],[5,4]]`, "'j' has extent 3 here and 5 there"},
		{`"shapes":[[2,3],[3,4]]`, `"shapes":[[2,3],[3]]`, "its expression does not have its shapes"},
		{`"sizes":[2,3,4]`, `"sizes":[2,3,5]`, "another operand 1: with extent 5 at axis 1, not 4"},
		{`"inputs":[[0,1],[1,2]]`, `"inputs":[[0,1],[2,1]]`, "another operand 1"},
		{`ij,jk->ik`, `ij,jk->ki`, "they are for another output"},
		{`ij,jk->ik`, `ij,jk->`, "they are for another output: with 2 indices, not 0"},
		{`ij,jk->ik`, `ij,jk>ik`, "its expression does not have its shapes"},
		{`ij,jk->ik`, `Y[i,k] = exp(A[i,j]*B[j,k])`, "its expression does not have its shapes"}, // of other rules
		{`"mode":"numpy"`, `"mode":"other"`, "other"},
		{`"types":["f64","f64"]`, `"types":["f32","f32"]`, "its type is f64, and its expression's f32; make the file again"},
	} {
		require.Contains(t, string(text), c.old)
		_, err := ReadFile(strings.NewReader(strings.Replace(string(text), c.old, c.new, 1)))
		require.ErrorContains(t, err, c.want, c.new)
	}
	f.Expr, f.Mode = "Y[i,k] = exp(A[i,j]*B[j,k])", "index"
	text, err = f.Bytes()
	require.NoError(t, err)
	_, err = ReadFile(bytes.NewReader(text))
	require.ErrorContains(t, err, "more than a product")
}

func TestOrderFor(t *testing.T) {
	f := sampleFile(t)
	same := &Network{Inputs: [][]int32{{4, 3}, {3, 2}, {2, 1}, {1, 0}}, Output: []int32{4, 0}, Sizes: []float64{8, 64, 8, 64, 8}}
	path, sliced, err := f.OrderFor(same)
	require.NoError(t, err)
	require.Equal(t, []Slice{{Index: 2, Parts: 4}}, sliced)
	require.Equal(t, inOrder(4), path)
	for want, change := range map[string]func(n *Network){
		"for 4 operands, the expression has 3":         func(n *Network) { n.Inputs = n.Inputs[:3] },
		"operand 1: with 2 indices, not 1":             func(n *Network) { n.Inputs[1] = []int32{3} },
		"operand 1: with another index at axis 0":      func(n *Network) { n.Inputs[1] = []int32{1, 2} },
		"operand 1: with another index at axis 1":      func(n *Network) { n.Inputs[1] = []int32{3, 4} },
		"operand 0: with extent 64 at axis 1, not 65":  func(n *Network) { n.Sizes[3] = 65 },
		"another output: with another index at axis 0": func(n *Network) { n.Output = []int32{0, 4} },
		"another output: with 2 indices, not 1":        func(n *Network) { n.Output = []int32{4} },
	} {
		other := chainNetwork(4, 8, 64)
		*other = Network{Inputs: [][]int32{{4, 3}, {3, 2}, {2, 1}, {1, 0}}, Output: []int32{4, 0}, Sizes: []float64{8, 64, 8, 64, 8}}
		change(other)
		_, _, err := f.OrderFor(other)
		require.ErrorContains(t, err, want)
	}
}

// TestFileCorruption damages a file in every way that touches one token: it must be refused or be read
// as a file that can be reported.
func TestFileCorruption(t *testing.T) {
	text, err := sampleFile(t).Bytes()
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(5, 6))
	for range 3000 {
		bad := bytes.Clone(text)
		at := rng.IntN(len(bad))
		bad[at] = `0123456789-.,[]{}"e`[rng.IntN(19)]
		f, err := ReadFile(bytes.NewReader(bad))
		if err == nil {
			_, err = f.Report()
			require.NoError(t, err, "%s", bad)
		}
	}
}

func FuzzReadFile(f *testing.F) {
	text, err := sampleFile(f).Bytes()
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte(`{"format":"einc plan","version":1}`))
	f.Add([]byte(`{"format":"einc plan","version":1,"expr":"ij,jk->ik","mode":"numpy","shapes":[[2,3],[3,4]],"types":["f64","f64"],"type":"f64",` +
		`"inputs":[[0,1],[1,2]],"output":[0,2],"sizes":[2,3,4],"ssa_path":[[0,1]],"groups":[],"sliced":[[1,3]],"slices":3,"objective":"time"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := ReadFile(bytes.NewReader(data))
		if err != nil {
			return
		}
		r, err := file.Report()
		require.NoError(t, err)
		if len(r.Network.Inputs) < 100 {
			_, _, _ = r.Summary(), r.DOT(), r.SVG()
		}
		again, err := file.Bytes()
		require.NoError(t, err)
		require.True(t, json.Valid(again))
		_, err = ReadFile(bytes.NewReader(again))
		require.NoError(t, err)
	})
}
