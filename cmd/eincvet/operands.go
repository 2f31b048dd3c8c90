package main

import (
	"errors"
	"slices"

	"github.com/einc-lang/einc/parser"
)

// operands is what a call shows of its operands: how many there are, and what is written out of them.
type operands struct {
	list []operand
}

// operand is an operand as far as it is written out.
type operand struct {
	name      string
	nameKnown bool
	dtype     string // empty if unknown
	shape     []int
	strides   []int
	shaped    bool // shape and strides are known
}

// bind checks the operands against a program. What is not known is replaced by what fits most, and an
// error counts only if no true value could undo it. A nil receiver fits everything.
func (o *operands) bind(p *parser.Program) *parser.Error {
	if o == nil {
		return nil
	}
	opaque := p.Notation == parser.IndexNotation && slices.ContainsFunc(o.list, func(x operand) bool { return !x.nameKnown })
	required := 0
	for _, d := range p.Operands {
		if !d.Optional {
			required++
		}
	}
	if opaque && required <= len(o.list) && len(o.list) <= len(p.Operands) {
		return nil
	}
	decls := o.declarations(p, required)
	_, err := p.Bind(o.specs(p, decls, opaque))
	var e *parser.Error
	if !errors.As(err, &e) || !o.certain(p, decls, e.Code) {
		return nil
	}
	return e
}

// declarations finds the program's operand for each that is given, or none if the count is wrong or a
// name is unknown: Bind then says so before it looks at shapes.
func (o *operands) declarations(p *parser.Program, required int) []int {
	var out []int
	if len(o.list) > 0 && o.list[0].name != "" {
		for _, x := range o.list {
			i := slices.IndexFunc(p.Operands, func(d parser.OperandDecl) bool { return d.Name == x.name })
			if i < 0 {
				return nil
			}
			out = append(out, i)
		}
		return out
	}
	if len(o.list) != required && len(o.list) != len(p.Operands) {
		return nil
	}
	for i, d := range p.Operands {
		if len(o.list) == len(p.Operands) || !d.Optional {
			out = append(out, i)
		}
	}
	return out
}

// specs describes the operands to Bind. An unknown extent is 1, which stretches to any other.
func (o *operands) specs(p *parser.Program, decls []int, nameless bool) []parser.Spec {
	specs := make([]parser.Spec, len(o.list))
	for i, x := range o.list {
		dtype, shape := x.dtype, x.shape
		if dtype == "" {
			dtype = "f64"
		}
		if !x.shaped && decls != nil {
			shape = slices.Repeat([]int{1}, p.Operands[decls[i]].Rank)
		}
		specs[i], _ = parser.NewSpec(x.name, dtype, shape...)
		specs[i].Strides = x.strides
		if nameless {
			specs[i].Name = ""
		}
	}
	return specs
}

// certain reports whether an error stands whatever the operands are that are not written out.
func (o *operands) certain(p *parser.Program, decls []int, code parser.Code) bool {
	shaped := !slices.ContainsFunc(o.list, func(x operand) bool { return !x.shaped })
	typed := !slices.ContainsFunc(o.list, func(x operand) bool { return x.dtype == "" })
	switch code {
	case parser.CodeOperandCount, parser.CodeNoOperands, parser.CodeUndefinedName, parser.CodeUnknownOperand,
		parser.CodeBadSpec, parser.CodeOutputUnknown:
		return true
	case parser.CodeDType, parser.CodeNumberRange:
		return true // f64, which stands for unknown types, never brings these about
	case parser.CodeDimMismatch, parser.CodeEllipsisMismatch, parser.CodeRankTooLow, parser.CodeRankTooHigh,
		parser.CodeRankMismatch, parser.CodeEllipsisDropped:
		return shaped || !combines(p, decls)
	case parser.CodeDiagMismatch:
		// A temporary may have the 1 of one unknown operand beside the extent of another.
		return shaped || len(p.Assigns) == 1 && !combines(p, decls)
	case parser.CodeSize1Broadcast:
		return shaped
	}
	return shaped && typed
}

// combines reports whether a statement reads an old value, which is not stretched.
func combines(p *parser.Program, given []int) bool {
	return slices.ContainsFunc(p.Assigns, func(a parser.Assign) bool {
		return a.Update && a.Old != parser.NoValue && (a.Old < 0 || slices.Contains(given, a.Old))
	})
}
