package planner

import (
	"context"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update-reports", false, "rewrite testdata/report")

var machine = cost.Target{Arch: "amd64", Level: "x86-64-v3", VectorBytes: 32, Registers: 16, FMA: true, L1: 32 << 10, L2: 256 << 10, L3: 2 << 20, Workers: 1}

// chainNetwork is a product of n matrices whose extents go round a list.
func chainNetwork(n int, extents ...float64) *Network {
	net := &Network{Output: []int32{0, int32(n)}}
	for i := range n {
		net.Inputs = append(net.Inputs, []int32{int32(i), int32(i + 1)})
	}
	for i := range n + 1 {
		net.Sizes = append(net.Sizes, extents[i%len(extents)])
	}
	return net
}

// inOrder contracts from left to right.
func inOrder(n int) [][2]int {
	var path [][2]int
	for i, a := 1, 0; i < n; i++ {
		path = append(path, [2]int{a, i})
		a = n + i - 1
	}
	return path
}

func report(t testing.TB, n *Network, path [][2]int, groups [][]int, sliced ...Slice) *Report {
	o := &Order{Path: path, Method: "path", Slices: 1, Sliced: sliced}
	for _, s := range sliced {
		o.Slices *= float64(s.Parts)
	}
	r, err := NewReport(n, o, groups, machine, tensor.F64)
	require.NoError(t, err)
	if len(sliced) > 0 {
		o.Log10Flops = r.MACs() + math.Log10(o.Slices)
		r, err = NewReport(n, o, groups, machine, tensor.F64)
		require.NoError(t, err)
		r.Order.Log2Size, r.Order.PeakBytes = r.Size, 8*math.Exp2(r.Peak)
		return r
	}
	r.Order.Log10Flops, r.Order.Log2Size, r.Order.PeakBytes = r.MACs(), r.Size, 8*math.Exp2(r.Peak)
	return r
}

// samples are reports whose texts and pictures are kept.
func samples(t *testing.T) map[string]*Report {
	all := map[string]*Report{}
	add := func(name string, r *Report) { r.Name, all[name] = name, r }
	add("chain", report(t, chainNetwork(3, 10, 1000), inOrder(3), nil))
	add("nest", report(t, chainNetwork(3, 4), inOrder(3), [][]int{{0, 1}}))
	add("sliced", report(t, chainNetwork(4, 8, 64), inOrder(4), nil, Slice{Index: 2, Parts: 4}))
	add("trace", report(t, &Network{Inputs: [][]int32{{0, 0}}, Sizes: []float64{5}}, nil, nil))
	add("private", report(t, &Network{Inputs: [][]int32{{0, 1, 1}, {2, 0}, {}}, Output: []int32{2}, Sizes: []float64{5, 6, 7}}, inOrder(3), nil))
	add("empty", report(t, chainNetwork(2, 3, 0), inOrder(2), nil))
	add("long", report(t, chainNetwork(230, 2), inOrder(230), nil))
	named := report(t, chainNetwork(2, 3), inOrder(2), nil)
	named.Labels = []string{`<b>"&`, "row\n", "c"}
	add("names", named)
	return all
}

func TestReports(t *testing.T) {
	for name, r := range samples(t) {
		golden(t, name+".txt", r.Summary())
		if name != "long" {
			golden(t, name+".dot", r.DOT())
			golden(t, name+".svg", r.SVG())
		}
	}
}

// golden compares text with a file.
func golden(t *testing.T, name, text string) {
	path := filepath.Join("testdata", "report", name)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), text, name)
}

// TestSVG reads pictures as XML, up to those of many operands, and looks for what must be in them.
func TestSVG(t *testing.T) {
	for _, n := range []int{0, 1, 2, 24, 25, 400} {
		net := chainNetwork(n, 2, 3)
		if n == 0 {
			net.Output = nil
		}
		var sliced []Slice
		if n > 2 {
			sliced = []Slice{{Index: 1, Parts: 3}}
		}
		text := report(t, net, inOrder(n), nil, sliced...).SVG()
		dec := xml.NewDecoder(strings.NewReader(text))
		count := map[string]int{}
		for {
			tok, err := dec.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, "%d operands", n)
			if e, ok := tok.(xml.StartElement); ok {
				count[e.Name.Local]++
			}
		}
		require.Equal(t, 1, count["svg"])
		require.Equal(t, 1+max(2*n-1, 0)+max(2*n-2, 0), count["title"], "%d operands: a title for all, each tensor and each edge", n)
		require.Equal(t, n > 2, strings.Contains(text, "stroke-dasharray"), "%d operands", n)
	}
}

// TestCaptionIsWhole cuts more than a line can name.
func TestCaptionIsWhole(t *testing.T) {
	var sliced []Slice
	for i := range int32(40) {
		sliced = append(sliced, Slice{Index: i + 30, Parts: 2})
	}
	text := report(t, chainNetwork(100, 2), inOrder(100), nil, sliced...).SVG()
	rows := regexp.MustCompile(`<text x="24" y="[0-9]+">([^<]*into[^<]*)</text>`).FindAllStringSubmatch(text, -1)
	require.Greater(t, len(rows), 2)
	whole := ""
	for _, row := range rows {
		require.Less(t, len(row[1]), 200)
		whole += row[1] + " "
	}
	require.Equal(t, len(sliced), strings.Count(whole, "into 2"))
}

// TestRingIsLegible demands room between neighbours' labels.
func TestRingIsLegible(t *testing.T) {
	r := report(t, chainNetwork(400, 2), inOrder(400), nil)
	d := drawing{r: r, p: r.picture(), leaves: 400, height: 399}
	d.layRing()
	order := countUp(0, 400)
	slices.SortFunc(order, func(a, b int) int {
		if d.p.nodes[a].turn < d.p.nodes[b].turn {
			return -1
		}
		return 1
	})
	for k, a := range order {
		b := order[(k+1)%400]
		require.GreaterOrEqual(t, math.Hypot(d.x[a]-d.x[b], d.y[a]-d.y[b]), 11.0, "leaves %d and %d", a, b)
	}
}

// TestRecount compares the recount with counting by sets, on random networks and paths.
func TestRecount(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		net := randomSmall(rng)
		n := len(net.Inputs)
		o, err := OrderNetwork(context.Background(), net, OrderOptions{Method: "greedy", Seed: rng.Uint64(), Target: machine})
		require.NoError(t, err)
		r := report(t, net, o.Path, nil)
		flops := 0.0
		for k, p := range o.Path {
			left, out := map[int32]bool{}, map[int32]bool{}
			for x := range n + k {
				if used(o.Path[:k], x) || x == p[0] || x == p[1] {
					continue
				}
				for _, i := range legsAt(r, x) {
					left[i] = true
				}
			}
			for _, i := range net.Output {
				left[i] = true
			}
			size := 1.0
			for _, x := range p {
				for _, i := range legsAt(r, x) {
					if !out[i] {
						size *= net.Sizes[i]
					}
					out[i] = true
				}
			}
			flops += size
			for _, i := range r.Pairs[k].Legs {
				require.True(t, left[i] && out[i])
				delete(out, i)
			}
			for i := range out {
				require.False(t, left[i], "index %d is lost", i)
			}
		}
		require.InDelta(t, math.Log10(flops), r.MACs(), 1e-9)
		if flops > 0 && n > 1 {
			require.InDelta(t, o.Log10Flops, r.MACs(), 1e-9, "the search counts differently: %v %v", net, o.Path)
			require.InEpsilon(t, o.PeakBytes, r.Order.PeakBytes, 1e-9, "%v %v", net, o.Path)
		}
	}
}

func used(path [][2]int, x int) bool {
	return slices.ContainsFunc(path, func(p [2]int) bool { return p[0] == x || p[1] == x })
}

func legsAt(r *Report, x int) []int32 {
	if n := len(r.Network.Inputs); x >= n {
		return r.Pairs[x-n].Legs
	}
	return r.summed[x]
}

// randomSmall has hyperedges, diagonals, private sums and scalars.
func randomSmall(rng *rand.Rand) *Network {
	net := &Network{Sizes: make([]float64, 2+rng.IntN(6))}
	for i := range net.Sizes {
		net.Sizes[i] = float64(1 + rng.IntN(5))
	}
	has := map[int32]bool{}
	for range 1 + rng.IntN(7) {
		in := make([]int32, rng.IntN(4))
		for a := range in {
			in[a] = int32(rng.IntN(len(net.Sizes)))
			has[in[a]] = true
		}
		net.Inputs = append(net.Inputs, in)
	}
	for i := range net.Sizes {
		if has[int32(i)] && rng.IntN(3) == 0 {
			net.Output = append(net.Output, int32(i))
		}
	}
	return net
}

func TestReportErrors(t *testing.T) {
	net := chainNetwork(3, 2)
	for want, c := range map[string]struct {
		path   [][2]int
		groups [][]int
	}{
		"1 pairs for 3":            {path: [][2]int{{0, 1}}},
		"takes tensor 5":           {path: [][2]int{{0, 5}, {1, 2}}},
		"takes tensor -1":          {path: [][2]int{{0, -1}, {1, 2}}},
		"used up":                  {path: [][2]int{{0, 1}, {1, 2}}},
		"tensor 0, which is used":  {path: [][2]int{{0, 0}, {1, 2}}},
		"pair 2 does not exist":    {inOrder(3), [][]int{{0, 2}}},
		"group 1":                  {inOrder(3), [][]int{{0, 1}, {1, 1}}},
		"group 0 has 1 pairs":      {inOrder(3), [][]int{{1}}},
		"pair 0 does not exist, h": {inOrder(3), [][]int{{1, 0}}},
	} {
		_, err := NewReport(net, &Order{Path: c.path}, c.groups, machine, tensor.F64)
		require.ErrorContains(t, err, want)
	}
	_, err := NewReport(chainNetwork(4, 2), &Order{Path: [][2]int{{0, 1}, {2, 3}, {4, 5}}}, [][]int{{0, 1}}, machine, tensor.F64)
	require.ErrorContains(t, err, "not one tree")
}

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{0: "1.000e+0", math.Log2(10): "1.000e+1", math.Log2(9.9996): "1.000e+1",
		math.Log2(1000): "1.000e+3", math.Log2(12346): "1.235e+4", math.Log2(0.5): "5.000e-1", 3000: "1.230e+903", math.Inf(-1): "0"} {
		require.Equal(t, want, power(v))
	}
	for v, want := range map[float64]string{0: "0 B", 999: "999 B", 1000: "1 kB", 123456: "123 kB", 999600: "1 MB", 5e18: "5 EB", 1e25: "1.000e+25 B"} {
		require.Equal(t, want, byteCount(v))
	}
	for v, want := range map[float64]string{0: "0 ns", 999: "999 ns", 1500: "1.5 µs", 2.5e9: "2.5 s", 7.2e12: "2 h", 1e30: "3.171e+13 years", 1e18: "31.7 years"} {
		require.Equal(t, want, duration(v))
	}
}

// Results lie inside of the circle that operands make.
func TestRingHoldsItsResults(t *testing.T) {
	r := report(t, chainNetwork(60, 2, 3), inOrder(60), nil)
	d := drawing{r: r, p: r.picture(), leaves: 60, height: 59}
	d.layRing()
	for i := range d.p.nodes {
		n, from := &d.p.nodes[i], math.Hypot(d.x[i]-d.cx, d.y[i]-d.cy)
		switch {
		case n.a < 0:
			require.InDelta(t, d.radius, from, 1e-9)
		case n.leaves == d.leaves:
			require.InDelta(t, 0, from, 1e-9)
		default:
			require.Less(t, from, 0.95*d.radius)
		}
	}
}
