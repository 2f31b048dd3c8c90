// Package planner puts a Problem in order: it chooses the pairwise contractions of every product,
// decides what is fused into which step, lays the temporaries out in one arena and adds up what the
// plan costs and how much memory it needs at most.
//
// Orders of up to ExactLimit factors are found by looking at every tree. Beyond that, steps that every good order
// has are done first. Then trees start from greedy scores, elimination orders, nested dissection and sweeps of a
// front; the best are annealed by local rotations, the best of these again, and small subtrees are replaced by the
// best ones. Work is counted in units, so equal networks, seeds and budgets give equal orders on any number of
// goroutines. OrderNetwork does this for a network without a Problem, and cuts it into slices that fit a limit.
//
// It knows nothing of loops, registers or text; which kernel runs a step, and how fast, it asks of
// package cost. It neither allocates nor computes tensors.
//
// What always holds of a Plan that Search returns (Plan.Verify checks it): every buffer is written by
// one step, before any step reads it; live temporaries never overlap; every index of a step is in
// exactly one list of its Class; body and epilogue compute in accumulator types, so the only nodes of a
// half type are inputs, each behind a cast. Equal problems and options give equal plans.
package planner
