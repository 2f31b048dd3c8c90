package runtime

import (
	"context"
	"fmt"
	"math"
	goruntime "runtime"
	"unsafe"
)

// Run calls the kernel once. ptrs holds a pointer to the first element of each parameter in the order of
// Object.Params, dims an entry for each of Object.Dims, both only during the call. workers is the most
// goroutines to use; ≤ 0 means GOMAXPROCS. The result does not depend on it.
//
// The memory behind ptrs must be as large as the parameters say: the code does not check. The output
// must not overlap an operand.
//
// If ctx ends, Run returns ctx.Err() within a few milliseconds, and the output holds nothing of use. It
// is an error if the kernel is closed, an argument is missing, or there is no memory for the workspace.
func (k *Kernel) Run(ctx context.Context, ptrs []unsafe.Pointer, dims []int64, workers int) error {
	if err := k.checkArgs(ptrs, dims); err != nil {
		return err
	}
	done := ctx.Done()
	if done != nil {
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if !k.enter() {
		return ErrClosed
	}
	defer k.leave()
	n, procs := k.workers(workers)
	f, err := k.frames.take(n)
	if err != nil {
		return fmt.Errorf("workspace of the kernel: %w", err)
	}
	f.bind(ptrs, dims)
	body := k.body
	if f.body != nil {
		body = f.body
		f.settle(body)
		if err := f.reserve(&k.frames.frameShape); err != nil {
			f.unbind(len(ptrs))
			k.frames.put(f)
			return fmt.Errorf("temporaries of the kernel: %w", err)
		}
	}
	f.idle = math.Inf(1)
	whole := f.walk(body, done, n, procs)
	f.unbind(len(ptrs))
	k.frames.put(f)
	if !whole {
		return ctx.Err()
	}
	return nil
}

// checkArgs refuses a call that lacks an argument.
func (k *Kernel) checkArgs(ptrs []unsafe.Pointer, dims []int64) error {
	if len(ptrs) != len(k.needs) || len(dims) != k.dims {
		return fmt.Errorf("kernel called with %d pointers and %d dims; it takes %d and %d", len(ptrs), len(dims), len(k.needs), k.dims)
	}
	for i, p := range ptrs {
		if p == nil && k.needs[i] {
			return fmt.Errorf("kernel called with a nil pointer for parameter %d", i)
		}
	}
	return nil
}

// workers is how many workers a call gets, and GOMAXPROCS, which takes a lock to read: kernels that
// need neither do not ask.
func (k *Kernel) workers(limit int) (workers, procs int) {
	if !k.long {
		return 1, 1
	}
	procs = goruntime.GOMAXPROCS(0)
	if limit <= 0 || limit > procs {
		limit = procs
	}
	return max(1, min(limit, k.width)), procs
}

// ended says whether done is closed; a nil channel never is.
func ended(done <-chan struct{}) bool {
	if done == nil {
		return false
	}
	select {
	case <-done:
		return true
	default:
		return false
	}
}
