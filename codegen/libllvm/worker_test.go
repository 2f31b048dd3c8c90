package libllvm

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func needWorker(t *testing.T) {
	needLLVM(t)
	t.Cleanup(StopWorkers)
}

func TestWorkerGivesTheSame(t *testing.T) {
	needWorker(t)
	want, err := Compile(context.Background(), request(wide()))
	require.NoError(t, err)
	for range 2 {
		got, err := CompileInWorker(context.Background(), request(wide()))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	checkBroken(t, CompileInWorker)
	require.Len(t, workers.idle, 1, "one worker served all, errors included")
}

func TestWorkersSideBySide(t *testing.T) {
	needWorker(t)
	var group sync.WaitGroup
	for range 6 {
		group.Add(1)
		go func() {
			defer group.Done()
			if _, err := CompileInWorker(context.Background(), request(axpy)); err != nil {
				t.Error(err)
			}
		}()
	}
	group.Wait()
	require.LessOrEqual(t, len(workers.idle), maxWorkers)
}

// worker1 starts a worker and returns it, idle.
func worker1(t *testing.T, p *pool) *worker {
	t.Cleanup(p.stop)
	_, err := p.compile(context.Background(), request(axpy))
	require.NoError(t, err)
	require.Len(t, p.idle, 1)
	return p.idle[0]
}

func newPool(memory int64) *pool {
	return &pool{slots: make(chan struct{}, maxWorkers), memory: memory}
}

func TestWorkerKilledMidway(t *testing.T) {
	needLLVM(t)
	p := newPool(workerMemory)
	for sig, text := range map[syscall.Signal]string{syscall.SIGKILL: "signal: killed", syscall.SIGABRT: "SIGABRT"} {
		w := worker1(t, p)
		time.AfterFunc(50*time.Millisecond, func() { _ = w.process.Process.Signal(sig) })
		_, err := w.ask(context.Background(), slow())
		var e *Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, "worker", e.Stage)
		require.Contains(t, e.Msg, "the compile worker ended: ")
		require.Contains(t, e.Msg, text)
		require.Nil(t, p.take())
	}
	worker1(t, p) // the next compile starts another
}

func TestWorkerKilledWhileIdle(t *testing.T) {
	needLLVM(t)
	p := newPool(workerMemory)
	w := worker1(t, p)
	require.NoError(t, w.process.Process.Kill())
	<-w.gone
	require.NotSame(t, w, worker1(t, p))
}

func TestWorkerCancel(t *testing.T) {
	needLLVM(t)
	p := newPool(workerMemory)
	w := worker1(t, p)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := w.ask(ctx, slow())
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.False(t, w.alive(), "a cancelled worker must not go on")
	_, err = p.compile(ctx, request(axpy))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	worker1(t, p)
}

// TestWorkerMemory has LLVM lay out an array that is larger than the worker's memory.
func TestWorkerMemory(t *testing.T) {
	needLLVM(t)
	p := newPool(1 << 30)
	worker1(t, p)
	_, err := p.compile(context.Background(), request("@big = constant [3000000000 x i8] zeroinitializer\n"+axpy))
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "worker", e.Stage)
	require.Contains(t, e.Msg, "ran out of its memory of 1024 MiB")
	worker1(t, p)
}

// inChild runs a test of this binary in another process and returns its output.
func inChild(t *testing.T, test string, env ...string) string {
	cmd := exec.Command(os.Args[0], "-test.run=^"+test+"$", "-test.v")
	cmd.Env = append(os.Environ(), append(env, "EINC_TEST_CHILD=1")...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

func TestMissingLibrary(t *testing.T) {
	if os.Getenv("EINC_TEST_CHILD") != "" {
		_, err := Compile(context.Background(), request(axpy))
		fmt.Println("compile:", err)
		_, err = CompileInWorker(context.Background(), request(axpy))
		var missing *MissingError
		require.ErrorAs(t, err, &missing, "the type survives the pipe")
		fmt.Println("worker:", err)
		_, err = Open()
		require.ErrorAs(t, err, &missing)
		return
	}
	out := inChild(t, "TestMissingLibrary", "EINC_LLVM=/nonexistent")
	for _, who := range []string{"compile", "worker"} {
		require.Contains(t, out, who+": cannot use /nonexistent, which EINC_LLVM names: ")
	}
	require.Contains(t, out, "apt-get install libllvm22")
}

// TestOlderVersions runs the tests that depend on LLVM's wording under each version there is.
func TestOlderVersions(t *testing.T) {
	for _, name := range append(sonames(), "libLLVM-15.so.1", "libLLVM-14.so.1") {
		if l, err := Open(); err == nil && strings.HasSuffix(l.Path, name) {
			continue
		}
		if _, missing := dlopen(name); missing != nil {
			continue
		}
		out := inChild(t, "TestFrames|TestKinds|TestErrorsThenGoodCompile", "EINC_LLVM="+name)
		require.NotContains(t, out, "SKIP", name)
	}
}

func TestProgramThatIsNoWorker(t *testing.T) {
	canServe.Store(false)
	defer canServe.Store(true)
	_, err := CompileInWorker(context.Background(), request(axpy))
	require.ErrorContains(t, err, "einc.ServeWorker")
}

func TestWorkerAskedByHand(t *testing.T) {
	for value, text := range map[string]string{"yes": "is not a number of bytes", "1000000000": "nobody listens on file descriptor 3"} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), envWorker+"="+value)
		out, err := cmd.CombinedOutput()
		require.Error(t, err)
		require.Contains(t, string(out), text)
	}
}

func TestMessages(t *testing.T) {
	var pipe bytes.Buffer
	require.NoError(t, send(&pipe, Request{IR: "a\xff\n", Level: 3}))
	whole := bytes.Clone(pipe.Bytes())
	var r Request
	require.NoError(t, receive(&pipe, &r))
	require.Equal(t, Request{IR: "a\xff\n", Level: 3}, r)
	for n := range whole {
		require.Error(t, receive(bytes.NewReader(whole[:n]), new(Request)))
	}
	var long [8]byte
	binary.LittleEndian.PutUint64(long[:], 1<<40)
	require.ErrorContains(t, receive(bytes.NewReader(long[:]), &r), "the limit is")
	binary.LittleEndian.PutUint64(long[:], maxMessage)
	require.ErrorContains(t, receive(bytes.NewReader(long[:]), &r), "cut after 0")
}
