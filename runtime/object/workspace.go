package object

// Workspace is how one block of memory serves a call on a single thread: the arena is at 0, the shared
// workspace and the worker's at the offsets given, in bytes, each aligned to Align.
func (o *Object) Workspace() (shared, worker, size int64) {
	up := func(n int64) int64 { return (n + Align - 1) / Align * Align }
	shared = up(o.Arena)
	worker = shared + up(o.Shared)
	return shared, worker, worker + up(o.Worker)
}
