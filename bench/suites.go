package main

import (
	"fmt"
	"slices"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
)

// The classes of peers that bars are set against; the best of a class counts.
const (
	blasClass  = "BLAS"
	smallClass = "libxsmm"
	loopClass  = "np.einsum"
	arrayClass = "NumPy, PyTorch"
	roofClass  = "roof"
	tblisClass = "TBLIS"
)

// suites lists all groups of rows.
func suites() []suite {
	return []suite{
		{name: "gemm", title: "Square matrix products", rows: gemmRows, means: []mean{{bar: bar{Class: blasClass, Min: 1}}}},
		{name: "mid", title: "Matrix products that fit in the second cache, called from C", rows: midRows},
		{name: "small", title: "Small matrix products, called from C", rows: smallRows},
		{name: "batched", title: "1000 small matrix products", rows: batchedRows},
		{name: "tccg", title: "TCCG at about 20 MB", rows: tccgRows, means: []mean{{bar: bar{Class: arrayClass, Min: 1.5}}}},
		{name: "fused", title: "Attention, MTTKRP, and products with an epilogue", rows: fusedRows},
		{name: "types", title: "Integer and complex matrix products", rows: typeRows},
		{name: "memory", title: "Bound by memory", rows: memoryRows},
		{name: "everyday", title: "Everyday operations at odd sizes", rows: everydayRows},
		{name: "random", title: "Products drawn at random", rows: randomRows, means: []mean{{bar: bar{Class: arrayClass, Min: 1.5}}}},
		{name: "alike", title: "Written in another way", rows: alikeRows},
		{name: "threads", title: "All cores", rows: threadRows, means: threadMeans},
		{name: "orders", title: "The order chosen, and others through the same kernels", rows: orderRows},
		{name: "workloads", title: "Workloads", rows: workloadRows},
		{name: "open", title: "Open extents against known ones", rows: openRows},
		{name: "compile", title: "First use of a shape", whole: measureCompiling, cases: func() int { return len(compileWork()) }},
		{name: "planner", title: "Contraction orders", whole: measurePlanner, cases: countNetworks},
	}
}

func suiteOf(name string) suite {
	all := suites()
	return all[slices.IndexFunc(all, func(x suite) bool { return x.name == name })]
}

var bothFloats = []tensor.DType{tensor.F32, tensor.F64}

// layouts are the four ways to store the operands of a matrix product.
var layouts = []struct {
	name, expr string
	ta, tb     bool
	numpy      string
}{
	{"NN", "ik,kj->ij", false, false, "t[0], t[1]"},
	{"TN", "ki,kj->ij", true, false, "t[0].T, t[1]"},
	{"NT", "ik,jk->ij", false, true, "t[0], t[1].T"},
	{"TT", "ki,jk->ij", true, true, "t[0].T, t[1].T"},
}

// square is a row for an n×n product in a layout.
func square(suite string, n, layout int, d tensor.DType) *row {
	l := layouts[layout]
	peers := append(blas(plain(n, n, n, l.ta, l.tb)), pythonPeer("PyTorch", blasClass, "torch",
		fmt.Sprintf("o = torch.mm(%s)\ndef call(): return torch.mm(%[1]s, out=o)", l.numpy)))
	return &row{suite: suite, name: fmt.Sprintf("%d %s", n, l.name), peers: peers,
		work: work{expr: l.expr, dtype: d, shapes: [][]int{{n, n}, {n, n}}}}
}

func gemmRows(s *session) []*row {
	sizes := []int{64, 128, 192, 256, 384, 512, 768, 1000, 1024, 1536, 2048}
	if s.quick {
		sizes = []int{128, 256, 512, 1024}
	}
	var rows []*row
	for _, d := range bothFloats {
		for _, n := range sizes {
			for l := range layouts {
				if s.quick && l > 1 {
					break
				}
				r := square("gemm", n, l, d)
				if n >= 128 {
					r.bars = []bar{{Class: blasClass, Min: 0.97}}
				}
				rows = append(rows, r)
			}
		}
	}
	return rows
}

func midRows(s *session) []*row {
	var rows []*row
	for _, d := range bothFloats {
		for _, n := range []int{32, 48, 64, 96, 128} {
			for l := range layouts {
				if s.quick && l > 0 {
					break
				}
				r := square("mid", n, l, d)
				r.native = true
				r.bars = []bar{{Class: blasClass, Min: 1.1}}
				if n <= 48 {
					r.bars[0].Min = 1.5
				}
				rows = append(rows, r)
			}
		}
	}
	return rows
}

func smallRows(s *session) []*row {
	var rows []*row
	for _, d := range bothFloats {
		for _, n := range []int{4, 8, 12, 16, 20, 24, 32, 48, 64} {
			g := plain(n, n, n, false, false)
			r := &row{suite: "small", name: fmt.Sprint(n), native: true, bars: []bar{{Class: smallClass, Min: 1}},
				work:  work{expr: "ik,kj->ij", dtype: d, shapes: [][]int{{n, n}, {n, n}}},
				peers: append(blas(g), gemmPeer("libxsmm", smallClass, g))}
			if n <= 8 {
				r.bars[0].Min = 1.5
			}
			rows = append(rows, r)
		}
	}
	return rows
}

func batchedRows(s *session) []*row {
	const count = 1000
	blasBars := map[tensor.DType][]float64{tensor.F32: {10, 2.5, 2.5}, tensor.F64: {4, 2.5, 2}}
	expr := "bik,bkj->bij"
	var rows []*row
	for _, d := range bothFloats {
		for i, n := range []int{8, 16, 32} {
			g := plain(n, n, n, false, false)
			g.inner, g.ai, g.bi, g.ci = count, n*n, n*n, n*n
			r := &row{suite: "batched", name: fmt.Sprintf("%d × %d³", count, n),
				work: work{expr: expr, dtype: d, shapes: [][]int{{count, n, n}, {count, n, n}}},
				bars: []bar{{Class: blasClass, Min: blasBars[d][i]}, {Class: smallClass, Min: []float64{1.3, 1.2, 1}[i]}, {Class: loopClass, Min: 20}}}
			r.peers = append(blas(g), gemmPeer("libxsmm", smallClass, g), numpyLoop(expr),
				pythonPeer("NumPy", arrayClass, "numpy", "o = np.matmul(*x)\ndef call(): return np.matmul(*x, out=o)"),
				pythonPeer("PyTorch", arrayClass, "torch", "o = torch.bmm(*t)\ndef call(): return torch.bmm(*t, out=o)"))
			rows = append(rows, r)
		}
	}
	return rows
}

func typeRows(*session) []*row {
	var rows []*row
	numpy := []peer{
		pythonPeer("NumPy", "NumPy", "numpy", "o = np.matmul(*x)\ndef call(): return np.matmul(*x, out=o)"),
		pythonPeer("np.einsum", "NumPy", "numpy", "def call(): return np.einsum('ik,kj->ij', *x, optimize=True)"),
	}
	for _, n := range []int{256, 512} {
		for i, d := range []tensor.DType{tensor.I32, tensor.I64} {
			bars := []bar{{Class: "NumPy", Min: []float64{10, 3}[i]}}
			rows = append(rows, &row{suite: "types", name: fmt.Sprint(n), peers: numpy, bars: bars, work: work{expr: "ik,kj->ij", dtype: d, shapes: [][]int{{n, n}, {n, n}}}})
		}
	}
	for _, n := range []int{256, 512, 1024} {
		for i, d := range []tensor.DType{tensor.C64, tensor.C128} {
			w := work{expr: "ik,kj->ij", dtype: d, shapes: [][]int{{n, n}, {n, n}}}
			half := w
			half.dtype = bothFloats[i]
			r := &row{suite: "types", name: fmt.Sprint(n), work: w,
				peers: append([]peer{eincPeer("einc, real", "einc, real ×4", half, 4)}, numpy[0])}
			if d == tensor.C64 {
				r.bars = []bar{{Class: "einc, real ×4", Min: 0.8}}
			}
			rows = append(rows, r)
		}
	}
	return rows
}

func alikeRows(s *session) []*row {
	type way struct {
		name, expr string
		order      []int
	}
	cases := []struct {
		name, expr string
		shapes     [][]int
		ways       []way
	}{
		{"512³", "ik,kj->ij", [][]int{{512, 512}, {512, 512}}, []way{{"renamed", "zb,ba->za", []int{0, 1}},
			{"swapped", "kj,ik->ij", []int{1, 0}}, {"permuted", "ik,kj->ji", []int{0, 1}}}},
		{"TCCG 20", "fbea,ecfd->dcba", [][]int{{40, 40, 40, 48}, {40, 40, 40, 48}}, []way{{"renamed", "wyxz,xvwu->uvyz", []int{0, 1}},
			{"swapped", "ecfd,fbea->dcba", []int{1, 0}}}},
		{"TCCG 9", "dfce,baef->abcd", [][]int{{48, 48, 48, 48}, {48, 48, 48, 48}}, []way{{"renamed", "xzwy,vuyz->uvwx", []int{0, 1}},
			{"swapped", "baef,dfce->abcd", []int{1, 0}}}},
		{"batched", "bik,bkj->bij", [][]int{{1000, 32, 32}, {1000, 32, 32}}, []way{{"renamed", "zyx,zxw->zyw", []int{0, 1}},
			{"swapped", "bkj,bik->bij", []int{1, 0}}, {"permuted", "bik,bkj->bji", []int{0, 1}}}},
		{"attention", "bqhd,bkhd->bhqk", [][]int{{4, 256, 8, 64}, {4, 256, 8, 64}}, []way{{"renamed", "zyxw,zvxw->zxyv", []int{0, 1}},
			{"swapped", "bkhd,bqhd->bhqk", []int{1, 0}}, {"permuted", "bqhd,bkhd->bhkq", []int{0, 1}}}},
	}
	var rows []*row
	for _, c := range cases {
		r := &row{suite: "alike", name: c.name, work: work{expr: c.expr, dtype: tensor.F32, shapes: c.shapes}}
		for _, w := range c.ways {
			other := r.work
			other.expr = w.expr
			r.peers = append(r.peers, eincPeer("einc", w.name, other, 1, w.order...))
			r.bars = append(r.bars, bar{Class: w.name, Min: 0.9, Both: true})
		}
		rows = append(rows, r)
	}
	return rows
}

// index is the mode of the rows in index notation.
const index = parser.ModeIndex
