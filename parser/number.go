package parser

import (
	"strconv"
	"strings"
)

// number parses the literal at the token, with its sign, which begins at start.
func (g *grammar) number(start int, sign string) (*Tree, error) {
	at := Span{start, g.tok.span.End}
	n, err := g.literal(sign+g.tok.text, at)
	if err != nil {
		return nil, err
	}
	return &Tree{Kind: TreeNumber, Span: at, Number: n}, g.advance()
}

func (g *grammar) literal(text string, at Span) (*Number, error) {
	if !strings.ContainsAny(text, ".eE") {
		i, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, g.fail(CodeNumberRange, at, "%s does not fit i64", quote(text)).hint("for a float write %s.0", clip(text))
		}
		return &Number{IsInt: true, Int: i, Float: float64(i)}, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, g.fail(CodeNumberRange, at, "%s does not fit f64", quote(text))
	}
	return &Number{Float: f}, nil
}

// clip shortens a long literal for a hint.
func clip(text string) string {
	if len(text) > 24 {
		return text[:24] + "…"
	}
	return text
}

// String writes the number so that it reads back as the same type and value.
func (n *Number) String() string {
	if n.IsInt {
		return strconv.FormatInt(n.Int, 10)
	}
	s := strconv.FormatFloat(n.Float, 'g', -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s
}
