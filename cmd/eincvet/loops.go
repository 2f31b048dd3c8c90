package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/edge"
)

// discarded reports a call as a statement: all that it made is lost.
func (c *call) discarded() {
	switch c.at.Parent().Node().(type) {
	case *ast.ExprStmt, *ast.GoStmt, *ast.DeferStmt:
		c.Report(analysis.Diagnostic{Pos: c.node.Pos(), End: c.node.End(), Category: codeDiscarded,
			Message: "the result of " + c.fn.Name() + " is thrown away [" + codeDiscarded + "]"})
	}
}

// repeated reports compiling in a loop that changes nothing of what is compiled. Tests and benchmarks
// may mean it.
func (c *call) repeated() {
	if !c.compiles() || strings.HasSuffix(c.Fset.Position(c.node.Pos()).Filename, "_test.go") {
		return
	}
	loop := c.loop()
	if loop == nil || !c.sameIn(loop) {
		return
	}
	c.Report(analysis.Diagnostic{Pos: c.node.Pos(), End: c.node.End(), Category: codeLoop,
		Message: c.fn.Name() + " compiles the same in every turn of the loop; move it before the loop [" + codeLoop + "]",
		Related: []analysis.RelatedInformation{{Pos: loop.Pos(), End: loop.Pos() + token.Pos(len("for")), Message: "the loop"}}})
}

// compiles reports whether the call makes code rather than runs it.
func (c *call) compiles() bool {
	r := c.sig.Results()
	return c.fn.Exported() && r.Len() > 0 && (isPointerTo(r.At(0).Type(), "Func") || isPointerTo(r.At(0).Type(), "Artifacts"))
}

// loop is the innermost loop of the same function that runs the call in every turn, or nil. One without
// a condition does not count: it is left from inside, so it may well try again.
func (c *call) loop() ast.Node {
	for at := c.at; at.Parent().Valid(); at = at.Parent() {
		switch n := at.Parent().Node().(type) {
		case *ast.FuncLit, *ast.FuncDecl:
			return nil
		case *ast.ForStmt:
			if at.ParentEdgeKind() != edge.ForStmt_Init && n.Cond != nil {
				return n
			}
		case *ast.RangeStmt:
			if at.ParentEdgeKind() == edge.RangeStmt_Body {
				return n
			}
		}
	}
	return nil
}

// sameIn reports whether the arguments, but for contexts, are surely the same in every turn: constants,
// literals, and variables that the loop does not declare or set.
func (c *call) sameIn(loop ast.Node) bool {
	changed := c.setIn(loop)
	same := true
	for _, arg := range c.node.Args {
		if isContext(c.TypesInfo.Types[arg].Type) {
			continue
		}
		ast.Inspect(arg, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				same = same && c.TypesInfo.Types[n.Fun].IsType()
			case *ast.FuncLit:
				same = false
			case *ast.UnaryExpr:
				same = same && n.Op != token.ARROW
			case *ast.Ident:
				if v, ok := c.TypesInfo.Uses[n].(*types.Var); ok && !v.IsField() {
					same = same && !changed[v] && (v.Pos() < loop.Pos() || v.Pos() >= loop.End())
				}
			}
			return same
		})
	}
	return same
}

func isContext(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Name() == "Context" && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "context"
}

// setIn finds the variables that a loop may set, whole or in part.
func (c *call) setIn(loop ast.Node) map[types.Object]bool {
	out := map[types.Object]bool{}
	set := func(e ast.Expr) {
		if id := rootIdent(e); id != nil {
			out[c.TypesInfo.ObjectOf(id)] = true
		}
	}
	ast.Inspect(loop, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, e := range n.Lhs {
				set(e)
			}
		case *ast.RangeStmt:
			set(n.Key)
			set(n.Value)
		case *ast.IncDecStmt:
			set(n.X)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				set(n.X)
			}
		}
		return true
	})
	return out
}

// rootIdent is the variable that an expression is a part of.
func rootIdent(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.ParenExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		default:
			return nil
		}
	}
}
