// Command einc checks, plans, compiles and runs Einstein summation.
//
// See `einc help` for its commands. Data goes to standard output, messages to standard error. Exit
// codes: 0 ok, 1 the input is wrong, 2 usage, 3 a tool is missing, 4 over a budget, 5 I/O, 70 an
// internal error, 130 interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/einc-lang/einc"
	"github.com/spf13/cobra"
)

func main() {
	einc.ServeWorker()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second interrupt ends the process, whatever it waits for
	os.Exit(run(ctx, os.Args[1:]))
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string) int {
	root, out := rootCommand(), &keeper{w: os.Stdout}
	root.SetArgs(protect(args))
	root.SetOut(out)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = out.err
	}
	if err == nil {
		return exitOK
	}
	code := exitCode(err)
	report(os.Stderr, err, code)
	return code
}

// protect keeps equations such as "->" from being read as flags: a space in front means nothing to
// the notation.
func protect(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if strings.HasPrefix(a, "->") {
			a = " " + a
		}
		out[i] = a
	}
	return out
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "einc",
		Short: "Compiles Einstein summation to native code",
		Long: `einc compiles Einstein summation to native code and runs it.

An expression is an einsum string, as NumPy has them ('bij,bjk->bik'), or index notation
('Y[b,o] = relu(X[b,i]*W[i,o] + bias[o])'). It may also be @FILE, or - for standard input.
Exit codes: 0 ok, 1 input wrong, 2 usage, 3 tool missing, 4 over budget, 5 I/O, 70 internal,
130 interrupted.`,
		Example: `  einc run 'ik,kj->ij' a.npy b.npy -o c.npy
  einc run 'D[n,k,d] = X[n,d] - M[k,d]' x.npy m.npy -o d.npy
  einc explain 'ik,kj->ij'
  einc plan 'ij,jk,kl->il' 10x1000 1000x10 10x1000`,
		Version:           einc.Version(),
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              cobra.NoArgs,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return refuseEmpty(cmd) },
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{flagError(err)} })
	root.SetHelpCommand(helpCommand())
	root.AddCommand(runCommand(), planCommand(), explainCommand(), gradCommand(), buildCommand(), genCommand(), benchCommand(), doctorCommand(), versionCommand())
	for _, c := range root.Commands() {
		c.Args = asUsage(c.Args)
	}
	root.Args = asUsage(root.Args)
	return root
}

// helpCommand is cobra's, but that it refuses what is no command.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Help about any command",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			switch {
			case err != nil:
				return usageError{err}
			case len(rest) > 0:
				return usageError{fmt.Errorf("there is no command %q: einc help lists them", rest[0])}
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// flagError says what numbers a flag takes, where that is what is wrong.
func flagError(err error) error {
	var number *strconv.NumError
	if !errors.As(err, &number) {
		return err
	}
	takes := "it takes whole numbers"
	if number.Func == "ParseUint" {
		takes += " from 0 to 2^64-1"
	}
	return errors.New(strings.TrimSuffix(err.Error(), number.Error()) + takes)
}

// asUsage marks complaints about the number of arguments as mistakes of usage.
func asUsage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if check == nil {
			return nil
		}
		if err := check(cmd, args); err != nil {
			return usageError{fmt.Errorf("%w\nUsage: %s (see '%s --help')", err, cmd.UseLine(), cmd.CommandPath())}
		}
		return nil
	}
}
