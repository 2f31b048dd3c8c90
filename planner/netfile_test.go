package planner

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReadNetwork(t *testing.T) {
	n, err := ReadNetwork(strings.NewReader(`{"name":"x","class":{"any":[1]},"inputs":[[0,1],[1,2,2],[]],"output":[2,0],"sizes":[2,3,0,7]}`))
	require.NoError(t, err)
	require.Equal(t, "x", n.Name)
	require.Equal(t, &Network{Inputs: [][]int32{{0, 1}, {1, 2, 2}, {}}, Output: []int32{2, 0}, Sizes: []float64{2, 3, 0, 7}}, n.Network)
	require.NoError(t, n.Check())
	n, err = ReadNetwork(strings.NewReader(`{"inputs":[],"sizes":[]}`))
	require.NoError(t, err)
	require.Empty(t, n.Inputs)
	_, err = ReadNetwork(strings.NewReader("\ufeff" + `{"inputs":[],"sizes":[]}`))
	require.NoError(t, err, "as editors of Windows write it")
}

func TestReadNetworkErrors(t *testing.T) {
	deep := strings.Repeat("[", 20000)
	for text, want := range map[string]string{
		``:                                  "no JSON",
		`[`:                                 "no JSON",
		`[]`:                                "a JSON array, where an object belongs",
		`{}`:                                `needs "inputs"`,
		`{"inputs":[[0]]}`:                  `needs "inputs"`,
		`{"inputs":` + deep:                 "no JSON",
		`{"inputs":[[0]],"sizes":[2]} {}`:   "no JSON",
		`{"inputs":[["a"]],"sizes":[2]}`:    `a JSON string at byte 15 where "inputs" takes a whole number`,
		`{"inputs":[[0.5]],"sizes":[2]}`:    "number 0.5",
		`{"inputs":[[0]],"sizes":{"0":2}}`:  `a JSON object at byte 25 where "sizes" takes a list`,
		`{"name":1,"inputs":[],"sizes":[]}`: `where "name" takes a text`,
		`{"inputs":[[0]],"sizes":[1e99]}`:   "number 1e99",
		`{"inputs":[[0]],"sizes":[99999999999999999999]}`:                     "number",
		`{"inputs":[[0]],"sizes":[70368744177665]}`:                           "extents are from 0 to 2^46",
		`{"inputs":[[0]],"sizes":[-1]}`:                                       "index 0 has extent -1",
		`{"inputs":[[0],[1]],"sizes":[2]}`:                                    "input 1: axis 0 has index 1",
		`{"inputs":[[-1]],"sizes":[2]}`:                                       "index -1",
		`{"inputs":[[4294967296]],"sizes":[2]}`:                               "index 4294967296",
		`{"inputs":[[0]],"output":[1],"sizes":[2,2]}`:                         "no input has",
		`{"inputs":[[0]],"output":[0,0],"sizes":[2]}`:                         "twice",
		`{"inputs":[[0]],"output":[2],"sizes":[2]}`:                           "the output: axis 0 has index 2",
		`{"inputs":[[` + strings.Repeat("0,", 1024) + `0]],"sizes":[2]}`:      "1025 indices, more than 1024",
		`{"inputs":[[0]],"sizes":[2],"sizes":[3]}`:                            `"sizes" a second time, up to byte 35`,
		`{"inputs":[[0]],"sizes":[2],"INPUTS":[[1]]}`:                         `"INPUTS" a second time`,
		`{"inputs":[[0]],"sizes":[2],"\u017fizes":[3]}`:                       `a second time`,
		`{"inputs":[[0]],"sizes":[2],"x":[{"a":1e999,"b":2,"a":3}]}`:          `"a" a second time`,
		`{"inputs":[],"sizes":[` + strings.Repeat("0,", 1<<20) + `0]}`:        "at most 1048576",
		`{"name":"` + strings.Repeat("x", 5000) + `","inputs":[],"sizes":[]}`: "name has 5000 bytes",
	} {
		_, err := ReadNetwork(strings.NewReader(text))
		require.ErrorContains(t, err, want, clip(text))
		require.ErrorContains(t, err, "einc: ", clip(text))
	}
}

// Only one object's keys must differ, and what is no key may be equal.
func TestKeysMayRepeat(t *testing.T) {
	_, err := ReadNetwork(strings.NewReader(`{"inputs":[[0],[0]],"sizes":[2],"name":"name","x":{"x":[{"a":"a"},{"a":"a"},null,1e999]}}`))
	require.NoError(t, err)
}

// endless gives the same byte for ever.
type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

func TestReadCapped(t *testing.T) {
	_, err := readCapped(endless(' '), 1<<16, "network")
	require.ErrorContains(t, err, "the network file has more than 65536 bytes")
}

func TestReadNetworks(t *testing.T) {
	const text = "{\"name\":\"a\",\"inputs\":[],\"sizes\":[]}\n\n  \r\n{\"name\":\"b\",\"inputs\":[],\"sizes\":[]}"
	var names []string
	require.NoError(t, ReadNetworks(strings.NewReader(text), func(n *NamedNetwork) error {
		names = append(names, n.Name)
		return nil
	}))
	require.Equal(t, []string{"a", "b"}, names)
	err := ReadNetworks(strings.NewReader(text+"\n{\"inputs\":[[7]],\"sizes\":[]}"), func(*NamedNetwork) error { return nil })
	require.ErrorContains(t, err, "einc: line 5: input 0")
	stop := errors.New("stop")
	require.ErrorIs(t, ReadNetworks(strings.NewReader(text), func(*NamedNetwork) error { return stop }), stop)
	require.ErrorContains(t, ReadNetworks(strings.NewReader("\n \n"), func(*NamedNetwork) error { return stop }), "no network in the file")
}

func FuzzReadNetwork(f *testing.F) {
	f.Add([]byte(`{"name":"x","inputs":[[0,1],[1,2,2]],"output":[2,0],"sizes":[2,3,4]}`))
	f.Add([]byte(`{"inputs":[[0]],"output":[0],"sizes":[0]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if n, err := parseNetwork(data); err == nil {
			require.NoError(t, n.Check())
		}
	})
}
