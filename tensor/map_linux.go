package tensor

import (
	"io"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// minMapped is the payload below which reading is cheaper than mapping.
const minMapped = 1 << 16

// mapFile maps the payload of a regular file, which begins at byte begin and has size bytes, or gives
// nil where reading is the better way. The pages are private: writing copies them. They are not counted
// against the memory of the machine, as a file may be larger.
func mapFile(f *os.File, begin, size, align int) *storage {
	if size < minMapped || begin%align != 0 {
		return nil
	}
	if at, err := f.Seek(0, io.SeekCurrent); err != nil || at != int64(begin) {
		return nil // the header did not begin the file
	}
	whole, err := unix.Mmap(int(f.Fd()), 0, begin+size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_NORESERVE)
	if err != nil {
		return nil
	}
	s := wrap(whole[begin:])
	s.file = true
	runtime.AddCleanup(s, func(whole []byte) { _ = unix.Munmap(whole) }, whole)
	return s
}
