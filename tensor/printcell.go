package tensor

import (
	"math"
	"strconv"
	"strings"
)

// precision is the number of digits that String shows after the decimal point, at most.
const precision = 8

// columnTexts formats the elements of a vector to one width, as the columns of an array.
func (d DType) columnTexts(cells *Tensor) []string {
	switch {
	case d == Bool:
		return alignRight(boolTexts(cells), len("False"))
	case d.IsInt():
		return alignRight(intTexts(cells), 0)
	case d.IsComplex():
		values := make([]complex128, cells.length)
		getComplex(values, d, cells.data, d.Size())
		re, im := make([]float64, len(values)), make([]float64, len(values))
		for i, v := range values {
			re[i], im[i] = real(v), imag(v)
		}
		left, right := realTexts(d.Real(), re, false), realTexts(d.Real(), im, true)
		for i, r := range right {
			digits := strings.TrimRight(r, " ")
			left[i] += digits + "j" + r[len(digits):]
		}
		return left
	}
	values := make([]float64, cells.length)
	getReals(values, d, cells.data, d.Size())
	return realTexts(d, values, false)
}

func boolTexts(cells *Tensor) []string {
	out := intTexts(cells)
	for i, s := range out {
		out[i] = "False"
		if s == "1" {
			out[i] = "True"
		}
	}
	return out
}

func intTexts(cells *Tensor) []string {
	values := make([]int64, cells.length)
	getInts(values, cells.dtype, cells.data, cells.dtype.Size())
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = strconv.FormatInt(v, 10)
	}
	return out
}

func alignRight(texts []string, width int) []string {
	for _, s := range texts {
		width = max(width, len(s))
	}
	for i, s := range texts {
		texts[i] = pad(width-len(s)) + s
	}
	return texts
}

func pad(n int) string { return strings.Repeat(" ", max(0, n)) }

// realTexts formats floats of type d to one width with the decimal points in one column. Plus puts a
// sign before positive ones too, as the imaginary parts of a column have it.
func realTexts(d DType, values []float64, plus bool) []string {
	if d.scientific(values) {
		return scientificTexts(d, values, plus)
	}
	return positionalTexts(d, values, plus)
}

// scientific reports whether NumPy would show an exponent: very large, very small, or too far apart.
func (d DType) scientific(values []float64) bool {
	least, most := math.Inf(1), 0.0
	for _, v := range values {
		if a := math.Abs(v); a != 0 && finite(v) {
			least, most = min(least, a), max(most, a)
		}
	}
	return most != 0 && (most >= min(1e8, d.wholeBelow()) || least < 1e-4 || most/least > 1000)
}

// wholeBelow bounds the numbers whose digits before the point all mean something; larger ones are shown
// with an exponent.
func (d DType) wholeBelow() float64 {
	switch d {
	case F16, BF16:
		return 1e3
	case F32:
		return 1e6
	}
	return 1e16
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func positionalTexts(d DType, values []float64, plus bool) []string {
	texts := make([]string, len(values))
	left, right := 0, 0 // of the point
	for i, v := range values {
		if !finite(v) {
			continue
		}
		whole, frac, _ := strings.Cut(signed(d.decimal(v), v, plus), ".")
		texts[i] = whole + "." + frac
		left, right = max(left, len(whole)), max(right, len(frac))
	}
	for i, v := range values {
		if finite(v) {
			point := strings.IndexByte(texts[i], '.')
			texts[i] = pad(left-point) + texts[i]
			texts[i] += pad(left + 1 + right - len(texts[i]))
		}
	}
	return specials(texts, values, left, right+1, plus)
}

func scientificTexts(d DType, values []float64, plus bool) []string {
	texts := make([]string, len(values))
	left, frac, exp := 0, 0, 0 // the widest parts
	for i, v := range values {
		if !finite(v) {
			continue
		}
		texts[i] = signed(d.exponential(v), v, plus)
		m, e, _ := strings.Cut(texts[i], "e")
		w, f, _ := strings.Cut(m, ".")
		left, frac, exp = max(left, len(w)), max(frac, len(f)), max(exp, len(e)-1)
	}
	for i, v := range values {
		if finite(v) { // not padded with zeros: NumPy goes on with v's own digits
			m, e, _ := strings.Cut(signed(strconv.FormatFloat(v, 'e', frac, 64), v, plus), "e")
			if frac == 0 {
				m += "."
			}
			texts[i] = pad(left+1+frac-len(m)) + m + "e" + e[:1] + strings.Repeat("0", exp-len(e)+1) + e[1:]
		}
	}
	return specials(texts, values, left, frac+exp+3, plus)
}

// specials adds NaNs and infinities to a column whose finite texts have left characters before the
// point and right ones from it on, and widens all texts if need be.
func specials(texts []string, values []float64, left, right int, plus bool) []string {
	width := left
	if left == 0 {
		right = 1 // NumPy counts a point that nothing finite has
	}
	for i, v := range values {
		if finite(v) {
			continue
		}
		switch {
		case math.IsNaN(v):
			texts[i] = "nan"
		case v < 0:
			texts[i] = "-inf"
		default:
			texts[i] = signed("inf", v, plus)
		}
		width = max(width, len(texts[i])-right)
	}
	for i := range texts {
		texts[i] = pad(width+right-len(texts[i])) + texts[i]
	}
	return texts
}

func signed(text string, v float64, plus bool) string {
	if plus && !math.Signbit(v) {
		return "+" + text
	}
	return text
}

// shortest gives the fewest digits that tell v from every other value of type d.
func (d DType) shortest(format byte, v float64) string {
	switch d {
	case F32:
		return strconv.FormatFloat(v, format, -1, 32)
	case F16, BF16:
		return strconv.FormatFloat(d.fewDigits(v), format, -1, 64)
	}
	return strconv.FormatFloat(v, format, -1, 64)
}

// fewDigits is the number of fewest decimal digits that rounds to the half value v.
func (d DType) fewDigits(v float64) float64 {
	round := F64ToF16
	if d == BF16 {
		round = F64ToBF16
	}
	for digits := 0; digits < 5; digits++ {
		w, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', digits, 64), 64)
		if err == nil && round(w) == round(v) {
			return w
		}
	}
	return v
}

// decimal writes v with a point and at most precision digits after it, none of them a trailing zero.
func (d DType) decimal(v float64) string {
	s := d.shortest('f', v)
	point := strings.IndexByte(s, '.')
	if point < 0 {
		return s + "."
	}
	if len(s)-point-1 > precision {
		s = strings.TrimRight(strconv.FormatFloat(v, 'f', precision, 64), "0")
	}
	return s
}

// exponential writes v with one digit before the point, at most precision after it, and an exponent.
func (d DType) exponential(v float64) string {
	s := d.shortest('e', v)
	m, e, _ := strings.Cut(s, "e")
	if len(strings.TrimPrefix(m, "-")) > len("1.")+precision {
		m, e, _ = strings.Cut(strconv.FormatFloat(v, 'e', precision, 64), "e")
		m = strings.TrimRight(m, "0")
	}
	if !strings.Contains(m, ".") {
		m += "."
	}
	return m + "e" + e
}

// scalarText shows the one element of a tensor of rank 0, as Python's str shows a NumPy scalar.
func (d DType) scalarText(cell *Tensor) string {
	switch {
	case d == Bool:
		return boolTexts(cell)[0]
	case d.IsInt():
		return intTexts(cell)[0]
	case d.IsComplex():
		var v [1]complex128
		getComplex(v[:], d, cell.data, d.Size())
		return d.complexText(v[0])
	}
	var v [1]float64
	getReals(v[:], d, cell.data, d.Size())
	s := d.scalarFloat(v[0])
	if finite(v[0]) && !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s
}

func (d DType) complexText(v complex128) string {
	re, im := d.Real().scalarFloat(real(v)), signed(d.Real().scalarFloat(imag(v)), imag(v), true)
	if real(v) == 0 && !math.Signbit(real(v)) {
		return strings.TrimPrefix(im, "+") + "j"
	}
	return "(" + re + im + "j)"
}

// scalarFloat has an exponent below 1e-4 and where digits would mean nothing, and no point that is not
// needed.
func (d DType) scalarFloat(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "nan"
	case math.IsInf(v, 1):
		return "inf"
	case math.IsInf(v, -1):
		return "-inf"
	case a != 0 && (a < 1e-4 || a >= d.wholeBelow()):
		return d.shortest('e', v)
	}
	return d.shortest('f', v)
}
