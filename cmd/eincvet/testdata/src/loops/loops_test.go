package loops

import (
	"testing"

	"github.com/einc-lang/einc"
)

func BenchmarkCompile(b *testing.B) {
	for range b.N {
		_, _ = einc.Compile("i->", []einc.Spec{{DType: 4, Shape: []int{3}}}, nil)
	}
}
