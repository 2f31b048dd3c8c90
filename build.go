package einc

import (
	"context"

	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/codegen/emit"
	"github.com/einc-lang/einc/codegen/libllvm"
	"github.com/einc-lang/einc/codegen/lower"
)

// Artifacts is a compiled expression as files: what `einc build` emits.
type Artifacts struct {
	c    *compilation
	unit *codegen.Unit
	name string
	expr string
}

// Kinds lists what Artifacts.Emit takes.
func Kinds() []string { return []string{"obj", "header", "asm", "llvm-ir", "plan", "loops"} }

// Build plans and lowers an expression for ahead-of-time use under a C name.
func Build(ctx context.Context, expr, name string, specs []Spec, opts *Options) (*Artifacts, error) {
	c, err := prepare(ctx, expr, specs, opts)
	if err != nil {
		return nil, err
	}
	target, err := c.opts.target()
	if err != nil {
		return nil, err
	}
	u, err := codegen.Lower(c.plan, target, lower.Options{})
	if err != nil {
		return nil, err
	}
	return &Artifacts{c: c, unit: u, name: name, expr: expr}, nil
}

// Emit makes one of Kinds. An object file needs LLVM, as the header does, which states the stack that
// LLVM proved, and the assembly.
func (a *Artifacts) Emit(ctx context.Context, kind string) ([]byte, error) {
	switch kind {
	case "obj", "header":
		o, err := a.unit.Compile(ctx, a.c.opts.compiler(), buildID(), true)
		if err != nil {
			return nil, err
		}
		if kind == "obj" {
			return o.Modules[0], nil
		}
		text, err := emit.Header(o, emit.HeaderOptions{Name: a.name, Expr: a.expr})
		return []byte(text), err
	case "asm":
		text, err := a.unit.Text(ctx, a.c.opts.compiler(), libllvm.Asm)
		return []byte(text), err
	}
	stage := map[string]string{"llvm-ir": "llvm", "loops": "loop"}[kind]
	if stage == "" {
		stage = kind
	}
	text, err := a.c.stage(ctx, a.unit, stage)
	return []byte(text), err
}
