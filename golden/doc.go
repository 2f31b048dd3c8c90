// Package golden holds the corpus, the naive evaluator that every engine must equal, and the tests
// that compare them.
//
// The evaluator is slow and obviously right: one Go loop for each index, one Go operation for each
// node. It shares no code with the planner, the nests or the interpreter, only the Problem.
package golden
