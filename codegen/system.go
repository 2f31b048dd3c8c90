package codegen

import (
	"fmt"
	goruntime "runtime"
	"slices"
	"strings"
)

// System is an operating system and architecture that objects are built for.
type System struct {
	Name   string // GOOS/GOARCH
	Triple string // LLVM's
	Level  string // CPU level if none is named: what most machines in use have
	others []string
}

var systems = []System{
	{"linux/amd64", "x86_64-unknown-linux-gnu", "x86-64-v3", []string{"x86_64-pc-linux-gnu", "x86_64-linux-gnu"}},
	{"linux/arm64", "aarch64-unknown-linux-gnu", "generic", []string{"aarch64-linux-gnu", "arm64-linux-gnu"}},
	{"darwin/amd64", "x86_64-apple-macosx11.0.0", "x86-64-v3", []string{"x86_64-apple-darwin", "x86_64-apple-macosx"}},
	{"darwin/arm64", "arm64-apple-macosx11.0.0", "apple-m1", []string{"arm64-apple-darwin", "aarch64-apple-darwin", "arm64-apple-macosx"}},
	{"windows/amd64", "x86_64-w64-windows-gnu", "x86-64-v3", []string{"x86_64-pc-windows-msvc", "x86_64-pc-windows-gnu", "x86_64-w64-mingw32"}},
	{"windows/arm64", "aarch64-w64-windows-gnu", "generic", []string{"aarch64-pc-windows-msvc", "aarch64-pc-windows-gnu", "aarch64-w64-mingw32"}},
}

// SystemFor finds a system by GOOS/GOARCH or by triple; an empty name is this machine's.
func SystemFor(name string) (System, error) {
	if name == "" {
		name = goruntime.GOOS + "/" + goruntime.GOARCH
	}
	var names []string
	for _, s := range systems {
		if s.Name == name || s.Triple == name || slices.Contains(s.others, name) {
			return s, nil
		}
		names = append(names, s.Name+" ("+s.Triple+")")
	}
	return System{}, fmt.Errorf("unknown target %q: use one of %s", name, strings.Join(names, ", "))
}

// OS is the operating system, as GOOS has it.
func (s System) OS() string { os, _, _ := strings.Cut(s.Name, "/"); return os }

// Arch is the architecture, as GOARCH has it.
func (s System) Arch() string { _, arch, _ := strings.Cut(s.Name, "/"); return arch }
