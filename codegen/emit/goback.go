package emit

import (
	"bytes"
	"fmt"
	"go/ast"
	goparser "go/parser"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// importable are the packages that generated files may use, by the names that they use them by.
var importable = []struct{ name, path string }{
	{"cmplx", "math/cmplx"}, {"fmt", "fmt"}, {"math", "math"}, {"rand", "math/rand/v2"}, {"runtime", "runtime"}, {"slices", "slices"},
	{"strconv", "strconv"}, {"sync", "sync"}, {"atomic", "sync/atomic"}, {"syscall", "syscall"}, {"testing", "testing"}, {"unsafe", "unsafe"},
}

// nearCalls are the variables of the generated tests that are in scope where the kernel is called.
var nearCalls = []string{"out", "n", "d", "t", "seed", "done", "both", "panics"}

// usedByCode says that generated code uses a name for something else than the kernel: one that Go declares for
// every file, a package's, or a variable's.
func usedByCode(name string) bool {
	return types.Universe.Lookup(name) != nil || slices.Contains(nearCalls, name) ||
		slices.ContainsFunc(importable, func(p struct{ name, path string }) bool { return p.name == name })
}

// addImports puts the declaration of the packages that a file uses where it says so.
func addImports(text []byte) ([]byte, error) {
	f, err := goparser.ParseFile(token.NewFileSet(), "", text, 0)
	if err != nil {
		return nil, err
	}
	var decl strings.Builder
	for _, p := range importable {
		if slices.ContainsFunc(f.Unresolved, func(id *ast.Ident) bool { return id.Name == p.name }) {
			fmt.Fprintf(&decl, "\t%q\n", p.path)
		}
	}
	imports := "" // code for no elements needs none
	if decl.Len() > 0 {
		imports = "import (\n" + decl.String() + ")\n"
	}
	return bytes.Replace(text, []byte("\n//imports\n"), []byte("\n"+imports), 1), nil
}

// checkBack parses a generated file and compares what it declares with what it is meant to: names of this
// kernel only, known imports, and no instruction to a tool beside the expected ones. Text from outside
// reaches the templates only after checks of its own; this is the second lock on the door. It returns the names.
func (k *goKernel) checkBack(text []byte) (names []string, err error) {
	f, err := goparser.ParseFile(token.NewFileSet(), "", text, goparser.ParseComments)
	if err != nil {
		return nil, err
	}
	if f.Name.Name != k.Package {
		return nil, fmt.Errorf("it declares package %s", f.Name.Name)
	}
	names = declared(f)
	for _, name := range names {
		if !k.owns(name) {
			return nil, fmt.Errorf("it declares %s, which it should not", name)
		}
	}
	for _, spec := range f.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		known := slices.ContainsFunc(importable, func(p struct{ name, path string }) bool { return p.path == path })
		if err != nil || !known || spec.Name != nil {
			return nil, fmt.Errorf("it imports %s", spec.Path.Value)
		}
	}
	for _, group := range f.Comments {
		for _, c := range group.List {
			if !k.harmless(c.Text) {
				return nil, fmt.Errorf("it has the comment %.60q", c.Text)
			}
		}
	}
	return names, nil
}

// owns says that a package-level name belongs to the kernel.
func (k *goKernel) owns(name string) bool {
	for _, kind := range []string{"Test", "Fuzz", "Benchmark", "Example"} {
		if rest, ok := strings.CutPrefix(name, kind+k.Test()); ok && slices.Contains([]string{"", "_lengths", "_concurrent", "_guard"}, rest) {
			return true
		}
	}
	return name == k.Name || name == "init" || strings.HasPrefix(name, k.Prefix)
}

// harmless says that no tool takes a comment for more than that.
func (k *goKernel) harmless(comment string) bool {
	if strings.HasPrefix(comment, "/*") {
		return false
	}
	switch comment {
	case "//go:noescape", "//go:build " + k.Asm(), "//go:build " + k.NoAsm(), "//go:build !purego && !noasm":
		return true
	}
	for _, v := range k.Variants {
		if comment == "//go:build "+v.Tags() {
			return true
		}
	}
	return comment == "//" || strings.HasPrefix(comment, "// ") && !strings.HasPrefix(comment, "// +build") || strings.HasPrefix(comment, "//\t")
}

// declared lists the names that a file adds to its package, methods excepted.
func declared(f *ast.File) (names []string) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				names = append(names, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					names = append(names, s.Name.Name)
				case *ast.ValueSpec:
					for _, n := range s.Names {
						names = append(names, n.Name)
					}
				}
			}
		}
	}
	return names
}
