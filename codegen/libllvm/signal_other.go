//go:build !linux

package libllvm

// handlers is not looked at on this system.
type handlers struct{}

func signalHandlers() handlers { return handlers{} }

func (handlers) check() error { return nil }
