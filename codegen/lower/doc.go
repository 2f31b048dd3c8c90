// Package lower turns a plan into loop nests: the phases of each step, by the strategy that the cost
// model chose for it.
//
// A strategy is a builder in a table. The direct one takes every step: a step becomes a kernel (axes
// with a stride for each access), the kernel a tile of registers inside loops inside tasks. The packed
// one takes plain products: it copies both sides into panels and multiplies those. The fused one takes
// products with further factors, which it multiplies sums of the first two by.
//
// The package does not choose contraction orders (package planner) nor instructions (package llvm).
//
// What always holds: equal plans, targets and options give equal programs, byte for byte. Every nest
// passes loop.Verify. Tasks of a phase write disjoint elements and read nothing that the phase writes.
// The order in which terms are summed depends on the problem, its types and the instruction-set level;
// cache sizes and workers choose only how free axes are cut into tasks.
package lower
