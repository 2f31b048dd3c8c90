package einc

import (
	"context"
	"errors"
	"io"
	"syscall"

	"github.com/einc-lang/einc/codegen/libllvm"
	"github.com/einc-lang/einc/internal/fault"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
)

// DType is the type of a tensor's elements.
type DType = tensor.DType

// ParseDType reads an element type's name, einc's ("f32") or NumPy's ("float32").
func ParseDType(s string) (DType, error) { return tensor.ParseDType(s) }

// OpenNpy opens a .npy file without copying its elements: see tensor.OpenNpy. With as set to BF16,
// elements of two raw bytes, which NumPy writes for that type, are read as it.
func OpenNpy(path string, as DType) (*Tensor, error) {
	if as == tensor.BF16 {
		return tensor.OpenNpy(path, tensor.VoidAsBF16)
	}
	return tensor.OpenNpy(path)
}

// SaveNpy writes a tensor to a .npy file; the file appears whole or not at all.
func SaveNpy(path string, t *Tensor) error { return tensor.SaveNpy(path, t) }

// WriteNpy writes a tensor to w in the format of .npy files.
func WriteNpy(w io.Writer, t *Tensor) error { return tensor.WriteNpy(w, t) }

// WriteFile writes a file that appears whole or not at all: see tensor.WriteFile.
func WriteFile(path string, data []byte) error {
	return tensor.WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// CompileFor compiles an expression for the layouts of operands that are there, and for no others: it
// is the quickest way to one call. Calls with other layouts then fail, save that Options.Specialize has one
// compiled for other operands.
func CompileFor(ctx context.Context, expr string, opts *Options, operands []*Tensor) (*Func, error) {
	if ctx == nil {
		return nil, errNoContext
	}
	if err := checkOperands(operands); err != nil {
		return nil, err
	}
	c, err := prepare(ctx, expr, specsOf(operands), opts)
	if err != nil {
		return nil, err
	}
	return newFunc(ctx, c, false)
}

// IsMissing reports whether an error says that what native code needs is not there: LLVM, a platform that
// einc can load code on, or a linker.
func IsMissing(err error) bool {
	var missing *libllvm.MissingError
	var platform *platformError
	var linker missingLinker
	return errors.As(err, &missing) || errors.As(err, &platform) || errors.As(err, &linker)
}

// IsBudget reports whether an error says that a plan needs more than Options.MaxMemory, or that the
// machine has not the memory for the result or the kernel's workspace.
func IsBudget(err error) bool {
	var budget planner.MemoryError
	var infeasible *planner.InfeasibleError
	return errors.As(err, &budget) || errors.As(err, &infeasible) || errors.Is(err, tensor.ErrMemory) || errors.Is(err, syscall.ENOMEM)
}

// IsInternal reports whether an error is no fault of the input: what einc gave LLVM did not compile, or
// the process that compiled died.
func IsInternal(err error) bool {
	var llvm *libllvm.Error
	var own *fault.Error
	return errors.As(err, &llvm) || errors.As(err, &own)
}

// IsOption reports whether an error is about how something was asked for, not about what was given: an option, a
// target, a kernel's name, a list of sizes or a path that has no meaning.
func IsOption(err error) bool {
	var option *optionError
	return errors.As(err, &option)
}

type optionError struct{ error }

func (e *optionError) Unwrap() error { return e.error }

// asOption marks an error, if there is one.
func asOption(err error) error {
	if err == nil {
		return nil
	}
	return &optionError{err}
}

// SpecsFromSizes describes the operands of an expression from its indices' extents, written as
// "i=64,j=32". Every operand has the type d.
func SpecsFromSizes(expr string, mode parser.Mode, sizes string, d DType) ([]Spec, error) {
	p, err := parser.Parse(expr, mode)
	if err != nil {
		return nil, err
	}
	specs, err := p.SpecsFromSizes(sizes, d)
	return specs, asOption(err)
}
