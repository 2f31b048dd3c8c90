package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/einc-lang/einc"
	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// buildFlags are the settings of one build.
type buildFlags struct {
	settings
	output, name string
	emit         []string
}

// suffixes are the file name endings of what a build emits.
var suffixes = map[string]string{"obj": ".o", "header": ".h", "asm": ".s", "llvm-ir": ".ll", "plan": ".plan.txt", "loops": ".loops.txt"}

func buildCommand() *cobra.Command {
	var b buildFlags
	cmd := &cobra.Command{
		Use:   "build EXPR SHAPE...",
		Short: "Compile an expression to an object file and a C header",
		Long: `build compiles an expression for operands of the given shapes. By default it writes an object file and,
beside it, the C header that describes it. --emit chooses from ` + strings.Join(einc.Kinds(), ", ") + `, each with an
optional =PATH; one text output may go to standard output with -o -.`,
		Example: `  einc build 'ik,kj->ij' 64x128:f32 128x32:f32 -o matmul.o
  einc build -s i=64,k=128,j=32 'ik,kj->ij' --emit=asm -o -`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return b.run(cmd.Context(), args) },
	}
	b.addSizes(cmd)
	b.addPlan(cmd)
	f := cmd.Flags()
	f.StringVarP(&b.output, "output", "o", "", "file to write; other outputs go beside it")
	f.StringVar(&b.name, "name", "", "C name of the kernel (default: the output file's name)")
	f.StringSliceVar(&b.emit, "emit", nil, "what to write: a comma list of KIND or KIND=PATH (default obj,header)")
	return cmd
}

func (b *buildFlags) run(ctx context.Context, args []string) error {
	targets, err := b.targets()
	if err != nil {
		return err
	}
	opts, err := b.options()
	if err != nil {
		return err
	}
	expr, err := readExpression(ctx, args[0])
	if err != nil {
		return err
	}
	specs, err := b.specs(expr, opts, args[1:])
	if err != nil {
		return err
	}
	a, err := einc.Build(ctx, expr, b.symbol(), specs, opts)
	if err != nil {
		return err
	}
	// Everything is made before anything is written, so that a failure leaves no half of a pair.
	files := make([][]byte, len(targets))
	for i, t := range targets {
		if files[i], err = a.Emit(ctx, t.kind); err != nil {
			return err
		}
	}
	for i, t := range targets {
		if err := writeFile(t.path, files[i]); err != nil {
			return err
		}
	}
	return nil
}

// target is one output of a build.
type target struct{ kind, path string }

// targets resolves --emit and -o before any work is done.
func (b *buildFlags) targets() ([]target, error) {
	kinds := b.emit
	if len(kinds) == 0 {
		kinds = []string{"obj", "header"}
		if b.output == "-" {
			return nil, usageError{errors.New("-o - takes one text output: choose it with --emit")}
		}
	}
	var targets []target
	for i, k := range kinds {
		kind, path, _ := strings.Cut(k, "=")
		if !slices.Contains(einc.Kinds(), kind) {
			return nil, usageError{fmt.Errorf("unknown output %q: build emits %s", kind, strings.Join(einc.Kinds(), ", "))}
		}
		if path == "" {
			path = b.pathFor(kind, i)
		}
		if path == "" {
			return nil, usageError{fmt.Errorf("no file named for %s: use -o FILE or --emit=%s=FILE", kind, kind)}
		}
		if path == "-" && (len(kinds) > 1 || kind == "obj" && term.IsTerminal(int(os.Stdout.Fd()))) {
			return nil, usageError{fmt.Errorf("%s cannot go to standard output here: only one output can, and no binary to a terminal", kind)}
		}
		targets = append(targets, target{kind, path})
	}
	return targets, nil
}

// pathFor is -o for the first output, and a file beside it for the others.
func (b *buildFlags) pathFor(kind string, i int) string {
	if i == 0 || b.output == "" || b.output == "-" {
		return b.output
	}
	return strings.TrimSuffix(b.output, filepath.Ext(b.output)) + suffixes[kind]
}

// symbol is --name, or the output file's base name as a C identifier.
func (b *buildFlags) symbol() string {
	if b.name != "" {
		return b.name
	}
	base := strings.TrimSuffix(filepath.Base(b.output), filepath.Ext(b.output))
	clean := strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, base)
	if strings.Trim(clean, "_0123456789") == "" {
		return "kernel"
	}
	return strings.TrimLeft(clean, "0123456789")
}

// writeFile writes beside the target and renames, so that no reader ever sees half a file and a link
// is replaced, not followed.
func writeFile(path string, data []byte) error {
	if path == "-" {
		_, err := os.Stdout.Write(data)
		return err
	}
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() && info.Mode()&os.ModeSymlink == 0 {
		return &os.PathError{Op: "write", Path: path, Err: errors.New("not a regular file")}
	}
	return renameio.WriteFile(path, data, 0o644, renameio.WithTempDir(filepath.Dir(path)))
}
