package llvm

import (
	"fmt"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/llir/llvm/ir"
	"github.com/llir/llvm/ir/constant"
	"github.com/llir/llvm/ir/types"
	"github.com/llir/llvm/ir/value"
)

// masks reports whether the target has instructions for vectors of t of which some lanes stay out:
// AVX and later, for parts of 4 and 8 bytes; AVX-512 for all.
func (e *fn) masks(t loop.Type) bool {
	bits, size := e.target.VectorBits, t.DType.Real().Size()
	return e.target.arch() == "x86_64" && (bits >= 512 || bits >= 256 && size >= 4)
}

// loadActive reads the first lanes of a row; the others are zero.
func (e *fn) loadActive(t loop.Type, p value.Value, active int) val {
	n := active * int(parts(t.DType))
	if n == 1 || !e.masks(t) {
		return e.loadPieces(t, p, active)
	}
	whole := vector(memory(t.DType), t.Lanes*int(parts(t.DType)))
	x := e.maskedLoad(p, first(whole, n), constant.NewZeroInitializer(whole), align(t.DType))
	return e.fromMemory(t, x)
}

// storeActive writes the first lanes of a row.
//
// One lane is stored as a scalar: LLVM 22 makes of a truncation, stored under a mask of one lane, a
// scalar store as wide as the value was before.
func (e *fn) storeActive(t loop.Type, v val, p value.Value, active int) {
	if active == 1 || !e.masks(t) {
		e.storePieces(t, v, p, active)
		return
	}
	x := e.toMemory(t, v)
	e.maskedStore(x, p, first(x.Type(), active*int(parts(t.DType))), align(t.DType))
}

// loadPieces reads active lanes by scalars.
func (e *fn) loadPieces(t loop.Type, p value.Value, active int) val {
	one := loop.Type{DType: t.DType, Lanes: 1}
	v := zero(t)
	for i := range active {
		x := e.loadRow(one, e.step(t.DType, p, i64(int64(i))))
		v = each(func(ps ...value.Value) value.Value { return e.insert(ps[0], ps[1], i) }, v, x)
	}
	return v
}

func (e *fn) storePieces(t loop.Type, v val, p value.Value, active int) {
	for i := range active {
		x := each(func(ps ...value.Value) value.Value { return e.extract(ps[0], i) }, v)
		e.storeRow(loop.Type{DType: t.DType, Lanes: 1}, x, e.step(t.DType, p, i64(int64(i))))
	}
}

// first is a mask of the first n lanes of a vector type.
func first(t types.Type, n int) value.Value {
	bits := make([]constant.Constant, lanes(t))
	for i := range bits {
		bits[i] = constant.NewBool(i < n)
	}
	return constant.NewVector(types.NewVector(uint64(len(bits)), types.I1), bits...)
}

// maskedLoad reads the lanes that a mask sets, and takes the others from a vector.
func (e *fn) maskedLoad(p, mask, others value.Value, a ir.Align) value.Value {
	t := others.Type()
	ptr := types.NewPointer(t)
	f := e.declare("llvm.masked.load."+suffix(t)+".p0"+suffix(t), t, ptr, types.I32, mask.Type(), t)
	return e.put(ir.NewCall(f, e.cast(p, ptr), integer(types.I32, int64(a)), mask, others))
}

// maskedStore writes the lanes that a mask sets.
func (e *fn) maskedStore(x, p, mask value.Value, a ir.Align) {
	t := x.Type()
	ptr := types.NewPointer(t)
	f := e.declare("llvm.masked.store."+suffix(t)+".p0"+suffix(t), types.Void, t, ptr, types.I32, mask.Type())
	call := ir.NewCall(f, x, e.cast(p, ptr), integer(types.I32, int64(a)), mask)
	e.cur.Insts = append(e.cur.Insts, call)
}

// scatters reports whether the target has an instruction that stores the elements of t one by one: AVX-512, for vectors of 64
// bytes. It takes as long as that many stores, but these are half of LLVM's work, which looks whether some can be merged.
func (e *fn) scatters(t loop.Type) bool {
	size := t.DType.Size()
	return e.target.arch() == "x86_64" && e.target.VectorBits >= 512 && size >= 4 && t.Lanes*size == 64 && !t.DType.IsComplex()
}

// scatter writes the first lanes of a vector, stride elements apart.
func (e *fn) scatter(t loop.Type, v val, p value.Value, stride loop.Size, active int) {
	lane := make([]constant.Constant, t.Lanes)
	for i := range lane {
		lane[i] = constant.NewInt(types.I64, int64(i))
	}
	apart := e.splat(val{re: e.size(stride)}, t.Lanes).re
	to := e.put(ir.NewGetElementPtr(memory(t.DType), p, e.put(ir.NewMul(apart, constant.NewVector(nil, lane...)))))
	x := e.toMemory(t, v)
	mask := first(x.Type(), active)
	f := e.declare(fmt.Sprintf("llvm.masked.scatter.%s.v%dp0%s", suffix(x.Type()), t.Lanes, suffix(memory(t.DType))),
		types.Void, x.Type(), to.Type(), types.I32, mask.Type())
	e.cur.Insts = append(e.cur.Insts, ir.NewCall(f, x, to, integer(types.I32, int64(align(t.DType))), mask))
}
