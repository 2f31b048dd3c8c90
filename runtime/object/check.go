package object

import (
	"fmt"
	"math"
	"math/bits"
	"regexp"
)

// The limits of an Object.
const (
	MaxModules  = 1 << 10
	MaxSymbols  = 1 << 20
	MaxLaunches = 1 << 22
	MaxArgs     = 1 << 16 // of one launch
	MaxParams   = 1<<20 + 1
	MaxRank     = 1024
	MaxBytes    = 1 << 46 // of a parameter or of an area of workspace
	MaxFrame    = 1 << 20 // bytes of stack of a kernel
	maxText     = 1 << 16 // bytes of a name
)

// Align is the alignment in bytes of temporaries in the arena, and of the workspaces' beginnings.
const Align = 64

// symbolName is what a kernel may be called: what assemblers, linkers and C take unquoted.
var symbolName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,254}$`)

// Check reports the first inconsistency in an object: an index out of range, a size that is negative or
// beyond its limit, an offset outside its area, two kernels of one name. An object without one
// can be loaded and its launches walked without further checks of this kind; the code itself is
// taken on trust.
func (o *Object) Check() error {
	for _, check := range []func() error{o.checkSizes, o.checkSymbols, o.checkParams, o.checkDims, o.checkLaunches, o.checkLoops} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (o *Object) checkSizes() error {
	for _, c := range []struct {
		what   string
		n, max int64
	}{
		{"build id bytes", int64(len(o.Einc)), maxText}, {"LLVM version bytes", int64(len(o.LLVM)), maxText},
		{"triple bytes", int64(len(o.Triple)), maxText}, {"CPU name bytes", int64(len(o.CPU)), maxText},
		{"features", int64(len(o.Features)), maxText}, {"modules", int64(len(o.Modules)), MaxModules},
		{"symbols", int64(len(o.Symbols)), MaxSymbols}, {"launches", int64(len(o.Launches)), MaxLaunches},
		{"parameters", int64(len(o.Params)), MaxParams}, {"dims", int64(len(o.Dims)), MaxParams * MaxRank},
		{"open sizes", int64(len(o.Sizes)), MaxParams},
		{"bytes of arena", o.Arena, MaxBytes}, {"bytes of shared workspace", o.Shared, MaxBytes},
		{"bytes of workspace for each worker", o.Worker, MaxBytes},
	} {
		if c.n < 0 || c.n > c.max {
			return fmt.Errorf("the object has %d %s; the limit is %d", c.n, c.what, c.max)
		}
	}
	for i, m := range o.Modules {
		if len(m) == 0 {
			return fmt.Errorf("module %d is empty", i)
		}
	}
	return nil
}

func (o *Object) checkSymbols() error {
	seen := map[string]bool{}
	for i, s := range o.Symbols {
		switch {
		case !symbolName.MatchString(s.Name):
			return fmt.Errorf("symbol %d: %q is not a plain identifier", i, s.Name)
		case seen[s.Name]:
			return fmt.Errorf("symbol %d: a second kernel of the name %s", i, s.Name)
		case s.Module < 0 || s.Module >= len(o.Modules):
			return fmt.Errorf("symbol %s is in module %d of %d", s.Name, s.Module, len(o.Modules))
		case s.Frame < 0 || s.Frame > MaxFrame:
			return fmt.Errorf("symbol %s has a stack frame of %d bytes; the limit is %d", s.Name, s.Frame, MaxFrame)
		}
		seen[s.Name] = true
	}
	return nil
}

func (o *Object) checkParams() error {
	if len(o.Params) == 0 {
		return fmt.Errorf("the object has no parameters, not even an output")
	}
	for i := range o.Params {
		if err := o.Params[i].check(len(o.Sizes)); err != nil {
			return fmt.Errorf("parameter %d (%q): %w", i, o.Params[i].Name, err)
		}
	}
	return nil
}

func (p *Param) check(sizes int) error {
	switch {
	case len(p.Name) > maxText || len(p.DType) > maxText || p.DType == "":
		return fmt.Errorf("its name or element type is too long, or it has no type")
	case p.Size < 1 || p.Size > 16:
		return fmt.Errorf("elements of %d bytes", p.Size)
	case len(p.Shape) > MaxRank:
		return fmt.Errorf("rank %d; the limit is %d", len(p.Shape), MaxRank)
	case p.Strides != nil && len(p.Strides) != len(p.Shape):
		return fmt.Errorf("%d strides for %d axes", len(p.Strides), len(p.Shape))
	}
	if err := p.checkShape(sizes); err != nil {
		return err
	}
	_, _, err := p.span()
	return err
}

// checkShape bounds the elements' bytes. A tensor without elements may have other extents of any size, and
// of those that are left open nothing is known.
func (p *Param) checkShape(sizes int) error {
	bytes, empty := uint64(p.Size), false
	for axis, n := range p.Shape {
		if i := OpenSize(n); i >= 0 && i < sizes {
			n, empty = 1, true
		}
		if n < 0 {
			return fmt.Errorf("axis %d has extent %d", axis, n)
		}
		empty = empty || n == 0
		hi, lo := bits.Mul64(bytes, max(uint64(n), 1))
		if bytes = lo; hi != 0 || lo > MaxBytes {
			bytes = MaxBytes + 1
		}
	}
	if bytes > MaxBytes && !empty {
		return fmt.Errorf("shape %v has more than %d bytes", p.Shape, int64(MaxBytes))
	}
	return nil
}

// span is the range of bytes, from the first element's address, in which elements begin. It is empty
// for parameters whose strides are not known and for those without elements.
func (p *Param) span() (lo, hi int64, err error) {
	for axis, stride := range p.Strides {
		n := int64(p.Shape[axis])
		if n <= 0 {
			return 0, 0, nil
		}
		mag := uint64(stride)
		if stride < 0 {
			mag = -mag
		}
		over, size := bits.Mul64(mag, uint64(n-1))
		if over != 0 || size > math.MaxInt64/32 || size*uint64(p.Size) > MaxBytes {
			return 0, 0, fmt.Errorf("axis %d of extent %d and stride %d spans more than %d bytes", axis, n, stride, int64(MaxBytes))
		}
		if stride < 0 {
			lo -= int64(size) * int64(p.Size)
		} else {
			hi += int64(size) * int64(p.Size)
		}
	}
	return lo, hi, nil
}

func (o *Object) checkLaunches() error {
	for i, l := range o.Launches {
		switch {
		case l.Symbol < 0 || l.Symbol >= len(o.Symbols):
			return fmt.Errorf("launch %d runs symbol %d of %d", i, l.Symbol, len(o.Symbols))
		case l.First < 0 || l.First > math.MaxInt64-max(l.Tasks, 0):
			return fmt.Errorf("launch %d begins at task %d", i, l.First)
		case l.Tasks < 0:
			return fmt.Errorf("launch %d has %d tasks", i, l.Tasks)
		case !(l.Nanos >= 0) || math.IsInf(l.Nanos, 0):
			return fmt.Errorf("launch %d is estimated at %v ns a task", i, l.Nanos)
		case len(l.Args) > MaxArgs:
			return fmt.Errorf("launch %d has %d arguments; the limit is %d", i, len(l.Args), MaxArgs)
		}
		for j, a := range l.Args {
			if err := o.checkArg(a); err != nil {
				return fmt.Errorf("launch %d, argument %d: %w", i, j, err)
			}
		}
	}
	return nil
}

// checkArg bounds an argument by its area. An offset may be the area's end: what begins there is empty.
func (o *Object) checkArg(a Arg) error {
	if a.Area != AreaParam && a.Index != 0 {
		return fmt.Errorf("%v has no index %d", a.Area, a.Index)
	}
	if a.Dim != 0 {
		if a.Area != AreaArena || a.Offset != 0 {
			return fmt.Errorf("an offset in %v that depends on sizes", a.Area)
		}
		return o.checkEntry(a.Dim)
	}
	if a.Area == AreaArena && a.Offset%Align != 0 {
		return fmt.Errorf("offset %d in the arena is not a multiple of %d", a.Offset, Align)
	}
	return o.checkArea(a)
}

// checkArea bounds an argument wherever loops have moved it.
func (o *Object) checkArea(a Arg) error {
	switch a.Area {
	case AreaParam:
		return o.checkParamArg(a)
	case AreaArena:
		if o.ArenaDim > 0 { // as large as calls make it
			return within(a, MaxBytes)
		}
		return within(a, o.Arena)
	case AreaShared:
		return within(a, o.Shared)
	case AreaWorker:
		return within(a, o.Worker)
	case AreaDims:
		if len(o.Dims) == 0 {
			return fmt.Errorf("it is the dims array, and the object has none")
		}
		if a.Offset%DimSize != 0 {
			return fmt.Errorf("offset %d in the dims array is not that of an entry", a.Offset)
		}
		return within(a, DimSize*int64(len(o.Dims)))
	}
	return fmt.Errorf("unknown area %d", a.Area)
}

func (o *Object) checkParamArg(a Arg) error {
	if a.Index < 0 || a.Index >= len(o.Params) {
		return fmt.Errorf("it is parameter %d of %d", a.Index, len(o.Params))
	}
	p := &o.Params[a.Index]
	lo, hi, err := p.span()
	if err != nil {
		return err
	}
	if a.Offset < lo || a.Offset > hi || a.Offset%int64(p.Size) != 0 {
		return fmt.Errorf("offset %d is not that of an element of parameter %q", a.Offset, p.Name)
	}
	return nil
}

func within(a Arg, size int64) error {
	if a.Offset < 0 || a.Offset > size {
		return fmt.Errorf("offset %d in %v of %d bytes", a.Offset, a.Area, size)
	}
	return nil
}
