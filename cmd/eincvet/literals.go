package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"

	"github.com/einc-lang/einc/parser"
)

// operands reads the call's operands as far as they are written out, or nil if not even their number
// is.
func (c *call) operands() *operands {
	for i := range c.sig.Params().Len() {
		slice, ok := c.sig.Params().At(i).Type().(*types.Slice)
		if !ok {
			continue
		}
		var read func(ast.Expr) operand
		switch {
		case isPointerTo(slice.Elem(), "Tensor"):
			read = c.tensor
		case isNamed(slice.Elem(), "Spec"):
			read = c.spec
		default:
			continue
		}
		elements, ok := c.elements(i)
		if !ok {
			return nil
		}
		o := &operands{}
		for _, e := range elements {
			o.list = append(o.list, read(e))
		}
		return o
	}
	return nil
}

// elements are those of slice parameter i, if the call lists them. Explain can do without specs.
func (c *call) elements(i int) ([]ast.Expr, bool) {
	if c.spread(c.node) {
		return nil, false
	}
	if c.sig.Variadic() && i == c.sig.Params().Len()-1 && !c.node.Ellipsis.IsValid() {
		return c.node.Args[i:], true
	}
	list, ok := c.list(c.node.Args[i])
	return list, ok && (len(list) > 0 || c.fn.Name() != "Explain")
}

// list are the elements of a slice that is nil or a literal without keys.
func (s *scan) list(e ast.Expr) ([]ast.Expr, bool) {
	if s.TypesInfo.Types[e].IsNil() {
		return nil, true
	}
	lit, ok := ast.Unparen(e).(*ast.CompositeLit)
	if !ok {
		return nil, false
	}
	for _, x := range lit.Elts {
		if _, pair := x.(*ast.KeyValueExpr); pair {
			return nil, false
		}
	}
	return lit.Elts, true
}

// ints are constant integers, without exception.
func (s *scan) ints(list []ast.Expr) ([]int, bool) {
	out := make([]int, len(list))
	for i, e := range list {
		v := s.TypesInfo.Types[e].Value
		if v == nil {
			return nil, false
		}
		n, ok := constant.Int64Val(constant.ToInt(v))
		if !ok {
			return nil, false
		}
		out[i] = int(n)
	}
	return out, true
}

// spec reads a literal of Spec.
func (s *scan) spec(e ast.Expr) operand {
	lit, ok := ast.Unparen(e).(*ast.CompositeLit)
	if !ok {
		return operand{}
	}
	fields := s.fields(lit)
	o := operand{nameKnown: true, dtype: noType, shaped: true}
	if e, ok := fields["Name"]; ok {
		v := s.TypesInfo.Types[e].Value
		if o.nameKnown = v != nil; v != nil {
			o.name = constant.StringVal(v)
		}
	}
	if e, ok := fields["DType"]; ok {
		o.dtype = s.dtype(e)
	}
	for _, f := range []struct {
		name string
		to   *[]int
	}{{"Shape", &o.shape}, {"Strides", &o.strides}} {
		if e, ok := fields[f.name]; ok {
			list, isList := s.list(e)
			var known bool
			*f.to, known = s.ints(list)
			if o.shaped = o.shaped && isList && known; len(list) == 0 {
				*f.to = nil
			}
		}
	}
	if !o.shaped {
		o.shape, o.strides = nil, nil
	}
	return o
}

// dtype is the name of a constant element type, or empty. The name is looked up where the type is
// declared, so that it is right whatever numbers that version of einc gives them.
func (s *scan) dtype(e ast.Expr) string {
	tv := s.TypesInfo.Types[e]
	n, ok := types.Unalias(tv.Type).(*types.Named)
	if tv.Value == nil || !ok || n.Obj().Pkg() == nil {
		return ""
	}
	scope := n.Obj().Pkg().Scope()
	for _, name := range scope.Names() {
		k, ok := scope.Lookup(name).(*types.Const)
		if ok && k.Exported() && types.Identical(k.Type(), n) && constant.Compare(k.Val(), token.EQL, tv.Value) {
			return knownType(strings.ToLower(name))
		}
	}
	return ""
}

// noType is the name of the zero element type, which no operand can have.
const noType = "invalid"

// knownType is the name, or empty if it is of a type that this eincvet is too old for.
func knownType(name string) string {
	if _, err := parser.NewSpec("", name); err != nil && name != noType {
		return ""
	}
	return name
}

// tensor reads an operand that package tensor made.
func (s *scan) tensor(e ast.Expr) operand {
	o := operand{nameKnown: true}
	made, fn := s.maker(e, 0)
	if made == nil {
		return o
	}
	params := fn.Signature().Params()
	if s.spread(made) {
		return o
	}
	for i := range params.Len() {
		if i >= len(made.Args) {
			break
		}
		switch params.At(i).Name() {
		case "d":
			o.dtype = s.dtype(made.Args[i])
		case "n", "shape":
			list, ok := made.Args[i:], true
			if made.Ellipsis.IsValid() {
				list, ok = s.list(made.Args[i])
			}
			shape, known := s.ints(list)
			if ok && known {
				o.shape, o.shaped = shape, true
			}
		}
	}
	if fn.Name() == "Scalar" || params.Len() == len(made.Args)+1 {
		o.shaped = true // of rank 0
	}
	if o.dtype == "" {
		o.dtype = s.elemType(made)
	}
	return o
}

// makers are the functions of package tensor that make one from what they are told alone.
var makers = map[string]bool{"New": true, "From": true, "FromBytes": true, "Full": true, "Arange": true, "Scalar": true}

// maker finds the call that makes the value of e: e itself, what a generic must(T, error) passes
// through, or what the only assignment to a variable has. Depth ends loops of variables.
func (s *scan) maker(e ast.Expr, depth int) (*ast.CallExpr, *types.Func) {
	const most = 8
	if depth > most {
		return nil, nil
	}
	switch x := ast.Unparen(e).(type) {
	case *ast.Ident:
		if v := s.variable(x); v != nil {
			return s.maker(v, depth+1)
		}
	case *ast.CallExpr:
		fn := s.callee(x)
		if fn == nil {
			return nil, nil
		}
		if fn.Pkg() != nil && fn.Pkg().Path() == tensorPath && fn.Signature().Recv() == nil && makers[fn.Name()] {
			return x, fn
		}
		if isMust(fn.Origin().Signature()) && len(x.Args) == 1 {
			return s.maker(x.Args[0], depth+1)
		}
	}
	return nil, nil
}

// isMust reports whether a signature is func[T any](T, error) T, which can only return what it got.
func isMust(sig *types.Signature) bool {
	if sig.TypeParams().Len() != 1 || sig.Params().Len() != 2 || sig.Results().Len() != 1 {
		return false
	}
	t := sig.TypeParams().At(0)
	return sig.Params().At(0).Type() == t && sig.Results().At(0).Type() == t &&
		types.Identical(sig.Params().At(1).Type(), types.Universe.Lookup("error").Type())
}

// elemType is the element type that the type argument of a call stands for, or empty.
func (s *scan) elemType(call *ast.CallExpr) string {
	id := calleeIdent(call)
	if id == nil {
		return ""
	}
	args := s.TypesInfo.Instances[id].TypeArgs
	if args.Len() != 1 {
		return ""
	}
	b, ok := args.At(0).Underlying().(*types.Basic)
	if !ok {
		return ""
	}
	return b.Name()
}
