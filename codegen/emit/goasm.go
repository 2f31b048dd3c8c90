package emit

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/einc-lang/einc/runtime/object"
)

// headNanos is the modelled nanoseconds of work for which a further goroutine is asked: it has to be started.
const headNanos = 100e3

// goVariant is a variant as templates and assembly see it.
type goVariant struct {
	K *goKernel
	*GoVariant
	stubs []goStub
}

// goStub is an assembly function that calls a kernel on the goroutine's stack.
type goStub struct {
	Name   string
	symbol int
	long   bool
}

// goLaunch is a launch in the table of a variant.
type goLaunch struct {
	Stub, Long          string // Long is nil for launches whose calls are short
	First, Tasks, Chunk int64
	Width               int64
	Advance             int // 1 + the loop that moves it on; 0: none
	Args                []string
}

func newGoVariant(k *goKernel, v *GoVariant) *goVariant { return &goVariant{K: k, GoVariant: v} }

// Name is the variable of the variant, and begins the names of its stubs.
func (v *goVariant) Name() string {
	if v.Level == 0 {
		return v.K.Prefix + "Arm64"
	}
	return fmt.Sprintf("%sV%d", v.K.Prefix, v.Level)
}

// suffix is the end of the name of the variant's Go file.
func (v *goVariant) suffix() string {
	if v.Level == 0 {
		return "_" + v.Arch + ".go"
	}
	return fmt.Sprintf("_v%d_%s.go", v.Level, v.Arch)
}

// Tags is the build constraint: a variant is left out where the toolchain is told that every CPU reaches
// the next level.
func (v *goVariant) Tags() string {
	for _, w := range v.K.Variants {
		if w.Arch == v.Arch && w.Level > v.Level {
			return fmt.Sprintf("!purego && !noasm && !%s.v%d", v.Arch, w.Level)
		}
	}
	return "!purego && !noasm"
}

// CPU is the level's name.
func (v *goVariant) CPU() string { return commentWord(v.Object.CPU) }

// Launches are the rows of the variant's table.
func (v *goVariant) Launches() []goLaunch {
	var rows []goLaunch
	for _, l := range v.Object.Launches {
		task := l.TaskNanos()
		r := goLaunch{Stub: v.stub(l.Symbol, false), Long: "nil", First: l.First, Tasks: l.Tasks, Chunk: chunkOf(l.Tasks, task), Width: widthOf(l.Tasks, task), Advance: l.Advance}
		if task*float64(r.Chunk) > object.ShortNanos {
			r.Long = v.stub(l.Symbol, true)
		}
		for _, a := range l.Args {
			r.Args = append(r.Args, v.arg(a))
		}
		rows = append(rows, r)
	}
	return rows
}

// chunkOf is how many of so many tasks a call is given, widthOf the most goroutines that they are worth.
func chunkOf(tasks int64, nanos float64) int64 { return max(1, min(tasks, object.CallTasks(nanos))) }
func widthOf(tasks int64, nanos float64) int64 {
	return max(1, min(tasks, int64(min(nanos*float64(tasks)/headNanos, 1<<16))))
}

// arg is a pointer of an args block as the table has it: the number of a base (the parameters come first, then
// the arena and the shared workspace; -1 is the worker's own), an offset, and what loops add to it.
func (v *goVariant) arg(a object.Arg) string {
	base := -1
	switch a.Area {
	case object.AreaParam:
		base = a.Index
	case object.AreaArena:
		base = len(v.Object.Params)
	case object.AreaShared:
		base = len(v.Object.Params) + 1
	}
	text := fmt.Sprintf("{%d, %d", base, a.Offset)
	if v.K.Sliced() {
		text += ", nil"
	}
	if len(a.Moves) > 0 {
		var moves []string
		for _, m := range a.Moves {
			moves = append(moves, fmt.Sprintf("{%d, %d}", m.Loop, m.Bytes))
		}
		text = strings.TrimSuffix(text, "nil") + "[]" + v.K.Prefix + "Move{" + strings.Join(moves, ", ") + "}"
	}
	return text + "}"
}

// stub names the function for a symbol, and remembers that it is needed.
func (v *goVariant) stub(symbol int, long bool) string {
	s := goStub{fmt.Sprintf("%sK%d", v.Name(), symbol), symbol, long}
	if long {
		s.Name += "Long"
	}
	if !slices.Contains(v.stubs, s) {
		v.stubs = append(v.stubs, s)
	}
	return s.Name
}

// Stubs lists the functions of the assembly file.
func (v *goVariant) Stubs() []goStub {
	v.Launches()
	return v.stubs
}

// ItemNanos is the modelled time of one item.
func (v *goVariant) ItemNanos() int64 {
	return int64(max(1, min(v.nanos(partsOf(v.Object)), 1<<60)))
}

// nanos is the modelled time of parts on one goroutine.
func (v *goVariant) nanos(body []part) (sum float64) {
	for _, p := range body {
		if p.loop >= 0 {
			sum += v.nanos(p.body) * float64(v.Object.Loops[p.loop].Count)
		} else {
			l := &v.Object.Launches[p.launch]
			sum += max(l.Nanos, 1) * float64(l.Tasks)
		}
	}
	return sum
}

// goLoop is a loop in the table of a variant.
type goLoop struct {
	object.Loop
	Next         int // the first loop behind those inside it
	Chunk, Width int64
}

// Loops are the rows of the table of loops.
func (v *goVariant) Loops() []goLoop {
	rows := make([]goLoop, len(v.Object.Loops))
	var fill func(body []part)
	fill = func(body []part) {
		for _, p := range body {
			if p.loop < 0 {
				continue
			}
			l := v.Object.Loops[p.loop]
			r := goLoop{Loop: l, Next: p.loop + 1, Width: 1}
			for r.Next < len(rows) && v.Object.Loops[r.Next].First < l.End {
				r.Next++
			}
			one := max(v.nanos(p.body), 1)
			if r.Chunk = chunkOf(l.Count, one); l.Parallel {
				r.Width = widthOf(l.Count, one)
			}
			rows[p.loop] = r
			fill(p.body)
		}
	}
	fill(partsOf(v.Object))
	return rows
}

// assembly is the text of the variant's assembly file.
func (v *goVariant) assembly() []byte {
	var b bytes.Buffer
	o := v.Object
	fmt.Fprintf(&b, "%s\n//go:build %s\n\n// Machine code for %s by LLVM %s: code, then constants, in one piece for each module.\n\n",
		v.K.Head, v.Tags(), v.CPU(), commentWord(o.LLVM))
	b.WriteString("#include \"textflag.h\"\n#include \"funcdata.h\"\n")
	stub, back := amd64Stub, ""
	if v.Arch == "arm64" {
		stub = arm64Stub
	}
	for _, s := range v.Stubs() {
		y := o.Symbols[s.symbol]
		text := stub.short
		if s.long {
			text, back = stub.long, stub.onFrame
		}
		fmt.Fprintf(&b, text, s.Name, stackBytes(y.Frame), fmt.Sprintf("%sBlob%d", v.Name(), y.Module), v.Blobs[y.Module].Entries[s.symbol])
	}
	if back != "" {
		b.WriteString(back)
	}
	for i, blob := range v.Blobs {
		v.data(&b, fmt.Sprintf("%sBlob%d", v.Name(), i), blob.Code)
	}
	return b.Bytes()
}

// stackBytes is the frame of a stub: what the kernel was proved to need, and room to align it. The sum is
// a multiple of 16 less 8, so that with the return address the assembler adds nothing on arm64.
func stackBytes(frame int) int { return (frame+64+15)/16*16 + 8 }

// data writes code as one function, 64 bytes a line.
func (v *goVariant) data(b *bytes.Buffer, name string, code []byte) {
	fmt.Fprintf(b, "\nTEXT %s<>(SB), NOSPLIT|NOFRAME, $0-0\n\tPCALIGN $64\n", name)
	if v.Arch == "arm64" {
		for i := 0; i < len(code); i += 4 {
			fmt.Fprintf(b, "\tWORD $%#08x\n", binary.LittleEndian.Uint32(code[i:]))
		}
		return
	}
	for i := 0; i < len(code); i += 8 {
		fmt.Fprintf(b, "\tQUAD $%#016x\n", binary.LittleEndian.Uint64(code[i:]))
	}
}

// stubText is what differs between architectures: %[1]s is the name, %[2]d the frame, %[3]s the blob and
// %[4]d the kernel's place in it.
//
// The kernel's stack begins at the top of the stub's frame, where a callee-saved register brings SP back
// from. Stubs are not NOSPLIT: their prologue grows the stack and lets the scheduler preempt. Between
// entersyscall and exitsyscall the collector may unwind the goroutine from the stub, which therefore
// leaves SP alone; another function moves it.
type stubText struct{ short, long, onFrame string }

var amd64Stub = stubText{
	short: `
// func %[1]s(args *unsafe.Pointer, begin, end int64)
TEXT ·%[1]s(SB), 0, $%[2]d-24
	MOVQ args+0(FP), DI
	MOVQ begin+8(FP), SI
	MOVQ end+16(FP), DX
	LEAQ %[3]s<>(SB), AX
	ADDQ $%[4]d, AX
	MOVQ SP, BX
	ADDQ $%[2]d, SP
	ANDQ $~15, SP
	CALL AX
	MOVQ BX, SP
	RET
`,
	long: `
// func %[1]s(args *unsafe.Pointer, begin, end int64)
TEXT ·%[1]s(SB), 0, $%[2]d-24
	NO_LOCAL_POINTERS
	CALL runtime·entersyscall(SB)
	MOVQ args+0(FP), DI
	MOVQ begin+8(FP), SI
	MOVQ end+16(FP), DX
	LEAQ %[3]s<>(SB), AX
	ADDQ $%[4]d, AX
	LEAQ %[2]d(SP), CX
	CALL onFrame<>(SB)
	CALL runtime·exitsyscall(SB)
	RET
`,
	onFrame: `
// onFrame calls AX with SP at CX.
TEXT onFrame<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ SP, BX
	MOVQ CX, SP
	ANDQ $~15, SP
	CALL AX
	MOVQ BX, SP
	RET
`,
}

var arm64Stub = stubText{
	short: `
// func %[1]s(args *unsafe.Pointer, begin, end int64)
TEXT ·%[1]s(SB), 0, $%[2]d-24
	MOVD args+0(FP), R0
	MOVD begin+8(FP), R1
	MOVD end+16(FP), R2
	MOVD $%[3]s<>(SB), R9
	MOVD $%[4]d, R10
	ADD R10, R9, R9
	MOVD RSP, R19
	MOVD $%[2]d, R10
	ADD R10, R19, R10
	AND $~15, R10, R10
	MOVD R10, RSP
	CALL (R9)
	MOVD R19, RSP
	RET
`,
	long: `
// func %[1]s(args *unsafe.Pointer, begin, end int64)
TEXT ·%[1]s(SB), 0, $%[2]d-24
	NO_LOCAL_POINTERS
	CALL runtime·entersyscall(SB)
	MOVD args+0(FP), R0
	MOVD begin+8(FP), R1
	MOVD end+16(FP), R2
	MOVD $%[3]s<>(SB), R9
	MOVD $%[4]d, R10
	ADD R10, R9, R9
	MOVD RSP, R11
	MOVD $%[2]d, R10
	ADD R10, R11, R10
	CALL onFrame<>(SB)
	CALL runtime·exitsyscall(SB)
	RET
`,
	onFrame: `
// onFrame calls R9 with SP at R10. R20, which C preserves, keeps the return address.
TEXT onFrame<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVD RSP, R19
	MOVD R30, R20
	AND $~15, R10, R10
	MOVD R10, RSP
	CALL (R9)
	MOVD R19, RSP
	MOVD R20, R30
	RET
`,
}
