package main

import (
	"fmt"

	"github.com/einc-lang/einc/tensor"
)

// fixedClass is einc's code for the extents at hand, which code for open ones is compared with.
const fixedClass = "einc, extents known"

// openRows are expressions compiled for open extents, against the same compiled for known ones.
func openRows(s *session) []*row {
	var rows []*row
	add := func(name, expr string, min float64, d tensor.DType, shapes ...[]int) {
		w := work{expr: expr, dtype: d, shapes: shapes}
		order := make([]int, len(shapes))
		for i := range order {
			order[i] = i
		}
		r := &row{suite: "open", name: name, work: w, peers: []peer{eincPeer("einc", fixedClass, w, 1, order...)}}
		if r.open = true; min > 0 {
			r.bars = []bar{{Class: fixedClass, Min: min}}
		}
		rows = append(rows, r)
	}
	sizes := []int{256, 333, 512, 1024, 2048}
	if s.quick {
		sizes = []int{256, 512, 1024}
	}
	const within = 1 / 1.15
	for _, d := range bothFloats {
		for _, n := range []int{16, 64} {
			add(fmt.Sprint(n), "ik,kj->ij", 0, d, []int{n, n}, []int{n, n})
		}
		for _, n := range sizes {
			for _, l := range layouts {
				add(fmt.Sprintf("%d %s", n, l.name), l.expr, within, d, []int{n, n}, []int{n, n})
			}
		}
		add("32 of 256", "bik,bkj->bij", within, d, []int{32, 256, 256}, []int{32, 256, 256})
		add("attention scores", "bqhd,bkhd->bhqk", 0, d, []int{4, 256, 8, 64}, []int{4, 256, 8, 64})
		add("matrix and vector", "ij,j->i", 0, d, []int{2000, 2000}, []int{2000})
		add("sum of columns", "ij->j", 0, d, []int{2000, 2000})
		add("element-wise", "ij,ij->ij", 0, d, []int{2000, 2000}, []int{2000, 2000})
	}
	return rows
}
