package lower

import (
	"cmp"
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// axis is a loop of a kernel: one index, or several whose strides compose.
type axis struct {
	label  string
	extent int64     // of an open axis, an example
	open   loop.Size // the extent of an open axis: an entry of dims; no Size otherwise
	at     []stride  // one an access of the kernel
	clamp  *clamp
	pinned bool // counts blocks of a clamped axis: not to be fused or vectorised
}

// clamp says that an axis is a block of a longer one of total items, which begins where other axes, that count blocks, tell.
type clamp struct {
	total int64
	by    []blocks
}

// blocks is an axis that counts blocks of so many items.
type blocks struct {
	axis int
	size int64
}

// kernel is one nest of the direct strategy before its loops are chosen:
//
//	out[free…] = old ⊕ epilogue( reduce over red… of body(inputs…), extras… )
type kernel struct {
	l        *lowering
	accs     []access // the output, the inputs, the extras, the old value if there is one
	inputs   int
	extras   int
	hasOld   bool
	oldOp    parser.ReduceOp
	axes     []axis
	free     []int // axes of the output, outermost first
	red      []int // reduced axes, outermost first
	body     parser.Expr
	factors  parser.Expr // what sums of the body over the inner axes are multiplied by; empty for nothing
	epilogue parser.Expr
	reduce   parser.ReduceOp
	strategy cost.Strategy
	runtime  bool // some stride or extent is known only at run time
	reduces  bool // the value is a reduction, be it over no axes
	empty    bool // a reduced extent is 0: the value is the identity
	keeps    bool // sums wait in memory between blocks of terms, which the first reduced axis counts: see kept_columns.go
	inBlocks bool // sums are those of blocks of terms, which the first of the two reduced axes counts: see blocks.go
}

// oldAccess is the number of the old value's access.
func (k *kernel) oldAccess() int { return 1 + k.inputs + k.extras }

// extent is the product of the extents of some axes, or the largest number that is safe to count with:
// terms of a reduction may be more than memory has elements.
func (k *kernel) extent(ids []int) int64 {
	const most = 1 << 62
	n := int64(1)
	for _, id := range ids {
		e := k.axes[id].extent
		if e > 0 && n > most/e {
			return most
		}
		n *= e
	}
	return n
}

// valueType is the type in which the body is computed and reduced.
func (k *kernel) valueType() tensor.DType { return rootType(k.body) }

func rootType(e parser.Expr) tensor.DType { return e[len(e)-1].DType.Accum() }

// kernel makes a step's kernel, with axes still as the step has them.
func (l *lowering) kernel(s *planner.Step) *kernel {
	k := &kernel{l: l, inputs: len(s.Inputs), extras: len(s.Extra), hasOld: s.Old >= 0, oldOp: s.OldOp,
		body: s.Body, epilogue: s.Epilogue, reduce: s.Reduce, reduces: len(s.K) > 0, strategy: cost.Direct}
	refs := append([]planner.Ref{s.Out}, s.Inputs...)
	refs = append(refs, s.Extra...)
	if k.hasOld {
		refs = append(refs, planner.Ref{Buffer: s.Old, Axes: s.Out.Axes})
	}
	for i, r := range refs {
		role := loop.In
		if i == 0 {
			role = loop.Out
		}
		k.accs = append(k.accs, l.buffer(r.Buffer, role))
	}
	for _, ix := range unique(s.Out.Axes) {
		k.free = l.addAxis(k, k.free, refs, ix)
	}
	for _, ix := range s.K {
		k.red = l.addAxis(k, k.red, refs, ix)
	}
	k.runtime = len(l.dims) > 0 && slices.ContainsFunc(k.axes, axis.dynamic)
	return k
}

func (x axis) isOpen() bool { return x.open.Dim > 0 }

func (x axis) dynamic() bool {
	return x.isOpen() || slices.ContainsFunc(x.at, func(s stride) bool { return s.dim > 0 })
}

// size is the extent: a number, or an entry of dims.
func (x axis) size() loop.Size {
	if x.isOpen() {
		return x.open
	}
	return loop.Const(x.extent)
}

// addAxis appends index ix to a list of axes. Extent 1 needs no loop; a reduced extent of 0 leaves
// the identity.
func (l *lowering) addAxis(k *kernel, list []int, refs []planner.Ref, ix parser.IndexID) []int {
	index := l.plan.Problem.Indices[ix]
	x := axis{label: index.Name, extent: int64(index.Extent)}
	if l.isOpen(ix) {
		x.open = l.extent(ix)
	} else if x.extent == 1 {
		return list
	}
	if x.extent == 0 {
		k.empty = true
	}
	for _, r := range refs {
		x.at = append(x.at, l.stride(r, ix))
	}
	k.axes = append(k.axes, x)
	return append(list, len(k.axes)-1)
}

// unique lists the indices of an axis list once each, without NoIndex.
func unique(axes []parser.IndexID) []parser.IndexID {
	var out []parser.IndexID
	for _, ix := range axes {
		if ix != parser.NoIndex && !slices.Contains(out, ix) {
			out = append(out, ix)
		}
	}
	return out
}

// arrange fuses axes and puts them in order: free ones by the output's strides, reduced ones by the
// inputs', the smallest innermost. With factors, axes that some factor has stay outside of the others.
func (k *kernel) arrange() {
	k.free = k.fuse(k.free)
	k.red = k.fuse(k.red)
	slices.SortStableFunc(k.free, func(a, b int) int { return cmp.Compare(k.reach(b, 0, 1), k.reach(a, 0, 1)) })
	k.sortTerms()
	if k.factors != nil {
		inner := slices.DeleteFunc(slices.Clone(k.red), func(id int) bool { return !k.isInner(id) })
		k.red = append(slices.DeleteFunc(k.red, k.isInner), inner...)
	}
}

// reach sums the sizes of an axis's strides in the accesses [lo, hi).
func (k *kernel) reach(id, lo, hi int) int64 {
	sum := int64(0)
	for _, s := range k.axes[id].at[lo:hi] {
		sum += max(s.n, -s.n)
	}
	return sum
}

// fuse merges axes until no two compose.
func (k *kernel) fuse(ids []int) []int {
	ids = slices.Clone(ids)
	for again := true; again; {
		again = false
		for i := 0; i < len(ids) && !again; i++ {
			for j := 0; j < len(ids) && !again; j++ {
				if i != j && k.composes(ids[i], ids[j]) {
					k.merge(ids[i], ids[j])
					ids = slices.Delete(ids, i, i+1)
					again = true
				}
			}
		}
	}
	return ids
}

// composes tells whether a step along x is extent(y) steps along y, in every access.
func (k *kernel) composes(x, y int) bool {
	a, b := &k.axes[x], &k.axes[y]
	if a.pinned || b.pinned || a.clamp != nil || b.clamp != nil {
		return false
	}
	for i := range a.at {
		if !k.l.composes(a.at[i], b.at[i], b.size()) {
			return false
		}
	}
	return true
}

// composes tells whether a step of an axis of stride x is size steps of one of stride y. Strides of run time
// do if one was made of the other.
func (l *lowering) composes(x, y stride, size loop.Size) bool {
	if x.dim+y.dim+size.Dim == 0 {
		return x.n == size.Value*y.n
	}
	return l.sizes != nil && l.derive(DimMul, size, y.size()) == x.size()
}

// merge makes y the axis that runs over x and y.
func (k *kernel) merge(x, y int) {
	a, b := &k.axes[x], &k.axes[y]
	b.label = a.label + b.label
	if size := k.l.derive(DimMul, a.size(), b.size()); size.Dim > 0 {
		b.open = size
	}
	b.extent *= a.extent
}
