package runtime

import (
	"debug/elf"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// flatSample has two functions, the second with a reference to constants that are aligned to align.
func flatSample(machine elf.Machine, kind uint32, align uint64) []byte {
	f := &testELF{machine: machine, kind: elf.ET_REL,
		sections: []testSection{
			{".text", elf.SHT_PROGBITS, textFlags, 16, make([]byte, 40), []reloc{{offset: 20, kind: kind, symbol: 3, addend: 8}}},
			{".rodata", elf.SHT_PROGBITS, constFlags, align, []byte("constants aligned"), nil},
		},
		symbols: []testSymbol{{"f", 1, elf.STT_FUNC, 0}, {"g", 1, elf.STT_FUNC, 16}, {"", 2, elf.STT_SECTION, 0}},
	}
	return f.bytes()
}

func TestFlatten(t *testing.T) {
	flat, err := Flatten(flatSample(elf.EM_X86_64, uint32(elf.R_X86_64_PC32), 32), []string{"g", "f"})
	require.NoError(t, err)
	require.Equal(t, []int{16, 0}, flat.Entries)
	require.Len(t, flat.Code, 128)
	require.Equal(t, "constants aligned", string(flat.Code[64:81]))
	require.Equal(t, uint32(64+8-20), binary.LittleEndian.Uint32(flat.Code[20:]))

	flat, err = Flatten(flatSample(elf.EM_AARCH64, uint32(elf.R_AARCH64_ADR_PREL_LO21), 16), []string{"f"})
	require.NoError(t, err)
	require.Equal(t, uint32(13<<5), binary.LittleEndian.Uint32(flat.Code[20:])) // 52 = 13*4
}

// TestFlattenRefuses: what depends on the place of the code would be wrong in any program.
func TestFlattenRefuses(t *testing.T) {
	for _, c := range []struct {
		machine elf.Machine
		kind    uint32
		align   uint64
		want    string
	}{
		{elf.EM_X86_64, uint32(elf.R_X86_64_64), 32, "R_X86_64_64 depends on where"},
		{elf.EM_AARCH64, uint32(elf.R_AARCH64_ADR_PREL_PG_HI21), 16, "R_AARCH64_ADR_PREL_PG_HI21 depends on where"},
		{elf.EM_AARCH64, uint32(elf.R_AARCH64_ABS64), 16, "depends on where"},
		{elf.EM_X86_64, uint32(elf.R_X86_64_PC32), 128, "aligned to 128 bytes"},
	} {
		_, err := Flatten(flatSample(c.machine, c.kind, c.align), []string{"f"})
		require.ErrorContains(t, err, c.want)
	}
	_, err := Flatten(flatSample(elf.EM_X86_64, uint32(elf.R_X86_64_PC32), 32), []string{"h"})
	require.ErrorContains(t, err, `no symbol "h"`)
	_, err = Flatten([]byte("no ELF"), nil)
	require.Error(t, err)
}
