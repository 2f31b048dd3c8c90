package parser

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Span is a half-open range of bytes of the source text.
type Span struct{ Start, End int }

// to is the span from the start of s to the end of t.
func (s Span) to(t Span) Span { return Span{s.Start, t.End} }

// Error says what is wrong with an expression, where, and what to do about it. Every error of Parse,
// ParseSublists and Bind is one.
type Error struct {
	Code Code
	Src  string
	Span Span   // the place; all of Src if it is none in particular
	Aux  Span   // the other place it disagrees with; empty if there is none
	Msg  string // one line, no trailing dot
	Hint string // the way out, or empty
}

// Error is one line: the message and the code.
func (e *Error) Error() string { return "einc: " + e.Msg + " [" + string(e.Code) + "]" }

// Detail is Error with the source below it, carets under both places, and the hint. It ends without a
// newline.
func (e *Error) Detail() string {
	var b strings.Builder
	b.WriteString(e.Error())
	for _, block := range excerpts(e.Src, e.Span, e.Aux) {
		b.WriteByte('\n')
		b.WriteString(block)
	}
	if e.Hint != "" {
		b.WriteString("\n    hint: " + e.Hint)
	}
	return b.String()
}

// source makes errors about a text.
type source string

func (s source) fail(code Code, at Span, format string, args ...any) *Error {
	return &Error{Code: code, Src: string(s), Span: at, Msg: fmt.Sprintf(format, args...)}
}

func (e *Error) aux(s Span) *Error { e.Aux = s; return e }

func (e *Error) hint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// hintIf adds the hint unless it is empty.
func (e *Error) hintIf(s string) *Error {
	if s != "" {
		e.Hint = s
	}
	return e
}

// quote puts a name or an excerpt into a message: in single quotes, escaped, and cut if long.
func quote(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most-1]) + "…"
	}
	q := strconv.Quote(s)
	return "'" + strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`) + "'"
}

// list joins quoted names, at most eight of them.
func list(names []string) string {
	var b strings.Builder
	for i, n := range names {
		if i == 8 {
			b.WriteString(", …")
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quote(n))
	}
	return b.String()
}

// plural is "1 thing" or "2 things".
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// indices is "1 index" or "2 indices".
func indices(n int) string {
	if n == 1 {
		return "1 index"
	}
	return strconv.Itoa(n) + " indices"
}
