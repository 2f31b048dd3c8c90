package runtime

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

var errReach = errors.New("the target is out of reach")

// patch applies one relocation to a section. The section is at address base, the symbol at address sym.
func (r *relocatable) patch(sec []byte, p reloc, base, sym uint64) error {
	apply, width := patchX86, widthX86(elf.R_X86_64(p.kind))
	if r.machine == elf.EM_AARCH64 {
		apply, width = patchARM64, widthARM64(elf.R_AARCH64(p.kind))
	}
	if width == 0 {
		return errors.New("the loader does not know this relocation")
	}
	if p.offset > uint64(len(sec)) || uint64(len(sec))-p.offset < width {
		return fmt.Errorf("it patches %d bytes at %#x, outside the section of %#x bytes", width, p.offset, len(sec))
	}
	return apply(sec[p.offset:], p.kind, sym+uint64(p.addend), base+p.offset)
}

// relocName is the name in the ABI's manual.
func relocName(m elf.Machine, kind uint32) string {
	if m == elf.EM_AARCH64 {
		return elf.R_AARCH64(kind).String()
	}
	return elf.R_X86_64(kind).String()
}

// widthX86 is the number of bytes a relocation patches, 0 if the loader does not know it.
func widthX86(kind elf.R_X86_64) uint64 {
	switch kind {
	case elf.R_X86_64_PC32, elf.R_X86_64_PLT32:
		return 4
	case elf.R_X86_64_64, elf.R_X86_64_PC64:
		return 8
	}
	return 0
}

// patchX86 patches b, which is at address pc, to refer to the address target.
func patchX86(b []byte, kind uint32, target, pc uint64) error {
	switch elf.R_X86_64(kind) {
	case elf.R_X86_64_64:
		binary.LittleEndian.PutUint64(b, target)
	case elf.R_X86_64_PC64:
		binary.LittleEndian.PutUint64(b, target-pc)
	default:
		return put32(b, target-pc)
	}
	return nil
}

// put32 stores a signed distance that must fit 32 bits.
func put32(b []byte, distance uint64) error {
	d := int64(distance)
	if d < math.MinInt32 || d > math.MaxInt32 {
		return errReach
	}
	binary.LittleEndian.PutUint32(b, uint32(d))
	return nil
}

// widthARM64 is the number of bytes a relocation patches, 0 if the loader does not know it.
func widthARM64(kind elf.R_AARCH64) uint64 {
	switch kind {
	case elf.R_AARCH64_ABS64, elf.R_AARCH64_PREL64:
		return 8
	case elf.R_AARCH64_PREL32, elf.R_AARCH64_ADR_PREL_LO21, elf.R_AARCH64_ADR_PREL_PG_HI21, elf.R_AARCH64_LD_PREL_LO19,
		elf.R_AARCH64_CALL26, elf.R_AARCH64_JUMP26, elf.R_AARCH64_ADD_ABS_LO12_NC,
		elf.R_AARCH64_LDST8_ABS_LO12_NC, elf.R_AARCH64_LDST16_ABS_LO12_NC, elf.R_AARCH64_LDST32_ABS_LO12_NC,
		elf.R_AARCH64_LDST64_ABS_LO12_NC, elf.R_AARCH64_LDST128_ABS_LO12_NC:
		return 4
	}
	return 0
}

// patchARM64 patches b, which is at address pc, to refer to the address target.
func patchARM64(b []byte, kind uint32, target, pc uint64) error {
	le := binary.LittleEndian
	switch k := elf.R_AARCH64(kind); k {
	case elf.R_AARCH64_ABS64:
		le.PutUint64(b, target)
	case elf.R_AARCH64_PREL64:
		le.PutUint64(b, target-pc)
	case elf.R_AARCH64_PREL32:
		return put32(b, target-pc)
	case elf.R_AARCH64_ADR_PREL_LO21:
		return putADR(b, int64(target-pc))
	case elf.R_AARCH64_ADR_PREL_PG_HI21:
		return putADR(b, int64(target&^0xFFF-pc&^0xFFF)>>12)
	case elf.R_AARCH64_LD_PREL_LO19:
		return putWords(b, int64(target-pc), 19, 5)
	case elf.R_AARCH64_CALL26, elf.R_AARCH64_JUMP26:
		return putWords(b, int64(target-pc), 26, 0)
	default:
		return putLow12(b, target, scaleARM64(k))
	}
	return nil
}

// scaleARM64 is the log2 of the unit in which an instruction counts its 12-bit offset.
func scaleARM64(k elf.R_AARCH64) uint {
	switch k {
	case elf.R_AARCH64_LDST16_ABS_LO12_NC:
		return 1
	case elf.R_AARCH64_LDST32_ABS_LO12_NC:
		return 2
	case elf.R_AARCH64_LDST64_ABS_LO12_NC:
		return 3
	case elf.R_AARCH64_LDST128_ABS_LO12_NC:
		return 4
	}
	return 0
}

// setBits replaces width bits of an instruction, from bit at on, and keeps the rest.
func setBits(b []byte, v uint32, width, at uint) {
	mask := uint32(1)<<width - 1
	w := binary.LittleEndian.Uint32(b)
	binary.LittleEndian.PutUint32(b, w&^(mask<<at)|(v&mask)<<at)
}

// putADR stores the 21-bit immediate of ADR and ADRP, whose two low bits are at bit 29.
func putADR(b []byte, v int64) error {
	if v < -1<<20 || v >= 1<<20 {
		return errReach
	}
	setBits(b, uint32(v), 2, 29)
	setBits(b, uint32(v>>2), 19, 5)
	return nil
}

// putWords stores a distance that counts instructions, width bits wide, from bit at on.
func putWords(b []byte, distance int64, width, at uint) error {
	if distance&3 != 0 {
		return errors.New("the target is not aligned to 4 bytes")
	}
	w, limit := distance>>2, int64(1)<<(width-1)
	if w < -limit || w >= limit {
		return errReach
	}
	setBits(b, uint32(w), width, at)
	return nil
}

// putLow12 stores the low 12 bits of an address, in units of 1<<scale bytes.
func putLow12(b []byte, target uint64, scale uint) error {
	if target&(1<<scale-1) != 0 {
		return fmt.Errorf("the target is not aligned to %d bytes", 1<<scale)
	}
	setBits(b, uint32(target&0xFFF)>>scale, 12, 10)
	return nil
}
