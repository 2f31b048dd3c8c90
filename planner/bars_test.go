//go:build unix

package planner_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/planner"
)

// devNetwork is a line of dev.jsonl.
type devNetwork struct {
	Name   string    `json:"name"`
	Class  string    `json:"class"`
	Inputs [][]int32 `json:"inputs"`
	Output []int32   `json:"output"`
	Sizes  []float64 `json:"sizes"`
}

func (d *devNetwork) network() *planner.Network {
	return &planner.Network{Inputs: d.Inputs, Output: d.Output, Sizes: d.Sizes}
}

// TestDevSet prints how orders found under a budget compare with the best known. It runs when
// EINC_PLANNER_BENCH says which budget, as "10s", "auto" or "5e8u"; EINC_PLANNER_CASES is the folder of dev.jsonl and
// best_known.dev.json, EINC_PLANNER_MEMORY a limit in bytes,
// EINC_PLANNER_NAMES a regular expression for names, EINC_PLANNER_PLANS a file to write plans to.
func TestDevSet(t *testing.T) {
	budget := os.Getenv("EINC_PLANNER_BENCH")
	if budget == "" {
		t.Skip("EINC_PLANNER_BENCH is not set")
	}
	dir := os.Getenv("EINC_PLANNER_CASES")
	known := map[string]struct {
		Log10Flops float64 `json:"log10_flops"`
		Sliced     float64 `json:"slice20_log10_flops"`
	}{}
	data, err := os.ReadFile(dir + "/best_known.dev.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &known))
	data, err = os.ReadFile(dir + "/dev.jsonl")
	require.NoError(t, err)
	names := regexp.MustCompile(os.Getenv("EINC_PLANNER_NAMES"))
	opts := planner.OrderOptions{Objective: planner.ByFlops, Workers: 1}
	if budget != "auto" {
		opts.Budget, err = planner.ParseBudget(budget)
		require.NoError(t, err)
	}
	if bytes := os.Getenv("EINC_PLANNER_MEMORY"); bytes != "" {
		opts.MaxMemory, err = strconv.ParseInt(bytes, 10, 64)
		require.NoError(t, err)
	}
	var plans strings.Builder
	sums := map[string][3]float64{}
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		var d devNetwork
		require.NoError(t, json.Unmarshal([]byte(line), &d))
		if !names.MatchString(d.Name) {
			continue
		}
		begin := cpuTime()
		o, err := planner.OrderNetwork(context.Background(), d.network(), opts)
		took := cpuTime() - begin
		require.NoError(t, err, d.Name)
		best, note := math.NaN(), ""
		if k, ok := known[d.Name]; ok {
			best = k.Log10Flops
			if opts.MaxMemory > 0 {
				if best = k.Sliced; best == 0 {
					continue
				}
			}
			s := sums[sizeClass(len(d.Inputs))]
			gap := o.Log10Flops - best
			sums[sizeClass(len(d.Inputs))] = [3]float64{s[0] + gap, math.Max(s[1], gap), s[2] + 1}
			if gap > 0.005 {
				note = " <-- worse"
			} else if gap < -0.005 {
				note = " better"
			}
		}
		if opts.MaxMemory > 0 {
			note += fmt.Sprintf(" %.3g slices, peak 2^%.1f bytes", o.Slices, math.Log2(o.PeakBytes))
		}
		fmt.Printf("%-45s %6d %9.4f best %9.4f gap %7.4f size %5.1f %8.1f ms %s trials %d work %.2g%s\n", d.Name, len(d.Inputs),
			o.Log10Flops, best, o.Log10Flops-best, o.Log2Size, took.Seconds()*1e3, o.Method, o.Trials, o.Work, note)
		sliced := []int32{}
		for _, x := range o.Sliced {
			sliced = append(sliced, x.Index)
		}
		text, _ := json.Marshal(map[string]any{"instance": d.Name, "path": o.Path, "sliced": sliced})
		plans.Write(append(text, '\n'))
	}
	for _, c := range []string{"<=10", "11-49", "50-100", "101-300", "301-1000", ">1000"} {
		s := sums[c]
		fmt.Printf("%-9s mean gap %7.4f worst %7.4f of %v\n", c, s[0]/s[2], s[1], s[2])
	}
	if file := os.Getenv("EINC_PLANNER_PLANS"); file != "" {
		require.NoError(t, os.WriteFile(file, []byte(plans.String()), 0o644))
	}
}

// cpuTime is the time that the process has computed, which does not depend on what else runs.
func cpuTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func sizeClass(n int) string {
	for _, c := range []struct {
		most int
		name string
	}{{10, "<=10"}, {49, "11-49"}, {100, "50-100"}, {300, "101-300"}, {1000, "301-1000"}} {
		if n <= c.most {
			return c.name
		}
	}
	return ">1000"
}
