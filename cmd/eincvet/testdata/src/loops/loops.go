// Package loops compiles in loops.
package loops

import (
	"context"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/tensor"
)

func same(n int, specs []einc.Spec, exprs []string) {
	for i := 0; i < n; i++ {
		f, err := einc.Compile("ij->", specs, nil) // want `Compile compiles the same in every turn of the loop; move it before the loop \[compile-in-loop\]`
		_, _ = f, err
	}
	for range n {
		_, _ = einc.CompileContext(context.Background(), exprs[0], []einc.Spec{{DType: tensor.F32, Shape: []int{n, 2}}}, &einc.Options{Workers: n}) // want `CompileContext compiles the same`
		_, _ = einc.Build(context.TODO(), "ij->", string("f"), specs, nil)                                                                          // want `Build compiles the same`
		_, _ = einc.Einsum("i->", nil)
	}
	for f, _ := einc.Compile("ij->", specs, nil); f == nil; {
	}
	for f, _ := einc.Compile("ij->", specs, nil); f == nil; f, _ = einc.Compile("ij->", specs, nil) { // want `compile-in-loop`
	}
}

func different(ctx context.Context, exprs []string, all [][]einc.Spec, specs []einc.Spec, make func() []einc.Spec, ch chan string) {
	for i, e := range exprs {
		_, _ = einc.Compile(e, specs, nil)
		_, _ = einc.Compile("ij->", all[i], nil)
		_, _ = einc.Compile("ij->", make(), nil)
		_, _ = einc.Compile(<-ch, specs, nil)
		func() { _, _ = einc.Compile("ij->", specs, nil) }()
	}
	for {
		if f, _ := einc.Compile("ij->", specs, nil); f != nil {
			break
		}
	}
	for n := 1; n < 9; n *= 2 {
		specs[0].Shape[0] = n
		_, _ = einc.Compile("ij->", specs, nil)
	}
	for n := range 9 {
		size := n * n
		_, _ = einc.Compile("ij->", []einc.Spec{{DType: tensor.F32, Shape: []int{size, 2}}}, nil)
	}
}
