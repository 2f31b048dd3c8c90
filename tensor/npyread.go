package tensor

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// OpenNpy opens a .npy file. The elements of a large regular file are mapped, not read: they come from
// the file as they are touched, writing to them never reaches the file, and other programs must not
// shorten the file meanwhile. Smaller files, pipes, big-endian elements, and systems other than Linux
// are read. Errors are those of ReadNpy.
func OpenNpy(path string, opts ...NpyOption) (*Tensor, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := readNpy(f, opts, true)
	var names *fs.PathError
	if err != nil && !errors.As(err, &names) {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return t, err
}

// ReadNpy reads a .npy file of version 1, 2 or 3 to the end of r. Nothing may follow the elements, and
// memory is taken only as they arrive, so a header that promises more than there is costs nothing. A
// file in Fortran order gives a view with such strides; big-endian elements are swapped. It fails with
// ErrFormat for damaged files, ErrForeign for element types einc does not take (unsigned integers,
// objects, structures), and with New's errors for shapes beyond the limits.
func ReadNpy(r io.Reader, opts ...NpyOption) (*Tensor, error) { return readNpy(r, opts, false) }

func readNpy(r io.Reader, opts []NpyOption, mapping bool) (*Tensor, error) {
	left, known := remaining(r)
	h, err := readNpyHeader(r, opts)
	if err != nil {
		return nil, err
	}
	want := h.length * h.dtype.Size()
	if present := left - int64(h.end); known && present != int64(want) {
		return nil, mismatch(h, want, present)
	}
	f, isFile := r.(*os.File)
	if mapping && isFile && known && !h.swap {
		if s := mapFile(f, h.end, want, h.dtype.Real().Size()); s != nil {
			return h.tensor(s), nil
		}
	}
	s, err := readPayload(r, h, want, known)
	if err != nil {
		return nil, err
	}
	if h.swap {
		swapBytes(s.bytes, h.dtype.Real().Size())
	}
	return h.tensor(s), nil
}

func mismatch(h *npyHeader, want int, present int64) *Error {
	return bad("shape %s of %s takes %d bytes, but %d follow the header", tuple(h.shape), h.dtype, want, present)
}

// remaining is the number of bytes that r has left, where it can tell.
func remaining(r io.Reader) (n int64, known bool) {
	switch r := r.(type) {
	case *bytes.Reader:
		return int64(r.Len()), true
	case *bytes.Buffer:
		return int64(r.Len()), true
	case *strings.Reader:
		return int64(r.Len()), true
	case *os.File:
		info, err := r.Stat()
		if err != nil || !info.Mode().IsRegular() {
			return 0, false
		}
		at, err := r.Seek(0, io.SeekCurrent)
		return info.Size() - at, err == nil
	}
	return 0, false
}

// tensor gives the payload its shape; Fortran order is a matter of strides alone.
func (h *npyHeader) tensor(s *storage) *Tensor {
	strides := rowMajor(h.shape)
	if h.fortran {
		mirror := slices.Clone(h.shape)
		slices.Reverse(mirror)
		strides = rowMajor(mirror)
		slices.Reverse(strides)
	}
	return newTensor(s, h.dtype, h.shape, strides, 0, h.length)
}

// readPayload reads exactly want bytes and the end of r. Where the size of the input is not known, the
// buffer starts small and doubles as bytes arrive.
func readPayload(r io.Reader, h *npyHeader, want int, known bool) (*storage, error) {
	const first = 1 << 20
	size := want
	if !known {
		size = min(want, first)
	}
	s, fault := allocate("npy", size)
	if fault != nil {
		return nil, fault
	}
	for have := 0; ; {
		n, err := io.ReadFull(r, s.bytes[have:])
		have += n
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil, mismatch(h, want, int64(have))
		}
		if err != nil {
			return nil, err
		}
		if have == want {
			break
		}
		grown, fault := allocate("npy", min(want, 2*have))
		if fault != nil {
			return nil, fault
		}
		copy(grown.bytes, s.bytes)
		s = grown
	}
	switch n, err := io.ReadFull(r, make([]byte, 1)); {
	case n > 0:
		return nil, bad("more bytes follow the %d that shape %s of %s takes", want, tuple(h.shape), h.dtype)
	case err != io.EOF:
		return nil, err
	}
	return s, nil
}

// swapBytes turns the byte order of parts of 2, 4 or 8 bytes.
func swapBytes(b []byte, part int) {
	for at := 0; at < len(b); at += part {
		slices.Reverse(b[at : at+part])
	}
}
