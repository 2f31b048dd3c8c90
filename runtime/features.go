package runtime

import (
	"errors"
	"fmt"
	"strings"

	"github.com/klauspost/cpuid/v2"
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
