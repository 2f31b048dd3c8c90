package einc_test

import (
	"fmt"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// strided is an expression whose operands and output lie scattered. Levels differ in strategy, in steps, and in what
// they ask dims for.
type strided struct {
	expr    string
	extents map[rune]int
}

var stridedCases = []strided{
	{"ik,kj->ij", map[rune]int{'i': 300, 'k': 300, 'j': 300}},
	{"aij,a->j", map[rune]int{'a': 4, 'i': 7, 'j': 3}},
	{"aiij,a->j", map[rune]int{'a': 4, 'i': 7, 'j': 3}},
	{"aiijb,bac->cj", map[rune]int{'a': 4, 'i': 7, 'j': 3, 'b': 1, 'c': 1}},
	{"ij,jk,kl->il", map[rune]int{'i': 24, 'j': 25, 'k': 26, 'l': 27}},
	{"ii->i", map[rune]int{'i': 9}},
}

var stridedLevels = []string{"x86-64-v2", "x86-64-v3", "x86-64-v4"}

// tensors are the labels of the output and of each operand.
func (c *strided) tensors() []string {
	in, out, _ := strings.Cut(c.expr, "->")
	return append([]string{out}, strings.Split(in, ",")...)
}

// strides of tensor t leave holes, and no two are equal.
func (c *strided) strides(t int) (strides []int, elements int) {
	labels := []rune(c.tensors()[t])
	strides, elements = make([]int, len(labels)), 2*t+3
	for a := len(labels) - 1; a >= 0; a-- {
		strides[a] = elements
		elements = elements*c.extents[labels[a]] + 1
	}
	return strides, elements
}

func (c *strided) build(t *testing.T, cpus ...string) *einc.Artifacts {
	var specs []einc.Spec
	for _, labels := range c.tensors()[1:] {
		var shape []int
		for _, l := range labels {
			shape = append(shape, c.extents[l])
		}
		specs = append(specs, specOf(tensor.F64, shape...))
	}
	a, err := einc.BuildFor(t.Context(), c.expr, "k", specs, nil, einc.BuildTarget{System: "linux/amd64", CPUs: cpus, RuntimeStrides: true})
	require.NoError(t, err)
	return a
}

// TestBuildStridesAreOneList demands that callers give strides in one order, whatever the levels are.
func TestBuildStridesAreOneList(t *testing.T) {
	for _, c := range stridedCases {
		var want []string
		for i, labels := range c.tensors() {
			name := "out"
			if i > 0 {
				name = fmt.Sprintf("in_op%d", i-1)
			}
			for a := range labels {
				want = append(want, fmt.Sprintf("dims[%d]: stride of axis %d of %s", len(want), a, name))
			}
		}
		for _, cpus := range [][]string{stridedLevels, stridedLevels[:1], stridedLevels[1:2], stridedLevels[2:]} {
			b := &built{t, t.TempDir()}
			header := b.emit(c.build(t, cpus...), "header", "k.h")
			require.Equal(t, want, regexp.MustCompile(`dims\[\d+\]: .*`).FindAllString(header, -1), "%s for %v", c.expr, cpus)
			require.Contains(t, header, fmt.Sprintf("#define K_DIMS %d\n", len(want)))
		}
	}
}

// TestBuildStridesOfLevels runs the code of every level of one object, by each of the functions that callers have.
func TestBuildStridesOfLevels(t *testing.T) {
	needHost(t)
	if runtime.GOARCH != "amd64" {
		t.Skip("only objects for x86-64 have code for several levels")
	}
	for _, c := range stridedCases {
		t.Run(c.expr, func(t *testing.T) {
			b := &built{t, t.TempDir()}
			a := c.build(t, stridedLevels...)
			b.emit(a, "obj", "k.o")
			b.emit(a, "header", "k.h")
			b.write("dlpack.h", dlpackH)
			b.write("main.c", c.program())
			b.run(0, "gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-o", "main", "main.c", "k.o")
			require.Equal(t, "right\n", b.run(0, "./main"))
			if _, err := exec.LookPath("qemu-x86_64"); err != nil {
				return
			}
			for _, cpu := range []string{"Nehalem", "max"} {
				require.Equal(t, "right\n", b.run(0, "qemu-x86_64", "-cpu", cpu, "./main"), cpu)
			}
		})
	}
}

// program is a C program that compares all of the output's memory, holes too, with what plain loops give.
func (c *strided) program() string {
	var arrays strings.Builder
	var dims, each, args, tensors, factors, fills []string
	for i, labels := range c.tensors() {
		dims = append(dims, c.declare(&arrays, i))
		args, tensors = append(args, fmt.Sprintf("t%d", i)), append(tensors, fmt.Sprintf("&d%d", i))
		if i > 0 {
			factors, fills = append(factors, fmt.Sprintf("t%d[AT%[1]d]", i)), append(fills, fmt.Sprintf("fill(t%d, sizeof t%[1]d, %d);", i, 2*i+3))
		}
		for _, l := range labels {
			if loop := fmt.Sprintf("for (int %c = 0; %[1]c < %d; %[1]c++)", l, c.extents[l]); !slices.Contains(each, loop) {
				each = append(each, loop)
			}
		}
	}
	define := func(name string, list []string, by string) {
		fmt.Fprintf(&arrays, "#define %s %s\n", name, strings.Join(list, by))
	}
	define("DIMS", dims, ", ")
	define("EACH", each, " ")
	define("ARGS", args, ", ")
	define("TENSORS", tensors, ", ")
	define("PRODUCT", factors, " * ")
	define("FILL", fills, " ")
	return strings.Replace(stridedMain, "ARRAYS", arrays.String(), 1)
}

// declare writes a tensor, its DLTensor, and the place of the element that the loops are at; it returns the strides.
func (c *strided) declare(text *strings.Builder, t int) string {
	var shape, list []string
	strides, elements := c.strides(t)
	place := "0"
	for a, l := range []rune(c.tensors()[t]) {
		shape, list = append(shape, fmt.Sprint(c.extents[l])), append(list, fmt.Sprint(strides[a]))
		place += fmt.Sprintf(" + %c * %d", l, strides[a])
	}
	fmt.Fprintf(text, "static double t%d[%d];\n#define AT%[1]d %[3]s\n", t, elements, place)
	fmt.Fprintf(text, "static int64_t shape%d[] = {%s}, strides%[1]d[] = {%[3]s};\n", t, strings.Join(shape, ", "), strings.Join(list, ", "))
	fmt.Fprintf(text, "static DLTensor d%d = {t%[1]d, {1, 0}, %d, {2, 64, 1}, shape%[1]d, strides%[1]d, 0};\n", t, len(strides))
	return strings.Join(list, ", ")
}

const stridedMain = `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dlpack.h"
#include "k.h"

ARRAYS
static double want[sizeof t0 / sizeof *t0];
static const int64_t dims[] = {DIMS};

static void clear(double *p)
{
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) p[i] = -99;
}

static void fill(double *p, size_t bytes, int period)
{
    for (size_t i = 0; i < bytes / sizeof *p; i++) p[i] = (double)((int)i % period - 2);
}

static void loops(void)
{
    clear(want);
    EACH want[AT0] = 0;
    EACH want[AT0] += PRODUCT;
}

static int wrong(void)
{
    int differs = memcmp(t0, want, sizeof want) != 0;
    clear(t0);
    return differs;
}

static void *space(size_t n)
{
    return aligned_alloc(K_WORKSPACE_ALIGN, (n / K_WORKSPACE_ALIGN + 1) * K_WORKSPACE_ALIGN);
}

#define LAUNCHES(prefix) \
    for (int64_t l = 0; l < K_LAUNCHES; l++) \
        for (int64_t task = prefix##_tasks(l) - 1; task >= 0; task--) \
            prefix##_launch(l, task, task + 1, ARGS, dims, arena, shared, worker)

int main(void)
{
    void *workspace = space(K_WORKSPACE_BYTES), *arena = space(K_ARENA_BYTES), *shared = space(K_SHARED_BYTES), *worker = space(K_WORKER_BYTES);
    FILL
    loops();
    clear(t0);
    k(ARGS, dims, workspace);
    if (wrong()) return 1;
    if (k_dlpack(TENSORS, workspace) != 0 || wrong()) return 2;
    LAUNCHES(k);
    if (wrong()) return 3;
    LAUNCHES(k_v2);
    if (wrong()) return 4;
    if (k_cpu() >= 3) {
        LAUNCHES(k_v3);
        if (wrong()) return 5;
    }
    if (k_cpu() >= 4) {
        LAUNCHES(k_v4);
        if (wrong()) return 6;
    }
    puts("right");
    return 0;
}
`
