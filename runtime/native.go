//go:build linux && (amd64 || arm64)

package runtime

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/einc-lang/einc/internal/pages"
)

// Supported is nil where native kernels can run: on Linux, on amd64 and arm64. Elsewhere it is an error
// that names the platform and wraps errors.ErrUnsupported.
func Supported() error { return nil }

// mapped maps the file's code and constants. The pages are writable until they are patched, then never
// again; code becomes executable only after that.
func (m *image) mapped() error {
	l, err := m.file.layOut(os.Getpagesize())
	if err != nil {
		return err
	}
	if m.mem, err = reserve(l.size); err != nil {
		return err
	}
	m.base = uintptr(unsafe.Pointer(unsafe.SliceData(m.mem)))
	if err := m.file.write(m.mem, l, uint64(m.base)); err != nil {
		return err
	}
	if err := unix.Mprotect(m.mem[:l.text], unix.PROT_READ|unix.PROT_EXEC); err != nil {
		return fmt.Errorf("the system refuses to make a page executable (a seccomp filter, or SELinux execmem?): %w", err)
	}
	if l.size > l.text {
		if err := unix.Mprotect(m.mem[l.text:], unix.PROT_READ); err != nil {
			return err
		}
	}
	syncInstructions(m.base, uintptr(l.text))
	return nil
}

// free unmaps the image. Nothing may be executing in it.
func (m *image) free() error {
	mem := m.mem
	m.mem, m.base = nil, 0
	return release(mem)
}

// reserve takes zeroed memory from the system: what it cannot give is an error here, whereas the Go
// heap would end the process.
func reserve(n int) ([]byte, error) {
	mem, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, fmt.Errorf("%d bytes of memory: %w", n, err)
	}
	pages.Advise(mem)
	return mem, nil
}

// release gives memory from reserve back.
func release(mem []byte) error {
	if mem == nil {
		return nil
	}
	return unix.Munmap(mem)
}
