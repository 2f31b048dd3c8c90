package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/einc-lang/einc/tensor"
)

//go:embed cases/workloads.txt
var workloadText string

// What is only planned: more multiply-adds, or more bytes of operands, result and temporaries, than these.
const (
	mostMultiplyAdds = 1e12
	mostBytes        = 4e9
	// Larger workloads take minutes; they wait for -full.
	defaultMultiplyAdds = 5e9
	defaultBytes        = 5e8
)

// workloadRows reads the table of workloads. There are no bars: libraries are shown beside einc.
func workloadRows(s *session) []*row {
	var rows []*row
	add := func(name, expr string, d tensor.DType, shapes [][]int) {
		rows = append(rows, &row{suite: "workloads", name: name, work: work{expr: expr, dtype: d, shapes: shapes}, peers: interpreted(expr)})
	}
	for _, line := range strings.Split(strings.TrimSpace(workloadText), "\n") {
		f := strings.Split(line, "\t")
		if strings.HasPrefix(line, "#") || len(f) != 4 {
			continue
		}
		d, err := tensor.ParseDType(f[3])
		if err != nil {
			s.log("workload %s: %v", f[0], err)
			continue
		}
		c := contraction{sizes: parseSizes(f[2])}
		in, _, _ := strings.Cut(f[1], "->")
		var shapes [][]int
		for _, term := range strings.Split(in, ",") {
			shapes = append(shapes, c.shape(term))
		}
		add(f[0], f[1], d, shapes)
	}
	expr, shapes := innerProduct(100, 3, 10)
	add("mps-inner-100", expr, tensor.F64, shapes)
	err := networks(filepath.Join(s.dir, "../planner/testdata/networks.jsonl"), func(n *network) {
		if math.Pow(10, n.Best) <= mostMultiplyAdds {
			w := n.work(tensor.F64)
			add(n.Name, w.expr, w.dtype, w.shapes)
		}
	})
	if err != nil {
		s.log("networks: %v", err)
	}
	return rows
}

// network is a line of the files of the planner's tests.
type network struct {
	Name, Class string
	Inputs      [][]int
	Output      []int
	Sizes       []int
	Best        float64 // the cheapest order known, a power of ten of multiply-adds
}

// networks reads a file of networks.
func networks(path string, f func(*network)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	for in := json.NewDecoder(file); ; {
		var n network
		if err := in.Decode(&n); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		f(&n)
	}
}

// work is the network as an einsum string.
func (n *network) work(d tensor.DType) work {
	w := work{dtype: d}
	var terms []string
	for _, term := range n.Inputs {
		shape := make([]int, len(term))
		for i, x := range term {
			shape[i] = n.Sizes[x]
		}
		terms, w.shapes = append(terms, letters(term)), append(w.shapes, shape)
	}
	w.expr = strings.Join(terms, ",") + "->" + letters(n.Output)
	return w
}

// firstLetter is that of the labels that are numbers: there are many after it.
const firstLetter = 0x4e00

func letters(labels []int) string {
	var text []rune
	for _, x := range labels {
		text = append(text, rune(firstLetter+x))
	}
	return string(text)
}

// innerProduct is that of two matrix product states of so many sites, written with letters of any script.
func innerProduct(sites, physical, bond int) (string, [][]int) {
	next := rune(firstLetter)
	label := func() string { next++; return string(next) }
	var upper, lower []string
	var up, low [][]int
	u, l := "", ""
	for i := range sites {
		m := label()
		shape := []int{physical}
		a, b := m+u, m+l
		if i > 0 {
			shape = append(shape, bond)
		}
		if i < sites-1 {
			u, l = label(), label()
			a, b = a+u, b+l
			shape = append(shape, bond)
		}
		upper, lower = append(upper, a), append(lower, b)
		up, low = append(up, shape), append(low, shape)
	}
	return fmt.Sprintf("%s,%s->", strings.Join(upper, ","), strings.Join(lower, ",")), append(up, low...)
}

// tooLarge says why a row is only planned, or nothing.
func (s *session) tooLarge(r *row) (string, error) {
	p, err := planOf(&r.work)
	if err != nil {
		return "", err
	}
	bytes := float64(p.Peak)
	for i := range p.Buffers {
		bytes += float64(p.Buffers[i].Bytes)
	}
	most := float64(defaultMultiplyAdds)
	if s.quick {
		most /= 5
	}
	why := "planned only"
	if p.Cost.Flops <= mostMultiplyAdds && bytes <= mostBytes {
		if s.full || r.suite != "workloads" || p.Cost.Flops <= most && bytes <= defaultBytes {
			return "", nil
		}
		why = "measured with -full"
	}
	return fmt.Sprintf("%s: %.3g multiply-adds in %d steps, %.3g GB of temporaries, %.3g GB in all",
		why, p.Cost.Flops, len(p.Steps), float64(p.Peak)/1e9, bytes/1e9), nil
}
