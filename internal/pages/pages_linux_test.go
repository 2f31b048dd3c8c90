package pages_test

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"

	"github.com/einc-lang/einc/internal/pages"
	"github.com/stretchr/testify/require"
)

// advised tells whether the system was asked for large pages at an address: its mapping has the flag hg.
func advised(t *testing.T, at uintptr) bool {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	inside := false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var lo, hi uintptr
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x ", &lo, &hi); n == 2 {
			inside = lo <= at && at < hi
		}
		if flags, ok := strings.CutPrefix(lines.Text(), "VmFlags:"); ok && inside {
			return strings.Contains(flags+" ", " hg ")
		}
	}
	t.Skip("the system does not tell how memory is mapped")
	return false
}

func TestLargeMemoryIsAdvised(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skip(err)
	}
	mem := make([]byte, 3*pages.Large+1)
	middle := uintptr(unsafe.Pointer(&mem[len(mem)/2]))
	require.False(t, advised(t, middle), "nobody has asked")
	pages.Advise(mem[1:pages.Large])
	require.False(t, advised(t, middle), "too little")
	pages.Advise(mem[1:])
	require.True(t, advised(t, middle))
	pages.Advise(nil)
}
