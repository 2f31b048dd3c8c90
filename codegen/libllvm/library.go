package libllvm

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/ebitengine/purego"
)

// The versions of LLVM that are searched for. Older ones are used only when EINC_LLVM names them.
const (
	newest = 22
	oldest = 16
)

// envLibrary names the library file to use instead of searching.
const envLibrary = "EINC_LLVM"

// Package is the Debian package that provides the tested version of LLVM.
const Package = "libllvm22"

// Info describes the libLLVM in use.
type Info struct {
	Path    string // the file it was loaded from
	Version string // as "22.1.8"; only the major number for 14 and 15, which do not tell
	Major   int
	Targets []string // back ends in it, of those einc uses: X86, AArch64, NVPTX
}

// MissingError says that there is no libLLVM to use, and what to install.
type MissingError struct {
	Path   string   // the value of EINC_LLVM, if it was set
	Tried  []string // the names that were searched for otherwise
	Reason string   // the loader's message, if it says more than that there is no such file
	system string   // not empty: where einc does not load LLVM at all
}

// Error names the package that repairs it.
func (e *MissingError) Error() string {
	if e.system != "" {
		return "einc does not load LLVM on " + e.system + ": compile for it elsewhere (einc build --target, einc gen), or use the interpreter"
	}
	install := "`apt-get install " + Package + "`"
	if e.Path != "" {
		return fmt.Sprintf("cannot use %s, which %s names: %s: correct %s, or unset it and install libLLVM with %s",
			e.Path, envLibrary, e.Reason, envLibrary, install)
	}
	reason := ""
	if e.Reason != "" {
		reason = ": " + e.Reason
	}
	return fmt.Sprintf("libLLVM is missing (tried %s)%s: install it with %s, or name a library of LLVM %d to %d with %s",
		strings.Join(e.Tried, " "), reason, install, oldest, newest, envLibrary)
}

// library is a loaded and initialised libLLVM.
type library struct {
	api
	info     Info
	diagnose uintptr // C pointer of the diagnostic handler
	machines *machines
}

// loaded opens the library on first use and keeps it for the life of the process: LLVM does not unload.
var loaded = sync.OnceValues(func() (*library, error) { return open(os.Getenv(envLibrary)) })

// Open loads libLLVM, once a process, and says which it is. The error is a *MissingError where none can
// be used. The environment variable EINC_LLVM names a library file; otherwise the newest of LLVM 22 to
// 16 that the dynamic linker finds is taken.
func Open() (Info, error) {
	l, err := loaded()
	if err != nil {
		return Info{}, err
	}
	return l.info, nil
}

// sonames lists the file names of LLVM's shared library, newest version first.
func sonames() []string {
	var s []string
	for v := newest; v >= oldest; v-- {
		if v >= 18 {
			s = append(s, fmt.Sprintf("libLLVM.so.%d.1", v))
		}
		if v <= 18 {
			s = append(s, fmt.Sprintf("libLLVM-%d.so.1", v), fmt.Sprintf("libLLVM-%d.so", v))
		}
	}
	return s
}

func open(path string) (*library, error) {
	before := signalHandlers()
	handle, missing := dlopen(path)
	if missing != nil {
		return nil, missing
	}
	if err := before.check(); err != nil {
		return nil, err
	}
	l := &library{machines: &machines{}}
	if err := l.bind(handle); err != nil {
		return nil, &MissingError{Path: path, Tried: sonames(), Reason: err.Error()}
	}
	l.describe(path)
	if l.info.Major == 0 {
		return nil, &MissingError{Path: path, Tried: sonames(), Reason: "it does not tell its version, and its name does not either"}
	}
	l.initialise()
	return l, nil
}

// dlopen opens the named library, or searches.
func dlopen(path string) (uintptr, *MissingError) {
	if err := loadable(); err != nil {
		return 0, err
	}
	if path != "" {
		handle, err := openLibrary(path)
		if err != nil {
			return 0, &MissingError{Path: path, Reason: err.Error()}
		}
		return handle, nil
	}
	missing := &MissingError{Tried: sonames()}
	for _, name := range missing.Tried {
		handle, err := openLibrary(name)
		if err == nil {
			return handle, nil
		}
		if missing.Reason == "" && !strings.Contains(err.Error(), "No such file") {
			missing.Reason = err.Error()
		}
	}
	return 0, missing
}

var errTargets = errors.New("it has none of the back ends X86, AArch64 and NVPTX")

// pathVersion finds the major version in a file name such as libLLVM-14.0.6.so.1 or libLLVM.so.22.1.
var pathVersion = regexp.MustCompile(`libLLVM(?:-|\.so\.)(\d+)[^/]*$`)

// describe fills in info. LLVMGetVersion exists from LLVM 16 on.
func (l *library) describe(path string) {
	l.info.Path = path
	if p := libraryPath(l.addr); p != "" {
		l.info.Path = p
	}
	if l.GetVersion != nil {
		var major, minor, patch uint32
		l.GetVersion(&major, &minor, &patch)
		l.info.Major = int(major)
		l.info.Version = fmt.Sprintf("%d.%d.%d", major, minor, patch)
		return
	}
	if m := pathVersion.FindStringSubmatch(l.info.Path); m != nil {
		l.info.Version = m[1]
		l.info.Major, _ = strconv.Atoi(m[1])
	}
}

// initialise registers the back ends and the handlers, whose C pointers are made once because they can
// not be freed.
func (l *library) initialise() {
	for _, b := range l.backends {
		for _, init := range b.inits {
			init()
		}
		l.info.Targets = append(l.info.Targets, b.name)
	}
	l.diagnose = purego.NewCallback(l.onDiagnostic)
	l.InstallFatalErrorHandler(purego.NewCallback(onFatal))
}
