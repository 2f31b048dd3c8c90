package einc

import (
	"fmt"
	goruntime "runtime"

	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/codegen/libllvm"
)

// Check is one line of a machine's examination.
type Check struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Text string `json:"text"`
	Err  error  `json:"-"`
}

// Doctor examines what einc needs of the machine: the CPU's level, LLVM, and the kernel cache that the
// options name.
func Doctor(opts *Options) []Check {
	if opts == nil {
		opts = &Options{}
	}
	checks := []Check{checkCPU(), checkLLVM()}
	dir, err := CacheStatus(opts.Cache)
	if err != nil {
		return append(checks, Check{Name: "cache", Text: "none: " + err.Error()})
	}
	return append(checks, Check{Name: "cache", OK: true, Text: dir})
}

func checkCPU() Check {
	t, err := codegen.Host()
	if err != nil {
		return Check{Name: "cpu", Text: err.Error(), Err: err}
	}
	text := fmt.Sprintf("%s/%s, level %s, vectors of %d bytes, caches %d/%d/%d KiB, %d workers", goruntime.GOOS, t.Arch, t.Level,
		t.VectorBytes, t.L1>>10, t.L2>>10, t.L3>>10, t.Workers)
	return Check{Name: "cpu", OK: true, Text: text}
}

func checkLLVM() Check {
	info, err := libllvm.Open()
	if err != nil {
		return Check{Name: "llvm", Text: err.Error(), Err: err}
	}
	return Check{Name: "llvm", OK: true, Text: fmt.Sprintf("LLVM %s, %s", info.Version, info.Path)}
}
