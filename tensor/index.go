package tensor

import "math"

// Item is one entry of an index: an At, a Span, or a Mark.
type Item interface{ item() }

// At is a position on an axis, which the view loses. Negative ones count from the end.
type At int

// Span takes positions Start, Start+Step, … before Stop. Start and Stop are clamped to the axis and
// count from its end if negative; Open leaves one to the step: the beginning and the end for a
// positive step, the last element and beyond the first for a negative one. A Step of Open is 1.
type Span struct{ Start, Stop, Step int }

// Open is an end of a Span that is not given, as in Python's [::-1].
const Open = math.MinInt

// Mark is an Item without numbers.
type Mark uint8

// The marks.
const (
	All      Mark = iota // one whole axis, as a bare colon
	NewAxis              // a new axis of extent 1 and stride 0
	Ellipsis             // as many whole axes as are left; at most once, and at the end if not given
)

func (At) item()   {}
func (Span) item() {}
func (Mark) item() {}

// Slice is the Span from start to before stop.
func Slice(start, stop, step int) Span { return Span{start, stop, step} }

// resolve gives the first position and the number of positions on an axis. The step is not 0.
func (s Span) resolve(extent int) (first, n, step int) {
	step = s.Step
	if step == Open {
		step = 1
	}
	lo, hi := 0, extent // the ends that positions are clamped to
	start, stop := lo, hi
	if step < 0 {
		lo, hi = -1, extent-1
		start, stop = hi, lo
	}
	if s.Start != Open {
		start = clamp(s.Start, extent, lo, hi)
	}
	if s.Stop != Open {
		stop = clamp(s.Stop, extent, lo, hi)
	}
	switch {
	case step > 0 && start < stop:
		n = (stop-start-1)/step + 1
	case step < 0 && start > stop:
		n = (start-stop-1)/-step + 1
	}
	return start, n, step
}

func clamp(i, extent, lo, hi int) int {
	if i < 0 {
		i += extent
	}
	return min(max(i, lo), hi)
}

// indexing builds the view that an index selects, item by item.
type indexing struct {
	t       *Tensor
	axis    int // the next axis of t
	offset  int
	shape   []int
	strides []int
}

// Index selects a view as NumPy's basic indexing does. It fails with ErrIndex for positions outside
// their axis, too many items, two Ellipsis or a step of 0.
func (t *Tensor) Index(items ...Item) (*Tensor, error) {
	spare, err := t.spareAxes(items)
	if err != nil {
		return nil, err
	}
	x := &indexing{t: t, shape: []int{}, strides: []int{}}
	for _, it := range items {
		if err := x.take(it, spare); err != nil {
			return nil, err
		}
	}
	for x.axis < t.Rank() {
		x.keep()
	}
	if len(x.shape) > MaxRank {
		return nil, fail("index", ErrRank, "%d axes: the limit is %d", len(x.shape), MaxRank)
	}
	return t.view(x.shape, x.strides, x.offset), nil
}

// spareAxes is the number of axes that an Ellipsis stands for.
func (t *Tensor) spareAxes(items []Item) (int, *Error) {
	spare, dots := t.Rank(), 0
	for k, it := range items {
		switch it {
		case NewAxis:
		case Ellipsis:
			dots++
		case nil:
			return 0, fail("index", ErrIndex, "item %d is nil: use All for a whole axis", k)
		default:
			spare--
		}
	}
	if dots > 1 {
		return 0, fail("index", ErrIndex, "%d times Ellipsis: which axes each stands for is open; use it once", dots)
	}
	if spare < 0 {
		return 0, fail("index", ErrIndex, "%d items that each take an axis, the tensor has %d axes", t.Rank()-spare, t.Rank())
	}
	return spare, nil
}

func (x *indexing) take(it Item, spare int) *Error {
	switch it := it.(type) {
	case At:
		at, err := position("index", x.axis, int(it), x.t.shape[x.axis])
		if err != nil {
			return err
		}
		x.offset += at * x.t.strides[x.axis]
		x.axis++
	case Span:
		return x.span(it)
	case Mark:
		return x.mark(it, spare)
	}
	return nil
}

func (x *indexing) mark(m Mark, spare int) *Error {
	switch m {
	case All:
		x.keep()
	case NewAxis:
		x.shape, x.strides = append(x.shape, 1), append(x.strides, 0)
	case Ellipsis:
		for range spare {
			x.keep()
		}
	default:
		return fail("index", ErrIndex, "mark number %d does not exist: use All, NewAxis or Ellipsis", m)
	}
	return nil
}

func (x *indexing) keep() {
	x.shape, x.strides = append(x.shape, x.t.shape[x.axis]), append(x.strides, x.t.strides[x.axis])
	x.axis++
}

func (x *indexing) span(s Span) *Error {
	if s.Step == 0 {
		return fail("index", ErrIndex, "a step of 0 on axis %d: use 1, or Expand to repeat an element", x.axis)
	}
	first, n, step := s.resolve(x.t.shape[x.axis])
	stride := x.t.strides[x.axis]
	if n > 0 {
		x.offset += first * stride
	}
	if n > 1 { // otherwise the step may be as large as an int is, and does not matter
		stride *= step
	}
	x.shape, x.strides = append(x.shape, n), append(x.strides, stride)
	x.axis++
	return nil
}
