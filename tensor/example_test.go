package tensor_test

import (
	"fmt"
	"log"

	"github.com/einc-lang/einc/tensor"
)

// A view changes what the strides say, never the storage.
func ExampleTensor_Unsqueeze() {
	x, err := tensor.From([]float32{10, 20, 30}, 3)
	if err != nil {
		log.Fatal(err)
	}
	column, err := x.Unsqueeze(1) // (3, 1)
	if err != nil {
		log.Fatal(err)
	}
	wide, err := column.Expand(3, 2)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(wide)
	fmt.Print(wide.Storage())
	// Output:
	// [[10. 10.]
	//  [20. 20.]
	//  [30. 30.]]
	// f32 view of shape (3, 2): strides (1, 0) in elements, (4, 0) in bytes; offset 0
	// 6 elements in storage of 3 elements, 12 bytes
	//   element      byte  value  seen as
	//         0         0    10.  [0, 0] [0, 1]
	//         1         4    20.  [1, 0] [1, 1]
	//         2         8    30.  [2, 0] [2, 1]
}

// Two views whose shapes broadcast: every pair of rows, and not a row is copied.
func ExampleBroadcastShapes() {
	points, err := tensor.New(tensor.F32, 30000, 10)
	if err != nil {
		log.Fatal(err)
	}
	means, err := tensor.New(tensor.F32, 20, 10)
	if err != nil {
		log.Fatal(err)
	}
	x, err := points.Index(tensor.All, tensor.NewAxis) // (30000, 1, 10)
	if err != nil {
		log.Fatal(err)
	}
	shape, err := tensor.BroadcastShapes(x.Shape(), means.Shape())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(x.Shape(), x.Strides(), "with", means.Shape(), "gives", shape)
	// Output: [30000 1 10] [10 0 1] with [20 10] gives [30000 20 10]
}

func ExampleTensor_Index() {
	v, err := tensor.Arange(tensor.I64, 12)
	if err != nil {
		log.Fatal(err)
	}
	m, err := v.Reshape(3, 4)
	if err != nil {
		log.Fatal(err)
	}
	backwards, err := m.Index(tensor.Ellipsis, tensor.Slice(tensor.Open, tensor.Open, -2))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(backwards)
	fmt.Println("offset", backwards.Offset(), "strides", backwards.Strides())
	// Output:
	// [[ 3  1]
	//  [ 7  5]
	//  [11  9]]
	// offset 3 strides [4 -2]
}
