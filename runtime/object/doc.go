// Package object defines the compiled form of a contraction, and its file form: what the disk cache
// stores and a build emits.
//
// It knows nothing of einsum, loops or LLVM: code bytes, the stack they need, the order to launch
// them in and the memory to hand them. Decoding is strict; a file that was cut, changed or made by
// another format version is an error, never a guess.
package object
