//go:build unix

package runtime

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// checkPrivate refuses a directory whose files somebody else may have put there: they would be executed. One that was
// named may be anything, as /tmp or a home, so that nothing is advised which would change it.
func checkPrivate(dir string, info fs.FileInfo, named bool) error {
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to user %d, and this is user %d; name a directory of your own", dir, st.Uid, os.Geteuid())
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		way := "remove this one, which einc then makes anew"
		if named {
			way = "one that does not exist yet"
		}
		return fmt.Errorf("others may write to %s (mode %04o), and what it holds is executed; name a directory of your own, or %s", dir, mode, way)
	}
	return nil
}
