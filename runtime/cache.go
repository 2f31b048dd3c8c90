package runtime

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/einc-lang/einc/runtime/object"
)

// Cache keeps Objects in a directory that belongs to the user alone, a file each. Any number of processes may
// use it at once, and be killed while they do: entries are renamed into place whole, and carry their key and a checksum,
// so that one that was cut or changed, or copied to another's name, is a miss. That guards against accidents; against other users
// the directory's permissions do. To open a cache and to read an entry takes a handful of system calls,
// since a program's first kernel waits for them.
type Cache struct {
	dir   string // absolute: the process may go to another directory
	named bool   // by the user
	trim  sync.Once
}

// entryPrefix begins the names of the files that belong to the cache: users may keep others beside them.
const entryPrefix = "einc-"

// An entry that was not used for keepFor is removed, some time after that: the time of use is noted once in
// touchEvery only, and the directory is searched once in trimEvery.
const (
	keepFor    = 5 * 24 * time.Hour
	touchEvery = time.Hour
	trimEvery  = 24 * time.Hour
)

// OpenCache opens the cache in dir, "" for the directory einc in the user's cache directory, and
// creates it if need be. It refuses a directory that another user owns or may write to, and a symbolic
// link; callers then go on without a cache and tell the user why.
func OpenCache(dir string) (*Cache, error) {
	named := dir != ""
	if !named {
		base, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("kernel cache: %w", err)
		}
		dir = filepath.Join(base, "einc")
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = makePrivate(dir, named)
	}
	if err != nil {
		return nil, fmt.Errorf("kernel cache: %w", err)
	}
	return &Cache{dir: dir, named: named}, nil
}

// Dir is the directory.
func (c *Cache) Dir() string { return c.dir }

// makePrivate makes dir if it does not exist, and checks it if it does. What to do instead depends on whether the
// user named it.
func makePrivate(dir string, named bool) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%s is a symbolic link; name the directory it leads to", dir)
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory; name another", dir)
	}
	return checkPrivate(dir, info, named)
}

// Get returns the Object stored under key. A damaged entry is as good as none, and so is what is no file, as to open a
// pipe would wait for who writes to it, or one that is larger than any entry.
func (c *Cache) Get(key [32]byte) (*object.Object, bool) {
	path := c.path(key)
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > int64(len(key))+object.MaxFile {
		return nil, false
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, false
	}
	data, own := bytes.CutPrefix(data, key[:])
	if !own {
		return nil, false
	}
	o, err := object.Decode(data)
	if err == nil {
		touch(path, info)
	}
	return o, err == nil
}

// path is the file of an entry.
func (c *Cache) path(key [32]byte) string {
	return filepath.Join(c.dir, entryPrefix+hex.EncodeToString(key[:]))
}

// touch makes the time of an entry's file that of its last use, within touchEvery.
func touch(path string, info fs.FileInfo) {
	now := time.Now()
	if now.Sub(info.ModTime()) > touchEvery {
		_ = os.Chtimes(path, now, now)
	}
}

// Put stores an Object under key, in a new directory if the cache's was removed. The error says that the disk is full, read-only or the like; the
// Object is none the worse, so callers warn once and go on.
func (c *Cache) Put(key [32]byte, o *object.Object) error {
	c.trim.Do(func() { _ = c.Trim() })
	path, data := c.path(key), slices.Concat(key[:], object.Encode(o))
	err := replace(path, data)
	if errors.Is(err, fs.ErrNotExist) && makePrivate(c.dir, c.named) == nil {
		err = replace(path, data)
	}
	if info, e := os.Lstat(path); err != nil && e == nil && info.IsDir() {
		// No file takes the place of a directory: of an empty one, once it is gone.
		if os.Remove(path) != nil {
			return fmt.Errorf("kernel cache %s: %s is a directory with files in it, where an entry belongs: remove it", c.dir, filepath.Base(path))
		}
		err = replace(path, data)
	}
	if err != nil {
		return fmt.Errorf("kernel cache %s: %w", c.dir, err)
	}
	return nil
}

// CheckWritable reports why Put would fail with an entry of common size.
func (c *Cache) CheckWritable() error {
	path := filepath.Join(c.dir, entryPrefix+"check")
	err := replace(path, make([]byte, 64<<10))
	_ = os.Remove(path)
	return err
}

// replace makes a file of data, all at once for whoever reads it. Unlike tensor.WriteFile, which is for files that
// users want to keep, it does not wait for the disk, as a program's first call would: after a loss of power the
// checksum finds what is missing.
func replace(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// Trim removes entries that were not used for five days, and what killed writers left. It does nothing if
// that was done within a day. The first Put calls it, so that a process which finds all it needs does not wait
// for it.
func (c *Cache) Trim() error {
	mark := filepath.Join(c.dir, "trimmed")
	if info, err := os.Stat(mark); err == nil && time.Since(info.ModTime()).Abs() < trimEvery {
		return nil
	}
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		return err
	}
	now := time.Now()
	if err := os.Chtimes(mark, now, now); err != nil { // writing nothing to an empty file leaves its time
		return err
	}
	entries, err := os.ReadDir(c.dir)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), entryPrefix) {
			continue
		}
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > keepFor+touchEvery {
			_ = os.Remove(filepath.Join(c.dir, e.Name()))
		}
	}
	return err
}
