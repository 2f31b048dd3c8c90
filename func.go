package einc

import (
	"context"
	"errors"
	"fmt"
	goruntime "runtime"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/einc-lang/einc/runtime"
	"github.com/einc-lang/einc/runtime/object"
	"github.com/einc-lang/einc/tensor"
)

// ErrClosed is returned by calls of a Func after Close.
var ErrClosed = runtime.ErrClosed

// errNoContext is returned by what takes a context and is given a nil one.
var errNoContext = errors.New("einc: the context is nil: give context.Background() if nothing is to end the call")

// errNotCompiled is returned by the methods of a Func that no Compile returned.
var errNotCompiled = errors.New("einc: a Func that is nil or zero has no code: Compile makes those that can be called")

// Func is a compiled expression for operands of fixed types and shapes. It is safe for concurrent use.
type Func struct {
	c        *compilation
	expected []tensorSpec // the output first, then the operands
	mu       sync.Mutex   // held to add a variant
	variants atomic.Pointer[[]*variant]
	generic  *variant // takes strides at run time; nil if no variant does
	aliases  []bool   // operand i may be the output itself
	closed   atomic.Bool
	warning  error
}

// tensorSpec is what a call checks of a tensor.
type tensorSpec struct {
	name  string
	dtype tensor.DType
	shape []int
}

// newFunc compiles the variant for the layouts at hand and, for functions that will meet others, the
// one that takes strides at run time, which later calls then need not wait for.
func newFunc(ctx context.Context, c *compilation, anyLayout bool) (*Func, error) {
	f := &Func{c: c, aliases: aliases(c.problem)}
	p := c.problem
	f.expect(p.Output)
	for i := range p.Operands {
		f.expect(i)
	}
	type result struct {
		v   *variant
		err error
	}
	generic := make(chan result, 1)
	if anyLayout {
		go func() {
			v, err := newVariant(ctx, c, true)
			generic <- result{v, err}
		}()
	}
	v, err := newVariant(ctx, c, false)
	if anyLayout {
		g := <-generic
		if f.generic = g.v; err == nil {
			err = g.err
		}
	}
	if err != nil {
		for _, x := range []*variant{v, f.generic} {
			if x != nil {
				x.close()
			}
		}
		return nil, err
	}
	f.warning = v.warning
	f.variants.Store(&[]*variant{v})
	c.dump(v)
	return f, nil
}

// NewOutput allocates a tensor that Call can fill. Functions with open extents need NewOutputFor.
func (f *Func) NewOutput() (*Tensor, error) {
	if !f.compiled() {
		return nil, errNotCompiled
	}
	if f.c.sizes != nil {
		return nil, errors.New("the output's extents depend on the operands: use NewOutputFor")
	}
	return tensor.New(f.expected[0].dtype, f.expected[0].shape...)
}

// NewOutputFor allocates a tensor that a Call with these operands can fill. It refuses operands that Call refuses.
func (f *Func) NewOutputFor(operands ...*Tensor) (*Tensor, error) {
	if !f.compiled() {
		return nil, errNotCompiled
	}
	if err := f.checkCount(operands); err != nil {
		return nil, err
	}
	if err := checkOperands(operands); err != nil {
		return nil, err
	}
	sizes := f.sizes(nil, operands)
	shape := make([]int, len(f.expected[0].shape))
	for a, n := range f.expected[0].shape {
		if shape[a] = extent(n, sizes); shape[a] < 0 {
			return nil, fmt.Errorf("the operands have no axis that tells the output's extent %s", f.c.sizes.Names[object.OpenSize(n)])
		}
	}
	for i, t := range operands {
		if err := f.checkTensor(t, i, sizes); err != nil {
			return nil, err
		}
	}
	return tensor.New(f.expected[0].dtype, shape...)
}

// Warning says why the function is interpreted although code was wanted: an error that names the
// package to install. It is nil for native code.
func (f *Func) Warning() error {
	if !f.compiled() {
		return errNotCompiled
	}
	return f.warning
}

// compiled tells a function from the nil and the zero Func.
func (f *Func) compiled() bool { return f != nil && f.c != nil }

// Call evaluates the expression on the operands and writes the result to out. Shapes and types must be
// those that the function was compiled for, but for extents that it leaves open; layouts may differ. It
// allocates nothing. Out must not overlap an operand, save that it may be the very tensor whose old values
// an "op=" statement reads.
func (f *Func) Call(out *Tensor, operands ...*Tensor) error {
	return f.CallContext(context.Background(), out, operands...)
}

// stackArgs is the number of pointers and strides that a call keeps on the stack.
const stackArgs = 16

// CallContext is Call under a context; a cancelled call leaves out partly written.
func (f *Func) CallContext(ctx context.Context, out *Tensor, operands ...*Tensor) error {
	switch {
	case !f.compiled():
		return errNotCompiled
	case ctx == nil:
		return errNoContext
	case f.closed.Load():
		return ErrClosed
	}
	var sizeBuf [stackSizes]int
	sizes := f.sizes(sizeBuf[:0], operands)
	if err := f.check(out, operands, sizes); err != nil {
		return err
	}
	if out.Len() == 0 { // temporaries may well have elements
		return ctx.Err()
	}
	v, err := f.pick(ctx, out, operands)
	if err != nil {
		return err
	}
	var ptrBuf [stackArgs]unsafe.Pointer
	ptrs := append(ptrBuf[:0], out.Data())
	for _, t := range operands {
		ptrs = append(ptrs, t.Data())
	}
	var dimBuf [stackArgs * 8]int64
	dims, err := v.dims(dimBuf[:0], sizes, out, operands)
	if err != nil {
		return err
	}
	err = v.run(ctx, ptrs, dims, f.c.opts.Workers)
	goruntime.KeepAlive(out)
	goruntime.KeepAlive(operands)
	return err
}

// pick finds the variant for the layouts of a call: the specialised one, or the one that takes strides
// at run time. It compiles one only if the options say so.
func (f *Func) pick(ctx context.Context, out *Tensor, operands []*Tensor) (*variant, error) {
	for _, v := range *f.variants.Load() {
		if v.fits(out, operands) {
			return v, nil
		}
	}
	rowMajor := sameStrides(f.c.problem.Tensors[f.c.problem.Output].Layout.Strides, out)
	switch {
	case f.c.opts.Specialize && rowMajor:
		return f.specialize(ctx, out, operands)
	case f.generic != nil:
		return f.generic, nil
	}
	return nil, errors.New("the function was compiled for other layouts (strides) than these, and for no others: use Compile, or Clone the operands and call it with NewOutput")
}

// specialize compiles a variant for the layouts of a call, whose output is row-major.
func (f *Func) specialize(ctx context.Context, out *Tensor, operands []*Tensor) (*variant, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, v := range *f.variants.Load() {
		if v.fits(out, operands) {
			return v, nil
		}
	}
	if f.closed.Load() {
		return nil, ErrClosed // Close has been here and will not come again to free a variant
	}
	specs := specsOf(operands)
	for i := range specs {
		if f.c.specs[i].Name != "" {
			specs[i].Name = f.expected[1+i].name
		}
	}
	c, err := plan(ctx, f.c.program, specs, &f.c.opts)
	if err != nil {
		return nil, err
	}
	v, err := newVariant(ctx, c, false)
	if err != nil {
		return nil, err
	}
	more := append(slices.Clone(*f.variants.Load()), v)
	f.variants.Store(&more)
	c.dump(v)
	return v, nil
}

func (f *Func) checkCount(operands []*Tensor) error {
	if len(operands) != len(f.expected)-1 {
		return fmt.Errorf("%d operands given, the function takes %d", len(operands), len(f.expected)-1)
	}
	return nil
}

func (f *Func) check(out *Tensor, operands []*Tensor, sizes []int) error {
	if err := f.checkCount(operands); err != nil {
		return err
	}
	if err := f.checkTensor(out, -1, sizes); err != nil {
		return err
	}
	for i, t := range operands {
		if err := f.checkTensor(t, i, sizes); err != nil {
			return err
		}
	}
	return f.checkOverlap(out, operands)
}

// checkTensor compares an operand, or the output for operand -1, with what is expected.
func (f *Func) checkTensor(t *Tensor, operand int, sizes []int) error {
	s := &f.expected[1+operand]
	if t != nil && t.DType() == s.dtype && s.hasShape(t.Shape(), sizes) {
		return nil
	}
	who := "the output"
	if operand >= 0 {
		who = fmt.Sprintf("operand %d", operand)
	}
	if t == nil {
		return fmt.Errorf("%s is nil", who)
	}
	return fmt.Errorf("%s is %v%v, the function was compiled for %v%s", who, t.DType(), t.Shape(), s.dtype, f.shapeText(s, slices.Clone(sizes)))
}

// Close frees the function's code. Calls that are running end first; later ones fail with ErrClosed.
// A nil Func has none, so that Close may be deferred before Compile's error is looked at.
func (f *Func) Close() error {
	if !f.compiled() || f.closed.Swap(true) {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, v := range *f.variants.Load() {
		v.close()
	}
	if f.generic != nil {
		f.generic.close()
	}
	return nil
}
