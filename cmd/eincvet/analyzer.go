package main

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"
)

// The packages whose calls are looked at.
const (
	eincPath   = "github.com/einc-lang/einc"
	tensorPath = eincPath + "/tensor"
)

// Analyzer checks constant expressions given to package einc, and kernel directives.
var Analyzer = &analysis.Analyzer{
	Name:     "eincvet",
	Doc:      "check einsum strings, index notation and //einc:kernel comments\n\nConstant expressions passed to package einc are read by its own parser, together with the operands of the call as far as they are written out.",
	URL:      "https://pkg.go.dev/github.com/einc-lang/einc/cmd/eincvet",
	Requires: []*analysis.Analyzer{inspect.Analyzer},
	Run:      run,
}

// Codes of what is not an error of the text.
const (
	codeDiscarded = "discarded"
	codeLoop      = "compile-in-loop"
	codeSizes     = "sizes"
	codeTwice     = "kernel-twice"
	codeMissing   = "kernel-missing"
	codeStale     = "kernel-stale"
)

func run(pass *analysis.Pass) (any, error) {
	root := pass.ResultOf[inspect.Analyzer].(*inspector.Inspector).Root()
	s := &scan{Pass: pass, root: root}
	for c := range root.Preorder((*ast.CallExpr)(nil)) {
		if call, ok := s.call(c); ok {
			call.check()
		}
	}
	s.directives()
	return nil, nil
}

// scan is the look at one package.
type scan struct {
	*analysis.Pass
	root   inspector.Cursor
	consts map[types.Object]ast.Expr  // what each constant is declared as; made when asked for
	vars   map[types.Object]*variable // likewise
}
