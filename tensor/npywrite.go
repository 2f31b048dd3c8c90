package tensor

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/google/renameio/v2"
)

// WriteNpy writes t as a .npy file of version 1.0, byte for byte as NumPy does: a view that is
// contiguous with its axes reversed is stored in Fortran order, every other one row-major. BF16 is
// written as '<V2', as ml_dtypes has it.
func WriteNpy(w io.Writer, t *Tensor) error {
	body := t
	fortran := !t.Contiguous() && t.Transpose().Contiguous()
	if fortran {
		body = t.Transpose()
	}
	if _, err := io.WriteString(w, npyPreamble(t, fortran)); err != nil {
		return err
	}
	return writeElements(w, body)
}

// npyPreamble is everything before the elements, a multiple of 64 bytes.
func npyPreamble(t *Tensor, fortran bool) string {
	order, truth := "<", "False"
	if !littleEndian {
		order = ">"
	}
	if t.dtype.Size() == 1 {
		order = "|"
	}
	grows := 0 // the axis that appending to the file would lengthen
	if fortran {
		truth, grows = "True", t.Rank()-1
	}
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }", order+npyKind(t.dtype), truth, tuple(t.shape))
	if t.Rank() > 0 { // NumPy keeps room for that axis to reach 21 digits
		dict += pad(21 - len(strconv.Itoa(t.shape[grows])))
	}
	const fixed = len(npyMagic) + 4
	dict += pad(64-(fixed+len(dict)+1)%64) + "\n"
	return npyMagic + "\x01\x00" + string([]byte{byte(len(dict)), byte(len(dict) >> 8)}) + dict
}

// writeElements writes the elements row-major, straight from memory where they lie so.
func writeElements(w io.Writer, t *Tensor) error {
	defer runtime.KeepAlive(t)
	size := t.dtype.Size()
	if t.Contiguous() {
		_, err := w.Write(row[byte](t.data, t.length*size))
		return err
	}
	var err error
	buf := make([]byte, 0, chunk*16)
	flush := func() {
		_, err = w.Write(buf)
		buf = buf[:0]
	}
	walk(func(n int, rows []cursor) bool {
		for i := 0; i < n && err == nil; i++ {
			buf = append(buf, row[byte](rows[0].at(i), size)...)
			if len(buf) == cap(buf) {
				flush()
			}
		}
		return err == nil
	}, t)
	if err == nil {
		flush()
	}
	return err
}

// SaveNpy writes a .npy file: beside the target and then renamed, so that there is never half a file,
// and a symbolic link at path is replaced rather than followed. A target that is there and not a
// regular file, or a link to something else such as /dev/stdout, is refused; a file that is replaced
// keeps its permissions.
func SaveNpy(path string, t *Tensor) error {
	if kind := irreplaceable(path); kind != "" {
		return &fs.PathError{Op: "save", Path: path, Err: fmt.Errorf("not a regular file (%s): it would be replaced, use WriteNpy", kind)}
	}
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)),
		renameio.WithPermissions(0o666), renameio.WithExistingPermissions())
	if err != nil {
		return named(err, path)
	}
	defer f.Cleanup() // does nothing once the file has its name
	if err := WriteNpy(f, t); err != nil {
		return named(err, path)
	}
	return named(f.CloseAtomicallyReplace(), path)
}

// irreplaceable says what is at path if a file must not take its place, or "".
func irreplaceable(path string) string {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().IsRegular() {
		return ""
	}
	if info.Mode().Type() != fs.ModeSymlink {
		return kindOf(info.Mode())
	}
	if to, err := os.Readlink(path); err == nil && strings.HasPrefix(to, "/proc/") {
		return "a link to " + to // as /dev/stdout, whatever that is at the moment
	}
	if info, err = os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return "a link to " + kindOf(info.Mode())
	}
	return ""
}

// named makes an error speak of the path that the caller gave, not of the file beside it.
func named(err error, path string) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return &fs.PathError{Op: at.Op, Path: path, Err: at.Err}
	}
	return err
}

func kindOf(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a directory"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return strings.TrimSpace(m.String())
}
