// Package runtime loads Objects and runs them: it maps their code, hands kernels their arguments, walks
// their launches over a pool of workers, and keeps compiled Objects on disk.
//
// It does not compile, and knows nothing of einsum, plans or LLVM: an Object says everything. It uses
// neither cgo nor a C library, so a program that only runs cached kernels stays a static binary.
//
// What always holds:
//   - No byte of an ELF file or of a cache entry makes it panic: a bad file is an error, a bad entry a
//     miss. Running code is another matter: an Object's code is trusted, as the cache directory is.
//   - No page is writable and executable, not even for a moment.
//   - A kernel runs on its goroutine's stack, which is grown first to what the compiler proved it needs.
//   - A call that may last is visible to the Go scheduler as a system call, so it delays no
//     stop-the-world; a short one costs as little as a Go function.
//   - Run allocates nothing once it is warm, and any number of goroutines may call it at once.
package runtime
