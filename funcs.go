package einc

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/einc-lang/einc/parser"
)

// keptFuncs is how many functions Einsum remembers for operands of known shapes, and keptOpen for operands of
// any.
const (
	keptFuncs = 256
	keptOpen  = 64
)

// funcs remembers what Einsum compiled.
var funcs = &einsumCache{known: newFuncCache(keptFuncs), open: newFuncCache(keptOpen), shapes: map[string]int{}}

// einsumCache is Einsum's memory. Calls that differ in extents only are a class: once there is code for some
// of its shapes, the next one gets code for all, and those after that compile nothing.
type einsumCache struct {
	known, open *funcCache
	mu          sync.Mutex
	shapes      map[string]int // that a class has had code compiled for; refused where open code cannot be had
}

// A class has code for ownShapes shapes before it gets code for all. Of keptClasses classes, the shapes
// are counted.
const (
	ownShapes   = 2
	keptClasses = 4096
	refused     = -1 << 30
)

// get finds or compiles a function for these very operands' types and layouts.
func (ec *einsumCache) get(ctx context.Context, expr string, opts *Options, operands []*Tensor) (*Func, error) {
	if err := checkOperands(operands); err != nil {
		return nil, err
	}
	key := callKey(expr, opts, operands, exactly)
	if f := ec.known.find(key); f != nil {
		return f, nil
	}
	if f := ec.openFunc(ctx, expr, opts, operands); f != nil {
		return f, nil
	}
	f, err := CompileFor(ctx, expr, opts, operands)
	if err != nil {
		return nil, err
	}
	return ec.known.add(key, f), nil
}

// openFunc is code for all shapes of a call's class, if it is there or due.
func (ec *einsumCache) openFunc(ctx context.Context, expr string, opts *Options, operands []*Tensor) *Func {
	if len(operands) > 2 { // there is an order to choose, which depends on the extents
		return nil
	}
	o := Options{}
	if opts != nil {
		o = *opts
	}
	if o.Engine == Interpreter || len(o.Dynamic) > 0 || o.Specialize || o.Plan != nil || o.MaxMemory > 0 {
		return nil
	}
	key := callKey(expr, opts, operands, byClass)
	if f := ec.open.find(key); f != nil {
		return f
	}
	if ec.count(key, 1) <= ownShapes {
		return nil
	}
	o.Dynamic = []string{AllLabels}
	f, err := CompileFor(ctx, expr, &o, operands)
	switch {
	case err != nil && ctx.Err() != nil: // which says nothing of the class
		return nil
	case err != nil || f.Warning() != nil:
		_ = f.Close()
		ec.count(key, refused)
		return nil
	}
	return ec.open.add(key, f)
}

// count adds to the number of shapes of a class and returns it.
func (ec *einsumCache) count(class string, n int) int {
	ec.mu.Lock()
	defer ec.mu.Unlock()
	if len(ec.shapes) >= keptClasses {
		clear(ec.shapes)
	}
	ec.shapes[class] += n
	return ec.shapes[class]
}

// funcCache remembers some functions, oldest first in order.
type funcCache struct {
	mu    sync.Mutex
	funcs map[string]*Func
	order []string
	most  int
}

func newFuncCache(most int) *funcCache { return &funcCache{funcs: map[string]*Func{}, most: most} }

func (fc *funcCache) find(key string) *Func {
	fc.mu.Lock()
	defer fc.mu.Unlock()
	return fc.funcs[key]
}

// add remembers f unless another caller was first, and closes the oldest function of too many. Its
// running calls end as they should; a caller that was about to call it asks again.
func (fc *funcCache) add(key string, f *Func) *Func {
	fc.mu.Lock()
	defer fc.mu.Unlock()
	if first := fc.funcs[key]; first != nil {
		_ = f.Close()
		return first
	}
	fc.funcs[key] = f
	fc.order = append(fc.order, key)
	if len(fc.order) > fc.most {
		_ = fc.funcs[fc.order[0]].Close()
		delete(fc.funcs, fc.order[0])
		fc.order = fc.order[1:]
	}
	return f
}

// exactly writes an extent or a stride as it is, and byClass as code for open extents sees it: an extent of 0
// or 1 is not open, and of strides, 0 and 1 are known.
func exactly(n int) int { return n }

func byClass(n int) int {
	if n == 0 || n == 1 {
		return n
	}
	return -1
}

// callKey spells out all that decides the code of a call, numbers as write has them.
func callKey(expr string, opts *Options, operands []*Tensor, write func(int) int) string {
	var b strings.Builder
	if opts != nil {
		o := *opts
		o.Plan, o.Progress = nil, nil // an address says nothing of what is there
		fmt.Fprintf(&b, "%+v", o)
		if opts.Plan != nil {
			text, err := opts.Plan.Bytes()
			fmt.Fprintf(&b, "%s%v", text, err)
		}
	}
	fmt.Fprintf(&b, "\x00%s\x00", expr)
	for _, t := range operands {
		fmt.Fprintf(&b, "%d", t.DType())
		for a, n := range t.Shape() {
			fmt.Fprintf(&b, " %d*%d", write(n), write(t.Strides()[a]))
			if parser.Fused(t.Shape(), t.Strides(), a) {
				b.WriteByte('+')
			}
		}
		b.WriteByte(';')
	}
	return b.String()
}
