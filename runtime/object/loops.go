package object

import (
	"fmt"
	"math"
	"math/bits"
)

// MaxLoops bounds the loops of an Object, and maxDepth how many may be around one launch.
const (
	MaxLoops = 1 << 20
	maxDepth = 1 << 10
	farthest = MaxBytes * (MaxRank + 1) // of what may be moved: no axis of a parameter spans more than MaxBytes
)

// checkLoops reports loops that are not nested, and moves that leave what their pointer points into.
func (o *Object) checkLoops() error {
	if len(o.Loops) > MaxLoops {
		return fmt.Errorf("%d loops; the limit is %d", len(o.Loops), MaxLoops)
	}
	var open []int
	for i := range o.Loops {
		l := &o.Loops[i]
		for len(open) > 0 && o.Loops[open[len(open)-1]].End <= l.First {
			open = open[:len(open)-1]
		}
		if err := o.checkLoop(l, i, open); err != nil {
			return fmt.Errorf("loop %d: %w", i, err)
		}
		if open = append(open, i); len(open) > maxDepth {
			return fmt.Errorf("loop %d is within %d others", i, maxDepth)
		}
	}
	for i, l := range o.Launches {
		if err := o.checkAdvance(i, &l); err != nil {
			return fmt.Errorf("launch %d advances with loop %d, %w", i, l.Advance-1, err)
		}
		for j, a := range l.Args {
			if err := o.checkMoves(i, a); err != nil {
				return fmt.Errorf("launch %d, argument %d: %w", i, j, err)
			}
		}
	}
	return nil
}

// around tells whether a launch is inside the loop.
func (l *Loop) around(launch int) bool { return launch >= l.First && launch < l.End }

// checkAdvance bounds the tasks that a loop moves a launch on to, where their number is known.
func (o *Object) checkAdvance(i int, l *Launch) error {
	if l.Advance == 0 {
		return nil
	}
	if l.Advance < 0 || l.Advance > len(o.Loops) || !o.Loops[l.Advance-1].around(i) {
		return fmt.Errorf("which is not around it")
	}
	by := &o.Loops[l.Advance-1]
	if by.Begin != 0 || by.Step != 1 {
		return fmt.Errorf("whose items are not its positions")
	}
	if hi, all := bits.Mul64(uint64(l.Tasks), uint64(by.Count)); hi != 0 || all > uint64(math.MaxInt64-l.First) {
		return fmt.Errorf("to more tasks than can be counted")
	}
	return nil
}

func (o *Object) checkLoop(l *Loop, i int, open []int) error {
	switch {
	case l.First < 0 || l.End <= l.First || l.End > len(o.Launches):
		return fmt.Errorf("around launches %d to %d of %d", l.First, l.End-1, len(o.Launches))
	case l.CountDim != 0 && (l.Parallel || l.Count != 0 || o.checkEntry(l.CountDim) != nil):
		return fmt.Errorf("its count of positions is entry %d of %d dims", l.CountDim-1, len(o.Dims))
	case l.CountDim != 0 && len(open) > 0 && o.Loops[open[0]].Parallel: // whose workers share what a call's loops change
		return fmt.Errorf("its count is an entry of dims, and it is inside a parallel loop")
	case l.Begin < 0 || l.Step < 1 || l.Begin > MaxBytes || l.Step > MaxBytes || l.Count < 1 && l.CountDim == 0 || l.Count > MaxBytes/l.Step:
		return fmt.Errorf("%d positions, %d items apart from item %d on", l.Count, l.Step, l.Begin)
	case i > 0 && l.First < o.Loops[i-1].First:
		return fmt.Errorf("it begins before the loop before it does")
	case len(open) > 0 && l.End > o.Loops[open[len(open)-1]].End:
		return fmt.Errorf("it ends outside the loop around it")
	case len(open) > 0 && l.Parallel:
		return fmt.Errorf("it is parallel and inside another loop")
	}
	return nil
}

// checkMoves bounds where loops move an argument. What strides at run time move is checked by the caller of
// the kernel, as all that depends on them.
func (o *Object) checkMoves(launch int, a Arg) error {
	if len(a.Moves) == 0 {
		return nil
	}
	lo, hi := a.Offset, a.Offset
	dynamic := false
	for _, m := range a.Moves {
		if m.Loop < 0 || m.Loop >= len(o.Loops) || !o.Loops[m.Loop].around(launch) {
			return fmt.Errorf("it moves with loop %d, which is not around it", m.Loop)
		}
		if m.Dim != NoDim && (m.Dim < 0 || m.Dim >= len(o.Dims)) {
			return fmt.Errorf("it moves by dims[%d] of %d", m.Dim, len(o.Dims))
		}
		l := &o.Loops[m.Loop]
		dynamic = dynamic || m.Dim != NoDim || l.CountDim != 0
		first, ok := product(m.Bytes, l.Begin)
		last, ok2 := product(m.Bytes, l.Begin+max(l.Count-1, 0)*l.Step)
		lo, hi = lo+min(first, last), hi+max(first, last)
		if !ok || !ok2 || lo < -farthest || hi > farthest {
			return fmt.Errorf("it moves by more than %d bytes", int64(MaxBytes))
		}
	}
	if dynamic {
		return nil
	}
	for _, at := range [2]int64{lo, hi} {
		if err := o.checkArea(Arg{Area: a.Area, Index: a.Index, Offset: at}); err != nil {
			return fmt.Errorf("as it moves: %w", err)
		}
	}
	return nil
}

// product is a·n for n ≥ 0, if it is within MaxBytes.
func product(a, n int64) (int64, bool) {
	mag := uint64(a)
	if a < 0 {
		mag = -mag
	}
	if hi, lo := bits.Mul64(mag, uint64(n)); hi != 0 || lo > MaxBytes {
		return 0, false
	}
	return a * n, true
}

// text is the loop as summaries show it.
func (l *Loop) text() string {
	s := fmt.Sprintf("launches %d to %d × %s positions, %d items apart", l.First, l.End-1, number(l.Count, l.CountDim), l.Step)
	if l.Begin != 0 {
		s += fmt.Sprintf(" from %d on", l.Begin)
	}
	if l.Parallel {
		s += ", in parallel"
	}
	return s
}
