package runtime

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand"
	"testing"

	"github.com/stretchr/testify/require"
)

// testELF builds small relocatable files. Section 0 and the tables are added by bytes.
type testELF struct {
	machine  elf.Machine
	kind     elf.Type
	sections []testSection
	symbols  []testSymbol
}

type testSection struct {
	name   string
	kind   elf.SectionType
	flags  elf.SectionFlag
	align  uint64
	data   []byte
	relocs []reloc // section is ignored, and symbol counts from 1
}

type testSymbol struct {
	name    string
	section elf.SectionIndex // counts from 1
	kind    elf.SymType
	value   uint64
}

const (
	textFlags  = elf.SHF_ALLOC | elf.SHF_EXECINSTR
	constFlags = elf.SHF_ALLOC | elf.SHF_MERGE
)

func (f *testELF) bytes() []byte {
	type raw struct {
		h    elf.Section64
		name string
		data []byte
	}
	all := []raw{{}}
	for _, s := range f.sections {
		all = append(all, raw{elf.Section64{Type: uint32(s.kind), Flags: uint64(s.flags), Addralign: s.align, Size: uint64(len(s.data))}, s.name, s.data})
	}
	symtab := uint32(len(all))
	names := "\x00"
	addName := func(s string) uint32 { names += s + "\x00"; return uint32(len(names) - len(s) - 1) }
	syms := make([]byte, symbolSize)
	for _, y := range f.symbols {
		syms, _ = binary.Append(syms, binary.LittleEndian, elf.Sym64{Name: addName(y.name), Info: elf.ST_INFO(elf.STB_GLOBAL, y.kind), Shndx: uint16(y.section), Value: y.value})
	}
	all = append(all, raw{elf.Section64{Type: uint32(elf.SHT_SYMTAB), Link: symtab + 1, Entsize: symbolSize}, ".symtab", syms},
		raw{elf.Section64{Type: uint32(elf.SHT_STRTAB)}, ".strtab", nil})
	for i, s := range f.sections {
		var rela []byte
		for _, r := range s.relocs {
			rela, _ = binary.Append(rela, binary.LittleEndian, elf.Rela64{Off: r.offset, Info: elf.R_INFO(r.symbol, r.kind), Addend: r.addend})
		}
		if rela != nil {
			all = append(all, raw{elf.Section64{Type: uint32(elf.SHT_RELA), Link: symtab, Info: uint32(i + 1), Entsize: relaSize}, ".rela" + s.name, rela})
		}
	}
	for i := range all {
		all[i].h.Name = addName(all[i].name)
	}
	all[symtab+1].data = []byte(names)
	h := elf.Header64{Type: uint16(f.kind), Machine: uint16(f.machine), Version: 1, Ehsize: fileHeaderSize, Shoff: fileHeaderSize,
		Shentsize: sectionHeaderSize, Shnum: uint16(len(all)), Shstrndx: uint16(symtab + 1)}
	copy(h.Ident[:], elf.ELFMAG+"\x02\x01\x01")
	out, _ := binary.Append(nil, binary.LittleEndian, h)
	at := fileHeaderSize + uint64(len(all))*sectionHeaderSize
	for _, s := range all {
		s.h.Off = at
		if s.data != nil {
			s.h.Size = uint64(len(s.data))
		}
		out, _ = binary.Append(out, binary.LittleEndian, s.h)
		at += uint64(len(s.data))
	}
	for _, s := range all {
		out = append(out, s.data...)
	}
	return out
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// sampleELF has code with a reference to a constant and a call, a constant, and what is dropped.
func sampleELF() *testELF {
	return &testELF{machine: elf.EM_X86_64, kind: elf.ET_REL, sections: []testSection{
		{name: ".text", kind: elf.SHT_PROGBITS, flags: textFlags, align: 16, data: bytes.Repeat([]byte{0x90}, 21), relocs: []reloc{
			{offset: 4, kind: uint32(elf.R_X86_64_PC32), symbol: 2, addend: -4},
			{offset: 9, kind: uint32(elf.R_X86_64_PLT32), symbol: 1, addend: -4},
		}},
		{name: ".rodata.cst32", kind: elf.SHT_PROGBITS, flags: constFlags, align: 32, data: make([]byte, 40), relocs: []reloc{
			{offset: 32, kind: uint32(elf.R_X86_64_64), symbol: 1, addend: 3},
		}},
		{name: ".rodata.cst16", kind: elf.SHT_PROGBITS, flags: constFlags, align: 16, data: []byte("constant")},
		{name: ".eh_frame", kind: 0x70000001, flags: elf.SHF_ALLOC, align: 8, data: make([]byte, 8), relocs: []reloc{{kind: 99, symbol: 1}}},
		{name: ".note.GNU-stack", kind: elf.SHT_PROGBITS, align: 1},
		{name: ".comment", kind: elf.SHT_PROGBITS, align: 1, data: []byte("made by hand")},
	}, symbols: []testSymbol{
		{"kernel", 1, elf.STT_FUNC, 5},
		{"", 2, elf.STT_SECTION, 16},
		{"file.ll", elf.SHN_ABS, elf.STT_FILE, 0},
	}}
}

// place parses, lays out and patches a file as the loader does, for a given address.
func place(file []byte, page int, base uint64) ([]byte, layout, *relocatable, error) {
	r, err := parseELF(file)
	if err != nil {
		return nil, layout{}, nil, err
	}
	l, err := r.layOut(page)
	if err != nil {
		return nil, l, r, err
	}
	img := make([]byte, l.size)
	return img, l, r, r.write(img, l, base)
}

func TestImage(t *testing.T) {
	const base = 0x7f00_1234_5000
	img, l, r, err := place(sampleELF().bytes(), 4096, base)
	require.NoError(t, err)
	require.Equal(t, layout{text: 4096, size: 8192}, l)
	le := binary.LittleEndian
	require.EqualValues(t, 4096+16-4-4, le.Uint32(img[4:]), "from the code to the constant")
	require.EqualValues(t, uint32(0xFFFFFFFF-8+1), le.Uint32(img[9:]), "from the call back to the kernel")
	require.EqualValues(t, uint64(base+5+3), le.Uint64(img[4096+32:]), "the address in the constants")
	require.Equal(t, "constant", string(img[4096+48:4096+56]), "aligned and after the other constants")
	require.Equal(t, byte(0xCC), img[21])
	require.NotContains(t, string(img), "made by hand")
	off, err := r.entry("kernel")
	require.NoError(t, err)
	require.EqualValues(t, 5, off)
	for _, name := range []string{"", "file.ll", "nosuch"} {
		_, err = r.entry(name)
		require.Error(t, err, "entry %q", name)
	}
	f := sampleELF()
	f.sections[2].align = maxAlign
	_, l, r, err = place(f.bytes(), 4096, base)
	require.NoError(t, err)
	require.EqualValues(t, 8192, r.sections[3].offset, "as far as a page")
	require.Equal(t, layout{text: 4096, size: 12288}, l)
	_, l, _, err = place(sampleELF().bytes(), 65536, base)
	require.NoError(t, err)
	require.Equal(t, layout{text: 65536, size: 131072}, l)
}

func TestImageRefuses(t *testing.T) {
	for want, change := range map[string]func(*testELF){
		`undefined symbol "expf"`:     func(f *testELF) { f.symbols = append(f.symbols, testSymbol{"expf", 0, elf.STT_NOTYPE, 0}) },
		`SHN_COMMON`:                  func(f *testELF) { f.symbols[0].section = elf.SHN_COMMON },
		`type STT_LOOS`:               func(f *testELF) { f.symbols[0].kind = elf.STT_GNU_IFUNC },
		`past the end of section`:     func(f *testELF) { f.symbols[0].value = 22 },
		`does not know this`:          func(f *testELF) { f.sections[0].relocs[0].kind = uint32(elf.R_X86_64_GOTPCREL) },
		`R_X86_64_32S`:                func(f *testELF) { f.sections[0].relocs[0].kind = uint32(elf.R_X86_64_32S) },
		`patches 4 bytes at 0x12`:     func(f *testELF) { f.sections[0].relocs[0].offset = 18 },
		`patches 4 bytes at 0xfffff`:  func(f *testELF) { f.sections[0].relocs[0].offset = 1<<64 - 2 },
		`out of reach`:                func(f *testELF) { f.sections[0].relocs[0].addend = 1 << 31 },
		`symbol 9, which`:             func(f *testELF) { f.sections[0].relocs[0].symbol = 9 },
		`symbol 0, which`:             func(f *testELF) { f.sections[0].relocs[0].symbol = 0 },
		`not in code or constants`:    func(f *testELF) { f.symbols[1].section = 6; f.symbols[1].value = 0 },
		`"file.ll", which is not`:     func(f *testELF) { f.sections[0].relocs[0].symbol = 3 },
		`SHF_WRITE`:                   func(f *testELF) { f.sections[2].flags |= elf.SHF_WRITE },
		`type SHT_NOBITS`:             func(f *testELF) { f.sections[2].kind = elf.SHT_NOBITS },
		`aligned to 24`:               func(f *testELF) { f.sections[2].align = 24 },
		`aligned to 8192`:             func(f *testELF) { f.sections[2].align = 8192 },
		`past 67108864 bytes`:         func(f *testELF) { f.sections[2].data = make([]byte, maxImage) },
		`type ET_DYN`:                 func(f *testELF) { f.kind = elf.ET_DYN },
		`there is no code`:            func(f *testELF) { f.sections[0].flags = constFlags },
		`two symbols "kernel"`:        func(f *testELF) { f.symbols = append(f.symbols, f.symbols[0]) },
		`symbol "kernel" is not code`: func(f *testELF) { f.symbols[0].section = 3 },
		`"kernel" is not code`:        func(f *testELF) { f.symbols[0].value = 21 },
	} {
		f := sampleELF()
		change(f)
		_, _, r, err := place(f.bytes(), 4096, 1<<40)
		if err == nil {
			_, err = r.entry("kernel")
		}
		require.ErrorContains(t, err, want)
	}
	_, err := parseELF([]byte("not much"))
	require.Error(t, err)
}

// TestHostileFiles damages every byte, and cuts everywhere: any result will do but a panic.
func TestHostileFiles(t *testing.T) {
	file := sampleELF().bytes()
	refused := 0
	try := func(b []byte) {
		if _, _, r, err := place(b, 4096, 1<<40); err != nil {
			refused++
		} else {
			_, _ = r.entry("kernel")
		}
	}
	for n := range file {
		try(file[:n])
	}
	require.Equal(t, len(file), refused, "every cut is seen, since the names are at the end")
	rng := rand.New(rand.NewSource(1))
	for i := range file {
		for _, v := range []byte{0x00, 0x7F, 0x80, 0xFF, byte(rng.Intn(256))} {
			b := bytes.Clone(file)
			b[i] ^= v
			try(b)
			b[i] = v
			try(b)
		}
	}
	require.Greater(t, refused, 2*len(file))
}

func FuzzELF(f *testing.F) {
	f.Add(sampleELF().bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, _, r, err := place(b, 4096, 1<<40); err == nil {
			_, _ = r.entry("kernel")
		}
	})
}

// TestPatchARM64 compares with words that LLVM's assembler gives.
func TestPatchARM64(t *testing.T) {
	const pc = 0x40_0000_1004
	for _, c := range []struct {
		kind         elf.R_AARCH64
		before, want uint32
		target       uint64
	}{
		{elf.R_AARCH64_ADR_PREL_LO21, 0x10000003, 0x70ffffc3, pc - 5},
		{elf.R_AARCH64_ADR_PREL_PG_HI21, 0x90000003, 0xf0000903, pc&^0xFFF + 0x123456},
		{elf.R_AARCH64_ADR_PREL_PG_HI21, 0x90000003, 0xf0ffffe3, pc&^0xFFF - 1},
		{elf.R_AARCH64_CALL26, 0x94000000, 0x94000040, pc + 0x100},
		{elf.R_AARCH64_JUMP26, 0x14000000, 0x17fffffe, pc - 8},
		{elf.R_AARCH64_LD_PREL_LO19, 0x58000001, 0x58000201, pc + 64},
		{elf.R_AARCH64_ADD_ABS_LO12_NC, 0x91000063, 0x912af063, 0x7fabc},
		{elf.R_AARCH64_LDST8_ABS_LO12_NC, 0x39400061, 0x39401461, 0x7f005},
		{elf.R_AARCH64_LDST16_ABS_LO12_NC, 0x79400061, 0x79400c61, 0x7f006},
		{elf.R_AARCH64_LDST32_ABS_LO12_NC, 0xb9400061, 0xb9400c61, 0x7f00c},
		{elf.R_AARCH64_LDST64_ABS_LO12_NC, 0xf9400061, 0xf943fc61, 0x7f7f8},
		{elf.R_AARCH64_LDST128_ABS_LO12_NC, 0x3dc00060, 0x3dc08c60, 0x7f230},
		{elf.R_AARCH64_PREL32, 0, 0xfffffffc, pc - 4},
	} {
		b := binary.LittleEndian.AppendUint32(nil, c.before)
		require.EqualValues(t, 4, widthARM64(c.kind))
		require.NoError(t, patchARM64(b, uint32(c.kind), c.target, pc), "%v", c.kind)
		require.Equal(t, fmt.Sprintf("%08x", c.want), fmt.Sprintf("%08x", binary.LittleEndian.Uint32(b)), "%v", c.kind)
	}
	b := make([]byte, 8)
	require.NoError(t, patchARM64(b, uint32(elf.R_AARCH64_ABS64), 0x123456789abcdef0, pc))
	require.Equal(t, uint64(0x123456789abcdef0), binary.LittleEndian.Uint64(b))
	require.NoError(t, patchARM64(b, uint32(elf.R_AARCH64_PREL64), pc+2, pc))
	require.Equal(t, uint64(2), binary.LittleEndian.Uint64(b))
	for _, c := range []struct {
		kind   elf.R_AARCH64
		target uint64
	}{
		{elf.R_AARCH64_ADR_PREL_LO21, pc + 1<<20}, {elf.R_AARCH64_ADR_PREL_LO21, pc - 1<<20 - 1},
		{elf.R_AARCH64_ADR_PREL_PG_HI21, pc + 1<<32}, {elf.R_AARCH64_CALL26, pc + 1<<27}, {elf.R_AARCH64_CALL26, pc + 2},
		{elf.R_AARCH64_CALL26, pc - 1<<27 - 4}, {elf.R_AARCH64_LD_PREL_LO19, pc + 1<<20}, {elf.R_AARCH64_LD_PREL_LO19, pc - 1<<20 - 4},
		{elf.R_AARCH64_PREL32, pc + 1<<31}, {elf.R_AARCH64_PREL32, pc - 1<<31 - 1},
		{elf.R_AARCH64_LDST128_ABS_LO12_NC, 8}, {elf.R_AARCH64_LDST16_ABS_LO12_NC, 1},
	} {
		require.Error(t, patchARM64(b, uint32(c.kind), c.target, pc), "%v to %#x", c.kind, c.target)
	}
	for _, c := range []struct { // the farthest that can be reached
		kind   elf.R_AARCH64
		target uint64
	}{
		{elf.R_AARCH64_ADR_PREL_LO21, pc + 1<<20 - 1}, {elf.R_AARCH64_ADR_PREL_LO21, pc - 1<<20}, {elf.R_AARCH64_CALL26, pc + 1<<27 - 4},
		{elf.R_AARCH64_CALL26, pc - 1<<27}, {elf.R_AARCH64_LD_PREL_LO19, pc - 1<<20}, {elf.R_AARCH64_PREL32, pc + 1<<31 - 1},
		{elf.R_AARCH64_PREL32, pc - 1<<31},
	} {
		require.NoError(t, patchARM64(b, uint32(c.kind), c.target, pc), "%v to %#x", c.kind, c.target)
	}
	for _, unknown := range []elf.R_AARCH64{elf.R_AARCH64_ADR_GOT_PAGE, elf.R_AARCH64_NONE, elf.R_AARCH64_MOVW_UABS_G0, 9999} {
		require.Zero(t, widthARM64(unknown))
	}
}
