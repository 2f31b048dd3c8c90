package tensor

import (
	"slices"
	"unsafe"
)

// Convert copies the elements into fresh row-major storage of another type, as NumPy's astype does:
// integers wrap, floats round once to nearest even, complex to real keeps the real part, anything to
// Bool asks for != 0 (NaN is true). Floats become integers by dropping the fraction; beyond the range
// they saturate and NaN gives 0, where NumPy's answer depends on the machine. Its errors are New's.
func (t *Tensor) Convert(d DType) (*Tensor, error) {
	out, err := create("convert", d, slices.Clone(t.shape))
	if err != nil {
		return nil, err
	}
	switch {
	case d == t.dtype && d != Bool:
		copyElements(out, t)
	case t.dtype.IsComplex():
		convert(out, t, getComplex, putComplex)
	case t.dtype.IsFloat():
		convert(out, t, getReals, putReals)
	default:
		convert(out, t, getInts, putInts)
	}
	return out, nil
}

// convert reads src in chunks of a carrier and writes them one after the other into the row-major dst.
func convert[C any](dst, src *Tensor, get func([]C, DType, unsafe.Pointer, int), put func(DType, unsafe.Pointer, []C)) {
	var buf [chunk]C
	to, size, done := dst.data, dst.dtype.Size(), 0
	walk(func(n int, rows []cursor) bool {
		for i := 0; i < n; i += chunk {
			part := buf[:min(chunk, n-i)]
			get(part, src.dtype, rows[0].at(i), rows[0].step)
			put(dst.dtype, unsafe.Add(to, done*size), part)
			done += len(part)
		}
		return true
	}, src)
}

// Values gives the elements in row-major order. T must be the Go type of t's element type (ErrDType;
// Convert first). The slice is t's own memory where t is contiguous and on the Go heap, and a copy
// otherwise: treat it as read-only, or take the Values of a Clone.
func Values[T Elem](t *Tensor) ([]T, error) {
	if d := DTypeOf[T](); d != t.dtype {
		return nil, fail("values", ErrDType, "the elements are %s, not %s: Convert first", t.dtype, d)
	}
	// A slice of a mapped file would not keep it mapped, and foreign bytes may be neither 0 nor 1, as
	// Go's bool must be: Convert makes them so.
	if !t.Contiguous() || t.store.file || t.dtype == Bool {
		c, err := t.Convert(t.dtype)
		if err != nil {
			return nil, err
		}
		t = c
	}
	return row[T](t.data, t.length), nil
}
