package emit

import (
	"fmt"
	"strings"

	"github.com/einc-lang/einc/runtime/object"
	"github.com/einc-lang/einc/tensor"
)

// HeaderOptions say what a header is called and what it says about its origin.
type HeaderOptions struct {
	Name string // the C function; its upper-case form begins the macros
	Expr string // the expression, for the comment; any text
}

// Header writes a C11 and C++11 header for the objects of one kernel, for CPUs of rising level: a comment with
// shapes, strides, alignment, workspace and the use of threads; macros with the sizes; declarations of what
// Driver defines and of the kernels; and inline functions for callers with threads of their own:
//
//	int NAME_supported(void)                          the CPU can run it
//	int64_t NAME_tasks(launch)                        tasks of a launch
//	void NAME_launch(launch, begin, end, out, operands…, [dims,] arena, shared, worker)
//
// Of several objects, each has such functions, too, with its level in their names. Those are not for callers, which
// the header says: between them, callers would need a NAME_dims, sizes of workspace and a count of launches for each.
//
// An error means that an object is inconsistent or that a name is not usable in C.
func Header(objects []*object.Object, opt HeaderOptions) (string, error) {
	for _, o := range objects {
		if err := o.Check(); err != nil {
			return "", fmt.Errorf("C header: %w", err)
		}
	}
	h := &header{objects: objects, o: objects[0], name: opt.Name, macro: strings.ToUpper(opt.Name)}
	for _, check := range []func() error{h.checkNames, h.checkGiven, h.nameParams, h.countStages} {
		if err := check(); err != nil {
			return "", fmt.Errorf("C header: %w", err)
		}
	}
	h.nameSizes()
	h.comment(opt.Expr)
	h.begin()
	h.macros()
	h.functions()
	for _, o := range objects {
		h.level(o)
		switch {
		case o.IsOpen():
			h.open(o)
		case len(o.Loops) > 0:
			h.sliced(o)
		default:
			h.tasks(o)
			h.launch(o)
		}
	}
	if len(objects) > 1 {
		h.choose()
	}
	h.end()
	return h.String(), nil
}

// header is the text being written.
type header struct {
	strings.Builder
	objects []*object.Object
	o       *object.Object // the first: parameters, and what callers give in dims, are the same in all
	name    string
	macro   string
	params  []param
	sizes   []string // what the open sizes are called
	stages  map[*object.Object]int64
}

// param is the output or an operand as C sees it.
type param struct {
	name  string
	ctype string // of an element
	note  string
}

func (h *header) printf(format string, args ...any) { fmt.Fprintf(h, format, args...) }

// The suffixes of the names that a header declares.
var (
	functionSuffixes = []string{"", "_tasks", "_launch", "_find", "_kernel", "_cpu", "_supported", "_dlpack", "_dims", "_workspace", "_launches"}
	macroSuffixes    = []string{"_ARENA_BYTES", "_SHARED_BYTES", "_WORKER_BYTES", "_WORKSPACE_BYTES", "_WORKSPACE_ALIGN", "_LAUNCHES", "_DIMS", "_H"}
)

func (h *header) checkNames() error {
	if err := checkName(h.name); err != nil {
		return err
	}
	taken := map[string]bool{}
	for _, s := range functionSuffixes {
		taken[h.name+s] = true
	}
	for _, s := range macroSuffixes {
		taken[h.macro+s] = true
	}
	for _, o := range h.objects {
		if err := checkName(h.variant(o)); err != nil {
			return err
		}
		for _, s := range o.Symbols {
			if taken[s.Name] {
				return fmt.Errorf("the name %q leads to %s, which is the name of a kernel: choose another", h.name, s.Name)
			}
			if err := checkName(s.Name); err != nil {
				return fmt.Errorf("kernel: %w", err)
			}
			taken[s.Name] = true
		}
	}
	return nil
}

var ctypes = map[tensor.DType]struct{ name, note string }{
	tensor.Bool: {"uint8_t", "booleans, 0 or 1"},
	tensor.I8:   {"int8_t", ""},
	tensor.I16:  {"int16_t", ""},
	tensor.I32:  {"int32_t", ""},
	tensor.I64:  {"int64_t", ""},
	tensor.F16:  {"uint16_t", "the bits of IEEE binary16"},
	tensor.BF16: {"uint16_t", "the bits of bfloat16"},
	tensor.F32:  {"float", ""},
	tensor.F64:  {"double", ""},
	tensor.C64:  {"float", "complex: two floats an element, real part first"},
	tensor.C128: {"double", "complex: two doubles an element, real part first"},
}

// nameParams calls the output out and operand X in_X, or in_ and its number if X is not a C name. The
// prefix keeps operands clear of keywords, macros and the header's own names.
func (h *header) nameParams() error {
	seen := map[string]bool{}
	for i, p := range h.o.Params {
		d, err := tensor.ParseDType(p.DType)
		if err != nil {
			return err
		}
		if d.Size() != p.Size {
			return fmt.Errorf("parameter %d has elements of %d bytes, not the %d of %s", i, p.Size, d.Size(), d)
		}
		c := param{name: "in_" + p.Name, ctype: ctypes[d].name, note: ctypes[d].note}
		if i == 0 {
			c.name = "out"
		} else if !identifier.MatchString(p.Name) || len(p.Name) > maxName || libraryName.MatchString(p.Name) || seen[p.Name] {
			c.name = fmt.Sprintf("in_%d", i-1)
		}
		seen[p.Name] = i > 0 || seen[p.Name]
		h.params = append(h.params, c)
	}
	return nil
}

// countStages counts the launches that a caller of the task form makes.
func (h *header) countStages() error {
	h.stages = map[*object.Object]int64{}
	for _, o := range h.objects {
		n, err := stages(o, partsOf(o))
		if err != nil {
			return err
		}
		h.stages[o] = n
	}
	return nil
}

func (h *header) begin() {
	h.printf(`#ifndef %s_H
#define %[1]s_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

`, h.macro)
}

func (h *header) end() {
	h.printf(`
#ifdef __cplusplus
}
#endif

#endif
`)
}

// largest is the largest of a size in all variants.
func (h *header) largest(of func(o *object.Object) int64) (n int64) {
	for _, o := range h.objects {
		n = max(n, of(o))
	}
	return n
}

func (h *header) macros() {
	for i, of := range []func(o *object.Object) int64{
		func(o *object.Object) int64 { return o.Arena },
		func(o *object.Object) int64 { return o.Shared },
		func(o *object.Object) int64 { return o.Worker },
		func(o *object.Object) int64 {
			_, _, size := o.Workspace()
			if o.IsOpen() { // and what the temporaries of a call take
				_, size = openOffsets(o)
			}
			return size
		},
		func(*object.Object) int64 { return object.Align },
		func(o *object.Object) int64 { return h.stages[o] },
		func(o *object.Object) int64 {
			if o.IsOpen() {
				return int64(len(o.Dims))
			}
			return int64(len(given(o)))
		},
	} {
		if h.o.IsOpen() && (macroSuffixes[i] == "_ARENA_BYTES" || macroSuffixes[i] == "_LAUNCHES") {
			continue // the sizes decide it
		}
		h.printf("#define %s%s %d\n", h.macro, macroSuffixes[i], h.largest(of))
	}
	h.printf("\n")
}

// functions declares what the object defines.
func (h *header) functions() {
	params := h.paramList()
	if h.o.IsOpen() {
		params = h.tensorList() + ", " + h.sizeList()
	}
	h.printf("void %s(%s, void *workspace);\n\n", h.name, params)
	var tensors []string
	for i, p := range h.params {
		tensors = append(tensors, []string{"DLTensor *", "const DLTensor *"}[min(i, 1)]+p.name)
	}
	h.printf("#if defined(DLPACK_VERSION) || defined(DLPACK_MAJOR_VERSION)\nint %s_dlpack(%s, void *workspace);\n#endif\n\n",
		h.name, strings.Join(tensors, ", "))
	for _, o := range h.objects {
		for _, s := range o.Symbols {
			h.printf("void %s(void **args, int64_t task_begin, int64_t task_end);\n", s.Name)
		}
	}
	if h.o.IsOpen() {
		h.openFunctions()
	}
	switch level := x86Level(h.o); {
	case level > 1:
		h.printf("int %s_cpu(void);\n\nstatic inline int %[1]s_supported(void)\n{\n    return %[1]s_cpu() >= %d;\n}\n", h.name, level)
	case h.o.CPU == "generic":
		h.printf("\nstatic inline int %s_supported(void)\n{\n    return 1;\n}\n", h.name)
	}
}

// variant begins the names of an object's inline functions.
func (h *header) variant(o *object.Object) string {
	if len(h.objects) == 1 {
		return h.name
	}
	return h.name + "_" + Short(o.CPU)
}

// level says that an object's inline functions are parts of those for callers, where there are several. What
// NAME_dims fills in is for the object of the CPU at hand, and launches and tasks differ, too.
func (h *header) level(o *object.Object) {
	if len(h.objects) > 1 {
		h.printf("\n/* %s, not for callers: the functions without a level in their names choose. */\n", commentWord(o.CPU))
	}
}

func (h *header) tasks(o *object.Object) {
	h.printf("\nstatic inline int64_t %s_tasks(int64_t launch)\n{\n    switch (launch) {\n", h.variant(o))
	for i, l := range o.Launches {
		h.printf("    case %d:\n        return INT64_C(%d);\n", i, l.Tasks)
	}
	h.printf("    default:\n        return 0;\n    }\n}\n")
}

// tensorList declares the output and the operands, and paramList dims, too.
func (h *header) tensorList() string {
	var list []string
	for i, p := range h.params {
		c := ""
		if i > 0 {
			c = "const "
		}
		list = append(list, fmt.Sprintf("%s%s *%s", c, p.ctype, p.name))
	}
	return strings.Join(list, ", ")
}

// takesDims tells whether the functions that run tasks take dims.
func (h *header) takesDims() bool { return len(given(h.o)) > 0 || h.o.IsOpen() && len(h.o.Dims) > 0 }

func (h *header) paramList() string {
	if h.takesDims() {
		return h.tensorList() + ", const int64_t *dims"
	}
	return h.tensorList()
}

// argList passes on what paramList declares.
func (h *header) argList() string {
	var list []string
	for _, p := range h.params {
		list = append(list, p.name)
	}
	if h.takesDims() {
		list = append(list, "dims")
	}
	return strings.Join(list, ", ")
}

// launchHead begins a function that runs tasks of a launch.
func (h *header) launchHead(name string) {
	h.printf("\nstatic inline void %s_launch(int64_t launch, int64_t begin, int64_t end,\n    %s,\n    void *arena, void *shared, void *worker)\n{\n",
		name, h.paramList())
}

// launch writes the function that runs some tasks of one launch.
func (h *header) launch(o *object.Object) {
	h.launchHead(h.variant(o))
	h.cases(o, "launch")
	h.printf("}\n")
}

// cases writes the launches of an object as cases of a switch. Every parameter is named once as a
// statement, since no launch need use them all.
func (h *header) cases(o *object.Object, number string) {
	if fills(o) {
		h.fillAll(o)
	}
	h.printf("    (void)begin, (void)end, (void)arena, (void)shared, (void)worker;\n")
	for _, name := range strings.Split(h.argList(), ", ") {
		h.printf("    (void)%s;\n", name)
	}
	h.printf("    switch (%s) {\n", number)
	for i, l := range o.Launches {
		args := make([]string, len(l.Args))
		for j, a := range l.Args {
			args[j] = h.arg(a, fills(o))
		}
		if len(args) == 0 {
			args = []string{"NULL"}
		}
		first := ""
		if l.Advance > 0 {
			position := "position"
			if !o.IsOpen() {
				position = fmt.Sprintf("at[%d]", l.Advance-1)
			}
			first = fmt.Sprintf("%s * %s + ", position, entry(l.Tasks, l.TasksDim))
		}
		if l.First > 0 {
			first += fmt.Sprintf("INT64_C(%d) + ", l.First)
		}
		h.printf("    case %d: {\n        void *args[] = {\n            %s,\n        };\n        %s(args, %sbegin, %send);\n        break;\n    }\n",
			i, strings.Join(args, ",\n            "), o.Symbols[l.Symbol].Name, first, first)
	}
	h.printf("    default:\n        break;\n    }\n")
}

// choose writes the functions that take the variant for the CPU.
func (h *header) choose() {
	counts := []string{"tasks(int64_t launch)", "tasks(launch)"}
	if h.o.IsOpen() {
		counts = []string{"tasks(int64_t launch, const int64_t *dims)", "tasks(launch, dims)", "launches(const int64_t *dims)", "launches(dims)"}
	}
	for c := 0; c < len(counts); c += 2 {
		h.printf("\nstatic inline int64_t %s_%s\n{\n    int cpu = %[1]s_cpu();\n", h.name, counts[c])
		for i := len(h.objects) - 1; i >= 0; i-- {
			h.printf("    if (cpu >= %d)\n        return %s_%s;\n", x86Level(h.objects[i]), h.variant(h.objects[i]), counts[c+1])
		}
		h.printf("    return 0;\n}\n")
	}
	h.launchHead(h.name)
	h.printf("    int cpu = %s_cpu();\n", h.name)
	for i := len(h.objects) - 1; i >= 0; i-- {
		word := "else if"
		if i == len(h.objects)-1 {
			word = "if"
		}
		h.printf("    %s (cpu >= %d)\n        %s_launch(launch, begin, end, %s, arena, shared, worker);\n", word,
			x86Level(h.objects[i]), h.variant(h.objects[i]), h.argList())
	}
	h.printf("}\n")
}

// arg is the address of an argument. The kernels take operands as void * and do not write to them.
func (h *header) arg(a object.Arg, filled bool) string {
	name, dims := a.Area.String(), "dims"
	if filled {
		dims = "all"
	}
	switch a.Area {
	case object.AreaParam:
		name = h.params[a.Index].name
	case object.AreaDims:
		name = dims
	}
	text := "(char *)(uintptr_t)" + name
	if a.Dim > 0 {
		text += fmt.Sprintf(" + dims[%d]", a.Dim-1)
	}
	if a.Offset > 0 {
		text += fmt.Sprintf(" + %d", a.Offset)
	} else if a.Offset < 0 {
		text += fmt.Sprintf(" - %d", -a.Offset)
	}
	for _, m := range a.Moves {
		text += fmt.Sprintf(" + at[%d] * INT64_C(%d)", m.Loop, m.Bytes)
		if m.Dim != object.NoDim {
			text += fmt.Sprintf(" * %s[%d]", dims, m.Dim)
		}
	}
	return text
}
