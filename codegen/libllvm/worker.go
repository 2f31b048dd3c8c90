package libllvm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	maxWorkers   = 2
	workerMemory = 4 << 30          // bytes a worker may take
	startTime    = 30 * time.Second // a worker that has said nothing by then is not one
)

// workers are the processes that CompileInWorker keeps.
var workers = &pool{slots: make(chan struct{}, maxWorkers), memory: workerMemory}

// CompileInWorker is Compile in another process, a re-executed copy of this program, which is kept for
// later calls; at most two run at a time, further calls wait. If the worker crashes, is killed or runs out of
// its memory, the error is an *Error of stage "worker" that names the cause, and the next call starts
// another. When ctx is done, the worker is killed and ctx's error returned. Where the system starts no process, its
// error is returned.
//
// The program must call RunWorkerIfAsked at its start.
func CompileInWorker(ctx context.Context, r Request) (*Result, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	if err := loadable(); err != nil {
		return nil, err
	}
	return workers.compile(ctx, r)
}

// StopWorkers ends the workers that are idle. Later calls of CompileInWorker start new ones. It need
// not be called before the program ends: workers end with it.
func StopWorkers() { workers.stop() }

// pool hands out workers. Holding a slot allows having one.
type pool struct {
	slots  chan struct{}
	memory int64

	mu   sync.Mutex
	idle []*worker // last used last
}

func (p *pool) compile(ctx context.Context, r Request) (*Result, error) {
	if !canServe.Load() {
		return nil, failf("worker", "this program cannot be its own compile worker: "+
			"it must call einc.ServeWorker first thing in main (in tests: in TestMain), or leave Options.Isolate unset")
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w := p.take()
	if w == nil {
		var err error
		if w, err = startWorker(p.memory); err != nil {
			return nil, fmt.Errorf("cannot start the compile worker: %w", err) // the system's, such as too many open files
		}
	}
	answer, err := w.ask(ctx, r)
	if err != nil {
		return nil, err
	}
	p.put(w)
	return answer.open()
}

// take returns an idle worker that is alive, or nil.
func (p *pool) take() *worker {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 {
		w := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if w.alive() {
			return w
		}
		w.kill()
	}
	return nil
}

func (p *pool) put(w *worker) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, w)
}

func (p *pool) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.idle {
		w.kill()
	}
	p.idle = nil
}

// worker is a running process and the pipes to it.
type worker struct {
	process *exec.Cmd
	in      io.WriteCloser
	out     *os.File
	said    *head // standard output and error since the last answer
	greeted bool
	memory  int64
	gone    chan struct{} // closed when the process has ended
}

// startWorker runs this program as a worker, in a process group of its own so that an interrupt from the
// terminal reaches the program alone, which knows what to do with it.
func startWorker(memory int64) (*worker, error) {
	path, err := self()
	if err != nil {
		return nil, err
	}
	out, answers, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	w := &worker{out: out, said: &head{}, memory: memory, gone: make(chan struct{})}
	w.process = &exec.Cmd{
		Path:        path,
		Args:        []string{os.Args[0]},
		Env:         append(os.Environ(), envWorker+"="+strconv.FormatInt(memory, 10), "GOTRACEBACK=none"),
		Stdout:      w.said,
		Stderr:      w.said,
		ExtraFiles:  []*os.File{answers}, // becomes number replies
		SysProcAttr: ownGroup(),
	}
	if w.in, err = w.process.StdinPipe(); err == nil {
		err = w.process.Start()
	}
	answers.Close()
	if err != nil {
		out.Close()
		return nil, err
	}
	go func() {
		_ = w.process.Wait() // what it says is in ProcessState
		close(w.gone)
	}()
	return w, nil
}

// self is the path to run this very program by, even if its file was replaced since it started.
func self() (string, error) {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe", nil
	}
	return os.Executable()
}

func (w *worker) alive() bool {
	select {
	case <-w.gone:
		return false
	default:
		return true
	}
}

// kill ends the process and waits for its end.
func (w *worker) kill() {
	_ = w.process.Process.Kill() // it may have ended by itself
	<-w.gone
	w.in.Close()
	w.out.Close()
}

// ask sends a request and waits for the answer. After an error the worker is dead.
func (w *worker) ask(ctx context.Context, r Request) (*reply, error) {
	stop := context.AfterFunc(ctx, func() { _ = w.process.Process.Kill() })
	answer, err := w.talk(r)
	cancelled := !stop()
	if err == nil && !cancelled {
		w.said.reset()
		return answer, nil
	}
	if !cancelled {
		w.settle()
	}
	w.kill()
	if cancelled {
		return nil, ctx.Err()
	}
	return nil, w.cause(err)
}

// settle gives a process that closed its pipes a moment to end by itself, so that its exit status, not
// our signal, tells the cause.
func (w *worker) settle() {
	select {
	case <-w.gone:
	case <-time.After(2 * time.Second):
	}
}

func (w *worker) talk(r Request) (*reply, error) {
	if err := send(w.in, r); err != nil {
		return nil, err
	}
	if err := w.greet(); err != nil {
		return nil, err
	}
	var answer reply
	if err := receive(w.out, &answer); err != nil {
		return nil, err
	}
	return &answer, nil
}

// greet reads the hello of a new worker.
func (w *worker) greet() error {
	if w.greeted {
		return nil
	}
	late := time.AfterFunc(startTime, func() { _ = w.process.Process.Kill() })
	defer late.Stop()
	var h hello
	if err := receive(w.out, &h); err != nil {
		return err
	}
	if h.Protocol != protocol {
		return fmt.Errorf("it speaks protocol %d, not %d", h.Protocol, protocol)
	}
	w.greeted = true
	return nil
}

// cause says why a worker that has ended did so.
func (w *worker) cause(err error) *Error {
	said := w.said.summary()
	how := "gave a malformed answer: " + err.Error()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.EPIPE) || errors.Is(err, os.ErrClosed) {
		how = "ended: " + w.process.ProcessState.String()
	}
	if outOfMemory(said) {
		how = fmt.Sprintf("ran out of its memory of %d MiB", w.memory>>20)
	}
	if !w.greeted {
		how += " (before it said hello)"
	}
	if said != "" {
		how += ": " + said
	}
	return &Error{Stage: "worker", Msg: "the compile worker " + how}
}

func outOfMemory(said string) bool {
	for _, s := range []string{"out of memory", "bad_alloc", "annot allocate memory", "failed to map segment"} {
		if strings.Contains(said, s) {
			return true
		}
	}
	return false
}

// head keeps the beginning of what is written to it: of a crash, the first lines tell the cause.
type head struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

const maxHead = 4096

// Write never fails.
func (h *head) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.buf.Write(p[:min(len(p), maxHead-h.buf.Len())])
	return len(p), nil
}

func (h *head) reset() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.buf.Reset()
}

// summary is the first lines, as one.
func (h *head) summary() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	lines := strings.FieldsFunc(h.buf.String(), func(r rune) bool { return r == '\n' || r == '\r' })
	return strings.Join(lines[:min(len(lines), 3)], "; ")
}
