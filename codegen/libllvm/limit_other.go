//go:build !linux

package libllvm

// limitAddressSpace does nothing on this system, which does not tell how much a process has.
func limitAddressSpace(uint64) error { return nil }
