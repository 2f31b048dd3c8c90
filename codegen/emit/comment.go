package emit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/einc-lang/einc/runtime/object"
)

// comment writes the text at the head of the file.
func (h *header) comment(expr string) {
	h.printf("/* Made by einc %s with LLVM %s. Do not edit.\n *\n", commentWord(h.o.Einc), commentWord(h.o.LLVM))
	for _, line := range commentLines(expr) {
		h.printf(" *     %s\n", line)
	}
	args := h.argList()
	if h.o.IsOpen() {
		args = strings.TrimSuffix(args, "dims") + strings.Join(h.sizes, ", ")
	}
	h.printf(" *\n * %s(%s, workspace) computes this on the calling thread.\n *\n", h.name, args)
	for i := range h.params {
		h.printf(" *     %s\n", h.paramNote(i))
	}
	if !h.o.IsOpen() {
		for i, d := range given(h.o) {
			h.printf(" *     dims[%d]: stride of axis %d of %s\n", i, d.Axis, h.params[d.Param].name)
		}
	}
	bytes := h.macro + "_WORKSPACE_BYTES"
	if h.o.IsOpen() {
		bytes = fmt.Sprintf("%s_workspace(%s)", h.name, strings.Join(h.sizes, ", "))
	}
	h.printf(memoryText, h.macro, bytes)
	h.target()
	frame := 0
	for _, o := range h.objects {
		for _, s := range o.Symbols {
			frame = max(frame, s.Frame)
		}
	}
	if h.o.IsOpen() {
		h.printf(openText, h.name)
		h.printf(openThreadText, h.name, h.macro, frame)
	} else {
		h.printf(threadText, h.name, h.macro, frame)
	}
	if !h.o.IsOpen() && slices.ContainsFunc(h.objects, func(o *object.Object) bool { return len(o.Loops) > 0 }) {
		h.printf(slicedText)
	}
	h.printf(dlpackText, h.name)
}

// target says what the code runs on.
func (h *header) target() {
	h.printf(" *\n * Target: %s, ", commentWord(h.o.Triple))
	if len(h.objects) == 1 {
		h.printf("%s. The CPU must have: %s.\n", commentWord(h.o.CPU), orNothing(commentWord(strings.Join(h.o.Features, " "))))
	} else {
		var levels []string
		for _, o := range h.objects {
			levels = append(levels, commentWord(o.CPU))
		}
		h.printf("with code for %s.\n * The first call asks the CPU which it can run. Names with a level in them, as %s_launch, are not for callers:\n"+
			" * the functions described here take the part that is for this CPU, and what they compute for it fits no other.\n",
			strings.Join(levels, ", "), h.variant(h.o))
	}
	if x86Level(h.o) > 1 || h.o.CPU == "generic" {
		h.printf(" * %s_supported() says whether this CPU can run it. If not, do not call it.\n", h.name)
	}
}

const memoryText = ` *
 * Strides count elements from the element that the pointer is to. Pointers need the alignment of their
 * element type, no more. out must overlap neither the operands nor the workspace. Nothing is read or written
 * outside the elements that shapes and strides describe.
 *
 * workspace has %[2]s bytes, aligned to %[1]s_WORKSPACE_ALIGN; what it holds before does not
 * matter. It may be NULL where that is 0.
`

const threadText = ` *
 * The kernels start no threads, allocate nothing, call nothing and use at most %[3]d bytes of stack.
 * Several threads may call %[1]s at once, each with a workspace and an output of its own.
 *
 * To spread one computation over threads, go through launches 0 to %[2]s_LAUNCHES-1 in order. Cut the
 * tasks 0 to %[1]s_tasks(launch)-1 into ranges, call %[1]s_launch for each range on any thread, and wait
 * for all of them before the next launch. arena (%[2]s_ARENA_BYTES) and shared (%[2]s_SHARED_BYTES) are common
 * to all threads; worker (%[2]s_WORKER_BYTES) is each thread's own. How tasks are cut does not change a
 * bit of the result.
`

const slicedText = ` * The work is cut into slices to need less memory, and launches repeat slice by slice. Where slices do
 * not depend on each other, they are the tasks of one launch.
`

const dlpackText = ` *
 * With dlpack.h included first, there is %[1]s_dlpack, which takes DLTensors. It checks device, shape, type and
 * strides and returns 0, or 10 times the number of the tensor that does not fit (out is 1) plus
 * 1: NULL, 2: not in the CPU's memory, 3: number of axes, 4: element type, 5: shape, 6: strides.
 */
`

// paramNote describes the output or an operand, as in "out: float[2][3], strides 3 1".
func (h *header) paramNote(i int) string {
	p, c := h.o.Params[i], h.params[i]
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", c.name, c.ctype)
	for _, n := range p.Shape {
		if i := object.OpenSize(n); i >= 0 {
			fmt.Fprintf(&b, "[%s]", h.sizes[i])
			continue
		}
		fmt.Fprintf(&b, "[%d]", n)
	}
	switch {
	case len(p.Shape) == 0:
		b.WriteString(", one element")
	case p.Strides == nil && h.o.IsOpen():
		b.WriteString(", row-major")
	case p.Strides == nil:
		b.WriteString(", strides in dims")
	default:
		fmt.Fprintf(&b, ", strides %s", strings.Trim(fmt.Sprint(p.Strides), "[]"))
	}
	if c.note != "" {
		b.WriteString(", " + c.note)
	}
	if p.Name != "" && c.name != p.Name && c.name != "in_"+p.Name {
		b.WriteString(" (" + commentWord(p.Name) + ")")
	}
	return b.String()
}

func orNothing(s string) string {
	if s == "" {
		return "nothing more"
	}
	return s
}
