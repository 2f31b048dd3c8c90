//go:build linux && (amd64 || arm64)

package runtime

import "unsafe"

// The trampolines call fn(args, lo, hi) by the C convention on the goroutine's own stack, in a frame of
// the size in their name. args stays a pointer all the way, so that the collector keeps the block alive
// and follows it if the stack moves before the call.

//go:noescape
func stack1K(fn uintptr, args unsafe.Pointer, lo, hi int64)

//go:noescape
func stack32K(fn uintptr, args unsafe.Pointer, lo, hi int64)

//go:noescape
func stack256K(fn uintptr, args unsafe.Pointer, lo, hi int64)

//go:noescape
func sys1K(fn uintptr, args unsafe.Pointer, lo, hi int64)

//go:noescape
func sys32K(fn uintptr, args unsafe.Pointer, lo, hi int64)

//go:noescape
func sys256K(fn uintptr, args unsafe.Pointer, lo, hi int64)

// pause waits for about a tenth of a microsecond without taking cycles from the core's other thread.
func pause()
