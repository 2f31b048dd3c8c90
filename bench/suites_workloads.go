package main

import (
	_ "embed"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/einc-lang/einc/planner"
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

// workloadRows are the workloads of the file, networks that are made here, and those of the planner's tests. There are
// no bars: libraries are shown beside einc.
func workloadRows(s *session) []*row {
	known, err := networkCases()
	if err != nil {
		s.log("networks: %v", err)
	}
	var rows []*row
	named := map[string]bool{}
	for i, line := range strings.Split(strings.TrimSpace(workloadText), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		l, err := parseWorkload(line, known)
		if err != nil {
			s.log("workloads.txt:%d: %v", i+1, err)
			continue
		}
		named[l.network] = true
		rows = append(rows, l.rows...)
	}
	for _, n := range madeNetworks() {
		rows = append(rows, workload(n.name, n.work, interpreted(n.expr)))
	}
	err = networks(filepath.Join(s.dir, "../planner/testdata/networks.jsonl"), func(n *network) {
		if !named[n.Name] {
			w := n.work(tensor.F64)
			r := workload(n.Name, w, interpreted(w.expr))
			r.network = &n.Network
			rows = append(rows, r)
		}
	})
	if err != nil {
		s.log("networks: %v", err)
	}
	return rows
}

func workload(name string, w work, peers []peer) *row {
	return &row{suite: "workloads", name: name, work: w, peers: peers}
}

// workloadLine is a line of the file: a row for each element type.
type workloadLine struct {
	rows    []*row
	network string
}

func parseWorkload(line string, known []networkCase) (*workloadLine, error) {
	f := strings.Split(line, "\t")
	if len(f) != 4 && len(f) != 5 {
		return nil, fmt.Errorf("%d columns, not 4 or 5", len(f))
	}
	l := &workloadLine{}
	var n *planner.Network
	w, peers := work{expr: f[1]}, interpreted(f[1])
	switch name, isNetwork := strings.CutPrefix(f[1], "@"); {
	case isNetwork:
		i := slices.IndexFunc(known, func(c networkCase) bool { return c.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no network %q", name)
		}
		l.network = name
		w, n = known[i].work(), known[i].network()
		peers = interpreted(w.expr)
	case strings.Contains(f[1], "="):
		w.mode, w.shapes, peers = index, notationShapes(f[1], parseSizes(f[2])), nil
		if len(f) == 5 {
			peers = spelled(f[4])
		}
	case strings.Contains(f[2], "="):
		c := contraction{sizes: parseSizes(f[2])}
		in, _, _ := strings.Cut(f[1], "->")
		for _, term := range strings.Split(in, ",") {
			w.shapes = append(w.shapes, c.shape(term))
		}
	default:
		w.shapes = parseShapes(f[2])
	}
	for _, name := range strings.Split(f[3], ",") {
		d, err := tensor.ParseDType(name)
		if err != nil {
			return nil, err
		}
		w.dtype = d
		r := workload(f[0], w, peers)
		r.network = n
		l.rows = append(l.rows, r)
	}
	return l, nil
}

// parseShapes reads shapes such as 2x3 4x5.
func parseShapes(text string) (shapes [][]int) {
	for _, word := range strings.Fields(text) {
		var shape []int
		for _, extent := range strings.Split(word, "x") {
			n, _ := strconv.Atoi(extent)
			shape = append(shape, n)
		}
		shapes = append(shapes, shape)
	}
	return shapes
}

// reference is a tensor of index notation with its indices, which are single letters in the file.
var reference = regexp.MustCompile(`(\w+)\[([\w,]*)\]`)

// notationShapes are the shapes of a statement's operands: what is read, in the order in which it is named.
func notationShapes(text string, sizes map[rune]int) (shapes [][]int) {
	c := contraction{sizes: sizes}
	if left, right, _ := strings.Cut(text, "="); !strings.HasSuffix(left, "+") {
		text = right
	}
	seen := map[string]bool{}
	for _, m := range reference.FindAllStringSubmatch(text, -1) {
		if !seen[m[1]] {
			seen[m[1]] = true
			shapes = append(shapes, c.shape(strings.ReplaceAll(m[2], ",", "")))
		}
	}
	return shapes
}

// spelled are the peers that evaluate an expression of Python.
func spelled(expr string) []peer {
	return []peer{
		pythonPeer("NumPy", arrayClass, "numpy", "lib = np\nimport functools\neinsum = functools.partial(np.einsum, optimize=True)\ndef call(): return np.ascontiguousarray("+expr+")"),
		pythonPeer("PyTorch", arrayClass, "torch", "lib, einsum, x = torch, torch.einsum, t\ndef call(): return ("+expr+").contiguous()"),
	}
}

// tooLarge says why a row is only planned, or nothing.
func (s *session) tooLarge(r *row) (string, error) {
	p, err := planOf(&r.work)
	if err != nil {
		return s.ordered(r, err)
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

// ordered says what a network takes of which no plan can be made, for results that are too large.
func (s *session) ordered(r *row, why error) (string, error) {
	if r.network == nil {
		return "", why
	}
	o, err := planner.OrderNetwork(s.ctx, r.network, planner.OrderOptions{Objective: planner.ByFlops, Workers: 1})
	if err != nil || o.Log10Flops <= math.Log10(mostMultiplyAdds) {
		return "", errors.Join(why, err)
	}
	return fmt.Sprintf("planned only: 10^%.2f multiply-adds in %d steps, a result of 2^%.0f elements", o.Log10Flops, len(o.Path), o.Log2Size), nil
}
