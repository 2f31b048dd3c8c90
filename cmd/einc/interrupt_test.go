//go:build unix

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// An interrupt ends a run that waits for its expression, for an operand or for a plan.
func TestInterruptEndsReading(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe.npy")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	pipe, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	stdin := os.Stdin
	os.Stdin = pipe
	t.Cleanup(func() { os.Stdin = stdin; pipe.Close() })
	for _, args := range [][]string{{"run", "-", path}, {"run", "i->", path}, {"run", "i->", "--plan=" + path, path}, {"plan", "--check", path}} {
		ctx, cancel := context.WithCancel(t.Context())
		code := make(chan int, 1)
		go func() { code <- run(ctx, args) }()
		cancel()
		select {
		case got := <-code:
			require.Equal(t, exitInterrupted, got, "%v", args)
		case <-time.After(time.Minute):
			t.Fatalf("%v reads on", args)
		}
	}
}

// What cannot be printed is an error, for text as for JSON.
func TestFullStandardOutput(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no /dev/full")
	}
	defer full.Close()
	operand := filepath.Join(t.TempDir(), "a.npy")
	require.NoError(t, tensor.SaveNpy(operand, tensor.Scalar(7.0)))
	for _, args := range [][]string{{"run", "->", operand}, {"run", "--json", "->", operand}, {"doctor"}, {"version"}, {"explain", "ij"},
		{"plan", "ij,jk", "2x3", "3x4", "--compare", "greedy"}, {"help"}, {"help", "run"}, {"run", "--help"}, {"gen", "--help"}, {"--version"}} {
		cmd := exec.Command("einc", args...)
		cmd.Stdout = full
		_ = cmd.Run()
		require.Equal(t, exitIO, cmd.ProcessState.ExitCode(), "%v", args)
	}
}
