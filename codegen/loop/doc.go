// Package loop defines the nest: a small tree of loops, loads, operations and stores over flat arrays,
// with its printer, verifier and interpreter.
//
// A nest knows nothing of einsum and nothing of LLVM. It is what strategies build (package lower) and
// what the emitter translates (package llvm). What a verified nest may touch is bounded by its
// parameters: the emitter relies on it and checks nothing again. The interpreter checks each access all
// the same, so that a mistake in either shows.
package loop
