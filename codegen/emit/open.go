package emit

import (
	"fmt"
	"strings"

	"github.com/einc-lang/einc/runtime/object"
)

// Objects for open extents. Their C function takes the sizes; NAME_dims turns those into the dims array, from
// which the launches take everything else, and returns the bytes of temporaries:
//
//	void NAME(out, operands…, sizes…, workspace)
//	int64_t NAME_dims(sizes…, int64_t *dims)
//
// Of the workspace, shared memory comes first, then the worker's, then the temporaries, since only their
// bytes depend on sizes.

// openOffsets are where the worker's memory and the temporaries begin in the workspace.
func openOffsets(o *object.Object) (worker, arena int64) {
	up := func(n int64) int64 { return (n + object.Align - 1) / object.Align * object.Align }
	worker = up(o.Shared)
	return worker, worker + up(o.Worker)
}

// sizeParams declares the sizes.
func (d *driverIR) sizeParams() string {
	var list []string
	for i := range d.o.Sizes {
		list = append(list, fmt.Sprintf("i64 %%s%d", i))
	}
	return strings.Join(list, ", ")
}

// dimsFunction writes NAME_dims.
func (d *driverIR) dimsFunction() {
	d.printf("define i64 @%s_dims(%s, i64* %%dims) %s {\nentry:", d.name, d.sizeParams(), driverAttributes)
	d.eachVariant(func(o *object.Object) {
		dims := d.entries(o)
		for i, v := range dims {
			p := d.value()
			d.printf("  %s = getelementptr i64, i64* %%dims, i64 %d\n  store i64 %s, i64* %[1]s, align 8", p, i, v)
		}
		d.printf("  ret i64 %s", d.arena(o, dims))
	})
	d.printf("end:\n  ret i64 0\n}\n")
}

// eachVariant writes code that does for the variant that the CPU can run what f writes, which must leave the
// function or branch to end; if there is none, it goes to end.
func (d *driverIR) eachVariant(f func(o *object.Object)) {
	if len(d.objects) == 1 {
		f(d.o)
		return
	}
	d.printf("  %%cpu = call i32 @%s_cpu()\n  br label %%try%d", d.name, len(d.objects)-1)
	for i := len(d.objects) - 1; i >= 0; i-- {
		next := fmt.Sprintf("try%d", i-1)
		if i == 0 {
			next = "end"
		}
		d.printf("try%d:\n  %%can%[1]d = icmp sge i32 %%cpu, %d\n  br i1 %%can%[1]d, label %%run%[1]d, label %%%[3]s\nrun%[1]d:", i, x86Level(d.objects[i]), next)
		f(d.objects[i])
	}
}

// entries computes the entries of dims.
func (d *driverIR) entries(o *object.Object) []string {
	dims := make([]string, len(o.Dims))
	for i := range o.Dims {
		dims[i] = d.entry(&o.Dims[i], dims)
	}
	return dims
}

func (d *driverIR) entry(x *object.Dim, dims []string) string {
	if x.Op == object.DimExtent {
		return fmt.Sprintf("%%s%d", x.Axis)
	}
	a, b, v := dims[x.A], fmt.Sprint(x.Value), d.value()
	if x.B != object.NoDim {
		b = dims[x.B]
	}
	switch x.Op {
	case object.DimAdd:
		d.printf("  %s = add i64 %s, %s", v, a, b)
	case object.DimMul:
		d.printf("  %s = mul i64 %s, %s", v, a, b)
	case object.DimCeilDiv:
		sum, up := d.value(), d.value()
		d.printf("  %s = add i64 %s, %s\n  %s = sub i64 %[1]s, 1\n  %[5]s = udiv i64 %[4]s, %[3]s", sum, a, b, up, v)
	case object.DimMin, object.DimMax:
		c, order := d.value(), "slt"
		if x.Op == object.DimMax {
			order = "sgt"
		}
		d.printf("  %s = icmp %s i64 %s, %s\n  %s = select i1 %[1]s, i64 %[3]s, i64 %[4]s", c, order, a, b, v)
	}
	return v
}

// arena is the bytes of temporaries.
func (d *driverIR) arena(o *object.Object, dims []string) string {
	if o.ArenaDim > 0 {
		return dims[o.ArenaDim-1]
	}
	return fmt.Sprint(o.Arena)
}

// runOpen writes the function that does all of it on the calling thread.
func (d *driverIR) runOpen(args int) {
	entries := 1
	for _, o := range d.objects {
		entries = max(entries, len(o.Dims))
	}
	d.printf("define void @%s(%s) %s {\nentry:\n  %%args = alloca [%d x i8*], align 16", d.name, d.params(true), driverAttributes, args)
	d.printf("  %%first = getelementptr [%d x i8*], [%[1]d x i8*]* %%args, i64 0, i64 0", args)
	d.printf("  %%dims64 = alloca [%d x i64], align 16\n  %%array = getelementptr [%[1]d x i64], [%[1]d x i64]* %%dims64, i64 0, i64 0", entries)
	d.printf("  %%dims = bitcast i64* %%array to i8*\n  %%position = alloca i64, align 8")
	d.printf("  %%arena = call i64 @%s_dims(%s, i64* %%array)", d.name, d.sizeParams())
	d.eachVariant(func(o *object.Object) {
		for _, p := range partsOf(o) {
			if p.loop < 0 {
				d.callOpen(o, &o.Launches[p.launch], "0")
				continue
			}
			d.repeat(o, p)
		}
		d.printf("  br label %%end")
	})
	d.printf("end:\n  ret void\n}\n")
}

// dim reads an entry of dims that is counted from 1, or gives the number that stands for none.
func (d *driverIR) dim(n int64, entry int) string {
	if entry == 0 {
		return fmt.Sprint(n)
	}
	return d.element("%array", entry-1)
}

// repeat writes the loop around launches that advance with its position.
func (d *driverIR) repeat(o *object.Object, p part) {
	count := d.dim(o.Loops[p.loop].Count, o.Loops[p.loop].CountDim)
	label, at, more := d.value()[1:], d.value(), d.value()
	d.printf("  store i64 0, i64* %%position, align 8\n  br label %%%s\n%[1]s:\n  %[2]s = load i64, i64* %%position, align 8", label, at)
	d.printf("  %s = icmp slt i64 %s, %s\n  br i1 %[1]s, label %%do.%[4]s, label %%end.%[4]s\ndo.%[4]s:", more, at, count, label)
	for _, inner := range p.body {
		d.callOpen(o, &o.Launches[inner.launch], at)
	}
	next := d.value()
	d.printf("  %s = add i64 %s, 1\n  store i64 %[1]s, i64* %%position, align 8\n  br label %%%[3]s\nend.%[3]s:", next, at, label)
}

// callOpen writes the call of a launch at a position of the loop around it.
func (d *driverIR) callOpen(o *object.Object, l *object.Launch, position string) {
	worker, arena := openOffsets(o)
	for i, a := range l.Args {
		base, at := "%workspace", fmt.Sprint(a.Offset)
		switch a.Area {
		case object.AreaParam:
			base = fmt.Sprintf("%%p%d", a.Index)
		case object.AreaWorker:
			at = fmt.Sprint(worker + a.Offset)
		case object.AreaArena:
			at = d.value()
			d.printf("  %s = add i64 %s, %d", at, d.dim(a.Offset, a.Dim), arena)
		case object.AreaDims:
			base = "%dims"
		}
		v, slot := d.value(), d.value()
		d.printf("  %s = getelementptr i8, i8* %s, i64 %s", v, base, at)
		d.printf("  %s = getelementptr i8*, i8** %%first, i64 %d\n  store i8* %[3]s, i8** %[1]s, align 8", slot, i, v)
	}
	d.tasks(o, l, d.dim(l.Tasks, l.TasksDim), position)
}
