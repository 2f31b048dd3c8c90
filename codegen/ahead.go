package codegen

import (
	"context"
	"fmt"
	"strings"

	"github.com/einc-lang/einc/codegen/emit"
	"github.com/einc-lang/einc/codegen/libllvm"
	"github.com/einc-lang/einc/codegen/llvm"
	"github.com/einc-lang/einc/internal/fault"
	"github.com/einc-lang/einc/runtime/object"
)

// Ahead is a kernel compiled ahead of time: one object file with variants of one expression for CPUs of
// rising level, and functions that C programs call.
type Ahead struct {
	Name  string // of the C function
	Units []*Unit
}

// NewAhead names the units' kernels after the C function, so that two objects can be linked together.
func NewAhead(name string, units []*Unit) *Ahead {
	for _, u := range units {
		for i := range u.Symbols {
			u.Symbols[i] = fmt.Sprintf("%s_k%d", name, i)
			if len(units) > 1 {
				u.Symbols[i] = fmt.Sprintf("%s_%s_k%d", name, emit.Short(u.Target.Level), i)
			}
		}
	}
	return &Ahead{name, units}
}

// Compile makes the object file, and gives it as the module of an Object for each unit.
func (a *Ahead) Compile(ctx context.Context, compile Compiler, einc string) ([]*object.Object, error) {
	objects, err := a.shells(einc)
	if err != nil {
		return nil, err
	}
	r, err := a.request(objects, libllvm.Obj)
	if err != nil {
		return nil, err
	}
	result, err := compile(ctx, r)
	if err != nil {
		return nil, err
	}
	for i, o := range objects {
		o.LLVM, o.Modules = result.LLVM, [][]byte{result.Code}
		for n, s := range a.Units[i].Symbols {
			frame, ok := result.Frames[s]
			if !ok {
				return nil, fault.Errorf("LLVM reported no stack frame for %s", s)
			}
			o.Symbols[n].Frame = frame + result.Frames[a.Name]
		}
		if err := o.Check(); err != nil {
			return nil, err
		}
	}
	return objects, nil
}

// Text is the whole module as assembly, or as IR after the passes.
func (a *Ahead) Text(ctx context.Context, compile Compiler, kind libllvm.Kind) ([]byte, error) {
	objects, err := a.shells("")
	if err != nil {
		return nil, err
	}
	r, err := a.request(objects, kind)
	if err != nil {
		return nil, err
	}
	result, err := compile(ctx, r)
	if err != nil {
		return nil, err
	}
	return result.Code, nil
}

// IR is the LLVM text that einc hands over.
func (a *Ahead) IR() (string, error) {
	objects, err := a.shells("")
	if err != nil {
		return "", err
	}
	r, err := a.request(objects, libllvm.IR)
	if err != nil {
		return "", err
	}
	text := []string{r.IR}
	for _, p := range r.Link {
		text = append(text, p.IR)
	}
	return strings.Join(text, "\n"), nil
}

func (a *Ahead) shells(einc string) ([]*object.Object, error) {
	var objects []*object.Object
	for _, u := range a.Units {
		o, err := u.shell(einc)
		if err != nil {
			return nil, err
		}
		objects = append(objects, o)
	}
	return objects, nil
}

// baseline is the CPU of the functions that run before it is known what the CPU has.
func baseline(arch string) string {
	if arch == "arm64" {
		return "generic"
	}
	return "x86-64"
}

// request is the driver's module, and each unit's as parts of it: their passes and CPUs differ.
func (a *Ahead) request(objects []*object.Object, kind libllvm.Kind) (libllvm.Request, error) {
	u := a.Units[0]
	r := libllvm.Request{IR: emit.Driver(objects, a.Name), Triple: objects[0].Triple, CPU: baseline(u.Target.Arch),
		Passes: llvm.Passes("direct"), Level: optLevel, Kind: kind, Linked: true}
	for _, u := range a.Units {
		l, err := levelOf(u.Target.Level)
		if err != nil {
			return r, err
		}
		for _, m := range u.modules(ByPasses) {
			text, err := u.emit(m)
			if err != nil {
				return r, err
			}
			r.Link = append(r.Link, libllvm.Part{IR: text, CPU: l.name, Passes: m.passes})
		}
	}
	return r, nil
}
