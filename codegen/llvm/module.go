package llvm

import (
	"errors"
	"fmt"
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/llir/llvm/ir"
	"github.com/llir/llvm/ir/types"
)

// Named is a nest and the symbol its function gets.
type Named struct {
	Symbol string
	Nest   *loop.Nest
}

// Module emits nests, in order, as functions of one module. The nests must have passed the verifier.
func Module(nests []Named, t Target) (*ir.Module, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	m := ir.NewModule()
	m.TargetTriple = t.Triple
	u := &unit{module: m, target: t, decls: map[string]*ir.Func{}}
	symbols := map[string]bool{}
	for _, n := range nests {
		if n.Symbol == "" || symbols[n.Symbol] {
			return nil, fmt.Errorf("llvm: symbol %q of nest %q is empty or taken: give each nest its own", n.Symbol, n.Nest.Strategy)
		}
		symbols[n.Symbol] = true
		if err := u.emit(n); err != nil {
			return nil, fmt.Errorf("llvm: nest %q: %w", n.Nest.Strategy, err)
		}
	}
	return m, nil
}

// Text prints a module that Module made. It may be called from several goroutines, even for one module:
// every value has a name already, so that printing changes nothing.
func Text(m *ir.Module) string { return m.String() }

// unit is a module that is being made.
type unit struct {
	module *ir.Module
	target Target
	decls  map[string]*ir.Func // intrinsics by name; the module lists them in the order of first use
}

// intrinsic declares an intrinsic of n equal arguments once and gives it.
func (u *unit) intrinsic(name string, ret, arg types.Type, n int) *ir.Func {
	return u.declare(name, ret, slices.Repeat([]types.Type{arg}, n)...)
}

// declare declares an intrinsic once and gives it.
func (u *unit) declare(name string, ret types.Type, args ...types.Type) *ir.Func {
	if f := u.decls[name]; f != nil {
		return f
	}
	var params []*ir.Param
	for i, t := range args {
		params = append(params, ir.NewParam(fmt.Sprintf("a%d", i), t))
	}
	f := u.module.NewFunc(name, ret, params...)
	u.decls[name] = f
	return f
}

var errRoot = errors.New("its body must be one For of kind Task")

// emit appends the function of a nest.
func (u *unit) emit(n Named) error {
	if len(n.Nest.Body) != 1 {
		return errRoot
	}
	root, ok := n.Nest.Body[0].(*loop.For)
	if !ok || root.Kind != loop.Task {
		return errRoot
	}
	e := newFn(u, n)
	e.root(root)
	e.ret()
	return e.err
}
