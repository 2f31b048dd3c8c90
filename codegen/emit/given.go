package emit

import (
	"fmt"

	"github.com/einc-lang/einc/runtime/object"
)

// Where strides come at run time, callers give those that the code has entries for, in the order of the
// entries. What follows from them (the step along a diagonal is the sum of two) is filled in here.

// given lists the entries of dims that callers give, by number.
func given(o *object.Object) (entries []int) {
	for i := range o.Dims {
		if o.Dims[i].Given() {
			entries = append(entries, i)
		}
	}
	return entries
}

// derives tells whether dims has entries that follow from others.
func derives(o *object.Object) bool { return !o.IsOpen() && len(given(o)) < len(o.Dims) }

// fillAll writes C that makes the whole array, all, of what is given.
func (h *header) fillAll(o *object.Object) {
	h.printf("    int64_t all[%d];\n", len(o.Dims))
	next := 0
	for i := range o.Dims {
		d := &o.Dims[i]
		if d.Given() {
			h.printf("    all[%d] = dims[%d];\n", i, next)
			next++
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

// fillAll writes what makes the whole array, %dims, of what is given.
func (d *driverIR) fillAll(o *object.Object) {
	whole := d.value()
	d.printf("  %s = bitcast [%d x i64]* %%all to i64*\n  %%given = bitcast i8* %%given8 to i64*", whole, len(o.Dims))
	dims, next := make([]string, len(o.Dims)), 0
	for i := range o.Dims {
		if o.Dims[i].Given() {
			dims[i] = d.element("%given", next)
			next++
		} else {
			dims[i] = d.entry(&o.Dims[i], dims)
		}
		p := d.value()
		d.printf("  %s = getelementptr i64, i64* %s, i64 %d\n  store i64 %s, i64* %[1]s, align 8", p, whole, i, dims[i])
	}
	d.printf("  %%dims = bitcast i64* %s to i8*", whole)
}
