package runtime

import "debug/elf"

// kernelCode is what code_amd64_test.go describes.
var kernelCode = map[string]string{
	"add":   "030040f9040440f9050840f93f0002ebea000054867861f8a77861f8c600078b667821f821040091f9ffff17c0035fd6",
	"scale": "030000906000c03d0300669e040040f9050440f93f0002ebca000054a67861f8c67c039b867821f821040091faffff17c0035fd6",
	"calls": "fd7bbfa900000094fd7bc1a8c0035fd6",
	"rev":   "030040f9040440f9050840f9a50040f93f0002ebea000054a70001cbe70400d1867867f8667821f821040091f9ffff17c0035fd6",
	"spin":  "030040f9040440f9840040f93f0002eb2a010054e50304aaa50400f1ecffff54667861f8c6040091667821f821040091f7ffff17c0035fd6",
	"where": "030040f9040440f93f0002eb8a000054647821f821040091fcffff17c0035fd6",
	"deep":  "030040f9040440f9840040f9e5030091a60004cbdf000091c18400f8df0005ebc3ffff54647821f8bf000091c0035fd6",
	"sp":    "030040f9e4030091640000f9c0035fd6",
	"empty": "c0035fd6",
}

const hostMachine = elf.EM_AARCH64

const spRest = 0

var (
	scaleRelocs = []reloc{{offset: 0, kind: uint32(elf.R_AARCH64_ADR_PREL_PG_HI21)}, {offset: 4, kind: uint32(elf.R_AARCH64_LDST128_ABS_LO12_NC)}}
	callsRelocs = []reloc{{offset: 4, kind: uint32(elf.R_AARCH64_CALL26)}}
)
