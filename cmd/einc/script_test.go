package main

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/tensor"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	einc.ServeWorker()
	testscript.Main(m, map[string]func(){"einc": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_CACHE_HOME", e.WorkDir+"/cache")
			e.Setenv("HOME", e.WorkDir)
			return nil
		},
		Condition: func(cond string) (bool, error) {
			_, err := einc.Build(t.Context(), "i->", "k", []einc.Spec{{DType: tensor.F32, Shape: []int{2}}}, nil)
			return cond == "llvm" && err == nil && !missingLLVM(), nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"npy": npy, "exits": exits, "crlf": crlf},
	})
}

func missingLLVM() bool {
	for _, c := range einc.Doctor(&einc.Options{Cache: "off"}) {
		if einc.IsMissing(c.Err) {
			return true
		}
	}
	return false
}

// npy writes a file: npy FILE DTYPE SHAPE VALUE..., the shape as 2x3 or scalar; without values the
// elements count from 0.
func npy(ts *testscript.TestScript, _ bool, args []string) {
	d, err := tensor.ParseDType(args[1])
	ts.Check(err)
	shape := []int{}
	if args[2] != "scalar" {
		for _, part := range strings.Split(args[2], "x") {
			n, err := strconv.Atoi(part)
			ts.Check(err)
			shape = append(shape, n)
		}
	}
	n, err := tensor.CheckedLen(shape)
	ts.Check(err)
	values := make([]float64, n)
	for i := range values {
		values[i] = float64(i)
		if len(args) > 3 {
			values[i], err = strconv.ParseFloat(args[3+i], 64)
			ts.Check(err)
		}
	}
	t, err := tensor.From(values, shape...)
	ts.Check(err)
	t, err = t.Convert(d)
	ts.Check(err)
	ts.Check(tensor.SaveNpy(ts.MkAbs(args[0]), t))
}

// exits runs a command and demands an exit code: exits CODE einc ARGS...
func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if err != nil {
		if e, ok := err.(interface{ ExitCode() int }); ok {
			code = e.ExitCode()
		} else {
			ts.Fatalf("%v", err)
		}
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// crlf ends the lines of a file as Windows does: FILE. Editors lose such ends in a script.
func crlf(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	ts.Check(os.WriteFile(path, []byte(strings.ReplaceAll(ts.ReadFile(args[0]), "\n", "\r\n")), 0o644))
}
