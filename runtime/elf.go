package runtime

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strings"
)

// Limits of a relocatable file. Kernels are a few kilobytes; these only keep a hostile file small.
const (
	maxSections = 1 << 14
	maxImage    = 1 << 26 // bytes mapped; also keeps every distance within a 32-bit displacement
	maxName     = 1 << 12
)

// relocatable is a parsed ELF file of type REL: the sections that will be mapped, and what refers to
// them.
type relocatable struct {
	machine  elf.Machine
	sections []section
	symbols  []elfSymbol
	relocs   []reloc
}

// section is one section of the file. Kept ones are mapped.
type section struct {
	name   string
	kind   elf.SectionType
	flags  elf.SectionFlag
	data   []byte
	size   uint64 // differs from len(data) only for sections without bytes in the file
	align  uint64
	link   uint32
	info   uint32
	kept   bool
	offset uint64 // in the image, once laid out
}

// code says that the section holds instructions.
func (s *section) code() bool { return s.flags&elf.SHF_EXECINSTR != 0 }

// elfSymbol is an entry of the symbol table.
type elfSymbol struct {
	name    string
	section elf.SectionIndex
	kind    elf.SymType
	value   uint64
}

// reloc patches a place in a kept section.
type reloc struct {
	section int // that is patched
	offset  uint64
	kind    uint32
	symbol  uint32
	addend  int64
}

// parseELF reads a 64-bit little-endian relocatable file. Everything the loader cannot place or patch
// exactly is an error that names it.
func parseELF(file []byte) (*relocatable, error) {
	r := &relocatable{}
	if err := r.readSections(file); err != nil {
		return nil, err
	}
	for i := range r.sections {
		if err := r.sections[i].decideKept(); err != nil {
			return nil, err
		}
	}
	if err := r.readSymbols(); err != nil {
		return nil, err
	}
	for i := range r.sections {
		if err := r.readRelocs(i); err != nil {
			return nil, err
		}
	}
	return r, nil
}

const (
	fileHeaderSize    = 64
	sectionHeaderSize = 64
	symbolSize        = 24
	relaSize          = 24
)

// readSections checks the file header and reads the table of sections and their names.
func (r *relocatable) readSections(file []byte) error {
	var h elf.Header64
	if len(file) < fileHeaderSize {
		return fmt.Errorf("%d bytes are too few for an ELF header", len(file))
	}
	if err := binary.Read(bytes.NewReader(file), binary.LittleEndian, &h); err != nil {
		return err
	}
	switch {
	case string(h.Ident[:4]) != elf.ELFMAG:
		return errors.New("not an ELF file")
	case elf.Class(h.Ident[elf.EI_CLASS]) != elf.ELFCLASS64 || elf.Data(h.Ident[elf.EI_DATA]) != elf.ELFDATA2LSB:
		return errors.New("not a 64-bit little-endian ELF file")
	case elf.Type(h.Type) != elf.ET_REL:
		return fmt.Errorf("an ELF file of type %v, not a relocatable one", elf.Type(h.Type))
	case h.Shentsize != sectionHeaderSize || h.Shnum == 0 || h.Shnum > maxSections || h.Shstrndx >= h.Shnum:
		return fmt.Errorf("bad section table: %d entries of %d bytes, names in %d", h.Shnum, h.Shentsize, h.Shstrndx)
	}
	r.machine = elf.Machine(h.Machine)
	table, err := cut(file, h.Shoff, uint64(h.Shnum)*sectionHeaderSize)
	if err != nil {
		return fmt.Errorf("section table: %w", err)
	}
	r.sections = make([]section, h.Shnum)
	names := make([]uint32, h.Shnum)
	for i := range r.sections {
		if names[i], err = r.sections[i].read(file, table[i*sectionHeaderSize:]); err != nil {
			return fmt.Errorf("section %d: %w", i, err)
		}
	}
	strtab := string(r.sections[h.Shstrndx].data)
	for i := range r.sections {
		if r.sections[i].name, err = stringAt(strtab, names[i]); err != nil {
			return fmt.Errorf("name of section %d: %w", i, err)
		}
	}
	return nil
}

// read fills s from a section header and returns where its name is.
func (s *section) read(file, header []byte) (name uint32, err error) {
	le := binary.LittleEndian
	s.kind = elf.SectionType(le.Uint32(header[4:]))
	s.flags = elf.SectionFlag(le.Uint64(header[8:]))
	s.size = le.Uint64(header[32:])
	s.link = le.Uint32(header[40:])
	s.info = le.Uint32(header[44:])
	s.align = max(le.Uint64(header[48:]), 1)
	if s.kind != elf.SHT_NULL && s.kind != elf.SHT_NOBITS {
		s.data, err = cut(file, le.Uint64(header[24:]), s.size)
	}
	return le.Uint32(header), err
}

// decideKept keeps what a kernel uses while it runs: code and constants. Unwind tables and notes are
// dropped, and variables refused, since a kernel has no state.
func (s *section) decideKept() error {
	if s.flags&elf.SHF_ALLOC == 0 || s.size == 0 || s.name == ".eh_frame" || strings.HasPrefix(s.name, ".note") {
		return nil
	}
	switch {
	case s.kind != elf.SHT_PROGBITS:
		return fmt.Errorf("section %s is of type %v; only code and constants can be loaded", s.name, s.kind)
	case s.flags&(elf.SHF_WRITE|elf.SHF_TLS|elf.SHF_COMPRESSED) != 0:
		return fmt.Errorf("section %s has flags %v; only code and constants can be loaded", s.name, s.flags)
	case bits.OnesCount64(s.align) != 1 || s.align > maxAlign:
		return fmt.Errorf("section %s is aligned to %d bytes; a power of two up to %d can be had", s.name, s.align, maxAlign)
	}
	s.kept = true
	return nil
}

// readSymbols reads the symbol table. An undefined symbol would need a linker, so it is an error.
func (r *relocatable) readSymbols() error {
	for i := range r.sections {
		s := &r.sections[i]
		if s.kind != elf.SHT_SYMTAB {
			continue
		}
		if r.symbols != nil {
			return errors.New("two symbol tables")
		}
		if len(s.data)%symbolSize != 0 || uint64(s.link) >= uint64(len(r.sections)) {
			return fmt.Errorf("bad symbol table of %d bytes with names in section %d", len(s.data), s.link)
		}
		names := string(r.sections[s.link].data)
		r.symbols = make([]elfSymbol, len(s.data)/symbolSize)
		for j := range r.symbols {
			if err := r.symbols[j].read(s.data[j*symbolSize:], names); err != nil {
				return fmt.Errorf("symbol %d: %w", j, err)
			}
			if err := r.checkSymbol(j); err != nil {
				return err
			}
		}
	}
	return nil
}

func (y *elfSymbol) read(entry []byte, names string) (err error) {
	le := binary.LittleEndian
	y.name, err = stringAt(names, le.Uint32(entry))
	y.kind = elf.ST_TYPE(entry[4])
	y.section = elf.SectionIndex(le.Uint16(entry[6:]))
	y.value = le.Uint64(entry[8:])
	return err
}

// checkSymbol refuses undefined symbols, and places outside their section.
func (r *relocatable) checkSymbol(i int) error {
	y := &r.symbols[i]
	switch {
	case i == 0:
		return nil
	case y.section == elf.SHN_UNDEF:
		return fmt.Errorf("undefined symbol %q: kernels may not call anything", y.name)
	case y.section == elf.SHN_ABS && y.kind == elf.STT_FILE:
		return nil
	case int(y.section) >= len(r.sections):
		return fmt.Errorf("symbol %q is in section %v, which kernels may not use", y.name, y.section)
	case y.kind == elf.STT_GNU_IFUNC || y.kind == elf.STT_TLS:
		return fmt.Errorf("symbol %q is of type %v, which kernels may not use", y.name, y.kind)
	case y.value > r.sections[y.section].size:
		return fmt.Errorf("symbol %q is at %#x, past the end of section %s", y.name, y.value, r.sections[y.section].name)
	}
	return nil
}

// readRelocs reads section i if it holds relocations of a kept section.
func (r *relocatable) readRelocs(i int) error {
	s := &r.sections[i]
	if s.kind != elf.SHT_RELA && s.kind != elf.SHT_REL {
		return nil
	}
	if uint64(s.info) >= uint64(len(r.sections)) {
		return fmt.Errorf("section %s has relocations of section %d, which does not exist", s.name, s.info)
	}
	target := &r.sections[s.info]
	if !target.kept {
		return nil
	}
	if s.kind == elf.SHT_REL || len(s.data)%relaSize != 0 {
		return fmt.Errorf("section %s: bad table of relocations: type %v, %d bytes", s.name, s.kind, len(s.data))
	}
	le := binary.LittleEndian
	for e := s.data; len(e) > 0; e = e[relaSize:] {
		info := le.Uint64(e[8:])
		p := reloc{int(s.info), le.Uint64(e), elf.R_TYPE64(info), elf.R_SYM64(info), int64(le.Uint64(e[16:]))}
		if err := r.checkReloc(p); err != nil {
			return fmt.Errorf("section %s+%#x: %w", target.name, p.offset, err)
		}
		r.relocs = append(r.relocs, p)
	}
	return nil
}

// checkReloc refuses references to what is not mapped. The place itself is checked when it is patched.
func (r *relocatable) checkReloc(p reloc) error {
	if uint64(p.symbol) >= uint64(len(r.symbols)) || p.symbol == 0 {
		return fmt.Errorf("a relocation against symbol %d, which does not exist", p.symbol)
	}
	y := r.symbols[p.symbol]
	if int(y.section) >= len(r.sections) || !r.sections[y.section].kept {
		return fmt.Errorf("a relocation against %q, which is not in code or constants", y.name)
	}
	return nil
}

// cut returns file[off:off+size], or an error if that is not inside the file.
func cut(file []byte, off, size uint64) ([]byte, error) {
	if off > uint64(len(file)) || size > uint64(len(file))-off {
		return nil, fmt.Errorf("bytes %#x to %#x+%#x are outside the file of %#x bytes", off, off, size, len(file))
	}
	return file[off : off+size : off+size], nil
}

// stringAt reads a name that ends in a zero byte. It copies nothing, so that a small file whose names
// overlap cannot take much memory.
func stringAt(table string, at uint32) (string, error) {
	if at == 0 && table == "" {
		return "", nil
	}
	if uint64(at) >= uint64(len(table)) {
		return "", fmt.Errorf("no string at %#x", at)
	}
	name := table[at:min(len(table), int(at)+maxName)]
	n := strings.IndexByte(name, 0)
	if n < 0 {
		return "", fmt.Errorf("the string at %#x has no end within %d bytes", at, maxName)
	}
	return name[:n], nil
}
