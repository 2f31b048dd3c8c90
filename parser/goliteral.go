package parser

import (
	"errors"
	"strconv"
	"strings"
)

// UnquoteGo reads the Go string literal that src begins with, quoted or raw; what follows it is not
// looked at. Byte i of the value is written at src[at[i]:]; at[len(value)] is the closing quote. The
// bytes of one escape share its place.
func UnquoteGo(src string) (value string, at []int, err error) {
	switch {
	case strings.HasPrefix(src, "`"):
		return unquoteRaw(src)
	case strings.HasPrefix(src, `"`):
		return unquoteInterpreted(src)
	}
	return "", nil, errors.New("a Go string begins with a quote")
}

// unquoteRaw leaves carriage returns out, as Go does.
func unquoteRaw(src string) (string, []int, error) {
	n := strings.IndexByte(src[1:], '`')
	if n < 0 {
		return "", nil, errors.New("the closing quote is missing")
	}
	var b strings.Builder
	at := make([]int, 0, n+1)
	for i := 1; i <= n; i++ {
		if src[i] != '\r' {
			b.WriteByte(src[i])
			at = append(at, i)
		}
	}
	return b.String(), append(at, n+1), nil
}

func unquoteInterpreted(src string) (string, []int, error) {
	var b strings.Builder
	var at []int
	for i := 1; i < len(src); {
		switch src[i] {
		case '"':
			return b.String(), append(at, i), nil
		case '\n':
			return "", nil, errors.New("the closing quote is missing in this line")
		}
		r, multibyte, rest, err := strconv.UnquoteChar(src[i:], '"')
		if err != nil {
			return "", nil, errors.New("this is not an escape of Go strings")
		}
		before, width := b.Len(), len(src)-len(rest)-i
		if multibyte {
			b.WriteRune(r)
		} else {
			b.WriteByte(byte(r))
		}
		for range b.Len() - before {
			at = append(at, i)
		}
		i += width
	}
	return "", nil, errors.New("the closing quote is missing")
}
