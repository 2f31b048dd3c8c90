package golden_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/golden"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	einc.ServeWorker()
	os.Exit(m.Run())
}

// corpora are the files to run: EINC_CORPUS (a colon-separated list), the shared corpus beside the
// repository where it is there, and otherwise the copy in testdata.
func corpora(t *testing.T) []string {
	if list := os.Getenv("EINC_CORPUS"); list != "" {
		return strings.Split(list, ":")
	}
	shared := "../../shared/cases/conformance/cases.shared.jsonl"
	if _, err := os.Stat(shared); err == nil {
		return []string{shared}
	}
	return []string{filepath.Join("testdata", "cases.jsonl")}
}

func eachCase(t *testing.T, f func(t *testing.T, c *golden.Case)) {
	for _, path := range corpora(t) {
		cases, err := golden.ReadCases(path)
		require.NoError(t, err)
		require.NotEmpty(t, cases)
		for _, c := range cases {
			t.Run(c.ID, func(t *testing.T) { f(t, c) })
		}
	}
}

// engines that every case runs through; native is skipped with a reason where LLVM is missing.
var engines = []struct {
	name   string
	engine einc.Engine
}{{"interpreter", einc.Interpreter}, {"native", einc.Native}}

func options(e einc.Engine) *einc.Options {
	return &einc.Options{Engine: e, Isolate: true, Cache: "off"}
}

func TestCorpus(t *testing.T) {
	missing := false
	eachCase(t, func(t *testing.T, c *golden.Case) {
		if c.Kind == "error" {
			checkRefused(t, c)
			return
		}
		operands, err := c.Operands()
		require.NoError(t, err)
		problem := bind(t, c, operands)
		if !c.NeedsPath {
			got, err := golden.Eval(problem, operands)
			require.NoError(t, err)
			require.NoError(t, c.Check(got), "oracle")
		}
		if c.Eq == nil {
			return
		}
		for _, e := range engines {
			got, err := einc.EinsumContext(context.Background(), *c.Eq, options(e.engine), operands...)
			if einc.IsMissing(err) {
				missing = true
				continue
			}
			require.NoError(t, err, e.name)
			require.NoError(t, c.Check(got), e.name)
		}
		checkSublists(t, c, operands)
	})
	if missing {
		t.Skip("the native engine was left out: LLVM is missing (apt-get install libllvm22)")
	}
}

func bind(t *testing.T, c *golden.Case, operands []*tensor.Tensor) *parser.Problem {
	p, err := parser.Parse(*c.Eq, parser.ModeAuto)
	require.NoError(t, err)
	problem, err := p.Bind(specs(operands))
	require.NoError(t, err)
	return problem
}

func specs(operands []*tensor.Tensor) []parser.Spec {
	var ss []parser.Spec
	for _, o := range operands {
		ss = append(ss, parser.Spec{DType: o.DType(), Shape: o.Shape(), Strides: o.Strides()})
	}
	return ss
}

// checkRefused demands an error with one of the case's codes.
func checkRefused(t *testing.T, c *golden.Case) {
	operands, err := c.Operands()
	require.NoError(t, err)
	try := func(f func() error) {
		err := f()
		var e *parser.Error
		require.ErrorAs(t, err, &e)
		require.Contains(t, append(c.WhyAny, c.Why), string(e.Code), e.Detail())
	}
	if c.Eq != nil {
		try(func() error { _, err := einc.Einsum(*c.Eq, operands...); return err })
	}
	if c.Sublists != nil {
		inputs, output := sublists(t, c)
		try(func() error { _, err := einc.EinsumSublists(operands, inputs, output); return err })
	}
}

func checkSublists(t *testing.T, c *golden.Case, operands []*tensor.Tensor) {
	if c.Sublists == nil {
		return
	}
	inputs, output := sublists(t, c)
	got, err := einc.EinsumSublists(operands, inputs, output)
	require.NoError(t, err)
	require.NoError(t, c.Check(got), "sublists")
}

func sublists(t *testing.T, c *golden.Case) (inputs []einc.Sublist, output einc.Sublist) {
	for _, raw := range c.Sublists {
		inputs = append(inputs, sublist(t, raw))
	}
	if c.OutSublist != nil {
		output = sublist(t, c.OutSublist)
	}
	return inputs, output
}

func sublist(t *testing.T, raw []json.RawMessage) einc.Sublist {
	list := einc.Sublist{}
	for _, r := range raw {
		if string(r) == `"..."` {
			list = append(list, einc.Ellipsis)
			continue
		}
		var n int
		require.NoError(t, json.Unmarshal(r, &n))
		list = append(list, n)
	}
	return list
}

// TestStrict runs the corpus in the strict mode: cases that keep its rules give the same result, the
// others are refused for one of the rules they break.
func TestStrict(t *testing.T) {
	eachCase(t, func(t *testing.T, c *golden.Case) {
		if c.Kind != "ok" || c.Eq == nil {
			return
		}
		operands, err := c.Operands()
		require.NoError(t, err)
		p, err := parser.Parse(*c.Eq, parser.ModeEinstein)
		if err == nil {
			_, err = p.Bind(specs(operands))
		}
		if len(c.Strict) == 0 {
			require.NoError(t, err)
			return
		}
		var e *parser.Error
		require.True(t, errors.As(err, &e), "want one of %v", c.Strict)
		require.Contains(t, c.Strict, string(e.Code))
	})
}

func problem(t *testing.T, c *golden.Contraction) *parser.Problem {
	p, err := parser.Parse(c.Expr, parser.ModeAuto)
	require.NoError(t, err)
	b, err := p.Bind(specs(c.Operands))
	require.NoError(t, err)
	return b
}

func shapes(c *golden.Contraction) (s []string) {
	for _, o := range c.Operands {
		s = append(s, fmt.Sprint(o.DType(), o.Shape(), o.Strides()))
	}
	return s
}
