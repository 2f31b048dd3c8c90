// Package fault marks errors that are einc's own: those that no input should bring about. It does not say what
// failed, and prints nothing.
package fault

import (
	"errors"
	"fmt"
)

// Error is a fault of einc.
type Error struct{ err error }

// Errorf is fmt.Errorf for a fault, whose text then begins with "internal error".
func Errorf(format string, args ...any) error {
	return &Error{fmt.Errorf("internal error: "+format, args...)}
}

// Error is the text.
func (e *Error) Error() string { return e.err.Error() }

// Unwrap is the cause, if there is one.
func (e *Error) Unwrap() error { return errors.Unwrap(e.err) }
