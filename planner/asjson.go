package planner

import (
	"encoding/json"
	"math"
)

// Line is a report as a line of JSON: the order, its costs, and how it was found. Log10Flops are multiply-adds of the
// path, a pair at a time whatever runs as one step; Log10Ops are the multiplications and additions of the steps that
// run, as the text says them. Both, and Log2Size, are absent (null) for nothing to compute. PlanNanos is the time the search took, and the one
// field that differs from run to run.
type Line struct {
	Schema     string      `json:"schema"`
	Name       string      `json:"name"`
	Path       [][2]int    `json:"ssa_path"`
	Groups     [][]int     `json:"groups"`
	Log10Flops *float64    `json:"log10_flops"`
	Log10Ops   *float64    `json:"log10_operations"`
	Log2Size   *float64    `json:"log2_size"`
	PeakBytes  json.Number `json:"peak_bytes"`
	Slices     json.Number `json:"slices"`
	Sliced     [][2]int64  `json:"sliced"`       // index id, parts
	Copied     json.Number `json:"copied_bytes"` // of operands and results that the plan copies, in all slices
	Nanos      float64     `json:"estimated_ns"`
	PlanNanos  int64       `json:"plan_ns"`
	Method     string      `json:"method"`
	Trials     int         `json:"trials"`
	Work       json.Number `json:"work"`
	Budget     json.Number `json:"budget"`
	Seed       uint64      `json:"seed"`
}

// Line sums the report up. The caller fills in Schema and PlanNanos.
func (r *Report) Line() Line {
	o := &r.Order
	l := Line{Name: r.Name, Path: o.Path, Groups: r.Groups, Log10Flops: finite(o.Log10Flops), Log2Size: finite(o.Log2Size),
		Log10Ops:  finite(r.Flops * math.Log10(2)),
		PeakBytes: whole(math.Round(o.PeakBytes)), Slices: whole(max(o.Slices, 1)), Sliced: [][2]int64{}, Nanos: r.Nanos,
		Method: o.Method, Trials: o.Trials, Work: whole(o.Work), Budget: whole(o.Budget), Seed: o.Seed, Copied: whole(r.Copied)}
	if l.Path == nil {
		l.Path = [][2]int{}
	}
	if l.Groups == nil {
		l.Groups = [][]int{}
	}
	for _, s := range o.Sliced {
		l.Sliced = append(l.Sliced, [2]int64{int64(s.Index), s.Parts})
	}
	return l
}

// finite is nil for numbers that JSON cannot hold.
func finite(v float64) *float64 {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return nil
	}
	return &v
}

// whole writes a count, however large, without a fraction or an exponent where it has neither.
func whole(v float64) json.Number {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		v = math.MaxFloat64
	}
	if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		text, _ := json.Marshal(int64(v))
		return json.Number(text)
	}
	text, _ := json.Marshal(v)
	return json.Number(text)
}
