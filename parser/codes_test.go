package parser

import (
	"fmt"
	"go/ast"
	goparser "go/parser"
	gotoken "go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOtherReductions: an operator that there is not leads to those that there are.
func TestOtherReductions(t *testing.T) {
	for op, hint := range map[string]string{"mean": "sum, and divide by the extent", "sum": "write +=", "amax": "write max=", "other": ""} {
		var e *Error
		_, err := Parse("Y[b] "+op+"= X[b,o]", ModeAuto)
		require.ErrorAs(t, err, &e)
		require.Contains(t, e.Msg, "a statement has '=', '+=', '*=', 'max=' or 'min=' after its left side, not '"+op+"'")
		require.Contains(t, e.Hint, hint)
		require.Equal(t, hint == "", e.Hint == "")
	}
}

// example is one example of a code's documentation.
type example struct{ text, rest, says string }

// TestCodes runs the examples in the documentation of every code.
func TestCodes(t *testing.T) {
	file, err := goparser.ParseFile(gotoken.NewFileSet(), "codes.go", nil, goparser.ParseComments)
	require.NoError(t, err)
	codes := 0
	for _, d := range file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != gotoken.CONST {
			continue
		}
		for _, s := range g.Specs {
			v := s.(*ast.ValueSpec)
			want, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(v.Doc.Text(), v.Names[0].Name+": "))
			examples := readExamples(t, v.Doc.Text())
			require.NotEmpty(t, examples, want)
			for _, e := range examples {
				runExample(t, Code(want), e)
			}
			codes++
		}
	}
	require.Greater(t, codes, 40)
}

func readExamples(t *testing.T, doc string) (out []example) {
	for _, line := range strings.Split(doc, "\n") {
		line = strings.TrimSpace(line)
		if text, ok := strings.CutPrefix(line, "Example: "); ok {
			quoted, err := strconv.QuotedPrefix(text)
			require.NoError(t, err, line)
			src, _ := strconv.Unquote(quoted)
			out = append(out, example{text: src, rest: text[len(quoted):]})
		}
		if says, ok := strings.CutPrefix(line, "Says: "); ok {
			out[len(out)-1].says = says
		}
	}
	return out
}

func runExample(t *testing.T, want Code, e example) {
	mode := ModeAuto
	if rest, ok := strings.CutPrefix(strings.TrimSpace(e.rest), "mode=einstein"); ok {
		mode, e.rest = ModeEinstein, rest
	}
	var p *Program
	var err error
	if lists, ok := strings.CutPrefix(e.text, "sublists "); ok {
		in, out := readSublists(t, lists)
		p, err = ParseSublists(in, out, mode)
	} else {
		p, err = Parse(repeat(e.text), mode)
	}
	if err == nil {
		_, err = p.Bind(parseSpecs(t, e.rest))
	}
	require.Equal(t, want, code(t, err), "%s: %v", e.text, err)
	require.Equal(t, fmt.Sprintf("einc: %s [%s]", e.says, want), err.Error())
	detail := err.(*Error).Detail()
	require.Less(t, len(detail), 1000, "%s", want)
	t.Log(detail)
}

var repetition = regexp.MustCompile(`\{(.*?)\}\*(\d+)x?`)

// repeat writes out {x}*3.
func repeat(text string) string {
	return repetition.ReplaceAllStringFunc(text, func(m string) string {
		parts := repetition.FindStringSubmatch(m)
		n, _ := strconv.Atoi(parts[2])
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(parts[1], "%d", strconv.Itoa(i)))
		}
		return b.String()
	})
}

func readSublists(t *testing.T, text string) (in [][]any, out []any) {
	read := func(s string) []any {
		list := []any{}
		for _, f := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("[], ", r) }) {
			if f == "..." {
				list = append(list, Ellipsis)
				continue
			}
			n, err := strconv.Atoi(f)
			require.NoError(t, err)
			list = append(list, n)
		}
		return list
	}
	left, right, explicit := strings.Cut(text, "->")
	for _, s := range strings.Split(left, "],[") {
		in = append(in, read(s))
	}
	if explicit {
		out = read(right)
	}
	return in, out
}
