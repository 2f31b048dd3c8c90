package parser

import (
	"slices"
	"strconv"

	"github.com/einc-lang/einc/tensor"
)

// assign binds one statement and adds it to the problem.
func (b *binder) assign(a *Assign) error {
	if err := b.measure(a); err != nil {
		return err
	}
	b.addIndices()
	l := &lowering{binder: b, op: a.Op, expr: b.nodes.Room(a.Right.nodes())}
	v, err := l.tree(a.Right)
	if err != nil {
		return err
	}
	old := b.tensorOf(a.Old)
	meeting := []value{v}
	if old >= 0 {
		meeting = append(meeting, value{dtype: b.out.Tensors[old].DType})
	}
	d, err := l.meet(meeting, a.Right.Span)
	if err != nil {
		return err
	}
	if err := l.canReduce(d, a.Span); err != nil {
		return err
	}
	l.settle(v, d)
	return b.result(a, b.nodes.Keep(l.expr), d, old)
}

// addIndices makes the statement's labels indices of the problem.
func (b *binder) addIndices() {
	base := IndexID(len(b.out.Indices))
	b.out.Indices = slices.Grow(b.out.Indices, len(b.order))
	for _, label := range b.order {
		d := b.dim(label)
		d.id += base
		name := b.name(label)
		if label < EllipsisID {
			name += strconv.Itoa(b.ellipsis - 1 - int(ellipsisDim(0)-label))
		}
		b.out.Indices = append(b.out.Indices, Index{name, d.extent})
	}
}

// result adds the statement's tensor and the statement.
func (b *binder) result(a *Assign, e Expr, d tensor.DType, old int) error {
	axes, err := b.leftAxes(a)
	if err != nil {
		return err
	}
	s := Statement{Left: b.ids.Make(len(axes)), Op: a.Op, Expr: e}
	shape := b.layouts.ints.Make(len(axes))
	for i, x := range axes {
		d := b.dim(x.Label)
		s.Left[i], shape[i] = d.id, d.extent
	}
	name := a.Left.Name
	if b.p.Notation != IndexNotation {
		name = "out"
	}
	if code := checkBytes(shape, d); code != "" {
		return b.tooLarge(code, a.Left.Span, "the result "+quote(name))
	}
	s.Old = b.convertOld(old, d)
	s.Out = b.addTensor(name, shape, d)
	b.results = append(b.results, s.Out)
	b.out.Statements = append(b.out.Statements, s)
	return nil
}

func (b *binder) addTensor(name string, shape []int, d tensor.DType) int {
	b.out.Tensors = append(b.out.Tensors, Tensor{Name: name, DType: d, Shape: shape, Layout: b.layouts.layout(shape, nil)})
	return len(b.out.Tensors) - 1
}

// convertOld is the old value in type d: the tensor itself, or that of a statement which converts it.
func (b *binder) convertOld(old int, d tensor.DType) int {
	if old < 0 || b.out.Tensors[old].DType == d {
		return old
	}
	t := b.out.Tensors[old]
	axes := make([]IndexID, len(t.Shape))
	for i, e := range t.Shape {
		axes[i] = IndexID(len(b.out.Indices))
		b.out.Indices = append(b.out.Indices, Index{"axis" + strconv.Itoa(i), e})
	}
	out := b.addTensor(t.Name, slices.Clone(t.Shape), d)
	b.out.Statements = append(b.out.Statements, Statement{Out: out, Left: axes, Old: -1, Expr: Expr{
		{Kind: NodeRef, DType: t.DType, Tensor: old, Axes: axes},
		{Kind: NodeApply, Fn: FnCast, DType: d, Args: []NodeID{0}},
	}})
	return out
}

// lowering builds the expression of one statement.
type lowering struct {
	*binder
	op   ReduceOp
	expr Expr
}

// value is a lowered tree: a node, or a literal that has no type yet.
type value struct {
	node  NodeID
	dtype tensor.DType
	lit   *Number
}

func (l *lowering) emit(n Node) value {
	l.expr = append(l.expr, n)
	return value{node: NodeID(len(l.expr) - 1), dtype: n.DType}
}

// tree lowers t, and its sums around it.
func (l *lowering) tree(t *Tree) (value, error) {
	if len(t.Sums) == 0 {
		return l.bare(t)
	}
	over, outer := l.enter(t.Sums)
	v, err := l.bare(t)
	for i, label := range t.Sums {
		l.dim(label).sum = outer[i]
	}
	if err != nil {
		return v, err
	}
	if err := l.canReduce(v.dtype, t.Span); err != nil {
		return v, err
	}
	slices.Sort(over)
	return l.emit(Node{Kind: NodeReduce, DType: v.dtype, Args: l.list(v.node), Reduce: l.op, Over: over}), nil
}

// enter makes labels the indices of a sum, and returns what they were around it. A label that an enclosing sum
// has too is another variable.
func (l *lowering) enter(labels []LabelID) (over, outer []IndexID) {
	over, outer = l.ids.Make(len(labels)), l.ids.Make(len(labels))
	for i, label := range labels {
		d := l.dim(label)
		over[i], outer[i] = d.id, d.sum
		if d.sum != NoIndex {
			x := l.out.Indices[d.id]
			over[i] = IndexID(len(l.out.Indices))
			l.out.Indices = append(l.out.Indices, Index{x.Name + prime, x.Extent})
		}
		d.sum = over[i]
	}
	return over, outer
}

// list is the arguments of a node.
func (l *lowering) list(args ...NodeID) []NodeID { return l.args.Clone(args) }

// bare lowers t without its sums.
func (l *lowering) bare(t *Tree) (value, error) {
	switch t.Kind {
	case TreeRef:
		return l.ref(t.Ref)
	case TreeNumber:
		return value{lit: t.Number}, nil
	case TreeSum:
		return l.sum(t)
	case TreeProduct:
		run, err := l.factors(l.runs.Empty(len(t.Args)), t)
		if err != nil {
			return value{}, err
		}
		return l.multiply(run, t.Span)
	case TreeNeg:
		v, err := l.tree(t.Args[0])
		if err != nil {
			return v, err
		}
		return l.apply(FnNeg, []value{v}, t.Span)
	}
	return l.call(t)
}

func (l *lowering) ref(r *Ref) (value, error) {
	t := l.tensorOf(r.Value)
	shape := l.out.Tensors[t].Shape
	list, err := l.expand(r, len(shape))
	if err != nil {
		return value{}, err
	}
	axes := l.ids.Make(len(list))
	for i, a := range list {
		d := l.dim(a.Label)
		switch {
		case shape[i] != d.extent:
			axes[i] = NoIndex
		case d.sum != NoIndex:
			axes[i] = d.sum
		default:
			axes[i] = d.id
		}
	}
	return l.emit(Node{Kind: NodeRef, DType: l.out.Tensors[t].DType, Tensor: t, Axes: axes}), nil
}

// sum lowers terms to one Add, with subtracted ones negated so that a long sum is flat; a difference
// of two is a Sub.
func (l *lowering) sum(t *Tree) (value, error) {
	terms := make([]value, len(t.Args))
	for i, a := range t.Args {
		v, err := l.tree(a)
		if err != nil {
			return v, err
		}
		terms[i] = v
	}
	if len(terms) == 2 && t.Inverse[1] {
		return l.apply(FnSub, terms, t.Span)
	}
	if err := l.negate(terms, t); err != nil {
		return value{}, err
	}
	return l.apply(FnAdd, terms, t.Span)
}

// negate negates the terms that a sum subtracts, in the type of the sum: in their own, -128 of i8 would wrap.
func (l *lowering) negate(terms []value, t *Tree) error {
	d, err := l.meet(terms, t.Span)
	for i := range terms {
		if err != nil {
			return err
		}
		if !t.Inverse[i] {
			continue
		}
		if terms[i].lit == nil {
			terms[i] = value{node: l.settle(terms[i], d), dtype: d}
		}
		terms[i], err = l.apply(FnNeg, terms[i:i+1], t.Span)
	}
	return err
}

// factors appends the factors of a chain to run, which is the numerator so far: a product in brackets
// joins in, and a division makes the run one value.
func (l *lowering) factors(run []value, t *Tree) ([]value, error) {
	for i, a := range t.Args {
		joins := a.Kind == TreeProduct && !t.Inverse[i] && len(a.Sums) == 0 &&
			(len(run) == 0 || !slices.Contains(a.Inverse, true))
		if joins {
			var err error
			if run, err = l.factors(run, a); err != nil {
				return nil, err
			}
			continue
		}
		v, err := l.tree(a)
		if err != nil {
			return nil, err
		}
		if !t.Inverse[i] {
			run = append(run, v)
			continue
		}
		numerator, err := l.multiply(run, t.Span)
		if err != nil {
			return nil, err
		}
		if v, err = l.apply(FnDiv, []value{numerator, v}, t.Span); err != nil {
			return nil, err
		}
		run = []value{v}
	}
	return run, nil
}

// multiply joins factors by one Mul.
func (l *lowering) multiply(run []value, at Span) (value, error) {
	if len(run) == 1 {
		return run[0], nil
	}
	return l.apply(FnMul, run, at)
}

// call lowers a function; min and max of many become a balanced tree.
func (l *lowering) call(t *Tree) (value, error) {
	args := make([]value, len(t.Args))
	for i, a := range t.Args {
		v, err := l.tree(a)
		if err != nil {
			return v, err
		}
		args[i] = v
	}
	if len(args) == 1 {
		return l.apply(t.Fn, args, t.Span)
	}
	for len(args) > 1 {
		var next []value
		for i := 0; i+1 < len(args); i += 2 {
			v, err := l.apply(t.Fn, args[i:i+2], t.Span)
			if err != nil {
				return v, err
			}
			next = append(next, v)
		}
		if len(args)%2 == 1 {
			next = append(next, args[len(args)-1])
		}
		args = next
	}
	return args[0], nil
}

// apply emits a function of values with the casts it needs, or computes it if all are literals.
func (l *lowering) apply(fn Fn, args []value, at Span) (value, error) {
	if !slices.ContainsFunc(args, func(v value) bool { return v.lit == nil }) {
		n, err := l.constant(fn, args, at)
		return value{lit: n}, err
	}
	in, out, err := l.signature(fn, args, at)
	if err != nil {
		return value{}, err
	}
	ids := l.args.Make(len(args))
	for i, v := range args {
		ids[i] = l.settle(v, in)
	}
	return l.emit(Node{Kind: NodeApply, Fn: fn, DType: out, Args: ids}), nil
}

// settle is the node of v in type d.
func (l *lowering) settle(v value, d tensor.DType) NodeID {
	if v.lit != nil {
		n := Node{Kind: NodeConst, DType: d, Value: v.lit.Float}
		if d.IsInt() {
			n.Int = v.lit.Int
		}
		return l.emit(n).node
	}
	if v.dtype == d {
		return v.node
	}
	return l.emit(Node{Kind: NodeApply, Fn: FnCast, DType: d, Args: l.list(v.node)}).node
}
