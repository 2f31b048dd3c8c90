package pages

import (
	"os"
	"syscall"
	"unsafe"
)

// Advise asks for large pages under memory that nothing was written to yet, if it is large. It is advice: where the system
// has none, or does not want to, nothing changes.
func Advise(mem []byte) {
	if len(mem) < Large {
		return
	}
	page := os.Getpagesize()
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(mem)))) & (page - 1)
	whole := (len(mem) - skip) &^ (page - 1)
	_ = syscall.Madvise(mem[skip:skip+whole], syscall.MADV_HUGEPAGE)
}
