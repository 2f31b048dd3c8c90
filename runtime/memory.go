package runtime

import (
	goruntime "runtime"
	"unsafe"
)

const (
	lineSize   = 64      // alignment of every area, for vectors and against false sharing
	largeBytes = 1 << 20 // areas from here on come from the system, not from the Go heap
)

// block is a piece of memory for kernels, aligned to lineSize. It is not cleared.
type block struct {
	base   unsafe.Pointer
	mapped []byte
	forget goruntime.Cleanup
}

// newBlock takes n bytes: small ones from the Go heap, large ones from the system, whose refusal is an
// error and which get them back at once when they are freed.
func newBlock(n int64) (*block, error) {
	b := &block{}
	if n == 0 {
		return b, nil
	}
	if n < largeBytes {
		// A line is added for the alignment, and another so that no pointer to the end of an area
		// points into somebody else's memory.
		mem := make([]byte, n+2*lineSize)
		p := unsafe.Pointer(unsafe.SliceData(mem))
		b.base = unsafe.Add(p, -uintptr(p)&(lineSize-1))
		return b, nil
	}
	mem, err := reserve(int(n) + lineSize)
	if err != nil {
		return nil, err
	}
	b.base, b.mapped = unsafe.Pointer(unsafe.SliceData(mem)), mem
	b.forget = goruntime.AddCleanup(b, func(mem []byte) { _ = release(mem) }, mem)
	return b, nil
}

// mappedPart is how many bytes of an area newBlock takes from the system.
func mappedPart(n int64) int64 {
	if n < largeBytes {
		return 0
	}
	return n
}

// free gives the memory back. A forgotten block is freed when it is collected.
func (b *block) free() {
	if b == nil {
		return
	}
	b.forget.Stop()
	_ = release(b.mapped)
	b.base, b.mapped = nil, nil
}
