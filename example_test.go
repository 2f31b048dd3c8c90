package einc_test

import (
	"fmt"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/tensor"
)

func ExampleEinsum() {
	a, _ := tensor.From([]float64{1, 2, 3, 4}, 2, 2)
	b, _ := tensor.From([]float64{5, 6, 7, 8}, 2, 2)
	c, err := einc.Einsum("ik,kj->ij", a, b)
	fmt.Println(c, err)
	// Output:
	// [[19. 22.]
	//  [43. 50.]] <nil>
}

// Index notation says what one product cannot: a layer with bias and activation is one kernel.
func ExampleEinsum_indexNotation() {
	x, _ := tensor.From([]float32{1, -2, 3, 4}, 2, 2)
	w, _ := tensor.From([]float32{1, 0, 0, -1}, 2, 2)
	bias, _ := tensor.From([]float32{0.5, 0}, 2)
	y, err := einc.Einsum("Y[b,o] = relu(X[b,i]*W[i,o] + bias[o])", x, w, bias)
	fmt.Println(y, err)
	// Output:
	// [[1.5 2. ]
	//  [3.5 0. ]] <nil>
}

// A Func is compiled once and called many times; a call allocates nothing.
func ExampleCompile() {
	spec := einc.Spec{DType: tensor.F64, Shape: []int{2, 3}}
	f, err := einc.Compile("ij,ij->i", []einc.Spec{spec, spec}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	x, _ := tensor.From([]float64{1, 2, 3, 4, 5, 6}, 2, 3)
	out, _ := f.NewOutput()
	err = f.Call(out, x, x)
	fmt.Println(out, err)
	// Output: [14. 77.] <nil>
}

// Unsqueezed views broadcast: nothing is copied before the kernel reads them.
func ExampleEinsum_broadcast() {
	points, _ := tensor.From([]float32{0, 0, 3, 4}, 2, 2)
	centres, _ := tensor.From([]float32{0, 0, 0, 4, 3, 0}, 3, 2)
	p, _ := points.Unsqueeze(1)  // (2,1,2)
	c, _ := centres.Unsqueeze(0) // (1,3,2)
	d, err := einc.Einsum("D[n,k] = (P[n,k,d] - C[n,k,d]) * (P[n,k,d] - C[n,k,d])", p, c)
	fmt.Println(d, err)
	// Output:
	// [[ 0. 16.  9.]
	//  [25.  9. 16.]] <nil>
}

// A mistake is shown with its place.
func ExampleEinsum_error() {
	a, _ := tensor.New(tensor.F32, 2, 128)
	b, _ := tensor.New(tensor.F32, 64, 3)
	_, err := einc.Einsum("ij,jk->ik", a, b)
	fmt.Println(err)
	// Output: einc: index 'j' has extent 128 here and 64 there [dim-mismatch]
}
