package main

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	goparser "go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/parser"
	"golang.org/x/tools/go/packages"
)

// scanPackages finds the //einc:kernel comments of packages, in the order of packages, files and lines.
// Only the files' text is looked at: the packages need not compile, as they cannot before their kernels
// are there.
func scanPackages(ctx context.Context, patterns []string) ([]genKernel, error) {
	if len(patterns) == 0 {
		return nil, usageError{errors.New("give a kernel with -eq and -name, or packages, as in einc gen ./...")}
	}
	pkgs, err := packages.Load(&packages.Config{Context: ctx, Mode: packages.NeedName | packages.NeedFiles}, patterns...)
	if err != nil {
		return nil, err
	}
	var kernels []genKernel
	for _, p := range pkgs {
		if len(p.GoFiles) == 0 && len(p.Errors) > 0 {
			return nil, fmt.Errorf("package %s: %s", p.PkgPath, strings.TrimPrefix(p.Errors[0].Error(), "-: "))
		}
		files := slices.Clone(p.GoFiles)
		slices.Sort(files)
		for _, file := range slices.Compact(files) {
			found, err := scanFile(file, p.Name)
			if err != nil {
				return nil, err
			}
			kernels = append(kernels, found...)
		}
	}
	if len(kernels) == 0 {
		return nil, fmt.Errorf("no //einc:kernel comment in %v", patterns)
	}
	return kernels, nil
}

func scanFile(file, pkg string) ([]genKernel, error) {
	fset := token.NewFileSet()
	f, err := goparser.ParseFile(fset, file, nil, goparser.ParseComments|goparser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var kernels []genKernel
	for _, group := range f.Comments {
		for _, c := range group.List {
			if !parser.IsDirective(c.Text) {
				continue
			}
			d, err := parser.ParseDirective(c.Text)
			if err != nil {
				return nil, atComment(fset, c, err)
			}
			k := einc.GoKernel{Directive: d, Package: pkg, Command: "einc gen ./..."}
			if err := k.Check(); err != nil {
				return nil, atComment(fset, c, err)
			}
			kernels = append(kernels, genKernel{k, relative(filepath.Dir(file))})
		}
	}
	return kernels, nil
}

// atComment adds the place of a comment to an error about it.
func atComment(fset *token.FileSet, c *ast.Comment, err error) error {
	return fmt.Errorf("%s: %w", fset.Position(c.Pos()), err)
}

// relative is a path as seen from here, if it is below.
func relative(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}
