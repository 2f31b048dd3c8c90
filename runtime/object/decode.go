package object

import (
	"encoding/binary"
	"fmt"
	"math"
)

// decoder takes fields off the front of b. After the first error it gives zeros, so that callers check
// once at the end.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format, args...)
	}
	d.b = nil
}

// take removes n bytes.
func (d *decoder) take(n int) []byte {
	if n > len(d.b) {
		d.fail("a field of %d bytes where %d are left", n, len(d.b))
		return nil
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) int64() int64 {
	if b := d.take(8); b != nil {
		return int64(binary.LittleEndian.Uint64(b))
	}
	return 0
}

func (d *decoder) int() int {
	n := d.int64()
	if int64(int(n)) != n {
		d.fail("the number %d is too large for this machine", n)
	}
	return int(n)
}

func (d *decoder) float() float64 { return math.Float64frombits(uint64(d.int64())) }

// count reads the length of a list whose items have size bytes at least. A list that could not fit in
// what is left is refused before memory is taken for it.
func (d *decoder) count(size int) int {
	b := d.take(4)
	if b == nil {
		return 0
	}
	n := int64(binary.LittleEndian.Uint32(b))
	if n*int64(size) > int64(len(d.b)) {
		d.fail("a list of %d items where %d bytes are left", n, len(d.b))
		return 0
	}
	return int(n)
}

func (d *decoder) string() string { return string(d.take(d.count(1))) }

// list reads a list; nil if it is empty.
func list[T any](d *decoder, size int, item func() T) []T {
	n := d.count(size)
	if n == 0 {
		return nil
	}
	s := make([]T, n)
	for i := range s {
		if d.err != nil {
			return nil
		}
		s[i] = item()
	}
	return s
}

// The least bytes that an item of each list takes in the file.
const (
	minString = 4
	minInt    = 8
	minSymbol = 4 + 8 + 8
	minLaunch = 6*8 + 8 + 4
	minArg    = 1 + 8 + 8 + 8 + 4
	minMove   = 8 + 8 + 8
	minLoop   = 6*8 + 1
	minParam  = 4 + 4 + 8 + 4 + 1
	minDim    = 1 + 6*8
)

// object reads the fields in the order that encoder.object writes them.
func (d *decoder) object() *Object {
	o := &Object{Einc: d.string(), LLVM: d.string(), Triple: d.string(), CPU: d.string()}
	o.Features = list(d, minString, d.string)
	o.Modules = list(d, minString, func() []byte { return append([]byte(nil), d.take(d.count(1))...) })
	o.Symbols = list(d, minSymbol, func() Symbol { return Symbol{Name: d.string(), Module: d.int(), Frame: d.int()} })
	o.Launches = list(d, minLaunch, d.launch)
	o.Loops = list(d, minLoop, d.loop)
	o.Params = list(d, minParam, d.param)
	o.Sizes = list(d, minString, d.string)
	o.Dims = list(d, minDim, d.dim)
	o.ArenaDim = d.int()
	o.Arena, o.Shared, o.Worker = d.int64(), d.int64(), d.int64()
	return o
}

func (d *decoder) launch() Launch {
	l := Launch{Symbol: d.int(), First: d.int64(), Tasks: d.int64(), TasksDim: d.int(), Advance: d.int(), Scale: d.int(), Nanos: d.float()}
	l.Args = list(d, minArg, func() Arg {
		a := Arg{Area: Area(d.byte()), Index: d.int(), Offset: d.int64(), Dim: d.int()}
		a.Moves = list(d, minMove, func() Move { return Move{Loop: d.int(), Bytes: d.int64(), Dim: d.int()} })
		return a
	})
	return l
}

func (d *decoder) loop() Loop {
	return Loop{First: d.int(), End: d.int(), Begin: d.int64(), Step: d.int64(), Count: d.int64(), CountDim: d.int(), Parallel: d.flag("loop")}
}

func (d *decoder) dim() Dim {
	return Dim{Op: DimOp(d.byte()), Param: d.int(), Axis: d.int(), A: d.int(), B: d.int(), Value: d.int64(), Most: d.int64()}
}

// flag reads a byte that is 0 or 1.
func (d *decoder) flag(of string) bool {
	b := d.byte()
	if b > 1 {
		d.fail("%s: a flag that is neither 0 nor 1", of)
	}
	return b == 1
}

func (d *decoder) param() Param {
	p := Param{Name: d.string(), DType: d.string(), Size: d.int(), Shape: list(d, minInt, d.int)}
	switch d.byte() {
	case 0:
	case 1:
		p.Strides = append([]int{}, list(d, minInt, d.int)...)
	default:
		d.fail("parameter %q: a flag that is neither 0 nor 1", p.Name)
	}
	return p
}
