package llvm

import (
	"github.com/llir/llvm/ir"
	"github.com/llir/llvm/ir/enum"
	"github.com/llir/llvm/ir/types"
	"github.com/llir/llvm/ir/value"
)

// The half types live in registers as i16. Without hardware LLVM converts them by library calls, so
// the conversions are written out on i32, without branches, for any number of lanes.

const (
	signF32  = -1 << 31
	infF32   = 0x7f800000
	quietF32 = 1 << 22
	minF16   = 113 << 23 // the smallest normal F16, 2^-14, as F32
	overF16  = 143 << 23 // 2^16, past every finite F16
	rebias   = 112 << 23 // between the exponents of F16 and F32
)

// words writes arithmetic on i32 with constants.
type words struct{ *fn }

func (w words) and(x value.Value, c int64) value.Value { return w.put(ir.NewAnd(x, ints(x.Type(), c))) }
func (w words) or(x value.Value, c int64) value.Value  { return w.put(ir.NewOr(x, ints(x.Type(), c))) }
func (w words) plus(x value.Value, c int64) value.Value {
	return w.put(ir.NewAdd(x, ints(x.Type(), c)))
}
func (w words) shl(x value.Value, c int64) value.Value { return w.put(ir.NewShl(x, ints(x.Type(), c))) }
func (w words) shr(x value.Value, c int64) value.Value {
	return w.put(ir.NewLShr(x, ints(x.Type(), c)))
}
func (w words) above(x value.Value, c int64) value.Value {
	return w.put(ir.NewICmp(enum.IPredSGT, x, ints(x.Type(), c)))
}
func (w words) pick(cond, x, y value.Value) value.Value { return w.put(ir.NewSelect(cond, x, y)) }

func (w words) narrow(x value.Value) value.Value { return w.put(ir.NewTrunc(x, like(x, types.I16))) }

// widenF16 is exact; NaNs become quiet.
func (e *fn) widenF16(h value.Value) value.Value {
	f := like(h, types.Float)
	if e.nest.F16C {
		return e.put(ir.NewFPExt(e.bits(h, like(h, types.Half)), f))
	}
	w := words{e}
	x := e.put(ir.NewZExt(h, like(h, types.I32)))
	sign := w.shl(w.and(x, 0x8000), 16)
	a := w.shl(w.and(x, 0x7fff), 13) // exponent and fraction where F32 has them
	normal := w.plus(a, rebias)
	special := w.plus(normal, rebias) // from exponent 31 to 255
	special = w.pick(w.above(a, 0x1f<<23), w.or(special, quietF32), special)
	// A denormal is its fraction above 2^-14, less 2^-14: the subtraction is exact and normalizes.
	small := e.put(ir.NewFSub(e.bits(w.plus(a, minF16), f), fill(f, newFloat(types.Float, 0x1p-14))))
	r := w.pick(w.above(a, 1<<23-1), normal, e.bits(small, a.Type()))
	r = w.pick(w.above(a, 0x1f<<23-1), special, r)
	return e.bits(e.put(ir.NewOr(r, sign)), f)
}

// narrowF16 rounds to nearest even; NaNs become quiet and keep the high bits of their payload.
func (e *fn) narrowF16(v value.Value) value.Value {
	if e.nest.F16C {
		return e.bits(e.put(ir.NewFPTrunc(v, like(v, types.Half))), like(v, types.I16))
	}
	w := words{e}
	i, f := like(v, types.I32), like(v, types.Float)
	x := e.bits(v, i)
	sign := w.and(w.shr(x, 16), 0x8000)
	a := w.and(x, ^signF32)
	odd := w.and(w.shr(a, 13), 1)
	normal := w.shr(e.put(ir.NewAdd(w.plus(a, 0xfff-rebias), odd)), 13)
	// Adding 1/2 rounds a denormal at its last bit, and leaves the bits at the end of the sum's fraction.
	half := ints(i, 126<<23)
	sum := e.put(ir.NewFAdd(e.bits(a, f), fill(f, newFloat(types.Float, 0.5))))
	small := e.put(ir.NewSub(e.bits(sum, i), half))
	nan := w.or(w.and(w.shr(a, 13), 0x3ff), 0x7e00)
	r := w.pick(w.above(a, minF16-1), normal, small)
	r = w.pick(w.above(a, overF16-1), ints(i, 0x7c00), r)
	r = w.pick(w.above(a, infF32), nan, r)
	return w.narrow(e.put(ir.NewOr(r, sign)))
}

// widenBF16 is exact; NaNs become quiet.
func (e *fn) widenBF16(h value.Value) value.Value {
	w := words{e}
	x := w.shl(e.put(ir.NewZExt(h, like(h, types.I32))), 16)
	f := e.bits(x, like(h, types.Float))
	nan := e.put(ir.NewFCmp(enum.FPredUNO, f, f))
	return e.bits(w.pick(nan, w.or(x, quietF32), x), f.Type())
}

// narrowBF16 rounds to nearest even; NaNs become quiet.
func (e *fn) narrowBF16(v value.Value) value.Value {
	w := words{e}
	x := e.bits(v, like(v, types.I32))
	odd := w.and(w.shr(x, 16), 1)
	r := w.shr(e.put(ir.NewAdd(w.plus(x, 0x7fff), odd)), 16)
	nan := w.or(w.shr(x, 16), 0x40)
	return w.narrow(w.pick(e.put(ir.NewFCmp(enum.FPredUNO, v, v)), nan, r))
}
