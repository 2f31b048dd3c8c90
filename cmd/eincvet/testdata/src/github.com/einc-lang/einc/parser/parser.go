// Package parser has the types of the real one that calls mention.
package parser

import "github.com/einc-lang/einc/tensor"

type Mode uint8

const (
	ModeAuto Mode = iota
	ModeNumPy
	ModeIndex
	ModeEinstein
)

type Spec struct {
	Name    string
	DType   tensor.DType
	Shape   []int
	Strides []int
}
