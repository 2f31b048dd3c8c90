package parser

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind tells tokens apart; punctuation and operators are tokOp, told apart by their text.
type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokLine
	tokName
	tokNumber
	tokOp
)

// token is a word of index notation.
type token struct {
	kind tokenKind
	text string
	span Span
}

func (t token) is(op string) bool { return t.kind == tokOp && t.text == op }

// name is how a message calls the token.
func (t token) name() string {
	switch t.kind {
	case tokEnd:
		return "the end"
	case tokLine:
		return "the end of the line"
	}
	return quote(t.text)
}

// operators are tried in order, so longer ones come first. Some exist only to be refused by name.
var operators = []string{"...", "**", "==", "!=", "<=", ">=", "=>", "->", ":=", "+=", "*=", "-=", "/=",
	"[", "]", "(", ")", ",", ";", "=", "+", "-", "*", "/"}

// lexer cuts index notation into tokens.
type lexer struct {
	source
	pos    int
	inside int // brackets that are open: a newline in them is a space
}

// next reads one token.
func (l *lexer) next() (token, error) {
	src := string(l.source)
	l.space()
	if l.pos == len(src) {
		return token{tokEnd, "", Span{l.pos, l.pos}}, nil
	}
	r, _ := utf8.DecodeRuneInString(src[l.pos:])
	switch {
	case r == '\n':
		return l.take(tokLine, 1), nil
	case isNameStart(r):
		return l.word(), nil
	case isDigit(r) || r == '.' && l.pos+1 < len(src) && isDigit(rune(src[l.pos+1])):
		return l.take(tokNumber, numberLength(src[l.pos:])), nil
	}
	for _, op := range operators {
		if strings.HasPrefix(src[l.pos:], op) {
			return l.operator(op), nil
		}
	}
	return token{}, l.strange(r)
}

func (l *lexer) take(kind tokenKind, n int) token {
	t := token{kind, string(l.source[l.pos : l.pos+n]), Span{l.pos, l.pos + n}}
	l.pos += n
	return t
}

// space skips blanks and comments, and newlines inside brackets.
func (l *lexer) space() {
	src := string(l.source)
	for l.pos < len(src) {
		switch c := src[l.pos]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' && l.inside > 0:
			l.pos++
		case c == '#':
			if n := strings.IndexByte(src[l.pos:], '\n'); n >= 0 {
				l.pos += n
			} else {
				l.pos = len(src)
			}
		default:
			return
		}
	}
}

func (l *lexer) operator(op string) token {
	switch op {
	case "(", "[":
		l.inside++
	case ")", "]":
		l.inside = max(l.inside-1, 0)
	}
	return l.take(tokOp, len(op))
}

// word reads a name, or max= and min=.
func (l *lexer) word() token {
	src := string(l.source[l.pos:])
	n := 0
	for n < len(src) {
		r, size := utf8.DecodeRuneInString(src[n:])
		if !isNameStart(r) && !unicode.IsDigit(r) {
			break
		}
		n += size
	}
	if w := src[:n]; (w == "max" || w == "min") && strings.HasPrefix(src[n:], "=") && !strings.HasPrefix(src[n:], "==") {
		return l.take(tokOp, n+1)
	}
	return l.take(tokName, n)
}

func isNameStart(r rune) bool { return r == '_' || unicode.IsLetter(r) }

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// numberLength is the length of the number that src begins with: digits, a point, an exponent. A point
// is not taken from an ellipsis.
func numberLength(src string) int {
	digits := func(n int) int {
		for n < len(src) && isDigit(rune(src[n])) {
			n++
		}
		return n
	}
	n := digits(0)
	if n < len(src) && src[n] == '.' && !strings.HasPrefix(src[n:], "..") {
		n = digits(n + 1)
	}
	if n < len(src) && (src[n] == 'e' || src[n] == 'E') {
		m := n + 1
		if m < len(src) && (src[m] == '+' || src[m] == '-') {
			m++
		}
		if end := digits(m); end > m {
			n = end
		}
	}
	return n
}

// strange refuses a character that begins no token.
func (l *lexer) strange(r rune) error {
	_, size := utf8.DecodeRuneInString(string(l.source[l.pos:]))
	at := Span{l.pos, l.pos + size}
	if r == utf8.RuneError && size == 1 {
		return l.fail(CodeBadChar, at, "the text is not UTF-8: byte 0x%02x", l.source[l.pos])
	}
	err := l.fail(CodeBadChar, at, "%s does not belong to index notation", quote(string(r)))
	switch r {
	case '@':
		return err.hint("a matrix product is C[i,j] = A[i,k]*B[k,j]")
	case ':':
		return err.hint("an axis always has an index name; slices are taken before the call")
	case '^':
		return err.hint("there are no powers: write x*x, or exp(p*log(x))")
	case '·', '×', '∗':
		return err.hint("multiplication is *")
	case '−', '–':
		return err.hint("this is not the ASCII minus sign; write -")
	case '.':
		return err.hint("names have no attributes; a transpose is B[j,i] = A[i,j]")
	case '\'':
		return err.hint("a transpose is B[j,i] = A[i,j]")
	}
	return err
}
