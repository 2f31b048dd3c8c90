package einc

import (
	"context"
	"errors"
	"fmt"

	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
)

// Tensor is a strided view of elements; package tensor makes and reshapes them.
type Tensor = tensor.Tensor

// Spec describes an operand before it is there: its element type, shape and strides (in elements; nil
// for row-major), and for index notation optionally its name.
type Spec = parser.Spec

// Engine chooses what runs the loops.
type Engine uint8

// The engines. Auto compiles with LLVM and interprets where LLVM is missing; Native fails there;
// Interpreter never compiles.
const (
	Auto Engine = iota
	Native
	Interpreter
)

// Options change how an expression is compiled. The zero value, or nil, is right for most.
type Options struct {
	Mode      parser.Mode // which rules the text follows; by default NumPy's, or those of index notation
	Engine    Engine
	Workers   int    // goroutines a call may use; 0 means GOMAXPROCS
	MaxMemory int64  // bytes of temporaries and workspace a plan may need; 0 means no limit, and slices only where they take no longer
	Method    string // how the planner searches: "", "auto", "exact", "greedy" or "best"
	Objective string // what the planner seeks least of: "", "time", "flops", "size", "write" or "combo"
	Budget    Budget // how long the planner searches; zero depends on the expression's size alone
	Seed      uint64 // of the planner's random choices
	Path      string // the order of contraction, as NumPy's einsum_path lists it, instead of a search: set none of the four above
	// Plan is a plan file whose order to take instead of a search, as Path is; see ReadPlan.
	Plan     *PlanFile
	Progress func(PlanProgress) // is told how far the planner is
	Level    string             // CPU level, as "x86-64-v3"; "" means the running CPU's
	Cache    string             // directory of the disk cache; "" is the user's own, "off" none
	// Isolate compiles in a worker process, so that not even a crash of LLVM reaches this one. The
	// program must call ServeWorker first thing in main.
	Isolate bool
	// Specialize lets Call compile a new variant for a layout that it has not met, instead of running
	// the one that takes strides at run time.
	Specialize bool
	// Dynamic lists labels whose extents are left to calls; AllLabels stands for all of an extent above 1. The shapes
	// given are examples then, which decide the order of contraction. Calls take any extents, 0 and 1 included, as
	// long as axes with one label agree.
	Dynamic []string
}

// Einsum evaluates expr on the operands and returns a new row-major tensor. Compiled code is kept for
// the next call with the same expression, types, shapes and strides; once an expression of one or two operands
// has been called with a few shapes, code for open extents serves any others at once (see Options.Dynamic).
func Einsum(expr string, operands ...*Tensor) (*Tensor, error) {
	return EinsumContext(context.Background(), expr, nil, operands...)
}

// EinsumContext is Einsum with options, under a context that cancels compiling and running.
func EinsumContext(ctx context.Context, expr string, opts *Options, operands ...*Tensor) (*Tensor, error) {
	if ctx == nil {
		return nil, errNoContext
	}
	for {
		f, err := funcs.get(ctx, expr, opts, operands)
		if err != nil {
			return nil, err
		}
		out, err := f.NewOutputFor(operands...)
		if err != nil {
			return nil, err
		}
		err = f.CallContext(ctx, out, operands...)
		if errors.Is(err, ErrClosed) {
			continue // forgotten between get and the call, as the least recent of many
		}
		if err != nil {
			return nil, err
		}
		return out, nil
	}
}

// Compile checks, plans and compiles an expression for operands of the given types and shapes.
func Compile(expr string, specs []Spec, opts *Options) (*Func, error) {
	return CompileContext(context.Background(), expr, specs, opts)
}

// CompileContext is Compile under a context.
func CompileContext(ctx context.Context, expr string, specs []Spec, opts *Options) (*Func, error) {
	if ctx == nil {
		return nil, errNoContext
	}
	c, err := prepare(ctx, expr, specs, opts)
	if err != nil {
		return nil, err
	}
	return newFunc(ctx, c, true)
}

// Sublist is the interleaved form of an operand's labels, as NumPy takes it: integers, or Ellipsis.
type Sublist = []any

// Ellipsis stands for "..." in a Sublist.
var Ellipsis = parser.Ellipsis

// EinsumSublists evaluates the interleaved form: operand i has the labels inputs[i]. With a nil output
// the labels that occur once are kept, in numeric order. Labels are 0 to 51, as in NumPy.
func EinsumSublists(operands []*Tensor, inputs []Sublist, output Sublist) (*Tensor, error) {
	if err := checkOperands(operands); err != nil {
		return nil, err
	}
	p, err := parser.ParseSublists(inputs, output, parser.ModeNumPy)
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	c, err := plan(ctx, p, specsOf(operands), nil)
	if err != nil {
		return nil, err
	}
	f, err := newFunc(ctx, c, false)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out, err := f.NewOutput()
	if err != nil {
		return nil, err
	}
	if err := f.Call(out, operands...); err != nil {
		return nil, err
	}
	return out, nil
}

// compilation is an expression on its way to a Func: everything before code.
type compilation struct {
	opts    Options
	program *parser.Program
	specs   []Spec
	problem *parser.Problem
	sizes   *parser.Sizes // the extents that are left open, or nil
	plan    *planner.Plan
	order   *planner.Order // where the plan comes of a search over a network
	watch   stopwatch
}

// prepare runs the stages that need no loops: parse, bind, plan.
func prepare(ctx context.Context, expr string, specs []Spec, opts *Options) (*compilation, error) {
	if opts == nil {
		opts = &Options{}
	}
	w := stopwatch{}
	done := w.start("parse")
	p, err := parser.Parse(expr, opts.Mode)
	if err != nil {
		return nil, err
	}
	done()
	c, err := plan(ctx, p, specs, opts)
	if err != nil {
		return nil, err
	}
	c.watch = append(w, c.watch...)
	return c, nil
}

func plan(ctx context.Context, p *parser.Program, specs []Spec, opts *Options) (*compilation, error) {
	if opts == nil {
		opts = &Options{}
	}
	if err := opts.check(); err != nil {
		return nil, asOption(err)
	}
	c := &compilation{opts: *opts, program: p, specs: specs}
	done := c.watch.start("bind")
	problem, err := p.Bind(specs)
	if err != nil {
		return nil, err
	}
	done()
	target, err := opts.target()
	if err != nil {
		return nil, err
	}
	done = c.watch.start("plan")
	c.problem = problem
	if len(opts.Dynamic) > 0 {
		if c.sizes, err = problem.Open(opts.Dynamic); err != nil {
			return nil, asOption(err)
		}
	}
	c.plan, c.order, err = searchPlan(ctx, problem, target, opts)
	if err != nil {
		return nil, err
	}
	done()
	return c, nil
}

// specsOf describes tensors that are there.
func specsOf(operands []*Tensor) []Spec {
	specs := make([]Spec, len(operands))
	for i, t := range operands {
		specs[i] = Spec{DType: t.DType(), Shape: t.Shape(), Strides: t.Strides()}
	}
	return specs
}

// checkOperands refuses what Bind could not tell apart from a tensor.
func checkOperands(operands []*Tensor) error {
	for i, t := range operands {
		if t == nil {
			return fmt.Errorf("operand %d is nil", i)
		}
	}
	return nil
}

// Levels lists the CPU levels that Options.Level takes.
func Levels() []string { return codegen.Levels() }
