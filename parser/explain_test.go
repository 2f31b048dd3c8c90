package parser

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestExplain pins whole explanations, and lines of others.
func TestExplain(t *testing.T) {
	explainText := func(src string) string {
		p, err := Parse(src, ModeAuto)
		require.NoError(t, err)
		return Explain(p)
	}
	require.Equal(t, `ik,kj->ij    means    out[i,j] = Σk A[i,k]·B[k,j]
  i  free      in the output; in A
  j  free      in the output; in B
  k  summed    in A and B: elements with equal k are multiplied (rule 1); not in the output: the products are summed over it (rule 2)
  NumPy: np.einsum('ik,kj->ij', A, B)
     or: A @ B

Rules
  1. an index in several factors multiplies the elements at the same position of it
  2. an index that is not in the result is summed over
`, explainText("ik,kj->ij"))
	for src, lines := range map[string][]string{
		"ba":           {"  No output is given: it has every index that occurs once, in the order of the alphabet.", "     or: A.T", "  3. the result's axes may be in any order"},
		"bij,bjk->bik": {"  b  batch     in the output; in A and B: elements with equal b are multiplied (rule 1)", "     or: A @ B"},
		"ii":           {"     or: np.trace(A)"},
		"iji,kjk->":    {"  i  diagonal  twice in A: only elements where both positions agree are read; not in the output: the products are summed over it (rule 2)"},
		"ii,ii->i":     {"  i  diagonal  twice in A and B: only elements where both positions agree are read; in the output; in A and B: elements with equal i are multiplied (rule 1)"},
		"Y[i] = A[i]/(B[i] + exp(C[k]*D[k]*A[i]))": {"  i  batch     on the left; in A[i], B[i] and A[i]: elements with equal i are combined (rule 1)",
			"  k  summed    in C[k] and D[k]: elements with equal k are multiplied (rule 1); not on the left: C[k]*D[k]*A[i] is summed over it (rule 2)"},
		"...i->i...":       {"  ...  broadcast stands for any further axes, matched from the right; an extent of 1 stretches"},
		"αβ,βγ->αγ":        {"  NumPy: np.einsum('ab,bc->ac', A, B)"},
		"bij,bkj->bki":     {"     or: B @ A.swapaxes(-1, -2)"},
		"abc,cbd->ad":      {"     or: np.tensordot(A, B, axes=([1, 2], [1, 0]))"},
		"D[i,i] = A[i]":    {"  NumPy: np.einsum('ii->i', D)[...] = A  # D starts as zeros"},
		"C[i] += A[k,i]":   {"  '+=' starts from what C held, if that is given as an operand.", "  NumPy: C = C + A.sum(axis=0)"},
		"P[i] max= A[i]*2": {"  NumPy: P = np.maximum(P, A * 2)"},
		"Y[b,o] = relu(X[b,i]*W[i,o] + bias[o])": {"  NumPy: Y = np.maximum(X @ W + bias, 0)",
			"  b  free      on the left; in X[b,i]; bias[o] has no b and is the same for every b (broadcast)"},
		"O[i] = exp(S[i,j])*V[j]": {"  NumPy: O = np.sum(np.exp(S.sum(axis=1)[:, None]) * V, axis=-1)",
			"  Note: j is summed inside a function's argument and, as another variable, around it. To sum over the"},
	} {
		for _, line := range lines {
			require.Contains(t, strings.Split(explainText(src), "\n"), line, src)
		}
	}
}

func TestExplainSizes(t *testing.T) {
	p, err := Parse("...ij,jk", ModeAuto)
	require.NoError(t, err)
	text, err := ExplainSizes(p, parseSpecs(t, "f32:2x4x5 1x6"))
	require.NoError(t, err)
	for _, line := range []string{"operand A: f32, 2×4×5", "  Extents: ...0=2 i=4 k=6 j=5", "  Axis 0 of B has extent 1 and is repeated along j",
		"  Result out: f64, 2×4×6; one loop over all indices has 240 steps"} {
		require.Contains(t, strings.Split(text, "\n"), line)
	}
	_, err = ExplainSizes(p, nil)
	require.Equal(t, CodeNoOperands, code(t, err))
}

// An explanation does not grow with the square of the text.
func TestExplainManyFactors(t *testing.T) {
	p, err := Parse("ii"+strings.Repeat(",ii", 1<<14)+"->", ModeAuto)
	require.NoError(t, err)
	text := Explain(p)
	require.Contains(t, text, "twice in A, B, C, D and 16381 more: only elements")
	require.Less(t, len(text), 2000)
}

func TestNamesOfOddNumbers(t *testing.T) {
	require.Equal(t, "einstein mode4", ModeEinstein.String()+" "+(ModeEinstein+1).String())
	require.Equal(t, "max fn18", FnMax.String()+" "+(FnMax+1).String())
	require.Equal(t, "min reduce4", Min.String()+" "+(Min+1).String())
}
