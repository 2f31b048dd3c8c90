package einc

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// dumpVariable is the environment variable that prints stages of every compilation in any program
// that uses einc: a comma list of stage names, "all", or "dir:PATH" to write numbered files there.
// It is read here and nowhere else.
const dumpVariable = "EINCDUMP"

// dump prints what the environment asks for. It never fails a compilation: trouble goes to stderr too.
func (c *compilation) dump(v *variant) {
	want := os.Getenv(dumpVariable)
	if want == "" {
		return
	}
	if err := c.dumpTo(want, v); err != nil {
		fmt.Fprintf(os.Stderr, "einc: %s=%s: %v\n", dumpVariable, want, err)
	}
}

func (c *compilation) dumpTo(want string, v *variant) error {
	dir, files := strings.CutPrefix(want, "dir:")
	stages := strings.Split(want, ",")
	if files || want == "all" {
		stages = nil
	}
	c.watch = append(c.watch, v.watch...)
	e, err := c.explain(context.Background(), stages)
	if err != nil {
		return err
	}
	if !files {
		_, err = fmt.Fprintln(os.Stderr, e)
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	base := strings.TrimPrefix(v.unit.Symbols[0], "einc_")
	for i, s := range e {
		name := filepath.Join(dir, fmt.Sprintf("%s-%02d-%s.txt", base, i+1, s.Name))
		if err := os.WriteFile(name, []byte(s.Text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
