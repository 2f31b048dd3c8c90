package parser

import "strings"

// Parse reads an einsum string or a program in index notation; which of them is told from the text:
// only index notation has "=" next to brackets or operators. ModeNumPy takes the text for an einsum
// string whatever it looks like. The error is an *Error.
func Parse(src string, mode Mode) (*Program, error) {
	if len(src) > MaxSource {
		return nil, source("").fail(CodeLimitSource, Span{}, "the text has %d bytes, more than %d", len(src), MaxSource)
	}
	if mode > ModeEinstein {
		mode = ModeAuto
	}
	if mode != ModeNumPy && isIndexNotation(src, mode) {
		return parseIndex(src, mode)
	}
	return parseEinsum(src, mode)
}

// isIndexNotation decides between the notations so that a slip in an einsum string ("ij=>ik", "i=j",
// "[ij],jk") is reported as one.
func isIndexNotation(src string, mode Mode) bool {
	code := stripComments(src)
	switch {
	case !strings.Contains(code, "="):
		return false
	case strings.Contains(code, "["):
		return true
	case strings.Contains(code, "->"), strings.Contains(code, "=>"):
		return false
	}
	left, right, _ := strings.Cut(code, "=")
	if strings.Contains(left, ",") {
		return false
	}
	if w := strings.Fields(left); len(w) == 2 && (w[1] == "max" || w[1] == "min") {
		return true
	}
	return mode == ModeIndex || strings.ContainsAny(code, "()+*/;\n0123456789") || strings.Contains(right, "-")
}

// stripComments removes what follows a # on each line.
func stripComments(src string) string {
	if !strings.Contains(src, "#") {
		return src
	}
	var b strings.Builder
	for len(src) > 0 {
		line, rest, _ := strings.Cut(src, "\n")
		line, _, _ = strings.Cut(line, "#")
		b.WriteString(line)
		if rest != "" {
			b.WriteByte('\n')
		}
		src = rest
	}
	return b.String()
}
