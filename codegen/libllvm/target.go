package libllvm

import (
	"slices"
	"strings"
)

// arch is what einc knows of an LLVM back end. LLVM has no query for names: it aborts on an unknown
// x86-64 CPU and silently ignores an unknown feature, so the lists are kept here.
type arch struct {
	name     string
	cpus     []string
	features []string
	minus    bool   // features may be switched off
	always   string // features that every compile has
	model    int32  // LLVMCodeModel
}

const (
	codeModelDefault int32 = 0
	codeModelTiny    int32 = 2
	codeModelSmall   int32 = 3
)

// Features without which the back end cannot work (sse2, 64bit, neon) are not listed: switching one
// off is fatal.
var (
	x86 = &arch{
		name: "X86",
		cpus: []string{"x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4"},
		features: []string{"sse3", "ssse3", "sse4.1", "sse4.2", "popcnt", "avx", "avx2", "fma", "f16c", "bmi", "bmi2", "lzcnt",
			"movbe", "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl", "avx512vnni", "avx512bf16", "avx512fp16",
			"prefer-256-bit"},
		minus: true,
		model: codeModelSmall,
	}
	// x28 holds Go's g and x18 belongs to some operating systems: kernels run on goroutine stacks and
	// must leave both alone.
	aarch64 = &arch{
		name:     "AArch64",
		cpus:     []string{"generic", "neoverse-n1", "neoverse-v1", "apple-m1"},
		features: []string{"neon", "fp-armv8", "fullfp16", "fp16fml", "dotprod", "bf16", "i8mm", "rdm", "lse", "reserve-x18", "reserve-x28"},
		always:   "+reserve-x28,+reserve-x18",
		model:    codeModelTiny,
	}
	nvptx = &arch{
		name:     "NVPTX",
		cpus:     []string{"sm_70", "sm_72", "sm_75", "sm_80", "sm_86", "sm_87", "sm_89", "sm_90"},
		features: []string{"ptx60", "ptx63", "ptx64", "ptx70", "ptx71", "ptx72", "ptx73", "ptx74", "ptx75", "ptx76", "ptx77", "ptx78", "ptx80"},
		model:    codeModelDefault,
	}
)

type target struct {
	triple string
	arch   *arch
}

// Of Windows, the triples are those of the GNU tools: their objects refer to no symbol of Microsoft's C
// library, and link there all the same.
var targets = []target{
	{"x86_64-unknown-linux-gnu", x86},
	{"x86_64-pc-linux-gnu", x86},
	{"x86_64-linux-gnu", x86},
	{"aarch64-unknown-linux-gnu", aarch64},
	{"aarch64-linux-gnu", aarch64},
	{"x86_64-apple-macosx11.0.0", x86},
	{"arm64-apple-macosx11.0.0", aarch64},
	{"x86_64-w64-windows-gnu", x86},
	{"aarch64-w64-windows-gnu", aarch64},
	{"nvptx64-nvidia-cuda", nvptx},
}

// model is the code model. The tiny one of AArch64 needs no fixed distance to a page, which is good for
// code that is loaded by itself; it exists in ELF alone, and reaches too short for code that is linked.
func (t target) model(linked bool) int32 {
	if t.arch.model == codeModelTiny && (linked || !strings.Contains(t.triple, "linux")) {
		return codeModelSmall
	}
	return t.arch.model
}

func targetOf(triple string) (target, error) {
	for _, t := range targets {
		if t.triple == triple {
			return t, nil
		}
	}
	return target{}, failf("request", "unknown target triple %q: use one of %s", triple, strings.Join(triples(), " "))
}

// triples lists the target triples that a Request may name.
func triples() []string {
	var s []string
	for _, t := range targets {
		s = append(s, t.triple)
	}
	return s
}

func (a *arch) checkFeatures(list string) error {
	if list == "" {
		return nil
	}
	for _, f := range strings.Split(list, ",") {
		name := strings.TrimPrefix(f, "+")
		if a.minus && name == f {
			name = strings.TrimPrefix(f, "-")
		}
		if name == f {
			return failf("request", "CPU feature %q needs a leading +", f)
		}
		if !slices.Contains(a.features, name) {
			return failf("request", "unknown CPU feature %q for %s: use some of %s", f, a.name, strings.Join(a.features, " "))
		}
	}
	return nil
}

// featureString is what LLVM is told: the request's features and those einc cannot do without.
func (a *arch) featureString(list string) string {
	if a.always == "" || list == "" {
		return a.always + list
	}
	return list + "," + a.always
}
