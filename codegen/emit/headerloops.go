package emit

import (
	"fmt"
	"strings"

	"github.com/einc-lang/einc/runtime/object"
)

// sliced writes the task form of an object with loops. There are more launches than kernels to run, since
// loops repeat them: NAME_find tells which one a launch is, and where the loops around it stand. A parallel
// loop is one launch, whose tasks are its positions.
func (h *header) sliced(o *object.Object) {
	name, body := h.variant(o), partsOf(o)
	h.printf("\nstatic inline int %s_find(int64_t launch, int64_t *at)\n{\n    (void)at;\n    if (launch < 0)\n        return -1;\n", name)
	h.find(o, body, "    ")
	h.printf("    return -1;\n}\n\nstatic inline int64_t %s_tasks(int64_t launch)\n{\n    int64_t at[%d];\n    switch (%[1]s_find(launch, at)) {\n", name, len(o.Loops))
	for i, l := range o.Launches {
		h.printf("    case %d:\n        return INT64_C(%d);\n", i, l.Tasks)
	}
	for i, l := range o.Loops {
		if l.Parallel {
			h.printf("    case %d:\n        return INT64_C(%d);\n", len(o.Launches)+i, l.Count)
		}
	}
	h.printf("    default:\n        return 0;\n    }\n}\n")
	h.printf("\nstatic inline void %s_kernel(int kernel, const int64_t *at, int64_t begin, int64_t end,\n    %s,\n    void *arena, void *shared, void *worker)\n{\n    (void)at;\n",
		name, h.paramList())
	h.cases(o, "kernel")
	h.printf("}\n")
	h.launchHead(name)
	h.printf("    int64_t at[%d] = {0};\n    int kernel = %s_find(launch, at);\n    switch (kernel) {\n", len(o.Loops), name)
	for _, p := range body {
		if p.loop >= 0 && o.Loops[p.loop].Parallel {
			h.positions(o, p)
		}
	}
	h.printf("    default:\n        %s_kernel(kernel, at, begin, end, %s, arena, shared, worker);\n        break;\n    }\n}\n", name, h.argList())
}

// find writes what takes a launch's number apart: its place among parts, and positions of their loops.
func (h *header) find(o *object.Object, body []part, indent string) {
	for i := 0; i < len(body); {
		p := body[i]
		if p.loop < 0 {
			j := i
			for j < len(body) && body[j].loop < 0 {
				j++
			}
			h.printf("%sif (launch < %d)\n%[1]s    return %[3]d + (int)launch;\n%[1]slaunch -= %[2]d;\n", indent, j-i, p.launch)
			i = j
			continue
		}
		l := &o.Loops[p.loop]
		if l.Parallel {
			h.printf("%sif (launch < 1)\n%[1]s    return %[2]d;\n%[1]slaunch -= 1;\n", indent, len(o.Launches)+p.loop)
		} else {
			one, _ := stages(o, p.body)
			h.printf("%sif (launch < INT64_C(%d)) {\n%[1]s    at[%[3]d] = %[4]s;\n%[1]s    launch %%= INT64_C(%[5]d);\n", indent, one*l.Count,
				p.loop, position(l, fmt.Sprintf("launch / INT64_C(%d)", one)), one)
			h.find(o, p.body, indent+"    ")
			h.printf("%s}\n%[1]slaunch -= INT64_C(%[2]d);\n", indent, one*l.Count)
		}
		i++
	}
}

// position is the item at which a loop stands.
func position(l *object.Loop, number string) string {
	if l.Step != 1 {
		number = fmt.Sprintf("%s * INT64_C(%d)", number, l.Step)
	}
	if l.Begin != 0 {
		number = fmt.Sprintf("INT64_C(%d) + %s", l.Begin, number)
	}
	return number
}

// positions writes the case of a parallel loop.
func (h *header) positions(o *object.Object, p part) {
	h.printf("    case %d:\n        for (; begin < end; begin++) {\n            at[%d] = %s;\n", len(o.Launches)+p.loop, p.loop, position(&o.Loops[p.loop], "begin"))
	h.alone(o, p.body, "            ")
	h.printf("        }\n        break;\n")
}

// alone writes calls that run parts on one thread.
func (h *header) alone(o *object.Object, body []part, indent string) {
	for _, p := range body {
		if p.loop < 0 {
			h.printf("%s%s_kernel(%d, at, 0, INT64_C(%d), %s, arena, shared, worker);\n", indent, h.variant(o), p.launch, o.Launches[p.launch].Tasks, h.argList())
			continue
		}
		l, at := &o.Loops[p.loop], fmt.Sprintf("at[%d]", p.loop)
		h.printf("%sfor (%s = INT64_C(%d); %[2]s < INT64_C(%[4]d); %[2]s += INT64_C(%[5]d)) {\n", indent, at, l.Begin, l.Begin+l.Count*l.Step, l.Step)
		h.alone(o, p.body, indent+strings.Repeat(" ", 4))
		h.printf("%s}\n", indent)
	}
}
