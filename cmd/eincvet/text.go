package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"github.com/einc-lang/einc/parser"
)

// text is a string with the places where its bytes are written.
type text struct {
	value string
	parts []part
}

// part is a run of bytes of a text: a literal, or something constant that is not looked into.
type part struct {
	start, end int // in the text
	at         []int
	base       token.Pos // of a literal: byte i of the part is written at base+at[i], and at[len] is its end
	raw        bool      // of a literal: without escapes
	node       ast.Expr  // of what is not looked into
}

// place is a range of the source. It is exact if its bytes are those that were asked for, not those of
// an expression around them.
type place struct {
	pos, end token.Pos
	exact    bool
}

// constantText is the value of a constant string expression. With follow, constants that the package
// itself declares are looked into.
func (s *scan) constantText(e ast.Expr, follow bool) (*text, bool) {
	v := s.TypesInfo.Types[e].Value
	if v == nil || v.Kind() != constant.String {
		return nil, false
	}
	t := &text{}
	s.write(t, e, follow)
	if t.value != constant.StringVal(v) {
		t = &text{value: constant.StringVal(v)}
		t.parts = []part{{end: len(t.value), node: e}}
	}
	return t, true
}

// write appends an expression to a text.
func (s *scan) write(t *text, e ast.Expr, follow bool) {
	switch x := e.(type) {
	case *ast.ParenExpr:
		s.write(t, x.X, follow)
		return
	case *ast.BinaryExpr:
		s.write(t, x.X, follow)
		s.write(t, x.Y, follow)
		return
	case *ast.BasicLit:
		if value, at, err := parser.UnquoteGo(s.source(x)); err == nil {
			t.append(value, part{at: at, base: x.Pos(), raw: strings.HasPrefix(x.Value, "`")})
			return
		}
	case *ast.Ident, *ast.SelectorExpr:
		if decl := s.declaration(x); follow && decl != nil {
			s.write(t, decl, follow)
			return
		}
	}
	if v := s.TypesInfo.Types[e].Value; v != nil && v.Kind() == constant.String {
		t.append(constant.StringVal(v), part{node: e})
	}
}

func (t *text) append(value string, p part) {
	p.start, p.end = len(t.value), len(t.value)+len(value)
	t.value += value
	t.parts = append(t.parts, p)
}

// source is a literal as the file has it. The syntax tree has lost the carriage returns of raw strings.
func (s *scan) source(lit *ast.BasicLit) string {
	f := s.Fset.File(lit.Pos())
	if f == nil || !strings.Contains(lit.Value, "\n") {
		return lit.Value
	}
	data, err := s.ReadFile(f.Name())
	if offset := f.Offset(lit.Pos()); err == nil && offset < len(data) {
		return string(data[offset:])
	}
	return lit.Value
}

// declaration is the expression that a constant of this package is declared as, or nil.
func (s *scan) declaration(use ast.Expr) ast.Expr {
	id, ok := use.(*ast.Ident)
	if sel, isSel := use.(*ast.SelectorExpr); isSel {
		id, ok = sel.Sel, true
	}
	if !ok {
		return nil
	}
	if s.consts == nil {
		s.consts = map[types.Object]ast.Expr{}
		for c := range s.root.Preorder((*ast.ValueSpec)(nil)) {
			spec := c.Node().(*ast.ValueSpec)
			for i, name := range spec.Names {
				if i < len(spec.Values) {
					s.consts[s.TypesInfo.Defs[name]] = spec.Values[i]
				}
			}
		}
	}
	if k, ok := s.TypesInfo.Uses[id].(*types.Const); ok {
		return s.consts[k]
	}
	return nil
}

// place finds where a span of the text is written.
func (t *text) place(sp parser.Span) place {
	first := t.partAt(sp.Start)
	last := first
	if sp.End > sp.Start {
		last = t.partAt(sp.End - 1)
	}
	p := place{exact: first.node == nil && last.node == nil}
	if first.node != nil {
		p.pos = first.node.Pos()
	} else {
		p.pos = first.base + token.Pos(first.at[sp.Start-first.start])
	}
	if last.node != nil {
		p.end = last.node.End()
	} else {
		p.end = last.base + token.Pos(last.at[sp.End-last.start])
	}
	return p
}

// partAt is the part with byte i, or the last one.
func (t *text) partAt(i int) part {
	for _, p := range t.parts {
		if i < p.end {
			return p
		}
	}
	return t.parts[len(t.parts)-1]
}

// edit is the change of the source that replaces a span of the text; not ok if the span is not within
// one literal or the literal cannot hold the replacement.
func (t *text) edit(sp parser.Span, replacement string) (pos, end token.Pos, source string, ok bool) {
	p := t.partAt(sp.Start)
	if p.node != nil || sp.End > p.end || p.raw && strings.Contains(replacement, "`") {
		return 0, 0, "", false
	}
	if !p.raw {
		quoted := strconv.Quote(replacement)
		replacement = quoted[1 : len(quoted)-1]
	}
	at := t.place(sp)
	return at.pos, at.end, replacement, true
}
