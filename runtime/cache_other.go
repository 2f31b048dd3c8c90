//go:build !unix

package runtime

import "io/fs"

// checkPrivate has nothing to check: a user's cache directory is private by inheritance here.
func checkPrivate(string, fs.FileInfo, bool) error { return nil }
