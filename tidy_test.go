package einc

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mayImport is the order of the house: the packages of einc that each package may import. The root
// may import all but cmd and golden; golden may import all.
var mayImport = map[string][]string{
	"tensor":              {"internal/pages"},
	"internal/pages":      {},
	"internal/slab":       {},
	"internal/fault":      {},
	"parser":              {"tensor", "internal/slab"},
	"planner/cost":        {"tensor"},
	"planner":             {"parser", "tensor", "planner/cost", "internal/slab", "internal/fault"},
	"codegen/loop":        {"tensor"},
	"codegen/loop/approx": {"tensor", "codegen/loop"},
	"codegen/lower":       {"parser", "planner", "planner/cost", "tensor", "codegen/loop", "codegen/loop/approx", "internal/fault"},
	"codegen/llvm":        {"codegen/loop", "tensor"},
	"codegen/libllvm":     {"runtime/object"},
	"codegen/emit":        {"runtime/object", "tensor", "parser", "internal/fault"},
	"codegen": {"codegen/loop", "codegen/lower", "codegen/llvm", "codegen/libllvm", "codegen/emit", "planner", "planner/cost",
		"parser", "tensor", "runtime/object", "internal/fault"},
	"runtime/object": {},
	"runtime":        {"runtime/object", "tensor", "internal/pages"},
	"cmd/einc":       {"", "parser"},
	"cmd/eincvet":    {"parser"},
}

// onlyIn names packages that may be imported in one place only.
var onlyIn = map[string]string{
	"github.com/ebitengine/purego": "codegen/libllvm",
	"github.com/llir/llvm":         "codegen/llvm",
	"github.com/spf13/cobra":       "cmd/einc",
}

// The size budget, in lines.
const (
	maxFile      = 500
	maxFunc      = 80
	medianFunc   = 10
	percentile95 = 45
)

// source is a parsed file of the module that is not a test.
type source struct {
	dir, path string
	file      *ast.File
}

func sources(t *testing.T) (*token.FileSet, []source) {
	fset := token.NewFileSet()
	var out []source
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && p != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "bench") {
			return filepath.SkipDir
		}
		if filepath.Ext(p) != ".go" || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(fset, p, nil, parser.ParseComments)
		out = append(out, source{dir: strings.TrimPrefix(path.Dir(filepath.ToSlash(p)), "."), path: p, file: f})
		return err
	})
	require.NoError(t, err)
	require.NotEmpty(t, out)
	return fset, out
}

func TestImports(t *testing.T) {
	_, files := sources(t)
	for _, s := range files {
		for _, spec := range s.file.Imports {
			p := strings.Trim(spec.Path.Value, `"`)
			if !importAllowed(s.dir, p) {
				t.Errorf("%s imports %s, which its folder may not", s.path, p)
			}
		}
	}
}

func importAllowed(dir, p string) bool {
	for lib, home := range onlyIn {
		if strings.HasPrefix(p, lib) && dir != home {
			return false
		}
	}
	rest, ours := strings.CutPrefix(p, modulePath)
	if !ours {
		return true
	}
	rest = strings.TrimPrefix(rest, "/")
	switch {
	case dir == "":
		return !strings.HasPrefix(rest, "cmd") && rest != "golden"
	case dir == "golden" || strings.HasPrefix(dir, "examples/"):
		return true
	}
	return slices.Contains(mayImport[dir], rest)
}

func TestSizes(t *testing.T) {
	fset, files := sources(t)
	var lengths, bodies []int
	for _, s := range files {
		if n := fset.Position(s.file.End()).Line; n > maxFile {
			t.Errorf("%s has %d lines, more than %d: split it by meaning", s.path, n, maxFile)
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			n := fset.Position(f.End()).Line - fset.Position(f.Pos()).Line + 1
			lengths = append(lengths, n)
			bodies = append(bodies, max(1, n-2)) // without the signature's line and the closing brace
			if n > maxFunc {
				t.Errorf("%s: %s has %d lines, more than %d", s.path, f.Name.Name, n, maxFunc)
			}
		}
	}
	sort.Ints(lengths)
	sort.Ints(bodies)
	require.LessOrEqual(t, bodies[len(bodies)/2], medianFunc, "median length of a function's body")
	require.LessOrEqual(t, lengths[len(lengths)*95/100], percentile95, "95th percentile of the length of a function")
}

func TestDocs(t *testing.T) {
	_, files := sources(t)
	documented := map[string]bool{}
	for _, s := range files {
		documented[s.dir] = documented[s.dir] || s.file.Doc != nil
		for _, d := range s.file.Decls {
			for _, name := range undocumented(d) {
				t.Errorf("%s: %s has no doc comment", s.path, name)
			}
		}
	}
	for dir, ok := range documented {
		require.True(t, ok, "package %q has no doc comment", dir)
	}
}

// undocumented lists the exported names of a declaration that lack a comment. A comment on a group of
// constants or variables serves all of it.
func undocumented(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
			names = append(names, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
					names = append(names, s.Name.Name)
				}
			case *ast.ValueSpec:
				for _, n := range s.Names {
					if n.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
						names = append(names, n.Name)
					}
				}
			}
		}
	}
	return names
}

func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	typ := f.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if ix, ok := typ.(*ast.IndexExpr); ok {
		typ = ix.X
	}
	id, ok := typ.(*ast.Ident)
	return !ok || id.IsExported()
}

// TestPromisesHaveTests looks for the tests that documents name.
func TestPromisesHaveTests(t *testing.T) {
	known := map[string]bool{}
	require.NoError(t, filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(p, "_test.go") {
			return err
		}
		text, err := os.ReadFile(p)
		for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllStringSubmatch(string(text), -1) {
			known[m[1]] = true
		}
		return err
	}))
	for _, path := range []string{"RELIABILITY.md", "SECURITY.md", "docs/numerics.md"} {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, name := range regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w+`).FindAllString(string(text), -1) {
			require.True(t, known[name], "%s names %s, which is no test", path, name)
		}
	}
}
