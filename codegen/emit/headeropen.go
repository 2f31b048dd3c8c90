package emit

import (
	"fmt"
	"strings"

	"github.com/einc-lang/einc/runtime/object"
)

// nameSizes calls the size of label i n_i, or n_ and its number if that is not a C name.
func (h *header) nameSizes() {
	seen := map[string]bool{}
	for i, label := range h.o.Sizes {
		name := "n_" + label
		if !identifier.MatchString(label) || len(name) > maxName || seen[name] {
			name = fmt.Sprintf("n_%d", i)
		}
		seen[name] = true
		h.sizes = append(h.sizes, name)
	}
}

// sizeList declares the sizes.
func (h *header) sizeList() string {
	list := make([]string, len(h.sizes))
	for i, s := range h.sizes {
		list[i] = "int64_t " + s
	}
	return strings.Join(list, ", ")
}

// openFunctions writes what callers of a kernel for open extents need beside the function itself.
func (h *header) openFunctions() {
	h.printf("int64_t %s_dims(%s, int64_t *dims);\n\n", h.name, h.sizeList())
	h.printf(`static inline int64_t %s_workspace(%s)
{
    int64_t dims[%s_DIMS > 0 ? %[3]s_DIMS : 1];
    return %[3]s_WORKSPACE_BYTES + %[1]s_dims(%[4]s, dims);
}
`, h.name, h.sizeList(), h.macro, strings.Join(h.sizes, ", "))
}

// open writes the task form of an object whose launches depend on dims. Launches that advance
// with a loop are repeated: launch numbers go through all of its positions.
func (h *header) open(o *object.Object) {
	name, body := h.variant(o), partsOf(o)
	h.printf("\nstatic inline int %s_find(int64_t launch, const int64_t *dims, int64_t *position)\n{\n    (void)dims;\n    *position = 0;\n    if (launch < 0)\n        return -1;\n", name)
	for _, p := range body {
		if p.loop < 0 {
			h.printf("    if (launch < 1)\n        return %d;\n    launch -= 1;\n", p.launch)
			continue
		}
		l := &o.Loops[p.loop]
		h.printf("    if (launch < %[1]d * %[2]s) {\n        *position = launch / %[1]d;\n        return %[3]d + (int)(launch %% %[1]d);\n    }\n    launch -= %[1]d * %[2]s;\n",
			l.End-l.First, entry(l.Count, l.CountDim), l.First)
	}
	h.printf("    return -1;\n}\n\nstatic inline int64_t %s_launches(const int64_t *dims)\n{\n    (void)dims;\n    return 0", name)
	for _, p := range body {
		if p.loop < 0 {
			h.printf(" + 1")
			continue
		}
		l := &o.Loops[p.loop]
		h.printf(" + %d * %s", l.End-l.First, entry(l.Count, l.CountDim))
	}
	h.printf(";\n}\n\nstatic inline int64_t %s_tasks(int64_t launch, const int64_t *dims)\n{\n    int64_t position;\n    switch (%[1]s_find(launch, dims, &position)) {\n", name)
	for i, l := range o.Launches {
		h.printf("    case %d:\n        return %s;\n", i, entry(l.Tasks, l.TasksDim))
	}
	h.printf("    default:\n        return 0;\n    }\n}\n")
	h.launchHead(name)
	h.printf("    int64_t position;\n    int kernel = %s_find(launch, dims, &position);\n", name)
	h.cases(o, "kernel")
	h.printf("}\n")
}

// entry is a number, or the entry of dims that has it.
func entry(n int64, dim int) string {
	if dim > 0 {
		return fmt.Sprintf("dims[%d]", dim-1)
	}
	return fmt.Sprintf("INT64_C(%d)", n)
}

const openText = ` *
 * The sizes of %[1]s may be any that are not negative, as long as no tensor has more than 2^46 bytes.
`

const openThreadText = ` *
 * The kernels start no threads, allocate nothing, call nothing and use at most %[3]d bytes of stack.
 * Several threads may call %[1]s at once, each with a workspace and an output of its own.
 *
 * To spread one computation over threads, let %[1]s_dims fill in %[2]s_DIMS entries of dims for the sizes; it
 * returns the bytes of arena. Go through launches 0 to %[1]s_launches(dims)-1 in order. Cut the tasks 0 to
 * %[1]s_tasks(launch, dims)-1 into ranges, call %[1]s_launch for each range on any thread, and wait for all
 * of them before the next launch. arena and shared (%[2]s_SHARED_BYTES) are common to all threads; worker
 * (%[2]s_WORKER_BYTES) is each thread's own. How tasks are cut does not change a bit of the result.
`
