package tensor

import "golang.org/x/sys/unix"

// affordable refuses sizes that this machine cannot give. Go's allocator ends the process where memory
// is short, which no input may bring about; so a large allocation first asks the kernel, whose refusal
// is an ordinary error.
func affordable(op string, n int) *Error {
	const large = 1 << 28
	if n < large {
		return nil
	}
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err == nil {
		unit := uint64(max(1, info.Unit))
		if have := (uint64(info.Totalram) + uint64(info.Totalswap)) * unit; uint64(n) > have {
			return fail(op, ErrMemory, "%d bytes are more than the %d bytes of memory of this machine", n, have)
		}
	}
	trial, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return fail(op, ErrMemory, "the system refuses %d bytes: %v", n, err)
	}
	if err := unix.Munmap(trial); err != nil {
		return fail(op, ErrMemory, "the system does not take back %d bytes: %v", n, err)
	}
	return nil
}
