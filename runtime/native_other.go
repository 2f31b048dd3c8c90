//go:build !linux || (!amd64 && !arm64)

package runtime

import (
	"errors"
	"fmt"
	goruntime "runtime"
	"unsafe"
)

// Supported is nil where native kernels can run: on Linux, on amd64 and arm64. Elsewhere it is an error
// that names the platform and wraps errors.ErrUnsupported.
func Supported() error {
	return fmt.Errorf("native kernels are not supported on %s/%s (%w)", goruntime.GOOS, goruntime.GOARCH, errors.ErrUnsupported)
}

// The functions below are never reached: Load refuses first.

func (m *image) mapped() error { return Supported() }

func (m *image) free() error { return nil }

func reserve(int) ([]byte, error) { return nil, Supported() }

func release([]byte) error { return nil }

func stack1K(uintptr, unsafe.Pointer, int64, int64)   {}
func stack32K(uintptr, unsafe.Pointer, int64, int64)  {}
func stack256K(uintptr, unsafe.Pointer, int64, int64) {}
func sys1K(uintptr, unsafe.Pointer, int64, int64)     {}
func sys32K(uintptr, unsafe.Pointer, int64, int64)    {}
func sys256K(uintptr, unsafe.Pointer, int64, int64)   {}

func pause() {}
