package planner

import (
	"context"
	"errors"
	"slices"

	"github.com/einc-lang/einc/parser"
)

// Product is the network of a problem that is one product of its operands, each read once, and summed
// once or not at all, as every einsum string is; and the names of its indices. It is false for other
// problems: no path describes their order.
func Product(p *parser.Problem) (*Network, []string, bool) {
	live := (&draft{p: p}).live()
	if len(live) != 1 {
		return nil, nil, false
	}
	st := &p.Statements[live[0]]
	if st.Old >= 0 || repeats(st.Left) || slices.Contains(st.Left, parser.NoIndex) || !onlyProduct(st.Expr) {
		return nil, nil, false
	}
	n := &Network{Inputs: make([][]int32, p.Operands), Output: idsOf(st.Left)}
	read := make([]bool, p.Operands)
	for i := range st.Expr {
		if node := &st.Expr[i]; node.Kind == parser.NodeRef {
			if node.Tensor >= p.Operands || read[node.Tensor] {
				return nil, nil, false
			}
			read[node.Tensor] = true
			n.Inputs[node.Tensor] = idsOf(node.Axes)
		}
	}
	labels := make([]string, len(p.Indices))
	for i, x := range p.Indices {
		labels[i] = x.Name
		n.Sizes = append(n.Sizes, float64(x.Extent))
	}
	return n, labels, !slices.Contains(read, false) && n.Check() == nil
}

// onlyProduct reports whether e multiplies and casts what it reads, and sums it at most once, at the end.
func onlyProduct(e parser.Expr) bool {
	summed := false
	for i := range e {
		switch n := &e[i]; {
		case n.Kind == parser.NodeReduce && n.Reduce == parser.Sum && !summed:
			summed = true
		case n.Kind == parser.NodeApply && n.Fn == parser.FnCast:
		case n.Kind == parser.NodeApply && n.Fn == parser.FnMul && !summed:
		case n.Kind == parser.NodeRef && !summed:
		default:
			return false
		}
	}
	return true
}

// idsOf lists axes without those that have no index.
func idsOf(axes []parser.IndexID) []int32 {
	ids := make([]int32, 0, len(axes))
	for _, i := range axes {
		if i != parser.NoIndex {
			ids = append(ids, int32(i))
		}
	}
	return ids
}

// errNoProduct is the error of a path for what has none.
var errNoProduct = errors.New("einc: only a single product of operands has a path: this expression is more than that")

// SearchPath is Search for a problem whose pairs are given, as SSA numbers of its operands: it still
// chooses what runs as one step, and how. It fails as Search does, if the path does not contract all
// operands, and if the problem is no Product.
func SearchPath(ctx context.Context, p *parser.Problem, opts Options, path [][2]int) (*Plan, error) {
	if _, _, ok := Product(p); !ok {
		return nil, errNoProduct
	}
	if err := CheckPath(path, p.Operands); err != nil {
		return nil, err
	}
	opts.Method, opts.Budget = "greedy", Budget{} // the order that is replaced should cost nothing
	d, err := newDraft(ctx, p, opts)
	if err != nil {
		return nil, err
	}
	defer d.release()
	live := d.live()
	if err := d.declare(live); err != nil {
		return nil, err
	}
	if err := d.follow(&p.Statements[live[0]], path); err != nil {
		return nil, err
	}
	d.plan.Method = "path"
	if err := d.finish(); err != nil {
		return nil, err
	}
	return d.result()
}

// follow appends the steps of a product along a path.
func (d *draft) follow(st *parser.Statement, path [][2]int) error {
	src := d.read(st.Expr)
	_, outer := src.reductions()
	if len(outer) == 0 {
		return d.statement(st)
	}
	c, err := d.contraction(src, outer[0])
	if err != nil {
		return err
	}
	if !c.whole && len(c.terms) == len(path)+1 {
		c.quick, c.tree = c.tree, d.pairs.Make(len(path))
		for i, p := range path {
			c.tree[i] = [2]int32{int32(p[0]), int32(p[1])}
		}
	}
	plans := []*contraction{c}
	to := sink{out: Ref{Buffer: d.buffer[st.Out], Axes: st.Left}, root: src.root(), old: -1, oldOp: st.Op}
	if d.carrier(plans, st.Left) >= 0 {
		return c.emit(to)
	}
	if err := c.materialise(st.Left); err != nil {
		return err
	}
	k := d.begin(src, to.out)
	v := src.write(&k.body, to.root)
	to.root = -1
	return k.finish([]parser.NodeID{v}, false, to)
}

// Path is the order of the steps of a plan of a Product: pairs in SSA numbers, and which of them run as
// one step. Pairs within a step are put in a good order, though nothing runs in it.
func (p *Plan) Path() (path [][2]int, groups [][]int, err error) {
	net, _, ok := Product(p.Problem)
	if !ok {
		return nil, nil, errNoProduct
	}
	number := make([]int, len(p.Buffers)) // the SSA number that each buffer stands for
	for b := range p.Buffers {
		number[b] = p.Buffers[b].Operand
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		refs := stepInputs(s)
		pairs, err := pairUp(refs, s.Out, net.Sizes)
		if err != nil {
			return nil, nil, err
		}
		in := make([]int, len(refs), len(refs)+len(pairs))
		for k, r := range refs {
			in[k] = number[r.Buffer]
		}
		if len(pairs) > 1 {
			groups = append(groups, countUp(len(path), len(path)+len(pairs)))
		}
		for _, q := range pairs {
			in = append(in, len(net.Inputs)+len(path))
			path = append(path, [2]int{min(in[q[0]], in[q[1]]), max(in[q[0]], in[q[1]])})
		}
		number[s.Out.Buffer] = last(in)
	}
	return path, groups, CheckPath(path, len(net.Inputs))
}

// Regroup says which pairs of a given path of n operands run as one step, where the steps are those of another path and
// its groups. It is false if a step joins what is no subtree of the given path, as of a plan that went another way.
func Regroup(given, path [][2]int, groups [][]int, n int) ([][]int, bool) {
	rows, err := groupRows(path, groups, n)
	if err != nil || CheckPath(given, n) != nil {
		return nil, false
	}
	user := make([]int, n+len(given)) // the pair that takes each tensor of the given path
	for i, p := range given {
		user[p[0]], user[p[1]] = i, i
	}
	at := countUp(0, n+len(path)) // the tensor of the given path that each one of the other path is
	joined := make([]int, len(given))
	var found [][]int
	for _, row := range rows {
		var group []int
		todo := make([]int, 0, 2*len(row.Inputs))
		for _, in := range row.Inputs {
			todo = append(todo, at[in])
		}
		for k := 0; k < len(todo) && len(group) < len(row.Inputs)-1; k++ {
			i := user[todo[k]]
			if joined[i]++; joined[i] == 2 {
				group, todo = append(group, i), append(todo, n+i)
			}
		}
		if len(group) < len(row.Inputs)-1 {
			return nil, false
		}
		at[row.Out] = last(todo)
		if slices.Sort(group); len(group) > 1 {
			found = append(found, group)
		}
	}
	return found, true
}

// stepInputs lists what a step reads, its core operands first.
func stepInputs(s *Step) []Ref {
	var refs []Ref
	for _, c := range s.Core {
		if c >= 0 {
			refs = append(refs, s.Inputs[c])
		}
	}
	for i, r := range s.Inputs {
		if !slices.Contains(s.Core[:], i) {
			refs = append(refs, r)
		}
	}
	return append(refs, s.Extra...)
}

// pairUp orders the inputs of one step.
func pairUp(refs []Ref, out Ref, sizes []float64) ([][2]int, error) {
	switch len(refs) {
	case 1:
		return nil, nil
	case 2:
		return [][2]int{{0, 1}}, nil
	}
	n := &Network{Output: idsOf(out.Axes), Sizes: sizes}
	for _, r := range refs {
		n.Inputs = append(n.Inputs, idsOf(r.Axes))
	}
	o, err := OrderNetwork(context.Background(), n, OrderOptions{Method: "greedy"})
	if err != nil {
		return nil, err
	}
	return o.Path, nil
}
