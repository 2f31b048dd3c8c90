package main

import (
	"errors"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/einc-lang/einc/parser"
)

// call is a call of a function of package einc that takes an expression.
type call struct {
	*scan
	at   inspector.Cursor
	node *ast.CallExpr
	fn   *types.Func
	sig  *types.Signature
	expr ast.Expr // the expression's argument
}

// call recognises a call by the package and a parameter "expr string", so that new functions count too.
func (s *scan) call(c inspector.Cursor) (*call, bool) {
	node := c.Node().(*ast.CallExpr)
	fn := s.callee(node)
	if fn == nil || fn.Pkg() == nil || fn.Pkg().Path() != eincPath {
		return nil, false
	}
	k := &call{scan: s, at: c, node: node, fn: fn, sig: fn.Signature()}
	k.expr = k.arg(func(v *types.Var) bool {
		return v.Name() == "expr" && types.Identical(v.Type(), types.Typ[types.String])
	})
	return k, k.expr != nil
}

// arg is the argument of the first parameter that matches, or nil.
func (c *call) arg(match func(*types.Var) bool) ast.Expr {
	if i := c.param(match); i >= 0 && i < len(c.node.Args) {
		return c.node.Args[i]
	}
	return nil
}

// param is the number of the first parameter that matches, or -1. A call whose arguments are the
// results of another has none that could be told apart.
func (c *call) param(match func(*types.Var) bool) int {
	if c.spread(c.node) {
		return -1
	}
	for i := range c.sig.Params().Len() {
		if match(c.sig.Params().At(i)) {
			return i
		}
	}
	return -1
}

// spread reports whether a call's arguments are the results of another.
func (s *scan) spread(call *ast.CallExpr) bool {
	if len(call.Args) != 1 {
		return false
	}
	_, ok := s.TypesInfo.Types[call.Args[0]].Type.(*types.Tuple)
	return ok
}

func (c *call) check() {
	c.discarded()
	c.repeated()
	if use, ok := c.constantText(c.expr, false); ok {
		c.expression(use)
	}
}

// expression checks the text, and the operands against it.
func (c *call) expression(use *text) {
	ops, modes := c.operands(), c.modes()
	e := verdict(use.value, modes, ops)
	if e == nil {
		c.sizes(use.value, modes)
		return
	}
	decl, _ := c.constantText(c.expr, true)
	c.fail(finding{e, use, decl, func(text string) *parser.Error { return verdict(text, modes, ops) }})
}

// verdict is what the first mode says against the text, unless another mode accepts it.
func verdict(src string, modes []parser.Mode, ops *operands) (first *parser.Error) {
	for _, m := range modes {
		p, err := parser.Parse(src, m)
		var e *parser.Error
		if err != nil && !errors.As(err, &e) {
			return nil
		}
		if e == nil {
			e = ops.bind(p)
		}
		if e == nil {
			return nil
		}
		if first == nil {
			first = e
		}
	}
	return first
}

// modes lists the modes that the call may follow, the default first.
func (c *call) modes() []parser.Mode {
	known := func(v constant.Value) []parser.Mode {
		if v != nil {
			if n, ok := constant.Uint64Val(v); ok && n <= uint64(parser.ModeEinstein) {
				return []parser.Mode{parser.Mode(n)}
			}
		}
		return []parser.Mode{parser.ModeAuto, parser.ModeNumPy, parser.ModeIndex, parser.ModeEinstein}
	}
	if e := c.arg(func(v *types.Var) bool { return isNamed(v.Type(), "Mode") }); e != nil {
		return known(c.TypesInfo.Types[e].Value)
	}
	opts := c.arg(func(v *types.Var) bool { return isPointerTo(v.Type(), "Options") })
	if opts == nil || c.TypesInfo.Types[opts].IsNil() {
		return []parser.Mode{parser.ModeAuto}
	}
	lit, ok := literal(opts)
	if !ok {
		return known(nil)
	}
	mode, ok := c.fields(lit)["Mode"]
	if !ok {
		return []parser.Mode{parser.ModeAuto}
	}
	return known(c.TypesInfo.Types[mode].Value)
}

// sizes checks the constant text of a parameter "sizes string" against the expression.
func (c *call) sizes(src string, modes []parser.Mode) {
	arg := c.arg(func(v *types.Var) bool { return v.Name() == "sizes" })
	if arg == nil || len(modes) != 1 {
		return
	}
	sizes := c.TypesInfo.Types[arg].Value
	p, err := parser.Parse(src, modes[0])
	if err != nil || sizes == nil || sizes.Kind() != constant.String {
		return
	}
	anyType, _ := parser.NewSpec("", "f64")
	if _, err := p.SpecsFromSizes(constant.StringVal(sizes), anyType.DType); err != nil {
		c.Report(analysis.Diagnostic{Pos: arg.Pos(), End: arg.End(), Category: codeSizes, Message: err.Error() + " [" + codeSizes + "]"})
	}
}

// isNamed reports whether t is a type of that name of einc's packages.
func isNamed(t types.Type, name string) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Name() == name && n.Obj().Pkg() != nil &&
		(n.Obj().Pkg().Path() == eincPath || strings.HasPrefix(n.Obj().Pkg().Path(), eincPath+"/"))
}

func isPointerTo(t types.Type, name string) bool {
	p, ok := types.Unalias(t).(*types.Pointer)
	return ok && isNamed(p.Elem(), name)
}

// literal is the composite literal that e is or points to.
func literal(e ast.Expr) (*ast.CompositeLit, bool) {
	e = ast.Unparen(e)
	if u, ok := e.(*ast.UnaryExpr); ok && u.Op == token.AND {
		e = ast.Unparen(u.X)
	}
	lit, ok := e.(*ast.CompositeLit)
	return lit, ok
}

// fields are the values of a struct literal by name.
func (s *scan) fields(lit *ast.CompositeLit) map[string]ast.Expr {
	t := s.TypesInfo.Types[lit].Type
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	st, ok := t.Underlying().(*types.Struct)
	out := map[string]ast.Expr{}
	for i, e := range lit.Elts {
		if kv, isPair := e.(*ast.KeyValueExpr); isPair {
			if key, ok := kv.Key.(*ast.Ident); ok {
				out[key.Name] = kv.Value
			}
		} else if ok && i < st.NumFields() {
			out[st.Field(i).Name()] = e
		}
	}
	return out
}
