package runtime

import (
	"debug/elf"
	"fmt"
	"slices"
)

// maxAlign is the largest alignment of a section: that of the mapping itself, on every machine.
const maxAlign = 4096

// layout is where sections go in an image: code first, then, from the next page on, constants. They are
// on pages of their own because one is executable and the other is not.
type layout struct {
	text int // bytes of code, a multiple of the page size
	size int // bytes of the whole image, a multiple of the page size
}

// layOut gives every kept section its offset.
func (r *relocatable) layOut(page int) (layout, error) {
	end, err := r.place(0, true)
	if err != nil {
		return layout{}, err
	}
	if end == 0 {
		return layout{}, fmt.Errorf("there is no code")
	}
	text := alignUp(end, uint64(page))
	end, err = r.place(text, false)
	if err != nil {
		return layout{}, err
	}
	return layout{text: int(text), size: int(alignUp(end, uint64(page)))}, nil
}

// place lays out the sections with code, or those without, from an offset on, and returns the end.
func (r *relocatable) place(at uint64, code bool) (uint64, error) {
	for i := range r.sections {
		s := &r.sections[i]
		if !s.kept || s.code() != code {
			continue
		}
		s.offset = alignUp(at, s.align)
		if s.size > maxImage || s.offset+s.size > maxImage {
			return 0, fmt.Errorf("section %s takes the image past %d bytes", s.name, maxImage)
		}
		at = s.offset + s.size
	}
	return at, nil
}

func alignUp(n, to uint64) uint64 { return (n + to - 1) &^ (to - 1) }

// write copies the sections into an image and patches it for the address base.
func (r *relocatable) write(img []byte, l layout, base uint64) error {
	if r.machine == elf.EM_X86_64 {
		fill(img[:l.text], 0xCC) // int3, for what jumps between functions; zeros trap on AArch64
	}
	for i := range r.sections {
		if s := &r.sections[i]; s.kept {
			copy(img[s.offset:], s.data)
		}
	}
	for _, p := range r.relocs {
		s, y := &r.sections[p.section], &r.symbols[p.symbol]
		place := img[s.offset : s.offset+s.size]
		if err := r.patch(place, p, base+s.offset, base+r.sections[y.section].offset+y.value); err != nil {
			return fmt.Errorf("section %s+%#x: relocation %s against %q: %w", s.name, p.offset, relocName(r.machine, p.kind), y.name, err)
		}
	}
	return nil
}

func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}

// entry finds the offset in the image of the function called name.
func (r *relocatable) entry(name string) (uint64, error) {
	is := func(y elfSymbol) bool { return y.name == name && y.kind != elf.STT_FILE && y.kind != elf.STT_SECTION }
	i := slices.IndexFunc(r.symbols, is)
	if i < 1 {
		return 0, fmt.Errorf("no symbol %q", name)
	}
	y := r.symbols[i]
	if slices.IndexFunc(r.symbols[i+1:], is) >= 0 {
		return 0, fmt.Errorf("two symbols %q", name)
	}
	s := &r.sections[y.section]
	if !s.kept || !s.code() || y.value >= s.size {
		return 0, fmt.Errorf("symbol %q is not code", name)
	}
	return s.offset + y.value, nil
}
