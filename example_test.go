package einc_test

import (
	"context"
	"fmt"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/parser"
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

// Old values of an "op=" come first, as it names them first; without them the sum starts from 0.
func ExampleEinsum_oldValues() {
	c, _ := tensor.From([]float64{100, 200}, 2)
	a, _ := tensor.From([]float64{1, 2, 3, 4}, 2, 2)
	fmt.Println(einc.Einsum("C[i] += A[i,j]", c, a))
	fmt.Println(einc.Einsum("C[i] += A[i,j]", a))
	// Output:
	// [103. 207.] <nil>
	// [3. 7.] <nil>
}

// The gradients of an expression are expressions.
func ExampleGradients() {
	gradients, err := einc.Gradients("Y[b,o] = tanh(X[b,i]*W[i,o])", parser.ModeAuto)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, g := range gradients {
		fmt.Printf("by %s, from %v:\n%s\n", g.Operand, g.Operands, g.Expr)
	}
	// Output:
	// by X, from [X W dY]:
	// Y_1[b,o] = X[b,i]*W[i,o]
	// Y[b,o] = tanh(Y_1[b,o])
	// dY_1[b,o] = dY[b,o]*(1 - Y[b,o]*Y[b,o])
	// dX[b,i] = dY_1[b,o]*W[i,o]
	// by W, from [X W dY]:
	// Y_1[b,o] = X[b,i]*W[i,o]
	// Y[b,o] = tanh(Y_1[b,o])
	// dY_1[b,o] = dY[b,o]*(1 - Y[b,o]*Y[b,o])
	// dW[i,o] = dY_1[b,o]*X[b,i]
}

// The order of contraction, as NumPy's einsum_path lists it: the small product first.
func ExamplePlanExpr() {
	wide := einc.Spec{DType: tensor.F64, Shape: []int{10, 1000}}
	tall := einc.Spec{DType: tensor.F64, Shape: []int{1000, 10}}
	plan, err := einc.PlanExpr(context.Background(), "ij,jk,kl->il", []einc.Spec{wide, tall, wide}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	path, err := plan.Format("numpy-path")
	fmt.Printf("%s%v\n", path, err)
	// Output:
	// ['einsum_path', (0, 1), (0, 1)]
	// <nil>
}

// A mistake is shown with its place.
func ExampleEinsum_error() {
	a, _ := tensor.New(tensor.F32, 2, 128)
	b, _ := tensor.New(tensor.F32, 64, 3)
	_, err := einc.Einsum("ij,jk->ik", a, b)
	fmt.Println(err)
	// Output: einc: index 'j' has extent 128 here and 64 there [dim-mismatch]
}
