// Package operands has operands that do not fit their expressions.
package operands

import (
	"context"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
)

func must[T any](v T, err error) T { return v }

func flip(t *einc.Tensor, err error) *einc.Tensor { return t }

func two() (*einc.Tensor, error) { return nil, nil }

func counts(ctx context.Context, a, b *einc.Tensor, list []*einc.Tensor, specs []einc.Spec, spec einc.Spec) {
	_, _ = einc.Einsum("ij,jk->ik", a) /* at ij,jk->ik */ // want `the equation has 2 inputs, but 1 was given; commas separate the inputs \[operand-count\]`
	_, _ = einc.Einsum("ij,jk->ik")    // want `no operands were given for 2 inputs \[no-operands\]`
	_, _ = einc.Einsum("ij,jk->ik", list...)
	_, _ = einc.Einsum("ij,jk->ik", []*einc.Tensor{a}...) // want `2 inputs, but 1 was`
	_, _ = einc.Einsum("C[i] += A[i,j]*x[j]", a, b)
	_, _ = einc.Einsum("C[i] += A[i,j]*x[j]", a, b, a)
	_, _ = einc.Einsum("C[i] += A[i,j]*x[j]", a) // want `2 operands, or 3 with all old values .* but 1 was given`
	_, _ = einc.CompileFor(ctx, "i,i->", nil, list)
	_, _ = einc.CompileFor(ctx, "i,i->", nil, nil)               // want `no operands were given`
	_, _ = einc.CompileFor(ctx, "i,i->", nil, []*einc.Tensor{a}) // want `2 inputs, but 1 was`
	_, _ = einc.Compile("i,i->", specs, nil)
	_, _ = einc.Compile("i,i->", nil, nil)               // want `no operands were given`
	_, _ = einc.Compile("i,i->", []einc.Spec{spec}, nil) // want `2 inputs, but 1 was`
	_, _ = einc.Compile("i,i->", []einc.Spec{spec, spec}, nil)
	_, _ = einc.Compile("C[i] = A[i]*B[i]", []einc.Spec{spec}, nil) // want `2 operands \('A', 'B'\), but 1 was`
	_, _ = einc.Compile("C[i] = A[i]*B[i]", []einc.Spec{spec, spec}, nil)
	_, _ = einc.Compile("C[i] += A[i]*B[i]", []einc.Spec{spec, spec}, nil)
	_, _ = einc.Compile("C[i] = A[i,j]*x[j]", []einc.Spec{{Name: "x", DType: tensor.F32, Shape: []int{3}}, spec}, nil)
	_, _ = einc.Explain(ctx, "i,i->", nil, nil)
	_, _ = einc.Explain(ctx, "i,i->", []einc.Spec{spec}, nil, "plan") // want `2 inputs, but 1 was`
}

func specs(n int, d tensor.DType) {
	_, _ = einc.Compile("ij,jk->ik", []einc.Spec{ // want `index 'j' has extent 3 here and 4 there \(the other place is 42:26\) \[dim-mismatch\]`
		{DType: tensor.F32, Shape: []int{2, 3}},
		{DType: tensor.F32, Shape: []int{4, 5}},
	}, nil)
	_, _ = einc.Compile("ij,jk->ik", []einc.Spec{{DType: d, Shape: []int{2, n}}, {DType: d, Shape: []int{4, 5}}}, nil)
	_, _ = einc.Compile("ij,jk->ik", []einc.Spec{{DType: d, Shape: []int{n, 3}}, {DType: d, Shape: []int{4}}}, nil) // want `2 indices for operand 1, which has rank 1`
	_, _ = einc.Compile("ij,jk->ik", []einc.Spec{{DType: d, Shape: []int{2, 1 + 2}}, {"", d, []int{3, 5}, nil}}, nil)
	_, _ = einc.Compile("ij,jk->ik", []einc.Spec{{DType: d, Shape: []int{2, 3}}, {"", d, []int{4, 5}, nil}}, nil) // want `dim-mismatch`
	_, _ = einc.Compile("i->", []einc.Spec{{Shape: []int{2}}}, nil)                                               // want `operand 'op0' has no valid element type`
	_, _ = einc.Compile("i->", []einc.Spec{{DType: tensor.F8, Shape: []int{2}}}, nil)
	_, _ = einc.Compile("i->", []einc.Spec{{DType: tensor.F64}}, nil)                                        // want `1 index for operand 0, which has rank 0`
	_, _ = einc.Compile("i->", []einc.Spec{{DType: tensor.F64, Shape: []int{-2}}}, nil)                      // want `negative extent -2`
	_, _ = einc.Compile("i->", []einc.Spec{{DType: tensor.F64, Shape: []int{2}, Strides: []int{1, 1}}}, nil) // want `2 strides for 1 axes`
	_, _ = einc.Compile("i->", []einc.Spec{{DType: tensor.F64, Shape: []int{2}, Strides: []int{n}}}, nil)
	_, _ = einc.Compile("C[i] = A[i]-B[i]", []einc.Spec{{Name: "A", DType: tensor.Bool, Shape: []int{2}}, {Name: "B", DType: tensor.Bool, Shape: []int{2}}}, nil) // want `sub is not defined on bool`
	_, _ = einc.Compile("C[i] = exp(A[i])", []einc.Spec{{DType: tensor.C64, Shape: []int{n}}}, nil)                                                               // want `exp is not defined on c64`
	_, _ = einc.Compile("C[i] = exp(A[i])", []einc.Spec{{DType: d, Shape: []int{2}}}, nil)
	_, _ = einc.Compile("C[i] = B[i]*exp(A[i])", []einc.Spec{{DType: d}, {DType: tensor.C64, Shape: []int{n}}}, nil)                          // want `1 index for 'B', which has rank 0`
	_, _ = einc.Compile("C[i] = B[i]*exp(A[i])", []einc.Spec{{DType: d, Shape: []int{n}}, {DType: tensor.C64, Shape: []int{n}}}, nil)         // want `exp is not defined on c64`
	_, _ = einc.Compile("C[i] = A[i]*B[i]", []einc.Spec{{Name: "A", DType: d}, {Name: "Q", DType: d}}, nil)                                   // want `operand 'Q' is given, but the text does not use it`
	_, _ = einc.Compile("C[i] = A[i]*B[i]", []einc.Spec{{Name: "B", DType: d, Shape: []int{2}}, {Name: "A", DType: d, Shape: []int{3}}}, nil) // want `extent 3 here and 2 there`
}

func tensors(x *einc.Tensor, data []float32, n int) {
	a, err := tensor.New(tensor.F32, 2, 3)
	_ = err
	b, err := tensor.Full(1.5, 4, 5)
	_, _ = einc.Einsum("ij,jk->ik", a, b) // want `index 'j' has extent 3 here and 4 there`
	_, _ = einc.Einsum("ij,jk->ik", a, x)
	_, _ = einc.Einsum("ij,jk,kl->il", a, x, b)
	_, _ = einc.Einsum("ij,kl,jk->il", a, b, x)
	_, _ = einc.Einsum("ij,x,jk->ik", a, x, b)                  // want `dim-mismatch`
	_, _ = einc.Einsum("i,jk->ik", a, x)                        // want `1 index for operand 0, which has rank 2`
	_, _ = einc.Einsum("ii->i", a)                              // want `index 'i' has extent 2 here and 3 there`
	_, _ = einc.Einsum("ijk->i", must(tensor.From(data, 2, 3))) // want `3 indices for operand 0, which has rank 2`
	_, _ = einc.Einsum("ijk->i", flip(tensor.From(data, 2, 3)))
	_, _ = einc.Einsum("i->", tensor.Scalar(2.0))                         // want `which has rank 0`
	_, _ = einc.Einsum("ij->", must(tensor.Arange(tensor.F64, 3)))        // want `which has rank 1`
	_, _ = einc.Einsum("ij->", must(tensor.New(tensor.F64)))              // want `which has rank 0`
	_, _ = einc.Einsum("ij->", must(tensor.New(tensor.F64, []int{2}...))) // want `which has rank 1`
	_, _ = einc.Einsum("ij->", must(tensor.New(tensor.F64, n)))
	_, _ = einc.Einsum("ij->", must(a.Transpose(0)))
	_, _ = einc.Einsum("C[i] = exp(A[i])", must(tensor.Full[complex64](1, 3))) // want `exp is not defined on c64`
	_, _ = einc.Einsum("...i,...i->...", a, b)                                 // want `dim-mismatch|ellipsis-mismatch`
	_, _ = einc.Einsum("...i->i", a)                                           // want `ellipsis-dropped`

	c, _ := tensor.New(tensor.F32, 7)
	c, _ = tensor.New(tensor.F32, 7, 7)
	_, _ = einc.Einsum("i->", c)
	d, _ := tensor.New(tensor.F32, 7, 7)
	change(&d)
	_, _ = einc.Einsum("i->", d)
}

func change(t **einc.Tensor) {}

// What is unknown may be anything: none of these is surely wrong.
func unknowns(ctx context.Context, x *einc.Tensor) {
	five := must(tensor.New(tensor.F32, 5))
	_, _ = einc.Einsum("T[i,j] = A[i]*B[j]; s = T[i,i]", x, five)
	_, _ = einc.Einsum("T[i] = A[i]; T[i] += B[i]; C[i] = T[i]", x, five)
	_, _ = einc.Einsum("C[i] += A[i]", x, five)
	_, _ = einc.EinsumContext(ctx, "C[i] = A[i]*B[i]", &einc.Options{Mode: parser.ModeIndex}, x, five)
	_, _ = einc.EinsumContext(ctx, "i,i->", &einc.Options{Mode: parser.ModeEinstein}, x, five)
	_, _ = einc.Einsum("T[i,j] = A[i]*B[j]; s = T[i,i]", must(tensor.New(tensor.F32, 1)), five)                              // want `diag-mismatch`
	_, _ = einc.Einsum("P[i] max= A[i]*B[i]", five, must(tensor.New(tensor.F32, 6)))                                         // want `dim-mismatch`
	_, _ = einc.Einsum("P[i] max= A[i]*B[i]*D[i]", five, x, must(tensor.New(tensor.F32, 6)))                                 // want `dim-mismatch`
	_, _ = einc.EinsumContext(ctx, "i,i->", &einc.Options{Mode: parser.ModeEinstein}, must(tensor.New(tensor.F32, 1)), five) // want `rule 5`
}
