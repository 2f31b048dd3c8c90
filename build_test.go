package einc_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/codegen/libllvm"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// built is a directory with what Build emits for a product of 5×7 and 7×9 elements, under the name mm.
type built struct {
	*testing.T
	dir string
}

func build(t *testing.T, to einc.BuildTarget, kinds ...string) *built {
	b := &built{t, t.TempDir()}
	a, err := einc.BuildFor(t.Context(), "ik,kj->ij", "mm", []einc.Spec{specOf(tensor.F32, 5, 7), {DType: tensor.F32, Shape: []int{7, 9}, Strides: []int{1, 7}}}, nil, to)
	require.NoError(t, err)
	for _, k := range kinds {
		b.emit(a, k, map[string]string{"obj": "mm.o", "header": "mm.h", "shared": "libmm.so"}[k])
	}
	return b
}

func (b *built) write(name, text string) {
	require.NoError(b, os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600))
}

// run runs a command and wants an exit code.
func (b *built) run(code int, name string, args ...string) string {
	if _, err := exec.LookPath(name); err != nil && !strings.HasPrefix(name, "./") {
		b.Skip(err)
	}
	cmd := exec.Command(name, args...)
	cmd.Dir = b.dir
	out, err := cmd.CombinedOutput()
	if exit, ok := err.(*exec.ExitError); ok {
		require.Equal(b, code, exit.ExitCode(), "%s %v:\n%s", name, args, out)
	} else {
		require.NoError(b, err, "%s %v:\n%s", name, args, out)
		require.Equal(b, code, 0, "%s %v gave no error:\n%s", name, args, out)
	}
	return string(out)
}

func needHost(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the objects that this test links and runs are Linux's")
	}
}

// mmCheck is C and C++ for what the programs share: operands, and the result that plain loops give. The second
// operand lies column by column.
const mmCheck = `
static float a[5 * 7], b[7 * 9], out[5 * 9];

static void fill(void)
{
    int i;
    for (i = 0; i < 5 * 7; i++) a[i] = (float)(i % 5 - 2);
    for (i = 0; i < 7 * 9; i++) b[i] = (float)(i % 7 - 3);
    for (i = 0; i < 5 * 9; i++) out[i] = -1;
}

static int wrong(void)
{
    int i, j, k;
    for (i = 0; i < 5; i++)
        for (j = 0; j < 9; j++) {
            float sum = 0;
            for (k = 0; k < 7; k++) sum += a[i * 7 + k] * b[k + j * 7];
            if (out[i * 9 + j] != sum) return 1 + i * 9 + j;
        }
    return 0;
}
`

// dlpackH is what the header needs of dlpack.h, written after DLPack's description of its ABI.
const dlpackH = `
#ifndef DLPACK_H
#define DLPACK_H
#include <stdint.h>
#define DLPACK_MAJOR_VERSION 1
typedef struct { int32_t device_type; int32_t device_id; } DLDevice;
typedef struct { uint8_t code; uint8_t bits; uint16_t lanes; } DLDataType;
typedef struct {
    void *data; DLDevice device; int32_t ndim; DLDataType dtype; int64_t *shape; int64_t *strides; uint64_t byte_offset;
} DLTensor;
#endif
`

const mmMain = `
#include <stdio.h>
#include "dlpack.h"
#include "mm.h"
#include "mm.h"
` + mmCheck + `
static int dlpack(void)
{
    int64_t so[2] = {5, 9}, sa[2] = {5, 7}, sb[2] = {7, 9}, tb[2] = {1, 7}, bad[2] = {9, 1};
    DLTensor o = {out, {1, 0}, 2, {2, 32, 1}, so, NULL, 0};
    DLTensor x = {(char *)a - 8, {1, 0}, 2, {2, 32, 1}, sa, NULL, 8};
    DLTensor y = {b, {1, 0}, 2, {2, 32, 1}, sb, tb, 0};
    fill();
    if (mm_dlpack(&o, &x, &y, NULL) != 0 || wrong()) return 1;
    y.strides = NULL;
    if (mm_dlpack(&o, &x, &y, NULL) != 36) return 2;
    y.strides = bad;
    if (mm_dlpack(&o, &x, &y, NULL) != 36) return 3;
    y.strides = tb, x.dtype.bits = 64;
    if (mm_dlpack(&o, &x, &y, NULL) != 24) return 4;
    x.dtype.bits = 32, o.shape = sa;
    if (mm_dlpack(&o, &x, &y, NULL) != 15) return 5;
    o.shape = so, o.ndim = 1;
    if (mm_dlpack(&o, &x, &y, NULL) != 13) return 6;
    o.ndim = 2, o.device.device_type = 2;
    if (mm_dlpack(&o, &x, &y, NULL) != 12) return 7;
    if (mm_dlpack(NULL, &x, &y, NULL) != 11) return 8;
    return 0;
}

int main(void)
{
    int64_t l, task;
    if (!mm_supported()) return 100;
    fill();
    mm(out, a, b, NULL);
    if (wrong()) return wrong();
    fill();
    for (l = 0; l < MM_LAUNCHES; l++)
        for (task = mm_tasks(l) - 1; task >= 0; task--)
            mm_launch(l, task, task + 1, out, a, b, NULL, NULL, NULL);
    if (wrong()) return 50;
    if (dlpack()) return 60 + dlpack();
    puts("right");
    return 0;
}
`

// TestBuildC links the object into C and C++ programs.
func TestBuildC(t *testing.T) {
	needHost(t)
	multi := einc.BuildTarget{CPUs: []string{"x86-64-v4", "x86-64-v2", "x86-64-v3"}}
	if runtime.GOARCH != "amd64" {
		multi = einc.BuildTarget{}
	}
	b := build(t, multi, "obj", "header")
	b.write("main.c", mmMain)
	b.write("dlpack.h", dlpackH)
	for compiler, std := range map[string]string{"gcc": "c11", "clang": "c11", "g++": "c++11", "clang++": "c++11"} {
		t.Run(compiler, func(t *testing.T) {
			b := &built{t, b.dir}
			lang := "-xc"
			if strings.HasPrefix(std, "c++") {
				lang = "-xc++"
			}
			b.run(0, compiler, "-std="+std, lang, "-Wall", "-Wextra", "-Werror", "-O1", "-o", compiler+".out", "main.c", "-xnone", "mm.o")
			require.Equal(t, "right\n", b.run(0, "./"+compiler+".out"))
		})
	}
	t.Run("nm", func(t *testing.T) {
		require.Empty(t, (&built{t, b.dir}).run(0, "nm", "-u", "mm.o"), "the object needs nothing")
	})
}

const mmPython = `
import ctypes
lib = ctypes.CDLL("./libmm.so")
a = (ctypes.c_float * 35)(*[i % 5 - 2 for i in range(35)])
b = (ctypes.c_float * 63)(*[i % 7 - 3 for i in range(63)])
out = (ctypes.c_float * 45)()
lib.mm(out, a, b, None)
want = [sum(a[i*7+k]*b[k+j*7] for k in range(7)) for i in range(5) for j in range(9)]
assert list(out) == want, (list(out), want)
print("right")
`

// TestBuildPython calls the shared library through ctypes.
func TestBuildPython(t *testing.T) {
	needHost(t)
	b := build(t, einc.BuildTarget{}, "shared")
	b.write("main.py", mmPython)
	require.Equal(t, "right\n", b.run(0, "python3", "main.py"))
	require.Empty(t, b.run(0, "nm", "-D", "-u", "libmm.so"))
}

// bare is a program without a C library, which any compiler can build for any Linux. Its exit code is 0, or
// what is wrong; with LEVEL it is the level of the CPU.
const bare = `
#include "mm.h"
` + mmCheck + `
static void leave(long code)
{
#ifdef __aarch64__
    register long x8 __asm__("x8") = 93, x0 __asm__("x0") = code;
    __asm__ volatile("svc 0" : : "r"(x8), "r"(x0));
#else
    __asm__ volatile("syscall" : : "a"(60L), "D"(code) : "rcx", "r11");
#endif
    for (;;) {}
}

__attribute__((force_align_arg_pointer)) void begin(void)
{
    fill();
    mm(out, a, b, 0);
    if (wrong()) leave(wrong());
#ifdef LEVEL
    leave(100 + mm_cpu());
#endif
    leave(0);
}
`

// TestBuildArm64 runs an object for arm64 under qemu, placed far from its constants' natural place: a linker
// may do so, and code that loads itself may not.
func TestBuildArm64(t *testing.T) {
	for _, cpu := range []string{"generic", "neoverse-n1"} {
		b := build(t, einc.BuildTarget{System: "linux/arm64", CPUs: []string{cpu}}, "obj", "header")
		b.write("main.c", strings.ReplaceAll(bare, "__attribute__((force_align_arg_pointer)) ", ""))
		b.run(0, "clang", "--target=aarch64-linux-gnu", "-ffreestanding", "-nostdlib", "-static", "-O1", "-fno-builtin", "-fuse-ld=lld", "-Wall", "-Wextra", "-Werror",
			"-Wl,-e,begin", "-Wl,--section-start=.rodata.cst16=0x40000000", "-o", "main", "main.c", "mm.o")
		b.run(0, "qemu-aarch64", "main")
	}
}

// TestBuildLevels runs one object on CPUs of several levels, and wants the code for each.
func TestBuildLevels(t *testing.T) {
	b := build(t, einc.BuildTarget{System: "linux/amd64", CPUs: []string{"x86-64-v2", "x86-64-v3", "x86-64-v4"}}, "obj", "header")
	b.write("main.c", bare)
	b.run(0, "clang", "--target=x86_64-linux-gnu", "-DLEVEL", "-ffreestanding", "-nostdlib", "-static", "-O1", "-fno-builtin", "-mno-sse3", "-fuse-ld=lld", "-Wl,-e,begin", "-o", "main", "main.c", "mm.o")
	b.run(102, "qemu-x86_64", "-cpu", "Nehalem", "main")
	b.run(103, "qemu-x86_64", "-cpu", "max", "main") // qemu has no AVX-512
	b.run(1, "qemu-x86_64", "-cpu", "core2duo", "main")
}

// TestBuildTargets makes objects for every system, in its format, that need nothing; and shared libraries.
func TestBuildTargets(t *testing.T) {
	for system, magic := range map[string]string{
		"linux/amd64": "\x7fELF", "linux/arm64": "\x7fELF", "darwin/amd64": "\xcf\xfa\xed\xfe", "arm64-apple-darwin": "\xcf\xfa\xed\xfe",
		"x86_64-pc-windows-msvc": "\x64\x86", "windows/arm64": "\x64\xaa",
	} {
		t.Run(system, func(t *testing.T) {
			b := build(t, einc.BuildTarget{System: system}, "obj", "header")
			again := build(t, einc.BuildTarget{System: system}, "obj", "header")
			for _, name := range []string{"mm.o", "mm.h"} {
				one, err := os.ReadFile(filepath.Join(b.dir, name))
				require.NoError(t, err)
				two, err := os.ReadFile(filepath.Join(again.dir, name))
				require.NoError(t, err)
				require.Equal(t, one, two, "the same input, the same bytes")
				if name == "mm.o" {
					require.True(t, bytes.HasPrefix(one, []byte(magic)))
					missing, err := libllvm.Undefined(one)
					require.NoError(t, err)
					require.Empty(t, missing)
				}
			}
			library := build(t, einc.BuildTarget{System: system}, "shared")
			data, err := os.ReadFile(filepath.Join(library.dir, "libmm.so"))
			require.NoError(t, err)
			name := "libmm."
			if strings.Contains(system, "windows") {
				name = "\x00mm.dll\x00"
			}
			require.Contains(t, string(data), name, "the name that programs look for")
		})
	}
}

// TestBuildDynamic gives strides at the call.
func TestBuildDynamic(t *testing.T) {
	needHost(t)
	b := build(t, einc.BuildTarget{RuntimeStrides: true}, "obj", "header")
	header, err := os.ReadFile(filepath.Join(b.dir, "mm.h"))
	require.NoError(t, err)
	strides := map[string]int{"axis 0 of out": 9, "axis 1 of out": 1, "axis 0 of in_op0": 7, "axis 1 of in_op0": 1, "axis 0 of in_op1": 1, "axis 1 of in_op1": 7}
	dims := dimsOf(string(header), strides)
	b.write("dlpack.h", dlpackH)
	b.write("main.c", strings.NewReplacer("mm(out, a, b, NULL)", "mm(out, a, b, dims, NULL)", "out, a, b, NULL, NULL, NULL", "out, a, b, dims, NULL, NULL, NULL",
		"static int dlpack", "static const int64_t dims[] = {"+dims+"};\nstatic int dlpack", "!= 36) return 2", "!= 0) return 2", "!= 36) return 3", "!= 0) return 3").Replace(mmMain))
	b.run(0, "gcc", "-Wall", "-Wextra", "-Werror", "-o", "main", "main.c", "mm.o")
	require.Equal(t, "right\n", b.run(0, "./main"))
}

// dimsOf lists strides as the array that a header describes has them.
func dimsOf(header string, strides map[string]int) (dims string) {
	for _, m := range regexp.MustCompile(`dims\[\d+\]: stride of (.*)`).FindAllStringSubmatch(header, -1) {
		dims += fmt.Sprintf("%d,", strides[m[1]])
	}
	return dims
}

func TestBuildRefuses(t *testing.T) {
	specs := []einc.Spec{specOf(tensor.F32, 5, 7)}
	for _, c := range []struct {
		to   einc.BuildTarget
		want string
	}{
		{einc.BuildTarget{System: "plan9/386"}, "unknown target"},
		{einc.BuildTarget{System: "linux/arm64", CPUs: []string{"x86-64-v3"}}, "no CPU level of linux/arm64"},
		{einc.BuildTarget{System: "linux/arm64", CPUs: []string{"generic", "neoverse-n1"}}, "x86-64 levels only"},
		{einc.BuildTarget{System: "linux/amd64", CPUs: []string{"x86-64-v9"}}, "unknown or repeated"},
		{einc.BuildTarget{System: "linux/amd64", CPUs: []string{"x86-64-v3", "x86-64-v3"}}, "unknown or repeated"},
	} {
		_, err := einc.BuildFor(t.Context(), "ij->i", "k", specs, nil, c.to)
		require.ErrorContains(t, err, c.want)
	}
	for _, name := range []string{"", "a;b", "k() {\n}\n@x = global i32 0 ;", "a__b", "int", "main", strings.Repeat("k", 60), "ä"} {
		_, err := einc.BuildFor(t.Context(), "ij->i", name, specs, nil, einc.BuildTarget{})
		require.ErrorContains(t, err, "C name", "%q", name)
	}
	t.Setenv("PATH", t.TempDir())
	a, err := einc.BuildFor(t.Context(), "ij->i", "k", specs, nil, einc.BuildTarget{System: "darwin/arm64"})
	require.NoError(t, err)
	_, err = a.Emit(t.Context(), "shared")
	require.True(t, einc.IsMissing(err))
	if !strings.Contains(err.Error(), "libLLVM") {
		require.ErrorContains(t, err, "no linker for darwin/arm64")
	}
}

// A linker that takes long ends with the context, and one that has no place for its files is an error of the file system.
func TestLinkerEndsAndNeedsFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the linker that waits is a shell script")
	}
	a, err := einc.BuildFor(t.Context(), "ij->i", "k", []einc.Spec{specOf(tensor.F32, 5, 7)}, nil, einc.BuildTarget{System: "darwin/arm64"})
	require.NoError(t, err)
	if _, err := a.Emit(t.Context(), "obj"); einc.IsMissing(err) {
		t.Skip(err)
	}
	bin := t.TempDir()
	started := filepath.Join(bin, "started")
	script := fmt.Sprintf("#!/bin/sh\n: > '%s'\nexec /bin/sleep 60\n", started)
	require.NoError(t, os.WriteFile(filepath.Join(bin, "ld64.lld"), []byte(script), 0o700))
	t.Setenv("PATH", bin)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for _, err := os.Stat(started); err != nil; _, err = os.Stat(started) {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	_, err = a.Emit(ctx, "shared")
	require.ErrorIs(t, err, context.Canceled)

	t.Setenv("TMPDIR", filepath.Join(bin, "none"))
	_, err = a.Emit(t.Context(), "shared")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, "name another directory with TMPDIR")
}
