package tensor

import (
	"fmt"
	"strconv"
	"strings"
)

// Code classifies an error. A Code is itself an error, for errors.Is(err, tensor.ErrSize).
type Code string

// The codes.
const (
	ErrRank    Code = "rank-limit"      // more than MaxRank axes
	ErrSize    Code = "size-limit"      // more than MaxBytes bytes, or a product that overflows
	ErrMemory  Code = "out-of-memory"   // within the limits, but more than this machine has
	ErrExtent  Code = "bad-extent"      // a negative extent
	ErrLength  Code = "length-mismatch" // the data has not as many elements as the shape
	ErrDType   Code = "bad-dtype"       // an unknown element type, or one that the operation does not take
	ErrAxis    Code = "bad-axis"        // an axis that is not there, or is named twice
	ErrIndex   Code = "bad-index"       // a position outside an axis, or too many of them
	ErrShape   Code = "shape-mismatch"  // shapes that do not go together
	ErrCopy    Code = "needs-copy"      // the result cannot be a view
	ErrAlign   Code = "misaligned"      // data that does not begin at a multiple of its element's alignment
	ErrFormat  Code = "bad-npy"         // not a .npy file, or a damaged one
	ErrForeign Code = "foreign-npy"     // a sound .npy file of a kind einc does not take
)

// Error is the code's text.
func (c Code) Error() string { return string(c) }

// Error tells what was refused, where, and what would be accepted.
type Error struct {
	Code Code
	Op   string // the operation, as in "reshape"
	Msg  string
}

// Error is one line: operation, message and code.
func (e *Error) Error() string { return e.Op + ": " + e.Msg + " [" + string(e.Code) + "]" }

// Unwrap gives the code, so that errors.Is finds it.
func (e *Error) Unwrap() error { return e.Code }

func fail(op string, c Code, format string, args ...any) *Error {
	return &Error{Code: c, Op: op, Msg: fmt.Sprintf(format, args...)}
}

// tuple writes a shape as Python does, which is how users see shapes elsewhere.
func tuple(shape []int) string {
	var b strings.Builder
	b.WriteByte('(')
	for i, e := range shape {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(e))
	}
	if len(shape) == 1 {
		b.WriteByte(',')
	}
	b.WriteByte(')')
	return b.String()
}
