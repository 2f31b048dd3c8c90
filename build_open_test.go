package einc_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// openMain calls a kernel for any extents, out[i][l] = Σ a[i][j] b[j][k] c[k][l]: by its function, by tasks
// on two workers' memory, and by DLTensors.
const openMain = `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dlpack.h"
#include "chain.h"

static double *numbers(int64_t n, int step)
{
    double *p = (double *)malloc((size_t)(n + 1) * sizeof *p);
    int64_t i;
    for (i = 0; i < n; i++) p[i] = (double)((i * step) % 7 - 3);
    return p;
}

static void *memory(int64_t bytes)
{
    char *p = (char *)aligned_alloc(CHAIN_WORKSPACE_ALIGN, (size_t)((bytes + 127) / 64 * 64));
    memset(p, 0x5a, (size_t)bytes);
    return p;
}

static int same(const double *x, const double *y, int64_t n)
{
    int64_t i;
    for (i = 0; i < n; i++) if (x[i] != y[i]) return 0;
    return 1;
}

static int check(int64_t i, int64_t j, int64_t k, int64_t l)
{
    double *a = numbers(i * j, 3), *b = numbers(j * k, 5), *c = numbers(k * l, 2);
    double *want = numbers(i * l, 0), *out = numbers(i * l, 1), *t = numbers(i * k, 0);
    int64_t x, y, z, launch, task, dims[CHAIN_DIMS];
    int64_t so[2] = {i, l}, sa[2] = {i, j}, sb[2] = {j, k}, sc[2] = {k, l}, st[2] = {1, j}, se[2] = {j > 0 ? j : 1, 1};
    DLTensor o = {out, {1, 0}, 2, {2, 64, 1}, so, NULL, 0}, ta = {a, {1, 0}, 2, {2, 64, 1}, sa, NULL, 0};
    DLTensor tb = {b, {1, 0}, 2, {2, 64, 1}, sb, NULL, 0}, tc = {c, {1, 0}, 2, {2, 64, 1}, sc, NULL, 0};
    char *workspace = (char *)memory(chain_workspace(ORDER)), *own[2];
    void *arena, *shared;
    for (x = 0; x < i; x++)
        for (y = 0; y < k; y++)
            for (t[x * k + y] = 0, z = 0; z < j; z++) t[x * k + y] += a[x * j + z] * b[z * k + y];
    for (x = 0; x < i; x++)
        for (y = 0; y < l; y++)
            for (want[x * l + y] = 0, z = 0; z < k; z++) want[x * l + y] += t[x * k + z] * c[z * l + y];
    chain(out, a, b, c, ORDER, workspace);
    if (!same(out, want, i * l)) return 1;
    memset(out, 1, (size_t)(i * l) * sizeof *out);
    arena = memory(chain_dims(ORDER, dims)), shared = memory(CHAIN_SHARED_BYTES);
    own[0] = (char *)memory(CHAIN_WORKER_BYTES), own[1] = (char *)memory(CHAIN_WORKER_BYTES);
    for (launch = 0; launch < chain_launches(dims); launch++)
        for (task = chain_tasks(launch, dims) - 1; task >= 0; task--)
            chain_launch(launch, task, task + 1, out, a, b, c, dims, arena, shared, own[task % 2]);
    if (!same(out, want, i * l)) return 2;
    memset(out, 1, (size_t)(i * l) * sizeof *out);
    if (chain_dlpack(&o, &ta, &tb, &tc, workspace) != 0 || !same(out, want, i * l)) return 3;
    ta.strides = se;
    if (chain_dlpack(&o, &ta, &tb, &tc, workspace) != 0 || !same(out, want, i * l)) return 6;
    ta.strides = st;
    if (chain_dlpack(&o, &ta, &tb, &tc, workspace) != (i > 1 && j > 1 ? 26 : 0)) return 4;
    ta.strides = NULL, sb[0]++;
    if (chain_dlpack(&o, &ta, &tb, &tc, workspace) != 35) return 5;
    free(a), free(b), free(c), free(want), free(out), free(t), free(workspace), free(arena), free(shared), free(own[0]), free(own[1]);
    return 0;
}

int main(void)
{
    static const int64_t sizes[][4] = {{3, 4, 5, 6}, {1, 1, 1, 1}, {0, 3, 4, 5}, {3, 0, 4, 5}, {17, 1, 33, 2}, {70, 400, 9, 600}, {200, 30, 401, 40}};
    size_t n;
    int bad;
    if (!chain_supported()) return 100;
    for (n = 0; n < sizeof sizes / sizeof *sizes; n++)
        if ((bad = check(sizes[n][0], sizes[n][1], sizes[n][2], sizes[n][3]))) return 10 * (int)n + bad;
    return 0;
}
`

// TestBuildOpen compiles and runs C and C++ programs on a kernel whose extents are open, for one CPU level
// and for several.
func TestBuildOpen(t *testing.T) {
	needHost(t)
	for _, to := range []einc.BuildTarget{{CPUs: []string{"x86-64-v2"}}, {CPUs: []string{"x86-64-v2", "x86-64-v3", "x86-64-v4"}}} {
		to.System = "linux/amd64"
		b := &built{t, t.TempDir()}
		specs := []einc.Spec{specOf(tensor.F64, 20, 20), specOf(tensor.F64, 20, 20), specOf(tensor.F64, 20, 30)}
		a, err := einc.BuildFor(t.Context(), "ij,jk,kl->il", "chain", specs, &einc.Options{Dynamic: []string{einc.AllLabels}}, to)
		require.NoError(t, err)
		b.emit(a, "obj", "chain.o")
		b.emit(a, "header", "chain.h")
		require.Empty(t, strings.TrimSpace(b.run(0, "nm", "-u", "chain.o")))
		b.write("dlpack.h", dlpackH)
		b.write("main.c", openMain)
		b.write("main.cc", openMain)
		order := "-DORDER=" + strings.Join(sizeOrder(t, b), ",")
		flags := []string{"-Wall", "-Wextra", "-Werror", "-O1", order, "chain.o", "-o", "main"}
		for _, cc := range [][]string{{"gcc", "-std=c11", "main.c"}, {"clang", "-std=c11", "main.c"}, {"g++", "-std=c++17", "main.cc"}} {
			t.Run(fmt.Sprintf("%s for %d levels", cc[0], len(to.CPUs)), func(t *testing.T) {
				b := &built{t, b.dir}
				b.run(0, cc[0], append(append([]string{}, cc[1:]...), flags...)...)
				b.run(0, "./main")
			})
		}
	}
}

// sizeOrder reads from the header in what order the function takes the sizes.
func sizeOrder(t *testing.T, b *built) (order []string) {
	text, err := os.ReadFile(filepath.Join(b.dir, "chain.h"))
	require.NoError(t, err)
	_, list, ok := strings.Cut(string(text), "int64_t chain_dims(")
	require.True(t, ok)
	for _, label := range "ijkl" {
		require.Contains(t, list, "int64_t n_"+string(label))
	}
	for part := range strings.SplitSeq(list, ", ") {
		if label, ok := strings.CutPrefix(part, "int64_t n_"); ok {
			order = append(order, label)
		}
		if len(order) == 4 {
			break
		}
	}
	return order
}

func TestBuildOpenRefuses(t *testing.T) {
	open := &einc.Options{Dynamic: []string{einc.AllLabels}}
	specs := []einc.Spec{specOf(tensor.F32, 5, 7), {DType: tensor.F32, Shape: []int{7, 9}, Strides: []int{1, 7}}}
	_, err := einc.BuildFor(t.Context(), "ik,kj->ij", "mm", specs, open, einc.BuildTarget{})
	require.ErrorContains(t, err, "operand 1 has strides [1 7]")
	specs[1].Strides = nil
	_, err = einc.BuildFor(t.Context(), "ik,kj->ij", "mm", specs, open, einc.BuildTarget{RuntimeStrides: true})
	require.ErrorContains(t, err, "strides cannot come at run time")
	_, err = einc.BuildFor(t.Context(), "ik,kj->ij", "mm", specs, &einc.Options{Dynamic: []string{"x"}}, einc.BuildTarget{})
	require.ErrorContains(t, err, `no such label: it has i j k`)
	specs[0].Shape[0] = 1
	_, err = einc.BuildFor(t.Context(), "ik,kj->ij", "mm", specs, &einc.Options{Dynamic: []string{"i"}}, einc.BuildTarget{})
	require.ErrorContains(t, err, "2 or more, not 1")
}

// TestBuildDiagonal gives strides at run time to a kernel that walks along their sum.
func TestBuildDiagonal(t *testing.T) {
	needHost(t)
	b := &built{t, t.TempDir()}
	a, err := einc.BuildFor(t.Context(), "ii->i", "diagonal", []einc.Spec{specOf(tensor.F32, 3, 3)}, nil, einc.BuildTarget{RuntimeStrides: true})
	require.NoError(t, err)
	b.emit(a, "obj", "diagonal.o")
	header := b.emit(a, "header", "diagonal.h")
	require.Contains(t, header, "#define DIAGONAL_DIMS 3\n")
	dims := dimsOf(header, map[string]int{"axis 0 of out": 2, "axis 0 of in_op0": 10, "axis 1 of in_op0": -3})
	b.write("main.c", `
#include "diagonal.h"
int main(void)
{
    static const int64_t dims[] = {`+dims+`};
    float a[32], out[5] = {0}, twice[5] = {0}, *first = a + 8;
    int64_t l;
    int i;
    for (i = 0; i < 32; i++) a[i] = (float)i;
    diagonal(out, first, dims, 0);
    for (l = 0; l < DIAGONAL_LAUNCHES; l++) diagonal_launch(l, 0, diagonal_tasks(l), twice, first, dims, 0, 0, 0);
    for (i = 0; i < 3; i++)
        if (out[2 * i] != (float)(8 + 7 * i) || twice[2 * i] != out[2 * i]) return 1 + i;
    return out[1] != 0;
}
`)
	b.run(0, "gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-o", "main", "main.c", "diagonal.o")
	b.run(0, "./main")
}
