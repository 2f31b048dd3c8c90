package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// suiteResult is what was measured of a suite. With -keep it lies in a file, to which later runs add their
// rows, so that a page can be put together from several quiet runs, and on another machine.
type suiteResult struct {
	Name    string
	Machine string            // of rows that name none
	Peers   map[string]string // their versions, or why they are absent
	Results []*result
	Compile *compileTimes
	Planner *plannerTimes
}

// line is a line of such a file, which has one for what holds for the suite and one for each row, so that a
// measurement changes the lines that it is of.
type line struct {
	Machine string            `json:",omitempty"`
	Peers   map[string]string `json:",omitempty"`
	Row     *result           `json:",omitempty"`
	Compile *compileTimes     `json:",omitempty"`
	Order   *plannerRow       `json:",omitempty"`
	Slices  *plannerRow       `json:",omitempty"`
	Small   *smallRow         `json:",omitempty"`
	Pair    *pairRow          `json:",omitempty"`
}

// lines writes a suite as lines.
func (x *suiteResult) lines() []line {
	all := []line{{Machine: x.Machine, Peers: x.Peers}}
	for _, r := range x.Results {
		all = append(all, line{Row: r})
	}
	if x.Compile != nil {
		all = append(all, line{Compile: x.Compile})
	}
	if p := x.Planner; p != nil {
		for _, r := range p.Orders {
			all = append(all, line{Order: r})
		}
		for _, r := range p.Slices {
			all = append(all, line{Slices: r})
		}
		for _, r := range p.Small {
			all = append(all, line{Small: r})
		}
		for _, r := range p.Pairs {
			all = append(all, line{Pair: r})
		}
	}
	return all
}

// add reads a line.
func (x *suiteResult) add(l *line) {
	if l.Machine != "" {
		x.Machine = l.Machine
	}
	maps.Copy(x.Peers, l.Peers)
	if l.Row != nil {
		x.Results = append(x.Results, l.Row)
	}
	if l.Compile != nil {
		x.Compile = l.Compile
	}
	if x.Planner == nil && (l.Order != nil || l.Slices != nil || l.Small != nil || l.Pair != nil) {
		x.Planner = &plannerTimes{}
	}
	switch {
	case l.Order != nil:
		x.Planner.Orders = append(x.Planner.Orders, l.Order)
	case l.Slices != nil:
		x.Planner.Slices = append(x.Planner.Slices, l.Slices)
	case l.Small != nil:
		x.Planner.Small = append(x.Planner.Small, l.Small)
	case l.Pair != nil:
		x.Planner.Pairs = append(x.Planner.Pairs, l.Pair)
	}
}

// store is the folder of the kept results.
type store string

func (s store) path(suite string) string { return filepath.Join(string(s), suite+".jsonl") }

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
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		var l line
		if err := d.Decode(&l); err == io.EOF {
			return x, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w (delete it and measure the suite again)", s.path(suite), err)
		}
		x.add(&l)
	}
}

// save replaces the file of a suite; a run that is killed leaves the old one.
func (s store) save(x *suiteResult) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	for _, l := range x.lines() {
		if err := e.Encode(l); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(string(s), 0o755); err != nil {
		return err
	}
	part := s.path(x.Name) + ".part"
	if err := os.WriteFile(part, text.Bytes(), 0o644); err != nil {
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

// arrange puts the rows in the order of the suite's list, with the bars that it has for them, and drops those
// that it no longer has.
func (x *suiteResult) arrange(rows []*row) {
	var ordered []*result
	for _, r := range rows {
		if res := x.find(r.key()); res != nil {
			res.Bars = r.bars
			ordered = append(ordered, res)
		}
	}
	x.Results = ordered
}

// measuredOn says what machine the rows to come are of; those that are there keep theirs.
func (x *suiteResult) measuredOn(machine string) {
	if machine == x.Machine {
		return
	}
	for _, r := range x.Results {
		switch r.Machine {
		case "":
			r.Machine = x.Machine
		case machine:
			r.Machine = ""
		}
	}
	x.Machine = machine
}

// machines lists those of the rows.
func (x *suiteResult) machines() []string {
	if x.Machine == "" {
		return nil
	}
	texts := []string{x.Machine}
	for _, r := range x.Results {
		if r.Machine != "" && !slices.Contains(texts, r.Machine) {
			texts = append(texts, r.Machine)
		}
	}
	return texts
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
