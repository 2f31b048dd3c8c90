package tensor

import (
	"encoding/binary"
	"io"
	"strconv"
	"strings"
)

// maxHeader is the longest header that is read, NumPy's own limit.
const maxHeader = 10_000

const npyMagic = "\x93NUMPY"

// zipMagic begins the archives that NumPy writes as .npz.
const zipMagic = "PK\x03\x04"

// NpyOption changes how .npy files are read.
type NpyOption uint8

// VoidAsBF16 takes the element type V2, which has no meaning of its own, for BF16. It is how NumPy
// with ml_dtypes, and WriteNpy, store bfloat16.
const VoidAsBF16 NpyOption = 1

// npyHeader is what a header declares, checked: the element type, the shape within the limits.
type npyHeader struct {
	dtype   DType
	swap    bool // the elements are not in this machine's byte order
	fortran bool // the first axis runs fastest
	shape   []int
	length  int // elements
	end     int // bytes before the payload
}

func bad(format string, args ...any) *Error     { return fail("npy", ErrFormat, format, args...) }
func foreign(format string, args ...any) *Error { return fail("npy", ErrForeign, format, args...) }

// readNpyHeader reads up to the payload, and never more than maxHeader bytes.
func readNpyHeader(r io.Reader, opts []NpyOption) (*npyHeader, error) {
	var pre [12]byte // magic, version, length
	if _, err := io.ReadFull(r, pre[:10]); err != nil {
		return nil, short(err, "the first 10 bytes")
	}
	if string(pre[:4]) == zipMagic {
		return nil, bad("the file is an archive, as np.savez writes: save its arrays one by one with np.save")
	}
	if string(pre[:6]) != npyMagic {
		return nil, bad("the file does not begin with %q: it is not a .npy file", npyMagic)
	}
	major, minor := pre[6], pre[7]
	if major < 1 || major > 3 || minor != 0 {
		return nil, foreign("format version %d.%d: 1.0, 2.0 and 3.0 are known", major, minor)
	}
	size, begin := uint64(binary.LittleEndian.Uint16(pre[8:])), 10
	if major > 1 {
		if _, err := io.ReadFull(r, pre[10:]); err != nil {
			return nil, short(err, "the length of the header")
		}
		size, begin = uint64(binary.LittleEndian.Uint32(pre[8:])), 12
	}
	if size > maxHeader {
		return nil, bad("a header of %d bytes: the limit is %d", size, maxHeader)
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, short(err, "the header")
	}
	h, err := parseNpyHeader(string(text), opts)
	if err != nil {
		return nil, err
	}
	h.end = begin + int(size)
	return h, nil
}

// short turns the end of the input into a damaged file, and leaves other errors as they are.
func short(err error, what string) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return bad("the file ends within %s", what)
	}
	return err
}

// parseNpyHeader reads a Python literal {'descr': …, 'fortran_order': …, 'shape': (…)}, keys in any order.
func parseNpyHeader(text string, opts []NpyOption) (*npyHeader, *Error) {
	l := &literal{text: text}
	var descr string
	h := &npyHeader{}
	seen := map[string]bool{}
	l.expect('{')
	for l.err == nil && !l.accept('}') {
		at := l.pos
		key := l.quoted()
		if seen[key] {
			l.failAt(at, "key %q comes twice", key)
		}
		seen[key] = true
		l.expect(':')
		switch key {
		case "descr":
			descr = l.descr()
		case "fortran_order":
			h.fortran = l.boolean()
		case "shape":
			h.shape = l.tuple()
		default:
			l.failAt(at, "key %q is not one of descr, fortran_order and shape", key)
		}
		if !l.accept(',') && !l.peek('}') {
			l.failAt(l.pos, "expected ',' or '}'")
		}
	}
	l.end()
	for _, key := range []string{"descr", "fortran_order", "shape"} {
		if !seen[key] {
			l.failAt(l.pos, "key %q is missing", key)
		}
	}
	if l.err != nil {
		return nil, l.err
	}
	return h, h.settle(descr, opts)
}

// settle works out the element type and checks the shape.
func (h *npyHeader) settle(descr string, opts []NpyOption) (err *Error) {
	if h.dtype, h.swap, err = parseDescr(descr, opts); err != nil {
		return err
	}
	h.length, err = count("npy", h.dtype.Size(), h.shape)
	return err
}

// littleEndian tells this machine's byte order.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// parseDescr reads a NumPy type string: byte order, kind and size.
func parseDescr(descr string, opts []NpyOption) (d DType, swap bool, err *Error) {
	order, kind := byte('='), descr
	if descr != "" && strings.IndexByte("<>=|", descr[0]) >= 0 {
		order, kind = descr[0], descr[1:]
	}
	if kind == "V2" {
		return voidType(descr, order, opts)
	}
	for _, known := range DTypes() {
		if npyKind(known) != kind || known == BF16 {
			continue
		}
		part := known.Real().Size()
		if order == '|' && part > 1 {
			return Invalid, false, bad("element type %q: byte order '|' is for elements of one byte; write %q", descr, "<"+kind)
		}
		return known, part > 1 && (order == '<' && !littleEndian || order == '>' && littleEndian), nil
	}
	return Invalid, false, foreign("element type %q: %s", descr, wayOut(kind))
}

func voidType(descr string, order byte, opts []NpyOption) (DType, bool, *Error) {
	for _, o := range opts {
		if o == VoidAsBF16 && order != '>' {
			return BF16, order == '<' && !littleEndian, nil
		}
	}
	return Invalid, false, foreign("element type %q: two bytes without a meaning; if they are little-endian bfloat16, "+
		"say so (VoidAsBF16, or give the element type bf16)", descr)
}

// npyKind is the type string without byte order.
func npyKind(d DType) string {
	letter := "i"
	switch {
	case d == Bool:
		letter = "b"
	case d == BF16:
		letter = "V"
	case d.IsFloat():
		letter = "f"
	case d.IsComplex():
		letter = "c"
	}
	return letter + strconv.Itoa(d.Size())
}

// wayOut tells what to do about a type that einc does not have.
func wayOut(kind string) string {
	switch {
	case kind == "u1":
		return "unsigned integers are not taken: save a.astype('int16')"
	case kind == "u2":
		return "unsigned integers are not taken: save a.astype('int32')"
	case strings.HasPrefix(kind, "u"):
		return "unsigned integers are not taken: save a.astype('int64') if the values fit"
	case strings.HasPrefix(kind, "O"):
		return "object arrays hold pickles, which are never loaded: save a.astype('float64') or another plain type"
	case strings.HasPrefix(kind, "f"):
		return "this float is not taken: save a.astype('float64')"
	case strings.HasPrefix(kind, "c"):
		return "this complex type is not taken: save a.astype('complex128')"
	case strings.HasPrefix(kind, "M"), strings.HasPrefix(kind, "m"):
		return "times are not taken: save a.astype('int64')"
	}
	return "only numbers and booleans are taken: |b1 |i1 <i2 <i4 <i8 <f2 <f4 <f8 <c8 <c16 and their big-endian forms"
}
