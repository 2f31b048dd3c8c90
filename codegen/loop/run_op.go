package loop

import (
	"fmt"
	"math"

	"github.com/einc-lang/einc/tensor"
)

func (m *machine) op(n *Op) step {
	d, t := m.regs[n.Dst], m.nest.Regs[n.Dst].DType
	args := make([]value, 3)
	from := t
	for i, r := range n.Args {
		args[i] = m.regs[r]
		from = m.nest.Regs[r].DType
	}
	a, b, c := args[0], args[1], args[2]
	switch n.Code {
	case OpConst:
		setConst(t, d, n)
		return func() {}
	case OpSplat:
		return func() { d.splat(a) }
	case OpSelect:
		return func() { d.choose(a.i, b, c) }
	case OpConvert:
		return converter(t, from, d, a)
	case OpBits:
		return func() { reinterpret(d, a) }
	case OpRe:
		return func() { d.set(value{f: a.f, d: a.d}) }
	case OpIm:
		return func() { d.set(value{f: a.fi, d: a.di}) }
	case OpComplex:
		return func() { d.set(value{f: a.f, fi: b.f, d: a.d, di: b.d}) }
	case OpShuffle:
		return func() { d.pick(n.Pick, a, b) }
	case OpShl, OpShr, OpSar:
		return func() { shift(n.Code, t, d.i, a.i, n.Int) }
	case OpLt, OpLe, OpEq, OpNe:
		return func() { compareValues(n.Code, d.i, a, b) }
	case OpFoldAdd, OpFoldMul, OpFoldMin, OpFoldMax:
		return m.fold(n, d, a)
	}
	f := arithmetic(n.Code, t, m.nest.FMA)
	if f == nil {
		return func() { m.fail(fmt.Errorf("loop: %s of %s", n.Code, t)) }
	}
	return func() { f(d, a, b, c) }
}

// setConst fills a register when the nest is compiled: nothing else writes it.
func setConst(t tensor.DType, d value, n *Op) {
	for i := range d.i {
		d.i[i] = n.Int
		if t == tensor.Bool {
			d.i[i] = b2i(n.Value != 0)
		}
	}
	narrow(t, d.i)
	for i := range d.f {
		d.f[i] = float32(n.Value)
	}
	for i := range d.d {
		d.d[i] = n.Value
	}
}

// arithmetic is what a lane-wise operation of up to three arguments does, nil if the type lacks it.
func arithmetic(c Code, t tensor.DType, fused bool) func(d, x, y, z value) {
	fma32, fma64 := unfused[float32], unfused[float64]
	if fused {
		fma32, fma64 = FMA32, math.FMA
	}
	switch {
	case t == tensor.Bool:
		return func(d, x, y, z value) { boolOp(c, d.i, x.i, y.i, z.i) }
	case t.IsInt():
		return func(d, x, y, z value) {
			intOp(c, d.i, x.i, y.i, z.i)
			narrow(t, d.i)
		}
	case t == tensor.F32 && c == OpFMA:
		return func(d, x, y, z value) { fmaOp(fma32, d.f, x.f, y.f, z.f) }
	case t == tensor.F32:
		return func(d, x, y, z value) { floatOp(c, d.f, x.f, y.f) }
	case t == tensor.F64 && c == OpFMA:
		return func(d, x, y, z value) { fmaOp(fma64, d.d, x.d, y.d, z.d) }
	case t == tensor.F64:
		return func(d, x, y, z value) { floatOp(c, d.d, x.d, y.d) }
	case t == tensor.C64:
		return func(d, x, y, z value) {
			complexOp(c, fma32, [2][]float32{d.f, d.fi}, [2][]float32{x.f, x.fi}, [2][]float32{y.f, y.fi}, [2][]float32{z.f, z.fi})
		}
	case t == tensor.C128:
		return func(d, x, y, z value) {
			complexOp(c, fma64, [2][]float64{d.d, d.di}, [2][]float64{x.d, x.di}, [2][]float64{y.d, y.di}, [2][]float64{z.d, z.di})
		}
	}
	return nil
}

// fold combines the halves of a copy until one lane is left.
func (m *machine) fold(n *Op, d, a value) step {
	t := m.nest.Regs[n.Args[0]]
	f, tmp := arithmetic(folded(n.Code), t.DType, m.nest.FMA), newValue(t.DType, t.Lanes)
	if f == nil {
		return func() { m.fail(fmt.Errorf("loop: %s of %s", n.Code, t)) }
	}
	return func() {
		tmp.set(a)
		for h := t.Lanes / 2; h > 0; h /= 2 {
			f(tmp.lanes(0, h), tmp.lanes(0, h), tmp.lanes(h, 2*h), value{})
		}
		d.set(tmp.lanes(0, 1))
	}
}

// folded is the operation that a fold applies.
func folded(c Code) Code {
	switch c {
	case OpFoldAdd:
		return OpAdd
	case OpFoldMul:
		return OpMul
	case OpFoldMin:
		return OpMin
	}
	return OpMax
}

func boolOp(c Code, d, a, b, z []int64) {
	for i := range d {
		switch c {
		case OpMul, OpMin, OpAnd:
			d[i] = a[i] & b[i]
		case OpAdd, OpMax, OpOr:
			d[i] = a[i] | b[i]
		case OpXor:
			d[i] = a[i] ^ b[i]
		case OpFMA:
			d[i] = a[i]&b[i] | z[i]
		}
	}
}

func intOp(c Code, d, a, b, z []int64) {
	for i := range d {
		switch c {
		case OpAdd:
			d[i] = a[i] + b[i]
		case OpSub:
			d[i] = a[i] - b[i]
		case OpMul:
			d[i] = a[i] * b[i]
		case OpFMA:
			d[i] = a[i]*b[i] + z[i]
		case OpNeg:
			d[i] = -a[i]
		case OpAbs:
			d[i] = max(a[i], -a[i])
		case OpMin:
			d[i] = min(a[i], b[i])
		case OpMax:
			d[i] = max(a[i], b[i])
		case OpAnd:
			d[i] = a[i] & b[i]
		case OpOr:
			d[i] = a[i] | b[i]
		case OpXor:
			d[i] = a[i] ^ b[i]
		}
	}
}

func shift(c Code, t tensor.DType, d, a []int64, by int64) {
	width := uint(t.Size()) * 8
	mask := uint64(math.MaxUint64) >> (64 - width)
	for i, x := range a {
		switch c {
		case OpShl:
			d[i] = x << uint(by)
		case OpShr:
			d[i] = int64(uint64(x) & mask >> uint(by))
		case OpSar:
			d[i] = x >> uint(by)
		}
	}
	narrow(t, d)
}

func compareValues(c Code, d []int64, a, b value) {
	switch {
	case a.f != nil:
		compare(c, d, a.f, b.f)
	case a.d != nil:
		compare(c, d, a.d, b.d)
	default:
		compare(c, d, a.i, b.i)
	}
}

func compare[T int64 | float32 | float64](c Code, d []int64, a, b []T) {
	for i, x := range a {
		switch c {
		case OpLt:
			d[i] = b2i(x < b[i])
		case OpLe:
			d[i] = b2i(x <= b[i])
		case OpEq:
			d[i] = b2i(x == b[i])
		case OpNe:
			d[i] = b2i(x != b[i])
		}
	}
}

// reinterpret copies bits; one side holds integers, the other floats of the same size, or the bits of
// halves.
func reinterpret(d, a value) {
	copy(d.i, a.i)
	for i := range d.f {
		d.f[i] = math.Float32frombits(uint32(a.i[i]))
	}
	for i := range d.d {
		d.d[i] = math.Float64frombits(uint64(a.i[i]))
	}
	for i, x := range a.f {
		d.i[i] = int64(int32(math.Float32bits(x)))
	}
	for i, x := range a.d {
		d.i[i] = int64(math.Float64bits(x))
	}
}
