// Command eincvet checks einsum strings, index notation and //einc:kernel comments in Go programs, with
// the parser that reads them at run time. It is a vet tool and also runs alone:
//
//	go get -tool github.com/einc-lang/einc/cmd/eincvet
//	go vet -vettool=$(go tool -n eincvet) ./...
//	go tool eincvet ./...
//	go tool eincvet -fix -diff ./...
//	go fix -fixtool=$(go tool -n eincvet) ./...
//
// For the call
//
//	c, err := einc.Einsum("ij,jk->iK", a, b)
//
// it says, with the place of the K in the string,
//
//	mul.go:9:33: output index 'K' is in no input, so its extent is unknown; did you mean 'k'? [output-unknown]
//
// # What it looks at
//
// Every call of a function or method of package einc that has a parameter "expr string" whose argument
// is a constant: its text, under the mode of the call's options; the number of operands, unless they
// are passed as a slice...; and the shapes and types of operands that are written out: composite
// literals of Spec, and results of package tensor's New, From, FromBytes, Full, Arange and Scalar, passed on
// directly, through a generic must function, or in a variable that is assigned once. Operands whose shape
// is not written out fit anything. Options that are not written out may have any mode: then only what no
// mode accepts is reported.
//
// It also reports results that are thrown away, compiling the same thing again in every turn of a loop
// (not in tests), directives that are wrong, and generated files that no longer fit their directive.
//
// The word in brackets is a code of package parser, or one of
//
//	discarded       the result of the call is thrown away
//	compile-in-loop nothing that the call compiles changes in the loop around it
//	sizes           the sizes given to SpecsFromSizes do not fit the expression
//	kernel-twice    two directives of a package have one name
//	kernel-missing  no file was generated for the directive
//	kernel-stale    the generated file was made from another directive of that name
//
// Fixes are offered where the message names what to write instead, and only if the result is right.
//
// # What it does not do
//
// It follows no values but those above, and neither loads nor needs LLVM. A test that passes a wrong
// expression on purpose keeps it in a variable: only constants are checked.
package main

import "golang.org/x/tools/go/analysis/multichecker"

// main runs as a vet tool if go vet calls it so, and loads packages itself otherwise.
func main() { multichecker.Main(Analyzer) }
