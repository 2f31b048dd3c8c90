package codegen

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	goruntime "runtime"
	"slices"
	"strings"

	"github.com/einc-lang/einc/codegen/libllvm"
	"github.com/einc-lang/einc/codegen/llvm"
	"github.com/einc-lang/einc/codegen/lower"
	"github.com/einc-lang/einc/internal/fault"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/runtime/object"
	"golang.org/x/sync/errgroup"
)

// Unit is a plan on its way to machine code: what each stage gave.
type Unit struct {
	Plan    *planner.Plan
	Program *lower.Program
	Target  cost.Target
	Sizes   *parser.Sizes // the extents that are left to calls, or nil
	Symbols []string      // one a nest, named for its content
	Triple  string        // the system to compile for; empty: Linux
	Cache   *ModuleCache  // what other units have compiled; nil: nothing
	dense   bool          // as in lower.Options
	strides bool          // all come at run time
}

// Lower turns a plan into nests for a target.
func Lower(plan *planner.Plan, target cost.Target, opts lower.Options) (*Unit, error) {
	prog, err := lower.Lower(plan, target, opts)
	if err != nil {
		return nil, err
	}
	u := &Unit{Plan: plan, Program: prog, Target: target, Sizes: opts.Sizes, dense: opts.Dense, strides: opts.RuntimeStrides}
	for _, n := range prog.Nests {
		sum := sha256.Sum256([]byte(n.String()))
		u.Symbols = append(u.Symbols, "einc_"+hex.EncodeToString(sum[:10]))
	}
	return u, nil
}

// Compiler is a way to run LLVM: libllvm.Compile, or libllvm.CompileInWorker.
type Compiler func(context.Context, libllvm.Request) (*libllvm.Result, error)

// optLevel is LLVM's code generation level: its instruction scheduler keeps tiles in registers at
// every level above 0, and loops gain from what 3 adds.
const optLevel = 3

// Compile makes the object: the modules are compiled side by side. IDs of einc and LLVM are recorded.
func (u *Unit) Compile(ctx context.Context, compile Compiler, einc string, by Split) (*object.Object, error) {
	o, err := u.shell(einc)
	if err != nil {
		return nil, err
	}
	ms := u.modules(by)
	results := make([]*libllvm.Result, len(ms))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(goruntime.GOMAXPROCS(0))
	for i, m := range ms {
		group.Go(func() error {
			r, err := u.object(ctx, compile, m)
			results[i] = r
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i, m := range ms {
		o.LLVM = results[i].LLVM
		o.Modules = append(o.Modules, results[i].Code)
		for _, n := range m.nests {
			frame, ok := results[i].Frames[u.Symbols[n]]
			if !ok {
				return nil, fault.Errorf("LLVM reported no stack frame for %s", u.Symbols[n])
			}
			o.Symbols[n].Module, o.Symbols[n].Frame = i, frame
		}
	}
	return o, o.Check()
}

// Text is what LLVM makes of the nests in a readable form: libllvm.IR or libllvm.Asm.
func (u *Unit) Text(ctx context.Context, compile Compiler, kind libllvm.Kind) (string, error) {
	var b strings.Builder
	for _, m := range u.modules(ByPasses) {
		r, err := u.request(m, kind)
		if err != nil {
			return "", err
		}
		if r.IR, err = u.emit(m); err != nil {
			return "", err
		}
		result, err := compile(ctx, r)
		if err != nil {
			return "", err
		}
		b.Write(result.Code)
	}
	return b.String(), nil
}

// IR is the LLVM text that einc hands over, one module after the other.
func (u *Unit) IR() (string, error) {
	var b strings.Builder
	for _, m := range u.modules(ByPasses) {
		text, err := u.emit(m)
		if err != nil {
			return "", err
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

func (u *Unit) emit(m module) (string, error) {
	l, err := levelOf(u.Target.Level)
	if err != nil {
		return "", err
	}
	var named []llvm.Named
	for _, n := range m.nests {
		named = append(named, llvm.Named{Symbol: u.Symbols[n], Nest: u.Program.Nests[n]})
	}
	mod, err := llvm.Module(named, llvm.Target{Triple: u.triple(l), CPU: l.name, VectorBits: 8 * u.Target.VectorBytes})
	if err != nil {
		return "", err
	}
	return llvm.Text(mod), nil
}

func (u *Unit) triple(l level) string {
	if u.Triple != "" {
		return u.Triple
	}
	return l.triple
}

// Key names the object by everything that decides its bytes: the nests, how they are launched, the
// target and the build of einc.
func (u *Unit) Key(einc string) ([32]byte, error) {
	o, err := u.shell(einc)
	if err != nil {
		return [32]byte{}, err
	}
	h := sha256.New()
	h.Write(object.Encode(o))
	for _, n := range u.Program.Nests {
		fmt.Fprintf(h, "%s\x00", n)
	}
	return [32]byte(h.Sum(nil)), nil
}

// shell is the object without its code.
func (u *Unit) shell(einc string) (*object.Object, error) {
	l, err := levelOf(u.Target.Level)
	if err != nil {
		return nil, err
	}
	p, s := u.Plan.Problem, spaceOf(u.Plan, u.Program)
	o := &object.Object{Einc: einc, Triple: u.triple(l), CPU: l.name, Features: l.features,
		Arena: u.Plan.Arena, Shared: u.Program.Shared, Worker: s.size}
	o.Params = append(o.Params, u.param(p.Output))
	for i := range p.Operands {
		o.Params = append(o.Params, u.param(i))
	}
	o.Dims = u.Dims()
	for _, d := range o.Dims {
		if d.Op == object.DimStride {
			o.Params[d.Param].Strides = nil
		}
	}
	if u.Sizes != nil {
		o.Sizes = u.Sizes.Names
		if n := u.Program.Arena; n.Dim > 0 {
			o.Arena, o.ArenaDim = 0, n.Dim
		} else {
			o.Arena = n.Value
		}
	}
	for _, s := range u.Symbols {
		o.Symbols = append(o.Symbols, object.Symbol{Name: s})
	}
	for _, ph := range u.Program.Phases {
		o.Launches = append(o.Launches, u.launch(ph, s))
	}
	o.Loops = u.loops(o.Launches)
	return o, nil
}

func (u *Unit) param(t int) object.Param {
	x := u.Plan.Problem.Tensors[t]
	p := object.Param{Name: x.Name, DType: x.DType.String(), Size: x.DType.Size(), Shape: x.Shape, Strides: x.Layout.Strides}
	if u.strides {
		p.Strides = nil // whichever of them the code takes: that depends on the level
	}
	if u.Sizes == nil {
		return p
	}
	p.Shape = slices.Clone(p.Shape)
	for a, n := range u.Sizes.OfAxis[t] {
		if n >= 0 {
			p.Shape[a], p.Strides = object.Open(n), nil
		}
	}
	return p
}

func (u *Unit) launch(ph lower.Phase, s space) object.Launch {
	nest := u.Program.Nests[ph.Nest]
	l := object.Launch{Symbol: ph.Nest, Tasks: ph.Tasks.Value, TasksDim: ph.Tasks.Dim, Nanos: ph.Nanos, Scale: ph.Scale}
	if l.TasksDim > 0 {
		l.Tasks = 0
	}
	for i, a := range ph.Args {
		l.Args = append(l.Args, u.arg(nest.Params[i], a, s, ph.Step))
	}
	if nest.Dims > 0 {
		l.Args = append(l.Args, object.Arg{Area: object.AreaDims, Offset: int64(ph.Dims) * object.DimSize})
	}
	return l
}

// dimOps are the operations of entries, as objects have them.
var dimOps = map[lower.DimOp]object.DimOp{
	lower.DimStride: object.DimStride, lower.DimSize: object.DimExtent, lower.DimAdd: object.DimAdd, lower.DimMul: object.DimMul,
	lower.DimCeilDiv: object.DimCeilDiv, lower.DimMin: object.DimMin, lower.DimMax: object.DimMax,
}

// Dims lists what the dims array of a call holds: strides of the output (Param 0) and of operands, open
// sizes, and what follows from those. It is empty for code that is specialised on strides and extents.
func (u *Unit) Dims() []object.Dim {
	var dims []object.Dim
	for _, d := range u.Program.Dims {
		x := object.Dim{Op: dimOps[d.Op], Axis: d.Axis, A: d.A, B: d.B, Value: d.Value, Most: d.Most}
		switch d.Op {
		case lower.DimStride:
			x = object.Stride(slot(&u.Plan.Buffers[d.Buffer]), d.Axis)
		case lower.DimSize:
			x = object.Dim{Op: object.DimExtent, Axis: d.Axis}
		}
		dims = append(dims, x)
	}
	return dims
}
