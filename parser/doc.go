// Package parser turns notation into a checked Program, and a Program with operands into a Problem.
//
//	text ─Parse─▶ *Program ─Bind─▶ *Problem
//
// Two spellings give one Program: einsum strings (“ik,kj->ij”, and the interleaved form through
// ParseSublists), which follow NumPy's einsum without optimisation, and index notation, a list of
// statements:
//
//	program   = statement { (newline | ";") statement }
//	statement = ref ("=" | "+=" | "*=" | "max=" | "min=") sum
//	ref       = name [ "[" [ index { "," index } ] "]" ]
//	sum       = product { ("+" | "-") product }
//	product   = factor { ("*" | "/") factor }
//	factor    = "-" factor | number | function "(" sum { "," sum } ")" | ref | "(" sum ")"
//
// A comment runs from # to the end of its line. A line goes on after an operator, a comma, and inside
// brackets.
//
// # What is summed
//
// An index that is not on the left is reduced. For = and +=, each term of the right side sums its own
// such indices over its whole chain of * and /:
//
//	Y[i] = A[i,k]*x[k] + b[i]        // sums over k of A·x, then b is added once
//	Y[i] = 2*(A[i,k] + b[i])         // one term: over k, of 2·(A+b), so b counts once for every k
//
// The argument of a function is a right side of its own: exp(S[i,j]), without j on the left, is exp of
// the sum. An index of that name elsewhere in the term is another variable, of the same extent:
// exp(S[i,j])*V[j] is exp(Σⱼ S[i,j]) · Σⱼ V[j]. To sum over products of a function's values, give the
// values a name: E[i,j] = exp(S[i,j]); Y[i] = E[i,j]*V[j].
//
// For *=, max= and min= the whole right side is reduced over every index that is not on the left, and
// nothing is summed inside.
//
// # Old values
//
// += *= max= min= combine with what the name on the left held: the value assigned to it before, or an
// operand of that name. That operand is optional; without it the reduction starts from its identity.
//
// # Numbers and types
//
// Types promote as NumPy's do, all terms of a sum and all factors of a product together. A number in the text takes the type
// of what it meets: 2*A is of A's type, 0.5*A is f64 for integers and bool, A's type for the others.
//
// # What always holds
//
// Every refusal is an *Error that names a Code and a place in the text. No input panics, and time and
// memory grow about linearly with the text. A Program is immutable and safe for concurrent use. No expression is deeper
// than a few thousand nodes.
// Of a Problem: nodes come before their users; every argument has the type its user computes in (a
// Cast is written out), except under Cast itself and the complex argument of abs; Old has the shape and
// type of Out; Over is ascending; a Reduce may name an index that its argument does not use (it then
// repeats the value that many times); no index is reduced twice on one path from the value to a Ref;
// indices belong to one statement.
//
// The package does not choose an order, and knows nothing of memory but strides.
package parser
