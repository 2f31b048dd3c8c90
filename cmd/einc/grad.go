package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/parser"
	"github.com/spf13/cobra"
)

func gradCommand() *cobra.Command {
	var mode, by string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "grad EXPR",
		Short: "Derive the gradients of an expression",
		Long: `grad differentiates an expression by each of its operands, and prints the gradients in index notation.

With Y the result and L any number that is computed from Y, the gradient by X is dL/dX where dY, which it reads
beside the operands, is dL/dY. Operands of einsum strings are A, B, and so on; their result is out. Operands may not have
extents of 1 that others stretch: leave their indices out instead.`,
		Example: `  einc grad 'Y[b,o] = relu(X[b,i]*W[i,o] + bias[o])'
  einc grad --by B 'ij,jk->ik' | einc run - dout=dc.npy A=a.npy -o db.npy`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if by != "" && asJSON {
				return usageError{errors.New("--by prints the bare expression: leave out --json")}
			}
			gradients, err := gradientsOf(cmd, args[0], mode)
			switch {
			case err != nil:
				return err
			case by != "":
				return printGradientBy(gradients, by)
			case asJSON:
				return printJSON(map[string]any{"schema": "einc.grad/v1", "expr": args[0], "gradients": gradients})
			}
			return printGradients(gradients)
		},
	}
	cmd.Flags().StringVar(&mode, "mode", "", "rules the text follows: numpy, index or einstein")
	cmd.Flags().StringVar(&by, "by", "", "print the gradient by this operand, and nothing else")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object on standard output")
	return cmd
}

func gradientsOf(cmd *cobra.Command, arg, mode string) ([]einc.Gradient, error) {
	m, err := parser.ParseMode(mode)
	if err != nil {
		return nil, usageError{err}
	}
	expr, err := readExpression(cmd.Context(), arg)
	if err != nil {
		return nil, err
	}
	return einc.Gradients(expr, m)
}

// printGradients prints programs under comments that say what they are.
func printGradients(gradients []einc.Gradient) error {
	if len(gradients) == 0 {
		_, err := fmt.Println("# no gradients: the expression has no operands")
		return err
	}
	for i, g := range gradients {
		if i > 0 {
			fmt.Println()
		}
		if _, err := fmt.Printf("# by %s\n%s\n", g.Operand, g.Expr); err != nil {
			return err
		}
	}
	return nil
}

func printGradientBy(gradients []einc.Gradient, operand string) error {
	var names []string
	for _, g := range gradients {
		if g.Operand == operand {
			_, err := fmt.Println(g.Expr)
			return err
		}
		names = append(names, g.Operand)
	}
	if len(names) == 0 {
		return usageError{fmt.Errorf("--by %s: the expression has no operands", operand)}
	}
	return usageError{fmt.Errorf("--by %s: the operands are %s", operand, strings.Join(names, ", "))}
}
