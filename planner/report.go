package planner

import (
	"fmt"
	"math"
	"slices"

	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// Report is an order of a network's contractions written out: what each step does and what it costs.
// It counts everything anew from the network and the path, so that it also checks paths from elsewhere.
type Report struct {
	Name     string
	Equation string // as it was written; empty to make one of the labels
	Network  *Network
	Labels   []string     // names of the indices by id; nil for letters or numbers
	Type     tensor.DType // of the elements; sizes in bytes and times are for it
	Order    Order        // the path, and what the search says of it
	Groups   [][]int      // positions in the path, ascending, that run as one step
	Pairs    []Pair       // of the path
	Rows     []Row        // the steps that run
	Naive    float64      // log2 of the operations of one loop nest over all indices
	Flops    float64      // log2 of the operations of all rows
	Size     float64      // log2 of the elements of the largest result
	Nanos    float64      // estimated time of all rows
	Copied   float64      // bytes of operands and results that the plan copies, in all slices
	Peak     float64      // log2 of the most elements of results that are live at once, the last included
	Scaling  int          // indices of the naive loop nest
	summed   [][]int32    // indices of each operand after its private sums
}

// Pair is one contraction of two tensors; Legs are the result's indices.
type Pair struct {
	A, B  int // operands 0…n-1, then results
	Legs  []int32
	Flops float64 // log2 of the multiply-adds
	Size  float64 // log2 of the elements of the result
}

// Row is a step that runs: a pair, several that are one loop nest, or the sum over the indices that
// one operand alone has.
type Row struct {
	Inputs  []int
	Out     int    // the number of its result; of a private sum, the operand's
	Kind    string // what a linear-algebra library calls it
	Scaling int    // indices of its loop nest
	Flops   float64
	Size    float64
	Nanos   float64
}

// NewReport recounts o. It fails if the path is not one that contracts all inputs, or if the groups
// are not sets of pairs that can run as one step.
func NewReport(n *Network, o *Order, groups [][]int, target cost.Target, d tensor.DType) (*Report, error) {
	r := &Report{Network: n, Order: *o, Groups: groups, Type: d.Accum()}
	if err := CheckPath(o.Path, len(n.Inputs)); err != nil {
		return nil, err
	}
	rows, err := groupRows(o.Path, groups, len(n.Inputs))
	if err != nil {
		return nil, err
	}
	c := newRecount(cutNetwork(n, o.Sliced))
	r.summed = slices.Clone(c.legs)
	r.Pairs = c.pairs(o.Path)
	if r.Size = math.Inf(-1); len(n.Inputs) < 2 {
		r.Size = c.size(n.Output)
	}
	for _, p := range r.Pairs {
		r.Size = max(r.Size, p.Size)
	}
	r.Peak = c.peak(r.Pairs)
	r.Naive, r.Scaling = newRecount(n).operations(slices.Concat(n.Inputs...), n.Output, len(n.Inputs))
	m := target.Model()
	for _, row := range rows {
		r.addSums(c, row, m)
		r.Rows = append(r.Rows, row)
		c.fill(&r.Rows[len(r.Rows)-1], r, m)
	}
	r.total()
	return r, nil
}

// addSums adds rows for the private sums of a row's operands.
func (r *Report) addSums(c *recount, row Row, m *cost.Model) {
	for _, in := range row.Inputs {
		if in >= len(r.summed) || len(row.Inputs) == 1 || len(c.distinct(r.Network.Inputs[in])) == len(r.summed[in]) {
			continue
		}
		r.Rows = append(r.Rows, Row{Inputs: []int{in}, Out: in})
		c.fill(&r.Rows[len(r.Rows)-1], r, m)
	}
}

// total adds up the rows. How often they run where indices are cut, the search knows: it hoists what
// does not depend on them, and says so by its count of multiply-adds.
func (r *Report) total() {
	flops, macs := make([]float64, len(r.Rows)), make([]float64, len(r.Pairs))
	for i := range r.Rows {
		flops[i] = r.Rows[i].Flops
		r.Nanos += r.Rows[i].Nanos
	}
	for i := range r.Pairs {
		macs[i] = r.Pairs[i].Flops
	}
	r.Flops = logSum(flops)
	if once := logSum(macs); len(r.Order.Sliced) > 0 && !math.IsInf(once, 0) && !math.IsInf(r.Order.Log10Flops, 0) {
		again := r.Order.Log10Flops*math.Log2(10) - once
		r.Flops += again
		r.Nanos *= math.Exp2(min(again, most))
	}
}

// cutNetwork is the network that one slice of each cut index leaves.
func cutNetwork(n *Network, sliced []Slice) *Network {
	if len(sliced) == 0 {
		return n
	}
	cut := *n
	cut.Sizes = slices.Clone(n.Sizes)
	for _, s := range sliced {
		if s.Index >= 0 && int(s.Index) < len(cut.Sizes) && s.Parts > 0 {
			cut.Sizes[s.Index] = math.Ceil(cut.Sizes[s.Index] / float64(s.Parts))
		}
	}
	return &cut
}

// CheckPath checks that path contracts n tensors into one: n-1 pairs of numbers that are there and
// used once.
func CheckPath(path [][2]int, n int) error {
	if len(path) != max(n-1, 0) {
		return fmt.Errorf("einc: a path of %d pairs for %d tensors: it takes %d", len(path), n, max(n-1, 0))
	}
	used := make([]bool, n+len(path))
	for i, p := range path {
		for _, t := range p {
			if t < 0 || t >= n+i {
				return fmt.Errorf("einc: pair %d of the path takes tensor %d: only 0 to %d are there", i, t, n+i-1)
			}
			if used[t] {
				return fmt.Errorf("einc: pair %d of the path takes tensor %d, which is used up", i, t)
			}
			used[t] = true
		}
	}
	return nil
}

// groupsOfPairs says which group each pair of a path is in, counted from 1; 0 for none.
func groupsOfPairs(groups [][]int, pairs int) ([]int, error) {
	of := make([]int, pairs)
	for g, group := range groups {
		if len(group) < 2 {
			return nil, fmt.Errorf("einc: group %d has %d pairs: a group has two or more", g, len(group))
		}
		for k, p := range group {
			if p < 0 || p >= pairs || of[p] != 0 || k > 0 && p <= group[k-1] {
				return nil, fmt.Errorf("einc: group %d: pair %d does not exist, has a group, or is out of order", g, p)
			}
			of[p] = g + 1
		}
	}
	return of, nil
}

// groupRows lists the steps that run: one for each group, where its last pair stands, and one for each
// pair outside.
func groupRows(path [][2]int, groups [][]int, n int) ([]Row, error) {
	of, err := groupsOfPairs(groups, len(path))
	if err != nil {
		return nil, err
	}
	if n == 1 {
		return []Row{{Inputs: []int{0}, Out: 0}}, nil
	}
	var rows []Row
	inputs := make([][]int, len(groups)+1) // of each group, so far
	for i, p := range path {
		g := of[i]
		if g == 0 {
			inputs[g] = nil
		}
		for _, t := range p {
			if t < n || g == 0 || of[t-n] != g {
				inputs[g] = append(inputs[g], t)
			}
		}
		switch {
		case g == 0:
		case i != last(groups[g-1]):
			continue
		case len(inputs[g]) != len(groups[g-1])+1:
			return nil, fmt.Errorf("einc: group %d: its pairs are not one tree", g-1)
		}
		rows = append(rows, Row{Inputs: inputs[g], Out: n + i})
	}
	return rows, nil
}

func last[T any](list []T) T { return list[len(list)-1] }

// recount follows the indices of a network through its contractions.
type recount struct {
	n       *Network
	lg      []float64 // log2 of each extent
	open    []bool
	holders []int32
	legs    [][]int32 // of each tensor so far: distinct, without private sums
	mark    []int32   // the last walk that met each index
	walk    int32
}

func newRecount(n *Network) *recount {
	c := &recount{n: n, lg: make([]float64, len(n.Sizes)), open: make([]bool, len(n.Sizes)),
		holders: make([]int32, len(n.Sizes)), mark: make([]int32, len(n.Sizes))}
	for i, s := range n.Sizes {
		c.lg[i] = math.Log2(s)
	}
	for _, i := range n.Output {
		c.open[i] = true
	}
	for _, in := range n.Inputs {
		legs := c.distinct(in)
		for _, i := range legs {
			c.holders[i]++
		}
		c.legs = append(c.legs, legs)
	}
	for t := range c.legs {
		c.legs[t] = slices.DeleteFunc(c.legs[t], func(i int32) bool { return c.holders[i] == 1 && !c.open[i] })
	}
	return c
}

// distinct lists the indices of several lists, each once, in order of appearance.
func (c *recount) distinct(lists ...[]int32) []int32 {
	c.walk++
	var out []int32
	for _, list := range lists {
		for _, i := range list {
			if c.mark[i] != c.walk {
				c.mark[i] = c.walk
				out = append(out, i)
			}
		}
	}
	return out
}

func (c *recount) size(legs []int32) float64 {
	s := 0.0
	for _, i := range legs {
		s += c.lg[i]
	}
	return s
}

// pairs follows the path.
func (c *recount) pairs(path [][2]int) []Pair {
	pairs := make([]Pair, len(path))
	for k, p := range path {
		a, b := c.legs[p[0]], c.legs[p[1]]
		all := c.distinct(a, b)
		for _, list := range [][]int32{a, b} {
			for _, i := range list {
				c.holders[i]--
			}
		}
		pairs[k] = Pair{A: p[0], B: p[1], Flops: c.size(all)}
		for _, i := range all {
			if c.holders[i] > 0 || c.open[i] {
				pairs[k].Legs = append(pairs[k].Legs, i)
				c.holders[i]++
			}
		}
		if k == len(path)-1 {
			pairs[k].Legs = c.n.Output
		}
		pairs[k].Size = c.size(pairs[k].Legs)
		c.legs = append(c.legs, pairs[k].Legs)
	}
	return pairs
}

// peak is log2 of the most elements that results take while a pair is computed, if they go in order.
func (c *recount) peak(pairs []Pair) float64 {
	n, top := len(c.n.Inputs), math.Inf(-1)
	for k := range pairs {
		top = max(top, pairs[k].Size)
	}
	if math.IsInf(top, -1) {
		return top
	}
	live, most := 0.0, 0.0 // in units of the largest
	size := func(t int) float64 {
		if t < n {
			return 0
		}
		return math.Exp2(pairs[t-n].Size - top)
	}
	for k := range pairs {
		live += size(n + k)
		most = max(most, live)
		live -= size(pairs[k].A) + size(pairs[k].B)
	}
	return top + math.Log2(most)
}

// operations counts a loop nest that multiplies so many tensors, and its indices: a product of n
// takes n-1 multiplications, and one addition where something is summed.
func (c *recount) operations(in, out []int32, n int) (log2 float64, indices int) {
	all := c.distinct(in)
	each := max(n-1, 1)
	if len(all) > len(c.distinct(out)) {
		each++
	}
	return c.size(all) + math.Log2(float64(each)), len(all)
}

// fill says what a row does and costs.
func (c *recount) fill(row *Row, r *Report, m *cost.Model) {
	in := make([][]int32, len(row.Inputs))
	for k, i := range row.Inputs {
		in[k] = c.legs[i]
	}
	out := c.legs[row.Out]
	if len(row.Inputs) == 1 {
		in[0] = c.distinct(r.Network.Inputs[row.Inputs[0]])
	}
	if len(c.n.Inputs) == 1 {
		out = c.n.Output
	}
	row.Flops, row.Scaling = c.operations(slices.Concat(in...), out, len(in))
	row.Size = c.size(out)
	w := c.work(in, out, r.Type)
	row.Kind = kindOf(len(in), w)
	row.Nanos = m.Nanos(&w)
}

// most is log2 of what extents are cut off at when the model is asked, so that nothing overflows.
const most = 240

// work is the question for a step: the last input is the right operand.
func (c *recount) work(inputs [][]int32, out []int32, d tensor.DType) cost.Work {
	bytes := 0.0
	for _, legs := range inputs {
		bytes += math.Exp2(min(c.size(legs), most))
	}
	left, right := inputs[:len(inputs)-1], last(inputs)
	var w [4]float64 // log2 of B, M, N, K
	for _, i := range c.distinct(inputs...) {
		w[c.class(i, left, right, out)] += c.lg[i]
	}
	for k := range w {
		w[k] = math.Exp2(min(w[k], most))
	}
	size := float64(d.Size())
	return cost.Work{B: w[0], M: min(w[1], w[2]), N: max(w[1], w[2]), K: w[3], Type: d,
		Product: len(inputs) > 1, Plain: len(inputs) == 2, UnitInner: true, Ops: float64(max(len(inputs)-2, 0)),
		BytesIn: bytes * size, BytesOut: math.Exp2(min(c.size(out), most)) * size}
}

// class is 0 for B, 1 for M, 2 for N and 3 for K.
func (c *recount) class(i int32, left [][]int32, right, out []int32) int {
	inLeft := slices.ContainsFunc(left, func(l []int32) bool { return slices.Contains(l, i) })
	switch {
	case !slices.Contains(out, i):
		return 3
	case !slices.Contains(right, i):
		return 1
	case inLeft:
		return 0
	}
	return 2
}

// kindOf names a step as linear-algebra libraries do.
func kindOf(inputs int, w cost.Work) string {
	name := ""
	switch {
	case inputs > 2:
		return "NEST"
	case inputs == 1 && w.K > 1:
		return "SUM"
	case inputs == 1:
		return "COPY"
	case w.K > 1 && w.M > 1 && w.N > 1:
		name = "GEMM"
	case w.K > 1 && w.N > 1:
		name = "GEMV"
	case w.K > 1:
		name = "DOT"
	case w.M > 1 && w.N > 1:
		name = "OUTER"
	case w.N > 1:
		return "SCALE"
	default:
		return "HADAMARD"
	}
	if w.B > 1 {
		return "B" + name
	}
	return name
}

// UsePlan takes the times of the rows, and the peak memory, from the plan that the report is of.
func (r *Report) UsePlan(p *Plan) {
	r.Order.PeakBytes, r.Copied, r.Nanos = float64(p.Peak), float64(p.Copied), p.Cost.Nanos
	r.Order.Nanos, r.Order.Log2Size = r.Nanos, r.Size
	if len(r.Order.Sliced) == 0 {
		r.Order.Log10Flops = r.MACs()
	}
	if len(p.Steps) != len(r.Rows) {
		return
	}
	var single, several []float64 // times of the steps that read one tensor, and more
	for i := range p.Steps {
		if s := &p.Steps[i]; len(s.Inputs)+len(s.Extra) == 1 {
			single = append(single, s.Estimate.Nanos)
		} else {
			several = append(several, s.Estimate.Nanos)
		}
	}
	for i := range r.Rows {
		list := &several
		if len(r.Rows[i].Inputs) == 1 {
			list = &single
		}
		if len(*list) > 0 {
			r.Rows[i].Nanos, *list = (*list)[0], (*list)[1:]
		}
	}
}
