package parser

import (
	"math"
	"math/rand"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/tensor"
)

// roundTrip demands that the canonical text of p reads back as p.
func roundTrip(t testing.TB, p *Program) {
	again, err := Parse(p.String(), p.Mode)
	require.NoError(t, err, "%q", p.String())
	require.Equal(t, p.String(), again.String())
	if p.Notation != Sublists { // whose labels become letters
		require.Equal(t, plain(p), plain(again))
	}
}

func TestRoundTrip(t *testing.T) {
	for src, want := range map[string]string{
		" ik , kj->ij ":         "ik,kj->ij",
		"":                      "",
		",a...,->...":           ",a...,->...",
		"ζα,αB":                 "ζα,αB",
		"C[i]=-(A[i])":          "C[i] = -A[i]",
		"C[ i ]+=-(2)*- -A[i]":  "C[i] += -(2)*--A[i]",
		"C[i] = -2e3/(A[i]/B)":  "C[i] = -2000.0/(A[i]/B)",
		"C[i] = (A[i]+B)-(B-1)": "C[i] = (A[i] + B) - (B - 1)",
		"C[i]max=(A[i]*B)*(B/1)*max(A[i],\n (B+1.5)*2)":               "C[i] max= (A[i]*B)*(B/1)*max(A[i],(B + 1.5)*2)",
		"# note\n\nT[i] = # why\n  A[i] +\n B[i]; s = T[i] *\r\n 2;;": "T[i] = A[i] + B[i]\ns = T[i]*2",
		"s[]=t[]*1":                         "s = t*1",
		"größe_1[ä,i2] min= A[ä,i2]*0.1e-7": "größe_1[ä,i2] min= A[ä,i2]*1e-08",
	} {
		p, err := Parse(src, ModeAuto)
		require.NoError(t, err, src)
		require.Equal(t, want, p.String())
		roundTrip(t, p)
	}
	p, err := Parse("s = t", ModeIndex)
	require.NoError(t, err)
	require.Equal(t, "s[] = t", p.String())
	roundTrip(t, p)
	for _, src := range []string{"s max= t", "s min= t"} { // no slip in an einsum string looks like it
		p, err := Parse(src, ModeAuto)
		require.NoError(t, err)
		require.Equal(t, src, p.String())
		roundTrip(t, p)
	}
	for _, c := range readFacts(t, "testdata/corpus.jsonl") {
		if programs, err := c.programs(ModeAuto); err == nil {
			for _, p := range programs {
				roundTrip(t, p)
				if c.Sublists != nil && p.Notation == Sublists {
					require.Equal(t, *c.Eq, p.String())
				}
			}
		}
	}
}

// TestSublists checks large labels, whose letters sort like the numbers.
func TestSublists(t *testing.T) {
	p, err := ParseSublists([][]any{{100, 7}, {7, int8(3), Ellipsis}}, nil, ModeIndex)
	require.NoError(t, err)
	require.Equal(t, "CB,BA...", p.String())
	require.Equal(t, "[100,7],[7,3,...]", p.Src)
	q, err := p.Bind(parseSpecs(t, "2x3 3x4x5"))
	require.NoError(t, err)
	require.Equal(t, []int{5, 4, 2}, q.Tensors[q.Output].Shape)
	p, err = ParseSublists([][]any{{51, 26}}, []any{}, ModeAuto)
	require.NoError(t, err)
	require.Equal(t, "za->", p.String())
	p, err = ParseSublists([][]any{{uint(1), uint64(2)}, {uint32(2), int64(3)}}, []any{1, 3}, ModeAuto)
	require.NoError(t, err)
	require.Equal(t, "BC,CD->BD", p.String())
	_, err = ParseSublists([][]any{{uint64(math.MaxUint64)}}, nil, ModeIndex)
	require.ErrorContains(t, err, "is an int or Ellipsis, not uint64 '18446744073709551615'")
	for _, bad := range [][]any{{"i"}, {1.5}, {nil}, {-1}, {52}, {Ellipsis, Ellipsis}} {
		_, err := ParseSublists([][]any{bad}, nil, ModeNumPy)
		require.NotEmpty(t, code(t, err))
	}
	_, err = ParseSublists(nil, nil, ModeAuto)
	require.Equal(t, CodeNoOperands, code(t, err))
}

// TestNotation checks which notation a text is taken for, by the error or the program it gives.
func TestNotation(t *testing.T) {
	for src, want := range map[string]Code{
		"ij=>ik": CodeMalformedArrow, "i=j": CodeBadChar, "[ij],jk->ik": CodeBadChar, "ij,jk=ik": CodeBadChar,
		"ij->i=j": CodeBadChar, "A[i]*B[i]": CodeBadChar, "relu(X)": CodeBadChar, "ij # =": CodeBadChar,
		"ab\xffc": CodeBadChar, "a\u0301": CodeBadChar, "C[i] = \xff": CodeBadChar, "i→j": CodeBadChar,
		"C[i] =": CodeSyntax, "C[i] == A[i]": CodeUnknownOperator, "C[i] => A[i]": CodeUnknownOperator, "C[i] = A[i] = B[i]": CodeSyntax,
		"C[i] = A[i]**2": CodeUnknownOperator, "C[i] = A[i] /= 2": CodeUnknownOperator, "C[i] = (A[i]**2)": CodeUnknownOperator,
		"C[i] = A[i+1]": CodeSyntax, "C[i] = A[0]": CodeSyntax, "C[i] = A[i,]": CodeSyntax, "C[i] = A[i": CodeSyntax,
		"C[i] = (A[i]": CodeSyntax, "C[i] = A[i])": CodeSyntax, "C[i] = 2A[i]": CodeSyntax, "C[i] = A[i] B[i]": CodeSyntax,
		"C[i] = +A[i]": CodeSyntax, "C[i] = [i]": CodeSyntax, "2 = A[i]": CodeSyntax, "relu(A[i]) = A[i]": CodeSyntax,
		"max= A[i]": CodeSyntax, "C[i] = A[i].T": CodeBadChar, "C[i] = A[:]": CodeBadChar, "C[i] = softmax(A[i])": CodeUnknownFunction,
		"C[i] = exp(A[i],B[i])": CodeArity, "C[i] = exp()": CodeArity, "C[i] = exp[i]": CodeReservedName, "C[i] = max*A[i]": CodeReservedName,
		"C[i] = A[i] ... B": CodeSyntax, "C[i] -> A[i] = 2": CodeUnknownOperator, "C[i] = 1..2": CodeBadChar,
		"C[i] = A[i,j]; A[i] = C[i]*A[i]": CodeIndexRank, "C[i] = A[i]; C[i] = A[i]; D = 2*C[i]": CodeUnusedResult,
		"C[i,j] *= A[i]": CodeOutputUnknown, "=[": CodeSyntax,
	} {
		p, err := Parse(src, ModeAuto)
		if err == nil {
			_, err = p.Bind([]Spec{{DType: tensor.F64, Shape: []int{2}}})
		}
		require.Equal(t, want, code(t, err), "%q: %v", src, err)
	}
	for _, src := range []string{"", "  ", "# only\n# comments", ";;"} {
		_, err := Parse(src, ModeIndex)
		if strings.ContainsAny(src, "#;") {
			require.NotEmpty(t, code(t, err), src) // no "=": an einsum string
		}
	}
	_, err := Parse("C[i] = A[i]", ModeNumPy)
	require.Equal(t, CodeBadChar, code(t, err))
	_, err = Parse("# =[\n", ModeIndex)
	require.NotEmpty(t, code(t, err))
}

// A text whose only sign of index notation is "=" is an einsum string, and the error says how to write the other.
func TestEqualsInEinsum(t *testing.T) {
	for _, src := range []string{"Y = A", "i=j", "ij,jk=ik"} {
		_, err := Parse(src, ModeAuto)
		var e *Error
		require.ErrorAs(t, err, &e)
		require.Contains(t, e.Hint, "read as an einsum string, whose output follows '->'")
		require.Contains(t, e.Hint, "Y[] = A[]")
	}
	p, err := Parse("Y[] = A[]", ModeAuto)
	require.NoError(t, err)
	require.Equal(t, "Y[] = A", p.String())
}

// TestEinstein checks rules and advice that the corpus has no case for.
func TestEinstein(t *testing.T) {
	for src, want := range map[string]Code{
		"R[i,j] = (A[i,k]*B[k,j] + C[i,j])*s": "", "R[i] = (A[i,k]*B[k,j] + C[i,j])*v[j]": "", "R[i] = relu(A[i,k]*x[k] + b[i])": "",
		"s = A[i,i]*(B[j,j] + 1)": "", "R[i] += -A[i]": "", "s = exp(A[i,i])*B[i,i]": "",
		"R[i] = A[i] + 1": CodeFreeIndexMismatch, "R[i] = A[i,j]*(B[j,k]*C[k,j])": CodeIndexMoreThanTwice,
		"R[i] = A[i]*exp(B[i])": CodeRepeatedIndexNotSummed, "R[i] = max(A[i],B[j])": CodeFreeIndexMismatch,
		"R[i,i] = A[i]": CodeOutputRepeated, "R[i,j] = A[i,k]": CodeSingleIndexSummed, "R *= A[i,i]": CodeNotASum,
		"R[i] = A[...,i]": CodeUsesEllipsis, "R[i] = exp(A[i,i])*b[i]": CodeRepeatedIndexNotSummed,
	} {
		p, err := Parse(src, ModeEinstein)
		require.Equal(t, want, code(t, err), "%q: %v", src, err)
		if err == nil {
			roundTrip(t, p)
			continue
		}
		require.NotEmpty(t, err.(*Error).Hint, src)
		if want != CodeNotASum {
			require.Contains(t, err.Error(), "of the Einstein convention", src)
		}
	}
	// The sum over k stays within its brackets.
	p, err := Parse("R[i] = (A[i,k]*B[k,j] + C[i,j])*v[j]", ModeEinstein)
	require.NoError(t, err)
	q, err := p.Bind(parseSpecs(t, "2x2 2x2 2x2 2"))
	require.NoError(t, err)
	verify(t, q)
	require.Contains(t, q.String(), "= sum[j](mul(add(sum[k](mul(A[i,k], B[k,j])), C[i,j]), v[j]))")
}

// TestOperands checks how specs meet operands.
func TestOperands(t *testing.T) {
	const src = "T[i] += A[i]; C[i] max= T[i] + B[i]"
	for specs, want := range map[string]Code{
		"2 2": "", "2 2 2 2": "", "A=2 B=2": "", "B=2 C=2 A=2": "", "T=2 A=2 B=2": "",
		"2 2 2": CodeOperandCount, "2": CodeOperandCount, "": CodeNoOperands, "A=2": CodeUndefinedName, "A=2 B=2 X=2": CodeUnknownOperand,
		"A=2 A=2 B=2": CodeBadSpec, "A=2 2": CodeBadSpec, "T=1 A=2 B=2": CodeDimMismatch, "A=2 B=3": CodeDimMismatch,
	} {
		q, err := bindText(t, src, specs)
		require.Equal(t, want, code(t, err), "%s: %v", specs, err)
		if err == nil {
			verify(t, q)
			require.Equal(t, strings.Count(specs, "2"), q.Operands)
		}
	}
	p, err := Parse("C[i] += A[i]*C[i]; D[i] *= E[i] + C[i]", ModeAuto)
	require.NoError(t, err)
	var names []string
	for _, o := range p.Operands {
		if o.Optional {
			o.Name += "?"
		}
		names = append(names, o.Name)
	}
	require.Equal(t, []string{"C", "A", "D?", "E"}, names)
	_, err = bindText(t, "ij->", "A=2x3")
	require.Equal(t, CodeUnknownOperand, code(t, err))
	q, err := bindText(t, "C[i] += A[i]", "i32:2 f32:2")
	require.NoError(t, err)
	require.Len(t, q.Statements, 2) // the first converts the old value
	require.Equal(t, "operand C i32[2] row-major\noperand A f32[2] row-major\n"+
		"C.2[axis0] f64[2] = cast f64(C[axis0])  for axis0=2\nC.3[i] f64[2] = C.2 + cast f64(A[i])  for i=2\n", q.String())
	require.Equal(t, []float64{1 + 2, 2 + 3}, evaluate(t, q))
}

func TestSpecs(t *testing.T) {
	bind := func(s Spec) Code {
		p, err := Parse("i...->...", ModeAuto)
		require.NoError(t, err)
		_, err = p.Bind([]Spec{s})
		return code(t, err)
	}
	long := make([]int, MaxRank+1)
	for want, s := range map[Code]Spec{
		CodeLimitRank: {DType: tensor.F32, Shape: long}, CodeBadSpec: {DType: tensor.F32, Shape: []int{2}, Strides: []int{1, 1}},
		CodeOverflow:   {DType: tensor.F32, Shape: []int{2}, Strides: []int{-1 << 63}},
		CodeLimitBytes: {DType: tensor.I8, Shape: []int{1<<46 + 1}}, "": {DType: tensor.I8, Shape: []int{1 << 46}},
	} {
		require.Equal(t, want, bind(s))
	}
	require.Equal(t, CodeBadSpec, bind(Spec{Shape: []int{2}}))
	require.Equal(t, CodeBadSpec, bind(Spec{DType: 200, Shape: []int{2}}))
	require.Equal(t, CodeOverflow, bind(Spec{DType: tensor.C128, Shape: []int{5, 0, 1 << 62}}))
	require.Equal(t, CodeOverflow, bind(Spec{DType: tensor.F64, Shape: []int{2}, Strides: []int{1<<61 - 1}}))
	require.Equal(t, CodeLimitBytes, bind(Spec{DType: tensor.F64, Shape: []int{3}, Strides: []int{-1 << 43}}))
	require.Equal(t, CodeRankTooLow, bind(Spec{DType: tensor.F64, Shape: []int{}}))
}

func TestLayout(t *testing.T) {
	for _, c := range []struct {
		shape, strides []int
		want           Layout
		text           string
	}{
		{[]int{2, 3}, nil, Layout{Strides: []int{3, 1}, UnitAxis: 1, Fuses: []bool{true}}, "row-major"},
		{[]int{2, 3}, []int{1, 2}, Layout{Strides: []int{1, 2}, UnitAxis: 0, Fuses: []bool{false}}, "strides [1,2] unit axis 0"},
		{[]int{2, 3, 4}, []int{0, 4, -1}, Layout{Strides: []int{0, 4, -1}, UnitAxis: -1, Fuses: []bool{false, false}, Broadcast: true},
			"strides [0,4,-1] broadcast"},
		{[]int{}, nil, Layout{Strides: []int{}, UnitAxis: -1}, "row-major"},
		{[]int{0, 5, 1}, nil, Layout{Strides: []int{5, 1, 1}, UnitAxis: 1, Fuses: []bool{true, true}}, "row-major"},
		{[]int{1, 4}, []int{0, 1}, Layout{Strides: []int{0, 1}, UnitAxis: 1, Fuses: []bool{false}}, "strides [0,1] unit axis 1"},
	} {
		l := new(layouts).layout(c.shape, c.strides)
		require.Equal(t, c.want, l)
		require.Equal(t, c.text, l.text(c.shape))
	}
}

func TestDetail(t *testing.T) {
	detail := func(src, specs string) string {
		_, err := bindText(t, src, specs)
		require.Error(t, err)
		_, text, _ := strings.Cut(err.(*Error).Detail(), "\n")
		return text
	}
	require.Equal(t, "    αβ,βγ->αγ\n     ^ ^", detail("αβ,βγ->αγ", "2x3 4x5"))
	require.Equal(t, "    line 1: T[i] = A[i]*\n                     ^\n    line 2: \tB[i]\n            \t  ^",
		detail("T[i] = A[i]*\n\tB[i]\n", "2 3"))
	far := detail("C[i] = A[i]*1"+strings.Repeat("*1", 200)+"*B[i]", "2 3")
	require.Len(t, strings.Split(far, "\n"), 4)
	for _, line := range strings.Split(far, "\n") {
		require.Less(t, len([]rune(line)), 120)
	}
	_, err := Parse("a\x1b[31m\u202e", ModeNumPy)
	require.NotContains(t, err.(*Error).Detail(), "\x1b")
	require.NotContains(t, err.(*Error).Detail(), "\u202e")
	require.Equal(t, "    i,i->i\n          ^", strings.Join(excerpts("i,i->i", Span{6, 6}, Span{}), "\n"))
}

func TestSuggest(t *testing.T) {
	known := []string{"alpha", "beta", "i", "Weights"}
	for wrong, want := range map[string]string{"aplha": "alpha", "bet": "beta", "I": "i", "j": "", "weights": "Weights", "gamma": "", "": ""} {
		require.Equal(t, want, closest(wrong, known), wrong)
	}
}

// TestLong parses and binds programs that are long, flat, or as deep as is allowed.
func TestLong(t *testing.T) {
	const n = 20000
	for _, src := range []string{"s = x" + strings.Repeat(" - x", n), "s = x" + strings.Repeat("*x", n), "s = max(x" + strings.Repeat(",x", n) + ")",
		"s = " + strings.Repeat("(", 999) + "x" + strings.Repeat(")", 999), "s = " + strings.Repeat("-", 999) + "x",
		"s = " + strings.Repeat("gelu(", 999) + "x" + strings.Repeat(")", 999), "s = x" + strings.Repeat("/x", 998)} {
		p, err := Parse(src, ModeAuto)
		require.NoError(t, err)
		roundTrip(t, p)
		q, err := p.Bind(parseSpecs(t, "scalar"))
		require.NoError(t, err)
		verify(t, q)
		require.NotEmpty(t, q.String())
		text, err := ExplainSizes(p, parseSpecs(t, "scalar"))
		require.NoError(t, err)
		require.Less(t, len(text), 2000)
	}
	p, err := Parse(strings.Repeat("T[i] = T[i]*x[i]\n", n), ModeAuto)
	require.NoError(t, err)
	q, err := p.Bind(parseSpecs(t, "2 2"))
	require.NoError(t, err)
	require.Len(t, q.Statements, n)
}

// TestLetters pins that one letter is one label for a sample of Unicode.
func TestLetters(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for range 2000 {
		r := rune(rng.Intn(unicode.MaxRune + 1))
		_, err := Parse(string(r), ModeNumPy)
		want := Code("")
		if !unicode.IsLetter(r) && !strings.ContainsRune(" ,", r) {
			want = CodeBadChar
		}
		if got := code(t, err); r > 127 {
			require.Equal(t, want, got, "%U", r)
		}
	}
}
