package planner

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ParsePath reads a contraction path of n operands in NumPy's list form, as
// "[(0, 1), (0, 1)]" or "['einsum_path', (1, 2), (0, 1)]": every tuple takes positions out of the list
// of tensors that are left and appends their product. It returns the pairs in SSA numbers (operands
// 0…n-1, then results) and, for tuples of more than two, the pairs that they stand for, to be run as
// one step. Tuples of one tensor are left out. Errors name the tuple.
func ParsePath(text string, n int) (path [][2]int, groups [][]int, err error) {
	tuples, err := readTuples(text, n)
	if err != nil {
		return nil, nil, err
	}
	left := newPlaces(2*n, n)
	next := n
	for t, tuple := range tuples {
		if path, next, err = left.apply(path, tuple, next); err != nil {
			return nil, nil, fmt.Errorf("einc: tuple %d of the path, %v: %w", t+1, tuple, err)
		}
		if size := len(tuple); size > 2 {
			groups = append(groups, countUp(len(path)-size+1, len(path)))
		}
	}
	if n > 0 && len(path) != n-1 {
		return nil, nil, fmt.Errorf("einc: the path leaves %d of %d tensors: its tuples must contract all of them into one", n-len(path), n)
	}
	return path, groups, nil
}

// apply takes the tensors at the positions of a tuple out of the list, lowest first, and appends their
// product.
func (f *places) apply(path [][2]int, tuple []int, next int) ([][2]int, int, error) {
	sorted := slices.Sorted(slices.Values(tuple))
	if len(slices.Compact(slices.Clone(sorted))) != len(sorted) {
		return nil, 0, errors.New("a position is given twice")
	}
	if last := sorted[len(sorted)-1]; last >= f.count {
		return nil, 0, fmt.Errorf("there is no position %d: those of what is left are 0 to %d", last, f.count-1)
	}
	slices.Reverse(sorted) // so that positions yet to come do not move
	taken := make([]int, len(sorted))
	for i, p := range sorted {
		taken[len(sorted)-1-i] = f.take(p)
	}
	if len(taken) == 1 {
		f.put(taken[0])
		return path, next, nil
	}
	for a := taken[0]; len(taken) > 1; taken = taken[1:] {
		path = append(path, [2]int{a, taken[1]})
		a = next
		next++
	}
	f.put(next - 1)
	return path, next, nil
}

// places is a list that tensors are taken out of by position in logarithmic time: a Fenwick tree over
// the slots in the order of arrival.
type places struct {
	sum    []int // of the slots that are full
	holds  []int // the SSA number in each slot
	count  int   // full slots
	used   int   // slots that ever were
	powers int   // the largest power of two not beyond the slots
}

// newPlaces has room for so many arrivals, the first n of which are the operands.
func newPlaces(room, n int) *places {
	f := &places{sum: make([]int, room+1), holds: make([]int, room), powers: 1}
	for f.powers*2 <= room {
		f.powers *= 2
	}
	for i := range n {
		f.put(i)
	}
	return f
}

// put appends a tensor. Tuples of one tensor can use slots without end, so room is made when there is
// none.
func (f *places) put(ssa int) {
	if f.used == len(f.holds) {
		f.grow()
	}
	f.holds[f.used] = ssa
	f.used++
	f.count++
	f.add(f.used, 1)
}

// grow moves what is left into a list twice as long.
func (f *places) grow() {
	var left []int
	for i, ssa := range f.holds {
		if f.prefix(i+1) > f.prefix(i) {
			left = append(left, ssa)
		}
	}
	g := newPlaces(2*len(left)+2, 0)
	for _, ssa := range left {
		g.put(ssa)
	}
	*f = *g
}

func (f *places) add(i, by int) {
	for ; i < len(f.sum); i += i & -i {
		f.sum[i] += by
	}
}

func (f *places) prefix(i int) int {
	s := 0
	for ; i > 0; i -= i & -i {
		s += f.sum[i]
	}
	return s
}

// take removes the tensor at position p and returns its SSA number.
func (f *places) take(p int) int {
	slot := 0
	for step := f.powers; step > 0; step /= 2 {
		if slot+step < len(f.sum) && f.sum[slot+step] <= p {
			slot += step
			p -= f.sum[slot]
		}
	}
	f.add(slot+1, -1)
	f.count--
	return f.holds[slot]
}

// readTuples scans the list. It takes parentheses and brackets alike, so that JSON is read too.
func readTuples(text string, n int) ([][]int, error) {
	s := pathScanner{text: text}
	if !s.next("[(") {
		return nil, s.fail("a path is a list of tuples, as [(0, 1), (0, 1)]")
	}
	if s.quoted() {
		s.next(",")
	}
	var tuples [][]int
	for !s.next("])") {
		if len(tuples) > 2*n {
			return nil, fmt.Errorf("einc: the path has more than %d tuples for %d tensors", 2*n, n)
		}
		t, err := s.tuple(n)
		if err != nil {
			return nil, err
		}
		tuples = append(tuples, t)
		if !s.next(",") && !s.peek("])") {
			return nil, s.fail("expected , or ]")
		}
	}
	if s.skip(); s.at < len(s.text) {
		return nil, s.fail("text after the end of the path")
	}
	return tuples, nil
}

// pathScanner reads tokens of a path.
type pathScanner struct {
	text string
	at   int
}

func (s *pathScanner) fail(why string) error {
	return fmt.Errorf("einc: cannot read the path at character %d: %s", s.at+1, why)
}

func (s *pathScanner) skip() {
	for s.at < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.at]) >= 0 {
		s.at++
	}
}

// peek reports whether one of the characters is next.
func (s *pathScanner) peek(any string) bool {
	s.skip()
	return s.at < len(s.text) && strings.IndexByte(any, s.text[s.at]) >= 0
}

// next is peek, and steps over the character.
func (s *pathScanner) next(any string) bool {
	ok := s.peek(any)
	if ok {
		s.at++
	}
	return ok
}

// quoted steps over NumPy's mark of a path, if it is there.
func (s *pathScanner) quoted() bool {
	s.skip()
	for _, mark := range []string{"'einsum_path'", `"einsum_path"`} {
		if strings.HasPrefix(s.text[s.at:], mark) {
			s.at += len(mark)
			return true
		}
	}
	return false
}

// tuple reads at most n numbers in parentheses or brackets.
func (s *pathScanner) tuple(n int) ([]int, error) {
	if !s.next("([") {
		return nil, s.fail("expected a tuple of positions, as (0, 1)")
	}
	var t []int
	for !s.next(")]") {
		v, err := s.position()
		if err != nil {
			return nil, err
		}
		if t = append(t, v); len(t) > n {
			return nil, s.fail(fmt.Sprintf("a tuple of more positions than the %d tensors", n))
		}
		if !s.next(",") && !s.peek(")]") {
			return nil, s.fail("expected , or )")
		}
	}
	if len(t) == 0 {
		return nil, s.fail("an empty tuple")
	}
	return t, nil
}

// position reads a number, at least 0.
func (s *pathScanner) position() (int, error) {
	s.skip()
	end := s.at
	for end < len(s.text) && s.text[end] >= '0' && s.text[end] <= '9' {
		end++
	}
	v, err := strconv.Atoi(s.text[s.at:end])
	if err != nil || end-s.at > 9 {
		return 0, s.fail("expected a position: a number, 0 or more")
	}
	s.at = end
	return v, nil
}

// FormatPath writes pairs in SSA numbers as NumPy takes them: np.einsum(…, optimize=PATH).
func FormatPath(path [][2]int, n int) string {
	var b strings.Builder
	b.WriteString("['einsum_path'")
	if n == 1 {
		b.WriteString(", (0,)")
	}
	// Results arrive in the order of their numbers, so a number is its own slot.
	f := newPlaces(n+len(path), n)
	for i, p := range path {
		x, y := f.prefix(p[0]), f.prefix(p[1])
		fmt.Fprintf(&b, ", (%d, %d)", min(x, y), max(x, y))
		f.add(p[0]+1, -1)
		f.add(p[1]+1, -1)
		f.put(n + i)
	}
	b.WriteString("]")
	return b.String()
}

// countUp lists the integers from a up to, but not including, b.
func countUp(a, b int) []int {
	s := make([]int, b-a)
	for i := range s {
		s[i] = a + i
	}
	return s
}
