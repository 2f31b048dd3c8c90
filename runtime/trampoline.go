package runtime

import (
	"fmt"
	"unsafe"
)

// stackClass is a size of stack frame that a trampoline provides.
type stackClass uint8

const (
	class1K stackClass = iota
	class32K
	class256K
)

// classOf is the smallest class with room for a frame that the compiler proved.
func classOf(frame int) (stackClass, error) {
	switch {
	case frame < 0:
		return 0, fmt.Errorf("a stack frame of %d bytes", frame)
	case frame <= 1<<10:
		return class1K, nil
	case frame <= 32<<10:
		return class32K, nil
	case frame <= 256<<10:
		return class256K, nil
	}
	return 0, fmt.Errorf("it needs %d bytes of stack; %d is the most a kernel gets", frame, 256<<10)
}

// call runs the kernel at fn for tasks lo to hi-1. A short call keeps its P: it is the cheapest, but a
// stop-the-world waits for it. Any other one is entered like a system call.
func call(c stackClass, short bool, fn uintptr, args unsafe.Pointer, lo, hi int64) {
	switch {
	case c == class1K && short:
		stack1K(fn, args, lo, hi)
	case c == class1K:
		sys1K(fn, args, lo, hi)
	case c == class32K && short:
		stack32K(fn, args, lo, hi)
	case c == class32K:
		sys32K(fn, args, lo, hi)
	case short:
		stack256K(fn, args, lo, hi)
	default:
		sys256K(fn, args, lo, hi)
	}
}
