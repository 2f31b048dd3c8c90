package runtime

import (
	"debug/elf"
	"errors"
	"fmt"
	goruntime "runtime"
)

// image is a module in memory: code that can be executed but not written, constants that can be read.
type image struct {
	mem  []byte // outside the Go heap; nil once freed
	base uintptr
	file *relocatable
}

// machines names the ELF machine of the GOARCHs that can run kernels.
var machines = map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}

// loadImage maps a relocatable ELF file and patches it for where it lies.
func loadImage(file []byte) (*image, error) {
	if err := Supported(); err != nil {
		return nil, err
	}
	r, err := parseELF(file)
	if err != nil {
		return nil, err
	}
	if want := machines[goruntime.GOARCH]; r.machine != want {
		return nil, fmt.Errorf("the code is for %v, and this process runs on %v", r.machine, want)
	}
	img := &image{file: r}
	if err := img.mapped(); err != nil {
		return nil, errors.Join(err, img.free())
	}
	return img, nil
}

// symbol is the address of a function. It is valid until the image is freed.
func (m *image) symbol(name string) (uintptr, error) {
	off, err := m.file.entry(name)
	return m.base + uintptr(off), err
}

// freeImages unmaps images, all of them even if one fails.
func freeImages(images []*image) error {
	var errs []error
	for _, m := range images {
		errs = append(errs, m.free())
	}
	return errors.Join(errs...)
}
