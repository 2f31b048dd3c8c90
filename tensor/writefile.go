package tensor

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// WriteFile makes a file of what write writes: beside the target and then renamed, so that there is never
// half a file, and a symbolic link at path is replaced rather than followed. A target that is there and
// not a regular file, or a link to something else such as /dev/stdout, is refused; a file that is replaced
// keeps its permissions.
func WriteFile(path string, write func(io.Writer) error) error {
	if kind := irreplaceable(path); kind != "" {
		return &fs.PathError{Op: "write", Path: path, Err: fmt.Errorf("not a regular file (%s), which would be replaced", kind)}
	}
	f, err := beside(path)
	if err != nil {
		return named(err, path)
	}
	err = write(f)
	if info, old := os.Lstat(path); err == nil && old == nil && info.Mode().IsRegular() {
		err = f.Chmod(info.Mode().Perm())
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return named(err, path)
}

// beside makes a new file in the target's directory, with the permissions that new files get.
func beside(path string) (f *os.File, err error) {
	for range 100 {
		name := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%08x", filepath.Base(path), rand.Uint32()))
		if f, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666); !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return f, err
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
	var link *os.LinkError
	switch {
	case errors.As(err, &at):
		return &fs.PathError{Op: at.Op, Path: path, Err: at.Err}
	case errors.As(err, &link):
		return &fs.PathError{Op: link.Op, Path: path, Err: link.Err}
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
