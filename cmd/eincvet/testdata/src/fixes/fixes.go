// Package fixes has mistakes with one way out.
package fixes

import "github.com/einc-lang/einc"

const shared = "ij,jk->iK"

//einc:kernel Dot "i,i->" I=3 float32 // want `did you mean 'i'`

// einc:kernel Dots "i,i->" i=3 float32 // want `no blank`

func fixes(a, b *einc.Tensor, specs []einc.Spec) {
	_, _ = einc.Einsum("ij,jk->iK", a, b)                       // want `did you mean 'k'`
	_, _ = einc.Einsum("\u0069j=>i", a)                         // want `malformed-arrow`
	_, _ = einc.Einsum(`ij→i`, a)                               // want `write the arrow`
	_, _ = einc.Einsum("..i->i", a)                             // want `an ellipsis is three dots`
	_, _ = einc.Einsum("..."+"..i->...i", a)                    // want `ellipsis`
	_, _ = einc.Einsum(shared, a, b)                            // want `in "ij,jk->iK"`
	_, _ = einc.Compile("C[i] = rleu(A[i])", specs, nil)        // want `did you mean 'relu'`
	_, _ = einc.Compile("C[i] = A[i] × B[i]", specs, nil)       // want `multiplication is \*`
	_, _ = einc.Compile("C[i] := A[i]", specs, nil)             // want `write =`
	_, _ = einc.Compile("T[i] = A[i]; C[i] = t[i]", specs, nil) // want `did you mean 't'`
	_, _ = einc.Einsum("ij,jk->IK", a, b)                       // want `did you mean 'i'`
	_, _ = einc.Einsum("ij,jk->iK", a)                          // want `did you mean 'k'`
}
