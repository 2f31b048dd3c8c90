package runtime

import (
	"errors"
	"fmt"
	"strings"

	"github.com/klauspost/cpuid/v2"

	"github.com/einc-lang/einc/runtime/object"
)

// checkFeatures compares what the code uses with the CPU that is running.
func checkFeatures(names []string) error {
	var lacks []string
	for _, name := range names {
		id := cpuid.ParseFeature(name)
		if id == cpuid.UNKNOWN {
			return fmt.Errorf("the code needs CPU feature %q, which this einc does not know", name)
		}
		if !cpuid.CPU.Has(id) {
			lacks = append(lacks, name)
		}
	}
	if lacks != nil {
		return fmt.Errorf("the code needs CPU features this machine lacks: %s (%w)", strings.Join(lacks, ", "), errors.ErrUnsupported)
	}
	return nil
}

const (
	maxArea  = 1 << 46 // bytes of an area of memory, as of a tensor
	maxTasks = 1 << 62 // so that sums of two counts do not overflow
)

// checkObject refuses an Object whose parts do not fit together. It looks at everything that Run relies
// on but the code.
func checkObject(o *object.Object) error {
	for _, n := range []int64{o.Arena, o.Shared, o.Worker} {
		if n < 0 || n > maxArea {
			return fmt.Errorf("a workspace of %d bytes", n)
		}
	}
	for _, y := range o.Symbols {
		if y.Module < 0 || y.Module >= len(o.Modules) {
			return fmt.Errorf("kernel %s is in module %d of %d", y.Name, y.Module, len(o.Modules))
		}
	}
	for i := range o.Launches {
		if err := checkLaunch(o, &o.Launches[i]); err != nil {
			return fmt.Errorf("launch %d: %w", i, err)
		}
	}
	return nil
}

func checkLaunch(o *object.Object, l *object.Launch) error {
	switch {
	case l.Symbol < 0 || l.Symbol >= len(o.Symbols):
		return fmt.Errorf("kernel %d of %d", l.Symbol, len(o.Symbols))
	case l.Tasks < 0 || l.Tasks > maxTasks:
		return fmt.Errorf("%d tasks", l.Tasks)
	case !(l.Nanos >= 0 && l.Nanos <= 1e18): // also refuses NaN
		return fmt.Errorf("a task of %v nanoseconds", l.Nanos)
	}
	for i, a := range l.Args {
		if err := checkArg(o, a); err != nil {
			return fmt.Errorf("argument %d: %w", i, err)
		}
	}
	return nil
}

func checkArg(o *object.Object, a object.Arg) error {
	size := int64(maxArea)
	switch a.Area {
	case object.AreaParam:
		if a.Index < 0 || a.Index >= len(o.Params) {
			return fmt.Errorf("parameter %d of %d", a.Index, len(o.Params))
		}
	case object.AreaArena:
		size = o.Arena
	case object.AreaShared:
		size = o.Shared
	case object.AreaWorker:
		size = o.Worker
	case object.AreaDims:
		size = 0
	default:
		return fmt.Errorf("unknown area %d", a.Area)
	}
	if a.Offset < 0 || a.Offset > size {
		return fmt.Errorf("offset %d of %d bytes", a.Offset, size)
	}
	return nil
}
