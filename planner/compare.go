package planner

import (
	"fmt"
	"math"
	"strings"
	"text/tabwriter"
	"time"
)

// Contender is what one way of searching gave for a network, and the time it took.
type Contender struct {
	Optimizer string // as it was asked for
	Report    *Report
	Took      time.Duration
}

// Compare is a table of contenders, a line each: logarithms of the multiply-adds, of the elements of the
// largest result and of all that is written, the peak memory, the time estimated for running the order,
// and the time that finding it took.
func Compare(all []Contender) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "optimizer\tlog10 MAC\tlog2 size\tlog2 write\tpeak\testimated\tplanning\ttrials\tmethod\t")
	for _, c := range all {
		r := c.Report
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t\n", c.Optimizer, figure(r.Order.Log10Flops), figure(r.Size), figure(r.written()),
			byteCount(r.Order.PeakBytes), duration(r.Nanos), duration(float64(c.Took.Nanoseconds())), r.Order.Trials, r.Order.Method)
	}
	w.Flush()
	return b.String()
}

// written is log2 of the elements that all pairs write.
func (r *Report) written() float64 {
	sizes := make([]float64, len(r.Pairs))
	for i := range sizes {
		sizes[i] = r.Pairs[i].Size
	}
	return logSum(sizes)
}

// figure writes a logarithm.
func figure(v float64) string {
	if math.IsInf(v, 0) {
		return "-"
	}
	return fmt.Sprintf("%.3f", v)
}

// MACs is log10 of the multiply-adds of the path's pairs, of one slice.
func (r *Report) MACs() float64 {
	macs := make([]float64, len(r.Pairs))
	for i := range macs {
		macs[i] = r.Pairs[i].Flops
	}
	return logSum(macs) * math.Log10(2)
}
