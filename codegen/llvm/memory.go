package llvm

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/llir/llvm/ir"
	"github.com/llir/llvm/ir/constant"
	"github.com/llir/llvm/ir/enum"
	"github.com/llir/llvm/ir/types"
	"github.com/llir/llvm/ir/value"
)

// load reads a register of type t from elements that lie stride apart.
func (e *fn) load(t loop.Type, p value.Value, stride loop.Size) val {
	one := loop.Type{DType: t.DType, Lanes: 1}
	switch {
	case t.Lanes == 1 || stride == loop.Const(1):
		return e.loadRow(t, p)
	case stride == loop.Const(0):
		return e.splat(e.loadRow(one, p), t.Lanes)
	}
	v := val{re: constant.NewUndef(part(t))}
	if t.DType.IsComplex() {
		v.im = v.re
	}
	for i := range t.Lanes {
		x := e.loadRow(one, e.lane(t, p, stride, i))
		v = each(func(ps ...value.Value) value.Value { return e.insert(ps[0], ps[1], i) }, v, x)
	}
	return v
}

// store is the opposite of load.
func (e *fn) store(t loop.Type, v val, p value.Value, stride loop.Size) {
	if t.Lanes == 1 || stride == loop.Const(1) {
		e.storeRow(t, v, p)
		return
	}
	for i := range t.Lanes {
		x := each(func(ps ...value.Value) value.Value { return e.extract(ps[0], i) }, v)
		e.storeRow(loop.Type{DType: t.DType, Lanes: 1}, x, e.lane(t, p, stride, i))
	}
}

// lane is the address of a lane of a strided access.
func (e *fn) lane(t loop.Type, p value.Value, stride loop.Size, i int) value.Value {
	return e.step(t.DType, p, e.mul(i64(int64(i)), e.size(stride)))
}

// loadRow reads adjacent elements.
func (e *fn) loadRow(t loop.Type, p value.Value) val {
	d := t.DType
	if !d.IsComplex() {
		x := e.read(vector(memory(d), t.Lanes), p, align(d))
		if !x.Type().Equal(part(t)) {
			x = e.put(ir.NewICmp(enum.IPredNE, x, ints(x.Type(), 0)))
		}
		return val{re: x}
	}
	if t.Lanes == 1 {
		im := e.put(ir.NewGetElementPtr(memory(d), p, i64(1)))
		return val{e.read(memory(d), p, align(d)), e.read(memory(d), im, align(d))}
	}
	x := e.read(vector(memory(d), 2*t.Lanes), p, align(d))
	return val{e.shuffle(x, x, every(0, 2, t.Lanes)), e.shuffle(x, x, every(1, 2, t.Lanes))}
}

// storeRow writes adjacent elements.
func (e *fn) storeRow(t loop.Type, v val, p value.Value) {
	d := t.DType
	if !d.IsComplex() {
		x := v.re
		if want := vector(memory(d), t.Lanes); !x.Type().Equal(want) {
			x = e.put(ir.NewZExt(x, want))
		}
		e.write(x, p, align(d))
		return
	}
	if t.Lanes == 1 {
		e.write(v.re, p, align(d))
		e.write(v.im, e.put(ir.NewGetElementPtr(memory(d), p, i64(1))), align(d))
		return
	}
	mask := make([]int, 0, 2*t.Lanes)
	for i := range t.Lanes {
		mask = append(mask, i, i+t.Lanes)
	}
	e.write(e.shuffle(v.re, v.im, mask), p, align(d))
}

func (e *fn) read(t types.Type, p value.Value, a ir.Align) value.Value {
	load := ir.NewLoad(t, e.cast(p, types.NewPointer(t)))
	load.Align = a
	return e.put(load)
}

func (e *fn) write(x, p value.Value, a ir.Align) {
	store := ir.NewStore(x, e.cast(p, types.NewPointer(x.Type())))
	store.Align = a
	e.cur.Insts = append(e.cur.Insts, store)
}

// splat puts a scalar into n lanes.
func (e *fn) splat(v val, n int) val {
	if n == 1 {
		return v
	}
	return each(func(ps ...value.Value) value.Value {
		x := e.insert(constant.NewUndef(vector(ps[0].Type(), n)), ps[0], 0)
		return e.shuffle(x, x, every(0, 0, n))
	}, v)
}

func (e *fn) insert(v, x value.Value, i int) value.Value {
	return e.put(ir.NewInsertElement(v, x, integer(types.I32, int64(i))))
}

func (e *fn) extract(v value.Value, i int) value.Value {
	return e.put(ir.NewExtractElement(v, integer(types.I32, int64(i))))
}

// shuffle picks lanes of x, and from lanes(x) on of y.
func (e *fn) shuffle(x, y value.Value, picks []int) value.Value {
	if x == y { // one operand is easier to match for LLVM
		y = constant.NewUndef(x.Type())
	}
	mask := make([]constant.Constant, len(picks))
	for i, p := range picks {
		mask[i] = integer(types.I32, int64(p))
	}
	return e.put(ir.NewShuffleVector(x, y, constant.NewVector(nil, mask...)))
}

// every is n numbers from first on, step apart.
func every(first, step, n int) []int {
	xs := make([]int, n)
	for i := range xs {
		xs[i] = first + i*step
	}
	return xs
}
