package libllvm

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
)

// envWorker asks a process to be a worker; its value is the memory in bytes it may take.
const envWorker = "EINC_LLVM_WORKER"

// replies is the file descriptor a worker answers on. Standard output is left to LLVM, which prints
// to it on some occasions.
const replies = 3

// canServe is set once the program has shown that it turns into a worker when asked to. Running a
// program that does not would run its ordinary main a second time.
var canServe atomic.Bool

// RunWorkerIfAsked turns the process into a compile worker if it was started as one, and then does not
// return. A program whose compiles may run in workers calls it first thing in main, and tests in
// TestMain. In any other process it returns at once, and loads nothing.
func RunWorkerIfAsked() {
	memory, asked := os.LookupEnv(envWorker)
	if !asked {
		canServe.Store(true)
		return
	}
	os.Exit(serve(memory))
}

// serve answers requests until standard input ends, and returns the exit code.
func serve(memory string) int {
	out := os.NewFile(replies, "replies")
	if err := limitMemory(memory); err != nil {
		fmt.Fprintln(os.Stderr, "einc compile worker:", err)
		return 1
	}
	if err := send(out, hello{protocol}); err != nil {
		fmt.Fprintf(os.Stderr, "einc compile worker: %s is set, but nobody listens on file descriptor %d: %v\n", envWorker, replies, err)
		return 1
	}
	requests := make(chan Request)
	go listen(requests)
	for r := range requests {
		answer := replyTo(Compile(context.Background(), r))
		if err := send(out, answer); err != nil {
			fmt.Fprintln(os.Stderr, "einc compile worker:", err)
			return 1
		}
	}
	return 0
}

// listen reads requests. It ends the process as soon as its parent is gone, even amid a compile.
func listen(requests chan<- Request) {
	for {
		var r Request
		if receive(os.Stdin, &r) != nil {
			os.Exit(0)
		}
		requests <- r
	}
}

// limitMemory bounds the address space to what the process has now and bytes more.
func limitMemory(bytes string) error {
	n, err := strconv.ParseUint(bytes, 10, 63)
	if err != nil || n == 0 {
		return fmt.Errorf("%s=%q is not a number of bytes; it is set by einc alone: unset it", envWorker, bytes)
	}
	return limitAddressSpace(n)
}
