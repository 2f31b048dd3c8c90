// Package emit writes compiled code in forms that other build systems take: a C header that goes with
// the object files, and files of a Go package.
//
// It neither compiles nor runs anything. What always holds: the same object gives the same text; text
// from outside appears only as an identifier that was checked, or in a comment that it cannot leave.
package emit
