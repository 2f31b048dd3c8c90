// Command bench measures einc against other libraries: OpenBLAS, BLIS, oneDNN and libxsmm, loaded into its
// own process, and NumPy, opt_einsum, PyTorch and TBLIS in Python processes that it drives call by call.
//
// The contenders of a row take turns, round by round, in another order each time, so that what else the machine does, and what the
// one before leaves in the caches, meets all of them. A row's ratio is the median over rounds of (the best peer's time / einc's time),
// with an interval of at least 95 % from order statistics. One thread is pinned to a core and measured in CPU time, several
// in wall time. Before it is timed, every peer's result is compared with einc's. A peer that is not
// installed is reported as absent.
//
// The planner's suite compares orders of networks with the best that are known, at budgets in units of work.
//
// A whole run, or one with -keep, adds what it measured to the folder results, a file a suite and a line a row, and
// writes BENCHMARKS.md and its plot of all that is there: parts can be measured one by one, when the machine is quiet.
// results/reasons.txt says why bars are missed; after a change of it, -assemble writes the page anew. Another machine has a folder of its
// own in results, and a page, by -machine.
package main
