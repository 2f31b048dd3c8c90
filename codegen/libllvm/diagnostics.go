package libllvm

import (
	"regexp"
	"strconv"
	"strings"
)

// diagnostics collects what LLVM says about one module.
type diagnostics struct {
	errors []string
	frames map[string]int // function → frame bytes as LLVM counts them
}

// The severities of LLVM's diagnostics that matter here; 2 and 3 are remarks and notes.
const (
	severityError   = 0
	severityWarning = 1
)

// frameText is how LLVM reports a stack frame of a function with the attribute warn-stack-size=0. A
// source location may stand before it.
var frameText = regexp.MustCompile(`stack frame size \((\d+)\) exceeds limit \(\d+\) in function '([^']*)'$`)

// onDiagnostic is called by LLVM, on the goroutine that compiles.
func (l *library) onDiagnostic(info ref, to *diagnostics) {
	severity := l.GetDiagInfoSeverity(info)
	if severity != severityError && severity != severityWarning {
		return
	}
	to.add(severity, l.take(l.GetDiagInfoDescription(info)))
}

func (d *diagnostics) add(severity int32, text string) {
	text = strings.TrimSpace(text)
	if m := frameText.FindStringSubmatch(text); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			d.frames[m[2]] = max(n, d.frames[m[2]])
			return
		}
	}
	// A report of a frame in words of a version to come must not pass for the absence of one.
	if severity == severityError || strings.Contains(text, "stack frame") {
		d.errors = append(d.errors, text)
	}
}

// err is the errors collected, as one.
func (d *diagnostics) err(stage string) error {
	if len(d.errors) == 0 {
		return nil
	}
	return &Error{Stage: stage, Msg: strings.Join(d.errors, "; ")}
}

// frameSlack is what a function may use of the stack beyond the frame that LLVM reports: the return
// address, re-alignment for the widest vector, and room to spare.
const frameSlack = 256

// prove gives the stack bytes of each function. LLVM reports no empty frames.
func (d *diagnostics) prove(functions []string) map[string]int {
	frames := map[string]int{}
	for _, f := range functions {
		frames[f] = d.frames[f] + frameSlack
	}
	return frames
}

// fatal is the panic that takes a fatal error out of LLVM.
type fatal string

// onFatal is called by LLVM instead of aborting. It must not return: LLVM would exit.
func onFatal(reason *byte) {
	panic(fatal(goString(reason)))
}

// recoverFatal turns the panic of onFatal into an error. LLVM's frames were skipped, so what the compile
// allocated is leaked and must not be touched again.
func recoverFatal(err *error) {
	switch p := recover().(type) {
	case nil:
	case fatal:
		*err = &Error{Stage: "fatal", Msg: strings.TrimSpace(string(p))}
	default:
		panic(p)
	}
}
