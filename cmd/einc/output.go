package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/einc-lang/einc"
	"golang.org/x/term"
)

// stdout is the name of standard output where a file may be given.
const stdout = "-"

// printJSON prints one object on one line, with the arrows of expressions as they are.
func printJSON(v any) error {
	e := json.NewEncoder(os.Stdout)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// writeFile writes a file as a whole, or to standard output.
func writeFile(path string, data []byte) error {
	if path == stdout {
		_, err := os.Stdout.Write(data)
		return err
	}
	return einc.WriteFile(path, data)
}

// refuseBinary keeps what is no text from a terminal.
func refuseBinary(path, what string) error {
	if path == stdout && term.IsTerminal(int(os.Stdout.Fd())) {
		return usageError{fmt.Errorf("%s is no text for a terminal: name a file with -o", what)}
	}
	return nil
}

// inFile says what file an error is about, unless it does so itself.
func inFile(path string, err error) error {
	var names *fs.PathError
	if errors.As(err, &names) {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// keeper keeps the first error of a writer from those who look at none, as what prints help does.
type keeper struct {
	w   io.Writer
	err error
}

func (k *keeper) Write(p []byte) (int, error) {
	if k.err == nil {
		_, k.err = k.w.Write(p)
	}
	return len(p), nil
}
