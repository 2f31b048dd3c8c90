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
	switch {
	case errors.As(err, &usage), strings.HasPrefix(err.Error(), "unknown command"):
		return exitUsage
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case einc.IsMissing(err):
		return exitMissing
	case einc.IsBudget(err):
		return exitBudget
	case errors.As(err, &path), errors.As(err, &link), errors.Is(err, io.ErrShortWrite):
		return exitIO
	case einc.IsInternal(err):
		return exitInternal
	}
	return exitInput
}

// report prints an error, with the source and carets if it has a place.
func report(w io.Writer, err error, code int) {
	var where *parser.Error
	if errors.As(err, &where) {
		fmt.Fprintln(w, strings.TrimRight(where.Detail(), "\n"))
		return
	}
	if code == exitInterrupted {
		fmt.Fprintln(w, "einc: interrupted")
		return
	}
	fmt.Fprintf(w, "einc: %s\n", strings.TrimPrefix(err.Error(), "einc: "))
	if code == exitInternal {
		fmt.Fprintln(w, "This is a fault in einc: please report it with the command line above.")
	}
}
