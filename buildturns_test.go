package einc_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// blocksMain computes a product of several blocks in one call, and by tasks, the last of a launch first.
const blocksMain = `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "blocks.h"
enum { M = 300, K = 520, N = 310 };
static double a[M * K], b[K * N], out[M * N], want[M * N];

static void *space(size_t n)
{
    void *p = aligned_alloc(BLOCKS_WORKSPACE_ALIGN, (n / 64 + 1) * 64);
    if (!p) exit(9);
    memset(p, 0xff, (n / 64 + 1) * 64);
    return p;
}

static int wrong(void) { return memcmp(out, want, sizeof out) != 0; }

int main(void)
{
    int i, j, k;
    int64_t n, task;
    void *arena = space(BLOCKS_ARENA_BYTES), *shared = space(BLOCKS_SHARED_BYTES), *whole = space(BLOCKS_WORKSPACE_BYTES);
    if (!blocks_supported()) return 100;
    for (i = 0; i < M * K; i++) a[i] = i % 5 - 2;
    for (i = 0; i < K * N; i++) b[i] = i % 7 - 3;
    for (i = 0; i < M; i++)
        for (k = 0; k < K; k++)
            for (j = 0; j < N; j++)
                want[i * N + j] += a[i * K + k] * b[k * N + j];
    memset(out, 0xff, sizeof out);
    blocks(out, a, b, DIMS whole);
    if (wrong()) return 1;
    memset(out, 0xff, sizeof out);
    for (n = 0; n < BLOCKS_LAUNCHES; n++)
        for (task = blocks_tasks(n) - 1; task >= 0; task--) {
            void *worker = space(BLOCKS_WORKER_BYTES);
            blocks_launch(n, task, task + 1, out, a, b, DIMS arena, shared, worker);
            free(worker);
        }
    if (wrong()) return 2;
    puts("right");
    return 0;
}
`

var blocksStrides = map[string]int{"axis 0 of out": 310, "axis 1 of out": 1, "axis 0 of in_op0": 520, "axis 1 of in_op0": 1, "axis 0 of in_op1": 310, "axis 1 of in_op1": 1}

// TestBuildTurns links a product whose blocks of columns and terms take turns.
func TestBuildTurns(t *testing.T) {
	needHost(t)
	for _, dynamic := range []bool{false, true} {
		t.Run(fmt.Sprint(dynamic), func(t *testing.T) {
			to := einc.BuildTarget{RuntimeStrides: dynamic}
			if runtime.GOARCH == "amd64" {
				to.CPUs = []string{"x86-64-v2", "x86-64-v3", "x86-64-v4"}
			}
			a, err := einc.BuildFor(t.Context(), "ik,kj->ij", "blocks", []einc.Spec{specOf(tensor.F64, 300, 520), specOf(tensor.F64, 520, 310)}, nil, to)
			require.NoError(t, err)
			b := &built{t, t.TempDir()}
			header := b.emit(a, "header", "blocks.h")
			b.emit(a, "obj", "blocks.o")
			require.Equal(t, max(1, len(to.CPUs)), strings.Count(header, "(args, at[0] * INT64_C(")/2, "two kernels a level")
			main, dims := blocksMain, ""
			if dynamic {
				dims = "dims,"
				main = strings.Replace(main, "int main", "static const int64_t dims[] = {"+dimsOf(header, blocksStrides)+"};\nint main", 1)
			}
			b.write("main.c", main)
			b.run(0, "gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-DDIMS="+dims, "-o", "main", "main.c", "blocks.o")
			require.Equal(t, "right\n", b.run(0, "./main"))
		})
	}
}

// TestBuildOfLargeProducts: what is made of a product is as short for large extents as for small ones.
func TestBuildOfLargeProducts(t *testing.T) {
	for _, n := range []int{4e3, 20e3, 1e6} {
		a, err := einc.BuildFor(t.Context(), "ik,kj->ij", "mm", []einc.Spec{specOf(tensor.F64, n, n), specOf(tensor.F64, n, n)}, nil, einc.BuildTarget{})
		require.NoError(t, err)
		b := &built{t, t.TempDir()}
		require.Less(t, len(b.emit(a, "header", "mm.h")), 10000, n)
		require.Less(t, len(b.emit(a, "obj", "mm.o")), 30000, n)
	}
}

// TestGenerateLargeProducts: so are Go files.
func TestGenerateLargeProducts(t *testing.T) {
	for _, n := range []int{4e3, 100e3} {
		d, err := parser.ParseDirective(fmt.Sprintf(`//einc:kernel MM "ik,kj->ij" i=%d,k=%[1]d,j=%[1]d float32`, n))
		require.NoError(t, err)
		files, err := einc.GenerateGo(t.Context(), einc.GoKernel{Directive: d, Package: "kernels", Command: "einc gen ./..."})
		if einc.IsMissing(err) {
			t.Skip(err)
		}
		require.NoError(t, err)
		for _, f := range files {
			require.Less(t, len(f.Data), 40000, "%s for %d", f.Name, n)
		}
	}
}
