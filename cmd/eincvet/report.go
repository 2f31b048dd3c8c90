package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/tools/go/analysis"

	"github.com/einc-lang/einc/parser"
)

// finding is an error of a text, on its way to a diagnostic.
type finding struct {
	*parser.Error
	use     *text // the text as written at the call
	decl    *text // the same text, with constants of the package looked into
	verdict func(text string) *parser.Error
}

// fail reports an error of a text.
func (s *scan) fail(f finding) {
	at := f.use.place(f.Span)
	d := analysis.Diagnostic{Pos: at.pos, End: at.end, Category: string(f.Code), Message: f.Msg}
	if !at.exact {
		d.Message = "in " + short(f.Src) + ": " + d.Message
		if there := f.decl.place(f.Span); there.exact {
			d.Related = append(d.Related, analysis.RelatedInformation{Pos: there.pos, End: there.end, Message: "the text is written here"})
		}
	}
	if f.Aux != (parser.Span{}) {
		other := f.decl.place(f.Aux)
		d.Related = append(d.Related, analysis.RelatedInformation{Pos: other.pos, End: other.end, Message: "the other place"})
		if p := s.Fset.Position(other.pos); other.exact && at.exact {
			d.Message += fmt.Sprintf(" (the other place is %d:%d)", p.Line, p.Column)
		}
	}
	if f.Hint != "" {
		d.Message += "; " + f.Hint
	}
	d.Message += " [" + string(f.Code) + "]"
	d.SuggestedFixes = f.fixes()
	s.Report(d)
}

// short quotes a text for a message.
func short(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most-1]) + "…"
	}
	return strconv.Quote(s)
}

// fixes offers what the error says to write instead, if the text is right then, at least up to there.
func (f finding) fixes() []analysis.SuggestedFix {
	span, replacement, ok := f.replacement()
	if !ok {
		return nil
	}
	next := f.verdict(f.Src[:span.Start] + replacement + f.Src[span.End:])
	if next != nil && next.Span.Start < span.Start+len(replacement) {
		return nil
	}
	pos, end, source, ok := f.decl.edit(span, replacement)
	if !ok {
		return nil
	}
	return []analysis.SuggestedFix{{
		Message:   fmt.Sprintf("Write %q instead of %q", replacement, f.Src[span.Start:span.End]),
		TextEdits: []analysis.TextEdit{{Pos: pos, End: end, NewText: []byte(source)}},
	}}
}

var (
	didYouMean = regexp.MustCompile(`^did you mean '(.*)'\?$`)
	writeThis  = regexp.MustCompile(`^write (\S+)$`)
)

// otherHints name what to write in place of one wrong character.
var otherHints = map[string]string{
	"write the arrow as ->":                                 "->",
	"write the ellipsis as three dots: ...":                 "...",
	"write an ASCII comma":                                  ",",
	"separate inputs with commas":                           ",",
	"separate with plain spaces":                            " ",
	"this space is not U+0020; use a plain one":             " ",
	"multiplication is *":                                   "*",
	"this is not the ASCII minus sign; write -":             "-",
	"commas separate inputs; dots are for an ellipsis only": "...",
}

// replacement is what the hint names in place of the span or of the name that the span begins with.
func (f finding) replacement() (parser.Span, string, bool) {
	if m := didYouMean.FindStringSubmatch(f.Hint); m != nil {
		at := f.Span
		if n := nameLength(f.Src[at.Start:at.End]); n > 0 {
			at.End = at.Start + n
		}
		return at, m[1], true
	}
	if m := writeThis.FindStringSubmatch(f.Hint); m != nil {
		return f.Span, m[1], true
	}
	if f.Code == parser.CodeMalformedArrow {
		return f.Span, "->", true
	}
	r, ok := otherHints[f.Hint]
	return f.Span, r, ok
}

func nameLength(s string) int {
	return len(s) - len(strings.TrimLeftFunc(s, func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }))
}
