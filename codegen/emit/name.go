package emit

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Words that C11 or C++20 reserve, and that a function therefore cannot be called.
var keywords = strings.Fields(`
alignas alignof and and_eq asm atomic_cancel auto bitand bitor bool break case catch char char16_t char32_t char8_t class
co_await co_return co_yield compl concept const const_cast consteval constexpr constinit continue decltype default delete
do double dynamic_cast else enum explicit export extern false final float for friend goto if import inline int long main
module mutable namespace new noexcept not not_eq nullptr operator or or_eq override private protected public register
reinterpret_cast requires restrict return short signed sizeof static static_assert static_cast struct switch synchronized
template this thread_local throw true try typedef typeid typename typeof union unsigned using virtual void volatile while
xor xor_eq NULL offsetof linux unix i386 errno`)

var (
	identifier = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
	// libraryName is what stdint.h and stddef.h take for types and macros.
	libraryName = regexp.MustCompile(`_t$|_(C|MAX|MIN|WIDTH)$`)
)

// CheckName refuses a kernel's name that C or C++ cannot take, or whose derived names are too long. It comes
// before anything is made of a name.
func CheckName(name string) error {
	for _, suffix := range functionSuffixes {
		if err := checkName(name + suffix); err != nil {
			return err
		}
	}
	return nil
}

const maxName = 63 // characters that C11 promises to tell names apart by

// checkName refuses what is not usable as a function name in both C and C++.
func checkName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("the C name is empty")
	case len(name) > maxName:
		return fmt.Errorf("the C name %.20q… has %d characters; the limit is %d", name, len(name), maxName)
	case !identifier.MatchString(name) || strings.Contains(name, "__"):
		return fmt.Errorf("%q is no C name: use ASCII letters, digits and single underscores, a letter first", name)
	case slices.Contains(keywords, name):
		return fmt.Errorf("%q cannot be used as a C name: C or C++ reserves it: choose another (--name)", name)
	case inLibrary(name):
		return fmt.Errorf("%q cannot be used as a C name: the C library has a function of that name: choose another (--name)", name)
	case libraryName.MatchString(name):
		return fmt.Errorf("%q cannot be used as a C name: names of this form belong to the C library: choose another (--name)", name)
	}
	return nil
}

const maxComment = 1000 // characters of an expression that a comment shows

// commentLines makes text from outside harmless in a C block comment: no end or beginning of a comment, no
// trigraph, no control or direction character, no backslash at the end of a line.
func commentLines(text string) []string {
	runes := []rune(text)
	if len(runes) > maxComment {
		runes = append(runes[:maxComment:maxComment], '…')
	}
	var lines []string
	for _, line := range strings.FieldsFunc(string(runes), func(r rune) bool { return r == '\n' || r == '\r' }) {
		line = strings.Map(func(r rune) rune {
			if r == '\t' {
				return ' '
			}
			if !unicode.IsPrint(r) || r == '\\' || r == unicode.ReplacementChar {
				return '?'
			}
			return r
		}, line)
		for _, pair := range []string{"*/", "/*", "??", "//"} {
			for strings.Contains(line, pair) {
				line = strings.ReplaceAll(line, pair, pair[:1]+" "+pair[1:])
			}
		}
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return lines
}

// commentWord is commentLines on one line.
func commentWord(text string) string { return strings.Join(commentLines(text), " ") }
