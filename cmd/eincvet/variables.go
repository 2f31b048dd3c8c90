package main

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// variable is what assignments say of a local variable.
type variable struct {
	value ast.Expr // of its first assignment; of a tuple only the first result counts
	count int      // of places that may set it
}

// variable is the value of a local variable that is set in one place only, or nil.
func (s *scan) variable(id *ast.Ident) ast.Expr {
	obj, ok := s.TypesInfo.Uses[id].(*types.Var)
	if !ok || obj.Parent() == s.Pkg.Scope() {
		return nil
	}
	if s.vars == nil {
		s.vars = map[types.Object]*variable{}
		s.collect()
	}
	if v := s.vars[obj]; v != nil && v.count == 1 {
		return v.value
	}
	return nil
}

// collect notes all that may set a variable.
func (s *scan) collect() {
	nodes := []ast.Node{(*ast.AssignStmt)(nil), (*ast.ValueSpec)(nil), (*ast.RangeStmt)(nil), (*ast.IncDecStmt)(nil), (*ast.UnaryExpr)(nil)}
	for c := range s.root.Preorder(nodes...) {
		switch n := c.Node().(type) {
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				s.set(left, valueOf(n.Rhs, i, len(n.Lhs)))
			}
		case *ast.ValueSpec:
			for i, name := range n.Names {
				s.set(name, valueOf(n.Values, i, len(n.Names)))
			}
		case *ast.RangeStmt:
			s.set(n.Key, nil)
			s.set(n.Value, nil)
		case *ast.IncDecStmt:
			s.set(n.X, nil)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				s.set(n.X, nil)
			}
		}
	}
}

// valueOf is the i-th of n assigned values, if it stands for itself.
func valueOf(values []ast.Expr, i, n int) ast.Expr {
	if len(values) == n || len(values) == 1 && i == 0 {
		return values[i]
	}
	return nil
}

func (s *scan) set(left ast.Expr, value ast.Expr) {
	if left == nil {
		return
	}
	id, ok := ast.Unparen(left).(*ast.Ident)
	if !ok {
		return
	}
	obj := s.TypesInfo.ObjectOf(id)
	if obj == nil {
		return
	}
	if s.vars[obj] == nil {
		s.vars[obj] = &variable{value: value}
	}
	s.vars[obj].count++
}

// callee is the function or method that is called by name, or nil.
func (s *scan) callee(call *ast.CallExpr) *types.Func {
	fn, _ := typeutil.Callee(s.TypesInfo, call).(*types.Func)
	return fn
}

// calleeIdent is the name of the function that is called.
func calleeIdent(call *ast.CallExpr) *ast.Ident {
	fun := ast.Unparen(call.Fun)
	switch x := fun.(type) {
	case *ast.IndexExpr:
		fun = x.X
	case *ast.IndexListExpr:
		fun = x.X
	}
	switch x := fun.(type) {
	case *ast.Ident:
		return x
	case *ast.SelectorExpr:
		return x.Sel
	}
	return nil
}
