package einc

import (
	"context"
	"slices"
	"unsafe"

	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/codegen/lower"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/runtime"
	"github.com/einc-lang/einc/runtime/object"
)

// variant is a Func's code for one set of layouts, or for all of them.
type variant struct {
	strides [][]int      // what the code expects: the output's, then the operands'
	any     bool         // all strides come at run time
	entries []object.Dim // what the code takes at run time
	unit    *codegen.Unit
	kernel  *kernel // nil: unit is interpreted
	warning error
	watch   stopwatch
}

// newVariant lowers and compiles a planned expression.
func newVariant(ctx context.Context, c *compilation, anyLayout bool) (*variant, error) {
	v := &variant{any: anyLayout}
	p := c.problem
	v.strides = append(v.strides, c.strides(p.Output))
	for i := range p.Operands {
		v.strides = append(v.strides, c.strides(i))
	}
	engine := c.opts.Engine
	if engine != Interpreter {
		err := v.compile(ctx, c)
		if err == nil {
			return v, nil
		}
		if engine == Native || !IsMissing(err) {
			return nil, err
		}
		v.warning = err
	}
	return v, v.lower(c, true)
}

// strides is what code counts on in a tensor's layout: for open extents only the strides of 1, the zeros of
// broadcasting, and which axes are one run.
func (c *compilation) strides(t int) []int {
	known := c.problem.Tensors[t].Layout.Strides
	if c.sizes == nil {
		return known
	}
	strides, shape := slices.Clone(known), c.problem.Tensors[t].Shape
	for a, s := range known {
		switch {
		case parser.Fused(shape, known, a):
			strides[a] = fusedStride
		case s != 0 && s != 1:
			strides[a] = anyStride
		}
	}
	return strides
}

func (v *variant) lower(c *compilation, directOnly bool) error {
	target, err := c.opts.target()
	if err != nil {
		return err
	}
	done := v.watch.start("lower")
	v.unit, err = codegen.Lower(c.plan, target, lower.Options{RuntimeStrides: v.any, DirectOnly: directOnly || v.any && c.sizes == nil, Sizes: c.sizes})
	if err != nil {
		return err
	}
	done()
	v.entries = v.unit.Dims()
	return nil
}

func (v *variant) compile(ctx context.Context, c *compilation) error {
	if err := runtime.Supported(); err != nil {
		return &platformError{err}
	}
	if err := v.lower(c, false); err != nil {
		return err
	}
	done := v.watch.start("compile")
	k, err := kernels.get(ctx, v.unit, &c.opts)
	if err != nil {
		return err
	}
	done()
	v.kernel = k
	return nil
}

// fits reports whether the code was made for the layouts of a call.
func (v *variant) fits(out *Tensor, operands []*Tensor) bool {
	for i, t := range operands {
		if !sameStrides(v.strides[1+i], t) {
			return false
		}
	}
	return sameStrides(v.strides[0], out)
}

// sameStrides compares the layout of a tensor with what code takes it to be. The stride of an axis with one
// position does not matter to that axis, but an axis that is one run with it steps as the code has it. Nor do
// strides of tensors without elements matter.
func sameStrides(strides []int, t *Tensor) bool {
	if t.Len() == 0 {
		return true
	}
	got, shape := t.Strides(), t.Shape()
	step := 0 // of the axis at hand, in the code
	for a := len(strides) - 1; a >= 0; a-- {
		switch s := strides[a]; s {
		case anyStride:
			step = got[a]
		case fusedStride:
			step *= shape[a+1]
		default:
			step = s
		}
		if shape[a] > 1 && got[a] != step {
			return false
		}
	}
	return true
}

// dims appends what the code takes at run time.
func (v *variant) dims(dims []int64, sizes []int, out *Tensor, operands []*Tensor) ([]int64, error) {
	for i := range v.entries {
		d := &v.entries[i]
		switch d.Op {
		case object.DimStride:
			t := out
			if d.Param > 0 {
				t = operands[d.Param-1]
			}
			dims = append(dims, int64(t.Strides()[d.Axis]))
		case object.DimExtent:
			dims = append(dims, int64(sizes[d.Axis]))
		default:
			n, err := d.Derive(dims)
			if err != nil {
				return dims, err
			}
			dims = append(dims, n)
		}
	}
	return dims, nil
}

func (v *variant) run(ctx context.Context, ptrs []unsafe.Pointer, dims []int64, workers int) error {
	if v.kernel != nil {
		return v.kernel.Run(ctx, ptrs, dims, workers)
	}
	// The copies keep the caller's arrays on its stack for the native path above.
	return v.unit.Interpret(ctx, slices.Clone(ptrs), slices.Clone(dims))
}

func (v *variant) close() {
	if v.kernel != nil {
		kernels.release(v.kernel)
	}
}

// platformError says that the platform cannot run native code at all.
type platformError struct{ error }

func (e *platformError) Unwrap() error { return e.error }
