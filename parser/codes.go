package parser

// Code names a kind of error. It is stable: programs may test for it.
//
// Each constant below has at least one example: a text with its operands (type:shape; f64 if no type is
// given; "scalar" is rank 0), a mode if it is not the default, and the message. {x}*3 stands for xxx,
// where each %d counts from 0. A test runs them all.
type Code string

// Of the text of an einsum string.
const (
	// CodeBadChar: a character that belongs to no token.
	//
	//	Example: "i2,j->ij"
	//	Says: '2' cannot be a label: labels are letters
	//	Example: "C[i] = A[i] @ B[i]"
	//	Says: '@' does not belong to index notation
	CodeBadChar Code = "bad-char"

	// CodeBadEllipsis: dots that are not exactly three.
	//
	//	Example: "..ij->ij"
	//	Says: an ellipsis is three dots without spaces: '...'
	CodeBadEllipsis Code = "bad-ellipsis"

	// CodeMultipleEllipsis: two ellipses in one term.
	//
	//	Example: "...i...->i"
	//	Says: a term has two ellipses, so which axes each stands for is open
	CodeMultipleEllipsis Code = "multiple-ellipsis"

	// CodeMalformedArrow: something like an arrow that is not "->".
	//
	//	Example: "ij=>ji"
	//	Says: the arrow before the output is '->', without spaces inside
	CodeMalformedArrow Code = "malformed-arrow"

	// CodeMultipleArrow: more than one "->".
	//
	//	Example: "i->j->k"
	//	Says: there are two arrows
	CodeMultipleArrow Code = "multiple-arrow"

	// CodeCommaInOutput: the output is one term.
	//
	//	Example: "ij->i,j"
	//	Says: the output has a comma, but there is one output only
	CodeCommaInOutput Code = "comma-in-output"

	// CodeOutputRepeated: a label stands twice in the output, which only index notation allows.
	//
	//	Example: "i->ii"
	//	Says: index 'i' is in the output twice
	CodeOutputRepeated Code = "output-repeated"

	// CodeOutputUnknown: the extent of an output index cannot be known.
	//
	//	Example: "ij->ik"
	//	Says: output index 'k' is in no input, so its extent is unknown
	//	Example: "C[i,k] = A[i]"
	//	Says: index 'k' is not on the right, so its extent is unknown
	CodeOutputUnknown Code = "output-unknown"

	// CodeSublistRange: a label of the interleaved form is not one of the numbers allowed.
	//
	//	Example: "sublists [0,52],[52,2]->[0,2]"
	//	Says: label 52 is not between 0 and 51
	//	Example: "sublists [-1]->[]"
	//	Says: label -1 is negative
	CodeSublistRange Code = "sublist-range"
)

// Of the text of index notation.
const (
	// CodeSyntax: the text is not in the grammar.
	//
	//	Example: "C[i] = A[i B[j]"
	//	Says: expected ',' or ']' before 'B'
	//	Example: "C[i] = A[i]\n + B[i]"
	//	Says: a statement cannot begin with '+'
	CodeSyntax Code = "syntax"

	// CodeUnknownOperator: an operator of other languages.
	//
	//	Example: "C[i] -= A[i]"
	//	Says: a statement has '=', '+=', '*=', 'max=' or 'min=' after its left side, not '-='
	CodeUnknownOperator Code = "unknown-operator"

	// CodeUnknownFunction: a call of something that is no function.
	//
	//	Example: "C[i] = sigmod(A[i])"
	//	Says: there is no function 'sigmod'
	CodeUnknownFunction Code = "unknown-function"

	// CodeArity: a function with too few or too many arguments.
	//
	//	Example: "M[i] = max(A[i,j])"
	//	Says: max takes two or more arguments, not 1
	CodeArity Code = "arity"

	// CodeReservedName: a tensor named like a function.
	//
	//	Example: "exp[i] = A[i]"
	//	Says: 'exp' is a function, not a tensor
	CodeReservedName Code = "reserved-name"

	// CodeIndexRank: a tensor has different numbers of indices at two places.
	//
	//	Example: "C[i] = A[i,j]*A[j]"
	//	Says: 'A' has 1 index here and 2 indices there
	CodeIndexRank Code = "index-rank"

	// CodeUnusedResult: a statement's result is neither used nor the last.
	//
	//	Example: "T[i] = A[i,j]; C[i] = t[i]*2"
	//	Says: 'T' is assigned here but not used afterwards
	CodeUnusedResult Code = "unused-result"

	// CodeNumberRange: a number does not fit its type.
	//
	//	Example: "C[i] = 1e999*A[i]"
	//	Says: '1e999' does not fit f64
	//	Example: "C[i] = 200*A[i]" i8:3
	//	Says: 200 does not fit i8, the type of what it meets
	CodeNumberRange Code = "number-range"
)

// Of operands and their shapes.
const (
	// CodeOperandCount: as many operands as inputs are needed.
	//
	//	Example: "ij,jk->ik" 2x3
	//	Says: the equation has 2 inputs, but 1 was given
	//	Example: "C[i] += A[i,j]*x[j]" 2 2x3 3 4
	//	Says: the program has 2 operands, or 3 with all old values ('C', 'A', 'x'), but 4 were given
	CodeOperandCount Code = "operand-count"

	// CodeNoOperands: there are inputs, but nothing was given for them.
	//
	//	Example: "ij,jk->ik"
	//	Says: no operands were given for 2 inputs
	CodeNoOperands Code = "no-operands"

	// CodeUndefinedName: an operand is missing where operands are given by name.
	//
	//	Example: "C[i] = A[i]*B[i]" A=3
	//	Says: operand 'B' is not given
	CodeUndefinedName Code = "undefined-name"

	// CodeUnknownOperand: an operand is given by a name that the text does not have.
	//
	//	Example: "C[i] = Alpha[i]*B[i]" Alpa=3 B=3
	//	Says: operand 'Alpa' is given, but the text does not use it
	CodeUnknownOperand Code = "unknown-operand"

	// CodeBadSpec: an operand's description contradicts itself.
	//
	//	Example: "i->" -3
	//	Says: operand 'op0' has the negative extent -3
	CodeBadSpec Code = "bad-spec"

	// CodeRankTooLow: an operand has fewer axes than labels.
	//
	//	Example: "ij->" 3
	//	Says: 2 indices for operand 0, which has rank 1
	CodeRankTooLow Code = "rank-too-low"

	// CodeRankTooHigh: an operand has more axes than labels, and no ellipsis takes the rest.
	//
	//	Example: "i->" 3x4
	//	Says: 1 index for operand 0, which has rank 2
	CodeRankTooHigh Code = "rank-too-high"

	// CodeDiagMismatch: an index repeated in one operand has two extents there. 1 does not stretch.
	//
	//	Example: "ii->i" 1x3
	//	Says: index 'i' has extent 1 here and 3 there
	CodeDiagMismatch Code = "diag-mismatch"

	// CodeDimMismatch: an index has two extents, and neither is 1.
	//
	//	Example: "ij,jk->ik" 64x128 64x32
	//	Says: index 'j' has extent 128 here and 64 there
	CodeDimMismatch Code = "dim-mismatch"

	// CodeEllipsisMismatch: the axes of two ellipses do not broadcast.
	//
	//	Example: "...i,...i->..." 2x3 4x3
	//	Says: an axis of '...' has extent 2 here and 4 there
	CodeEllipsisMismatch Code = "ellipsis-mismatch"

	// CodeEllipsisDropped: an ellipsis stands for axes that the output does not have.
	//
	//	Example: "...i->i" 2x3
	//	Says: '...' stands for 1 axis here, but the output has no '...'
	CodeEllipsisDropped Code = "ellipsis-dropped"

	// CodeDType: a function is not defined on the type of its argument.
	//
	//	Example: "C[i] = exp(A[i])" c64:3
	//	Says: exp is not defined on c64
	//	Example: "C[i] = A[i] - B[i]" bool:3 bool:3
	//	Says: sub is not defined on bool
	CodeDType Code = "dtype"
)

// Of the summation convention, in ModeEinstein.
const (
	// CodeIndexMoreThanTwice: rule 2.
	//
	//	Example: "ij,ik,il->jkl" mode=einstein
	//	Says: rule 2 of the Einstein convention: no index occurs more than twice in a term, but 'i' occurs 3 times
	CodeIndexMoreThanTwice Code = "index-more-than-twice"

	// CodeRepeatedIndexNotSummed: rule 1.
	//
	//	Example: "i,i->i" mode=einstein
	//	Says: rule 1 of the Einstein convention: an index that occurs twice in a term is summed and is not in the result; 'i' is kept
	CodeRepeatedIndexNotSummed Code = "repeated-index-not-summed"

	// CodeSingleIndexSummed: rule 3.
	//
	//	Example: "ij->i" mode=einstein
	//	Says: rule 3 of the Einstein convention: an index that occurs once in a term is free and is in the result; 'j' is not in the result
	CodeSingleIndexSummed Code = "single-index-summed"

	// CodeOutputNotFree: rule 3, from the other side.
	//
	//	Example: "R[i,j] = A[i]" mode=einstein
	//	Says: rule 3 of the Einstein convention: an index that occurs once in a term is free and is in the result; 'j' is in the result but in no term
	CodeOutputNotFree Code = "output-not-free"

	// CodeFreeIndexMismatch: rule 4.
	//
	//	Example: "R[i,j] = A[i,j] + b[i]" mode=einstein
	//	Says: rule 4 of the Einstein convention: all terms of a sum have the same free indices; 'j' is free here and not there
	CodeFreeIndexMismatch Code = "free-index-mismatch"

	// CodeSize1Broadcast: rule 5.
	//
	//	Example: "R[i] = A[i,j]*B[j]" mode=einstein 2x3 1
	//	Says: rule 5 of the Einstein convention: an index has one extent, and nothing stretches; index 'j' has extent 3 here and 1 there
	CodeSize1Broadcast Code = "size1-broadcast"

	// CodeUsesEllipsis: rule 6; and index notation has no ellipsis in any mode.
	//
	//	Example: "...i,i->..." mode=einstein
	//	Says: rule 6 of the Einstein convention: every index has a name, so there is no ellipsis
	//	Example: "C[i] = A[...,i]"
	//	Says: index notation has no ellipsis
	CodeUsesEllipsis Code = "uses-ellipsis"

	// CodeRankMismatch: a tensor of index notation has not as many axes as indices.
	//
	//	Example: "R[i] = A[i]" mode=einstein 2x3
	//	Says: 1 index for 'A', which has rank 2
	CodeRankMismatch Code = "rank-mismatch"

	// CodeNotASum: the convention knows no other reduction.
	//
	//	Example: "M[i] max= A[i,j]" mode=einstein
	//	Says: the Einstein convention only sums, but this statement folds with max
	CodeNotASum Code = "not-a-sum"
)

// Of size.
const (
	// CodeLimitSource: the text is longer than MaxSource.
	//
	//	Example: "{          }*6710887"
	//	Says: the text has 67108870 bytes, more than 67108864
	CodeLimitSource Code = "limit-source"

	// CodeLimitOperands: more than MaxOperands.
	//
	//	Example: "i{,i}*1048576->"
	//	Says: there are more than 1048576 operands
	CodeLimitOperands Code = "limit-operands"

	// CodeLimitIndices: more than MaxIndices.
	//
	//	Example: "s = x[i,j,k,l]{*x[i%d,j%d,k%d,l%d]}*262144"
	//	Says: there are more than 1048576 different indices
	CodeLimitIndices Code = "limit-indices"

	// CodeLimitRank: more than MaxRank axes.
	//
	//	Example: "s = x[i{,i}*1024]"
	//	Says: a tensor has more than 1024 axes
	CodeLimitRank Code = "limit-rank"

	// CodeLimitBytes: a tensor of more than MaxBytes.
	//
	//	Example: "i,j->ij" 8388608 8388608
	//	Says: the result 'out' has more than 2^46 bytes
	CodeLimitBytes Code = "limit-bytes"

	// CodeOverflow: a size that does not fit 64 bits.
	//
	//	Example: "ij->" 4294967296x4294967296
	//	Says: the size of operand 'op0' overflows 64 bits
	CodeOverflow Code = "overflow"

	// CodeDepth: operations within operations, more than MaxDepth of them.
	//
	//	Example: "s = {(}*1001x{)}*1001"
	//	Says: operations are nested more than 1000 deep
	//	Example: "s = x{/y}*1001"
	//	Says: operations are nested more than 1000 deep
	CodeDepth Code = "depth"
)
