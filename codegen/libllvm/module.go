package libllvm

import (
	"regexp"
	"strings"
	"unsafe"
)

// functionIndex is where LLVM keeps the attributes of the function itself.
const functionIndex = ^uint32(0)

// opAlloca is LLVM's stable number of the alloca instruction.
const opAlloca = 26

// symbolText is what a defined function may be called: what assemblers, linkers and C take unquoted.
var symbolText = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]{0,254}$`)

// functions lists the functions that the module defines.
func (j *job) functions() []ref {
	var fs []ref
	for f := j.GetFirstFunction(j.module); f != 0; f = j.GetNextFunction(f) {
		if j.IsDeclaration(f) == 0 {
			fs = append(fs, f)
		}
	}
	return fs
}

func (j *job) name(v ref) string {
	var n uintptr
	p := j.GetValueName2(v, &n)
	if n == 0 {
		return ""
	}
	return string(unsafe.Slice(p, n))
}

// prepare makes the request alone decide the CPU, and has every function report its stack frame.
func (j *job) prepare() error {
	const key, limit = "warn-stack-size", "0"
	report := j.CreateStringAttribute(j.context, key, uint32(len(key)), limit, uint32(len(limit)))
	for _, f := range j.functions() {
		if name := j.name(f); !symbolText.MatchString(name) {
			return failf("verify", "function name %q is not a plain identifier", name)
		}
		for _, cpu := range []string{"target-cpu", "target-features", "tune-cpu"} {
			j.RemoveStringAttributeAtIndex(f, functionIndex, cpu, uint32(len(cpu)))
		}
		j.AddAttributeAtIndex(f, functionIndex, report)
		if j.req.Linked { // linking brings functions for other CPUs into the module
			j.setString(f, "target-cpu", j.req.CPU)
			j.setString(f, "target-features", j.target.arch.featureString(j.req.Features))
		}
	}
	return nil
}

func (j *job) setString(f ref, key, value string) {
	if value != "" {
		j.AddAttributeAtIndex(f, functionIndex, j.CreateStringAttribute(j.context, key, uint32(len(key)), value, uint32(len(value))))
	}
}

// leaves gives the names of the functions, and refuses those that the stack proof does not cover: the
// frames of called functions are not added up, and a frame that grows at run time is not reported.
func (j *job) leaves() ([]string, error) {
	var names []string
	alloca := strings.Contains(j.req.IR, "alloca") || len(j.req.Link) > 0
	for _, f := range j.functions() {
		name := j.name(f)
		if j.GetFirstUse(f) != 0 && !j.req.Linked {
			return nil, failf("object", "function %s is called by another, or its address is taken: kernels must be leaves", name)
		}
		if alloca && j.growsStack(f) {
			return nil, failf("object", "function %s allocates stack outside its first block or of variable size, so no stack bound holds", name)
		}
		names = append(names, name)
	}
	return names, nil
}

func (j *job) growsStack(f ref) bool {
	entry := j.GetFirstBasicBlock(f)
	for b := entry; b != 0; b = j.GetNextBasicBlock(b) {
		for i := j.GetFirstInstruction(b); i != 0; i = j.GetNextInstruction(i) {
			if j.GetInstructionOpcode(i) == opAlloca && (b != entry || j.IsConstant(j.GetOperand(i, 0)) == 0) {
				return true
			}
		}
	}
	return false
}

func refuseUndefined(code []byte) error {
	names, err := Undefined(code)
	if err != nil {
		return &Error{Stage: "object", Msg: err.Error()}
	}
	if len(names) > 0 {
		return failf("object", "the code calls %s, and kernels must call nothing", strings.Join(names, ", "))
	}
	return nil
}
