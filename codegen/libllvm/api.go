package libllvm

import (
	"fmt"
	"reflect"
	"unsafe"

	"github.com/ebitengine/purego"
)

// ref is a pointer to an object of LLVM's.
type ref uintptr

// api holds the functions of LLVM's C interface, each under its name without the prefix LLVM, all of
// them unchanged from LLVM 14 to 22. Out-parameters are typed pointers: purego keeps what they
// point to on the heap, where a growing goroutine stack cannot leave LLVM with a stale address.
type api struct {
	ContextCreate               func() ref
	ContextDispose              func(ctx ref)
	ContextSetDiagnosticHandler func(ctx ref, handler uintptr, to *diagnostics)
	GetDiagInfoSeverity         func(info ref) int32
	GetDiagInfoDescription      func(info ref) *byte
	InstallFatalErrorHandler    func(handler uintptr)
	DisposeMessage              func(msg *byte)
	GetErrorMessage             func(err ref) *byte
	DisposeErrorMessage         func(msg *byte)

	CreateMemoryBufferWithMemoryRangeCopy func(data *byte, size uintptr, name string) ref
	GetBufferStart                        func(buf ref) *byte
	GetBufferSize                         func(buf ref) uintptr
	DisposeMemoryBuffer                   func(buf ref)

	ParseIRInContext    func(ctx, buf ref, module *ref, msg **byte) int32
	VerifyModule        func(module ref, action int32, msg **byte) int32
	PrintModuleToString func(module ref) *byte
	DisposeModule       func(module ref)
	LinkModules2        func(to, from ref) int32
	SetTarget           func(module ref, triple string)
	SetModuleDataLayout func(module, layout ref)

	GetTargetFromTriple             func(triple string, target *ref, msg **byte) int32
	CreateTargetMachine             func(target ref, triple, cpu, features string, level, reloc, model int32) ref
	CreateTargetDataLayout          func(machine ref) ref
	DisposeTargetData               func(layout ref)
	DisposeTargetMachine            func(machine ref)
	TargetMachineEmitToMemoryBuffer func(machine, module ref, kind int32, msg **byte, buf *ref) int32

	CreatePassBuilderOptions               func() ref
	PassBuilderOptionsSetVerifyEach        func(opts ref, on int32)
	PassBuilderOptionsSetLoopVectorization func(opts ref, on int32)
	PassBuilderOptionsSetSLPVectorization  func(opts ref, on int32)
	RunPasses                              func(module ref, passes string, machine, opts ref) ref
	DisposePassBuilderOptions              func(opts ref)

	GetFirstFunction             func(module ref) ref
	GetNextFunction              func(fn ref) ref
	IsDeclaration                func(fn ref) int32
	GetValueName2                func(v ref, size *uintptr) *byte
	GetFirstUse                  func(v ref) ref
	CreateStringAttribute        func(ctx ref, key string, keySize uint32, value string, valueSize uint32) ref
	AddAttributeAtIndex          func(fn ref, index uint32, attr ref)
	RemoveStringAttributeAtIndex func(fn ref, index uint32, key string, size uint32)
	GetFirstBasicBlock           func(fn ref) ref
	GetNextBasicBlock            func(block ref) ref
	GetFirstInstruction          func(block ref) ref
	GetNextInstruction           func(inst ref) ref
	GetInstructionOpcode         func(inst ref) int32
	GetOperand                   func(inst ref, i uint32) ref
	IsConstant                   func(v ref) int32

	GetVersion func(major, minor, patch *uint32) `optional:""`

	backends []backend
	addr     uintptr // of one of the functions, to find the file by
}

// backend is a code generator and the functions that register it.
type backend struct {
	name  string
	inits []func()
}

// bind looks up every function.
func (a *api) bind(handle uintptr) error {
	v := reflect.ValueOf(a).Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		addr, err := symbol(handle, "LLVM"+f.Name)
		if err != nil {
			if _, optional := f.Tag.Lookup("optional"); optional {
				continue
			}
			return fmt.Errorf("it lacks LLVM%s", f.Name)
		}
		a.addr = addr
		purego.RegisterFunc(v.Field(i).Addr().Interface(), addr)
	}
	for _, t := range []*arch{x86, aarch64, nvptx} {
		a.bindBackend(handle, t.name)
	}
	if len(a.backends) == 0 {
		return errTargets
	}
	return nil
}

// bindBackend notes a back end if the library has it. The assembly parser, which NVPTX has not, is
// for inline assembly.
func (a *api) bindBackend(handle uintptr, name string) {
	b := backend{name: name}
	for _, part := range []string{"TargetInfo", "Target", "TargetMC", "AsmPrinter", "AsmParser"} {
		addr, err := symbol(handle, "LLVMInitialize"+name+part)
		if err != nil {
			if part == "AsmParser" {
				continue
			}
			return
		}
		var init func()
		purego.RegisterFunc(&init, addr)
		b.inits = append(b.inits, init)
	}
	a.backends = append(a.backends, b)
}

// take copies a message of LLVM's and frees it.
func (a *api) take(msg *byte) string {
	s := goString(msg)
	if msg != nil {
		a.DisposeMessage(msg)
	}
	return s
}

// goString copies a C string.
func goString(p *byte) string {
	if p == nil {
		return ""
	}
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(p), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(p, n))
}

// libraryPath asks the dynamic linker which file an address was loaded from; "" if it does not know.
func libraryPath(addr uintptr) string {
	p, err := symbol(defaultHandle, "dladdr")
	if err != nil {
		return ""
	}
	var dladdr func(addr uintptr, info *dlInfo) int32
	purego.RegisterFunc(&dladdr, p)
	var info dlInfo
	if dladdr(addr, &info) == 0 {
		return ""
	}
	return goString(info.file)
}

// dlInfo is C's Dl_info.
type dlInfo struct {
	file   *byte
	base   uintptr
	symbol *byte
	addr   uintptr
}
