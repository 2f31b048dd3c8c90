// Command lesson walks through tensors with einc: views that copy nothing, einsum's three rules, a
// network's forward and backward passes, and how the spread of activations depends on the way weights
// are initialised.
package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/tensor"
)

func main() {
	if err := lesson(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "lesson:", err)
		os.Exit(1)
	}
}

// lesson prints the chapters in order.
func lesson(w io.Writer) error {
	for _, chapter := range []func(io.Writer) error{views, rules, training, spread} {
		if err := chapter(w); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	return nil
}

// views shows that unsqueeze and expand change how storage is read, not the storage.
func views(w io.Writer) error {
	x, err := tensor.From([]float32{1, 2, 3}, 3)
	if err != nil {
		return err
	}
	column, err := x.Unsqueeze(1)
	if err != nil {
		return err
	}
	wide, err := column.Expand(3, 4)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "== Views: unsqueeze and broadcast copy nothing ==")
	fmt.Fprintf(w, "x%v unsqueezed is %v, expanded is %v with strides %v\n", x.Shape(), column.Shape(), wide.Shape(), wide.Strides())
	fmt.Fprintln(w, wide)
	fmt.Fprint(w, wide.Storage())
	return nil
}

// rules shows what an index does by where it stands.
func rules(w io.Writer) error {
	fmt.Fprintln(w, "== The three rules of einsum ==")
	a, err := tensor.Arange(tensor.I64, 9)
	if err != nil {
		return err
	}
	if a, err = a.Reshape(3, 3); err != nil {
		return err
	}
	b, err := tensor.Arange(tensor.I64, 15)
	if err != nil {
		return err
	}
	if b, err = b.Reshape(3, 5); err != nil {
		return err
	}
	x, err := tensor.Arange(tensor.I64, 3)
	if err != nil {
		return err
	}
	for _, r := range []struct {
		says, expr string
		operands   []*tensor.Tensor
	}{
		{"1. an index in several inputs multiplies the elements at the same position of it", "ij,ij->ij", []*tensor.Tensor{a, a}},
		{"2. an index that is not in the output is summed over", "ij->i", []*tensor.Tensor{b}},
		{"3. the output's indices may be in any order", "ij->ji", []*tensor.Tensor{b}},
		{"rules 1 and 2 make the product of matrices", "ik,kj->ij", []*tensor.Tensor{a, b}},
		{"an index twice in one input reads the diagonal", "ii->i", []*tensor.Tensor{a}},
		{"in index notation an absent index broadcasts, as unsqueeze and expand do", "D[n,m] = X[n] - X[m]", []*tensor.Tensor{x}},
	} {
		out, err := einc.Einsum(r.expr, r.operands...)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\n  %s\n%v\n", r.says, r.expr, out)
	}
	return nil
}

// normal draws a tensor of mean 0 and the given standard deviation.
func normal(r *rand.Rand, deviation float64, shape ...int) (*tensor.Tensor, error) {
	n, err := tensor.CheckedLen(shape)
	if err != nil {
		return nil, err
	}
	data := make([]float64, n)
	for i := range data {
		data[i] = r.NormFloat64() * deviation
	}
	return tensor.From(data, shape...)
}

// deviation is the standard deviation of a tensor's elements.
func deviation(t *tensor.Tensor) (float64, error) {
	v, err := tensor.Values[float64](t)
	if err != nil {
		return 0, err
	}
	var sum, squares float64
	for _, x := range v {
		sum += x
		squares += x * x
	}
	n := float64(len(v))
	return math.Sqrt(max(0, squares/n-sum/n*sum/n)), nil
}
