package parser

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// EllipsisLabel is the type of Ellipsis.
type EllipsisLabel struct{}

// Ellipsis is "..." in a sublist.
var Ellipsis EllipsisLabel

// maxNumPyLabel is the largest label of a sublist in NumPy: 26 upper and 26 lower case letters.
const maxNumPyLabel = 51

// ParseSublists reads numpy.einsum's interleaved form: one list of labels an operand, and one for the
// output, nil for the implicit one. A label is an integer, or Ellipsis. ModeAuto and ModeNumPy allow
// 0 to 51, the other modes any that is not negative. An implicit output is in numeric order.
func ParseSublists(inputs [][]any, out []any, mode Mode) (*Program, error) {
	if mode > ModeEinstein {
		mode = ModeAuto
	}
	s := &sublists{mode: mode}
	s.source = source(sublistText(inputs, out))
	s.makeRoom(min(len(inputs), MaxOperands), 0)
	if len(inputs) == 0 {
		return nil, s.fail(CodeNoOperands, Span{}, "there are no operands")
	}
	for i, in := range inputs {
		if i > 0 {
			s.pos += len(",")
		}
		term, err := s.read(in)
		if err != nil {
			return nil, err
		}
		s.add(&term)
		if err := s.countTerms(); err != nil {
			return nil, err
		}
	}
	if out != nil {
		s.arrow = Span{s.pos, s.pos + len("->")}
		s.pos = s.arrow.End
		var err error
		if s.out, err = s.read(out); err != nil {
			return nil, err
		}
	}
	s.x.Src, s.x.Mode, s.x.Notation = string(s.source), mode, Sublists
	return s.finish(func(a, b LabelID) int { return s.number(a) - s.number(b) })
}

// sublists reads labels beside the text that is shown for them.
type sublists struct {
	equation
	mode Mode
	pos  int
}

// number is the value of a label: names are decimal.
func (s *sublists) number(id LabelID) int {
	n, _ := strconv.Atoi(s.list[id])
	return n
}

// sublistText is what messages show: [0,1],[1,2]->[0,2].
func sublistText(inputs [][]any, out []any) string {
	var b strings.Builder
	for i, in := range inputs {
		if i > 0 {
			b.WriteByte(',')
		}
		writeSublist(&b, in)
	}
	if out != nil {
		b.WriteString("->")
		writeSublist(&b, out)
	}
	return b.String()
}

func writeSublist(b *strings.Builder, labels []any) {
	b.WriteByte('[')
	for i, l := range labels {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(labelText(l))
	}
	b.WriteByte(']')
}

func labelText(l any) string {
	if _, ok := l.(EllipsisLabel); ok {
		return "..."
	}
	if n, ok := l.(string); ok {
		return strconv.Quote(n)
	}
	return fmt.Sprint(l)
}

// read takes one list, whose text begins at pos.
func (s *sublists) read(labels []any) (Ref, error) {
	term := Ref{Span: Span{s.pos, s.pos}}
	s.pos++
	for i, l := range labels {
		if i > 0 {
			s.pos++
		}
		at := Span{s.pos, s.pos + len(labelText(l))}
		s.pos = at.End
		var err error
		if _, ok := l.(EllipsisLabel); ok {
			err = s.ellipsis(&term, at)
		} else {
			err = s.numbered(&term, l, at)
		}
		if err != nil {
			return term, err
		}
	}
	s.pos++
	term.Span.End = s.pos
	return term, nil
}

func (s *sublists) numbered(term *Ref, l any, at Span) error {
	n, ok := integer(l)
	switch {
	case !ok:
		return s.fail(CodeSublistRange, at, "a label of a sublist is an int or Ellipsis, not %T %s", l, quote(labelText(l)))
	case n < 0:
		return s.fail(CodeSublistRange, at, "label %d is negative", n)
	case n > maxNumPyLabel && s.mode != ModeIndex && s.mode != ModeEinstein:
		return s.fail(CodeSublistRange, at, "label %d is not between 0 and %d", n, maxNumPyLabel).
			hint("mode index allows any label that is not negative")
	}
	return s.label(term, strconv.Itoa(n), at)
}

// integer converts the integer types that fit an int.
func integer(l any) (int, bool) {
	switch v := l.(type) {
	case int:
		return v, true
	case int8:
		return int(v), true
	case int16:
		return int(v), true
	case int32:
		return int(v), true
	case int64:
		return int(v), true
	case uint8:
		return int(v), true
	case uint16:
		return int(v), true
	case uint32:
		return int(v), true
	case uint:
		return int(v), v <= math.MaxInt
	case uint64:
		return int(v), v <= math.MaxInt
	}
	return 0, false
}
