package object

import (
	"fmt"
	"strings"
)

// String is the area's name.
func (a Area) String() string {
	if a > AreaDims {
		return fmt.Sprintf("area %d", uint8(a))
	}
	return [...]string{"param", "arena", "shared", "worker", "dims"}[a]
}

// String is a summary to read: the target, the memory, and a line for every parameter, kernel and launch.
// It reads objects that Check refuses, too.
func (o *Object) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "object %s %s", o.Triple, o.CPU)
	if o.LLVM != "" {
		fmt.Fprintf(&b, ", LLVM %s", o.LLVM)
	}
	if o.Einc != "" {
		fmt.Fprintf(&b, ", einc %s", o.Einc)
	}
	fmt.Fprintf(&b, "\n  needs %s\n", orNone(strings.Join(o.Features, " ")))
	fmt.Fprintf(&b, "  memory arena %s, shared %d, each worker %d bytes\n", number(o.Arena, o.ArenaDim), o.Shared, o.Worker)
	for i, m := range o.Modules {
		fmt.Fprintf(&b, "  module %d: %d bytes\n", i, len(m))
	}
	for i, p := range o.Params {
		strides := "at run time"
		if p.Strides != nil {
			strides = fmt.Sprint(p.Strides)
		}
		fmt.Fprintf(&b, "  param %d: %s %s %v strides %s\n", i, orNone(p.Name), p.DType, o.shapeText(p.Shape), strides)
	}
	for i, d := range o.Dims {
		fmt.Fprintf(&b, "  dims %d: %s\n", i, o.dimText(d))
	}
	for _, s := range o.Symbols {
		fmt.Fprintf(&b, "  kernel %s: module %d, stack %d bytes\n", s.Name, s.Module, s.Frame)
	}
	for i, l := range o.Launches {
		fmt.Fprintf(&b, "  launch %d: %s\n", i, o.launchText(l))
	}
	for i := range o.Loops {
		fmt.Fprintf(&b, "  loop %d: %s\n", i, o.Loops[i].text())
	}
	return b.String()
}

func (o *Object) launchText(l Launch) string {
	name := fmt.Sprintf("symbol %d", l.Symbol)
	if l.Symbol >= 0 && l.Symbol < len(o.Symbols) {
		name = o.Symbols[l.Symbol].Name
	}
	args := make([]string, len(l.Args))
	for i, a := range l.Args {
		args[i] = a.String()
	}
	from := ""
	if l.First > 0 {
		from = fmt.Sprintf(" from %d", l.First)
	}
	if l.Advance > 0 {
		from += fmt.Sprintf(" moved on by loop %d", l.Advance-1)
	}
	scale := ""
	if l.Scale > 0 {
		scale = fmt.Sprintf("·dims[%d]", l.Scale-1)
	}
	return fmt.Sprintf("%s(%s) × %s tasks%s of %.3g%s ns", name, strings.Join(args, ", "), number(l.Tasks, l.TasksDim), from, l.Nanos, scale)
}

// shapeText is a shape with the names of the sizes that are left open.
func (o *Object) shapeText(shape []int) string {
	text := make([]string, len(shape))
	for i, n := range shape {
		if text[i] = fmt.Sprint(n); OpenSize(n) >= 0 && OpenSize(n) < len(o.Sizes) {
			text[i] = o.Sizes[OpenSize(n)]
		}
	}
	return "[" + strings.Join(text, " ") + "]"
}

// number is a count, or the entry of dims that has it.
func number(n int64, dim int) string {
	if dim > 0 {
		return fmt.Sprintf("dims[%d]", dim-1)
	}
	return fmt.Sprint(n)
}

// dimText says how an entry of dims comes about.
func (o *Object) dimText(d Dim) string {
	switch {
	case d.Op == DimStride:
		return fmt.Sprintf("stride of param %d axis %d", d.Param, d.Axis)
	case d.Op == DimExtent && d.Axis >= 0 && d.Axis < len(o.Sizes):
		return "size " + o.Sizes[d.Axis]
	}
	text := fmt.Sprintf("%s of dims[%d] and %s", d.Op, d.A, number(d.Value, d.B+1))
	if d.Most > 0 {
		text += fmt.Sprintf(", at most %d", d.Most)
	}
	return text
}

// String is the argument as summaries show it, as in "param 1" or "arena+128".
func (a Arg) String() string {
	s := a.Area.String()
	if a.Area == AreaParam {
		s = fmt.Sprintf("param %d", a.Index)
	}
	if a.Dim > 0 {
		s += fmt.Sprintf("+dims[%d]", a.Dim-1)
	}
	if a.Offset != 0 {
		s += fmt.Sprintf("%+d", a.Offset)
	}
	for _, m := range a.Moves {
		s += fmt.Sprintf("%+d", m.Bytes)
		if m.Dim != NoDim {
			s += fmt.Sprintf("·dims[%d]", m.Dim)
		}
		s += fmt.Sprintf("·loop %d", m.Loop)
	}
	return s
}

func orNone(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
