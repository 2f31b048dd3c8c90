package planner

import (
	"context"
	"fmt"

	"github.com/einc-lang/einc/internal/slab"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// ExactLimit is the largest number of factors whose contraction order is found by looking at every
// tree.
const ExactLimit = 12

// maxBytes bounds a tensor and the arena.
const maxBytes = int64(1) << 46

// Options say what a plan is made for.
type Options struct {
	Target cost.Target
	// Method is "exact" (every tree, at most ExactLimit factors in a product), "greedy" (one pass),
	// "best" (all means, over the budget), or "auto" (or empty) for exact where it is quick and a search
	// elsewhere, that takes not much longer than a run of the greedy order.
	Method    string
	Objective Objective // ByTime if empty
	Budget    Budget
	Seed      uint64
	Fusing    Fusing
	// MaxMemory bounds Plan.Peak in bytes; 0 is no bound. A plan that needs more is sliced until it fits.
	MaxMemory int64
	// Workspace is asked what memory the steps of a plan take; the model guesses if it is nil.
	Workspace Workspace
	// Loose lets SearchPath leave the path where the model says that another order takes less time.
	Loose bool
	// Whole plans are never sliced. Others are where they need more than MaxMemory, or where temporaries of
	// gigabytes can be spared without loss of time.
	Whole bool
	// Slices are cut as they are, and smaller where that takes more than MaxMemory; indices that no two steps share
	// stay whole.
	Slices []SliceIndex
	Way    SliceWay // of Slices
	// Stop ends the search for slices that fit MaxMemory: the plan is the best until then, and if there is none an
	// MemoryError says so. Nil never does.
	Stop context.Context
}

// Fusing says what runs as one step.
type Fusing uint8

// The ways to fuse. A factor that only scales the result of a pair may run with it in any.
const (
	FuseByCost Fusing = iota // whole sums where the model says that this takes less time than pairs
	FusePairs                // never a whole sum that can be cut into pairs
	FuseAll                  // all of a sum, whatever it costs
)

// MemoryError is the error of a plan that needs more memory than Options.MaxMemory, however it is sliced.
type MemoryError struct {
	Need, Limit int64 // bytes; Need is what the plan takes unsliced
	Least       int64 // a limit that is known to be enough; 0 if none is
	Cause       error // of an end before all slices were tried, or nil
}

// Unwrap is the cause.
func (e MemoryError) Unwrap() error { return e.Cause }

// Error names the figures.
func (e MemoryError) Error() string {
	known, found := "", "the limit is %d"
	if e.Least > 0 && e.Least < e.Need {
		known = fmt.Sprintf(" (with slices %d are known to be enough)", e.Least)
	}
	if e.Cause != nil {
		found = "the search for slices that fit the limit of %d was interrupted"
	}
	return fmt.Sprintf("einc: the plan needs %d bytes of temporaries and workspace, "+found+": raise the limit%s, use fewer workers or contract smaller operands", e.Need, e.Limit, known)
}

// Search plans p. It fails if ctx ends, if temporaries would exceed 2^46 bytes however the plan is sliced, if Options
// ask for what cannot be, and with MemoryError if the plan exceeds the memory limit.
func Search(ctx context.Context, p *parser.Problem, opts Options) (*Plan, error) {
	d, err := newDraft(ctx, p, opts)
	if err != nil {
		return nil, err
	}
	defer d.release()
	return d.search()
}

func (d *draft) search() (*Plan, error) {
	p := d.p
	live := d.live()
	if err := d.declare(live); err != nil {
		return nil, err
	}
	for _, i := range live {
		if err := d.statement(&p.Statements[i]); err != nil {
			return nil, err
		}
	}
	if err := d.finish(); err != nil {
		return nil, err
	}
	return d.result()
}

// result is the finished plan, if it has the memory that it needs.
func (d *draft) result() (*Plan, error) {
	if limit := d.opts.MaxMemory; d.plan.Peak > limit && limit > 0 {
		return nil, MemoryError{Need: d.plan.Peak, Limit: limit}
	}
	return d.plan, nil
}

// draft is a plan in the making.
type draft struct {
	ctx    context.Context
	p      *parser.Problem
	opts   Options
	plan   *Plan
	buffer []int // of each of the problem's tensors, or -1
	spent  int   // units of search since the context was last looked at
	lists  slab.Slab[parser.IndexID]
	layout layouts
	made   contents
	stamps []int // of each index: the number of the last set that it was added to
	stamp  int   // the number of the set in hand
	scratch
}

func newDraft(ctx context.Context, p *parser.Problem, opts Options) (*draft, error) {
	if err := checkMethod(opts.Method); err != nil {
		return nil, err
	}
	if err := opts.Objective.check(); err != nil {
		return nil, err
	}
	if len(p.Statements) == 0 {
		return nil, fmt.Errorf("einc: the problem has no statement to plan")
	}
	p = shorten(p)
	d := borrow()
	d.ctx, d.p, d.opts = ctx, p, opts
	if d.target != opts.Target {
		d.costs, d.target = nil, opts.Target
	}
	d.buffer, d.stamps = d.ints.Make(len(p.Tensors)), d.ints.Make(len(p.Indices))
	for i := range d.buffer {
		d.buffer[i] = -1
	}
	views := 0
	for i := range p.Statements {
		eachTensor(&p.Statements[i], func(int) { views++ })
	}
	d.makeRoom(views)
	d.plan.Problem, d.plan.Workers, d.plan.Method = p, max(opts.Target.Workers, 1), "exact"
	return d, ctx.Err()
}

// smallPlan is a plan of one step of two views, with room for its parts, as making many lists takes longer than
// filling them.
type smallPlan struct {
	Plan
	steps   [1]Step
	buffers [3]Buffer
	nodes   [3]parser.Node
	refs    [2]Ref
	args    [2]parser.NodeID
	lists   [6]parser.IndexID
}

// makeRoom makes a plan with room for steps that read some views in pairs, and for their temporaries.
func (d *draft) makeRoom(views int) {
	if views <= 2 && len(d.p.Tensors) <= 3 {
		x := &smallPlan{}
		d.plan, x.Steps, x.Buffers = &x.Plan, x.steps[:0], x.buffers[:0]
		d.made.nodes.Start(x.nodes[:0])
		d.made.refs.Start(x.refs[:0])
		d.made.args.Start(x.args[:0])
		d.lists.Start(x.lists[:0])
		return
	}
	const rank = 4 // of most results
	steps := max(views-1, 1)
	d.plan = &Plan{Steps: make([]Step, 0, steps), Buffers: make([]Buffer, 0, len(d.p.Tensors)+max(views-2, 0))}
	d.made.nodes.Reserve(3 * steps)
	d.made.refs.Reserve(2 * steps)
	d.made.args.Reserve(2 * steps)
	d.lists.Reserve(3 * rank * steps)
	d.layout.ints.Reserve(2 * rank * steps)
	d.layout.bools.Reserve(rank * steps)
}

// spend notes units of search, and looks at the context now and then.
func (d *draft) spend(units int) error {
	if d.spent += units; d.spent < 1<<14 {
		return nil
	}
	d.spent = 0
	return d.ctx.Err()
}

// newSet begins an empty set of indices.
func (d *draft) newSet() {
	if more := len(d.p.Indices) - len(d.stamps); more > 0 {
		d.stamps = append(d.stamps, make([]int, more)...)
	}
	d.stamp++
}

// adds puts an index into the set in hand; false if it was there, and for NoIndex.
func (d *draft) adds(i parser.IndexID) bool {
	if i == parser.NoIndex || d.stamps[i] == d.stamp {
		return false
	}
	d.stamps[i] = d.stamp
	return true
}

// extent is the extent of an index; 1 for NoIndex.
func (d *draft) extent(i parser.IndexID) int {
	if i == parser.NoIndex {
		return 1
	}
	return d.p.Indices[i].Extent
}

// live lists the statements that the output depends on, in order.
func (d *draft) live() []int {
	p := d.p
	need, live := d.flags.Make(len(p.Tensors)), d.ints.Make(len(p.Statements))
	need[p.Output] = true
	first := len(live)
	for i := len(p.Statements) - 1; i >= 0; i-- {
		if st := &p.Statements[i]; need[st.Out] {
			first--
			live[first] = i
			eachTensor(st, func(t int) { need[t] = true })
		}
	}
	return live[first:]
}

// eachTensor calls f for every tensor that st reads.
func eachTensor(st *parser.Statement, f func(int)) {
	if st.Old >= 0 {
		f(st.Old)
	}
	for i := range st.Expr {
		if st.Expr[i].Kind == parser.NodeRef {
			f(st.Expr[i].Tensor)
		}
	}
}

// declare makes buffers: the operands that are read, in their order, then the live statements'.
func (d *draft) declare(live []int) error {
	read := d.flags.Make(len(d.p.Tensors))
	for _, i := range live {
		eachTensor(&d.p.Statements[i], func(t int) { read[t] = true })
	}
	for t := range d.p.Operands {
		if read[t] {
			d.declareTensor(t, Operand)
		}
	}
	for _, i := range live {
		out, kind := d.p.Statements[i].Out, Temp
		if out == d.p.Output {
			kind = Output
		}
		if !d.declareTensor(out, kind) {
			return fmt.Errorf("einc: the result of statement %d, %s, would need more than 2^46 bytes: reduce its extents",
				i+1, d.indexNames(d.p.Statements[i].Left))
		}
	}
	return nil
}

// declareTensor makes the buffer of a tensor; false if it is beyond 2^46 bytes.
func (d *draft) declareTensor(t int, kind BufferKind) bool {
	d.buffer[t] = len(d.plan.Buffers)
	d.plan.Buffers = append(d.plan.Buffers, Buffer{})
	b := &d.plan.Buffers[d.buffer[t]]
	b.Tensor = d.p.Tensors[t]
	b.Kind, b.Name, b.Operand = kind, b.Tensor.Name, -1
	if kind == Operand {
		b.Operand = t
	}
	var ok bool
	b.Bytes, ok = byteSize(b.DType, b.Shape)
	return ok
}

// temp makes a temporary with one axis an index and returns it seen through them. It may be larger than a plan can
// have: slices may make it small.
func (d *draft) temp(t tensor.DType, axes []parser.IndexID) Ref {
	axes = d.lists.Clone(axes)
	shape := d.layout.ints.Make(len(axes))
	for a, i := range axes {
		shape[a] = d.extent(i)
	}
	bytes, _ := byteSize(t, shape)
	b := Buffer{Kind: Temp, Operand: -1, Bytes: bytes, Tensor: parser.Tensor{DType: t, Shape: shape}}
	if !d.looking { // shapes tell how dense tensors lie
		b.Layout = d.layout.rowMajor(shape)
	}
	d.plan.Buffers = append(d.plan.Buffers, b)
	return Ref{Buffer: len(d.plan.Buffers) - 1, Axes: axes}
}

// indexNames lists axes with their extents, cut after a dozen.
func (d *draft) indexNames(axes []parser.IndexID) string {
	s := "["
	for a, i := range axes {
		if a == 12 {
			s += ",…"
			break
		}
		if a > 0 {
			s += ","
		}
		if i != parser.NoIndex {
			s += d.p.Indices[i].Name + "="
		}
		s += fmt.Sprint(d.extent(i))
	}
	return s + "]"
}

// byteSize is the size of a dense tensor; false if it is beyond 2^46 bytes, and then maxBytes.
func byteSize(t tensor.DType, shape []int) (int64, bool) {
	for _, n := range shape {
		if n == 0 {
			return 0, true
		}
	}
	size := int64(t.Size())
	for _, n := range shape {
		if int64(n) > maxBytes/size {
			return maxBytes, false
		}
		size *= int64(n)
	}
	return size, true
}

// size is the number of bytes of a dense tensor, be it ever so large.
func (b *Buffer) size() float64 {
	size := float64(b.DType.Size())
	for _, n := range b.Shape {
		size *= float64(n)
	}
	return size
}

// layouts is where shapes and layouts have their lists.
type layouts struct {
	ints  slab.Slab[int]
	bools slab.Slab[bool]
}

// rowMajor is the layout of a dense tensor.
func rowMajor(shape []int) parser.Layout { return new(layouts).rowMajor(shape) }

// rowMajor is the layout of a dense tensor.
func (x *layouts) rowMajor(shape []int) parser.Layout {
	l := parser.Layout{Strides: tensor.RowMajor(x.ints.Make(len(shape)), shape), UnitAxis: lastLong(shape)}
	if len(shape) > 1 {
		l.Fuses = x.bools.Make(len(shape) - 1)
	}
	for a := range l.Fuses {
		l.Fuses[a] = true
	}
	return l
}
