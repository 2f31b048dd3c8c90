//go:build !linux

package pages

// Advise does nothing: the system chooses pages by itself.
func Advise([]byte) {}
