package libllvm

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// MaxIR is the largest IR text in bytes that a Request may hold.
const MaxIR = 64 << 20

// maxPasses is the longest pass list in bytes.
const maxPasses = 4096

// Kind is the form of a Result.
type Kind uint8

// The kinds of result.
const (
	Obj Kind = iota // a relocatable ELF object
	Asm             // assembly text; the only machine form of NVPTX
	IR              // IR text after the passes
)

// String is the kind's name in messages.
func (k Kind) String() string {
	if k > IR {
		return fmt.Sprintf("Kind(%d)", uint8(k))
	}
	return [...]string{"object", "assembly", "IR"}[k]
}

// Request is one module to compile.
type Request struct {
	IR         string // typed or opaque pointers; its own target triple, data layout and CPU attributes are replaced
	Triple     string // one of those in target.go
	CPU        string // one of the triple's
	Features   string // comma-separated, each with + or -, from the checked list of its architecture
	Passes     string // pass pipeline as opt -passes takes it; empty for none
	Level      int    // code generation level, 0 to 3
	Kind       Kind
	VerifyEach bool // verify the module after every pass; for tests
	Link       []Part
	// Linked asks for an object that a linker places: it may be far from its constants, and its functions
	// may call each other. The frames of the called are not in those of their callers.
	Linked bool
}

// Part is a further module that becomes part of the first after passes of its own. Its functions keep its
// CPU, which is of the request's triple.
type Part struct {
	IR, CPU, Passes string
}

// Result is compiled code.
type Result struct {
	Code   []byte
	Frames map[string]int // function → bytes of stack it may use, proved; nil for kind IR and for NVPTX
	LLVM   string         // version of LLVM, as "22.1.8"
}

// Error is a failure of one compile. Stage says where: "request", "parse", "verify", "target", "passes",
// "codegen", "fatal" (LLVM gave up on the module), "object" (the object is not one that einc runs) or
// "worker" (the process that LLVM ran in).
type Error struct {
	Stage string
	Msg   string
}

// Error is one line, or several where LLVM's message has several.
func (e *Error) Error() string { return "LLVM " + e.Stage + " error: " + e.Msg }

func failf(stage, format string, args ...any) *Error {
	return &Error{Stage: stage, Msg: fmt.Sprintf(format, args...)}
}

// passText is what a pass pipeline may be written with: no quotes, paths or spaces.
var passText = regexp.MustCompile(`^[a-zA-Z0-9_<>(),;=-]*$`)

// check validates everything about a request that LLVM is not to be trusted with.
func (r *Request) check() error {
	t, err := targetOf(r.Triple)
	if err != nil {
		return err
	}
	for _, p := range append([]Part{{r.IR, r.CPU, r.Passes}}, r.Link...) {
		if err := p.check(t); err != nil {
			return err
		}
	}
	switch {
	case r.Level < 0 || r.Level > 3:
		return failf("request", "code generation level %d is not one of 0 1 2 3", r.Level)
	case r.Kind > IR:
		return failf("request", "unknown kind of result %d", r.Kind)
	case r.Kind == Obj && t.arch == nvptx:
		return failf("request", "LLVM makes no objects for %s: ask for assembly", r.Triple)
	case len(r.Link) > 0 && t.arch == nvptx:
		return failf("request", "modules for %s are compiled one by one", r.Triple)
	}
	return t.arch.checkFeatures(r.Features)
}

func (p Part) check(t target) error {
	switch {
	case p.IR == "":
		return failf("request", "the IR is empty")
	case len(p.IR) > MaxIR:
		return failf("request", "the IR has %d bytes, the limit is %d: split the module", len(p.IR), MaxIR)
	case strings.IndexByte(p.IR, 0) >= 0:
		return failf("request", "the IR holds a zero byte")
	case len(p.Passes) > maxPasses || !passText.MatchString(p.Passes):
		return failf("request", "malformed pass list %q", p.Passes)
	case !slices.Contains(t.arch.cpus, p.CPU):
		return failf("request", "unknown CPU %q for %s: use one of %s", p.CPU, t.triple, strings.Join(t.arch.cpus, " "))
	}
	return nil
}
