// Package llvm translates verified nests into LLVM functions, one function a nest:
//
//	void symbol(i8** args, i64 lo, i64 hi)
//
// args[i] is the pointer of the nest's parameter i, and args[len(Params)] the dims array if the nest
// has dims; the nest's Task loop runs from lo to hi. The text uses typed pointers and old attribute
// names, which LLVM 14 to 22 read alike.
//
// What it computes is bit for bit what the interpreter of package loop computes, payloads of NaNs
// aside: operations carry no fast-math flags, a fused multiply-add is llvm.fma where the nest says FMA
// and two roundings elsewhere, and what LLVM would leave to a library (half floats without hardware,
// bfloat16, saturation) is spelled out in operations every host has. Vectors are explicit and every
// access is aligned to its element only.
//
// It does not verify nests (package loop does), choose strategies (package lower does) or run LLVM
// (package libllvm does). Kernels call nothing, allocate nothing but their frame, and touch no memory
// but their parameters. The same nests and target always give the same text.
package llvm
