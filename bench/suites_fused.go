package main

import (
	"fmt"

	"github.com/ebitengine/purego"
	"github.com/einc-lang/einc/tensor"
)

// fusedRows are contractions that a library would need several calls or a pass of its own for.
func fusedRows(s *session) []*row {
	var rows []*row
	for _, d := range bothFloats {
		rows = append(rows, attention(d)...)
		rows = append(rows, mttkrp(200, 16, d), epilogue(512, d))
	}
	return rows
}

// attention is the two products of attention on the layout that projections give, against BLAS calls for each
// batch and head.
func attention(d tensor.DType) []*row {
	const b, q, h, c = 4, 256, 8, 64
	scores := gemm{m: q, n: q, k: c, tb: true, lda: h * c, ldb: h * c, ldc: q, outer: b, inner: h,
		ao: q * h * c, ai: c, bo: q * h * c, bi: c, co: h * q * q, ci: q * q}
	context := gemm{m: q, n: c, k: q, lda: q, ldb: h * c, ldc: h * c, outer: b, inner: h,
		ao: h * q * q, ai: q * q, bo: q * h * c, bi: c, co: q * h * c, ci: c}
	product := func(name, expr string, g gemm, min float64, shapes ...[]int) *row {
		return &row{suite: "fused", name: name, work: work{expr: expr, dtype: d, shapes: shapes},
			peers: append(blas(g), append(interpreted(expr), numpyLoop(expr))...),
			bars:  []bar{{Class: blasClass, Min: min}, {Class: loopClass, Min: 15}}}
	}
	return []*row{
		product("attention scores", "bqhd,bkhd->bhqk", scores, 1.3, []int{b, q, h, c}, []int{b, q, h, c}),
		product("attention context", "bhqk,bkhd->bqhd", context, 1.1, []int{b, h, q, q}, []int{b, q, h, c}),
	}
}

// mttkrp is the kernel of CP decompositions, against a matrix product and a reduction.
func mttkrp(n, r int, d tensor.DType) *row {
	expr := "ijk,ja,ka->ia"
	var peers []peer
	for _, name := range []string{"OpenBLAS", "BLIS"} {
		peers = append(peers, passPeer(name, jobMttkrp, func(j *job, x *data, temp []byte) {
			j.m, j.n, j.k, j.outer = int64(n*n), int64(r), int64(n), int64(n)
			j.lda, j.ldb, j.ldc = int64(n), int64(r), int64(r)
			j.a, j.b, j.d, j.e = x.operands[0].Data(), x.operands[2].Data(), x.operands[1].Data(), pointer(temp)
		}, n*n*r*d.Size()))
	}
	return &row{suite: "fused", name: fmt.Sprintf("MTTKRP %d³, rank %d", n, r), peers: append(peers, interpreted(expr)...),
		bars: []bar{{Class: blasClass, Min: 1.3}}, work: work{expr: expr, dtype: d, shapes: [][]int{{n, n, n}, {n, r}, {n, r}}}}
}

// epilogue is a layer of a network: a product, a bias and a function, against the product alone.
func epilogue(n int, d tensor.DType) *row {
	w := work{expr: "Y[i,j] = relu(A[i,k]*B[k,j] + bias[j])", mode: index, dtype: d, shapes: [][]int{{n, n}, {n, n}, {n}}}
	bare := work{expr: "ik,kj->ij", dtype: d, shapes: w.shapes[:2]}
	peers := []peer{eincPeer("einc", "bare product", bare, 1, 0, 1)}
	for _, name := range []string{"OpenBLAS", "BLIS"} {
		peers = append(peers, passPeer(name, jobBiasRelu, func(j *job, x *data, _ []byte) {
			j.m, j.n, j.k, j.lda, j.ldb, j.ldc = int64(n), int64(n), int64(n), int64(n), int64(n), int64(n)
			j.a, j.b, j.d = x.operands[0].Data(), x.operands[1].Data(), x.operands[2].Data()
		}, 0))
	}
	peers = append(peers, pythonPeer("PyTorch", arrayClass, "torch", "def call(): return torch.relu_(torch.addmm(t[2], t[0], t[1]))"))
	return &row{suite: "fused", name: fmt.Sprintf("%d³ + bias, ReLU", n), work: w, rounds: 31, peers: peers,
		bars: []bar{{Class: "bare product", Min: 0.98}}}
}

// passPeer is a product by a library and a pass in C around it; set fills in the job, whose fn is the product's.
func passPeer(name string, kind jobKind, set func(j *job, d *data, temp []byte), temp int) peer {
	return peer{name: name, class: blasClass, make: func(s *session, d *data) (*contender, error) {
		l, err := s.native.use(s, name, d.row.threads)
		if err != nil {
			return nil, err
		}
		symbol := l.sgemm
		if d.row.dtype == tensor.F64 {
			symbol = l.dgemm
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
		set(j, d, make([]byte, max(temp, 8)))
		return s.native.contender(j, d, out), nil
	}}
}
