package llvm

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
	"github.com/llir/llvm/ir"
	"github.com/llir/llvm/ir/enum"
	"github.com/llir/llvm/ir/types"
	"github.com/llir/llvm/ir/value"
)

// fn is a function that is being written. The first error sticks; what is written after it is thrown
// away with the module.
type fn struct {
	*unit
	nest    *loop.Nest
	fun     *ir.Func
	args    *ir.Param
	lo, hi  *ir.Param
	entry   *ir.Block // loads of parameters and dims, and stack buffers
	cur     *ir.Block // where instructions go
	regs    []val
	vars    []value.Value
	offs    []int64       // of a Var: a constant to add to its value
	depth   []int         // of a Var: how many variables were set before it
	set     int           // variables set so far
	params  []value.Value // pointers to parts of elements; nil: not loaded yet
	dims    []value.Value
	names   int
	reduced bool        // LLVM may reduce the strength of loops
	streams bool        // stores with Stream go past the cache in the code being written
	moving  []walk      // pointers of the loop that is being written
	again   loop.Var    // the code being written repeats that of the iteration of this loop before; -1: none
	whole   value.Value // whether what tiles stream to begins with a cache line; nil: they do not
	done    numbering
	err     error
}

// val is the value of a register: im is nil unless it is complex. Bool is i1; F16 and BF16 are i16.
type val struct{ re, im value.Value }

// each applies f to the parts of values of one type.
func each(f func(parts ...value.Value) value.Value, vs ...val) val {
	re, im := make([]value.Value, len(vs)), make([]value.Value, len(vs))
	for i, v := range vs {
		re[i], im[i] = v.re, v.im
	}
	if vs[0].im == nil {
		return val{re: f(re...)}
	}
	return val{f(re...), f(im...)}
}

func newFn(u *unit, n Named) *fn {
	args := ir.NewParam("args", types.NewPointer(types.I8Ptr))
	args.Attrs = []ir.ParamAttribute{enum.ParamAttrNoAlias, enum.ParamAttrNoCapture, enum.ParamAttrReadOnly}
	e := &fn{again: -1, unit: u, nest: n.Nest, args: args, lo: ir.NewParam("lo", types.I64), hi: ir.NewParam("hi", types.I64)}
	// The addresses of rows of A in place are LLVM's to find: as they are written, tiles of f64 take 1.04 of the time.
	e.reduced = Passes(n.Nest.Strategy) != "" || rowsInPlace(n.Nest.Body)
	e.fun = u.module.NewFunc(n.Symbol, types.Void, e.args, e.lo, e.hi)
	e.fun.FuncAttrs = u.target.attributes(n.Nest)
	e.regs = make([]val, len(n.Nest.Regs))
	e.vars = make([]value.Value, len(n.Nest.Vars))
	e.offs = make([]int64, len(n.Nest.Vars))
	e.depth = make([]int, len(n.Nest.Vars))
	e.params = make([]value.Value, len(n.Nest.Params))
	e.dims = make([]value.Value, n.Nest.Dims)
	e.entry = e.fun.NewBlock("entry")
	e.cur = e.fun.NewBlock("start")
	e.entry.NewBr(e.cur)
	return e
}

// rowsInPlace tells whether there is a tile that reads A where it lies.
func rowsInPlace(body []loop.Node) bool {
	return slices.ContainsFunc(body, func(node loop.Node) bool {
		switch x := node.(type) {
		case *loop.For:
			return rowsInPlace(x.Body)
		case *loop.Tile:
			return x.ARows != nil && x.BStep.Dim == 0 // with rows of B that a call knows, they change nothing
		}
		return false
	})
}

func (e *fn) ret() { e.cur.NewRet(nil) }

func (e *fn) fail(format string, args ...any) {
	if e.err == nil {
		e.err = fmt.Errorf(format, args...)
	}
}

// instruction is an instruction with a result.
type instruction interface {
	ir.Instruction
	value.Named
}

// put names an instruction and appends it to the current block, unless the block has its value.
func (e *fn) put(inst instruction) value.Value {
	key, ok := formula(inst)
	if ok {
		if v := e.done.find(e.cur, key); v != nil {
			return v
		}
		e.done.values[key] = inst
	}
	inst.SetName("v" + strconv.Itoa(e.names))
	e.names++
	e.cur.Insts = append(e.cur.Insts, inst)
	return inst
}

// block adds an empty block; the number makes its name unique. The prefix is for labels such as "0" of
// the sublist form, which no LLVM name may begin with.
func (e *fn) block(name string) *ir.Block {
	e.names++
	return e.fun.NewBlock("for." + name + "." + strconv.Itoa(e.names))
}

// atEntry writes into the entry block, which comes before every loop.
func (e *fn) atEntry(f func()) {
	cur := e.cur
	e.cur = e.entry
	f()
	e.cur = cur
}

// call calls an intrinsic whose arguments are all of one type; it is overloaded on suffix.
func (e *fn) call(name, suffix string, ret types.Type, args ...value.Value) value.Value {
	f := e.intrinsic(name+"."+suffix, ret, args[0].Type(), len(args))
	return e.put(ir.NewCall(f, args...))
}

// argument loads args[i] as a pointer to elements of type t.
func (e *fn) argument(i int, t types.Type) (p value.Value) {
	e.atEntry(func() {
		slot := e.put(ir.NewGetElementPtr(types.I8Ptr, e.args, integer(types.I64, int64(i))))
		load := ir.NewLoad(types.I8Ptr, slot)
		load.Align = 8
		p = e.cast(e.put(load), types.NewPointer(t))
	})
	return p
}

// param is the pointer to a parameter, loaded once.
func (e *fn) param(i int) value.Value {
	if e.params[i] == nil {
		e.params[i] = e.argument(i, memory(e.nest.Params[i].DType))
	}
	return e.params[i]
}

// dim is an entry of the dims array, loaded once.
func (e *fn) dim(i int) value.Value {
	if e.dims[i] == nil {
		p := e.argument(len(e.params), types.I64)
		e.atEntry(func() {
			load := ir.NewLoad(types.I64, e.put(ir.NewGetElementPtr(types.I64, p, integer(types.I64, int64(i)))))
			load.Align = 8
			e.dims[i] = e.put(load)
		})
	}
	return e.dims[i]
}

// buffer is a piece of the frame for n elements.
func (e *fn) buffer(d tensor.DType, n int64) value.Value {
	return e.frame(memory(d), n*parts(d), align(d))
}

// frame is a piece of the frame for n values of a type.
func (e *fn) frame(t types.Type, n int64, a ir.Align) (p value.Value) {
	e.atEntry(func() {
		array := ir.NewAlloca(types.NewArray(uint64(n), t))
		array.Align = a
		p = e.cast(e.put(array), types.NewPointer(t))
	})
	return p
}

func (e *fn) cast(p value.Value, t types.Type) value.Value {
	if p.Type().Equal(t) {
		return p
	}
	return e.put(ir.NewBitCast(p, t))
}
