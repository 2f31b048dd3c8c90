package libllvm

import (
	"errors"
	"syscall"
)

const defaultHandle = 0

// loadable says why no library can be loaded: LLVM's fatal errors are brought back by leaving its C frames, which
// is known to work on Unix only.
func loadable() *MissingError { return &MissingError{system: "Windows"} }

var errWindows = errors.New("not on Windows")

func openLibrary(string) (uintptr, error) { return 0, errWindows }

func symbol(uintptr, string) (uintptr, error) { return 0, errWindows }

func ownGroup() *syscall.SysProcAttr { return nil }
