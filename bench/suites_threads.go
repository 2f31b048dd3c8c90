package main

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/einc-lang/einc/tensor"
)

const (
	// oneWorker is the class of einc with a single worker, in rows that have more.
	oneWorker = "one worker"
	// ideal is the class of what one worker would take if its work were shared out as loops of multiply-adds in
	// registers are: what else runs on the machine keeps those from doubling, too.
	ideal = "ideal sharing"
)

var threadMeans = []mean{{bar{Class: oneWorker, Min: 1.85}, "TCCG"}, {bar{Class: ideal, Min: 1.85 / 2}, ""}}

// threadRows run on two cores, against one, and against others on two.
func threadRows(s *session) []*row {
	var rows []*row
	add := func(r *row, bars ...bar) {
		r.suite, r.threads, r.bars, r.derive = "threads", 2, bars, deriveIdeal
		r.peers = append([]peer{eincPeer("einc", oneWorker, r.work, 1), spinPeer(1), spinPeer(2)}, r.peers...)
		rows = append(rows, r)
	}
	for _, d := range bothFloats {
		for _, n := range []int{512, 1024, 2048} {
			var bars []bar
			if n == 1024 {
				bars = []bar{{Class: oneWorker, Min: 1.85}}
			}
			add(square("threads", n, 0, d), bars...)
		}
	}
	for _, r := range attention(tensor.F32) {
		add(r)
	}
	for _, c := range tccg(tensor.F32) {
		if s.quick && !slices.Contains(tccgQuick, c.id) {
			continue
		}
		small := c.scaled(tccgBytes, tensor.F32)
		add(small.row(fmt.Sprintf("TCCG %d", c.id), tensor.F32))
	}
	return rows
}

// spinSteps is how many steps of the loop of multiply-adds make about 5 ms.
const spinSteps = 2_000_000

// spinPeer shares the same multiply-adds among so many threads.
func spinPeer(threads int) peer {
	name := fmt.Sprintf("spin %d", threads)
	return peer{name: name, class: name, unlike: true, sleeps: true, make: func(s *session, d *data) (*contender, error) {
		j := &job{kind: jobSpin, m: int64(threads), n: int64(spinSteps / threads), e: unsafe.Pointer(new([8]int64))}
		return s.native.contender(j, d, d.out), nil
	}}
}

// deriveIdeal puts the time that ideal sharing would take in place of the loops'.
func deriveIdeal(r *result) {
	ran := func(class string) *timing {
		i := slices.IndexFunc(r.Times, func(t *timing) bool { return t.Class == class && len(t.rounds) > 0 })
		if i < 0 {
			return nil
		}
		return r.Times[i]
	}
	one, s1, s2 := ran(oneWorker), ran("spin 1"), ran("spin 2")
	r.Times = slices.DeleteFunc(r.Times, func(t *timing) bool { return t == s1 || t == s2 })
	if one == nil || s1 == nil || s2 == nil {
		return
	}
	t := &timing{Class: ideal}
	var gains []float64
	for i, n := range one.rounds {
		gain := s1.rounds[i] / s2.rounds[i]
		gains = append(gains, gain)
		t.rounds = append(t.rounds, n/gain)
	}
	t.Name = fmt.Sprintf("of %.2f×", median(gains))
	r.Times = slices.Insert(r.Times, 1, t)
}
