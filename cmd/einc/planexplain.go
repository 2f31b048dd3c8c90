package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/einc-lang/einc"
	"github.com/spf13/cobra"
)

func explainCommand() *cobra.Command {
	var s settings
	var stages []string
	cmd := &cobra.Command{
		Use:   "explain EXPR [SHAPE]...",
		Short: "Say what each index does, and show every stage",
		Long: `explain says in words what each index of an expression does, by which rule, and the NumPy line that
does the same. With shapes it prints every stage: ` + strings.Join(einc.StageNames(), ", ") + `.`,
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
	s.addJSON(cmd)
	cmd.Flags().StringSliceVar(&stages, "stage", nil, "print only these stages, without headings if one")
	return cmd
}

func (s *settings) explain(cmd *cobra.Command, args []string, stages ...string) (einc.Explanation, error) {
	for _, name := range stages {
		if !slices.Contains(einc.StageNames(), name) {
			return nil, usageError{fmt.Errorf("unknown stage %q: --stage takes %s", name, strings.Join(einc.StageNames(), ", "))}
		}
	}
	opts, err := s.options(cmd.Context())
	if err != nil {
		return nil, err
	}
	expr, err := readExpression(cmd.Context(), args[0])
	if err != nil {
		return nil, err
	}
	specs, err := s.specs(expr, opts, args[1:])
	if err != nil {
		return nil, err
	}
	defer watch(opts, "").end()
	return einc.Explain(cmd.Context(), expr, specs, opts, stages...)
}

// print writes stages as text, or as one JSON object.
func (s *settings) print(schema, expr string, e einc.Explanation) error {
	if s.json {
		report := map[string]any{"schema": schema, "expr": expr}
		for _, st := range e {
			report[st.Name] = st.Text
		}
		return printJSON(report)
	}
	if len(e) == 1 {
		_, err := fmt.Print(e[0].Text)
		return err
	}
	_, err := fmt.Print(e)
	return err
}
