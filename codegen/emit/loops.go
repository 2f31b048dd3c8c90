package emit

import (
	"errors"

	"github.com/einc-lang/einc/runtime/object"
)

// errSliced is the error of an object whose launches repeat over slices: what is emitted walks launches
// once.
var errSliced = errors.New("the plan is sliced to save memory, which emitted code cannot run: raise the memory limit")

// CheckUnsliced refuses objects with loops: code for C and Go walks launches once.
func CheckUnsliced(o *object.Object) error {
	if len(o.Loops) > 0 {
		return errSliced
	}
	return nil
}
