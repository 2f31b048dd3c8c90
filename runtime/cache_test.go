//go:build unix

package runtime

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/runtime/object"
)

// entry number i of a cache, and its key.
func entry(i int) ([32]byte, *object.Object) {
	key := sha256.Sum256(binary.LittleEndian.AppendUint64(nil, uint64(i)))
	return key, &object.Object{Einc: fmt.Sprint("entry ", i), Modules: [][]byte{make([]byte, 100+i)}, Params: []object.Param{{DType: "f32", Size: 4}}}
}

func openCache(t *testing.T) (*Cache, string) {
	dir := filepath.Join(t.TempDir(), "a", "einc")
	c, err := OpenCache(dir)
	require.NoError(t, err)
	return c, dir
}

func TestCache(t *testing.T) {
	c, dir := openCache(t)
	require.Equal(t, dir, c.Dir())
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o700), info.Mode().Perm())
	key, o := entry(1)
	_, ok := c.Get(key)
	require.False(t, ok)
	require.NoError(t, c.Put(key, o))
	again, err := OpenCache(dir)
	require.NoError(t, err)
	got, ok := again.Get(key)
	require.True(t, ok)
	require.Equal(t, o, got)
	_, other := entry(2)
	require.NoError(t, c.Put(key, other))
	got, ok = again.Get(key)
	require.True(t, ok)
	require.Equal(t, other, got, "the last one wins")
	require.NoError(t, c.Trim())
}

func TestCacheDefaultDir(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", home)
	t.Setenv("HOME", home)
	c, err := OpenCache("")
	require.NoError(t, err)
	base, err := os.UserCacheDir()
	require.NoError(t, err)
	require.Equal(t, filepath.Join(base, "einc"), c.Dir())
	require.NoError(t, os.Chmod(c.Dir(), 0o777))
	_, err = OpenCache("")
	require.ErrorContains(t, err, "or remove this one, which einc then makes anew")
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	_, err = OpenCache("")
	require.ErrorContains(t, err, "kernel cache: ")
}

func TestCacheRefusesWhatIsNotPrivate(t *testing.T) {
	for _, mode := range []fs.FileMode{0o770, 0o702, 0o777} {
		dir := t.TempDir()
		require.NoError(t, os.Chmod(dir, mode))
		_, err := OpenCache(dir)
		require.ErrorContains(t, err, "others may write to "+dir)
		require.ErrorContains(t, err, "name a directory of your own, or one that does not exist yet")
		require.NotContains(t, err.Error(), "chmod", "it may be /tmp")
		require.NotContains(t, err.Error(), "remove", "it may be /tmp")
	}
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o755))
	_, err := OpenCache(dir)
	require.NoError(t, err, "others may read")
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(dir, link))
	_, err = OpenCache(link)
	require.ErrorContains(t, err, "is a symbolic link")
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = OpenCache(file)
	require.ErrorContains(t, err, "is not a directory")
	_, err = OpenCache(filepath.Join(file, "under"))
	require.Error(t, err)
	if os.Geteuid() != 0 {
		return // only root can give a directory away
	}
	require.NoError(t, os.Chown(dir, 12345, -1))
	_, err = OpenCache(dir)
	require.ErrorContains(t, err, "belongs to user 12345")
}

// TestCacheSurvivesDamage changes and cuts the file of an entry, everywhere. What comes back is the
// right Object or none, and storing it again repairs the entry.
func TestCacheSurvivesDamage(t *testing.T) {
	c, dir := openCache(t)
	key, o := entry(3)
	require.NoError(t, c.Put(key, o))
	files, err := filepath.Glob(filepath.Join(dir, "einc-*"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	misses := 0
	check := func(file string, b []byte, what string, at int) {
		require.NoError(t, os.WriteFile(file, b, 0o600))
		if got, ok := c.Get(key); ok {
			require.Equal(t, o, got, "%s at %d of %s", what, at, file)
		} else {
			misses++
		}
	}
	for _, file := range files {
		good, err := os.ReadFile(file)
		require.NoError(t, err)
		for i := range good {
			bad := append([]byte(nil), good...)
			bad[i] ^= 1 << (i % 8)
			check(file, bad, "flip", i)
			check(file, good[:i], "cut", i)
		}
		check(file, append(append([]byte(nil), good...), 0), "extended", len(good))
		require.NoError(t, c.Put(key, o))
		_, ok := c.Get(key)
		require.True(t, ok, "repaired")
	}
	require.Greater(t, misses, 500)
}

// An entry that was copied to another's name is a miss, and so is a file that no entry is as large as: it is not read.
func TestCacheEntryOfAnother(t *testing.T) {
	c, _ := openCache(t)
	key, o := entry(6)
	other, _ := entry(7)
	require.NoError(t, c.Put(key, o))
	data, err := os.ReadFile(c.path(key))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(c.path(other), data, 0o600))
	_, ok := c.Get(other)
	require.False(t, ok)
	_, ok = c.Get(key)
	require.True(t, ok)
	require.NoError(t, os.Truncate(c.path(key), 1<<40))
	_, ok = c.Get(key)
	require.False(t, ok)
}

// A directory that was removed comes back, where it was, with the next entry.
func TestCacheDirectoryIsRemoved(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	c, err := OpenCache("einc")
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "einc"), c.Dir())
	require.NoError(t, c.CheckWritable())
	left, err := os.ReadDir(c.Dir())
	require.NoError(t, err)
	require.Empty(t, left)
	require.NoError(t, os.Remove(c.Dir()))
	require.ErrorIs(t, c.CheckWritable(), fs.ErrNotExist)
	t.Chdir("/")
	key, o := entry(8)
	require.NoError(t, c.Put(key, o))
	got, ok := c.Get(key)
	require.True(t, ok)
	require.Equal(t, o, got)
}

// What is no file is a miss at once: nobody writes to the pipe.
func TestCacheWaitsForNoPipe(t *testing.T) {
	c, _ := openCache(t)
	key, _ := entry(1)
	require.NoError(t, syscall.Mkfifo(c.path(key), 0o600))
	missed := make(chan bool, 1)
	go func() { _, ok := c.Get(key); missed <- !ok }()
	select {
	case miss := <-missed:
		require.True(t, miss)
	case <-time.After(time.Minute):
		t.Fatal("it waits")
	}
}

func TestCachePutReportsTheDisk(t *testing.T) {
	c, dir := openCache(t)
	key, o := entry(4)
	require.NoError(t, os.RemoveAll(dir))
	require.NoError(t, os.WriteFile(dir, nil, 0o600))
	err := c.Put(key, o)
	require.ErrorIs(t, err, syscall.ENOTDIR)
	require.ErrorContains(t, err, "kernel cache "+dir)
	_, ok := c.Get(key)
	require.False(t, ok)
}

// A directory where an entry belongs is replaced if it is empty; else the error says what to remove.
func TestCacheEntryIsDirectory(t *testing.T) {
	c, _ := openCache(t)
	key, o := entry(5)
	path := c.path(key)
	require.NoError(t, os.Mkdir(path, 0o700))
	_, ok := c.Get(key)
	require.False(t, ok)
	require.NoError(t, c.Put(key, o))
	got, ok := c.Get(key)
	require.True(t, ok)
	require.Equal(t, o, got)

	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Mkdir(path, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(path, "mine"), nil, 0o600))
	require.ErrorContains(t, c.Put(key, o), filepath.Base(path)+" is a directory with files in it, where an entry belongs: remove it")
	require.FileExists(t, filepath.Join(path, "mine"))
}

// TestCacheTrim lets a cache get old: entries in use stay, as do files that are not the cache's.
func TestCacheTrim(t *testing.T) {
	c, dir := openCache(t)
	const day = 24 * time.Hour
	age := func(path string, by time.Duration) string {
		at := time.Now().Add(-by)
		require.NoError(t, os.Chtimes(path, at, at))
		return path
	}
	var paths []string
	for i := range 4 {
		key, o := entry(i)
		require.NoError(t, c.Put(key, o))
		paths = append(paths, age(c.path(key), 6*day))
	}
	used, _ := entry(0)
	_, ok := c.Get(used)
	require.True(t, ok)
	age(paths[1], 4*day)
	age(paths[3], keepFor+touchEvery/2)
	left := paths[2] + ".123"
	foreign := filepath.Join(dir, "mine")
	for _, path := range []string{left, foreign} {
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		age(path, 6*day)
	}
	require.NoError(t, c.Trim())
	require.FileExists(t, paths[2], "it was trimmed by the first Put already, within a day")
	mark := age(filepath.Join(dir, "trimmed"), 2*day)
	for range 2 {
		require.NoError(t, c.Trim())
		require.FileExists(t, paths[0], "used just now")
		require.FileExists(t, paths[1], "used four days ago")
		require.NoFileExists(t, paths[2])
		require.FileExists(t, paths[3], "the last use may have been up to an hour after the one that was noted")
		require.NoFileExists(t, left)
		require.FileExists(t, foreign)
		info, err := os.Stat(mark)
		require.NoError(t, err)
		require.WithinDuration(t, time.Now(), info.ModTime(), time.Hour)
	}
}

// TestCacheNotesUse: the time of use is noted, but not at each use.
func TestCacheNotesUse(t *testing.T) {
	c, _ := openCache(t)
	key, o := entry(0)
	require.NoError(t, c.Put(key, o))
	for ago, noted := range map[time.Duration]bool{touchEvery / 2: false, touchEvery + time.Minute: true} {
		at := time.Now().Add(-ago)
		require.NoError(t, os.Chtimes(c.path(key), at, at))
		_, ok := c.Get(key)
		require.True(t, ok)
		info, err := os.Stat(c.path(key))
		require.NoError(t, err)
		require.Equal(t, noted, time.Since(info.ModTime()) < touchEvery/4, "last use noted %v ago", ago)
	}
}

// TestCacheOpensAsIs makes sure that opening neither makes nor reads anything in the directory.
func TestCacheOpensAsIs(t *testing.T) {
	c, dir := openCache(t)
	_, ok := c.Get([32]byte{1})
	require.False(t, ok)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}

const writerEnv = "EINC_TEST_CACHE_WRITER"

// TestCacheKill kills writers, two at a time, and reads what they leave.
func TestCacheKill(t *testing.T) {
	const entries = 8
	if dir := os.Getenv(writerEnv); dir != "" {
		c, end := must(OpenCache(dir)), time.Now().Add(10*time.Second) // in case nobody kills it
		for i := 0; time.Now().Before(end); i++ {
			key, o := entry(i % entries)
			if err := c.Put(key, o); err != nil {
				panic(err)
			}
			if i%entries == entries-1 { // so that there is always something to write
				files, _ := filepath.Glob(filepath.Join(dir, "einc-*"))
				for _, f := range files {
					_ = os.Remove(f)
				}
			}
		}
		return
	}
	c, dir := openCache(t)
	found := 0
	for round := range 15 {
		var writers []*exec.Cmd
		for range 2 {
			w := exec.Command(os.Args[0], "-test.run=^TestCacheKill$")
			w.Env = append(os.Environ(), writerEnv+"="+dir)
			require.NoError(t, w.Start())
			writers = append(writers, w)
		}
		time.Sleep(time.Duration(20+round*7) * time.Millisecond)
		for _, w := range writers {
			require.NoError(t, w.Process.Kill())
			_ = w.Wait()
		}
		for i := range entries {
			key, want := entry(i)
			if got, ok := c.Get(key); ok {
				require.Equal(t, want, got)
				found++
			}
		}
	}
	t.Logf("%d entries were whole", found)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
