package object

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
)

// The file form:
//
//	magic    8 bytes  "EINCOBJ\n"
//	version  4 bytes
//	length   8 bytes  of the payload
//	payload           the fields of Object in order
//	sum      32 bytes SHA-256 of all that stands before it
//
// Numbers are little-endian. A list is its count in 4 bytes and its items; a string is a list of bytes.
const (
	magic      = "EINCOBJ\n"
	version    = 4
	headerSize = len(magic) + 4 + 8
)

// MaxFile is the largest file in bytes that Decode reads.
const MaxFile = 1 << 30

// Encode writes the file form: the same bytes for equal objects, nil and empty lists alike except for
// Param.Strides. It does not check the object; Decode does.
func Encode(o *Object) []byte {
	var e encoder
	e.object(o)
	b := make([]byte, 0, headerSize+len(e.b)+sha256.Size)
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint32(b, version)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(e.b)))
	b = append(b, e.b...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// Decode reads the file form. Every departure from it is an error: another version, a byte missing,
// added or changed, an object that Check refuses. It takes memory in proportion to the file only.
// The object shares no memory with b.
func Decode(b []byte) (*Object, error) {
	payload, err := unwrap(b)
	if err != nil {
		return nil, err
	}
	d := decoder{b: payload}
	o := d.object()
	if d.err == nil && len(d.b) > 0 {
		d.fail("%d bytes follow the last field", len(d.b))
	}
	if d.err != nil {
		return nil, fmt.Errorf("object file: %w", d.err)
	}
	if err := o.Check(); err != nil {
		return nil, fmt.Errorf("object file: %w", err)
	}
	return o, nil
}

// unwrap checks everything around the payload and returns it.
func unwrap(b []byte) ([]byte, error) {
	switch {
	case len(b) > MaxFile:
		return nil, fmt.Errorf("object file: %d bytes are more than the limit of %d", len(b), MaxFile)
	case !bytes.HasPrefix(b, []byte(magic)):
		return nil, fmt.Errorf("object file: it does not begin as an object of einc does")
	case len(b) < headerSize+sha256.Size:
		return nil, fmt.Errorf("object file: cut short after %d bytes", len(b))
	}
	if v := binary.LittleEndian.Uint32(b[len(magic):]); v != version {
		return nil, fmt.Errorf("object file: format version %d, this einc reads %d: build it again", v, version)
	}
	have := uint64(len(b) - headerSize - sha256.Size)
	if n := binary.LittleEndian.Uint64(b[len(magic)+4:]); n != have {
		return nil, fmt.Errorf("object file: payload of %d bytes where %d are promised", have, n)
	}
	end := len(b) - sha256.Size
	if sha256.Sum256(b[:end]) != [sha256.Size]byte(b[end:]) {
		return nil, fmt.Errorf("object file: checksum differs: the file was changed or damaged")
	}
	return b[headerSize:end], nil
}

type encoder struct{ b []byte }

func (e *encoder) count(n int)     { e.b = binary.LittleEndian.AppendUint32(e.b, uint32(n)) }
func (e *encoder) int(n int64)     { e.b = binary.LittleEndian.AppendUint64(e.b, uint64(n)) }
func (e *encoder) float(f float64) { e.int(int64(math.Float64bits(f))) }
func (e *encoder) bytes(s []byte)  { e.count(len(s)); e.b = append(e.b, s...) }
func (e *encoder) string(s string) { e.count(len(s)); e.b = append(e.b, s...) }
func (e *encoder) byte(x byte)     { e.b = append(e.b, x) }
func (e *encoder) ints(list []int) {
	e.count(len(list))
	for _, n := range list {
		e.int(int64(n))
	}
}

func (e *encoder) object(o *Object) {
	for _, s := range []string{o.Einc, o.LLVM, o.Triple, o.CPU} {
		e.string(s)
	}
	e.count(len(o.Features))
	for _, f := range o.Features {
		e.string(f)
	}
	e.count(len(o.Modules))
	for _, m := range o.Modules {
		e.bytes(m)
	}
	e.count(len(o.Symbols))
	for _, s := range o.Symbols {
		e.string(s.Name)
		e.int(int64(s.Module))
		e.int(int64(s.Frame))
	}
	e.count(len(o.Launches))
	for _, l := range o.Launches {
		e.launch(l)
	}
	e.count(len(o.Loops))
	for _, l := range o.Loops {
		e.loop(l)
	}
	e.count(len(o.Params))
	for _, p := range o.Params {
		e.param(p)
	}
	e.count(len(o.Sizes))
	for _, s := range o.Sizes {
		e.string(s)
	}
	e.count(len(o.Dims))
	for _, d := range o.Dims {
		e.dim(d)
	}
	e.int(int64(o.ArenaDim))
	e.int(o.Arena)
	e.int(o.Shared)
	e.int(o.Worker)
}

func (e *encoder) launch(l Launch) {
	e.int(int64(l.Symbol))
	e.int(l.First)
	e.int(l.Tasks)
	e.int(int64(l.TasksDim))
	e.int(int64(l.Advance))
	e.int(int64(l.Scale))
	e.float(l.Nanos)
	e.count(len(l.Args))
	for _, a := range l.Args {
		e.byte(byte(a.Area))
		e.int(int64(a.Index))
		e.int(a.Offset)
		e.int(int64(a.Dim))
		e.count(len(a.Moves))
		for _, m := range a.Moves {
			e.int(int64(m.Loop))
			e.int(m.Bytes)
			e.int(int64(m.Dim))
		}
	}
}

func (e *encoder) dim(d Dim) {
	e.byte(byte(d.Op))
	for _, n := range []int64{int64(d.Param), int64(d.Axis), int64(d.A), int64(d.B), d.Value, d.Most} {
		e.int(n)
	}
}

func (e *encoder) loop(l Loop) {
	for _, n := range []int64{int64(l.First), int64(l.End), l.Begin, l.Step, l.Count, int64(l.CountDim)} {
		e.int(n)
	}
	if l.Parallel {
		e.byte(1)
	} else {
		e.byte(0)
	}
}

func (e *encoder) param(p Param) {
	e.string(p.Name)
	e.string(p.DType)
	e.int(int64(p.Size))
	e.ints(p.Shape)
	if p.Strides == nil {
		e.byte(0)
		return
	}
	e.byte(1)
	e.ints(p.Strides)
}
