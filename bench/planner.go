package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/einc-lang/einc/planner"
)

// networkText holds the networks whose orders are compared, a JSON object a line: operands, output and
// extents; the fewest multiply-adds that any program is known to have found, unsliced, and in slices whose
// largest result has 2^20 elements; and the fewest of opt_einsum's and cotengra's modes in 10 s and more.
//
//go:embed cases/networks.jsonl.gz
var networkText []byte

// networkCase is a line of it. Figures are log10 of multiply-adds; 0 where nobody has one.
type networkCase struct {
	Name        string
	Class       string
	Inputs      [][]int32
	Output      []int32
	Sizes       []float64
	Known, Peer float64
	KnownBits   float64 `json:"known_bits"` // log2 of the largest result of the order known
	KnownSliced float64 `json:"known_sliced"`
}

func (c *networkCase) network() *planner.Network {
	return &planner.Network{Inputs: c.Inputs, Output: c.Output, Sizes: c.Sizes}
}

// countNetworks counts them.
func countNetworks() int {
	all, err := networkCases()
	if err != nil {
		return 0
	}
	return len(all)
}

func networkCases() ([]networkCase, error) {
	z, err := gzip.NewReader(bytes.NewReader(networkText))
	if err != nil {
		return nil, err
	}
	var all []networkCase
	for d := json.NewDecoder(z); ; {
		var c networkCase
		if err := d.Decode(&c); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
}

// plannerTimes are what the planner finds, and how long that takes.
type plannerTimes struct {
	Orders, Slices []*plannerRow
	Small          []*smallRow
	Pairs          []*pairRow
}

// plannerRow is a network: what was found with auto, and with each budget of plannerBudgets, in the
// planner's units of work, which do not depend on what else the machine does; or what was found in slices.
type plannerRow struct {
	Name, Class  string
	Operands     int
	Date, Commit string
	Found        []found
}

// found is log10 of the multiply-adds of an order, and the CPU time in seconds of the search for it.
type found struct {
	Log10Flops, Seconds float64
}

type budget struct {
	name  string
	units float64 // 0 for what the planner chooses
}

// plannerBudgets are the budgets, the last of which slicing has too; a unit is about ten nanoseconds.
var plannerBudgets = []budget{{"auto", 0}, {"1e8 units", 1e8}, {"1e9 units", 1e9}}

// sliceBytes is the limit on the memory that results of slices take at once: 2^20 elements of 8 bytes.
const sliceBytes = 8 << 20

// measurePlanner measures what matches: "order" and a network's name, "sliced" and one, "few operands", and "two
// goroutines". Other searches run on one goroutine, on the pinned thread.
func measurePlanner(s *session, o settings, x *suiteResult, keep func() error) error {
	cases, err := networkCases()
	if err != nil {
		return err
	}
	if x.Planner == nil {
		x.Planner = &plannerTimes{}
	}
	if err := s.pin(1); err != nil {
		return err
	}
	p := x.Planner
	for i := range cases {
		c := &cases[i]
		err := s.planned(&p.Orders, c, o, "order "+c.Name, keep, func() ([]found, error) { return s.orders(c) })
		if err == nil && c.KnownSliced > 0 {
			err = s.planned(&p.Slices, c, o, "sliced "+c.Name, keep, func() ([]found, error) { return s.slices(c) })
		}
		if err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	if s.ctx.Err() == nil && strings.Contains("few operands", o.match) {
		if p.Small, err = s.planSmall(); err != nil {
			return err
		}
	}
	if s.ctx.Err() == nil && strings.Contains("two goroutines", o.match) {
		if p.Pairs, err = s.planPairs(cases); err != nil {
			return err
		}
	}
	return keep()
}

// planned measures a row of a list if it matches, and keeps it.
func (s *session) planned(list *[]*plannerRow, c *networkCase, o settings, text string, keep func() error, f func() ([]found, error)) error {
	was := findRow(*list, c.Name)
	if s.ctx.Err() != nil || !strings.Contains(text, o.match) || o.missing && was != nil && was.Commit == s.commit {
		return nil
	}
	r := &plannerRow{Name: c.Name, Class: c.Class, Operands: len(c.Inputs), Date: time.Now().Format(time.DateOnly), Commit: s.commit}
	var err error
	if r.Found, err = f(); err != nil || s.ctx.Err() != nil {
		return err
	}
	*list = putRow(*list, r)
	s.log("%s: %v", text, r.Found)
	return keep()
}

// budgets are those that are measured.
func (s *session) budgets() []budget {
	if s.quick {
		return plannerBudgets[:2]
	}
	return plannerBudgets
}

// orders plans a network under every budget.
func (s *session) orders(c *networkCase) (all []found, err error) {
	for _, b := range s.budgets() {
		if len(c.Inputs) > mostSlow && b.units > 0 {
			break
		}
		f, err := s.order(c, b.units, 0)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, nil
}

// slices plans a network in slices under the largest budget.
func (s *session) slices(c *networkCase) ([]found, error) {
	f, err := s.order(c, s.budgets()[len(s.budgets())-1].units, sliceBytes)
	return []found{f}, err
}

// order plans a network by multiply-adds; units and bytes are bounds if they are not 0.
func (s *session) order(c *networkCase, units float64, bytes int64) (found, error) {
	began := clock(1)
	o, err := planner.OrderNetwork(s.ctx, c.network(), planner.OrderOptions{Objective: planner.ByFlops, Workers: 1,
		Budget: planner.Budget{Units: units}, MaxMemory: bytes})
	if err != nil {
		return found{}, err
	}
	return found{o.Log10Flops, (clock(1) - began) / 1e9}, nil
}

// mostSlow is the most operands of networks that are searched with a budget.
const mostSlow = 10000

func findRow(list []*plannerRow, name string) *plannerRow {
	if i := slices.IndexFunc(list, func(r *plannerRow) bool { return r.Name == name }); i >= 0 {
		return list[i]
	}
	return nil
}

// putRow adds a row in place of an older one; rows are in the order of their size.
func putRow(list []*plannerRow, r *plannerRow) []*plannerRow {
	list = append(slices.DeleteFunc(list, func(x *plannerRow) bool { return x.Name == r.Name }), r)
	slices.SortStableFunc(list, func(a, b *plannerRow) int {
		return cmp.Or(cmp.Compare(a.Operands, b.Operands), strings.Compare(a.Name, b.Name))
	})
	return list
}

// gaps are how far orders are above the best known ones, and the CPU times of their searches.
type gaps struct{ gap, seconds []float64 }

func (g *gaps) add(f found, known float64) {
	if !math.IsInf(known, 0) && !math.IsInf(f.Log10Flops, 0) {
		g.gap, g.seconds = append(g.gap, f.Log10Flops-known), append(g.seconds, f.Seconds)
	}
}

// average is the mean.
func average(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}
