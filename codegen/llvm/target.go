package llvm

import (
	"fmt"
	"strings"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/llir/llvm/ir"
	"github.com/llir/llvm/ir/enum"
)

// Target is the machine that functions are emitted for. CPU and Features are LLVM's names, taken as
// they are: whoever passes them on to LLVM has checked them.
type Target struct {
	Triple     string // as "x86_64-unknown-linux-gnu"; x86_64, aarch64 and arm64 are supported
	CPU        string // as "x86-64-v3"; empty: the baseline of the architecture
	Features   string // as "+avx2,+fma"; empty: those of CPU
	VectorBits int    // width of a vector register; the copies of Pack use it
}

// Passes is the pass pipeline for nests of a strategy, in LLVM's notation. Packed nests take none: they
// come as LLVM's passes would leave them, and passes that work across a block make tiles spill.
func Passes(strategy string) string {
	if strategy == "packed" || strings.HasPrefix(strategy, "packed/") {
		return ""
	}
	return "function(sroa,early-cse<memssa>,simplifycfg,loop-mssa(loop-rotate,licm),instcombine,simplifycfg,adce)"
}

func (t Target) arch() string {
	arch, _, _ := strings.Cut(t.Triple, "-")
	if arch == "arm64" {
		return "aarch64"
	}
	return arch
}

func (t Target) check() error {
	switch t.arch() {
	case "x86_64", "aarch64":
		return nil
	}
	return fmt.Errorf("llvm: no code for triple %q: give one of x86_64 or aarch64, as \"x86_64-unknown-linux-gnu\"", t.Triple)
}

// features adds what every aarch64 kernel needs: x28 holds Go's g while kernels run, and x18 belongs to
// the platform on Darwin and Windows.
func (t Target) features() string {
	all := t.Features
	if t.arch() != "aarch64" {
		return all
	}
	for _, f := range []string{"+reserve-x28", "+reserve-x18"} {
		if strings.Contains(","+all+",", ","+f+",") {
			continue
		}
		if all != "" {
			all += ","
		}
		all += f
	}
	return all
}

// attributes are those of the function of n. "no-builtins" keeps LLVM from turning loops into calls of
// memset, and "warn-stack-size" makes it report every frame, which is how libllvm learns their sizes.
func (t Target) attributes(n *loop.Nest) []ir.FuncAttribute {
	attrs := []ir.FuncAttribute{enum.FuncAttrNoUnwind}
	pair := func(k, v string) { attrs = append(attrs, ir.AttrPair{Key: k, Value: v}) }
	pair("frame-pointer", "none")
	// Without the second, instcombine ends the process when one round over a function was not enough.
	attrs = append(attrs, ir.AttrString("no-builtins"), ir.AttrString("instcombine-no-verify-fixpoint"))
	if t.wide(n) { // else LLVM splits 64-byte vectors in two
		pair("min-legal-vector-width", "512")
		pair("prefer-vector-width", "512")
	}
	if t.CPU != "" {
		pair("target-cpu", t.CPU)
	}
	if f := t.features(); f != "" {
		pair("target-features", f)
	}
	pair("warn-stack-size", "0")
	return attrs
}

// wide reports whether n uses 64-byte vectors on a machine that has them.
func (t Target) wide(n *loop.Nest) bool {
	if t.arch() != "x86_64" || t.VectorBits < 512 {
		return false
	}
	for _, r := range n.Regs {
		if r.Lanes*r.DType.Size() >= 64 {
			return true
		}
	}
	return wideNodes(n.Body)
}

func wideNodes(body []loop.Node) bool {
	for _, node := range body {
		switch x := node.(type) {
		case *loop.For:
			if wideNodes(x.Body) {
				return true
			}
		case *loop.Pack:
			return true
		case *loop.Tile:
			if int(x.Lanes)*x.Acc.Size() >= 64 {
				return true
			}
		}
	}
	return false
}
