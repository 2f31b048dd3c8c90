package libllvm

import (
	"fmt"
	"os"
	"syscall"
)

// limitAddressSpace allows the process more bytes of address space beyond what it has. What it has is
// little, except under the race detector.
func limitAddressSpace(more uint64) error {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return fmt.Errorf("memory in use: %w", err)
	}
	var pages uint64
	if _, err := fmt.Sscan(string(text), &pages); err != nil {
		return fmt.Errorf("memory in use: %w", err)
	}
	limit := pages*uint64(os.Getpagesize()) + more
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_AS, &old); err != nil {
		return err
	}
	if limit >= old.Max {
		return nil // what the user set is tighter
	}
	return syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: limit, Max: old.Max})
}
