#include "textflag.h"
#include "funcdata.h"

// As in trampoline_linux_amd64.s, with R19 to bring SP back. The kernel must leave R28 alone, which is g:
// a signal handler of a binary without cgo trusts it. Objects for arm64 are compiled so.

#define STACK(name, frame) \
TEXT name(SB), 0, $frame-32 \
	MOVD fn+0(FP), R9 \
	MOVD args+8(FP), R0 \
	MOVD lo+16(FP), R1 \
	MOVD hi+24(FP), R2 \
	MOVD RSP, R19 \
	MOVD $frame, R10 \
	ADD R10, R19, R10 \
	AND $~15, R10, R10 \
	MOVD R10, RSP \
	CALL (R9) \
	MOVD R19, RSP \
	RET

#define SYS(name, frame) \
TEXT name(SB), 0, $frame-32 \
	NO_LOCAL_POINTERS \
	CALL runtime·entersyscall(SB) \
	MOVD fn+0(FP), R9 \
	MOVD args+8(FP), R0 \
	MOVD lo+16(FP), R1 \
	MOVD hi+24(FP), R2 \
	MOVD RSP, R11 \
	MOVD $frame, R10 \
	ADD R10, R11, R10 \
	CALL onFrame<>(SB) \
	CALL runtime·exitsyscall(SB) \
	RET

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

STACK(·stack1K, 1088)
STACK(·stack32K, 32832)
STACK(·stack256K, 262208)

SYS(·sys1K, 1088)
SYS(·sys32K, 32832)
SYS(·sys256K, 262208)

// func pause()
TEXT ·pause(SB), NOSPLIT, $0-0
	YIELD
	YIELD
	YIELD
	YIELD
	RET

// func cacheLines() uint64
TEXT ·cacheLines(SB), NOSPLIT, $0-8
	MRS CTR_EL0, R0
	MOVD R0, ret+0(FP)
	RET

// func cleanLines(from, to, line uintptr)
TEXT ·cleanLines(SB), NOSPLIT, $0-24
	MOVD from+0(FP), R0
	MOVD to+8(FP), R1
	MOVD line+16(FP), R2
clean:
	CMP R1, R0
	BHS cleaned
	WORD $0xD50B7B20 // dc cvau, x0
	ADD R2, R0
	B clean
cleaned:
	DSB $11 // ish
	RET

// func dropLines(from, to, line uintptr)
TEXT ·dropLines(SB), NOSPLIT, $0-24
	MOVD from+0(FP), R0
	MOVD to+8(FP), R1
	MOVD line+16(FP), R2
drop:
	CMP R1, R0
	BHS dropped
	WORD $0xD50B7520 // ic ivau, x0
	ADD R2, R0
	B drop
dropped:
	DSB $11 // ish
	ISB $15
	RET
