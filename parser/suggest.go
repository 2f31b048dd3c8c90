package parser

import (
	"strings"
	"unicode/utf8"
)

// didYouMean is a hint for a wrong name: the closest of known, or else all of them after otherwise.
// It is empty if nothing is known.
func didYouMean(wrong string, known []string, otherwise string) string {
	if best := closest(wrong, known); best != "" {
		return "did you mean " + quote(best) + "?"
	}
	if len(known) == 0 || otherwise == "" {
		return ""
	}
	return otherwise + list(known)
}

// closest is the known name nearest to wrong, or "" if none is near: names that differ in case only
// are nearest; else a third of the letters may differ.
func closest(wrong string, known []string) string {
	n := utf8.RuneCountInString(wrong)
	if n > 64 {
		return ""
	}
	best, least := "", n/3+1
	if n == 2 {
		least = 2
	}
	for _, k := range known[:min(len(known), 1000)] {
		if strings.EqualFold(k, wrong) {
			return k
		}
		if d := distance(wrong, k); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is the number of letters to insert, delete, replace or swap with a neighbour to make a
// into b.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(y) > 64 {
		return len(y)
	}
	var before []int
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		next := make([]int, len(y)+1)
		next[0] = i + 1
		for j := range y {
			d := row[j]
			if x[i] != y[j] {
				d++
			}
			next[j+1] = min(d, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(y)]
}
