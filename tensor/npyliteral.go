package tensor

import (
	"strconv"
	"strings"
)

// literal reads the few forms of Python literals that headers are made of. The first error sticks,
// and everything read after it is empty.
type literal struct {
	text string
	pos  int
	err  *Error
}

func (l *literal) failAt(pos int, format string, args ...any) {
	if l.err == nil {
		l.err = bad("header, byte %d: "+format, append([]any{pos}, args...)...)
		l.pos = len(l.text)
	}
}

// skip passes the white space that Python allows between tokens.
func (l *literal) skip() {
	for l.pos < len(l.text) && strings.IndexByte(" \t\n\r\f", l.text[l.pos]) >= 0 {
		l.pos++
	}
}

func (l *literal) peek(c byte) bool {
	l.skip()
	return l.pos < len(l.text) && l.text[l.pos] == c
}

func (l *literal) accept(c byte) bool {
	if !l.peek(c) {
		return false
	}
	l.pos++
	return true
}

func (l *literal) expect(c byte) {
	if !l.accept(c) {
		l.failAt(l.pos, "expected %q", c)
	}
}

// end demands that only padding follows.
func (l *literal) end() {
	l.skip()
	if l.pos < len(l.text) {
		l.failAt(l.pos, "unexpected %q after the dictionary", l.text[l.pos])
	}
}

// quoted reads a string without escapes, which no legal header needs.
func (l *literal) quoted() string {
	l.skip()
	if l.pos == len(l.text) || l.text[l.pos] != '\'' && l.text[l.pos] != '"' {
		l.failAt(l.pos, "expected a string")
		return ""
	}
	quote, from := l.text[l.pos], l.pos+1
	n := strings.IndexByte(l.text[from:], quote)
	if n < 0 || strings.ContainsAny(l.text[from:from+n], "\\\n\r") {
		l.failAt(l.pos, "a string that does not end, or with an escape")
		return ""
	}
	l.pos = from + n + 1
	return l.text[from : from+n]
}

// descr reads the element type, and refuses the list that describes a structured one.
func (l *literal) descr() string {
	if l.peek('[') || l.peek('(') {
		l.failAt(l.pos, "structured elements are not taken: save one field, as in a['x']")
		if l.err.Code == ErrFormat {
			l.err.Code = ErrForeign
		}
		return ""
	}
	return l.quoted()
}

// word reads letters, digits, underscores and signs.
func (l *literal) word() string {
	l.skip()
	from := l.pos
	for l.pos < len(l.text) {
		c := l.text[l.pos]
		if c != '_' && c != '-' && c != '+' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			break
		}
		l.pos++
	}
	return l.text[from:l.pos]
}

func (l *literal) boolean() bool {
	l.skip()
	at := l.pos
	switch l.word() {
	case "True":
		return true
	case "False":
	default:
		l.failAt(at, "expected True or False")
	}
	return false
}

// tuple reads a tuple of integers. One in parentheses without a comma is no tuple to Python.
func (l *literal) tuple() []int {
	shape := []int{}
	at := l.pos
	l.expect('(')
	comma := true
	for l.err == nil && !l.accept(')') {
		if !comma {
			l.failAt(l.pos, "expected ',' or ')'")
			break
		}
		shape = append(shape, l.extent())
		comma = l.accept(',')
	}
	if len(shape) == 1 && !comma {
		l.failAt(at, "a shape of one axis needs a comma: (%d,)", shape[0])
	}
	return shape
}

// extent reads a decimal integer; Python 2 wrote an L after long ones.
func (l *literal) extent() int {
	l.skip()
	at := l.pos
	w := strings.TrimSuffix(l.word(), "L")
	digits := strings.TrimPrefix(w, "-")
	plain := digits != "" && strings.Trim(digits, "0123456789") == "" && (digits[0] != '0' || digits == "0")
	if !plain {
		l.failAt(at, "expected an extent")
		return 0
	}
	n, err := strconv.Atoi(w)
	if err != nil {
		l.failAt(at, "extent %s exceeds every limit", w)
		if l.err.Code == ErrFormat {
			l.err.Code = ErrSize
		}
	}
	return n
}
