package emit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/einc-lang/einc/runtime/object"
	"github.com/einc-lang/einc/tensor"
)

// Short is the part of a name that stands for a CPU level: v3 for x86-64-v3, neoverse_n1 for neoverse-n1.
func Short(level string) string {
	return strings.ReplaceAll(strings.TrimPrefix(level, "x86-64-"), "-", "_")
}

// Driver is LLVM IR for the functions that C programs call, in the form that LLVM 14 to 22 read:
//
//	void NAME(out, operands…, [dims,] workspace)             all of it on the calling thread
//	int NAME_dlpack(out, operands…, workspace)               the same on DLTensors, which it checks
//	int NAME_cpu(void)                                       the x86-64 level of the CPU; on x86-64 only
//
// Where strides come at run time, dims has those of all axes of the output, then of each operand.
// Open extents make the sizes of a call parameters in place of dims: see open.go.
//
// The objects are of one kernel for CPUs of rising level; the kernels they list are defined elsewhere.
func Driver(objects []*object.Object, name string) string {
	d := &driverIR{o: objects[0], objects: objects, name: name}
	for _, o := range objects {
		for _, s := range o.Symbols {
			d.printf("declare void @%s(i8**, i64, i64)", s.Name)
		}
	}
	if strings.HasPrefix(d.o.Triple, "x86_64") {
		d.printf(cpuIR, name)
	}
	if d.o.IsOpen() {
		d.dimsFunction()
	}
	d.run()
	d.dlpack()
	return d.String()
}

// driverIR is the IR being written.
type driverIR struct {
	strings.Builder
	o       *object.Object // what all have in common: parameters, and what callers give in dims
	objects []*object.Object
	name    string
	values  int
	array   string   // the dims array of the variant at hand
	sizes   []string // of a call with DLTensors, as far as its tensors have told them
}

func (d *driverIR) printf(format string, args ...any) { fmt.Fprintf(d, format+"\n", args...) }

// value names a new value.
func (d *driverIR) value() string {
	d.values++
	return fmt.Sprintf("%%v%d", d.values)
}

// params declares the pointers of a call.
func (d *driverIR) params(dims bool) string {
	var list []string
	for i := range d.o.Params {
		list = append(list, fmt.Sprintf("i8* %%p%d", i))
	}
	switch {
	case dims && d.o.IsOpen():
		list = append(list, d.sizeParams())
	case dims && len(given(d.o)) > 0:
		list = append(list, "i8* %dims")
	}
	return strings.Join(append(list, "i8* %workspace"), ", ")
}

// cpuIR finds the x86-64 level of the CPU, by the psABI's definition, and keeps it: 1 to 4. It looks at what
// the system saves, too. Two threads that ask at once find the same.
const cpuIR = `
@%[1]s_level = internal global i32 0, align 4

define i32 @%[1]s_cpu() nounwind "frame-pointer"="none" "no-builtins" "instcombine-no-verify-fixpoint" {
entry:
  %%known = load atomic i32, i32* @%[1]s_level monotonic, align 4
  %%is.known = icmp ne i32 %%known, 0
  br i1 %%is.known, label %%old, label %%ask
old:
  ret i32 %%known
ask:
  %%l0 = call { i32, i32, i32, i32 } asm sideeffect "cpuid", "={ax},={bx},={cx},={dx},0,2,~{dirflag},~{fpsr},~{flags}"(i32 0, i32 0)
  %%leaves = extractvalue { i32, i32, i32, i32 } %%l0, 0
  %%e0 = call { i32, i32, i32, i32 } asm sideeffect "cpuid", "={ax},={bx},={cx},={dx},0,2,~{dirflag},~{fpsr},~{flags}"(i32 -2147483648, i32 0)
  %%extended = extractvalue { i32, i32, i32, i32 } %%e0, 0
  %%l1 = call { i32, i32, i32, i32 } asm sideeffect "cpuid", "={ax},={bx},={cx},={dx},0,2,~{dirflag},~{fpsr},~{flags}"(i32 1, i32 0)
  %%c1 = extractvalue { i32, i32, i32, i32 } %%l1, 2
  ; SSE3 SSSE3 CX16 SSE4.1 SSE4.2 POPCNT
  %%b2 = and i32 %%c1, 9970177
  %%v2 = icmp eq i32 %%b2, 9970177
  br i1 %%v2, label %%more, label %%found
more:
  %%has7 = icmp ugt i32 %%leaves, 6
  %%has81 = icmp ugt i32 %%extended, -2147483648
  ; FMA MOVBE OSXSAVE AVX F16C
  %%b3 = and i32 %%c1, 943722496
  %%v3 = icmp eq i32 %%b3, 943722496
  %%has = and i1 %%has7, %%has81
  %%wide = and i1 %%has, %%v3
  br i1 %%wide, label %%avx, label %%found
avx:
  %%l7 = call { i32, i32, i32, i32 } asm sideeffect "cpuid", "={ax},={bx},={cx},={dx},0,2,~{dirflag},~{fpsr},~{flags}"(i32 7, i32 0)
  %%b7 = extractvalue { i32, i32, i32, i32 } %%l7, 1
  %%e1 = call { i32, i32, i32, i32 } asm sideeffect "cpuid", "={ax},={bx},={cx},={dx},0,2,~{dirflag},~{fpsr},~{flags}"(i32 -2147483647, i32 0)
  %%c81 = extractvalue { i32, i32, i32, i32 } %%e1, 2
  %%x = call { i32, i32 } asm sideeffect "xgetbv", "={ax},={dx},{cx},~{dirflag},~{fpsr},~{flags}"(i32 0)
  %%saved = extractvalue { i32, i32 } %%x, 0
  ; BMI1 AVX2 BMI2, LZCNT, ymm
  %%b37 = and i32 %%b7, 296
  %%v37 = icmp eq i32 %%b37, 296
  %%b381 = and i32 %%c81, 32
  %%v381 = icmp eq i32 %%b381, 32
  %%bymm = and i32 %%saved, 6
  %%ymm = icmp eq i32 %%bymm, 6
  %%and1 = and i1 %%v37, %%v381
  %%and2 = and i1 %%and1, %%ymm
  br i1 %%and2, label %%avx512, label %%found
avx512:
  ; F DQ CD BW VL, zmm
  %%b4 = and i32 %%b7, -805109760
  %%v4 = icmp eq i32 %%b4, -805109760
  %%bzmm = and i32 %%saved, 230
  %%zmm = icmp eq i32 %%bzmm, 230
  %%and3 = and i1 %%v4, %%zmm
  %%top = select i1 %%and3, i32 4, i32 3
  br label %%found
found:
  %%level = phi i32 [ 1, %%ask ], [ 2, %%more ], [ 2, %%avx ], [ %%top, %%avx512 ]
  store atomic i32 %%level, i32* @%[1]s_level monotonic, align 4
  ret i32 %%level
}
`

const driverAttributes = `nounwind "frame-pointer"="none" "no-builtins" "instcombine-no-verify-fixpoint"`

// run writes the function that walks the launches of the variant that the CPU can run; if there is none,
// it does nothing.
func (d *driverIR) run() {
	args, loops := 1, 0
	for _, o := range d.objects {
		for _, l := range o.Launches {
			args = max(args, len(l.Args))
		}
		loops = max(loops, len(o.Loops))
	}
	if d.o.IsOpen() {
		d.runOpen(args)
		return
	}
	d.printf("define void @%s(%s) %s {\nentry:\n  %%args = alloca [%d x i8*], align 16", d.name, d.params(true), driverAttributes, args)
	d.printf("  %%first = getelementptr [%d x i8*], [%[1]d x i8*]* %%args, i64 0, i64 0", args)
	for i := range loops {
		d.printf("  %%at%d = alloca i64, align 8", i)
	}
	if n := d.all(); n > 0 {
		d.printf("  %%all = alloca [%d x i64], align 16", n)
	}
	d.eachVariant(func(o *object.Object) {
		if d.array = "%dims"; fills(o) {
			d.array = d.fillAll(o)
		}
		d.walk(o, partsOf(o))
		d.printf("  br label %%end")
	})
	d.printf("end:\n  ret void\n}\n")
}

// x86Level is the number of an x86-64 level, 1 for any other CPU.
func x86Level(o *object.Object) int {
	level := 1
	_, _ = fmt.Sscanf(o.CPU, "x86-64-v%d", &level)
	return level
}

// walk writes the calls of one variant, those in loops in loops.
func (d *driverIR) walk(o *object.Object, body []part) {
	for _, p := range body {
		if p.loop < 0 {
			d.call(o, &o.Launches[p.launch])
			continue
		}
		l := &o.Loops[p.loop]
		at, label := fmt.Sprintf("%%at%d", p.loop), d.value()[1:]
		d.printf("  store i64 %d, i64* %s, align 8\n  br label %%%s\n%[3]s:", l.Begin, at, label)
		d.walk(o, p.body)
		was, next, more := d.value(), d.value(), d.value()
		d.printf("  %s = load i64, i64* %s, align 8\n  %s = add i64 %[1]s, %[4]d\n  store i64 %[3]s, i64* %[2]s, align 8", was, at, next, l.Step)
		d.printf("  %s = icmp slt i64 %s, %d\n  br i1 %[1]s, label %%%[4]s, label %%end.%[4]s\nend.%[4]s:", more, next, l.Begin+l.Count*l.Step, label)
	}
}

// call writes the call of a launch.
func (d *driverIR) call(o *object.Object, l *object.Launch) {
	shared, worker, _ := o.Workspace()
	for i, a := range l.Args {
		base, at := "%workspace", a.Offset
		switch a.Area {
		case object.AreaParam:
			base = fmt.Sprintf("%%p%d", a.Index)
		case object.AreaShared:
			at += shared
		case object.AreaWorker:
			at += worker
		case object.AreaDims:
			base = d.array
		}
		v := d.value()
		d.printf("  %s = getelementptr i8, i8* %s, i64 %d", v, base, at)
		for _, m := range a.Moves {
			v = d.move(v, m)
		}
		slot := d.value()
		d.printf("  %s = getelementptr i8*, i8** %%first, i64 %d\n  store i8* %[3]s, i8** %[1]s, align 8", slot, i, v)
	}
	position := ""
	if l.Advance > 0 {
		position = d.value()
		d.printf("  %s = load i64, i64* %%at%d, align 8", position, l.Advance-1)
	}
	d.tasks(o, l, fmt.Sprint(l.Tasks), position)
}

// tasks writes the call of a kernel for all tasks of a launch, or those that it has at a position of the loop that moves it on.
func (d *driverIR) tasks(o *object.Object, l *object.Launch, tasks, position string) {
	first, end := fmt.Sprint(l.First), d.value()
	if l.Advance > 0 {
		by := d.value()
		first = d.value()
		d.printf("  %s = mul i64 %s, %s\n  %s = add i64 %[1]s, %[5]d", by, position, tasks, first, l.First)
	}
	d.printf("  %s = add i64 %s, %s\n  call void @%s(i8** %%first, i64 %[2]s, i64 %[1]s)", end, first, tasks, o.Symbols[l.Symbol].Name)
}

// move adds what a loop moves a pointer by.
func (d *driverIR) move(pointer string, m object.Move) string {
	at, by, v := d.value(), d.value(), d.value()
	d.printf("  %s = load i64, i64* %%at%d, align 8\n  %s = mul i64 %[1]s, %[4]d", at, m.Loop, by, m.Bytes)
	if m.Dim != object.NoDim {
		array, stride, all := d.value(), d.value(), d.value()
		d.printf("  %s = bitcast i8* %s to i64*", array, d.array)
		place := d.value()
		d.printf("  %s = getelementptr i64, i64* %s, i64 %d\n  %s = load i64, i64* %[1]s, align 8", place, array, m.Dim, stride)
		d.printf("  %s = mul i64 %s, %s", all, by, stride)
		by = all
	}
	d.printf("  %s = getelementptr i8, i8* %s, i64 %s", v, pointer, by)
	return v
}

// Places in a DLTensor of DLPack, in bytes.
const (
	dlData, dlDevice, dlRank, dlCode, dlShape, dlStrides, dlOffset = 0, 8, 16, 20, 24, 32, 40
)

// dlpack writes the function that takes DLTensors. It returns 0, or ten times the number of the tensor that
// is not what the kernel was made for, the output being 1, and a digit that says why.
func (d *driverIR) dlpack() {
	d.printf("define i32 @%s_dlpack(%s) %s {\nentry:", d.name, d.params(false), driverAttributes)
	if n := len(given(d.o)); n > 0 {
		d.printf("  %%dims64 = alloca [%d x i64], align 16\n  %%dims = bitcast [%[1]d x i64]* %%dims64 to i8*", n)
	}
	d.sizes = make([]string, len(d.o.Sizes))
	var failures strings.Builder
	for i := range d.o.Params {
		for reason := 1; reason <= 6; reason++ {
			fmt.Fprintf(&failures, "bad%d:\n  ret i32 %[1]d\n", 10*(i+1)+reason)
		}
		d.dltensor(i)
	}
	var list []string
	for i := range d.o.Params {
		data := d.load(i, dlData, "i8*", 8)
		offset := d.load(i, dlOffset, "i64", 8)
		v := d.value()
		d.printf("  %s = getelementptr i8, i8* %s, i64 %s", v, data, offset)
		list = append(list, "i8* "+v)
	}
	switch {
	case d.o.IsOpen():
		for _, v := range d.sizes {
			list = append(list, "i64 "+v)
		}
	case len(given(d.o)) > 0:
		list = append(list, "i8* %dims")
	}
	d.printf("  call void @%s(%s)\n  ret i32 0\n%s}", d.name, strings.Join(append(list, "i8* %workspace"), ", "), failures.String())
}

// load reads a field of tensor i.
func (d *driverIR) load(i, at int, typ string, align int) string {
	p, q, v := d.value(), d.value(), d.value()
	d.printf("  %s = getelementptr i8, i8* %%p%d, i64 %d\n  %[4]s = bitcast i8* %[1]s to %[5]s*", p, i, at, q, typ)
	d.printf("  %s = load %s, %[2]s* %[3]s, align %[4]d", v, typ, q, align)
	return v
}

// want goes on if a condition holds, and fails for tensor i with a reason if not.
func (d *driverIR) want(cond string, i, reason int) {
	d.values++
	d.printf("  br i1 %s, label %%ok%d, label %%bad%d\nok%[2]d:", cond, d.values, 10*(i+1)+reason)
}

// equal compares a value with a constant.
func (d *driverIR) equal(typ, v string, to int64) string {
	c := d.value()
	d.printf("  %s = icmp eq %s %s, %d", c, typ, v, to)
	return c
}

// dltensor writes the checks of tensor i, and fills in dims.
func (d *driverIR) dltensor(i int) {
	p := &d.o.Params[i]
	t, _ := tensor.ParseDType(p.DType)
	c := d.value()
	d.printf("  %s = icmp ne i8* %%p%d, null", c, i)
	d.want(c, i, 1)
	const cpu = 1
	d.want(d.equal("i32", d.load(i, dlDevice, "i32", 4), cpu), i, 2)
	d.want(d.equal("i32", d.load(i, dlRank, "i32", 4), int64(len(p.Shape))), i, 3)
	d.want(d.equal("i32", d.load(i, dlCode, "i32", 4), dlType(t)), i, 4)
	if len(p.Shape) == 0 {
		return
	}
	shape := d.load(i, dlShape, "i64*", 8)
	empty := false
	for a, n := range p.Shape {
		d.extent(i, d.element(shape, a), n)
		empty = empty || n == 0
	}
	switch {
	case d.o.IsOpen():
		d.compact(i, shape)
	case empty:
		d.fillDims(i, func(int) string { return "0" }) // none is used
	default:
		d.strides(i)
	}
}

// extent checks an extent of tensor i; the first one of an open size tells it.
func (d *driverIR) extent(i int, v string, n int) {
	size := object.OpenSize(n)
	switch {
	case size < 0:
		d.want(d.equal("i64", v, int64(n)), i, 5)
	case d.sizes[size] == "":
		d.sizes[size] = v
		c := d.value()
		d.printf("  %s = icmp sge i64 %s, 0", c, v)
		d.want(c, i, 5)
	default:
		c := d.value()
		d.printf("  %s = icmp eq i64 %s, %s", c, v, d.sizes[size])
		d.want(c, i, 5)
	}
}

// compact checks that tensor i, whose extents are only known at run time, is row-major, unless it has no elements.
func (d *driverIR) compact(i int, shape string) {
	strides, some, end, c := d.load(i, dlStrides, "i64*", 8), d.value()[1:], d.value()[1:], d.value()
	d.printf("  %s = icmp eq i64* %s, null\n  br i1 %[1]s, label %%%[3]s, label %%%[4]s\n%[4]s:", c, strides, end, some)
	extents, empty := make([]string, len(d.o.Params[i].Shape)), "false"
	for a := range extents {
		extents[a] = d.element(shape, a)
		none, found := d.value(), d.value()
		d.printf("  %s = icmp eq i64 %s, 0\n  %s = or i1 %s, %[1]s", none, extents[a], found, empty)
		empty = found
	}
	want := "1"
	for a, n := range slices.Backward(extents) {
		one, free, same, either, next := d.value(), d.value(), d.value(), d.value(), d.value()
		d.printf("  %s = icmp eq i64 %s, 1\n  %s = or i1 %[1]s, %[4]s", one, n, free, empty)
		d.printf("  %s = icmp eq i64 %s, %s\n  %s = or i1 %s, %[1]s", same, d.element(strides, a), want, either, free)
		d.want(either, i, 6)
		d.printf("  %s = mul i64 %s, %s", next, want, n)
		want = next
	}
	d.printf("  br label %%%s\n%[1]s:", end)
}

// dlType is the 32-bit word of DLDataType: code, bits, lanes.
func dlType(t tensor.DType) int64 {
	code := int64(2) // float
	switch {
	case t.IsInt():
		code = 0
	case t == tensor.BF16:
		code = 4
	case t.IsComplex():
		code = 5
	case t == tensor.Bool:
		code = 6
	}
	return code | int64(8*t.Size())<<8 | 1<<16
}

func (d *driverIR) element(array string, at int) string {
	p, v := d.value(), d.value()
	d.printf("  %s = getelementptr i64, i64* %s, i64 %[3]d\n  %[4]s = load i64, i64* %[1]s, align 8", p, array, at, v)
	return v
}

// strides compares the strides of tensor i with those that the code has, or passes them on through dims.
// None at all mean row-major. The stride of an axis with one position does not matter.
func (d *driverIR) strides(i int) {
	p := &d.o.Params[i]
	strides, none, some, end := d.load(i, dlStrides, "i64*", 8), d.value()[1:], d.value()[1:], d.value()[1:]
	c := d.value()
	d.printf("  %s = icmp eq i64* %s, null\n  br i1 %[1]s, label %%%[3]s, label %%%[4]s\n%[3]s:", c, strides, none, some)
	compact := tensor.RowMajor(make([]int, len(p.Shape)), p.Shape)
	matches := true
	for a, n := range p.Shape {
		matches = matches && (n == 1 || p.Strides == nil || p.Strides[a] == compact[a])
	}
	d.fillDims(i, func(a int) string { return fmt.Sprint(compact[a]) })
	if matches {
		d.printf("  br label %%%s", end)
	} else {
		d.printf("  br label %%bad%d", 10*(i+1)+6)
	}
	d.printf("%s:", some)
	for a, n := range p.Shape {
		if n > 1 && p.Strides != nil {
			d.want(d.equal("i64", d.element(strides, a), int64(p.Strides[a])), i, 6)
		}
	}
	d.fillDims(i, func(a int) string { return d.element(strides, a) })
	d.printf("  br label %%%s\n%[1]s:", end)
}

// fillDims stores the strides of parameter i, where dims has them.
func (d *driverIR) fillDims(i int, stride func(axis int) string) {
	entries := given(d.o)
	for k, x := range entries {
		if x.Param != i {
			continue
		}
		v, p := stride(x.Axis), d.value()
		d.printf("  %s = getelementptr [%d x i64], [%[2]d x i64]* %%dims64, i64 0, i64 %[3]d\n  store i64 %[4]s, i64* %[1]s, align 8", p, len(entries), k, v)
	}
}
