// Package kernels holds contractions that einc compiled: the machine code is in the assembly files beside
// this one. To build it takes nothing but the Go toolchain.
package kernels

//go:generate go run ../../../cmd/einc gen .

//einc:kernel MatMul "ik,kj->ij" i=256,j=256,k=256 float32

//einc:kernel BatchMul "bij,bjk->bik" b=*,i=64,j=64,k=64 float32
