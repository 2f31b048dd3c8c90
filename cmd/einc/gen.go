package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/parser"
	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"
)

// genFlags are the settings of one run of gen.
type genFlags struct {
	expr, name, dtype, sizes, output, pkg, cpu string
	maxMemory, plan                            string
	check, tests                               bool
	memory                                     int64 // maxMemory in bytes
}

func genCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "gen [-eq EXPR -name NAME -s SIZES] | [PACKAGES]",
		Short: "Write kernels as Go packages that need only the Go toolchain",
		Long: `gen writes a kernel as Go and assembly files for amd64 and arm64, with plain Go for everything else. The files
import nothing but the standard library. Use it from go generate:

  //go:generate go tool einc gen -eq "bij,bjk->bik" -name BatchMul -dtype float32 -s b=8,i=64,j=64,k=64

or write comments, and run einc gen ./... :

  //einc:kernel BatchMul "bij,bjk->bik" b=*,i=64,j=64,k=64 float32

An index with the extent * may have any at run time; it must come first in the result and in each operand
and temporary that has it, in every statement.

A name that max=, min=, += or *= assigns without a plain statement before it is an operand, too, which holds the
old values; it cannot be left out. To begin from nothing, write = instead of +=, or give values that leave the
result as it is: -Inf for max=, Inf for min=, 1 for *=.

Flags take one dash or two:

  -eq EXPR        the expression
  -name NAME      the Go function
  -s SIZES        the extents of all indices, as b=*,i=64
  -dtype TYPE     element type of the operands (default float32)
  -o FILE         main file, ending in _einc.go (default NAME_einc.go); the others go beside it
  -pkg NAME       package (default: $GOPACKAGE, as go generate sets it)
  -cpu LEVELS     comma list of levels to write machine code for, at most one of arm64, or none
                  (default ` + strings.Join(einc.GoLevels(), ",") + `)
  -plan FILE      plan file whose order to take, for a kernel given by flags
  -max-memory N   bytes of temporaries and workspace allowed, as 64MiB
  -tests=false    write no tests
  -check          write nothing; print what differs and exit 1 if anything does`,
		Args: cobra.ArbitraryArgs,
		// The flags are those of Go's own tools, with one dash, which cobra would take for several flags of
		// one letter.
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if slices.ContainsFunc(args, func(a string) bool { return a == "-h" || a == "-help" || a == "--help" }) {
				return cmd.Help()
			}
			return runGen(cmd.Context(), args)
		},
	}
}

func runGen(ctx context.Context, args []string) error {
	var g genFlags
	f := flag.NewFlagSet("einc gen", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&g.expr, "eq", "", "")
	f.StringVar(&g.name, "name", "", "")
	f.StringVar(&g.dtype, "dtype", "float32", "")
	f.StringVar(&g.sizes, "s", "", "")
	f.StringVar(&g.sizes, "sizes", "", "")
	f.StringVar(&g.output, "o", "", "")
	f.StringVar(&g.pkg, "pkg", os.Getenv("GOPACKAGE"), "")
	f.StringVar(&g.cpu, "cpu", "", "")
	f.StringVar(&g.plan, "plan", "", "")
	f.StringVar(&g.maxMemory, "max-memory", "", "")
	f.BoolVar(&g.check, "check", false, "")
	f.BoolVar(&g.tests, "tests", true, "")
	err := f.Parse(args)
	if err == nil {
		g.memory, err = parseBytes(g.maxMemory)
	}
	if err != nil {
		return usageError{err}
	}
	one := false
	f.Visit(func(f *flag.Flag) {
		if f.Value.String() == "" && f.Name != "eq" && err == nil {
			err = usageError{fmt.Errorf("-%s is empty: give it a value, or leave it out", f.Name)}
		}
		one = one || slices.Contains([]string{"eq", "name", "dtype", "s", "sizes", "o", "pkg", "plan"}, f.Name)
	})
	var kernels []genKernel
	switch {
	case err != nil:
	case one && f.NArg() > 0:
		return usageError{fmt.Errorf("%q is left over: give one kernel by flags, or packages with //einc:kernel comments", f.Arg(0))}
	case one:
		kernels, err = g.kernel(ctx)
	default:
		kernels, err = scanPackages(ctx, f.Args())
	}
	if err != nil {
		return err
	}
	return g.generate(ctx, kernels)
}

// genKernel is a kernel to generate, and the directory that its files go to.
type genKernel struct {
	einc.GoKernel
	dir string
}

// kernel is the one that the flags describe, by way of the comment that says the same.
func (g *genFlags) kernel(ctx context.Context) ([]genKernel, error) {
	if g.expr == "" || g.name == "" {
		return nil, usageError{errors.New("a kernel needs -eq and -name")}
	}
	if g.pkg == "" {
		return nil, usageError{errors.New("which package? go generate sets $GOPACKAGE; elsewhere give -pkg")}
	}
	for _, v := range []string{g.name, g.sizes, g.dtype} {
		if strings.ContainsAny(v, " \t\r\n\"`") {
			return nil, usageError{fmt.Errorf("%q has a blank or a quote in it", v)}
		}
	}
	text := "//einc:kernel " + g.name + " " + strconv.Quote(g.expr)
	if g.sizes != "" {
		text += " " + g.sizes
	}
	d, err := parser.ParseDirective(text + " " + g.dtype)
	if err != nil {
		return nil, aboutFlags(err)
	}
	dir, file := filepath.Split(g.output)
	command := fmt.Sprintf("einc gen -eq %q -name %s -dtype %s", d.Expr, d.Name, d.DType.NumPy())
	if g.sizes != "" {
		command += " -s " + g.sizes
	}
	k := einc.GoKernel{Directive: d, Package: g.pkg, File: file, Command: command}
	if err := k.Check(); err != nil {
		return nil, usageError{err}
	}
	if g.plan != "" {
		k.Command += " -plan " + filepath.ToSlash(g.plan)
		if k.Plan, err = readPlanFile(ctx, g.plan); err != nil {
			return nil, err
		}
	}
	return []genKernel{{k, dir}}, nil
}

// aboutFlags marks what is wrong with a directive that was made of flags. The expression alone is input.
func aboutFlags(err error) error {
	var e *parser.Error
	if errors.As(err, &e) && slices.Contains([]parser.Code{parser.CodeKernelName, parser.CodeKernelSizes, parser.CodeKernelType}, e.Code) {
		return usageError{err}
	}
	return err
}

// generate makes the files of all kernels before it writes any.
func (g *genFlags) generate(ctx context.Context, kernels []genKernel) error {
	type output struct {
		path string
		data []byte
	}
	var outputs []output
	taken := map[string]string{}
	for _, k := range kernels {
		k.Isolate, k.NoTests, k.Levels, k.MaxMemory = true, !g.tests, g.levels(), g.memory
		if g.memory > 0 {
			k.Command = strings.Replace(k.Command, "einc gen", "einc gen -max-memory "+g.maxMemory, 1)
		}
		files, err := einc.GenerateGo(ctx, k.GoKernel)
		if err != nil {
			return err
		}
		if err := k.take(taken, files); err != nil {
			return err
		}
		for _, f := range files {
			outputs = append(outputs, output{filepath.Join(k.dir, f.Name), f.Data})
		}
	}
	stale := 0
	for _, o := range outputs {
		if g.check {
			differs, err := showIfStale(o.path, o.data)
			if err != nil {
				return err
			}
			stale += differs
			continue
		}
		if err := replace(o.path, o.data); err != nil {
			return err
		}
	}
	if stale > 0 {
		return fmt.Errorf("%s: run go generate, or einc gen without -check", plural(stale, "stale file"))
	}
	return nil
}

// take notes which kernel files and the names in a package are of, and refuses what another kernel has already.
func (k *genKernel) take(taken map[string]string, files []einc.GoFile) error {
	for _, f := range files {
		path := filepath.Join(k.dir, f.Name)
		if other, ok := taken[strings.ToLower(path)]; ok {
			return fmt.Errorf("the kernels %s and %s would both be written to %s: rename one", other, k.Directive.Name, path)
		}
		taken[strings.ToLower(path)] = k.Directive.Name
	}
	for _, f := range files {
		for _, name := range f.Declares {
			at := k.dir + "\x00" + name
			if other, ok := taken[at]; ok && other != k.Directive.Name && name != "init" {
				return fmt.Errorf("the kernels %s and %s of package %s would both declare %s: rename one", other, k.Directive.Name, k.Package, name)
			}
			taken[at] = k.Directive.Name
		}
	}
	return nil
}

// levels are those of -cpu; nil means all.
func (g *genFlags) levels() []string {
	switch g.cpu {
	case "":
		return nil
	case "none":
		return []string{}
	}
	return strings.Split(g.cpu, ",")
}

// replace writes a file, unless it would take the place of one that gen did not make. A file that is as it should
// be keeps its time.
func replace(path string, data []byte) error {
	old, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return einc.WriteFile(path, data)
	case err != nil || bytes.Equal(old, data):
		return err
	}
	if _, ok := parser.ParseGeneratedHead(string(old)); !ok {
		return fmt.Errorf("%s was not made by einc gen: it is left alone; remove it or choose another name with -o", path)
	}
	return einc.WriteFile(path, data)
}

// showIfStale prints how a file differs from what it should hold; it returns 1 if it does. Machine code is said
// to differ, no more: its text says nothing, and comparing it as text is slow. Another compiler is named.
func showIfStale(path string, data []byte) (int, error) {
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) || err == nil && bytes.Equal(old, data) {
		return 0, err
	}
	text := utf8.Valid(data) && utf8.Valid(old) && !strings.HasSuffix(path, ".s")
	path = filepath.ToSlash(path)
	was, is := codeMaker(old), codeMaker(data)
	switch {
	case err != nil:
		fmt.Printf("%s is missing\n", path)
	case was != is && was != "":
		fmt.Printf("%s: its code was made by %s, and here it is made by %s\n", path, was, is)
	case !text:
		fmt.Printf("%s: machine code differs\n", path)
	default:
		_, _ = os.Stdout.Write(diff.Diff("a/"+path, old, "b/"+path, data))
	}
	return 1, nil
}

// makers match what assembly files and headers say of their compiler.
var makers = []*regexp.Regexp{
	regexp.MustCompile(`(?m)^// Machine code for [^:]* by (LLVM [^:]*):`),
	regexp.MustCompile(`^/\* Made by (einc .* with LLVM .*)\. Do not edit\.`),
}

// codeMaker finds what made a file's code, if it says so.
func codeMaker(text []byte) string {
	for _, m := range makers {
		if found := m.FindSubmatch(text); found != nil {
			return string(found[1])
		}
	}
	return ""
}
