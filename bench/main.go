package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
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
	suites, match, dir, machine, out, compileWith string
	all, quick, bars, full, list                  bool
	keep, missing, assemble                       bool
	rounds                                        int
}

func main() {
	var o settings
	flag.StringVar(&o.suites, "suite", "", "run only these suites, as gemm,tccg (see -list)")
	flag.StringVar(&o.match, "match", "", "run only rows whose name, type and expression contain this, as in \"21 full f64\"")
	flag.BoolVar(&o.quick, "quick", false, "fewer rows of the large suites, and -bars")
	flag.BoolVar(&o.bars, "bars", false, "only the peers that bars are set against")
	flag.BoolVar(&o.full, "full", false, "also TCCG at its published sizes (about 200 MB a tensor) and the large workloads: more than an hour")
	flag.BoolVar(&o.all, "all", false, "show the ratios of all peers, not only of the best of each class")
	flag.IntVar(&o.rounds, "rounds", 7, "rounds of each row, at least")
	flag.BoolVar(&o.keep, "keep", false, "keep each row's result in results, in place of an older one, and write the page of all that is kept; a whole run does")
	flag.BoolVar(&o.missing, "missing", false, "leave out rows that are kept from this commit already")
	flag.BoolVar(&o.assemble, "assemble", false, "measure nothing: write the page of all that is kept")
	flag.StringVar(&o.machine, "machine", "", "keep results in results/NAME, of which BENCHMARKS-NAME.md is the page: those of another machine")
	flag.StringVar(&o.out, "o", "", "write the page of all that is kept here, its plot beside it (default ../BENCHMARKS.md)")
	flag.StringVar(&o.dir, "dir", ".", "this module's folder")
	flag.StringVar(&o.compileWith, "compile-with", "", "time compiling with this kernel cache and print it as JSON")
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
	chosen, err := choose(o.suites)
	if err != nil {
		return err
	}
	if strings.ContainsAny(o.machine, `/\.`) {
		return fmt.Errorf("-machine=%s: the name of a folder in results is without slashes and dots", o.machine)
	}
	if o.rounds < 1 {
		return fmt.Errorf("-rounds=%d: a row needs at least one", o.rounds)
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
	s.rounds, s.quick, s.bars, s.full, s.all = o.rounds, o.quick, o.quick || o.bars, o.full, o.all
	kept := store(filepath.Join(dir, "results", o.machine))
	if o.out == "" {
		o.out = filepath.Join(dir, "..", pageOf(o.machine))
	}
	o.keep = o.keep || o.suites == "" && o.match == "" && !o.bars && !o.quick
	switch {
	case o.list:
		return s.list()
	case o.assemble:
		return s.writeKept(kept, o.out)
	}
	defer s.close()
	if err := s.open(); err != nil {
		return err
	}
	if o.compileWith != "" {
		return printCompiling(s, o.compileWith)
	}
	r, err := s.measureAll(chosen, o, kept)
	if err != nil {
		return err
	}
	if s.ctx.Err() != nil {
		s.log("interrupted: not everything was measured")
	}
	if o.keep {
		return s.writeKept(kept, o.out)
	}
	return s.page(r, kept, "")
}

// pageOf is the name of the page of a machine; "" is the one that most results are of.
func pageOf(machine string) string {
	if machine != "" {
		machine = "-" + machine
	}
	return "BENCHMARKS" + machine + ".md"
}

// list prints the suites and how many rows each has with the settings.
func (s *session) list() error {
	for _, x := range suites() {
		n := 0
		if x.rows != nil {
			n = len(x.rows(s))
		} else {
			n = x.cases()
		}
		fmt.Printf("%-10s %4d  %s\n", x.name, n, x.title)
	}
	return nil
}

// choose resolves the names of suites; none means all.
func choose(names string) (chosen []suite, err error) {
	if names == "" {
		return suites(), nil
	}
	var known []string
	for _, x := range suites() {
		known = append(known, x.name)
	}
	for _, n := range strings.Split(names, ",") {
		if !slices.Contains(known, n) {
			return nil, fmt.Errorf("unknown suite %q: there are %s", n, strings.Join(known, ", "))
		}
		chosen = append(chosen, suiteOf(n))
	}
	return chosen, nil
}

// measureAll measures suite by suite, until it is interrupted; what was measured is still shown.
func (s *session) measureAll(chosen []suite, o settings, kept store) (*report, error) {
	r := &report{}
	machine := machineText()
	for _, x := range chosen {
		began := time.Now()
		done, err := s.measureSuite(x, o, kept, machine)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", x.name, err)
		}
		r.suites = append(r.suites, done)
		s.log("%s: %d rows in %v", x.name, len(done.Results), time.Since(began).Round(time.Second))
	}
	return r, nil
}

// measureSuite measures a suite and, if that is asked for, keeps every row as soon as it is there.
func (s *session) measureSuite(x suite, o settings, kept store, machine string) (*suiteResult, error) {
	done := &suiteResult{Name: x.name, Machine: machine, Peers: map[string]string{}}
	old, err := kept.load(x.name)
	if err != nil {
		return nil, err
	}
	old.measuredOn(machine)
	keep := func() error {
		maps.Copy(done.Peers, peersOf(s))
		maps.Copy(old.Peers, done.Peers)
		if !o.keep {
			return nil
		}
		return kept.save(old)
	}
	if x.rows == nil {
		if s.ctx.Err() == nil {
			err = x.whole(s, o, old, keep)
			done.Compile, done.Planner = old.Compile, old.Planner
		}
		return done, err
	}
	for _, row := range x.rows(s) {
		if s.ctx.Err() != nil {
			break
		}
		was := old.find(row.key())
		if !strings.Contains(fmt.Sprint(row.name, " ", row.dtype, " ", row.expr), o.match) || row.threads > s.cores.Count() || o.missing && was != nil && was.Commit == s.commit {
			continue
		}
		res := s.run(row)
		if s.ctx.Err() != nil {
			break
		}
		done.Results = append(done.Results, res)
		old.put(res)
		if err := keep(); err != nil {
			return nil, err
		}
	}
	return done, nil
}

// writeKept writes the page of all that is kept.
func (s *session) writeKept(kept store, out string) error {
	r, err := assemble(s, kept)
	if err != nil {
		return err
	}
	return s.page(r, kept, out)
}

// page writes a page, with the reasons that are kept, and, if there are ratios, their plot beside it; or the page to standard output.
func (s *session) page(r *report, kept store, out string) error {
	var err error
	if r.reasons, err = kept.reasons(); err != nil {
		return err
	}
	if out == "" {
		fmt.Print(r.markdown("", s.all))
		return nil
	}
	plot := ""
	if ignore := func(*suiteResult, *result, bar, ratio) {}; r.bars(ignore) > 0 {
		plot = strings.TrimSuffix(filepath.Base(out), filepath.Ext(out)) + ".svg"
		if err := r.save(filepath.Join(filepath.Dir(out), plot)); err != nil {
			return err
		}
	}
	return os.WriteFile(out, []byte(r.markdown(plot, s.all)), 0o644)
}
