package runtime

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	spinTime     = 60 * time.Microsecond // how long to wait awake: waking a sleeper takes as long
	spinsPerLook = 64                    // pauses between two looks at the clock
)

// helpers is the pool of the process. All kernels share it, because there is one set of cores to share;
// it serves one job at a time, and a caller that finds it busy works alone.
var helpers pool

// callsOutside counts the calls in progress that the scheduler sees as system calls.
var callsOutside atomic.Int64

// pool is a set of goroutines that help with jobs. They start when first asked for and stay.
type pool struct {
	busy    atomic.Bool
	current atomic.Pointer[job]
	mu      sync.Mutex
	all     atomic.Pointer[[]*helper]
}

// helper is one goroutine of the pool. Helper i is worker i+1 of every job.
type helper struct {
	worker int
	asleep atomic.Bool
	wake   chan struct{}
}

// acquire makes the pool the caller's until release, unless somebody has it.
func (p *pool) acquire() bool { return !p.busy.Load() && p.busy.CompareAndSwap(false, true) }

func (p *pool) release() { p.busy.Store(false) }

// publish offers a job to n helpers and wakes those of them that sleep.
func (p *pool) publish(j *job, n int) {
	all := p.first(n)
	p.current.Store(j)
	for _, h := range all {
		if h.asleep.Load() && h.asleep.CompareAndSwap(true, false) {
			h.wake <- struct{}{}
		}
	}
}

// first returns n helpers, starting those that do not exist yet.
func (p *pool) first(n int) []*helper {
	if all := p.all.Load(); all != nil && len(*all) >= n {
		return (*all)[:n]
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []*helper
	if old := p.all.Load(); old != nil {
		all = append(all, *old...)
	}
	for len(all) < n {
		h := &helper{worker: len(all) + 1, wake: make(chan struct{}, 1)}
		all = append(all, h)
		go p.serve(h)
	}
	p.all.Store(&all)
	return all[:n]
}

// serve is a helper's life.
func (p *pool) serve(h *helper) {
	for {
		p.next(h).work(h.worker)
	}
}

// next waits for a job with chunks left: awake at first, since a plan's launches follow each other
// closely, then asleep.
func (p *pool) next(h *helper) *job {
	start := time.Now()
	for i := 1; ; i++ {
		if j := p.offer(h); j != nil {
			return j
		}
		if i%spinsPerLook != 0 || time.Since(start) < spinTime {
			pause()
			continue
		}
		h.asleep.Store(true)
		// A job may have come after the last look, when this helper did not seem to need waking.
		if j := p.offer(h); j != nil && h.asleep.CompareAndSwap(true, false) {
			return j
		}
		<-h.wake
		start = time.Now()
	}
}

// offer is the current job, if it has work for this helper.
func (p *pool) offer(h *helper) *job {
	j := p.current.Load()
	if j == nil || j.left.Load() <= 0 || int64(h.worker) >= j.invited.Load() {
		return nil
	}
	return j
}
