package tensor

import "slices"

// axisOf resolves an axis; negative ones count from the end.
func axisOf(op string, axis, rank int) (int, *Error) {
	a := axis
	if a < 0 {
		a += rank
	}
	if a < 0 || a >= rank {
		return 0, fail(op, ErrAxis, "axis %d is not one of the %d axes", axis, rank)
	}
	return a, nil
}

// axisSet resolves axes, each at most once.
func axisSet(op string, axes []int, rank int) ([]bool, *Error) {
	named := make([]bool, rank)
	for _, axis := range axes {
		a, err := axisOf(op, axis, rank)
		if err != nil {
			return nil, err
		}
		if named[a] {
			return nil, fail(op, ErrAxis, "axis %d is named twice", axis)
		}
		named[a] = true
	}
	return named, nil
}

// Unsqueeze puts a new axis of extent 1 before axis number axis, or last for axis = rank; -1 is last
// too. Its stride is 0: nothing moves.
func (t *Tensor) Unsqueeze(axis int) (*Tensor, error) {
	a, err := axisOf("unsqueeze", axis, t.Rank()+1)
	if err != nil {
		return nil, err
	}
	if t.Rank() == MaxRank {
		return nil, fail("unsqueeze", ErrRank, "the tensor has %d axes already, the limit", MaxRank)
	}
	shape := slices.Insert(slices.Clone(t.shape), a, 1)
	strides := slices.Insert(slices.Clone(t.strides), a, 0)
	return t.view(shape, strides, 0), nil
}

// Squeeze drops the given axes, which must have extent 1 (ErrShape); without arguments, every axis of
// extent 1.
func (t *Tensor) Squeeze(axes ...int) (*Tensor, error) {
	named, err := axisSet("squeeze", axes, t.Rank())
	if err != nil {
		return nil, err
	}
	shape, strides := []int{}, []int{}
	for a, e := range t.shape {
		if named[a] && e != 1 {
			return nil, fail("squeeze", ErrShape, "axis %d has extent %d: only an axis of extent 1 can go", a, e)
		}
		if !named[a] && (e != 1 || len(axes) > 0) {
			shape, strides = append(shape, e), append(strides, t.strides[a])
		}
	}
	return t.view(shape, strides, 0), nil
}

// Expand stretches axes of extent 1, and adds leading axes, by giving them stride 0; -1 keeps an
// extent. Every element that is seen many times is stored once. It fails with ErrShape, ErrExtent or,
// as if every element were stored, ErrSize.
func (t *Tensor) Expand(shape ...int) (*Tensor, error) {
	lead := len(shape) - t.Rank()
	if lead < 0 {
		return nil, fail("expand", ErrShape, "%s has fewer axes than the tensor's %s", tuple(shape), tuple(t.shape))
	}
	out, strides := slices.Clone(shape), make([]int, len(shape))
	for i, e := range t.shape {
		axis := lead + i
		switch {
		case out[axis] == -1 || out[axis] == e:
			out[axis], strides[axis] = e, t.strides[i]
		case e != 1:
			return nil, fail("expand", ErrShape, "axis %d has extent %d, which cannot become %d: only extent 1 stretches", i, e, out[axis])
		}
	}
	if _, err := count("expand", t.dtype.Size(), out); err != nil {
		return nil, err
	}
	return t.view(out, strides, 0), nil
}

// Permute orders the axes anew: axis k of the result is axis axes[k] of t. Every axis is named once.
func (t *Tensor) Permute(axes ...int) (*Tensor, error) {
	if len(axes) != t.Rank() {
		return nil, fail("permute", ErrAxis, "%d axes named, the tensor has %d: name each once", len(axes), t.Rank())
	}
	if _, err := axisSet("permute", axes, t.Rank()); err != nil {
		return nil, err
	}
	shape, strides := make([]int, len(axes)), make([]int, len(axes))
	for k, a := range axes {
		if a < 0 {
			a += len(axes)
		}
		shape[k], strides[k] = t.shape[a], t.strides[a]
	}
	return t.view(shape, strides, 0), nil
}

// Transpose reverses the axes.
func (t *Tensor) Transpose() *Tensor {
	shape, strides := slices.Clone(t.shape), slices.Clone(t.strides)
	slices.Reverse(shape)
	slices.Reverse(strides)
	return t.view(shape, strides, 0)
}

// Diagonal replaces two axes by one, the last, that walks both together; its extent is the smaller
// one's, as in NumPy.
func (t *Tensor) Diagonal(axis1, axis2 int) (*Tensor, error) {
	named, err := axisSet("diagonal", []int{axis1, axis2}, t.Rank())
	if err != nil {
		return nil, err
	}
	shape, strides := []int{}, []int{}
	extent, stride := -1, 0
	for a, e := range t.shape {
		if !named[a] {
			shape, strides = append(shape, e), append(strides, t.strides[a])
			continue
		}
		if extent < 0 || e < extent {
			extent = e
		}
		stride += t.strides[a]
	}
	return t.view(append(shape, extent), append(strides, stride), 0), nil
}

// Flip runs the given axes backwards; without arguments, all.
func (t *Tensor) Flip(axes ...int) (*Tensor, error) {
	named, err := axisSet("flip", axes, t.Rank())
	if err != nil {
		return nil, err
	}
	strides, offset := slices.Clone(t.strides), 0
	for a, e := range t.shape {
		if (named[a] || len(axes) == 0) && e > 1 {
			offset += (e - 1) * strides[a]
			strides[a] = -strides[a]
		}
	}
	return t.view(slices.Clone(t.shape), strides, offset), nil
}
