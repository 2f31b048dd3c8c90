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
func (e *fn) load(t loop.Type, p value.Value, stride loop.Size, active int) val {
	one := loop.Type{DType: t.DType, Lanes: 1}
	if active == 0 {
		active = t.Lanes
	}
	switch {
	case t.Lanes > 1 && active < t.Lanes && stride == loop.Const(1):
		return e.loadActive(t, p, active)
	case t.Lanes == 1 || stride == loop.Const(1):
		return e.loadRow(t, p)
	case stride == loop.Const(0):
		v := e.splat(e.loadRow(one, p), t.Lanes)
		if active < t.Lanes {
			v = each(func(ps ...value.Value) value.Value { return e.shuffle2(ps[0], ps[1], keep(active, t.Lanes)) }, v, zero(t))
		}
		return v
	}
	v := zero(t)
	if active == t.Lanes {
		v = each(func(ps ...value.Value) value.Value { return constant.NewUndef(ps[0].Type()) }, v)
	}
	for i := range active {
		x := e.loadRow(one, e.lane(t, p, stride, i))
		v = each(func(ps ...value.Value) value.Value { return e.insert(ps[0], ps[1], i) }, v, x)
	}
	return v
}

// keep picks the first n lanes of a vector, and the others of a second one.
func keep(n, lanes int) []int {
	pick := every(0, 1, lanes)
	for i := n; i < lanes; i++ {
		pick[i] += lanes
	}
	return pick
}

// store is the opposite of load.
func (e *fn) store(t loop.Type, v val, p value.Value, n *loop.Store) {
	stride, active := n.Stride, n.Active
	if active == 0 {
		active = t.Lanes
	}
	switch {
	case t.Lanes > 1 && active < t.Lanes && stride == loop.Const(1):
		e.storeActive(t, v, p, active)
		return
	case t.Lanes > 1 && stride == loop.Const(1) && n.Stream && e.streams:
		e.streamRow(t, v, p)
		return
	case t.Lanes == 1 || stride == loop.Const(1):
		e.storeRow(t, v, p)
		return
	case e.scatters(t):
		e.scatter(t, v, p, stride, active)
		return
	}
	for i := range active {
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
	if d.IsComplex() && t.Lanes == 1 {
		im := e.put(ir.NewGetElementPtr(memory(d), p, i64(1)))
		return val{e.read(memory(d), p, align(d)), e.read(memory(d), im, align(d))}
	}
	return e.fromMemory(t, e.read(vector(memory(d), t.Lanes*int(parts(d))), p, align(d)))
}

// fromMemory makes a register of the vector that a row is in memory.
func (e *fn) fromMemory(t loop.Type, x value.Value) val {
	if t.DType.IsComplex() {
		return val{e.shuffle(x, x, every(0, 2, t.Lanes)), e.shuffle(x, x, every(1, 2, t.Lanes))}
	}
	if !x.Type().Equal(part(t)) {
		x = e.put(ir.NewICmp(enum.IPredNE, x, ints(x.Type(), 0)))
	}
	return val{re: x}
}

// storeRow writes adjacent elements.
func (e *fn) storeRow(t loop.Type, v val, p value.Value) {
	d := t.DType
	if d.IsComplex() && t.Lanes == 1 {
		e.write(v.re, p, align(d))
		e.write(v.im, e.put(ir.NewGetElementPtr(memory(d), p, i64(1))), align(d))
		return
	}
	e.write(e.toMemory(t, v), p, align(d))
}

// toMemory makes the vector that a row is in memory.
func (e *fn) toMemory(t loop.Type, v val) value.Value {
	if t.DType.IsComplex() {
		pick := make([]int, 0, 2*t.Lanes)
		for i := range t.Lanes {
			pick = append(pick, i, i+t.Lanes)
		}
		return e.shuffle(v.re, v.im, pick)
	}
	if want := vector(memory(t.DType), t.Lanes); !v.re.Type().Equal(want) {
		return e.put(ir.NewZExt(v.re, want))
	}
	return v.re
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
	return e.shuffle2(x, y, picks)
}

func (e *fn) shuffle2(x, y value.Value, picks []int) value.Value {
	mask := make([]constant.Constant, len(picks))
	for i, p := range picks {
		mask[i] = integer(types.I32, int64(p))
	}
	return e.put(ir.NewShuffleVector(x, y, constant.NewVector(nil, mask...)))
}

// pick is OpShuffle.
func (e *fn) pick(t loop.Type, x, y val, picks []int) val {
	if t.Lanes == 1 && len(picks) == 1 {
		return []val{x, y}[picks[0]]
	}
	return each(func(ps ...value.Value) value.Value {
		a, b := ps[0], ps[1]
		if t.Lanes == 1 { // no shuffle takes scalars
			pair := e.insert(constant.NewUndef(vector(a.Type(), 2)), a, 0)
			pair = e.insert(pair, b, 1)
			return e.shuffle(pair, pair, picks)
		}
		if len(picks) == 1 {
			if picks[0] < t.Lanes {
				return e.extract(a, picks[0])
			}
			return e.extract(b, picks[0]-t.Lanes)
		}
		return e.shuffle2(a, b, picks)
	}, x, y)
}

// every is n numbers from first on, step apart.
func every(first, step, n int) []int {
	xs := make([]int, n)
	for i := range xs {
		xs[i] = first + i*step
	}
	return xs
}
