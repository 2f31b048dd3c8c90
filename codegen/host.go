package codegen

import (
	"fmt"
	goruntime "runtime"
	"strings"

	"github.com/einc-lang/einc/planner/cost"
	"github.com/klauspost/cpuid/v2"
)

// level is an instruction-set level that einc compiles for: what LLVM is told and what the CPU must have.
type level struct {
	name     string
	triple   string
	target   cost.Target
	features []string // names of klauspost/cpuid
}

// The levels of x86-64 are those of its psABI; einc needs v2 (SSE4.2) at least.
var levels = []level{
	{"x86-64-v2", "x86_64-unknown-linux-gnu", cost.Target{Arch: "amd64", VectorBytes: 16, Registers: 16},
		[]string{"SSE3", "SSSE3", "SSE4", "SSE42", "POPCNT"}},
	{"x86-64-v3", "x86_64-unknown-linux-gnu", cost.Target{Arch: "amd64", VectorBytes: 32, Registers: 16, FMA: true, F16C: true},
		[]string{"AVX2", "FMA3", "F16C", "BMI1", "BMI2", "LZCNT", "MOVBE"}},
	{"x86-64-v4", "x86_64-unknown-linux-gnu", cost.Target{Arch: "amd64", VectorBytes: 64, Registers: 32, FMA: true, F16C: true},
		[]string{"AVX2", "FMA3", "F16C", "BMI1", "BMI2", "LZCNT", "MOVBE", "AVX512F", "AVX512BW", "AVX512CD", "AVX512DQ", "AVX512VL"}},
	{"generic", "aarch64-unknown-linux-gnu", neon, []string{"ASIMD"}},
	{"neoverse-n1", "aarch64-unknown-linux-gnu", neon, armV82},
	{"neoverse-v1", "aarch64-unknown-linux-gnu", neon, append([]string{"SVE"}, armV82...)},
	{"apple-m1", "aarch64-unknown-linux-gnu", neon, armV82},
}

// What the arm64 levels beyond the generic one have in common: code for them differs in scheduling and in
// what it may use beside the vectors of 16 bytes.
var (
	neon   = cost.Target{Arch: "arm64", VectorBytes: 16, Registers: 32, FMA: true, F16C: true}
	armV82 = []string{"ASIMD", "ASIMDDP", "ASIMDHP", "ASIMDRDM", "ATOMICS"}
)

// Levels lists the names that TargetFor takes.
func Levels() []string {
	var names []string
	for _, l := range levels {
		names = append(names, l.name)
	}
	return names
}

// Host is the target of the machine that runs the program: the highest level its CPU reaches, its
// caches, and one worker for each of GOMAXPROCS.
func Host() (cost.Target, error) {
	name := "generic"
	if goruntime.GOARCH == "amd64" {
		name = fmt.Sprintf("x86-64-v%d", cpuid.CPU.X64Level())
	}
	t, err := TargetFor(name)
	c := cpuid.CPU.Cache
	t.L1, t.L2, t.L3 = max(t.L1, c.L1D), max(t.L2, c.L2), max(t.L3, c.L3)
	return t, err
}

// TargetFor is the target of a level on no machine in particular: its caches are those that every CPU
// of the last ten years has, so that the same code comes out on every host.
func TargetFor(name string) (cost.Target, error) {
	l, err := levelOf(name)
	if err != nil {
		return cost.Target{}, err
	}
	t := l.target
	t.Level = l.name
	t.L1, t.L2, t.L3 = 32<<10, 256<<10, 2<<20
	if t.VectorBytes == 64 {
		t.L2 = 1 << 20 // as every server CPU with AVX-512 has
	}
	t.Workers = goruntime.GOMAXPROCS(0)
	return t, nil
}

func levelOf(name string) (level, error) {
	for _, l := range levels {
		if l.name == name {
			return l, nil
		}
	}
	return level{}, fmt.Errorf("unknown CPU level %q: einc compiles for %s", name, strings.Join(Levels(), ", "))
}
