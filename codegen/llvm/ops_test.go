package llvm_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
)

// elements is how many elements an element-wise nest handles; no vector width divides it.
const elements = 77

// compute builds the value that an element-wise nest stores from those it loads.
type compute func(b *loop.Builder, args []loop.Reg) loop.Reg

// wise makes element-wise jobs for one lane count.
type wise struct {
	lv    level
	lanes int
	jobs  []job
}

// add appends a nest that loads an element of each in, applies f and stores, by vectors and a rest.
// Every third nest reads and writes with a stride of 3.
func (w *wise) add(out tensor.DType, f compute, in ...tensor.DType) {
	stride := loop.Const([]int64{1, 1, 3}[len(w.jobs)%3])
	b := loop.NewBuilder("direct")
	b.Nest.FMA, b.Nest.F16C = w.lv.fma, w.lv.fma
	params := append([]tensor.DType{out}, in...)
	rng := rand.New(rand.NewPCG(1, uint64(len(w.jobs))))
	var args []loop.Mem
	for i, d := range params {
		role := loop.In
		if i == 0 {
			role = loop.Out
		}
		b.Param(loop.Param{Name: fmt.Sprintf("p%d", i), DType: d, Role: role, Lo: 0, Hi: elements * stride.Value})
		args = append(args, random(d, int(elements*stride.Value), rng))
	}
	body := func(v loop.Var, lanes int) func() {
		return func() {
			at := loop.Affine{Terms: []loop.Term{{Var: v, Coef: stride}}}
			var regs []loop.Reg
			for p := range in {
				regs = append(regs, b.Load(loop.Addr{Param: p + 1, Off: at}, stride, lanes))
			}
			b.Store(f(b, regs), loop.Addr{Off: at}, stride)
		}
	}
	count := loop.Bound{Max: loop.Const(elements)}
	b.For(&loop.For{Var: b.Var("task"), Kind: loop.Task, Count: loop.Bound{Max: loop.Const(1)}, Step: 1}, func() {
		v, rest := b.Var("i"), b.Var("rest")
		b.For(&loop.For{Var: v, Kind: loop.Vector, Count: count, Step: int64(w.lanes)}, body(v, w.lanes))
		if w.lanes > 1 {
			b.For(&loop.For{Var: rest, Count: count, Step: 1, From: int64(w.lanes)}, body(rest, 1))
		}
	})
	w.jobs = append(w.jobs, job{nest: b.Nest, args: args, tasks: 1})
}

// same applies codes to arguments of one type.
func (w *wise) same(d tensor.DType, codes ...loop.Code) {
	for _, c := range codes {
		in := []tensor.DType{d, d, d}[:c.Arity()]
		w.add(d, func(b *loop.Builder, a []loop.Reg) loop.Reg { return b.Same(c, a...) }, in...)
	}
}

// to applies a code whose result has another element type than its arguments.
func (w *wise) to(out tensor.DType, c loop.Code, in ...tensor.DType) {
	w.add(out, func(b *loop.Builder, a []loop.Reg) loop.Reg {
		return b.Op(c, loop.Type{DType: out, Lanes: b.Type(a[0]).Lanes}, a...)
	}, in...)
}

func (w *wise) arithmetic(d tensor.DType) {
	switch {
	case d == tensor.Bool:
		w.same(d, loop.OpAdd, loop.OpMul, loop.OpFMA, loop.OpMin, loop.OpMax, loop.OpAnd, loop.OpOr, loop.OpXor)
	case d.IsInt():
		w.same(d, loop.OpAdd, loop.OpSub, loop.OpMul, loop.OpFMA, loop.OpNeg, loop.OpAbs, loop.OpMin, loop.OpMax, loop.OpAnd, loop.OpOr, loop.OpXor)
		for i, c := range []loop.Code{loop.OpShl, loop.OpShr, loop.OpSar} {
			w.add(d, func(b *loop.Builder, a []loop.Reg) loop.Reg { return b.Shift(c, a[0], int64(d.Size()*8-1-3*i)) }, d)
		}
	case d.IsComplex():
		w.same(d, loop.OpAdd, loop.OpSub, loop.OpMul, loop.OpFMA, loop.OpNeg)
		w.to(d.Real(), loop.OpRe, d)
		w.to(d.Real(), loop.OpIm, d)
		w.to(d, loop.OpComplex, d.Real(), d.Real())
	default:
		w.same(d, loop.OpAdd, loop.OpSub, loop.OpMul, loop.OpDiv, loop.OpFMA, loop.OpNeg, loop.OpAbs, loop.OpSqrt, loop.OpMin, loop.OpMax)
	}
	if d.IsInt() || d.IsFloat() {
		for _, c := range []loop.Code{loop.OpLt, loop.OpLe, loop.OpEq, loop.OpNe} {
			w.to(tensor.Bool, c, d, d)
		}
	}
}

func (w *wise) folds(d tensor.DType) {
	codes := []loop.Code{loop.OpFoldAdd, loop.OpFoldMul, loop.OpFoldMin, loop.OpFoldMax}
	if d.IsComplex() {
		codes = codes[:2]
	}
	for _, c := range codes {
		w.add(d, func(b *loop.Builder, a []loop.Reg) loop.Reg {
			return b.Op(loop.OpSplat, b.Type(a[0]), b.Op(c, loop.Type{DType: d, Lanes: 1}, a[0]))
		}, d)
	}
}

// constants stores every corner, cut to 32 bits for integers.
func constants(d tensor.DType) job {
	b := loop.NewBuilder("direct")
	const lanes = 4
	n := lanes * len(corners)
	out := b.Param(loop.Param{Name: "out", DType: d, Role: loop.Out, Hi: int64(n)})
	b.For(&loop.For{Var: b.Var("task"), Kind: loop.Task, Count: loop.Bound{Max: loop.Const(1)}, Step: 1}, func() {
		for i, v := range corners {
			t := loop.Type{DType: d, Lanes: lanes}
			var c loop.Reg
			if d.IsInt() {
				c = b.Int(t, int64(int32(v)))
			} else {
				c = b.Const(t, v)
			}
			b.Store(c, loop.Addr{Param: out, Off: loop.Affine{Const: int64(i * lanes)}}, loop.Const(1))
		}
	})
	return job{nest: b.Nest, args: []loop.Mem{{Data: make([]byte, n*d.Size())}}, tasks: 1}
}

func TestOpsEqualInterpreter(t *testing.T) {
	eachLevel(t, func(t *testing.T, lv level) {
		for _, lanes := range lv.lanes {
			w := &wise{lv: lv, lanes: lanes}
			for _, d := range tensor.DTypes() {
				w.to(d, loop.OpSelect, tensor.Bool, d, d)
				if d == tensor.F16 || d == tensor.BF16 {
					continue
				}
				w.arithmetic(d)
				w.folds(d)
			}
			compare(t, lv, w.jobs, false)
		}
	})
}

func TestConversionsEqualInterpreter(t *testing.T) {
	eachLevel(t, func(t *testing.T, lv level) {
		w := &wise{lv: lv, lanes: lv.lanes[len(lv.lanes)-1]}
		for _, from := range tensor.DTypes() {
			for _, to := range tensor.DTypes() {
				if from != to {
					w.to(to, loop.OpConvert, from)
				}
				if from.Size() == to.Size() && from.IsInt() != to.IsInt() && from.IsFloat() != to.IsFloat() {
					w.to(to, loop.OpBits, from)
				}
			}
		}
		compare(t, lv, w.jobs, false)
	})
}

func TestConstantsEqualInterpreter(t *testing.T) {
	eachLevel(t, func(t *testing.T, lv level) {
		var jobs []job
		for _, d := range []tensor.DType{tensor.Bool, tensor.I8, tensor.I64, tensor.F32, tensor.F64, tensor.C64} {
			jobs = append(jobs, constants(d))
		}
		compare(t, lv, jobs, false)
	})
}

// TestHalvesBitByBit converts every half, and as many floats around the places where halves round, and
// wants the interpreter's bits even of NaNs.
func TestHalvesBitByBit(t *testing.T) {
	const all = 1 << 16
	rng := rand.New(rand.NewPCG(3, 4))
	eachLevel(t, func(t *testing.T, lv level) {
		for _, half := range []tensor.DType{tensor.F16, tensor.BF16} {
			wide, narrow := make([]byte, 4*all), make([]byte, 2*all)
			for i := range all {
				x := uint32(i)<<16 | []uint32{0, 1, 0x7fff, 0x8000, 0x8001, 0xffff}[i%6]
				if i%2 == 0 { // near F16's range, on its ties
					x = uint32(i)<<30&(1<<31) | uint32(100+rng.IntN(46))<<23 | rng.Uint32N(1<<23)&^0xfff ^ rng.Uint32N(2)
				}
				narrow[2*i], narrow[2*i+1] = byte(i), byte(i>>8)
				wide[4*i], wide[4*i+1], wide[4*i+2], wide[4*i+3] = byte(x), byte(x>>8), byte(x>>16), byte(x>>24)
			}
			widen, shrink := conversion(lv, half, tensor.F32, all), conversion(lv, tensor.F32, half, all)
			compare(t, lv, []job{
				{nest: widen, args: []loop.Mem{{Data: make([]byte, 4*all)}, {Data: narrow}}, tasks: 1},
				{nest: shrink, args: []loop.Mem{{Data: make([]byte, 2*all)}, {Data: wide}}, tasks: 1},
			}, true)
		}
	})
}

// conversion converts n elements, which the lanes divide.
func conversion(lv level, from, to tensor.DType, n int64) *loop.Nest {
	b := loop.NewBuilder("direct")
	b.Nest.FMA, b.Nest.F16C = lv.fma, lv.fma
	out := b.Param(loop.Param{Name: "out", DType: to, Role: loop.Out, Hi: n})
	in := b.Param(loop.Param{Name: "in", DType: from, Role: loop.In, Hi: n})
	lanes := lv.lanes[len(lv.lanes)-1]
	b.For(&loop.For{Var: b.Var("task"), Kind: loop.Task, Count: loop.Bound{Max: loop.Const(1)}, Step: 1}, func() {
		v := b.Var("i")
		at := loop.Affine{Terms: []loop.Term{{Var: v, Coef: loop.Const(1)}}}
		b.For(&loop.For{Var: v, Kind: loop.Vector, Count: loop.Bound{Max: loop.Const(n)}, Step: int64(lanes)}, func() {
			x := b.Load(loop.Addr{Param: in, Off: at}, loop.Const(1), lanes)
			b.Store(b.Convert(x, to), loop.Addr{Param: out, Off: at}, loop.Const(1))
		})
	})
	return b.Nest
}
