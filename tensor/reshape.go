package tensor

import "slices"

// Reshape gives the elements, in row-major order, another shape; one extent may be -1 and is worked
// out. It never copies: where the new axes would need more than one stride it fails with ErrCopy and
// says which axes do not meet; Clone first then. ErrLength if the number of elements differs.
func (t *Tensor) Reshape(shape ...int) (*Tensor, error) {
	shape = slices.Clone(shape)
	if err := t.inferExtent(shape); err != nil {
		return nil, err
	}
	n, err := count("reshape", t.dtype.Size(), shape)
	if err != nil {
		return nil, err
	}
	if n != t.length {
		return nil, fail("reshape", ErrLength, "%s has %d elements, %s has %d", tuple(t.shape), t.length, tuple(shape), n)
	}
	if n == 0 {
		return t.view(shape, rowMajor(shape), 0), nil
	}
	strides, err := t.reshapeStrides(shape)
	if err != nil {
		return nil, err
	}
	return t.view(shape, strides, 0), nil
}

// inferExtent replaces a -1 in shape.
func (t *Tensor) inferExtent(shape []int) *Error {
	open := slices.Index(shape, -1)
	if open < 0 {
		return nil
	}
	if slices.Contains(shape[open+1:], -1) {
		return fail("reshape", ErrExtent, "%s: only one extent can be -1", tuple(shape))
	}
	rest := slices.Clone(shape)
	rest[open] = 1
	n, err := count("reshape", 1, rest)
	if err != nil {
		return err
	}
	if n == 0 || t.length%n != 0 {
		return fail("reshape", ErrLength, "%s: no extent for -1 gives %d elements", tuple(shape), t.length)
	}
	shape[open] = t.length / n
	return nil
}

// run is a maximal group of axes that lie in memory as one axis.
type run struct {
	extent, stride int
	first, last    int // axes
}

// runs groups the axes of a tensor that is not empty; axes of extent 1 belong to none.
func (t *Tensor) runs() []run {
	var out []run
	for axis, e := range t.shape {
		if e == 1 {
			continue
		}
		s := t.strides[axis]
		if top := len(out) - 1; top >= 0 && out[top].stride == e*s {
			out[top] = run{out[top].extent * e, s, out[top].first, axis}
			continue
		}
		out = append(out, run{e, s, axis, axis})
	}
	return out
}

// reshapeStrides cuts each run into new axes, the last ones first. A new axis that would cross from
// one run to the next has no single stride.
func (t *Tensor) reshapeStrides(shape []int) ([]int, *Error) {
	strides := make([]int, len(shape))
	runs := t.runs()
	k, left, stride := len(runs), 1, 1 // left: what is not yet cut off of run k
	for axis := len(shape) - 1; axis >= 0; axis-- {
		e := shape[axis]
		if e > 1 && left == 1 {
			k--
			left, stride = runs[k].extent, runs[k].stride
		}
		if left%e != 0 {
			return nil, t.crossing(shape, axis, runs, k)
		}
		strides[axis] = stride
		stride *= e
		left /= e
	}
	return strides, nil
}

// crossing says where a reshape fails. There is a run before k: were k the outermost, all that is left
// of the shape would divide it.
func (t *Tensor) crossing(shape []int, axis int, runs []run, k int) *Error {
	a, b := runs[k-1].last, runs[k].first
	return fail("reshape", ErrCopy,
		"%s to %s needs a copy: new axis %d would run over axes %d and %d, which have strides %d and %d and are not one run in memory: Clone first",
		tuple(t.shape), tuple(shape), axis, a, b, t.strides[a], t.strides[b])
}
