package runtime

import (
	"errors"
	"fmt"
	"math"
	goruntime "runtime"
	"sync/atomic"

	"github.com/einc-lang/einc/runtime/object"
)

// ErrClosed is returned by Run after Close.
var ErrClosed = errors.New("the kernel is closed")

// Kernel is a loaded Object. Its code and launches never change; it is safe for concurrent use.
type Kernel struct {
	body   []part
	needs  []bool // of each parameter: it has elements, so its pointer must not be nil
	dims   int
	long   bool   // a launch is worth more than one short call
	width  int    // the most workers any launch can use
	memory Memory // of a call, but for the number of workers

	images []*image
	frames *frameList
	forget goruntime.Cleanup

	// users counts the calls in progress; closing subtracts so much that it stays negative.
	users atomic.Int64
	idle  chan struct{} // gets a token when the last call leaves a closing kernel
}

// Memory says how many bytes a call takes beside its operands and output.
type Memory struct {
	Arena   int64 // temporaries
	Shared  int64 // workspace shared by all workers
	Worker  int64 // workspace of each worker
	Workers int   // workers that get one
}

// Mapped is how much of it comes straight from the system rather than from the Go heap.
func (m Memory) Mapped() int64 {
	return mappedPart(m.Arena) + mappedPart(m.Shared) + mappedPart(m.Worker)*int64(m.Workers)
}

// Load maps an Object's code. It is an error if this platform cannot run kernels, the CPU lacks a
// feature the code uses, the code needs anything outside itself, or a launch refers to what is not
// there. The Object is not kept.
//
// A Kernel holds memory outside the Go heap until Close, or until it is garbage.
func Load(o *object.Object) (*Kernel, error) {
	if err := Supported(); err != nil {
		return nil, err
	}
	if err := checkFeatures(o.Features); err != nil {
		return nil, err
	}
	if err := o.Check(); err != nil {
		return nil, err
	}
	k := &Kernel{dims: len(o.Dims), idle: make(chan struct{}, 1)}
	for _, p := range o.Params {
		k.needs = append(k.needs, !mayBeEmpty(p.Shape))
	}
	if err := k.loadImages(o); err != nil {
		return nil, err
	}
	k.memory = Memory{Arena: o.Arena, Shared: o.Shared, Worker: o.Worker}
	k.frames = newFrameList(o, k.body)
	k.forget = goruntime.AddCleanup(k, func(images []*image) { _ = freeImages(images) }, k.images)
	return k, nil
}

// loadImages maps the modules and resolves the launches' symbols; on error nothing stays mapped.
func (k *Kernel) loadImages(o *object.Object) error {
	for i, m := range o.Modules {
		img, err := loadImage(m)
		if err != nil {
			return errors.Join(fmt.Errorf("module %d: %w", i, err), freeImages(k.images))
		}
		k.images = append(k.images, img)
	}
	if err := k.loadBody(o); err != nil {
		return errors.Join(err, freeImages(k.images))
	}
	if o.IsOpen() { // only a call knows what it is worth
		k.long, k.width = true, math.MaxInt32
	}
	return nil
}

// mayBeEmpty tells whether a shape has no elements, or an extent that may be 0.
func mayBeEmpty(shape []int) bool {
	for _, n := range shape {
		if n <= 0 {
			return true
		}
	}
	return false
}

// Memory tells what a call with so many workers takes; workers ≤ 0 means GOMAXPROCS. A warm kernel takes
// it from an earlier call.
func (k *Kernel) Memory(workers int) Memory {
	m := k.memory
	m.Workers, _ = k.workers(workers)
	return m
}

// Close waits for running calls, then unmaps the code. Later calls fail with ErrClosed; closing again
// does nothing.
func (k *Kernel) Close() error {
	for {
		n := k.users.Load()
		if n < 0 {
			return nil
		}
		if k.users.CompareAndSwap(n, n+closing) {
			break
		}
	}
	for k.users.Load() != closing {
		<-k.idle
	}
	k.forget.Stop()
	k.frames.drain(0)
	return freeImages(k.images)
}

// closing is added to users when the kernel closes.
const closing = math.MinInt64 / 2

// enter counts a call, unless the kernel is closed.
func (k *Kernel) enter() bool {
	if k.users.Add(1) > 0 {
		return true
	}
	k.leave()
	return false
}

// leave ends what enter began, and wakes Close if it was the last.
func (k *Kernel) leave() {
	if k.users.Add(-1) == closing {
		select {
		case k.idle <- struct{}{}:
		default:
		}
	}
}
