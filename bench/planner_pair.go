package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/einc-lang/einc/planner"
)

// pairRow is a search by two goroutines: seconds on the wall that the same work takes one, and two, and those that two
// searches take that run side by side and share nothing.
type pairRow struct {
	Name                      string
	Operands                  int
	Single, Pair, Independent float64
}

const (
	pairUnits  = 1e8 // of each search
	pairRounds = 3   // of which the medians count
	pairMost   = 0.6 // of the time of one
)

// pairNetworks lists those that are searched.
var pairNetworks = []string{"ctg_randreg_200_3_a", "hyb_syc53_m12_simpl", "randreg_n300_d3", "grid2d_open_24x24_D2", "omeco_surfacecode_d13"}

// planPairs times them.
func (s *session) planPairs(cases []networkCase) ([]*pairRow, error) {
	if err := s.pin(2); err != nil {
		return nil, err
	}
	var rows []*pairRow
	for i := range cases {
		if c := &cases[i]; slices.Contains(pairNetworks, c.Name) {
			r, err := s.planPair(c)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.Name, err)
			}
			s.log("pair %s: %.2f s, two goroutines %.2f s, two searches %.2f s", r.Name, r.Single, r.Pair, r.Independent)
			rows = append(rows, r)
		}
	}
	slices.SortStableFunc(rows, func(a, b *pairRow) int { return cmp.Compare(a.Operands, b.Operands) })
	return rows, s.pin(1)
}

// planPair takes the three in turns.
func (s *session) planPair(c *networkCase) (*pairRow, error) {
	var times [3][]float64
	for range pairRounds {
		for k, x := range [3]struct{ searches, workers int }{{1, 1}, {1, 2}, {2, 1}} {
			var g sync.WaitGroup
			var errs [2]error
			began := clock(2)
			for i := range x.searches {
				g.Go(func() {
					_, errs[i] = planner.OrderNetwork(s.ctx, c.network(), planner.OrderOptions{Objective: planner.ByFlops, Workers: x.workers,
						Budget: planner.Budget{Units: pairUnits}})
				})
			}
			g.Wait()
			if err := errors.Join(errs[0], errs[1], s.ctx.Err()); err != nil {
				return nil, err
			}
			times[k] = append(times[k], (clock(2)-began)/1e9)
		}
	}
	return &pairRow{c.Name, len(c.Inputs), median(times[0]), median(times[1]), median(times[2])}, nil
}

// pairTable shows what a second goroutine gains, and what it could.
func (p *plannerTimes) pairTable(b *strings.Builder, why *reasons) {
	if len(p.Pairs) == 0 {
		return
	}
	fmt.Fprintf(b, "Two goroutines find what one finds: the same order, with the same %.0e units of work. Times are on the wall, the median of %d. "+
		"Half of what two searches take that share nothing is what this machine's two workers could do at best.\n\n"+
		"| network | operands | one goroutine | two | of one's time (%v) | half of two searches, of one's time |\n|---|---|---|---|---|---|\n",
		pairUnits, pairRounds, pairMost)
	for _, r := range p.Pairs {
		ratio := r.Pair / r.Single
		fmt.Fprintf(b, "| %s | %d | %s | %s | %.2f%s | %.2f |\n", r.Name, r.Operands, duration(r.Single*1e9), duration(r.Pair*1e9),
			ratio, why.missedFor("planner/pair "+r.Name, ratio > pairMost), r.Independent/2/r.Single)
	}
	b.WriteString("\n")
}
