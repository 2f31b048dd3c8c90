package einc_test

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/parser"
	"github.com/stretchr/testify/require"
)

// slicedMain computes the product of three batches of matrices in one call, and by tasks: the last first, with
// workspaces that hold rubbish. DIMS is the array of strides, or nothing.
const slicedMain = `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "chain.h"
enum { B = SIZE_b, I = SIZE_i, J = SIZE_j, K = SIZE_k, L = SIZE_l };
static double x[B * I * J], y[B * J * K], z[B * K * L], out[B * I * L], want[B * I * L];

static void *space(size_t n)
{
    void *p = aligned_alloc(CHAIN_WORKSPACE_ALIGN, (n / 64 + 1) * 64);
    if (!p) exit(9);
    memset(p, 0xff, (n / 64 + 1) * 64);
    return p;
}

static void naive(void)
{
    int b, i, j, k, l;
    for (i = 0; i < B * I * J; i++) x[i] = i % 5 - 2;
    for (i = 0; i < B * J * K; i++) y[i] = i % 7 - 3;
    for (i = 0; i < B * K * L; i++) z[i] = i % 3 - 1;
    for (b = 0; b < B; b++)
        for (i = 0; i < I; i++)
            for (l = 0; l < L; l++)
                for (j = 0; j < J; j++)
                    for (k = 0; k < K; k++)
                        want[(b * I + i) * L + l] += x[(b * I + i) * J + j] * y[(b * J + j) * K + k] * z[(b * K + k) * L + l];
}

static int wrong(void) { return memcmp(out, want, sizeof out) != 0; }

int main(void)
{
    int64_t n, task;
    void *arena = space(CHAIN_ARENA_BYTES), *shared = space(CHAIN_SHARED_BYTES), *whole = space(CHAIN_WORKSPACE_BYTES);
    if (!chain_supported()) return 100;
    naive();
    memset(out, 0xff, sizeof out);
    chain(out, x, y, z, DIMS whole);
    if (wrong()) return 1;
    memset(out, 0xff, sizeof out);
    for (n = 0; n < CHAIN_LAUNCHES; n++)
        for (task = chain_tasks(n) - 1; task >= 0; task--) {
            void *worker = space(CHAIN_WORKER_BYTES);
            chain_launch(n, task, task + 1, out, x, y, z, DIMS arena, shared, worker);
            free(worker);
        }
    if (wrong()) return 2;
    if (chain_tasks(CHAIN_LAUNCHES) != 0 || chain_tasks(-1) != 0) return 3;
    chain_launch(CHAIN_LAUNCHES, 0, 1, out, x, y, z, DIMS arena, shared, whole);
    puts("right");
    return 0;
}
`

// TestBuildSliced links plans that a limit of memory, or a plan file, cuts into slices: with loops inside loops,
// with one that threads may share, and with one of those around a loop that sums.
func TestBuildSliced(t *testing.T) {
	needHost(t)
	some, sums := map[string]int{"b": 37, "i": 24, "j": 25, "k": 26, "l": 27}, map[string]int{"b": 2, "i": 200, "j": 20, "k": 500, "l": 30}
	for name, c := range map[string]struct {
		sizes                map[string]int
		opts                 func(d *parser.Directive) *einc.Options
		parallel, sumsWithin bool
	}{
		"nested":   {some, func(*parser.Directive) *einc.Options { return &einc.Options{MaxMemory: 60000} }, false, false},
		"parallel": {some, func(d *parser.Directive) *einc.Options { return &einc.Options{Plan: slicedPlan(t, d, 60000)} }, true, false},
		"sums":     {sums, func(*parser.Directive) *einc.Options { return &einc.Options{MaxMemory: 1000, Workers: 2} }, true, true},
	} {
		for _, dynamic := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " ", dynamic), func(t *testing.T) {
				d, err := parser.ParseDirective(`//einc:kernel chain "bij,bjk,bkl->bil" ` + sizeList(c.sizes, "%s=%d", ",") + ` float64`)
				require.NoError(t, err)
				to := einc.BuildTarget{RuntimeStrides: dynamic}
				if runtime.GOARCH == "amd64" {
					to.CPUs = []string{"x86-64-v2", "x86-64-v3", "x86-64-v4"}
				}
				a, err := einc.BuildFor(t.Context(), d.Expr, "chain", d.Specs(1), c.opts(d), to)
				require.NoError(t, err)
				b := &built{t, t.TempDir()}
				header := b.emit(a, "header", "chain.h")
				b.emit(a, "obj", "chain.o")
				require.Contains(t, header, "chain_v3_find(int64_t launch, int64_t *at)")
				require.Equal(t, c.parallel, strings.Contains(header, "for (; begin < end; begin++)"))
				require.Equal(t, c.sumsWithin, strings.Contains(header, "for (at["))
				main, dims := slicedMain, ""
				if dynamic {
					dims = "dims,"
					main = strings.Replace(main, "static void naive", "static const int64_t dims[] = {"+dimsOf(header, slicedStrides(c.sizes))+"};\nstatic void naive", 1)
				}
				b.write("main.c", sizeList(c.sizes, "#define SIZE_%s %d", "\n")+main)
				for compiler, std := range map[string][]string{"gcc": {"-std=c11"}, "clang": {"-std=c11"}, "g++": {"-std=c++17", "-xc++"}} {
					b.run(0, compiler, append(std, "-Wall", "-Wextra", "-Werror", "-O1", "-DDIMS="+dims, "-o", "main", "main.c", "-xnone", "chain.o")...)
					require.Equal(t, "right\n", b.run(0, "./main"))
				}
			})
		}
	}
}

// sizeList writes extents, each in one form.
func sizeList(sizes map[string]int, form, between string) string {
	var list []string
	for _, label := range slices.Sorted(maps.Keys(sizes)) {
		list = append(list, fmt.Sprintf(form, label, sizes[label]))
	}
	return strings.Join(list, between)
}

// slicedStrides are those of row-major tensors.
func slicedStrides(n map[string]int) map[string]int {
	strides := map[string]int{}
	for tensor, labels := range map[string]string{"out": "bil", "in_op0": "bij", "in_op1": "bjk", "in_op2": "bkl"} {
		step := 1
		for axis := len(labels) - 1; axis >= 0; axis-- {
			strides[fmt.Sprintf("axis %d of %s", axis, tensor)] = step
			step *= n[labels[axis:axis+1]]
		}
	}
	return strides
}

// emit writes an output of a build into the directory, and returns it.
func (b *built) emit(a *einc.Artifacts, kind, name string) string {
	data, err := a.Emit(b.Context(), kind)
	if einc.IsMissing(err) {
		b.Skip(err)
	}
	require.NoError(b, err)
	b.write(name, string(data))
	return string(data)
}
