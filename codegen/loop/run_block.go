package loop

import (
	"encoding/binary"
	"fmt"

	"github.com/einc-lang/einc/tensor"
)

func (m *machine) offsets(n *Offsets) step {
	table, from, count := m.affine(n.Table.Off), m.affine(n.From), m.bound(n.Count)
	strides := make([]int64, len(n.Group.Strides))
	for i, s := range n.Group.Strides {
		strides[i] = m.size(s)
	}
	extents := make([]int64, len(n.Group.Extents))
	for i, s := range n.Group.Extents {
		extents[i] = m.size(s)
		if e := extents[i]; e < 1 {
			return func() { m.fail(fmt.Errorf("loop: group with extent %d", e)) }
		}
	}
	data := m.mem[n.Table.Param].data
	return func() {
		c, first := count(), from()
		pos, ok := m.span(n.Table.Param, table(), 1, c)
		if !ok {
			return
		}
		for t := range c {
			off := offset(extents, strides, first+t)
			binary.LittleEndian.PutUint64(data[pos+int(t)*8:], uint64(off))
		}
	}
}

// offset is where a group's item lies, in elements.
func offset(extents, strides []int64, item int64) int64 {
	off := int64(0)
	for d := len(extents) - 1; d > 0; d-- {
		off += item % extents[d] * strides[d]
		item /= extents[d]
	}
	if len(extents) > 0 {
		off += item * strides[0]
	}
	return off
}

// table compiles the reading of entries of a table.
func (m *machine) table(a Addr) func(count int64) ([]int64, bool) {
	at, data := m.affine(a.Off), m.mem[a.Param].data
	var buf []int64
	return func(count int64) ([]int64, bool) {
		pos, ok := m.span(a.Param, at(), 1, count)
		if !ok {
			return nil, false
		}
		if count > int64(len(buf)) {
			buf = make([]int64, count)
		}
		read(tensor.I64, value{i: buf[:count]}, data, pos, 8)
		return buf[:count], true
	}
}

func (m *machine) pack(n *Pack) step {
	from, to := m.mem[n.From.Param].DType, m.mem[n.To.Param].DType
	src, dst := newValue(from, int(n.Width)), newValue(to, int(n.Width))
	convert := converter(to, from, dst, src)
	fromAt, toAt := m.affine(n.From.Off), m.affine(n.To.Off)
	rows, cols := m.table(n.Rows), m.table(n.Cols)
	rowCount, depth := m.bound(n.Count), m.bound(n.Depth)
	return func() {
		r, d := rowCount(), depth()
		if d < 1 {
			return
		}
		colOff, ok := cols(d)
		rowOff, ok2 := rows(max(r, 0))
		if r > 0 && !ok2 || !ok {
			return
		}
		for panel := range n.Panels() {
			mine := rowOff[min(panel*n.Width, int64(len(rowOff))):min((panel+1)*n.Width, int64(len(rowOff)))]
			for k := range d {
				src.zero()
				m.gather(n.From.Param, src, fromAt()+colOff[k], mine)
				convert()
				if pos, ok := m.span(n.To.Param, toAt()+panel*n.Apart+k*n.Width, 1, n.Width); ok {
					eachPart(to, dst, pos, int(n.Width), func(part value, pos int) {
						write(to.Real(), part, m.mem[n.To.Param].data, pos, to.Real().Size())
					})
				}
			}
		}
	}
}

// eachPart runs f over the parts of a panel's column at pos: complex elements have their real parts
// first, then the imaginary ones.
func eachPart(t tensor.DType, v value, pos, width int, f func(part value, pos int)) {
	f(value{i: v.i, f: v.f, d: v.d}, pos)
	if t.IsComplex() {
		f(value{f: v.fi, d: v.di}, pos+width*t.Real().Size())
	}
}

// gather reads the elements base+offs[i] into the first lanes of v.
func (m *machine) gather(param int, v value, base int64, offs []int64) {
	t, data := m.mem[param].DType, m.mem[param].data
	for i, o := range offs {
		if pos, ok := m.span(param, base+o, 1, 1); ok {
			read(t, v.lanes(i, i+1), data, pos, 0)
		}
	}
}
