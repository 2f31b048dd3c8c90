package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// settings are the command line.
type settings struct {
	suites, match, dir, out, fromCache string
	all, quick, full, list             bool
	rounds                             int
}

func main() {
	var o settings
	flag.StringVar(&o.suites, "suite", "", "run only these suites, as gemm,tccg (see -list)")
	flag.StringVar(&o.match, "match", "", "run only rows whose name or expression contains this")
	flag.BoolVar(&o.quick, "quick", false, "fewer rows of the large suites")
	flag.BoolVar(&o.full, "full", false, "TCCG at its published sizes (about 200 MB a tensor), and every workload: more than an hour")
	flag.BoolVar(&o.all, "all", false, "show the ratios of all peers, not only of the best of each class")
	flag.IntVar(&o.rounds, "rounds", 7, "rounds of each row, at least")
	flag.StringVar(&o.out, "o", "", "write the page here, its plot beside it (default: BENCHMARKS.md for all suites, else standard output)")
	flag.StringVar(&o.dir, "dir", ".", "this module's folder")
	flag.StringVar(&o.fromCache, "from-cache", "", "time what is in this kernel cache and print it as JSON")
	flag.BoolVar(&o.list, "list", false, "list the suites")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o settings) error {
	if o.list {
		for _, x := range suites() {
			fmt.Printf("%-10s %s\n", x.name, x.title)
		}
		fmt.Printf("%-10s %s\n", "compile", "First use of a shape")
		return nil
	}
	chosen, err := choose(o.suites)
	if err != nil {
		return err
	}
	// CPU time is a thread's, so that one thread must do all the calling.
	runtime.LockOSThread()
	dir, err := filepath.Abs(o.dir)
	if err != nil {
		return err
	}
	s, err := newSession(ctx, dir)
	if err != nil {
		return err
	}
	defer s.close()
	s.rounds, s.quick, s.full, s.all = o.rounds, o.quick, o.full, o.all
	if o.fromCache != "" {
		return printFromCache(s, o.fromCache)
	}
	r, err := s.measureAll(chosen, o.match)
	if err != nil {
		return err
	}
	return r.write(s, o)
}

// choose resolves the names of suites; nil means all.
func choose(names string) ([]string, error) {
	if names == "" {
		return nil, nil
	}
	known := []string{"compile"}
	for _, x := range suites() {
		known = append(known, x.name)
	}
	chosen := strings.Split(names, ",")
	for _, n := range chosen {
		if !slices.Contains(known, n) {
			return nil, fmt.Errorf("unknown suite %q: there are %s", n, strings.Join(known, ", "))
		}
	}
	return chosen, nil
}

func (s *session) measureAll(chosen []string, match string) (*report, error) {
	r := &report{}
	for _, x := range suites() {
		if chosen != nil && !slices.Contains(chosen, x.name) {
			continue
		}
		began := time.Now()
		done := suiteResult{suite: x}
		for _, row := range x.rows(s) {
			if s.ctx.Err() != nil {
				break // what was measured is still shown
			}
			if strings.Contains(row.name+" "+row.expr, match) {
				done.results = append(done.results, s.run(row))
			}
		}
		r.suites = append(r.suites, done)
		s.log("%s: %d rows in %v", x.name, len(done.results), time.Since(began).Round(time.Second))
	}
	if s.ctx.Err() == nil && match == "" && chosen == nil || slices.Contains(chosen, "compile") {
		var err error
		if r.compile, err = timeCompiling(s); err != nil {
			return nil, errors.Join(errors.New("compile"), err)
		}
	}
	return r, nil
}

// write puts the page where it belongs.
func (r *report) write(s *session, o settings) error {
	out, plot := o.out, "bench/plot.svg"
	if s.ctx.Err() != nil {
		out = ""
		s.log("interrupted: not everything was measured")
	} else if out == "" && o.suites == "" && o.match == "" && !o.quick {
		out = filepath.Join(s.dir, "..", "BENCHMARKS.md")
	}
	if out == "" {
		fmt.Print(r.markdown(s, ""))
		return nil
	}
	file := filepath.Join(s.dir, "plot.svg")
	if o.out != "" {
		plot = strings.TrimSuffix(filepath.Base(out), filepath.Ext(out)) + ".svg"
		file = filepath.Join(filepath.Dir(out), plot)
	}
	if err := r.save(file); err != nil {
		return err
	}
	return os.WriteFile(out, []byte(r.markdown(s, plot)), 0o644)
}
