// Package libllvm turns LLVM IR text into machine code by calling libLLVM, which it loads at run time
// with purego; there is no cgo. It is the only package that talks to LLVM.
//
// Compile runs LLVM in this process, CompileInWorker in a re-executed copy of the program that can
// crash, hang or be killed without harm. The package does not load or run the code it makes, and knows
// nothing of loops or einsum. Of one compile it keeps for the next what no request changes: the library, idle
// target machines, and worker processes.
//
// What always holds: every failure of LLVM, its fatal errors included, is a Go error; only triples, CPU
// names and features from checked lists reach LLVM, which aborts or silently miscompiles on others;
// an object has no undefined symbols; its functions are leaves whose stack use is proved; equal
// requests give equal bytes from one version of LLVM.
//
// A SIGSEGV inside LLVM ends the process that LLVM runs in. That is what CompileInWorker is for.
package libllvm
