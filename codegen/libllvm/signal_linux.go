package libllvm

import (
	"fmt"
	"syscall"
	"unsafe"
)

// handlers is the disposition of signals 1…31, index 0 unused.
type handlers [32]struct {
	handler uintptr
	flags   uint64
}

const saOnStack = 0x08000000

// signalHandlers asks the kernel. Go needs every handler to run on the alternate stack, since goroutine
// stacks are small; a library that replaces one without that flag ends in a crash much later.
func signalHandlers() handlers {
	var h handlers
	for sig := 1; sig < len(h); sig++ {
		var act struct {
			handler             uintptr
			flags               uint64
			restorer, mask, pad uint64
		}
		_, _, errno := syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(sig), 0, uintptr(unsafe.Pointer(&act)), 8, 0, 0)
		if errno == 0 {
			h[sig].handler, h[sig].flags = act.handler, act.flags
		}
	}
	return h
}

// check compares with the handlers of now.
func (h handlers) check() error {
	now := signalHandlers()
	for sig := 1; sig < len(h); sig++ {
		if h[sig] != now[sig] && now[sig].handler > 1 && now[sig].flags&saOnStack == 0 {
			return fmt.Errorf("loading libLLVM put in a handler for signal %d (%v) that Go cannot live with: it lacks SA_ONSTACK",
				sig, syscall.Signal(sig))
		}
	}
	return nil
}
