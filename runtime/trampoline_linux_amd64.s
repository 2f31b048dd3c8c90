#include "textflag.h"
#include "funcdata.h"

// Stack frames grow down, and the kernel's begins at the top of ours: SP moves there, aligned to 16
// bytes as C wants it, and RBX, which C preserves, brings it back. The frames are 64 bytes larger than
// what they promise, for the alignment.
//
// None of the outer functions is NOSPLIT. Their prologue grows the stack, and it is also the only place
// where a loop that does nothing but call kernels can be preempted.

#define STACK(name, frame) \
TEXT name(SB), 0, $frame-32 \
	MOVQ fn+0(FP), AX \
	MOVQ args+8(FP), DI \
	MOVQ lo+16(FP), SI \
	MOVQ hi+24(FP), DX \
	MOVQ SP, BX \
	ADDQ $frame, SP \
	ANDQ $~15, SP \
	CALL AX \
	MOVQ BX, SP \
	RET

// Between entersyscall and exitsyscall the collector may unwind this goroutine, beginning at the caller of
// entersyscall. That function must not have moved SP, so another one does.

#define SYS(name, frame) \
TEXT name(SB), 0, $frame-32 \
	NO_LOCAL_POINTERS \
	CALL runtime·entersyscall(SB) \
	MOVQ fn+0(FP), AX \
	MOVQ args+8(FP), DI \
	MOVQ lo+16(FP), SI \
	MOVQ hi+24(FP), DX \
	LEAQ frame(SP), CX \
	CALL onFrame<>(SB) \
	CALL runtime·exitsyscall(SB) \
	RET

// onFrame calls AX with SP at CX.
TEXT onFrame<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ SP, BX
	MOVQ CX, SP
	ANDQ $~15, SP
	CALL AX
	MOVQ BX, SP
	RET

STACK(·stack1K, 1088)
STACK(·stack32K, 32832)
STACK(·stack256K, 262208)

SYS(·sys1K, 1088)
SYS(·sys32K, 32832)
SYS(·sys256K, 262208)

// func pause()
TEXT ·pause(SB), NOSPLIT, $0-0
	PAUSE
	PAUSE
	PAUSE
	PAUSE
	RET
