//go:build !windows

package libllvm

import (
	"runtime"
	"syscall"

	"github.com/ebitengine/purego"
)

// defaultHandle finds symbols of what the program has loaded.
const defaultHandle = purego.RTLD_DEFAULT

// loadable says why no library can be loaded on this system; nil if one can.
func loadable() *MissingError { return nil }

// openLibrary stays on its thread, as symbol does: dlerror tells only the thread that failed why.
func openLibrary(path string) (uintptr, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
}

func symbol(handle uintptr, name string) (uintptr, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return purego.Dlsym(handle, name)
}

// ownGroup keeps signals of the terminal from a process.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
