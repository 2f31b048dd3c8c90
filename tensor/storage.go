package tensor

import (
	"unsafe"

	"github.com/einc-lang/einc/internal/pages"
)

// storage is the memory that views share.
type storage struct {
	bytes []byte
	base  unsafe.Pointer // of bytes; not nil, even if there are none
	file  bool           // bytes is a mapped file, unmapped when the storage is collected
}

// lineBytes is the alignment of fresh storage: a cache line, and the widest vector register.
const lineBytes = 64

// allocate gives n zero bytes, aligned to lineBytes.
func allocate(op string, n int) (*storage, *Error) {
	if err := affordable(op, n); err != nil {
		return nil, err
	}
	room := make([]byte, n+lineBytes) // never empty, so its address is its own
	pages.Advise(room)
	skip := -int(uintptr(unsafe.Pointer(&room[0]))) & (lineBytes - 1)
	bytes := room[skip : skip+n : skip+n]
	return &storage{bytes: bytes, base: unsafe.Add(unsafe.Pointer(&room[0]), skip)}, nil
}

// wrap takes over the caller's bytes.
func wrap(bytes []byte) *storage {
	if len(bytes) == 0 {
		room := make([]byte, lineBytes)
		return &storage{bytes: room[:0], base: unsafe.Pointer(&room[0])}
	}
	return &storage{bytes: bytes, base: unsafe.Pointer(&bytes[0])}
}
