package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/einc-lang/einc"
	"github.com/spf13/cobra"
)

func planCommand() *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use:   "plan EXPR [SHAPE]...",
		Short: "Show the order of contraction and what it costs",
		Long: `plan finds the order of contraction for operands of the given shapes and prints its cost.

Shapes are arguments (64x32, A=64x32, 64x32:f32, scalar), or come from extents: --sizes i=64,j=32.`,
		Example: `  einc plan 'ij,jk,kl->il' 10x1000 1000x10 10x1000
  einc plan -s i=10,j=1000,k=10,l=1000 'ij,jk,kl->il'`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.explain(cmd, args, "plan")
			if err != nil {
				return err
			}
			return s.print("einc.plan/v1", args[0], c)
		},
	}
	s.addSizes(cmd)
	return cmd
}

func explainCommand() *cobra.Command {
	var s settings
	var stages []string
	cmd := &cobra.Command{
		Use:   "explain EXPR [SHAPE]...",
		Short: "Say what each index does, and show every stage",
		Long: `explain says in words what each index of an expression does, by which rule, and the NumPy line that
does the same. With shapes it prints every stage: ` + fmt.Sprint(einc.StageNames()) + `.`,
		Example: `  einc explain 'ik,kj->ij'
  einc explain 'ik,kj->ij' 64x128 128x32 --stage=plan,loop`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := s.explain(cmd, args, stages...)
			if err != nil {
				return err
			}
			return s.print("einc.explain/v1", args[0], e)
		},
	}
	s.addSizes(cmd)
	cmd.Flags().StringSliceVar(&stages, "stage", nil, "print only these stages, without headings if one")
	return cmd
}

func (s *settings) explain(cmd *cobra.Command, args []string, stages ...string) (einc.Explanation, error) {
	opts, err := s.options()
	if err != nil {
		return nil, err
	}
	expr, err := readExpression(args[0])
	if err != nil {
		return nil, err
	}
	specs, err := s.specs(expr, opts, args[1:])
	if err != nil {
		return nil, err
	}
	return einc.Explain(cmd.Context(), expr, specs, opts, stages...)
}

// print writes stages as text, or as one JSON object.
func (s *settings) print(schema, expr string, e einc.Explanation) error {
	if s.json {
		report := map[string]any{"schema": schema, "expr": expr}
		for _, st := range e {
			report[st.Name] = st.Text
		}
		return json.NewEncoder(os.Stdout).Encode(report)
	}
	if len(e) == 1 {
		_, err := fmt.Print(e[0].Text)
		return err
	}
	_, err := fmt.Print(e)
	return err
}
