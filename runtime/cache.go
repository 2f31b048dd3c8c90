package runtime

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/rogpeppe/go-internal/cache"

	"github.com/einc-lang/einc/runtime/object"
)

// Cache keeps Objects in a directory that belongs to the user alone. Any number of processes may use it
// at once, and be killed while they do: an entry carries a checksum, and one that was cut, changed or
// written halfway is a miss. The checksum guards against accidents; against other users the
// directory's permissions do.
type Cache struct {
	dir  string
	disk *cache.Cache
	trim sync.Once
}

// OpenCache opens the cache in dir, "" for the directory einc in the user's cache directory, and
// creates it if need be. It refuses a directory that another user owns or may write to, and a symbolic
// link; callers then go on without a cache and tell the user why.
func OpenCache(dir string) (*Cache, error) {
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("kernel cache: %w", err)
		}
		dir = filepath.Join(base, "einc")
	}
	if err := makePrivate(dir); err != nil {
		return nil, fmt.Errorf("kernel cache: %w", err)
	}
	disk, err := cache.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("kernel cache: %w", err)
	}
	return &Cache{dir: dir, disk: disk}, nil
}

// Dir is the directory.
func (c *Cache) Dir() string { return c.dir }

// makePrivate makes dir if it does not exist, and checks it if it does.
func makePrivate(dir string) error {
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
		return fmt.Errorf("%s is not a directory; remove it, or name another", dir)
	}
	return checkPrivate(dir, info)
}

// Get returns the Object stored under key. A damaged entry is as good as none.
func (c *Cache) Get(key [32]byte) (*object.Object, bool) {
	data, _, err := c.disk.GetBytes(key)
	if err != nil {
		return nil, false
	}
	o, err := object.Decode(data)
	return o, err == nil
}

// Put stores an Object under key. The error says that the disk is full, read-only or the like; the
// Object is none the worse, so callers warn once and go on.
func (c *Cache) Put(key [32]byte, o *object.Object) error {
	c.trim.Do(func() { _ = c.Trim() })
	_, _, err := c.disk.PutNoVerify(key, bytes.NewReader(object.Encode(o)))
	if err != nil {
		return fmt.Errorf("kernel cache %s: %w", c.dir, err)
	}
	return nil
}

// Trim removes entries that were not used for five days. It does nothing if that was done within a day.
// The first Put calls it.
func (c *Cache) Trim() error { return c.disk.Trim() }
