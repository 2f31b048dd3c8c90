package emit

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/einc-lang/einc/internal/fault"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/runtime/object"
	"github.com/einc-lang/einc/tensor"
)

// File is a file of a generated package.
type File struct {
	Name     string
	Data     []byte
	Declares []string // the names that Go code adds to its package; one init may follow another
}

// GoOptions describe a kernel that becomes part of a Go package.
type GoOptions struct {
	Package   string            // name of the package
	File      string            // name of the main file, ending in _einc.go; empty: from the kernel's name
	Directive *parser.Directive // what the kernel is made from
	Head      string            // the first two lines of every file
	Problem   *parser.Problem   // with extent 1 for an open index
	Plain     *Plain            // the same in the order of a plan, for the loops in Go; nil: as written
	Variants  []GoVariant       // ascending in level inside an architecture
	Tests     bool              // write tests, too
}

// GoVariant is a kernel for one kind of CPU.
type GoVariant struct {
	Arch   string // GOARCH: amd64 or arm64
	Level  int    // x86-64-v2 is 2; 0 on arm64
	Object *object.Object
	Blobs  []Blob // one a module of the object
}

// Blob is a module's code in the form in which assembly can hold it: position-free, aligned to 64 bytes.
type Blob struct {
	Code    []byte
	Entries map[int]int // symbol of the object → its offset
}

// Go writes the files of a kernel for Go programs: a function with checks of its arguments, assembly for
// each variant, plain loops for everything else, and tests. They import nothing outside the standard
// library and depend on nothing but the options.
//
// An error means that a name is unusable, that an open index is not one that can be looped over, or that
// the text did not parse back as exactly the declarations that were meant.
func Go(opt GoOptions) ([]File, error) {
	k, err := newGoKernel(opt)
	if err != nil {
		return nil, err
	}
	var files []File
	add := func(suffix, tmpl string, data any) error {
		f, err := k.render(suffix, tmpl, data)
		files = append(files, f)
		return err
	}
	for _, t := range k.plain() {
		if err := add(t.suffix, t.template, k); err != nil {
			return nil, err
		}
	}
	for _, v := range k.Variants {
		if err := add(v.suffix(), "variant.go.tmpl", v); err != nil {
			return nil, err
		}
		files = append(files, File{Name: k.stem + strings.TrimSuffix(v.suffix(), ".go") + ".s", Data: v.assembly()})
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return files, nil
}

// CheckGo reports what Go refuses of a kernel whatever its code: its name, those of its file and package, and extents
// that cannot be left open.
func CheckGo(opt GoOptions) error {
	_, err := newGoKernel(opt)
	return err
}

// plain lists the files that are made once a kernel.
func (k *goKernel) plain() []struct{ suffix, template string } {
	files := []struct{ suffix, template string }{{".go", "kernel.go.tmpl"}, {"_noasm.go", "noasm.go.tmpl"}}
	if len(k.Variants) > 0 {
		files = append(files, struct{ suffix, template string }{"_asm.go", "asm.go.tmpl"})
	}
	if k.Has("amd64") {
		files = append(files, []struct{ suffix, template string }{{"_amd64.go", "cpu.go.tmpl"}, {"_amd64.s", "cpu.s.tmpl"}}...)
	}
	if k.Tests {
		files = append(files, []struct{ suffix, template string }{{"_test.go", "kernel_test.go.tmpl"}, {"_linux_test.go", "linux_test.go.tmpl"}}...)
		if len(k.Variants) > 0 {
			files = append(files, struct{ suffix, template string }{"_asm_test.go", "asm_test.go.tmpl"})
		}
		files = append(files, struct{ suffix, template string }{"_noasm_test.go", "noasm_test.go.tmpl"})
	}
	return files
}

//go:embed golang/*.tmpl
var goTemplates embed.FS

var goTemplate = template.Must(template.New("").Funcs(template.FuncMap{"sub": func(i int) int { return i - 1 }}).ParseFS(goTemplates, "golang/*.tmpl"))

func (k *goKernel) render(suffix, tmpl string, data any) (File, error) {
	var b bytes.Buffer
	if err := goTemplate.ExecuteTemplate(&b, tmpl, data); err != nil {
		return File{}, err
	}
	f := File{Name: k.stem + suffix, Data: b.Bytes()}
	if strings.HasSuffix(suffix, ".s") {
		return f, nil
	}
	text, err := addImports(f.Data)
	if err == nil {
		f.Data, err = format.Source(text)
	}
	if err == nil {
		f.Declares, err = k.checkBack(f.Data)
	}
	if err != nil {
		return f, fault.Errorf("%s: %w", f.Name, err)
	}
	return f, nil
}

// goParam is the output or an operand of the Go function.
type goParam struct {
	Name, Type string
	DType      tensor.DType
	Shape      []int
	Len        int // elements; of one item if the kernel has an open index
	Open       bool
}

// Note describes the parameter in the doc comment.
func (p goParam) Note() string {
	var axes []string
	for i, n := range p.Shape {
		text := fmt.Sprint(n)
		if i == 0 && p.Open {
			text = "n"
		}
		axes = append(axes, text)
	}
	note := fmt.Sprintf("%s [%s]", p.DType.NumPy(), strings.Join(axes, ","))
	if p.Type == "uint16" {
		note += ", as bits"
	}
	return note
}

// goKernel is what the templates see.
type goKernel struct {
	GoOptions
	Name     string
	Prefix   string // of every name but Name and the tests'
	stem     string // begins the names of the files
	Params   []goParam
	Open     string // name of the open index
	OpenAll  bool   // every operand has it
	opens    []bool // by tensor: its first axis is the open index
	Variants []*goVariant
	Exact    bool // results on small integers are exact
	testSize
}

// stemText is what a generated file may be called before _einc: no path, and nothing that cmd/go ignores.
var stemText = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*_einc\.go$`)

func newGoKernel(opt GoOptions) (*goKernel, error) {
	name := opt.Directive.Name
	k := &goKernel{GoOptions: opt, Name: name, Prefix: "einc" + asciiName(name)}
	file := opt.File
	if file == "" {
		file = strings.ToLower(asciiName(name)) + "_einc.go"
	}
	switch {
	case !token.IsIdentifier(name) || name == "_" || name == "init" || name == "main" || len(name) > 200:
		return nil, fmt.Errorf("%.40q cannot be the name of a Go function", name)
	case usedByCode(name):
		return nil, fmt.Errorf("%q cannot be a kernel's name: the generated code uses it for something else", name)
	case strings.HasPrefix(name, "einc"):
		return nil, fmt.Errorf("%q cannot be a kernel's name: the generated code keeps names that begin with einc for itself", name)
	case !token.IsIdentifier(opt.Package) || opt.Package == "_" || strings.HasSuffix(opt.Package, "_test"):
		return nil, fmt.Errorf("%.40q cannot be the name of a Go package that a kernel goes into", opt.Package)
	case !stemText.MatchString(file):
		return nil, fmt.Errorf("generated files cannot be called %.80q: use letters, digits, - and _, and end in _einc.go", file)
	}
	if k.Plain == nil {
		k.Plain = &Plain{Problem: k.Problem}
	}
	k.stem = strings.TrimSuffix(file, ".go")
	if err := k.open(); err != nil {
		return nil, err
	}
	k.nameParams()
	k.Exact = exact(opt.Problem)
	k.testSize = k.sizeTest()
	for i := range opt.Variants {
		k.Variants = append(k.Variants, newGoVariant(k, &opt.Variants[i]))
	}
	return k, nil
}

// asciiName spells a Go name in ASCII, for files and assembly.
func asciiName(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r < 0x80 {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "u%04X", r)
		}
	}
	return b.String()
}

// Sliced says that a variant has loops around its launches.
func (k *goKernel) Sliced() bool {
	return slices.ContainsFunc(k.Variants, func(v *goVariant) bool { return len(v.Object.Loops) > 0 })
}

// First is, where a launch is run, the number of its first task.
func (k *goKernel) First() string {
	if k.Sliced() {
		return "first"
	}
	return "l.first"
}

// Has says that there are variants for a GOARCH.
func (k *goKernel) Has(arch string) bool {
	return slices.ContainsFunc(k.Variants, func(v *goVariant) bool { return v.Arch == arch })
}
