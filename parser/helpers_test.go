package parser

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/tensor"
)

// parseSpecs reads "A=i32:2x3 scalar f64:4".
func parseSpecs(t testing.TB, text string) (specs []Spec) {
	for _, f := range strings.Fields(text) {
		s := Spec{DType: tensor.F64, Shape: []int{}}
		if name, rest, ok := strings.Cut(f, "="); ok {
			s.Name, f = name, rest
		}
		if d, rest, ok := strings.Cut(f, ":"); ok {
			var err error
			s.DType, err = tensor.ParseDType(d)
			require.NoError(t, err)
			f = rest
		}
		if f != "scalar" {
			for _, e := range strings.Split(f, "x") {
				n, err := strconv.Atoi(e)
				require.NoError(t, err, text)
				s.Shape = append(s.Shape, n)
			}
		}
		specs = append(specs, s)
	}
	return specs
}

// bindText parses and binds.
func bindText(t testing.TB, src, specs string) (*Problem, error) {
	p, err := Parse(src, ModeAuto)
	if err != nil {
		return nil, err
	}
	return p.Bind(parseSpecs(t, specs))
}

// code is the code of an *Error, "" for nil; it demands that the error is well formed.
func code(t testing.TB, err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	require.True(t, errors.As(err, &e), "%T %v", err, err)
	require.NotContains(t, e.Error(), "\n")
	require.LessOrEqual(t, e.Span.Start, e.Span.End)
	require.LessOrEqual(t, max(e.Span.End, e.Aux.End), len(e.Src))
	require.True(t, strings.HasPrefix(e.Detail(), e.Error()))
	return e.Code
}

// plain strips a program of what may differ between two spellings of it.
func plain(p *Program) string {
	var b strings.Builder
	ref := func(r *Ref) {
		fmt.Fprintf(&b, "%s=%d[", r.Name, r.Value)
		for _, a := range r.Axes {
			if a.Label == EllipsisID {
				b.WriteString("... ")
			} else {
				b.WriteString(p.Labels[a.Label] + " ")
			}
		}
		b.WriteString("]")
	}
	var tree func(t *Tree)
	tree = func(t *Tree) {
		fmt.Fprintf(&b, "(%d %d %v", t.Kind, t.Fn, t.Inverse)
		for _, l := range t.Sums {
			b.WriteString(" Σ" + p.Labels[l])
		}
		if t.Ref != nil {
			ref(t.Ref)
		}
		if t.Number != nil {
			fmt.Fprint(&b, *t.Number)
		}
		for _, a := range t.Args {
			tree(a)
		}
		b.WriteString(")")
	}
	for _, o := range p.Operands {
		fmt.Fprint(&b, o.Name, o.Optional, o.Rank, o.Ellipsis, ";")
	}
	fmt.Fprint(&b, p.Mode, p.Implicit)
	for _, a := range p.Assigns {
		fmt.Fprint(&b, "\n", a.Op, a.Update, a.Old == NoValue || a.Old < 0, a.Old, " ")
		a.Left.Value = 0
		ref(&a.Left)
		tree(a.Right)
	}
	return b.String()
}
