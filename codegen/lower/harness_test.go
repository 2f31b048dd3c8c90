package lower

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// caseOf is a step in short: "ab,bc->ac", in which '.' is an axis without index. Inputs beyond the
// body's are extras of the epilogue.
type caseOf struct {
	expr     string
	sizes    string // extents of a, b, c, … as characters of "0123456789" or, from 'A' on, 10, 11, …
	extent   map[rune]int
	types    []tensor.DType // of the inputs; the last repeats
	out      tensor.DType   // Invalid: as the first input
	layouts  string         // of the inputs, a letter each; the last repeats
	body     parser.Expr    // nil: the product of the inputs
	epilogue parser.Expr
	extras   int
	reduce   parser.ReduceOp
	old      string // layout of the old value, or empty
	oldOp    parser.ReduceOp
	packed   bool
	fused    bool // the core is the first two inputs
	runtime  bool
	span     int // values lie in -span…span
}

var avx2 = cost.Target{Arch: "amd64", Level: "x86-64-v3", VectorBytes: 32, Registers: 16, FMA: true, F16C: true, L1: 32 << 10, L2: 512 << 10, L3: 4 << 20, Workers: 2}

func targets() []cost.Target {
	v2, v4 := avx2, avx2
	v2.Level, v2.VectorBytes, v2.FMA, v2.F16C = "x86-64-v2", 16, false, false
	v4.Level, v4.VectorBytes, v4.Registers = "x86-64-v4", 64, 32
	return []cost.Target{v2, avx2, v4}
}

// bench is a case made concrete: its plan, and memory filled with small integers.
type bench struct {
	caseOf
	plan *planner.Plan
	mem  []loop.Mem
}

func (c caseOf) typeOf(i int) tensor.DType { return c.types[min(i, len(c.types)-1)] }

func (c caseOf) extentOf(r rune) int {
	if e, ok := c.extent[r]; ok {
		return e
	}
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return strings.IndexByte(digits, c.sizes[r-'a'])
}

// labels names axes.
func (k *kernel) labels(ids []int) (text string) {
	for _, id := range ids {
		text += k.axes[id].label
	}
	return text
}

// strides lays out a shape: c row-major, f Fortran, n row-major backwards, z broadcast along the first
// axis, p with gaps everywhere.
func strides(layout byte, shape []int) []int {
	s := tensor.RowMajor(make([]int, len(shape)), shape)
	switch layout {
	case 'f':
		n := 1
		for a := range shape {
			s[a], n = n, n*max(shape[a], 1)
		}
	case 'n':
		for a := range s {
			s[a] = -s[a]
		}
	case 'z':
		if len(s) > 0 {
			s[0] = 0
		}
	case 'p':
		for a := range s {
			s[a] = 2*s[a] + 1
		}
	}
	return s
}

// build makes the plan and the memory of a case.
func (c caseOf) build(rng *rand.Rand) *bench {
	b := &bench{caseOf: c, plan: &planner.Plan{Problem: &parser.Problem{}}}
	left, out, _ := strings.Cut(c.expr, "->")
	terms := strings.Split(left, ",")
	if left == "" {
		terms = nil
	}
	ids := map[rune]parser.IndexID{}
	axes := func(term string) (shape []int, ix []parser.IndexID) {
		shape, ix = []int{}, []parser.IndexID{}
		for _, r := range term {
			if r == '.' {
				shape, ix = append(shape, 1), append(ix, parser.NoIndex)
				continue
			}
			if _, ok := ids[r]; !ok {
				ids[r] = parser.IndexID(len(ids))
				b.plan.Problem.Indices = append(b.plan.Problem.Indices, parser.Index{Name: string(r), Extent: c.extentOf(r)})
			}
			shape, ix = append(shape, c.extentOf(r)), append(ix, ids[r])
		}
		return shape, ix
	}
	s := planner.Step{Old: -1, OldOp: c.oldOp, Reduce: c.reduce, Body: c.body, Epilogue: c.epilogue, Core: [2]int{-1, -1}}
	for i, t := range terms {
		shape, ix := axes(t)
		ref := planner.Ref{Buffer: b.add(planner.Operand, t, c.typeOf(i), shape, c.layouts[min(i, len(c.layouts)-1)], rng), Axes: ix}
		if i < len(terms)-c.extras {
			s.Inputs = append(s.Inputs, ref)
		} else {
			s.Extra = append(s.Extra, ref)
		}
	}
	shape, ix := axes(out)
	if c.out == tensor.Invalid {
		b.out = c.typeOf(0)
	}
	s.Out = planner.Ref{Buffer: b.add(planner.Output, "out", b.out, shape, 'c', rng), Axes: ix}
	if c.old != "" {
		s.Old = b.add(planner.Operand, "old", b.out, shape, c.old[0], rng)
	}
	if s.Body == nil {
		s.Body = product2(b.out, len(s.Inputs))
	}
	b.body = s.Body
	for i := range b.plan.Problem.Indices {
		if id := parser.IndexID(i); !slices.Contains(ix, id) {
			s.K = append(s.K, id)
		}
	}
	if c.packed {
		s.Estimate.Strategy = cost.Packed
	}
	if c.fused {
		s.Estimate.Strategy, s.Core = cost.Fused, [2]int{0, 1}
	}
	b.plan.Steps = []planner.Step{s}
	return b
}

func input(i int, d tensor.DType) parser.Node {
	return parser.Node{Kind: parser.NodeInput, Input: i, DType: d}
}

func call(f parser.Fn, d tensor.DType, args ...parser.NodeID) parser.Node {
	return parser.Node{Kind: parser.NodeApply, Fn: f, DType: d, Args: args}
}

// product2 is the product of n inputs.
func product2(d tensor.DType, n int) parser.Expr {
	var e parser.Expr
	var args []parser.NodeID
	for i := range n {
		e = append(e, input(i, d))
		args = append(args, parser.NodeID(i))
	}
	switch n {
	case 0:
		return parser.Expr{{Kind: parser.NodeConst, DType: d, Value: 1, Int: 1}}
	case 1:
		return e
	}
	return append(e, call(parser.FnMul, d, args...))
}

// add makes a buffer whose memory is exactly what its strides reach.
func (b *bench) add(kind planner.BufferKind, name string, d tensor.DType, shape []int, layout byte, rng *rand.Rand) int {
	st := strides(layout, shape)
	lo, hi := bounds(shape, st)
	m := loop.Mem{Data: make([]byte, (hi-lo)*int64(d.Size())), Origin: int(-lo) * d.Size()}
	for i := range int(hi - lo) {
		v := complex(float64(rng.Intn(2*b.span+1)-b.span), 0)
		if d.IsComplex() {
			v += complex(0, float64(rng.Intn(2*b.span+1)-b.span))
		}
		if kind == planner.Output {
			v = 77
		}
		put(d, m.Data[i*d.Size():], v)
	}
	b.mem = append(b.mem, m)
	buf := planner.Buffer{Kind: kind, Name: name, Tensor: parser.Tensor{Name: name, DType: d, Shape: shape}}
	if kind == planner.Operand {
		buf.Operand, buf.Layout.Strides = len(b.mem)-1, st
	}
	b.plan.Buffers = append(b.plan.Buffers, buf)
	return len(b.mem) - 1
}

var le = binary.LittleEndian

func put(d tensor.DType, to []byte, v complex128) {
	n := int64(math.MaxInt64)
	if real(v) < 1<<63 {
		n = int64(real(v))
	}
	switch d {
	case tensor.Bool:
		to[0] = 0
		if v != 0 {
			to[0] = 1
		}
	case tensor.I8:
		to[0] = byte(n)
	case tensor.I16:
		le.PutUint16(to, uint16(n))
	case tensor.I32:
		le.PutUint32(to, uint32(n))
	case tensor.I64:
		le.PutUint64(to, uint64(n))
	case tensor.F16:
		le.PutUint16(to, tensor.F64ToF16(real(v)))
	case tensor.BF16:
		le.PutUint16(to, tensor.F64ToBF16(real(v)))
	case tensor.F32:
		le.PutUint32(to, math.Float32bits(float32(real(v))))
	case tensor.F64:
		le.PutUint64(to, math.Float64bits(real(v)))
	case tensor.C64:
		put(tensor.F32, to, v)
		put(tensor.F32, to[4:], complex(imag(v), 0))
	case tensor.C128:
		put(tensor.F64, to, v)
		put(tensor.F64, to[8:], complex(imag(v), 0))
	}
}

func get(d tensor.DType, from []byte) complex128 {
	re := func(f float64) complex128 { return complex(f, 0) }
	switch d {
	case tensor.Bool, tensor.I8:
		return re(float64(int8(from[0])))
	case tensor.I16:
		return re(float64(int16(le.Uint16(from))))
	case tensor.I32:
		return re(float64(int32(le.Uint32(from))))
	case tensor.I64:
		return re(float64(int64(le.Uint64(from))))
	case tensor.F16:
		return re(float64(tensor.F16ToF32(le.Uint16(from))))
	case tensor.BF16:
		return re(float64(tensor.BF16ToF32(le.Uint16(from))))
	case tensor.F32:
		return re(float64(math.Float32frombits(le.Uint32(from))))
	case tensor.F64:
		return re(math.Float64frombits(le.Uint64(from)))
	case tensor.C64:
		return complex(real(get(tensor.F32, from)), real(get(tensor.F32, from[4:])))
	}
	return complex(real(get(tensor.F64, from)), real(get(tensor.F64, from[8:])))
}

// cell is the memory of an element of a buffer.
func (b *bench) cell(ref planner.Ref, at map[parser.IndexID]int) []byte {
	buf := &b.plan.Buffers[ref.Buffer]
	off, st := 0, buf.Strides()
	for a, ix := range ref.Axes {
		if ix != parser.NoIndex {
			off += at[ix] * st[a]
		}
	}
	m := b.mem[ref.Buffer]
	return m.Data[m.Origin+off*buf.DType.Size():]
}

// run executes a program, tasks of every phase last half first, in memory full of junk.
func (b *bench) run(t *testing.T, p *Program) {
	junk := func(n int64) []byte { return []byte(strings.Repeat("\xa5", int(n))) }
	shared := junk(p.Shared)
	var dims []int64
	for _, d := range p.Dims {
		if d.Op == DimStride {
			dims = append(dims, int64(b.plan.Buffers[d.Buffer].Strides()[d.Axis]))
			continue
		}
		second := d.Value
		if d.B >= 0 {
			second = dims[d.B]
		}
		dims = append(dims, d.Op.of(dims[d.A], second))
	}
	for _, turn := range p.inTurn() {
		ph := turn.Phase
		n := p.Nests[ph.Nest]
		worker := junk(p.Worker)
		var args []loop.Mem
		for i, a := range ph.Args {
			switch n.Params[i].Role {
			case loop.Shared:
				args = append(args, loop.Mem{Data: shared, Origin: int(a.Offset)})
			case loop.Worker:
				args = append(args, loop.Mem{Data: worker, Origin: int(a.Offset)})
			default:
				args = append(args, b.mem[a.Buffer])
			}
		}
		first := turn.number * ph.Tasks.Value
		half, end := first+ph.Tasks.Value/2, first+ph.Tasks.Value
		require.NoError(t, loop.Run(n, args, dims[ph.Dims:][:n.Dims], half, end), "%s", n)
		require.NoError(t, loop.Run(n, args, dims[ph.Dims:][:n.Dims], first, half), "%s", n)
	}
}

// turn is a phase in one of its turns.
type turn struct {
	Phase
	number int64
}

// inTurn lists what a program runs, one after the other.
func (p *Program) inTurn() (all []turn) {
	turns := p.Turns
	for i := 0; i < len(p.Phases); {
		next, times := i+1, int64(1)
		if len(turns) > 0 && turns[0].First == i {
			next, times, turns = turns[0].End, turns[0].Count.Value, turns[1:]
		}
		for n := range times {
			for _, ph := range p.Phases[i:next] {
				all = append(all, turn{ph, n})
			}
		}
		i = next
	}
	return all
}

// lowered lowers the case and checks what holds for every program.
func (b *bench) lowered(t *testing.T, target cost.Target) *Program {
	p, err := Lower(b.plan, target, Options{RuntimeStrides: b.runtime})
	require.NoError(t, err)
	again, err := Lower(b.plan, target, Options{RuntimeStrides: b.runtime})
	require.NoError(t, err)
	require.Equal(t, p.String(), again.String())
	return p
}

// check lowers the case for a target, runs it, and compares with naive loops.
func (c caseOf) check(t *testing.T, target cost.Target, seed int64) *Program {
	t.Helper()
	if c.span == 0 {
		c.span = 2
	}
	if c.layouts == "" {
		c.layouts = "c"
	}
	b := c.build(newRand(seed))
	want := b.naive()
	p := b.lowered(t, target)
	b.run(t, p)
	same(t, want, b.output(), "%+v on %d bytes, seed %d\n%s", c, target.VectorBytes, seed, p)
	return p
}

// checkAll checks cases on all targets.
func checkAll(t *testing.T, cases []caseOf) {
	t.Helper()
	for i, c := range cases {
		for _, target := range targets() {
			c.check(t, target, int64(i))
		}
	}
}

// same fails the test at the first element that differs; dumps of whole tensors say less.
func same(t *testing.T, want, got []complex128, format string, args ...any) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		if want[i] != got[i] {
			require.Failf(t, "wrong element", "element %d is %v, want %v: %s", i, got[i], want[i], fmt.Sprintf(format, args...))
		}
	}
}

// output reads all of the output.
func (b *bench) output() []complex128 {
	id := slices.IndexFunc(b.plan.Buffers, func(x planner.Buffer) bool { return x.Kind == planner.Output })
	d, data := b.out, b.mem[id].Data
	vals := make([]complex128, len(data)/d.Size())
	for i := range vals {
		vals[i] = get(d, data[i*d.Size():])
	}
	return vals
}

func newRand(seed int64) *rand.Rand { return rand.New(rand.NewSource(seed)) }
