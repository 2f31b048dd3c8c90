package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/parser"
)

// The exit codes.
const (
	exitOK          = 0
	exitInput       = 1
	exitUsage       = 2
	exitMissing     = 3
	exitBudget      = 4
	exitIO          = 5
	exitInternal    = 70
	exitInterrupted = 130
)

// usageError is a command line that cannot be understood.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func exitCode(err error) int {
	var usage usageError
	var path *fs.PathError
	var link *os.LinkError
	var system *os.SyscallError
	switch {
	case errors.As(err, &usage), einc.IsOption(err), strings.HasPrefix(err.Error(), "unknown command"):
		return exitUsage
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case einc.IsMissing(err):
		return exitMissing
	case einc.IsBudget(err):
		return exitBudget
	case errors.As(err, &path), errors.As(err, &link), errors.As(err, &system), errors.Is(err, io.ErrShortWrite):
		return exitIO
	case einc.IsInternal(err):
		return exitInternal
	}
	return exitInput
}

// detail is the text of an error. If it is about a place in an expression, the source and carets follow, and what
// wraps it stays in front.
func detail(err error) string {
	const prefix = "einc: "
	text := strings.ReplaceAll(strings.TrimPrefix(err.Error(), prefix), ": "+prefix, ": ")
	var where *parser.Error
	if errors.As(err, &where) {
		text = strings.Replace(text, strings.TrimPrefix(where.Error(), prefix), strings.TrimPrefix(where.Detail(), prefix), 1)
	}
	return text
}

// report prints an error.
func report(w io.Writer, err error, code int) {
	if code == exitInterrupted && !einc.IsBudget(err) {
		fmt.Fprintln(w, "einc: interrupted")
		return
	}
	fmt.Fprintf(w, "einc: %s\n", detail(err))
	if code == exitInternal {
		fmt.Fprintln(w, "This is a fault in einc: please report it with the command line above.")
	}
}
