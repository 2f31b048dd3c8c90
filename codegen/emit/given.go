package emit

import (
	"fmt"
	"slices"

	"github.com/einc-lang/einc/internal/fault"
	"github.com/einc-lang/einc/runtime/object"
)

// Where strides come at run time, callers give those of all axes of the output, then of each operand. That
// list follows from the parameters alone. Object.Dims does not: plans and strategies differ among the levels
// of a CPU, each step has a piece of its own, and what follows from strides (the step along a diagonal is the
// sum of two) is there, too. What a variant has there in other places is filled in here.

// given lists what callers give in dims: of parameters whose strides are not known, those of all axes.
func given(o *object.Object) (strides []object.Dim) {
	if o.IsOpen() {
		return nil // sizes are given, and strides follow from them
	}
	for i, p := range o.Params {
		if p.Strides != nil {
			continue
		}
		for a := range p.Shape {
			strides = append(strides, object.Stride(i, a))
		}
	}
	return strides
}

// places are where dims has each of the strides that callers give.
func places(o *object.Object) map[object.Dim]int {
	at := map[object.Dim]int{}
	for i, d := range given(o) {
		at[d] = i
	}
	return at
}

// checkGiven demands that callers give the same to all variants, and that this is all that these take.
func (h *header) checkGiven() error {
	for _, o := range h.objects {
		if !slices.Equal(given(o), given(h.o)) {
			return fault.Errorf("the strides that callers give differ between %s and %s", h.o.CPU, o.CPU)
		}
		at := places(o)
		for i, d := range o.Dims {
			if _, ok := at[d]; !ok && d.Op == object.DimStride && !o.IsOpen() {
				return fault.Errorf("dims[%d] is a stride that is known", i)
			}
		}
	}
	return nil
}

// fills tells whether the kernels take another array than callers give.
func fills(o *object.Object) bool {
	list := given(o)
	return !o.IsOpen() && !(len(o.Dims) <= len(list) && slices.Equal(o.Dims, list[:len(o.Dims)]))
}

// fillAll writes C that makes the kernels' array, all, of what is given.
func (h *header) fillAll(o *object.Object) {
	h.printf("    int64_t all[%d];\n", len(o.Dims))
	at := places(o)
	for i, d := range o.Dims {
		if d.Op == object.DimStride {
			h.printf("    all[%d] = dims[%d];\n", i, at[d])
			continue
		}
		a, b := fmt.Sprintf("all[%d]", d.A), fmt.Sprintf("INT64_C(%d)", d.Value)
		if d.B != object.NoDim {
			b = fmt.Sprintf("all[%d]", d.B)
		}
		h.printf("    all[%d] = %s;\n", i, map[object.DimOp]string{
			object.DimAdd: a + " + " + b, object.DimMul: a + " * " + b, object.DimCeilDiv: fmt.Sprintf("(%s + %s - 1) / %[2]s", a, b),
			object.DimMin: fmt.Sprintf("%s < %s ? %[1]s : %[2]s", a, b), object.DimMax: fmt.Sprintf("%s > %s ? %[1]s : %[2]s", a, b),
		}[d.Op])
	}
	h.printf("    (void)all;\n")
}

// fillAll writes what makes a variant's array of what is given, in %all, and returns its address.
func (d *driverIR) fillAll(o *object.Object) string {
	from, whole, array := d.value(), d.value(), d.value()
	d.printf("  %s = bitcast i8* %%dims to i64*\n  %s = bitcast [%d x i64]* %%all to i64*", from, whole, d.all())
	dims, at := make([]string, len(o.Dims)), places(o)
	for i := range o.Dims {
		if x := &o.Dims[i]; x.Op == object.DimStride {
			dims[i] = d.element(from, at[*x])
		} else {
			dims[i] = d.entry(x, dims)
		}
		p := d.value()
		d.printf("  %s = getelementptr i64, i64* %s, i64 %d\n  store i64 %s, i64* %[1]s, align 8", p, whole, i, dims[i])
	}
	d.printf("  %s = bitcast i64* %s to i8*", array, whole)
	return array
}

// all is how many entries a variant's array has at most, where callers give another one.
func (d *driverIR) all() (entries int) {
	for _, o := range d.objects {
		if fills(o) {
			entries = max(entries, len(o.Dims))
		}
	}
	return entries
}
