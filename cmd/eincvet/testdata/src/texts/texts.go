// Package texts has wrong expressions. What stands between "at" and the end of its comment is where the
// diagnostic must be.
package texts

import (
	"context"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/parser"
)

const (
	inputs  = "ij,jk"
	product = inputs + "->iz"
)

func literals(ctx context.Context, a, b *einc.Tensor, s einc.Session, specs []einc.Spec) {
	_, _ = einc.Einsum("ij,jk->ik", a, b)
	_, _ = einc.Einsum("ij,jk->iz", a, b)                  /* at z */      // want `^output index 'z' is in no input, so its extent is unknown; the inputs have the indices 'i', 'j', 'k' \[output-unknown\]$`
	_, _ = einc.Einsum("ij,jk->iJ", a, b)                  /* at J */      // want `did you mean 'j'\? \[output-unknown\]$`
	_, _ = einc.Einsum("\u0069j,jk->i\x7a", a, b)          /* at \x7a */   // want `output index 'z'`
	_, _ = einc.Einsum(`ij,jk->iz`, a, b)                  /* at z */      // want `output index 'z'`
	_, _ = einc.Einsum("é,jk->é2", a, b)                   /* at 2 */      // want `'2' cannot be a label`
	_, _ = einc.Einsum("ij,"+("jk->"+"ik;"), a, b)         /* at ; */      // want `';' cannot be a label.*; separate inputs with commas`
	_, _ = einc.Einsum("ij->k"+"->l", a)                   /* at -> */     // want `there are two arrows \(the other place is 25:24\); an equation`
	_, _ = s.Einsum("ij->iz", a)                           /* at z */      // want `output index 'z'`
	_, _ = einc.Compile("C[i] = sigmod(A[i])", specs, nil) /* at sigmod */ // want `there is no function 'sigmod'; did you mean 'sigmoid'\? \[unknown-function\]`
	_, _ = einc.EinsumContext(ctx, "i->j", nil, a)         /* at j */      // want `output index 'j'`
	_, _ = einc.CompileFor(ctx, "i->j", nil, nil)          /* at j */      // want `output index 'j'`
	_, _ = einc.Explain(ctx, "i->j", nil, nil)             /* at j */      // want `output index 'j'`
	_, _ = einc.Build(ctx, "i->j", "f", specs, nil)        /* at j */      // want `output index 'j'`
	_, _ = einc.Measure(ctx, "i->j", specs, nil)           /* at j */      // want `output index 'j'`
	_, _ = einc.Einsum("", a)
	_, _ = einc.Einsum(`
		D[i] = A[i]
		C[i] = D[i] * B[k`, a, b) /* at [ */ // want `this bracket is not closed; add ']' \[syntax\]`
}

func constants(a, b *einc.Tensor, tail string) {
	const local = "i->j"
	_, _ = einc.Einsum(product, a, b)       /* at product */        // want `^in "ij,jk->iz": output index 'z'`
	_, _ = einc.Einsum(local, a)            /* at local */          // want `in "i->j": output index 'j'`
	_, _ = einc.Einsum(inputs+"->iz", a, b) /* at z */              // want `^output index 'z'`
	_, _ = einc.Einsum(string("i->j"), a)   /* at string("i->j") */ // want `in "i->j": output index 'j'`
	_, _ = einc.Einsum("ij,"+tail, a, b)
	variable := "i->j"
	_, _ = einc.Einsum(variable, a)
}

func modes(ctx context.Context, a, b *einc.Tensor, opts *einc.Options, mode parser.Mode) {
	_, _ = einc.EinsumContext(ctx, "i,i->i", nil, a, b)
	_, _ = einc.EinsumContext(ctx, "i,i->i", &einc.Options{}, a, b)
	_, _ = einc.EinsumContext(ctx, "i,i->i", opts, a, b)
	_, _ = einc.EinsumContext(ctx, "i,i->i", &einc.Options{Mode: mode}, a, b)
	_, _ = einc.EinsumContext(ctx, "i,i->i", &einc.Options{Mode: parser.ModeEinstein}, a, b) /* at i */ // want `rule 1 of the Einstein convention.*\[repeated-index-not-summed\]`
	_, _ = einc.EinsumContext(ctx, "i,i->i", &einc.Options{parser.ModeEinstein, 2}, a, b)    /* at i */ // want `rule 1 of the Einstein convention`
	_, _ = einc.EinsumContext(ctx, "C[i] = A[i]", &einc.Options{Mode: parser.ModeNumPy}, a)  /* at [ */ // want `bad-char`
	_, _ = einc.EinsumContext(ctx, "i->i2", opts, a)                                         /* at 2 */ // want `bad-char`
}

func sizes(mode parser.Mode, d einc.DType, given string) {
	_, _ = einc.SpecsFromSizes("ij->i", parser.ModeAuto, "i=3,j=4", d)
	_, _ = einc.SpecsFromSizes("ij->i", parser.ModeAuto, given, d)
	_, _ = einc.SpecsFromSizes("ij->i", mode, "i=3", d)
	_, _ = einc.SpecsFromSizes("ij->i", parser.ModeAuto, "i=3", d)     /* at "i=3" */     // want `no size for index 'j': add j=N \[sizes\]`
	_, _ = einc.SpecsFromSizes("ij->i", parser.ModeAuto, "i=3,k=4", d) /* at "i=3,k=4" */ // want `no index 'k'`
	_, _ = einc.SpecsFromSizes("ij->z", parser.ModeAuto, "i=3,j=4", d) /* at z */         // want `output index 'z'`
	_, _ = einc.Gradients("ij->z", parser.ModeAuto)                    /* at z */         // want `output index 'z'`
	_, _ = einc.Gradients("ij->i", parser.ModeEinstein)                /* at j */         // want `rule 3`
}

func thrownAway(a *einc.Tensor) {
	einc.Einsum("i->", a)       /* at einc.Einsum("i->", a) */ // want `the result of Einsum is thrown away \[discarded\]`
	go einc.Einsum("i->", a)    /* at einc.Einsum("i->", a) */ // want `thrown away`
	defer einc.Einsum("i->", a) /* at einc.Einsum("i->", a) */ // want `thrown away`
	_, _ = einc.Einsum("i->", a)
}
