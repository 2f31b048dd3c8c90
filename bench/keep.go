package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// suiteResult is what was measured of a suite. With -keep it lies in a file, to which later runs add their
// rows, so that a page can be put together from several quiet runs.
type suiteResult struct {
	Name    string
	Machine string
	Peers   map[string]string // their versions, or why they are absent
	Results []*result
	Compile *compileTimes `json:",omitempty"`
	Planner *plannerTimes `json:",omitempty"`
}

// store is the folder of the kept results.
type store string

func (s store) path(suite string) string { return filepath.Join(string(s), suite+".json") }

// load gives what is kept of a suite, which may be nothing.
func (s store) load(suite string) (*suiteResult, error) {
	x := &suiteResult{Name: suite, Peers: map[string]string{}}
	text, err := os.ReadFile(s.path(suite))
	if errors.Is(err, fs.ErrNotExist) {
		return x, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, x); err != nil {
		return nil, fmt.Errorf("%s: %w (delete it and measure the suite again)", s.path(suite), err)
	}
	return x, nil
}

// save replaces the file of a suite; a run that is killed leaves the old one.
func (s store) save(x *suiteResult) error {
	text, err := json.MarshalIndent(x, "", "\t")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(string(s), 0o755); err != nil {
		return err
	}
	part := s.path(x.Name) + ".part"
	if err := os.WriteFile(part, text, 0o644); err != nil {
		return err
	}
	return os.Rename(part, s.path(x.Name))
}

// find gives the row of a key, nil if there is none.
func (x *suiteResult) find(key string) *result {
	if i := slices.IndexFunc(x.Results, func(r *result) bool { return r.key() == key }); i >= 0 {
		return x.Results[i]
	}
	return nil
}

// put adds a row in place of what was measured of it before.
func (x *suiteResult) put(res *result) {
	x.Results = slices.DeleteFunc(x.Results, func(r *result) bool { return r.key() == res.key() })
	x.Results = append(x.Results, res)
}

// arrange puts the rows in the order of the suite's list, and drops those that it no longer has.
func (x *suiteResult) arrange(rows []*row) {
	var ordered []*result
	for _, r := range rows {
		if res := x.find(r.key()); res != nil {
			ordered = append(ordered, res)
		}
	}
	x.Results = ordered
}

// stamps says when and from which commits the rows come.
func (x *suiteResult) stamps() string {
	count := map[string]int{}
	for _, r := range x.Results {
		count[r.Date+" at "+r.Commit]++
	}
	if c := x.Compile; c != nil {
		count[c.Date+" at "+c.Commit]++
	}
	if x.Planner != nil {
		for _, r := range slices.Concat(x.Planner.Orders, x.Planner.Slices) {
			count[r.Date+" at "+r.Commit]++
		}
	}
	var texts []string
	for _, stamp := range slices.Sorted(maps.Keys(count)) {
		if len(count) > 1 {
			stamp += fmt.Sprintf(" (%d rows)", count[stamp])
		}
		texts = append(texts, stamp)
	}
	return strings.Join(texts, ", ")
}

// assemble reads all that is kept.
func assemble(s *session, from store) (*report, error) {
	every := *s
	every.quick, every.full = false, true
	r := &report{}
	for _, x := range suites() {
		done, err := from.load(x.name)
		if err != nil {
			return nil, err
		}
		if x.rows != nil {
			done.arrange(x.rows(&every))
		}
		r.suites = append(r.suites, done)
	}
	return r, nil
}
