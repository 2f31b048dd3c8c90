package libllvm

import (
	"bytes"
	"context"
	"runtime"
	"strings"
	"unsafe"
)

// Compile runs LLVM on a request, in this process. Errors are of type *Error, *MissingError, or ctx's.
// It may be called from several goroutines at once.
//
// LLVM cannot be interrupted: when ctx is done Compile returns at once, while LLVM ends the stage it is
// in on another goroutine, whose result is thrown away.
func Compile(ctx context.Context, r Request) (*Result, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l, err := loaded()
	if err != nil {
		return nil, err
	}
	if ctx.Done() == nil {
		return l.compile(ctx, r)
	}
	type answer struct {
		result *Result
		err    error
	}
	done := make(chan answer, 1)
	go func() {
		result, err := l.compile(ctx, r)
		done <- answer{result, err}
	}()
	select {
	case a := <-done:
		return a.result, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// job is one compile: a context of its own, and what lives in it.
type job struct {
	*library
	req     Request
	target  target
	said    *diagnostics
	context ref
	module  ref

	machine    ref
	machineKey machineKey
}

func (l *library) compile(ctx context.Context, r Request) (result *Result, err error) {
	defer recoverFatal(&err)
	t, err := targetOf(r.Triple)
	if err != nil {
		return nil, err
	}
	j := &job{library: l, req: r, target: t, said: &diagnostics{frames: map[string]int{}}}
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(j.said) // LLVM keeps its address until the context is gone

	j.context = l.ContextCreate()
	l.ContextSetDiagnosticHandler(j.context, l.diagnose, j.said)
	result, err = j.run(ctx)
	j.dispose() // not deferred: after a fatal error nothing of LLVM's may be touched
	return result, err
}

func (j *job) dispose() {
	j.releaseMachine()
	if j.module != 0 {
		j.DisposeModule(j.module)
	}
	j.ContextDispose(j.context)
}

// run takes the module through the stages, and then the further parts.
func (j *job) run(ctx context.Context) (*Result, error) {
	if err := j.stages(ctx); err != nil {
		return nil, err
	}
	for _, p := range j.req.Link {
		if err := j.link(ctx, p); err != nil {
			return nil, err
		}
	}
	return j.finish()
}

// stages takes the module up to where code is generated. It looks at ctx between the stages.
func (j *job) stages(ctx context.Context) error {
	stages := []struct {
		name string
		do   func() error
	}{
		{"parse", j.parse}, {"target", j.createMachine}, {"verify", j.verify}, {"passes", j.runPasses},
	}
	for _, s := range stages {
		if err := s.do(); err != nil {
			return err
		}
		if err := j.said.err(s.name); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// finish makes the result of a module that has been through the passes.
func (j *job) finish() (*Result, error) {
	result := &Result{LLVM: j.info.Version}
	if j.req.Kind == IR {
		result.Code = []byte(j.take(j.PrintModuleToString(j.module)))
		return result, nil
	}
	var functions []string
	if j.target.arch != nvptx {
		var err error
		if functions, err = j.leaves(); err != nil {
			return nil, err
		}
	}
	code, err := j.emit()
	if err != nil {
		return nil, err
	}
	result.Code = code
	if j.target.arch == nvptx {
		return result, nil
	}
	result.Frames = j.said.prove(functions)
	if j.req.Kind == Obj {
		err = refuseUndefined(code)
	}
	return result, err
}

// parse reads the text. The buffer is LLVM's from then on.
func (j *job) parse() error {
	text := []byte(j.req.IR)
	buf := j.CreateMemoryBufferWithMemoryRangeCopy(&text[0], uintptr(len(text)), "kernel.ll")
	var msg *byte
	if j.ParseIRInContext(j.context, buf, &j.module, &msg) != 0 {
		j.module = 0
		return &Error{Stage: "parse", Msg: strings.TrimSpace(j.take(msg))}
	}
	return nil
}

func (j *job) verify() error {
	const returnStatus = 2
	var msg *byte
	bad := j.VerifyModule(j.module, returnStatus, &msg) != 0
	text := strings.TrimSpace(j.take(msg))
	if bad {
		return &Error{Stage: "verify", Msg: text}
	}
	return nil
}

// runPasses runs the pipeline. The vectorisers are off even in pipelines that have them: einc's vectors
// are explicit, and wrong code from these two passes is LLVM's commonest kind.
func (j *job) runPasses() error {
	if j.req.Passes == "" {
		return nil
	}
	opts := j.CreatePassBuilderOptions()
	if j.req.VerifyEach {
		j.PassBuilderOptionsSetVerifyEach(opts, 1)
	}
	j.PassBuilderOptionsSetLoopVectorization(opts, 0)
	j.PassBuilderOptionsSetSLPVectorization(opts, 0)
	failure := j.RunPasses(j.module, j.req.Passes, j.machine, opts)
	j.DisposePassBuilderOptions(opts)
	if failure == 0 {
		return nil
	}
	msg := j.GetErrorMessage(failure)
	text := goString(msg)
	j.DisposeErrorMessage(msg)
	return &Error{Stage: "passes", Msg: text}
}

// emit generates code. LLVM reports success even after errors in inline assembly, so the diagnostics
// have the last word.
func (j *job) emit() ([]byte, error) {
	const asmFile, objectFile = 0, 1
	kind := int32(objectFile)
	if j.req.Kind == Asm {
		kind = asmFile
	}
	var msg *byte
	var buf ref
	if j.TargetMachineEmitToMemoryBuffer(j.machine, j.module, kind, &msg, &buf) != 0 {
		return nil, &Error{Stage: "codegen", Msg: strings.TrimSpace(j.take(msg))}
	}
	var code []byte
	if n := j.GetBufferSize(buf); n > 0 {
		code = bytes.Clone(unsafe.Slice(j.GetBufferStart(buf), n))
	}
	j.DisposeMemoryBuffer(buf)
	return code, j.said.err("codegen")
}
