package main

import (
	"errors"
	"go/ast"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/einc-lang/einc/parser"
)

// kernel is a directive of the package with its place.
type kernel struct {
	*parser.Directive
	at *ast.Comment
}

// head is the head of a generated file.
type head struct {
	parser.GeneratedHead
	file string
}

// directives checks the //einc: comments, and that generated files fit them.
func (s *scan) directives() {
	var kernels []kernel
	first := map[string]kernel{}
	for _, f := range s.Files {
		for _, group := range f.Comments {
			for _, c := range group.List {
				k, ok := s.directive(c)
				if !ok {
					continue
				}
				if other, twice := first[k.Name]; twice {
					s.twice(k, other)
					continue
				}
				first[k.Name] = k
				kernels = append(kernels, k)
			}
		}
	}
	if len(kernels) == 0 {
		return
	}
	heads := s.heads()
	for _, k := range kernels {
		s.generated(k, heads)
	}
}

// directive reads a comment; not ok if it is none, or wrong, which is reported.
func (s *scan) directive(c *ast.Comment) (kernel, bool) {
	if !parser.IsDirective(c.Text) {
		s.almostDirective(c)
		return kernel{}, false
	}
	d, e := parseDirective(c.Text)
	if e != nil {
		t := commentText(c)
		s.fail(finding{e, t, t, func(text string) *parser.Error { _, e := parseDirective(text); return e }})
	}
	return kernel{d, c}, e == nil
}

func parseDirective(text string) (d *parser.Directive, e *parser.Error) {
	d, err := parser.ParseDirective(text)
	errors.As(err, &e)
	return d, e
}

// almostDirective reports a directive that a blank after // makes an ordinary comment.
func (s *scan) almostDirective(c *ast.Comment) {
	rest, ok := strings.CutPrefix(c.Text, "//")
	trimmed := strings.TrimLeft(rest, " \t")
	if _, err := parser.ParseDirective("//" + trimmed); !ok || err != nil {
		return
	}
	blank := c.Slash + 2
	s.Report(analysis.Diagnostic{Pos: c.Pos(), End: c.End(), Category: string(parser.CodeDirective),
		Message: "a directive has no blank after // [" + string(parser.CodeDirective) + "]",
		SuggestedFixes: []analysis.SuggestedFix{{Message: "Remove the blank",
			TextEdits: []analysis.TextEdit{{Pos: blank, End: blank + c.End() - c.Pos() - 2, NewText: []byte(trimmed)}}}}})
}

// commentText is a comment as a text that is written as it is.
func commentText(c *ast.Comment) *text {
	t := &text{}
	at := make([]int, len(c.Text)+1)
	for i := range at {
		at[i] = i
	}
	t.append(c.Text, part{at: at, base: c.Slash, raw: true})
	return t
}

func (s *scan) kernelProblem(k kernel, code, message string, related ...analysis.RelatedInformation) {
	s.Report(analysis.Diagnostic{Pos: k.at.Pos(), End: k.at.End(), Category: code, Message: message + " [" + code + "]", Related: related})
}

func (s *scan) twice(k, other kernel) {
	s.kernelProblem(k, codeTwice, "kernel '"+k.Name+"' has two directives",
		analysis.RelatedInformation{Pos: other.at.Pos(), End: other.at.End(), Message: "the first one"})
}

// heads reads the heads of the package's generated files, also of those that this build leaves out.
func (s *scan) heads() (out []head) {
	var names []string
	for _, f := range s.Files {
		names = append(names, s.Fset.File(f.FileStart).Name())
	}
	for _, name := range append(append(names, s.IgnoredFiles...), s.OtherFiles...) {
		data, err := s.ReadFile(name)
		if err != nil {
			continue // the compiler's own files cannot be read here, and are not einc's
		}
		if h, ok := parser.ParseGeneratedHead(string(data)); ok {
			out = append(out, head{h, filepath.Base(name)})
		}
	}
	return out
}

// generated reports a directive that no generated file is made from, or not all of its name.
func (s *scan) generated(k kernel, heads []head) {
	found := false
	for _, h := range heads {
		if h.Name != k.Name {
			continue
		}
		found = true
		if !h.MadeFrom(k.Directive) {
			s.kernelProblem(k, codeStale, h.file+" was generated from another directive of that name; run go generate")
			return
		}
	}
	if !found {
		s.kernelProblem(k, codeMissing, "no file is generated for kernel '"+k.Name+"'; run einc gen")
	}
}
