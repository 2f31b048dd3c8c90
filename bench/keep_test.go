package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/einc-lang/einc/tensor"
)

// measured makes a result of the first rows of a suite that have bars: einc takes 1, its peer so much.
func measured(t *testing.T, s *session, suite string, peers ...float64) *suiteResult {
	t.Helper()
	x := &suiteResult{Name: suite, Machine: "a machine", Peers: map[string]string{"BLIS": "1"}}
	rows := slices.DeleteFunc(suiteOf(suite).rows(s), func(r *row) bool { return len(r.bars) == 0 })
	for i, nanos := range peers {
		r := rows[i]
		x.put(&result{Name: r.name, Expr: r.expr, Type: r.dtype.String(), Date: "2026-01-01", Commit: "abc",
			Einc: 1, Times: []*timing{{Name: "BLIS", Class: blasClass, Nanos: nanos, Ratio: ratio{nanos, nanos, nanos}}}})
	}
	return x
}

func testSession(t *testing.T) *session {
	s := &session{ctx: t.Context(), dir: ".", log: t.Logf}
	s.cores.Set(0)
	s.cores.Set(1)
	return s
}

func TestKeptResultsAssemble(t *testing.T) {
	s, kept := testSession(t), store(t.TempDir())
	x := measured(t, s, "gemm", 2, 0.5)
	x.Results[0], x.Results[1] = x.Results[1], x.Results[0]
	x.put(&result{Name: "a row that the suite no longer has"})
	if err := kept.save(x); err != nil {
		t.Fatal(err)
	}
	again, err := kept.load("gemm")
	if err != nil {
		t.Fatal(err)
	}
	again.measuredOn("another machine")
	again.put(&result{Name: x.Results[0].Name, Expr: x.Results[0].Expr, Type: x.Results[0].Type, Date: "2026-02-02", Commit: "def",
		Einc: 1, Times: []*timing{{Name: "BLIS", Class: blasClass, Nanos: 0.25, Ratio: ratio{0.25, 0.25, 0.25}}}})
	if err := kept.save(again); err != nil {
		t.Fatal(err)
	}
	r, err := assemble(s, kept)
	if err != nil {
		t.Fatal(err)
	}
	if r.reasons, err = parseReasons("# why\ngemm/128 * BLAS\tIt is too small.\n\tvaddps %zmm0, %zmm1, %zmm2\n"); err != nil {
		t.Fatal(err)
	}
	page := r.markdown("", false)
	for _, want := range []string{"Bars: 1 reached, 1 missed.", "0.25 of BLAS, not 0.97 (1)", "1. It is too small.\n\n   ```asm\n   vaddps %zmm0, %zmm1, %zmm2\n   ```\n", "Peers: BLIS 1.",
		"2026-01-01 at abc (1 rows), 2026-02-02 at def (1 rows)", "another machine\n\na machine\n", "**missed** (1)"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, "no longer") || strings.Index(page, "| 128 NN |") > strings.Index(page, "| 128 TN |") {
		t.Errorf("the rows are not the suite's:\n%s", page)
	}
}

func TestKeptResultsThatAreDamaged(t *testing.T) {
	kept := store(t.TempDir())
	if err := os.WriteFile(kept.path("gemm"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := kept.load("gemm"); err == nil || !strings.Contains(err.Error(), "gemm.json") {
		t.Errorf("error %v", err)
	}
}

// A page of times without ratios has no plot.
func TestPageWithoutRatios(t *testing.T) {
	s, out := testSession(t), filepath.Join(t.TempDir(), "page.md")
	nanos := []float64{1e6, 2e6}
	r := &report{suites: []*suiteResult{{Name: "compile", Compile: &compileTimes{Shapes: []string{"a", "b"}, Fresh: nanos, Disk: nanos}}}}
	if err := s.page(r, store(t.TempDir()), out); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(out)
	if err != nil || strings.Contains(string(page), ".svg") || !strings.Contains(string(page), "2.00 ms (`b`)") {
		t.Errorf("error %v, page\n%s", err, page)
	}
}

func TestReasons(t *testing.T) {
	if _, err := parseReasons("no tab"); err == nil {
		t.Error("a line without a tab passes")
	}
	x, err := parseReasons("a/* f32 BLAS\tfirst\na/*\tsecond")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ row, mark string }{{"a/1 f64 BLAS", " (1)"}, {"a/1 f32 BLAS", " (2)"}, {"a/2 f64 BLAS", " (1)"}, {"b/1 f64 BLAS", " (cause not known)"}} {
		if got := x.mark(c.row); got != c.mark {
			t.Errorf("%s has mark %q, not %q", c.row, got, c.mark)
		}
	}
	if x, err := store("results").reasons(); err != nil || len(x.known) == 0 {
		t.Error(err)
	}
	if x, err := store(t.TempDir()).reasons(); err != nil || len(x.known) > 0 {
		t.Error("a machine without a file of reasons has some", err)
	}
}

// Two workers that gain as much as two loops in registers share ideally, whatever that is.
func TestIdealSharing(t *testing.T) {
	r := &result{rounds: []float64{10, 20}, Times: []*timing{{Class: oneWorker, rounds: []float64{20, 20}},
		{Class: "spin 1", rounds: []float64{8, 8}}, {Class: "spin 2", rounds: []float64{4, 8}}, {Class: blasClass}}}
	deriveIdeal(r)
	r.settle()
	if len(r.Times) != 3 || r.Times[1].Class != ideal || r.Times[1].Ratio != (ratio{1, 1, 1}) {
		t.Errorf("ideal sharing is %v of %v", r.Times[1].Ratio, r.Times)
	}
	for _, x := range threadRows(testSession(t)) {
		if x.dtype == tensor.F32 && x.threads != 2 {
			t.Errorf("%s has %d threads", x.name, x.threads)
		}
	}
}

func TestNetworksAndTheirTable(t *testing.T) {
	cases, err := networkCases()
	if err != nil || len(cases) != countNetworks() || len(cases) < 60 {
		t.Fatal(len(cases), err)
	}
	s := testSession(t)
	p := &plannerTimes{}
	for i := range cases {
		c := &cases[i]
		if len(c.Inputs) > 40 {
			continue
		}
		f, err := s.order(c, 2e5, 0)
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		p.Orders = putRow(p.Orders, &plannerRow{Name: c.Name, Class: c.Class, Operands: len(c.Inputs), Found: []found{f}})
		if c.KnownSliced > 0 {
			p.Slices = putRow(p.Slices, &plannerRow{Name: c.Name, Operands: len(c.Inputs), Found: []found{{c.KnownSliced, 1}}})
		}
	}
	if p.Orders[0].Operands > p.Orders[len(p.Orders)-1].Operands {
		t.Error("rows are not in the order of their size")
	}
	p.Orders[0].Found[0].Log10Flops += 3
	why, err := parseReasons("planner/to 12*\tIt is a test.")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	p.table(&b, why)
	for _, want := range []string{"| to 12 |", " / 3.0000 (0 / 0) **missed** (1)", "worse on ", "randreg_n30_d4"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

// The pages and their plots are those of the results that are kept beside them.
func TestThePagesAreOfTheResults(t *testing.T) {
	s, dir := testSession(t), t.TempDir()
	for _, machine := range []string{"", "cascade-lake"} {
		page := pageOf(machine)
		if err := s.writeKept(store(filepath.Join("results", machine)), filepath.Join(dir, page)); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{page, strings.TrimSuffix(page, ".md") + ".svg"} {
			want, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(filepath.Join("..", name)); err != nil || string(got) != string(want) {
				t.Errorf("%s differs (%v): run make bench BENCH='-assemble -machine=%s'", name, err, machine)
			}
		}
	}
}
