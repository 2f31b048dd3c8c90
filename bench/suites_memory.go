package main

import (
	"fmt"
	"unsafe"

	"github.com/ebitengine/purego"
	"github.com/einc-lang/einc/tensor"
)

// The rates of the machine that kernels bound by memory are held against.
const (
	copyRate = "memcpy"
	readRate = "reading"
	fillRate = "streamed fill"
)

func pointer(b []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(b)) }

// ratePeer does what the machine does best with the bytes of a row: copies the first operand's to as many,
// reads the first operand's, or fills the result's.
func ratePeer(class string) peer {
	kind := map[string]jobKind{copyRate: jobCopy, readRate: jobRead, fillRate: jobStream}[class]
	return peer{name: "C", class: class, unlike: true, make: func(s *session, d *data) (*contender, error) {
		from := d.operands[0]
		size := len(d.out.Bytes())
		j := &job{kind: kind, a: from.Data(), e: pointer(make([]byte, 8))}
		j.n = int64(size)
		if kind != jobStream {
			j.n = int64(len(from.Bytes()))
		}
		if kind != jobRead {
			to := make([]byte, j.n+64)
			j.c = unsafe.Pointer(&to[-uintptr(pointer(to))&63]) // streamed stores want whole lines
		}
		return s.native.contender(j, d, d.out), nil
	}}
}

// vectorPeer is a routine of BLAS on vectors.
func vectorPeer(name string, kind jobKind, s32, s64 string, set func(j *job)) peer {
	return peer{name: name, class: blasClass, make: func(s *session, d *data) (*contender, error) {
		l, err := s.native.use(s, name, d.row.threads)
		if err != nil {
			return nil, err
		}
		symbol := s32
		if d.row.dtype == tensor.F64 {
			symbol = s64
		}
		fn, err := purego.Dlsym(l.handle, symbol)
		if err != nil {
			return nil, err
		}
		out, err := tensor.New(d.row.dtype, d.out.Shape()...)
		if err != nil {
			return nil, err
		}
		j := &job{kind: kind, wide: asFlag(d.row.dtype == tensor.F64), fn: fn, c: out.Data()}
		j.a, j.b = d.operands[0].Data(), d.operands[1].Data()
		set(j)
		return s.native.contender(j, d, out), nil
	}}
}

func vectorPeers(kind jobKind, s32, s64 string, set func(j *job)) []peer {
	return []peer{vectorPeer("OpenBLAS", kind, s32, s64, set), vectorPeer("BLIS", kind, s32, s64, set)}
}

// numpyText is NumPy written out by hand.
func numpyText(text string) peer { return pythonPeer("NumPy", "NumPy", "numpy", text) }

func torchText(text string) peer { return pythonPeer("PyTorch", "PyTorch", "torch", text) }

func memoryRows(s *session) []*row {
	var rows []*row
	for _, d := range bothFloats {
		rows = append(rows, transposes(d)...)
		rows = append(rows, reductions(d)...)
		rows = append(rows, vectors(s, d)...)
	}
	for _, r := range rows {
		r.suite = "memory"
	}
	return rows
}

func transposes(d tensor.DType) []*row {
	flip := func(n int, bars ...bar) *row {
		return &row{name: fmt.Sprintf("transpose %d²", n), work: work{expr: "ij->ji", dtype: d, shapes: [][]int{{n, n}}}, bars: bars,
			peers: []peer{ratePeer(copyRate), numpyText("o = np.ascontiguousarray(x[0].T)\ndef call(): np.copyto(o, x[0].T); return o"),
				torchText("o = t[0].t().contiguous()\ndef call(): return o.copy_(t[0].t())")}}
	}
	return []*row{
		{name: "abcd->dcba", work: work{expr: "abcd->dcba", dtype: d, shapes: [][]int{{64, 48, 56, 72}}}, bars: []bar{{Class: copyRate, Min: 0.7}},
			peers: []peer{ratePeer(copyRate), numpyText("v = x[0].transpose(3, 2, 1, 0)\no = np.ascontiguousarray(v)\ndef call(): np.copyto(o, v); return o"),
				torchText("v = t[0].permute(3, 2, 1, 0)\no = v.contiguous()\ndef call(): return o.copy_(v)"), tblisPeer("abcd->dcba")}},
		flip(4000, bar{Class: copyRate, Min: 0.6}), flip(1000), flip(1024),
	}
}

func reductions(d tensor.DType) []*row {
	sum := func(expr, axes string, bars ...bar) *row {
		return &row{name: expr, work: work{expr: expr, dtype: d, shapes: [][]int{{200, 300, 200}}},
			bars: append([]bar{{Class: readRate, Min: 0.85}}, bars...),
			peers: []peer{ratePeer(readRate), numpyText("def call(): return x[0].sum(axis=" + axes + ")"),
				torchText("def call(): return t[0].sum(dim=" + axes + ")")}}
	}
	return []*row{sum("ijk->j", "(0, 2)"), sum("ijk->k", "(0, 1)", bar{Class: "NumPy", Min: 1.3}), sum("ijk->", "(0, 1, 2)")}
}

func vectors(s *session, d tensor.DType) []*row {
	const n = 4000
	var rows []*row
	add := func(name, expr string, bars []bar, peers []peer, shapes ...[]int) {
		rows = append(rows, &row{name: name, work: work{expr: expr, dtype: d, shapes: shapes}, bars: bars, peers: peers})
	}
	add("outer 4000²", "i,j->ij", []bar{{Class: fillRate, Min: 0.95}, {Class: blasClass, Min: 1.6}},
		append(vectorPeers(jobGer, "cblas_sger", "cblas_dger", func(j *job) { j.m, j.n = n, n }), ratePeer(fillRate),
			numpyText("o = np.outer(*x)\ndef call(): return np.multiply.outer(*x, out=o)")), []int{n}, []int{n})
	for _, n := range []int{512, n} {
		gemv := func(trans int64) []peer {
			return append(vectorPeers(jobGemv, "cblas_sgemv", "cblas_dgemv", func(j *job) { j.m, j.n, j.lda, j.ta = int64(n), int64(n), int64(n), trans }),
				torchPeer([]string{"ij,j->i", "ji,j->i"}[trans]))
		}
		add(fmt.Sprintf("gemv %d²", n), "ij,j->i", []bar{{Class: blasClass, Min: 1}}, gemv(0), []int{n, n}, []int{n})
		add(fmt.Sprintf("gemvT %d²", n), "ji,j->i", []bar{{Class: blasClass, Min: 0.98}}, gemv(1), []int{n, n}, []int{n})
	}
	dot := 8 << 20
	add("dot 8M", "i,i->", []bar{{Class: blasClass, Min: 1}},
		append(vectorPeers(jobDot, "cblas_sdot", "cblas_ddot", func(j *job) { j.n = int64(dot) }), numpyText("def call(): return np.dot(*x)")),
		[]int{dot}, []int{dot})
	r := &row{name: "(30000,1,10)⊙(20,10)", work: work{expr: "D[n,k,d] = X[n,d] - M[k,d]", mode: index, dtype: d, shapes: [][]int{{30000, 10}, {20, 10}}},
		bars: []bar{{Class: fillRate, Min: 0.85}, {Class: "NumPy", Min: 7}},
		peers: []peer{ratePeer(fillRate), numpyText("v = x[0][:, None, :]\no = v - x[1]\ndef call(): return np.subtract(v, x[1], out=o)"),
			torchText("v = t[0][:, None, :]\no = v - t[1]\ndef call(): return torch.sub(v, t[1], out=o)")}}
	return append(rows, r)
}
