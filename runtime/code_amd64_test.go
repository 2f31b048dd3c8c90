package runtime

import "debug/elf"

// kernelCode is machine code of the test kernels, put together by llvm-mc. All numbers are int64; each
// kernel runs its tasks t from lo to hi-1.
//
//	add    args[0][t] = args[1][t] + args[2][t]
//	scale  args[0][t] = args[1][t] * constant, which it loads with an instruction that faults unless aligned
//	calls  calls add
//	rev    args[0][t] = args[1][args[2][0]-1-t]
//	spin   counts args[1][0] down to zero, then args[0][t]++
//	where  args[0][t] = args[1]
//	deep   fills args[1][0] bytes of stack, then args[0][lo] = args[1][0]
//	sp     args[0][0] = the stack pointer it is entered with
//	empty  nothing
var kernelCode = map[string]string{
	"add":   "488b07488b4f084c8b47104839d67d114c8b0cf14d030cf04c890cf048ffc6ebeac3",
	"scale": "660f6f050000000066490f7ec2488b07488b4f084839d67d114c8b0cf14d0fafca4c890cf048ffc6ebeac3",
	"calls": "4883ec08e8000000004883c408c3",
	"rev":   "488b07488b4f084c8b47104d8b004839d67d144d89c24929f24e8b4cd1f84c890cf048ffc6ebe7c3",
	"spin":  "488b07488b4f08488b094839d67d114989c849ffc87ffb48ff04f048ffc6ebeac3",
	"where": "488b07488b4f084839d67d0948890cf048ffc6ebf2c3",
	"deep":  "488b07488b4f08488b094989e34829cc4989e04989304983c0084d39d872f448890cf04c89dcc3",
	"sp":    "488b07488920c3",
	"empty": "c3",
}

const hostMachine = elf.EM_X86_64

// spRest is what the stack pointer leaves by 16: the return address is on the stack.
const spRest = 8

// The relocations of scale against the constant, and of calls against add.
var (
	scaleRelocs = []reloc{{offset: 4, kind: uint32(elf.R_X86_64_PC32), addend: -4}}
	callsRelocs = []reloc{{offset: 5, kind: uint32(elf.R_X86_64_PLT32), addend: -4}}
)
