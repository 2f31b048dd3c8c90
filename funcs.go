package einc

import (
	"context"
	"fmt"
	"strings"
	"sync"
)

// keptFuncs is how many functions Einsum remembers.
const keptFuncs = 256

// funcs remembers what Einsum compiled.
var funcs = &funcCache{known: map[string]*Func{}}

// funcCache is Einsum's memory: the functions of its latest calls, oldest first in order.
type funcCache struct {
	mu    sync.Mutex
	known map[string]*Func
	order []string
}

// get finds or compiles the function for these very operands' types and layouts.
func (fc *funcCache) get(ctx context.Context, expr string, opts *Options, operands []*Tensor) (*Func, error) {
	if err := checkOperands(operands); err != nil {
		return nil, err
	}
	key := callKey(expr, opts, operands)
	fc.mu.Lock()
	f := fc.known[key]
	fc.mu.Unlock()
	if f != nil {
		return f, nil
	}
	c, err := prepare(ctx, expr, specsOf(operands), opts)
	if err != nil {
		return nil, err
	}
	if f, err = newFunc(ctx, c, false); err != nil {
		return nil, err
	}
	return fc.add(key, f), nil
}

// add remembers f unless another caller was first, and closes the oldest function of too many. Its
// running calls end as they should; a caller that was about to call it asks again.
func (fc *funcCache) add(key string, f *Func) *Func {
	fc.mu.Lock()
	defer fc.mu.Unlock()
	if first := fc.known[key]; first != nil {
		_ = f.Close()
		return first
	}
	fc.known[key] = f
	fc.order = append(fc.order, key)
	if len(fc.order) > keptFuncs {
		_ = fc.known[fc.order[0]].Close()
		delete(fc.known, fc.order[0])
		fc.order = fc.order[1:]
	}
	return f
}

// callKey spells out all that decides the code of a call.
func callKey(expr string, opts *Options, operands []*Tensor) string {
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
		fmt.Fprintf(&b, "%d%v%v", t.DType(), t.Shape(), t.Strides())
	}
	return b.String()
}
