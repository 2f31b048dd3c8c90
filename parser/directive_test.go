package parser

import (
	"go/ast"
	goparser "go/parser"
	gotoken "go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/tensor"
)

func TestDirective(t *testing.T) {
	d, err := ParseDirective("//einc:kernel BatchMul \"bij,bjk->bik\"\tk=64,b=*, i=64,j=32 f32\r")
	require.NoError(t, err)
	require.Equal(t, "BatchMul", d.Name)
	require.Equal(t, "bij,bjk->bik", d.Expr)
	require.Equal(t, `"bij,bjk->bik"`, d.Text[d.ExprSpan.Start:d.ExprSpan.End])
	require.Equal(t, "f32", d.Text[d.TypeSpan.Start:d.TypeSpan.End])
	require.Equal(t, tensor.F32, d.DType)
	require.Equal(t, `//einc:kernel BatchMul "bij,bjk->bik" b=*,i=64,j=32,k=64 float32`, d.String())
	specs := d.Specs(7)
	require.Equal(t, []int{7, 64, 32}, specs[0].Shape)
	require.Equal(t, []int{7, 32, 64}, specs[1].Shape)
	again, err := ParseDirective(d.String())
	require.NoError(t, err)
	require.Equal(t, d.String(), again.String())
}

func TestDirectiveOfIndexNotation(t *testing.T) {
	d, err := ParseDirective("//einc:kernel Layer `Y[b,o] = relu(X[b,in]*W[in,o] + bias[o])` b=*,in=16,o=4 float64")
	require.NoError(t, err)
	specs := d.Specs(AnyExtent)
	require.Equal(t, "bias", specs[2].Name)
	require.Equal(t, []int{AnyExtent, 16}, specs[0].Shape)
	d, err = ParseDirective(`//einc:kernel Product "," float64 // of two numbers`)
	require.NoError(t, err)
	require.Equal(t, `//einc:kernel Product "," float64`, d.String())
}

// TestDirectiveErrors checks that errors point at the right bytes of the comment.
func TestDirectiveErrors(t *testing.T) {
	for _, c := range []struct {
		text string
		code Code
		at   string
		hint string
	}{
		{`// einc:kernel F "i->" i=1 f32`, CodeDirective, "//", directiveForm},
		{`//einc:kernel`, CodeKernelName, "", directiveForm},
		{`//einc:kernel func "i->" i=1 f32`, CodeKernelName, "func", directiveForm},
		{`//einc:kernel F`, CodeDirective, "", directiveForm},
		{`//einc:kernel F "i->i`, CodeDirective, `"i->i`, directiveForm},
		{`//einc:kernel F "\i->i" i=1 f32`, CodeDirective, `"\i->i"`, directiveForm},
		{"//einc:kernel F `i->i i=1 f32", CodeDirective, "`i->i", directiveForm},
		{`//einc:kernel F "\u0069\u006a->\x69k" i=1,j=1 f32`, CodeOutputUnknown, `k`, "the inputs have the indices 'i', 'j'"},
		{`//einc:kernel F "ij->\u004a" i=1,j=1 f32`, CodeOutputUnknown, `\u004a`, "did you mean 'j'?"},
		{`//einc:kernel F "...i->i" i=1 f32`, CodeKernelSizes, "...i", "name its axes"},
		{`//einc:kernel F "ij->" i=1,J=2 f32`, CodeKernelSizes, "J", "did you mean 'j'?"},
		{`//einc:kernel F "ij->" i=1,j f32`, CodeKernelSizes, "j", "write INDEX=EXTENT, as in j=64"},
		{`//einc:kernel F "ij->" i=1,j=-2 f32`, CodeKernelSizes, "-2", "write a number, or * for any"},
		{`//einc:kernel F "i->" i=1,i=2 f32`, CodeKernelSizes, "i=2", ""},
		{`//einc:kernel F "ij->" i=1 f32`, CodeKernelSizes, "j", "add j=64, or j=* for any extent"},
		{`//einc:kernel F "i->" i=1`, CodeKernelType, "", "add it at the end, as in float32"},
		{`//einc:kernel F "i->" i=1 // f32`, CodeKernelType, "", "add it at the end, as in float32"},
		{`//einc:kernel F "i->" i=1 flaot32`, CodeKernelType, "flaot32", "did you mean 'float32'?"},
		{`//einc:kernel F "i->" i=1 f32 fast now`, CodeDirective, "fast now", directiveForm},
		{`//einc:kernel F "C[i] = exp(A[i])" i=1 c64`, CodeDType, "exp(A[i])", "only + - * / and abs take complex numbers"},
		{`//einc:kernel F "i,j->ij" i=8388608,j=8388608 f64`, CodeLimitBytes, `ij`, ""},
	} {
		_, err := ParseDirective(c.text)
		require.Equal(t, c.code, code(t, err), "%s: %v", c.text, err)
		e := err.(*Error)
		require.Equal(t, c.text, e.Src)
		require.Equal(t, c.at, e.Src[e.Span.Start:e.Span.End], c.text)
		require.Equal(t, c.hint, e.Hint, c.text)
	}
}

// TestDirectiveCodes runs the examples of the codes' documentation.
func TestDirectiveCodes(t *testing.T) {
	file, err := goparser.ParseFile(gotoken.NewFileSet(), "directive.go", nil, goparser.ParseComments)
	require.NoError(t, err)
	codes := 0
	for _, s := range file.Decls[1].(*ast.GenDecl).Specs {
		v := s.(*ast.ValueSpec)
		want, _ := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		examples := readExamples(t, v.Doc.Text())
		require.NotEmpty(t, examples)
		for _, e := range examples {
			_, err := ParseDirective(e.text)
			require.Error(t, err, e.text)
			require.Equal(t, "einc: "+e.says+" ["+want+"]", err.Error())
			codes++
		}
	}
	require.Equal(t, 6, codes)
}

func TestUnquoteGo(t *testing.T) {
	for _, lit := range []string{`""`, "``", `"ij,jk->ik"`, `"\"\\\t\x41\101\u00e9\U0001F600é\xff"`, "`i\n\\j`", "\"\xff\""} {
		want, err := strconv.Unquote(lit)
		require.NoError(t, err)
		got, at, err := UnquoteGo(lit + ` + "more"`)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Len(t, at, len(got)+1)
		require.Equal(t, len(lit)-1, at[len(got)])
		for i := range len(got) {
			require.LessOrEqual(t, at[i], at[i+1])
		}
	}
	value, at, err := UnquoteGo("`a\r\nb`")
	require.NoError(t, err)
	require.Equal(t, "a\nb", value)
	require.Equal(t, []int{1, 3, 4, 5}, at)
	for _, bad := range []string{``, `'i'`, `"i`, "`i", `"\q"`, "\"i\n\"", `"\x4"`, `"\`} {
		_, _, err := UnquoteGo(bad)
		require.Error(t, err, bad)
	}
}

func TestGeneratedHead(t *testing.T) {
	d, err := ParseDirective(`//einc:kernel Dot "i,i->" i=* float32`)
	require.NoError(t, err)
	head := d.Head(`einc gen -eq "x" ./...`, "v1.2.3")
	require.Regexp(t, `^// Code generated by "einc gen -eq \\"x\\" ./..."; DO NOT EDIT.
// einc:source [0-9a-f]{32} Dot v1.2.3\n$`, head)
	for _, file := range []string{head + "\npackage p\n", strings.ReplaceAll(head, "\n", "\r\n"), strings.TrimSuffix(head, "\n")} {
		h, ok := ParseGeneratedHead(file)
		require.True(t, ok)
		require.Equal(t, "v1.2.3", h.Version)
		require.True(t, h.MadeFrom(d))
		for _, other := range []string{`//einc:kernel Dot "i,i->" i=* float64`, `//einc:kernel Dot "i,i->" i=3 float32`,
			`//einc:kernel Dot "j,j->" j=* float32`, `//einc:kernel Dots "i,i->" i=* float32`} {
			changed, err := ParseDirective(other)
			require.NoError(t, err)
			require.False(t, h.MadeFrom(changed), other)
		}
	}
	same, err := ParseDirective("//einc:kernel  Dot `i,i->`  i=*  f32")
	require.NoError(t, err)
	require.Equal(t, head, same.Head(`einc gen -eq "x" ./...`, "v1.2.3"))
	for _, file := range []string{"", "package p", "// Code generated by stringer; DO NOT EDIT.\n", strings.SplitAfter(head, "\n")[0] + "package p"} {
		_, ok := ParseGeneratedHead(file)
		require.False(t, ok, file)
	}
}

func FuzzDirective(f *testing.F) {
	f.Add(`//einc:kernel BatchMul "bij,bjk->bik" b=*,i=64,j=64,k=64 float32`)
	f.Add("//einc:kernel F `C[i] = A[i]\n` i=1, f32")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDirective(text)
		if err != nil {
			code(t, err)
			return
		}
		again, err := ParseDirective(d.String())
		require.NoError(t, err, "%q", d.String())
		require.Equal(t, d.String(), again.String())
	})
}
