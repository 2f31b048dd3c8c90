package main

import (
	"bytes"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/einc-lang/einc"
	"github.com/stretchr/testify/require"
)

func TestProgress(t *testing.T) {
	var out bytes.Buffer
	at := time.Unix(1000, 0)
	p := &progress{w: &out, hint: " (Ctrl-C keeps the best)", now: func() time.Time { return at }}
	p.restart()
	step := func(after time.Duration, done float64) string {
		at = at.Add(after)
		out.Reset()
		p.report(einc.PlanProgress{Done: done, Trials: 7, Best: 12.3456})
		return out.String()
	}
	require.Empty(t, step(499*time.Millisecond, 0.1), "not before half a second")
	p.end()
	require.Empty(t, out.String(), "nothing to wipe")
	require.Equal(t, "\r[=====               ]  25%  best 10^12.35 multiply-adds, 7 trials, 1.5s left (Ctrl-C keeps the best)\x1b[K",
		step(time.Millisecond, 0.25))
	require.Empty(t, step(50*time.Millisecond, 0.3), "ten times a second")
	require.Contains(t, step(50*time.Millisecond, 2), strings.Repeat("=", barWidth)+"] 100%")
	require.Contains(t, step(time.Second, 0), "? left")
	out.Reset()
	p.end()
	require.Equal(t, "\r\x1b[K", out.String())
	p.restart()
	require.Empty(t, step(0, 0.5), "the next search begins anew")
	p.most = 4 * time.Second
	require.Contains(t, step(time.Second, 0.1), " 25%  best 10^12.35 multiply-adds, 7 trials, 3s left", "a budget of time ends by the clock")
	at = at.Add(time.Second)
	out.Reset()
	p.report(einc.PlanProgress{Best: math.Inf(1)})
	require.Contains(t, out.String(), "best 10^? multiply-adds", "before there is an order")
}

func TestProgressWantsTerminal(t *testing.T) {
	f, err := os.Create(t.TempDir() + "/stderr")
	require.NoError(t, err)
	defer f.Close()
	require.Nil(t, newProgress(f).w)
}
