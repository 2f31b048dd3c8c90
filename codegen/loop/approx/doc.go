// Package approx writes functions that no machine instruction computes — exp, log, tanh, sigmoid, gelu,
// complex division and modulus — as straight-line operations into a nest. The interpreter and native
// code run the same operations, so both give the same bits, and kernels call nothing.
//
// Arguments are registers of F32 or F64, of any lanes, or of the complex types where the name says so;
// another type panics, as it is a mistake of the caller's. Results are within 2 units in the last place
// of the exact value (gelu: 4), with Nest.FMA and without, and right for NaN, ±Inf, −0 and denormals.
// Nothing branches: special values go by selects.
//
// The package does not choose where such functions are evaluated, and knows no loops.
//
// Polynomials are minimax: Remez exchange (exp, log) or interpolation at the Chebyshev nodes of a rational
// variable (the normal distribution's tail), computed with 50 digits and rounded to the type. Exponentials
// reduce their argument after Cody and Waite (1980); logarithms go by atanh(f/(2+f)), see log.go.
package approx
