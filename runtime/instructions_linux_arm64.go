package runtime

// syncInstructions makes code that was written as data visible to instruction fetches on every core:
// data lines are cleaned to where both caches meet, then instruction lines are dropped.
func syncInstructions(base, size uintptr) {
	ctr := cacheLines()
	data, code := uintptr(4)<<(ctr>>16&15), uintptr(4)<<(ctr&15)
	cleanLines(base, base+size, data)
	dropLines(base, base+size, code)
}

// cacheLines reads CTR_EL0, which tells the smallest line of either cache.
func cacheLines() uint64

func cleanLines(from, to, line uintptr)

func dropLines(from, to, line uintptr)
