package parser

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// around is how many runes of a long line are shown on either side of a place; a line of up to whole
// runes is shown in full.
const (
	around = 40
	whole  = 100
)

// excerpts shows the places a and b of src with carets. They share a block if they fit on one line of
// the screen.
func excerpts(src string, a, b Span) []string {
	if src == "" {
		return nil
	}
	la, lb := lineAt(src, a.Start), lineAt(src, b.Start)
	switch {
	case b.End <= b.Start:
		return []string{block(src, la, a)}
	case la == lb && spread(src, a, b) <= whole:
		return []string{block(src, la, a, b)}
	}
	return []string{block(src, la, a), block(src, lb, b)}
}

// lineAt is the line that holds byte pos, without its end.
func lineAt(src string, pos int) Span {
	pos = min(pos, len(src))
	start := strings.LastIndexByte(src[:pos], '\n') + 1
	end := strings.IndexByte(src[pos:], '\n')
	if end < 0 {
		return Span{start, len(src)}
	}
	return Span{start, pos + end}
}

// spread is the number of runes from the first place to the last, or of the whole line if it is short.
func spread(src string, a, b Span) int {
	return utf8.RuneCountInString(src[min(a.Start, b.Start):max(min(a.End, len(src)), b.End)])
}

// block is a line of src, or as much of it as is near the places, with carets below them.
func block(src string, line Span, places ...Span) string {
	shown := window(src, line, places)
	head := "    "
	if strings.IndexByte(src, '\n') >= 0 {
		head = fmt.Sprintf("    line %d: ", 1+strings.Count(src[:line.Start], "\n"))
	}
	text, marks := []rune(head), []rune(strings.Repeat(" ", len(head)))
	if shown.Start > line.Start {
		text, marks = append(text, '…'), append(marks, ' ')
	}
	for pos, r := range src[shown.Start:shown.End] {
		t, m := glyph(r), ' '
		if r == '\t' {
			m = '\t'
		}
		if marked(shown.Start+pos, places) {
			m = '^'
		}
		text, marks = append(text, t), append(marks, m)
	}
	if shown.End < line.End {
		text = append(text, '…')
	} else if marked(line.End, places) {
		marks = append(marks, '^')
	}
	return strings.TrimRight(string(text), " ") + "\n" + strings.TrimRight(string(marks), " \t")
}

// glyph is what is shown for r: control characters must not reach a terminal.
func glyph(r rune) rune {
	if r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029') {
		return '·'
	}
	return r
}

// marked reports whether the byte at pos is in one of the places; an empty place marks one position.
func marked(pos int, places []Span) bool {
	for _, p := range places {
		if p.Start <= pos && pos < max(p.End, p.Start+1) {
			return true
		}
	}
	return false
}

// window is the part of line to show: all of it, or some runes around the places.
func window(src string, line Span, places []Span) Span {
	if utf8.RuneCountInString(src[line.Start:min(line.End, line.Start+4*whole)]) <= whole &&
		line.End-line.Start <= 4*whole {
		return line
	}
	lo, hi := places[0].Start, places[0].End
	for _, p := range places[1:] {
		lo, hi = min(lo, p.Start), max(hi, p.End)
	}
	hi = min(hi, line.End, forward(src, lo, line.End, whole))
	for i := 0; i < around && lo > line.Start; i++ {
		_, n := utf8.DecodeLastRuneInString(src[line.Start:lo])
		lo -= n
	}
	return Span{lo, forward(src, max(hi, lo), line.End, around)}
}

// forward is pos moved on by up to n runes, not past end.
func forward(src string, pos, end, n int) int {
	for ; n > 0 && pos < end; n-- {
		_, size := utf8.DecodeRuneInString(src[pos:end])
		pos += size
	}
	return pos
}
