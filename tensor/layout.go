package tensor

import (
	"fmt"
	"strconv"
	"strings"
)

// How much Storage shows.
const (
	storageRows  = 32      // rows of the table
	seenBy       = 6       // logical elements named in a row
	searchBudget = 1 << 14 // steps in the search for them
)

// Storage shows t's storage as it lies in memory, a row for each element of it: its number, its byte,
// its value, and the elements of the view that it is. Views of one tensor show the same storage under
// other strides, which is all that Unsqueeze, Expand or Permute change. Of long storage the part around
// the view's first element is shown.
func (t *Tensor) Storage() string {
	var b strings.Builder
	size, n := t.dtype.Size(), t.elements()
	fmt.Fprintf(&b, "%s view of shape %s: strides %s in elements, %s in bytes; offset %d\n",
		t.dtype, tuple(t.shape), tuple(t.strides), tuple(scaled(t.strides, size)), t.offset)
	fmt.Fprintf(&b, "%s in storage of %s, %s\n", plural(t.length, "element"), plural(n, "element"), plural(len(t.store.bytes), "byte"))
	if n == 0 {
		return b.String()
	}
	first, rows := t.window(n)
	texts := t.storedTexts(first, rows)
	width := max(len("value"), len(texts[0]))
	fmt.Fprintf(&b, "%9s %9s  %*s  seen as\n", "element", "byte", width, "value")
	ellipsis(&b, first, "before")
	for i, text := range texts {
		line := fmt.Sprintf("%9d %9d  %*s  %s", first+i, (first+i)*size, width, text, t.seenAs(first+i))
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	ellipsis(&b, n-first-rows, "after")
	return b.String()
}

func scaled(strides []int, size int) []int {
	out := make([]int, len(strides))
	for axis, s := range strides {
		out[axis] = s * size
	}
	return out
}

func plural(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

func ellipsis(b *strings.Builder, n int, where string) {
	if n > 0 {
		fmt.Fprintf(b, "%9s  %s %s\n", "…", plural(n, "element"), where)
	}
}

// window chooses the rows to show: all, or some around the first element of the view.
func (t *Tensor) window(n int) (first, rows int) {
	rows = min(n, storageRows)
	lo, hi, _ := reach(t.shape, t.strides)
	lo, hi = t.offset+lo, t.offset+hi
	if hi-lo < rows {
		return min(lo, n-rows), rows
	}
	return min(max(lo, t.offset-rows/2), n-rows), rows
}

// storedTexts formats stored elements as a column.
func (t *Tensor) storedTexts(first, n int) []string {
	stored := newTensor(t.store, t.dtype, []int{n}, []int{1}, first, n)
	return t.dtype.columnTexts(stored)
}

// seenAs names the elements of the view that one stored element is: none, one, or many where a stride
// is 0.
func (t *Tensor) seenAs(element int) string {
	if t.length == 0 {
		return "-"
	}
	s := &search{t: t, index: make([]int, t.Rank()), budget: searchBudget}
	s.lo, s.hi = make([]int, t.Rank()+1), make([]int, t.Rank()+1)
	for a := t.Rank() - 1; a >= 0; a-- {
		d := (t.shape[a] - 1) * t.strides[a]
		s.lo[a], s.hi[a] = s.lo[a+1]+min(0, d), s.hi[a+1]+max(0, d)
	}
	s.from(0, element-t.offset)
	switch {
	case s.more:
		return strings.Join(append(s.found, "…"), " ")
	case len(s.found) == 0:
		return "-"
	}
	return strings.Join(s.found, " ")
}

// search finds the indices whose strides add up to a distance, in row-major order.
type search struct {
	t      *Tensor
	lo, hi []int // what the axes from a on can add up to
	index  []int
	found  []string
	more   bool // stopped early
	budget int
}

// from tries the positions of an axis that leave the later axes a distance they can reach.
func (s *search) from(axis, distance int) {
	if axis == len(s.index) {
		if len(s.found) == seenBy {
			s.more = true
			return
		}
		s.found = append(s.found, "["+strings.Trim(tuple(s.index), "(,)")+"]")
		return
	}
	first, last := s.positions(axis, distance)
	for i := first; i <= last && !s.more; i++ {
		if s.budget--; s.budget < 0 {
			s.more = true
			return
		}
		s.index[axis] = i
		s.from(axis+1, distance-i*s.t.strides[axis])
	}
}

// positions are those of an axis for which lo ≤ distance − i·stride ≤ hi of the axes after it.
func (s *search) positions(axis, distance int) (first, last int) {
	stride, last := s.t.strides[axis], s.t.shape[axis]-1
	a, b := distance-s.hi[axis+1], distance-s.lo[axis+1] // a ≤ i·stride ≤ b
	switch {
	case stride == 0 && (a > 0 || b < 0):
		return 1, 0
	case stride == 0:
		return 0, last
	case stride < 0:
		stride, a, b = -stride, -b, -a
	}
	return max(0, ceilDiv(a, stride)), min(last, floorDiv(b, stride))
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func ceilDiv(a, b int) int { return -floorDiv(-a, b) }
