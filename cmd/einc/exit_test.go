package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"

	"github.com/einc-lang/einc/codegen/libllvm"
	"github.com/einc-lang/einc/internal/fault"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
	}{
		{errors.New("index out of range"), exitInput},
		{usageError{errors.New("unknown flag")}, exitUsage},
		{&libllvm.MissingError{}, exitMissing},
		{planner.MemoryError{}, exitBudget},
		{tensor.ErrMemory, exitBudget},
		{&fs.PathError{Op: "open", Path: "a", Err: fs.ErrNotExist}, exitIO},
		{os.NewSyscallError("pipe2", fs.ErrExist), exitIO},
		{fault.Errorf("no frame"), exitInternal},
		{errors.New("internal error.npy: the file is empty"), exitInput},
		{&libllvm.Error{Stage: "worker", Msg: "signal: killed"}, exitInternal},
		{fmt.Errorf("reading: %w", context.Canceled), exitInterrupted},
	} {
		require.Equal(t, c.code, exitCode(fmt.Errorf("outer: %w", c.err)), "%v", c.err)
	}
}
