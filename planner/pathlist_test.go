package planner

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParsePath(t *testing.T) {
	for _, c := range []struct {
		text   string
		n      int
		path   [][2]int
		groups [][]int
	}{
		{"[(0,1),(0,1)]", 3, [][2]int{{0, 1}, {2, 3}}, nil},
		{" ['einsum_path', (1, 2), (0, 1)] ", 3, [][2]int{{1, 2}, {0, 3}}, nil},
		{`["einsum_path",(2, 1),(1,0,)]`, 3, [][2]int{{1, 2}, {0, 3}}, nil},
		{"[[0,1],[0,1]]", 3, [][2]int{{0, 1}, {2, 3}}, nil},
		{"((0,1),(0,1))", 3, [][2]int{{0, 1}, {2, 3}}, nil},
		{"[(0, 1, 2)]", 3, [][2]int{{0, 1}, {3, 2}}, [][]int{{0, 1}}},
		{"[(0,),(1,),(0,1)]", 2, [][2]int{{1, 0}}, nil},
		{"[(0,),(1,),(0,),(0,1)]", 2, [][2]int{{0, 1}}, nil},
		{"[(0,)]", 1, nil, nil},
		{"[]", 1, nil, nil},
		{"[]", 0, nil, nil},
	} {
		path, groups, err := ParsePath(c.text, c.n)
		require.NoError(t, err, c.text)
		require.Equal(t, c.path, path, c.text)
		require.Equal(t, c.groups, groups, c.text)
	}
}

func TestParsePathErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "character 1",
		"(0,1":                                 "character 2",
		"[0,1]":                                "character 2: expected a tuple",
		"[(0,1)":                               "expected , or ]",
		"[(0,1)(0,1)]":                         "expected , or ]",
		"[(0,1),(0,1)] x":                      "text after the end",
		"[()]":                                 "empty tuple",
		"[(0,-1)]":                             "expected a position",
		"[(0,99999999999999999)]":              "expected a position",
		"[(0,3),(0,1)]":                        "tuple 1 of the path, [0 3]: there is no position 3: those of what is left are 0 to 2",
		"[(0,1),(0,2)]":                        "tuple 2",
		"[(1,1)]":                              "given twice",
		"[(0,1)]":                              "leaves 2 of 3",
		"[(0,1),(0,1),(0,1)]":                  "there is no position 1",
		"[(0,1,2,0)]":                          "more positions than the 3 tensors",
		"[" + strings.Repeat("(0,),", 9) + "]": "more than 6 tuples",
	} {
		_, _, err := ParsePath(text, 3)
		require.ErrorContains(t, err, want, text)
	}
}

// TestPathRoundTrip writes and reads paths, and compares with the plain way of editing a list.
func TestPathRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		n := 1 + rng.IntN(40)
		var path, linear [][2]int
		list := countUp(0, n)
		for next := n; len(list) > 1; next++ {
			i := rng.IntN(len(list))
			j := (i + 1 + rng.IntN(len(list)-1)) % len(list)
			i, j = min(i, j), max(i, j)
			path, linear = append(path, [2]int{list[i], list[j]}), append(linear, [2]int{i, j})
			list = append(append(append(append([]int{}, list[:i]...), list[i+1:j]...), list[j+1:]...), next)
		}
		text := FormatPath(path, n)
		read, _, err := ParsePath(text, n)
		require.NoError(t, err, text)
		require.Equal(t, path, read, text)
		tuples, err := readTuples(text, n)
		require.NoError(t, err)
		for i := range linear {
			require.Equal(t, linear[i][:], tuples[i], text)
		}
	}
}

func FuzzParsePath(f *testing.F) {
	f.Add("['einsum_path', (1, 2), (0, 1)]", 3)
	f.Add("[(0,1,2)]", 3)
	f.Fuzz(func(t *testing.T, text string, n int) {
		if n < 0 || n > 64 {
			return
		}
		path, groups, err := ParsePath(text, n)
		if err != nil {
			return
		}
		require.NoError(t, CheckPath(path, n))
		_, err = groupRows(path, groups, n)
		require.NoError(t, err)
	})
}
