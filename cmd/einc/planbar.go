package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"github.com/einc-lang/einc"
	"golang.org/x/term"
)

const (
	barAfter = 500 * time.Millisecond // searches that end sooner show nothing
	barEvery = 100 * time.Millisecond
	barWidth = 20
)

// progress draws how far a search is on one line of a terminal.
type progress struct {
	w     io.Writer // nil: nothing is drawn
	hint  string    // what the line ends with
	now   func() time.Time
	most  time.Duration // of a search; 0 if that is open
	began time.Time
	drawn time.Time // zero: nothing is on the line
}

// watch draws the searches of opts on standard error.
func watch(opts *einc.Options, hint string) *progress {
	p := newProgress(os.Stderr)
	p.hint, p.most, opts.Progress = hint, opts.Budget.Time, p.report
	return p
}

// newProgress draws on f if that is a terminal which can go back on a line.
func newProgress(f *os.File) *progress {
	p := &progress{now: time.Now}
	if term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		p.w = f
	}
	p.restart()
	return p
}

// restart begins with another search.
func (p *progress) restart() { p.began, p.drawn = p.now(), time.Time{} }

// report draws the line, unless it is too soon.
func (p *progress) report(x einc.PlanProgress) {
	now := p.now()
	if p.w == nil || now.Sub(p.began) < barAfter || now.Sub(p.drawn) < barEvery {
		return
	}
	p.drawn = now
	done, took := math.Max(0, math.Min(x.Done, 1)), now.Sub(p.began)
	if p.most > 0 { // the clock ends it, if the work does not
		done = math.Max(done, math.Min(float64(took)/float64(p.most), 1))
	}
	full := int(done * barWidth)
	left := "?"
	if done > 0 {
		left = time.Duration(float64(took) * (1 - done) / done).Round(barEvery).String()
	}
	best := "?"
	if !math.IsInf(x.Best, 1) {
		best = fmt.Sprintf("%.2f", x.Best)
	}
	fmt.Fprintf(p.w, "\r[%s%s] %3.0f%%  best 10^%s multiply-adds, %d trials, %s left%s\x1b[K",
		strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), 100*done, best, x.Trials, left, p.hint)
}

// end wipes the line.
func (p *progress) end() {
	if p.w != nil && !p.drawn.IsZero() {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.drawn = time.Time{}
	}
}
