package einc

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strings"
)

// missingLinker says that there is no linker for a system.
type missingLinker struct{ system, tried string }

func (e missingLinker) Error() string {
	return fmt.Sprintf("no linker for %s (tried %s): install lld with `apt-get install lld`, or emit obj and link it there", e.system, e.tried)
}

// linker is a program and its arguments but for the object file.
type linker struct {
	program string
	args    []string
}

// linkers lists what can link for the system, the best first: LLVM's linker links for every system, the
// others for their own alone.
func (a *Artifacts) linkers(out string) []linker {
	soname := "lib" + a.name
	arch, _, _ := strings.Cut(a.system.Triple, "-")
	native := a.system.Name == goruntime.GOOS+"/"+goruntime.GOARCH
	var list []linker
	switch a.system.OS() {
	case "linux":
		// Calls of kernels go to them at once, not through a table that another library could fill.
		args := []string{"-shared", "-Bsymbolic", "--no-undefined", "-z", "noexecstack", "--build-id=none", "-soname", soname + ".so", "-o", out}
		list = append(lld("ld.lld", args), linker{arch + "-linux-gnu-ld", args})
		if native {
			list = append(list, linker{"ld", args})
		}
	case "darwin":
		args := []string{"-install_name", "@rpath/" + soname + ".dylib", "-o", out}
		list = lld("ld64.lld", append([]string{"-dylib", "-arch", arch, "-platform_version", "macos", "11.0", "11.0"}, args...))
		if native {
			list = append(list, linker{"cc", append([]string{"-dynamiclib"}, args...)})
		}
	case "windows":
		args := []string{"/dll", "/noentry", "/nodefaultlib", "/Brepro", "/out:" + out}
		for _, s := range a.exports() {
			args = append(args, "/export:"+s)
		}
		list = lld("lld-link", args)
	}
	return list
}

// lld is LLVM's linker under the names that distributions give it.
func lld(name string, args []string) []linker {
	list := []linker{{name, args}}
	for v := 22; v >= 14; v-- {
		list = append(list, linker{fmt.Sprintf("%s-%d", name, v), args})
	}
	return list
}

// exports lists the functions of the object.
func (a *Artifacts) exports() []string {
	names := []string{a.name, a.name + "_dlpack"}
	if a.system.Arch() == "amd64" {
		names = append(names, a.name+"_cpu")
	}
	for _, o := range a.objects {
		for _, s := range o.Symbols {
			names = append(names, s.Name)
		}
	}
	return names
}

// link makes a shared library of the object.
func (a *Artifacts) link(ctx context.Context) ([]byte, error) {
	dir, err := os.MkdirTemp("", "einc-link-")
	if err != nil {
		return nil, fmt.Errorf("a linker works on files in %s, where there is no place for them: %w: name another directory with TMPDIR", os.TempDir(), err)
	}
	defer os.RemoveAll(dir)
	// On Windows the library's own name, by which programs look for it, is that of this file.
	in, out := filepath.Join(dir, a.name+".o"), filepath.Join(dir, a.name+".dll")
	if err := os.WriteFile(in, a.objects[0].Modules[0], 0o600); err != nil {
		return nil, err
	}
	linkers := a.linkers(out)
	for _, l := range linkers {
		path, err := exec.LookPath(l.program)
		if err != nil {
			continue
		}
		text, err := exec.CommandContext(ctx, path, append(l.args, in)...).CombinedOutput()
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			return nil, fmt.Errorf("%s: %w\n%s", l.program, err, text)
		}
		return os.ReadFile(out)
	}
	return nil, missingLinker{a.system.Name, linkers[0].program}
}
