package libllvm

import (
	"bytes"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"errors"
	"fmt"
)

// Undefined lists the symbols that an object needs and does not define, in the order of its symbol
// table. Code that einc runs has none: nothing would resolve them. The object is of the ELF, Mach-O or COFF
// form.
func Undefined(code []byte) ([]string, error) {
	switch {
	case bytes.HasPrefix(code, []byte("\xcf\xfa\xed\xfe")):
		return undefinedMachO(code)
	case bytes.HasPrefix(code, []byte("\x64\x86")) || bytes.HasPrefix(code, []byte("\x64\xaa")):
		return undefinedCOFF(code)
	}
	f, err := elf.NewFile(bytes.NewReader(code))
	if err != nil {
		return nil, fmt.Errorf("not an ELF object: %w", err)
	}
	symbols, err := f.Symbols()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return nil, fmt.Errorf("symbol table of the object: %w", err)
	}
	var names []string
	for _, s := range symbols {
		if s.Section == elf.SHN_UNDEF && s.Name != "" {
			names = append(names, s.Name)
		}
	}
	return names, nil
}

func undefinedMachO(code []byte) ([]string, error) {
	f, err := macho.NewFile(bytes.NewReader(code))
	if err != nil {
		return nil, fmt.Errorf("not a Mach-O object: %w", err)
	}
	var names []string
	if f.Symtab == nil {
		return nil, nil
	}
	const kind, undefined, debug = 0x0E, 0, 0xE0
	for _, s := range f.Symtab.Syms {
		if s.Type&debug == 0 && s.Type&kind == undefined {
			names = append(names, s.Name)
		}
	}
	return names, nil
}

func undefinedCOFF(code []byte) ([]string, error) {
	f, err := pe.NewFile(bytes.NewReader(code))
	if err != nil {
		return nil, fmt.Errorf("not a COFF object: %w", err)
	}
	const external = 2
	var names []string
	for _, s := range f.Symbols {
		if s.SectionNumber == 0 && s.StorageClass == external && s.Value == 0 {
			names = append(names, s.Name)
		}
	}
	return names, nil
}
