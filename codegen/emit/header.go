package emit

import (
	"bytes"
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

// Relocatable gives copies of an object's modules, each a whole ELF object file. The header that Header
// writes is for all of them: where there is more than one, link them all, or join them with `ld -r`.
func Relocatable(o *object.Object) [][]byte {
	files := make([][]byte, len(o.Modules))
	for i, m := range o.Modules {
		files[i] = bytes.Clone(m)
	}
	return files
}

// Header writes a C11 and C++11 header for an object: a comment with shapes, strides, alignment,
// workspace and the use of threads; macros with the sizes; the kernels' declarations; and inline functions that
// walk the launches:
//
//	void NAME(out, operands…, [dims,] workspace)      all of it on the calling thread
//	int64_t NAME_tasks(launch)                        tasks of a launch
//	void NAME_launch(launch, begin, end, out, operands…, [dims,] arena, shared, worker)
//
// An error means that the object is inconsistent or that a name is not usable in C.
func Header(o *object.Object, opt HeaderOptions) (string, error) {
	if err := o.Check(); err != nil {
		return "", fmt.Errorf("C header: %w", err)
	}
	h := &header{o: o, name: opt.Name, macro: strings.ToUpper(opt.Name)}
	if err := h.checkNames(); err != nil {
		return "", fmt.Errorf("C header: %w", err)
	}
	if err := h.nameParams(); err != nil {
		return "", fmt.Errorf("C header: %w", err)
	}
	h.comment(opt.Expr)
	h.begin()
	h.macros()
	h.kernels()
	h.tasks()
	h.launch()
	h.driver()
	h.end()
	return h.String(), nil
}

// header is the text being written.
type header struct {
	strings.Builder
	o      *object.Object
	name   string
	macro  string
	params []param
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
	functionSuffixes = []string{"", "_tasks", "_launch"}
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
	for _, s := range h.o.Symbols {
		if taken[s.Name] {
			return fmt.Errorf("the name %q leads to %s, which is the name of a kernel: choose another", h.name, s.Name)
		}
		if err := checkName(s.Name); err != nil {
			return fmt.Errorf("kernel: %w", err)
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

// areas gives where the three areas lie in the workspace of a single thread, and its size.
func (h *header) areas() (shared, worker, size int64) {
	up := func(n int64) int64 { return (n + object.Align - 1) / object.Align * object.Align }
	shared = up(h.o.Arena)
	worker = shared + up(h.o.Shared)
	return shared, worker, worker + up(h.o.Worker)
}

func (h *header) macros() {
	_, _, size := h.areas()
	for i, n := range []int64{h.o.Arena, h.o.Shared, h.o.Worker, size, object.Align, int64(len(h.o.Launches)), int64(len(h.o.Dims))} {
		h.printf("#define %s%s %d\n", h.macro, macroSuffixes[i], n)
	}
	h.printf("\n")
}

func (h *header) kernels() {
	for _, s := range h.o.Symbols {
		h.printf("void %s(void **args, int64_t task_begin, int64_t task_end);\n", s.Name)
	}
}

func (h *header) tasks() {
	h.printf("\nstatic inline int64_t %s_tasks(int64_t launch)\n{\n    switch (launch) {\n", h.name)
	for i, l := range h.o.Launches {
		h.printf("    case %d:\n        return INT64_C(%d);\n", i, l.Tasks)
	}
	h.printf("    default:\n        return 0;\n    }\n}\n")
}

// paramList declares the output, the operands and dims.
func (h *header) paramList() string {
	var list []string
	for i, p := range h.params {
		c := ""
		if i > 0 {
			c = "const "
		}
		list = append(list, fmt.Sprintf("%s%s *%s", c, p.ctype, p.name))
	}
	if len(h.o.Dims) > 0 {
		list = append(list, "const int64_t *dims")
	}
	return strings.Join(list, ", ")
}

// argList passes on what paramList declares.
func (h *header) argList() string {
	var list []string
	for _, p := range h.params {
		list = append(list, p.name)
	}
	if len(h.o.Dims) > 0 {
		list = append(list, "dims")
	}
	return strings.Join(list, ", ")
}

// launch writes the function that runs some tasks of one launch. Every parameter is named once as a
// statement, since no launch need use them all.
func (h *header) launch() {
	h.printf("\nstatic inline void %s_launch(int64_t launch, int64_t begin, int64_t end,\n    %s,\n    void *arena, void *shared, void *worker)\n{\n",
		h.name, h.paramList())
	h.printf("    (void)begin, (void)end, (void)arena, (void)shared, (void)worker;\n")
	for _, name := range strings.Split(h.argList(), ", ") {
		h.printf("    (void)%s;\n", name)
	}
	h.printf("    switch (launch) {\n")
	for i, l := range h.o.Launches {
		args := make([]string, len(l.Args))
		for j, a := range l.Args {
			args[j] = h.arg(a)
		}
		if len(args) == 0 {
			args = []string{"NULL"}
		}
		first := ""
		if l.First > 0 {
			first = fmt.Sprintf("INT64_C(%d) + ", l.First)
		}
		h.printf("    case %d: {\n        void *args[] = {\n            %s,\n        };\n        %s(args, %sbegin, %send);\n        break;\n    }\n",
			i, strings.Join(args, ",\n            "), h.o.Symbols[l.Symbol].Name, first, first)
	}
	h.printf("    default:\n        break;\n    }\n}\n")
}

// arg is the address of an argument. The kernels take operands as void * and do not write to them.
func (h *header) arg(a object.Arg) string {
	name := a.Area.String()
	if a.Area == object.AreaParam {
		name = h.params[a.Index].name
	}
	text := "(char *)(uintptr_t)" + name
	if a.Offset > 0 {
		text += fmt.Sprintf(" + %d", a.Offset)
	} else if a.Offset < 0 {
		text += fmt.Sprintf(" - %d", -a.Offset)
	}
	return text
}

// driver writes the function that runs everything on the calling thread.
func (h *header) driver() {
	shared, worker, _ := h.areas()
	piece := func(size, offset int64) string {
		if size == 0 {
			return "NULL" // workspace may be a null pointer, to which nothing can be added
		}
		return fmt.Sprintf("(char *)workspace + %d", offset)
	}
	h.printf("\nstatic inline void %s(%s, void *workspace)\n{\n    int64_t launch;\n    (void)workspace;\n", h.name, h.paramList())
	h.printf("    for (launch = 0; launch < %s_LAUNCHES; launch++)\n", h.macro)
	h.printf("        %s_launch(launch, 0, %[1]s_tasks(launch), %s,\n            %s, %s, %s);\n}\n", h.name, h.argList(),
		piece(h.o.Arena, 0), piece(h.o.Shared, shared), piece(h.o.Worker, worker))
}
