package runtime

import (
	"debug/elf"
	"fmt"
)

// FlatAlign is the alignment in bytes that flat code needs: its constants are read as aligned vectors.
const FlatAlign = 64

// Flat is the code of a relocatable file, made to work wherever it lies: code, then constants, with every
// reference between them resolved.
type Flat struct {
	Code    []byte // runs at any address that is a multiple of FlatAlign
	Entries []int  // where each function begins
}

// Flatten makes flat code of a relocatable file with the functions named. It is an error if the code
// refers to an absolute address or to anything outside itself.
func Flatten(file []byte, functions []string) (*Flat, error) {
	r, err := parseELF(file)
	if err != nil {
		return nil, err
	}
	for i := range r.sections {
		if s := &r.sections[i]; s.kept && s.align > FlatAlign {
			return nil, fmt.Errorf("section %s is aligned to %d bytes; flat code has %d", s.name, s.align, FlatAlign)
		}
	}
	for _, p := range r.relocs {
		if !r.movable(p.kind) {
			return nil, fmt.Errorf("section %s+%#x: relocation %s depends on where the code lies",
				r.sections[p.section].name, p.offset, relocName(r.machine, p.kind))
		}
	}
	l, err := r.layOut(FlatAlign)
	if err != nil {
		return nil, err
	}
	flat := &Flat{Code: make([]byte, l.size)}
	if err := r.write(flat.Code, l, 0); err != nil {
		return nil, err
	}
	for _, name := range functions {
		at, err := r.entry(name)
		if err != nil {
			return nil, err
		}
		flat.Entries = append(flat.Entries, int(at))
	}
	return flat, nil
}

// movable says that what a relocation stores depends on distances inside the image alone. Pages count
// as places: flat code is not aligned to them.
func (r *relocatable) movable(kind uint32) bool {
	if r.machine == elf.EM_AARCH64 {
		switch elf.R_AARCH64(kind) {
		case elf.R_AARCH64_PREL32, elf.R_AARCH64_PREL64, elf.R_AARCH64_ADR_PREL_LO21, elf.R_AARCH64_LD_PREL_LO19,
			elf.R_AARCH64_CALL26, elf.R_AARCH64_JUMP26:
			return true
		}
		return false
	}
	switch elf.R_X86_64(kind) {
	case elf.R_X86_64_PC32, elf.R_X86_64_PLT32, elf.R_X86_64_PC64:
		return true
	}
	return false
}
