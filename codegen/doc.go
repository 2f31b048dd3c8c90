// Package codegen runs the stages below the plan in order (lower, emit, compile) and keeps what each
// gave, so that they can be printed, cached and run.
//
// It decides nothing about loops or registers. Without LLVM, Interpret runs a lowered plan in Go.
package codegen
