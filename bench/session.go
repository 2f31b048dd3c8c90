package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"unsafe"

	"github.com/einc-lang/einc"
	"golang.org/x/sys/unix"
)

// session is a run of the benchmark: the peers that are here, and how long to measure.
type session struct {
	ctx     context.Context
	dir     string // of this module
	commit  string
	scratch string // files for the Python processes, in memory where the system has such a place
	rounds  int
	quick   bool // fewer rows of the large suites
	bars    bool // only the peers that bars are set against
	all     bool // show every peer, not only the best of a class
	full    bool // TCCG at its published sizes too, and every workload
	cpu     int  // the core of one thread
	cores   unix.CPUSet
	native  *native
	pythons map[pythonKey]*python
	modules map[string]*python // what has run in which
	absent  map[string]string  // peers, and why they are not here
	log     func(format string, args ...any)
}

// newSession finds the cores; open, the rest.
func newSession(ctx context.Context, dir string) (*session, error) {
	s := &session{ctx: ctx, dir: dir, pythons: map[pythonKey]*python{}, modules: map[string]*python{}, absent: map[string]string{}}
	s.log = func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
	if err := unix.SchedGetaffinity(0, &s.cores); err != nil {
		return nil, err
	}
	// The last core: interrupts and everything else tend to run on the first.
	for i := range 8 * int(unsafe.Sizeof(s.cores)) { // a bit a core
		if s.cores.IsSet(i) {
			s.cpu = i
		}
	}
	return s, nil
}

// open makes a place for files and loads the libraries.
func (s *session) open() error {
	base := "/dev/shm"
	if _, err := os.Stat(base); err != nil {
		base = ""
	}
	var err error
	if s.scratch, err = os.MkdirTemp(base, "einc-bench-"); err != nil {
		return err
	}
	s.commit = commitOf(s.dir)
	if err := chooseKernels(); err != nil {
		return err
	}
	s.native, err = openNative(s)
	return err
}

func (s *session) close() {
	for _, p := range s.pythons {
		p.close()
	}
	os.RemoveAll(s.scratch)
}

// miss records that a peer is not here.
func (s *session) miss(name, why string) error {
	if _, known := s.absent[name]; !known {
		s.absent[name] = why
	}
	return fmt.Errorf("%s: %w: %s", name, errAbsent, why)
}

// pin keeps this thread on one core, or frees it.
func (s *session) pin(threads int) error {
	set := s.cores
	if threads == 1 {
		set = unix.CPUSet{}
		set.Set(s.cpu)
	}
	return unix.SchedSetaffinity(0, &set)
}

// clock is the time in nanoseconds: this thread's CPU time for one thread, else that on the wall.
func clock(threads int) float64 {
	id := int32(unix.CLOCK_MONOTONIC)
	if threads == 1 {
		id = unix.CLOCK_THREAD_CPUTIME_ID
	}
	var t unix.Timespec
	if err := unix.ClockGettime(id, &t); err != nil {
		return 0
	}
	return float64(t.Sec)*1e9 + float64(t.Nsec)
}

// eincContender is einc called from Go, on operands that are there.
func eincContender(s *session, w *work, operands []*einc.Tensor, threads int) (*contender, *einc.Tensor, error) {
	return eincTimed(s, w, operands, threads, threads)
}

// eincTimed has a clock of its own choice: that of a row with so many threads.
func eincTimed(s *session, w *work, operands []*einc.Tensor, threads, timed int) (*contender, *einc.Tensor, error) {
	opts := &einc.Options{Mode: w.mode, Engine: einc.Native, Workers: threads, Cache: "off"}
	if w.open {
		opts.Dynamic = []string{einc.AllLabels}
	}
	f, err := einc.CompileFor(s.ctx, w.expr, opts, operands)
	if err != nil {
		return nil, nil, err
	}
	out, err := f.NewOutputFor(operands...)
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	c := &contender{
		time: func(calls int) (float64, error) {
			began := clock(timed)
			for range calls {
				if err := f.Call(out, operands...); err != nil {
					return 0, err
				}
			}
			return clock(timed) - began, nil
		},
		result: func() ([]byte, error) { return out.Bytes(), nil },
		close:  func() { f.Close() },
	}
	return c, out, nil
}
