// Package einc has the signatures of the real one, for the tests of eincvet.
package einc

import (
	"context"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
)

type (
	Tensor      = tensor.Tensor
	Spec        = parser.Spec
	DType       = tensor.DType
	Func        struct{}
	Artifacts   struct{}
	BuildTarget struct{}
	Measurement struct{}
	Planned     struct{}
	Explanation []string
	Options     struct {
		Mode    parser.Mode
		Workers int
	}
)

func Einsum(expr string, operands ...*Tensor) (*Tensor, error) { return nil, nil }

func EinsumContext(ctx context.Context, expr string, opts *Options, operands ...*Tensor) (*Tensor, error) {
	return nil, nil
}

func Compile(expr string, specs []Spec, opts *Options) (*Func, error) { return nil, nil }

func CompileContext(ctx context.Context, expr string, specs []Spec, opts *Options) (*Func, error) {
	return nil, nil
}

func CompileFor(ctx context.Context, expr string, opts *Options, operands []*Tensor) (*Func, error) {
	return nil, nil
}

func Explain(ctx context.Context, expr string, specs []Spec, opts *Options, stages ...string) (Explanation, error) {
	return nil, nil
}

func Build(ctx context.Context, expr, name string, specs []Spec, opts *Options) (*Artifacts, error) {
	return nil, nil
}

func BuildFor(ctx context.Context, expr, name string, specs []Spec, opts *Options, to BuildTarget) (*Artifacts, error) {
	return nil, nil
}

func PlanExpr(ctx context.Context, expr string, specs []Spec, opts *Options) (*Planned, error) {
	return nil, nil
}

func Measure(ctx context.Context, expr string, specs []Spec, opts *Options) (*Measurement, error) {
	return nil, nil
}

func SpecsFromSizes(expr string, mode parser.Mode, sizes string, d DType) ([]Spec, error) {
	return nil, nil
}

type Gradient struct{}

func Gradients(expr string, mode parser.Mode) ([]Gradient, error) { return nil, nil }

// Session stands for a type with methods that take expressions.
type Session struct{}

func (Session) Einsum(expr string, operands ...*Tensor) (*Tensor, error) { return nil, nil }
