package main

import (
	"os"

	"github.com/ebitengine/purego"
	"github.com/einc-lang/einc/codegen"
)

// Which kernels OpenBLAS, BLIS and TBLIS, which has those of BLIS, are to run: releases that do not know a new CPU fall back on those of
// another one (Prescott, of 2004) or on shorter vectors, and a peer is to be measured at its best. The libraries read these variables
// when they are loaded, here and in the Python processes.
const (
	openBlasCore = "OPENBLAS_CORETYPE"
	blisCore     = "BLIS_ARCH_TYPE"
)

// coresOf has the names of a level's kernels in OpenBLAS and BLIS. BLIS before 1.0 takes numbers only, and every name for the first, skx.
var coresOf = map[string][2]string{
	"x86-64-v3": {"Haswell", ""},
	"x86-64-v4": {"SkylakeX", "skx"},
}

// chooseKernels sets the variables, unless they are set.
func chooseKernels() error {
	target, err := codegen.Host()
	if err != nil {
		return err
	}
	for i, variable := range []string{openBlasCore, blisCore} {
		core := coresOf[target.Level][i]
		if _, set := os.LookupEnv(variable); set || core == "" {
			continue
		}
		if err := os.Setenv(variable, core); err != nil {
			return err
		}
	}
	return nil
}

// coreName asks a library which CPU's kernels it runs.
func coreName(lib uintptr) string {
	for _, symbol := range []string{"openblas_get_corename", "scipy_openblas_get_corename64_"} {
		if fn, err := purego.Dlsym(lib, symbol); err == nil {
			var name func() string
			purego.RegisterFunc(&name, fn)
			return " (" + name() + " kernels)"
		}
	}
	var name func(int32) string
	var id func() int32
	for _, f := range []struct {
		symbol string
		to     any
	}{{"bli_arch_query_id", &id}, {"bli_arch_string", &name}} {
		fn, err := purego.Dlsym(lib, f.symbol)
		if err != nil {
			return ""
		}
		purego.RegisterFunc(f.to, fn)
	}
	if init, err := purego.Dlsym(lib, "bli_init"); err == nil {
		purego.SyscallN(init) // it chooses them now
	}
	return " (" + name(id()) + " kernels)"
}
