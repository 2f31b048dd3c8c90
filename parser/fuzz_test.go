package parser

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/tensor"
)

var seeds = []string{"ik,kj->ij", "...ij,j...", "ii->i", ",->", "i->->", "ij=>ik", "Y[b,o] = relu(X[b,i]*W[i,o] + bias[o])",
	"C[i,j] += A[i,k]*B[k,j]; D[i,i] max= C[i,j]/2 - -1e3", "s = max(1,2.5,-(x))", "M[i] max= S[i,j]\nE[i,j] = exp(S[i,j] - M[i]) # x\n",
	"O[i] = exp(S[i,j])*V[j]", "C[i] -= A[i]", "s = 9223372036854775807+1", "x[i", "αβ,βγ", "T[i]=T[i]*x; T[i] *= -T[i]/(2/x)"}

// FuzzParse demands an *Error or a program that prints, explains and reads back, in every mode.
func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add(s, uint8(ModeAuto))
		f.Add(s, uint8(ModeEinstein))
	}
	f.Fuzz(func(t *testing.T, src string, mode uint8) {
		p, err := Parse(src, Mode(mode%4))
		if code(t, err) == "" {
			roundTrip(t, p)
			require.NotEmpty(t, Explain(p))
		}
	})
}

// FuzzGradients demands an *Error or programs that print and read back, and which read operands and the seed alone.
func FuzzGradients(f *testing.F) {
	for _, s := range seeds {
		f.Add(s, uint8(ModeAuto))
	}
	f.Add("Y[i,i] += max(A[i],B[j],1)/-(C[j]+2)\nZ min= Y[i,j]*Y[j,k]", uint8(ModeIndex))
	f.Fuzz(func(t *testing.T, src string, mode uint8) {
		p, err := Parse(src, Mode(mode%4))
		if code(t, err) != "" || len(p.Operands) > 50 || len(src) > 1000 {
			return
		}
		all, err := p.Gradients()
		if code(t, err) != "" {
			return
		}
		names := map[string]bool{}
		for _, g := range all {
			names[g.Seed], names[g.Operand] = true, true
		}
		for _, g := range all {
			roundTrip(t, g.Program)
			for _, o := range g.Program.Operands {
				require.True(t, o.Optional || names[o.Name], "%s is no operand of %q", o.Name, src)
			}
		}
	})
}

// FuzzBind gives a program operands of the ranks it wants, or nearly, with extents and types from bytes.
func FuzzBind(f *testing.F) {
	for _, s := range seeds {
		f.Add(s, []byte{2, 3, 2, 1, 0, 7, 2, 2, 8, 8, 9, 200, 3})
		f.Add(s, []byte{})
	}
	f.Fuzz(func(t *testing.T, src string, bytes []byte) {
		next := func() (b byte) {
			if len(bytes) > 0 {
				b, bytes = bytes[0], bytes[1:]
			}
			return b
		}
		p, err := Parse(src, ModeAuto)
		if err != nil || len(p.Operands) > 20 {
			return
		}
		var specs []Spec
		for _, o := range p.Operands {
			b := next()
			s := Spec{DType: tensor.DTypes()[int(b)%11], Shape: make([]int, min(o.Rank, 20)+int(b>>6)%2)}
			for a := range s.Shape {
				s.Shape[a] = 1 + int(next())%3 - int(next())>>7
				if b := next(); b > 250 {
					s.Shape[a] = 1 << (b % 64)
				}
			}
			if next() > 200 {
				s.Strides = make([]int, len(s.Shape))
			}
			specs = append(specs, s)
		}
		q, err := p.Bind(specs)
		if code(t, err) != "" {
			return
		}
		verify(t, q)
		require.NotEmpty(t, q.String())
		text, err := ExplainSizes(p, specs)
		require.NoError(t, err)
		require.NotEmpty(t, text)
	})
}
