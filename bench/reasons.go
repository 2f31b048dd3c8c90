package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

type reason struct {
	pattern *regexp.Regexp
	text    string
	code    []string
}

// reasons numbers the reasons that a page gives, in the order in which they are met.
type reasons struct {
	known []*reason
	cited []*reason
}

// reasons reads why bars are missed on the machine whose results are kept: a line of reasons.txt has a pattern of rows, a tab, and the
// reason. A pattern stands for "suite/row type class", with * for any text; the first that fits counts. Lines that begin with a tab are
// code that shows the reason above.
func (s store) reasons() (*reasons, error) {
	text, err := os.ReadFile(filepath.Join(string(s), "reasons.txt"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return parseReasons(string(text))
}

func parseReasons(text string) (*reasons, error) {
	x := &reasons{}
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if strings.HasPrefix(line, "#") || line == "" {
			continue
		}
		if code, ok := strings.CutPrefix(line, "\t"); ok && len(x.known) > 0 {
			last := x.known[len(x.known)-1]
			last.code = append(last.code, code)
			continue
		}
		pattern, why, ok := strings.Cut(line, "\t")
		if !ok {
			return nil, fmt.Errorf("reasons.txt:%d: no tab between pattern and reason", i+1)
		}
		quoted := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*")
		x.known = append(x.known, &reason{pattern: regexp.MustCompile("^" + quoted + "$"), text: strings.TrimSpace(why)})
	}
	return x, nil
}

// cite gives the mark of the reason why a row misses a bar.
func (x *reasons) cite(suite string, r *result, class string) string {
	return x.mark(suite + "/" + r.Name + " " + r.Type + " " + class)
}

func (x *reasons) mark(row string) string {
	for _, k := range x.known {
		if !k.pattern.MatchString(row) {
			continue
		}
		for i, c := range x.cited {
			if c == k {
				return fmt.Sprintf(" (%d)", i+1)
			}
		}
		x.cited = append(x.cited, k)
		return fmt.Sprintf(" (%d)", len(x.cited))
	}
	return " (cause not known)"
}

// list explains the marks.
func (x *reasons) list(b *strings.Builder) {
	for i, c := range x.cited {
		fmt.Fprintf(b, "%d. %s\n", i+1, c.text)
		if len(c.code) > 0 {
			fmt.Fprintf(b, "\n   ```asm\n   %s\n   ```\n\n", strings.Join(c.code, "\n   "))
		}
	}
	if len(x.cited) > 0 {
		b.WriteString("\n")
	}
}
