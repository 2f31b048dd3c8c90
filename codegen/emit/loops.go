package emit

import (
	"fmt"
	"math/bits"

	"github.com/einc-lang/einc/runtime/object"
)

// part is a launch, or a loop around parts.
type part struct {
	launch int
	loop   int // -1 for a launch
	body   []part
}

// partsOf is an object's launches in their loops.
func partsOf(o *object.Object) []part {
	next := 0
	return parts(o, 0, len(o.Launches), &next)
}

// parts nests the launches lo…hi-1, of which loops from number next on take some.
func parts(o *object.Object, lo, hi int, next *int) (body []part) {
	for lo < hi {
		if *next == len(o.Loops) || o.Loops[*next].First > lo {
			body = append(body, part{launch: lo, loop: -1})
			lo++
			continue
		}
		p, l := part{loop: *next}, o.Loops[*next]
		*next++
		p.body = parts(o, l.First, l.End, next)
		body = append(body, p)
		lo = l.End
	}
	return body
}

// stages is how many launches a caller with threads of its own makes of parts, one after the other: a
// parallel loop is one, whose tasks are its positions; other loops repeat what is in them.
func stages(o *object.Object, body []part) (n int64, err error) {
	for _, p := range body {
		more := int64(1)
		if p.loop >= 0 && !o.Loops[p.loop].Parallel {
			if more, err = stages(o, p.body); err != nil {
				return 0, err
			}
			hi, lo := bits.Mul64(uint64(more), uint64(o.Loops[p.loop].Count))
			if more = int64(lo); hi != 0 || lo > maxStages {
				more = maxStages + 1
			}
		}
		if n += more; n > maxStages {
			return 0, fmt.Errorf("the plan's loops make more than %d launches", int64(maxStages))
		}
	}
	return n, nil
}

// maxStages keeps sums of two counts in range.
const maxStages = 1 << 61
