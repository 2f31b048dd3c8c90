package loop

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/einc-lang/einc/tensor"
)

// area is a parameter's memory, with the elements [lo, hi) that lie in it whole.
type area struct {
	Param
	data   []byte
	origin int
	lo, hi int64
}

func newArea(p Param, mem Mem) area {
	size := max(p.DType.Size(), 1)
	a := area{Param: p, data: mem.Data, origin: mem.Origin}
	a.lo = -int64(floorDiv(mem.Origin, size))
	a.hi = int64(floorDiv(len(mem.Data)-mem.Origin, size))
	return a
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// maxStride bounds strides, so that the ends of an access tell where all of it lies.
const maxStride = 1 << 52

// span is the byte position of element off if count elements from there, stride apart, are inside.
func (m *machine) span(param int, off, stride, count int64) (pos int, ok bool) {
	a := &m.mem[param]
	if count < 1 {
		return 0, false
	}
	last := off + (count-1)*stride
	if off < a.lo || off >= a.hi || last < a.lo || last >= a.hi || stride > maxStride || stride < -maxStride {
		m.fail(fmt.Errorf("loop: %s %s: access to element %d, %d of them by %d, outside [%d, %d)", a.Role, a.Name, off, count, stride, a.lo, a.hi))
		return 0, false
	}
	return a.origin + int(off)*a.DType.Size(), true
}

func (m *machine) load(n *Load) step {
	off, stride, dst := m.affine(n.From.Off), m.size(n.Stride), m.regs[n.Dst]
	p, count := n.From.Param, int64(m.nest.Regs[n.Dst].Lanes)
	t, data := m.mem[p].DType, m.mem[p].data
	if n.Active > 0 {
		count = int64(n.Active)
	}
	part := dst.lanes(0, int(count)) // nothing else writes the other lanes, which stay 0
	return func() {
		if pos, ok := m.span(p, off(), stride, count); ok {
			read(t, part, data, pos, int(stride)*t.Size())
		}
	}
}

func (m *machine) store(n *Store) step {
	off, stride, src := m.affine(n.To.Off), m.size(n.Stride), m.regs[n.Src]
	p, count := n.To.Param, int64(m.nest.Regs[n.Src].Lanes)
	t, data := m.mem[p].DType, m.mem[p].data
	if n.Active > 0 {
		count = int64(n.Active)
		src = src.lanes(0, n.Active)
	}
	return func() {
		if pos, ok := m.span(p, off(), stride, count); ok {
			write(t, src, data, pos, int(stride)*t.Size())
		}
	}
}

// read fills the lanes of a value of type t from elements that begin at pos, by bytes apart.
func read(t tensor.DType, v value, data []byte, pos, by int) {
	le := binary.LittleEndian
	switch t {
	case tensor.Bool:
		for i := range v.i {
			v.i[i] = b2i(data[pos+i*by] != 0)
		}
	case tensor.I8:
		for i := range v.i {
			v.i[i] = int64(int8(data[pos+i*by]))
		}
	case tensor.I16, tensor.F16, tensor.BF16:
		for i := range v.i {
			v.i[i] = int64(int16(le.Uint16(data[pos+i*by:])))
		}
	case tensor.I32:
		for i := range v.i {
			v.i[i] = int64(int32(le.Uint32(data[pos+i*by:])))
		}
	case tensor.I64:
		for i := range v.i {
			v.i[i] = int64(le.Uint64(data[pos+i*by:]))
		}
	case tensor.F32, tensor.C64:
		for i := range v.f {
			v.f[i] = math.Float32frombits(le.Uint32(data[pos+i*by:]))
		}
		for i := range v.fi {
			v.fi[i] = math.Float32frombits(le.Uint32(data[pos+i*by+4:]))
		}
	case tensor.F64, tensor.C128:
		for i := range v.d {
			v.d[i] = math.Float64frombits(le.Uint64(data[pos+i*by:]))
		}
		for i := range v.di {
			v.di[i] = math.Float64frombits(le.Uint64(data[pos+i*by+8:]))
		}
	}
}

// write is the opposite of read.
func write(t tensor.DType, v value, data []byte, pos, by int) {
	le := binary.LittleEndian
	switch t.Size() {
	case 1:
		for i, x := range v.i {
			data[pos+i*by] = byte(x)
		}
	case 2:
		for i, x := range v.i {
			le.PutUint16(data[pos+i*by:], uint16(x))
		}
	case 4:
		for i, x := range v.i {
			le.PutUint32(data[pos+i*by:], uint32(x))
		}
	case 8:
		for i, x := range v.i {
			le.PutUint64(data[pos+i*by:], uint64(x))
		}
	}
	for i, x := range v.f {
		le.PutUint32(data[pos+i*by:], math.Float32bits(x))
	}
	for i, x := range v.fi {
		le.PutUint32(data[pos+i*by+4:], math.Float32bits(x))
	}
	for i, x := range v.d {
		le.PutUint64(data[pos+i*by:], math.Float64bits(x))
	}
	for i, x := range v.di {
		le.PutUint64(data[pos+i*by+8:], math.Float64bits(x))
	}
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
