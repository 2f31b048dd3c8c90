package golden_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/golden"
	"github.com/einc-lang/einc/parser"
	"github.com/stretchr/testify/require"
)

// TestStrictSums runs sums of terms under the convention itself.
func TestStrictSums(t *testing.T) {
	cases, err := golden.ReadCases(filepath.Join("testdata", "strict_sums.jsonl"))
	require.NoError(t, err)
	require.NotEmpty(t, cases)
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) { checkStrictSum(t, c) })
	}
}

func checkStrictSum(t *testing.T, c *golden.Case) {
	operands, err := c.Operands()
	require.NoError(t, err)
	for _, e := range engines {
		opts := options(e.engine)
		opts.Mode = parser.ModeEinstein
		got, err := einc.EinsumContext(context.Background(), sumText(c), opts, operands...)
		if einc.IsMissing(err) {
			continue
		}
		if c.Kind == "ok" {
			require.NoError(t, err, sumText(c))
			require.NoError(t, c.Check(got), "%s %s", e.name, sumText(c))
			continue
		}
		var refused *parser.Error
		require.ErrorAs(t, err, &refused, sumText(c))
		require.Equal(t, c.Why, string(refused.Code), refused.Detail())
	}
}

// sumText spells a case's terms in index notation, its factors named in order.
func sumText(c *golden.Case) string {
	var terms []string
	n := 0
	for _, term := range c.Terms {
		factors := []string{fmt.Sprint(term.Coef)}
		for _, f := range term.Factors {
			factors = append(factors, fmt.Sprintf("T%d[%s]", n, indexList(f)))
			n++
		}
		terms = append(terms, strings.Join(factors, "*"))
	}
	return fmt.Sprintf("R[%s] = %s", indexList(c.Out), strings.Join(terms, " + "))
}

// indexList separates one-letter labels by commas; an ellipsis stays as it is.
func indexList(labels string) string {
	head, dots := strings.CutPrefix(labels, "...")
	list := strings.Split(head, "")
	if dots {
		list = append([]string{"..."}, list...)
	}
	return strings.Join(list, ",")
}
